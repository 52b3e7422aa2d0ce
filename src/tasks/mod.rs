//! Who is told the answer of a task.

pub mod attempts;
pub mod list;
pub mod step_functions;

pub use crate::report::Report;
pub use list::{Refusal, Task, TaskId, TaskList, TaskSpec, TaskState, TimedOutBy};

use crate::calls::Calls;
use crate::rejection::{Rejection, Sent, Unavailable};
use crate::token::TaskToken;
use std::sync::{Arc, Mutex, PoisonError};
use step_functions::StepFunctions;

/// Where tasks wait.
pub enum Tasks {
    /// AWS Step Functions.
    StepFunctions(StepFunctions),
    /// A list in this process, with the same rules.
    Listed(Arc<Mutex<TaskList>>),
}

impl Tasks {
    /// Has a connection to where tasks wait.
    pub async fn connect(&self) {
        match self {
            Tasks::StepFunctions(states) => states.connect().await,
            Tasks::Listed(_) => {}
        }
    }

    /// Tells a task, and says honestly what became of it.
    ///
    /// # Errors
    /// Why it was not told, or why nobody knows.
    pub async fn report(
        &self,
        token: &TaskToken,
        report: &Report,
        now: jiff::Timestamp,
        calls: &Calls,
    ) -> Result<Told, NotTold> {
        match self {
            Tasks::StepFunctions(states) => states.report(token, report, calls).await,
            Tasks::Listed(list) => {
                let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
                match list.report(token.expose(), report, now) {
                    Ok(()) => Ok(Told::Recorded),
                    Err(refusal) => Err(NotTold::Refused(refusal_code(refusal), refusal.message())),
                }
            }
        }
    }
}

fn refusal_code(refusal: Refusal) -> RefusalCode {
    match refusal {
        Refusal::InvalidOutput => RefusalCode::InvalidOutput,
        // Lengths are checked before anything is sent, so that only a token can be meant.
        Refusal::InvalidToken | Refusal::Validation { .. } => RefusalCode::InvalidToken,
        Refusal::TaskDoesNotExist => RefusalCode::TaskDoesNotExist,
        Refusal::TaskTimedOut => RefusalCode::TaskTimedOut,
    }
}

/// What is known after a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The task took it.
    Recorded,
    /// It was sent, its confirmation got lost, and the task is closed now.
    ClosedDuringRetry,
}

/// The refusals of Step Functions that are no fault of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// The output is not JSON or too large.
    InvalidOutput,
    /// The token is none.
    InvalidToken,
    /// No such task.
    TaskDoesNotExist,
    /// Answered, timed out or stopped.
    TaskTimedOut,
}

impl RefusalCode {
    /// As the API names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            RefusalCode::InvalidOutput => "InvalidOutput",
            RefusalCode::InvalidToken => "InvalidToken",
            RefusalCode::TaskDoesNotExist => "TaskDoesNotExist",
            RefusalCode::TaskTimedOut => "TaskTimedOut",
        }
    }

    /// Reads the API's name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::InvalidOutput,
            Self::InvalidToken,
            Self::TaskDoesNotExist,
            Self::TaskTimedOut,
        ]
        .into_iter()
        .find(|code| code.as_str() == name)
    }

    /// Whether the task waits no longer.
    pub const fn is_closed(self) -> bool {
        match self {
            RefusalCode::TaskDoesNotExist | RefusalCode::TaskTimedOut => true,
            RefusalCode::InvalidOutput | RefusalCode::InvalidToken => false,
        }
    }
}

/// Why a task was not told, or why nobody knows whether it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTold {
    /// Step Functions refused, with its message.
    Refused(RefusalCode, String),
    /// We may not tell it: permissions, or the key of its state machine.
    NotPermitted(String, Sent),
    /// No definite answer within the attempts that we make.
    Unreachable(String, Sent),
    /// The request could not be made.
    Unexpected(String, Sent),
}

impl NotTold {
    /// The answer to the visitor.
    pub fn into_rejection(self) -> Rejection {
        match self {
            NotTold::Refused(code, message) => Rejection::StepFunctionsRefused(code.as_str(), message),
            NotTold::NotPermitted(cause, sent) => Rejection::NotPermitted(cause, sent),
            NotTold::Unreachable(cause, sent) => {
                Rejection::ServiceUnavailable(Unavailable::TaskService, sent, cause)
            }
            NotTold::Unexpected(cause, Sent::NotSent) => Rejection::ServiceError(cause),
            NotTold::Unexpected(cause, Sent::Unknown) => {
                Rejection::ServiceUnavailable(Unavailable::TaskService, Sent::Unknown, cause)
            }
        }
    }
}
