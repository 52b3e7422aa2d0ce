//! Who is told the answer of a task.

pub mod attempts;
mod automation;
mod codepipeline;
mod durable;
mod judge;
pub mod list;
mod presigned;
mod refusal;
pub mod services;
mod step_functions;

pub use crate::report::Report;
pub use list::{Refusal, Task, TaskId, TaskList, TaskSpec, TaskState, TimedOutBy};
pub use refusal::{RefusalCode, Says};

use crate::calls::Calls;
use crate::rejection::{Refused, Rejection, Sent, Unavailable};
use crate::target::{About, CustomResource, Target};
use services::Services;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Where the things are that wait.
pub enum Tasks {
    /// In AWS.
    Aws(Box<Services>),
    /// A list in this process, with the rules of Step Functions.
    Listed(Arc<Mutex<TaskList>>),
}

impl Tasks {
    /// Has a connection to where tasks wait.
    pub async fn connect(&self) {
        match self {
            Tasks::Aws(services) => services.connect().await,
            Tasks::Listed(_) => {}
        }
    }

    /// Tells what waits, and says honestly what became of it.
    ///
    /// # Errors
    /// Why it was not told, or why nobody knows.
    pub async fn report(
        &self,
        target: &Target,
        report: &Report,
        about: About<'_>,
        now: jiff::Timestamp,
        calls: &Calls,
    ) -> Result<Told, NotTold> {
        match (self, target) {
            (Tasks::Aws(services), target) => services.report(target, report, about, calls).await,
            (Tasks::Listed(list), Target::StepFunctions(token)) => {
                let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
                match list.report(token.expose(), report, now) {
                    Ok(()) => Ok(Told::Recorded),
                    Err(refusal) => Err(NotTold::Refused(refusal_code(refusal), refusal.message())),
                }
            }
            (
                Tasks::Listed(_),
                Target::WaitCondition(_)
                | Target::CustomResource(_)
                | Target::DurableExecution(_)
                | Target::PipelineApproval(_)
                | Target::Automation(_),
            ) => {
                let cause = "the list of tasks of this process has tasks of Step Functions only";
                Err(NotTold::Unexpected(cause.to_owned(), Sent::NotSent))
            }
        }
    }
}

impl Tasks {
    /// Sends the response of a custom resource of CloudFormation, which nobody had to be asked for, until `end`.
    ///
    /// # Errors
    /// As [`Tasks::report`].
    pub async fn respond(
        &self,
        resource: &CustomResource,
        body: String,
        end: Instant,
        calls: &Calls,
    ) -> Result<Told, NotTold> {
        match self {
            Tasks::Aws(services) => {
                let responding = Box::pin(services.respond(&resource.url, body, calls));
                let late = |_| Err(NotTold::Unreachable("timeout".to_owned(), Sent::Unknown));
                tokio::time::timeout_at(end.into(), responding)
                    .await
                    .unwrap_or_else(late)
            }
            Tasks::Listed(_) => {
                let cause = "the list of tasks of this process answers no custom resource";
                Err(NotTold::Unexpected(cause.to_owned(), Sent::NotSent))
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
    /// It was sent, no confirmation came, and the task is closed now: by this report, by another one or because its time ended.
    ClosedDuringRetry,
    /// It was sent, no confirmation came, and it must not be sent again: a second one may mean something else.
    AnswerLost,
}

/// Why a task was not told, or why nobody knows whether it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTold {
    /// What waits refused, with the message of its service, and no attempt before may have been taken.
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
            NotTold::Refused(code, message) if code.is_of_step_functions() => {
                Rejection::StepFunctionsRefused(code.as_str(), message)
            }
            NotTold::Refused(code, message) => {
                let why = match code.says() {
                    Says::Closed | Says::Over => Refused::Closed,
                    Says::Otherwise => Refused::Otherwise,
                };
                Rejection::TargetRefused(why, code.as_str(), message)
            }
            NotTold::NotPermitted(cause, Sent::NotSent) => Rejection::NotPermitted(cause),
            NotTold::Unreachable(cause, sent) => {
                Rejection::ServiceUnavailable(Unavailable::TaskService, sent, cause)
            }
            NotTold::Unexpected(cause, Sent::NotSent) => Rejection::ServiceError(cause),
            // An attempt before may have been taken, whatever became of this one.
            NotTold::NotPermitted(cause, Sent::Unknown) | NotTold::Unexpected(cause, Sent::Unknown) => {
                Rejection::ServiceUnavailable(Unavailable::TaskService, Sent::Unknown, cause)
            }
        }
    }
}
