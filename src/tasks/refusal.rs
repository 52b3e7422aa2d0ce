//! The refusals that are no fault of the service: the errors of each API that say something about what waits.

/// A refusal, by the name that its API gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// Step Functions: the output is not JSON or too large.
    InvalidOutput,
    /// Step Functions: the token is none.
    InvalidToken,
    /// Step Functions: no such task.
    TaskDoesNotExist,
    /// Step Functions: answered, timed out or stopped.
    TaskTimedOut,
    /// Lambda: answered, timed out or stopped.
    CallbackTimeout,
    /// Lambda: the callback id is none.
    InvalidParameterValue,
    /// Lambda: no such callback.
    ResourceNotFound,
    /// CodePipeline: answered, expired, or of an earlier run.
    InvalidApprovalToken,
    /// CodePipeline: answered.
    ApprovalAlreadyCompleted,
    /// CodePipeline: no such pipeline.
    PipelineNotFound,
    /// CodePipeline: no such stage.
    StageNotFound,
    /// CodePipeline: no such action.
    ActionNotFound,
    /// CodePipeline: a name or the summary is none.
    Validation,
    /// Systems Manager: no such execution.
    AutomationExecutionNotFound,
    /// Systems Manager: no such step.
    AutomationStepNotFound,
    /// Systems Manager: no step waits for this: not yet, or no longer.
    InvalidAutomationSignal,
    /// CloudFormation: Amazon S3 does not take the presigned URL any more.
    SignalRefused,
}

impl RefusalCode {
    const STEP_FUNCTIONS: [Self; 4] = [
        Self::InvalidOutput,
        Self::InvalidToken,
        Self::TaskDoesNotExist,
        Self::TaskTimedOut,
    ];
    const LAMBDA: [Self; 3] = [
        Self::CallbackTimeout,
        Self::InvalidParameterValue,
        Self::ResourceNotFound,
    ];
    const CODEPIPELINE: [Self; 6] = [
        Self::InvalidApprovalToken,
        Self::ApprovalAlreadyCompleted,
        Self::PipelineNotFound,
        Self::StageNotFound,
        Self::ActionNotFound,
        Self::Validation,
    ];
    const SYSTEMS_MANAGER: [Self; 3] = [
        Self::AutomationExecutionNotFound,
        Self::AutomationStepNotFound,
        Self::InvalidAutomationSignal,
    ];

    /// As the API names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidOutput => "InvalidOutput",
            Self::InvalidToken => "InvalidToken",
            Self::TaskDoesNotExist => "TaskDoesNotExist",
            Self::TaskTimedOut => "TaskTimedOut",
            Self::CallbackTimeout => "CallbackTimeoutException",
            Self::InvalidParameterValue => "InvalidParameterValueException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::InvalidApprovalToken => "InvalidApprovalTokenException",
            Self::ApprovalAlreadyCompleted => "ApprovalAlreadyCompletedException",
            Self::PipelineNotFound => "PipelineNotFoundException",
            Self::StageNotFound => "StageNotFoundException",
            Self::ActionNotFound => "ActionNotFoundException",
            Self::Validation => "ValidationException",
            Self::AutomationExecutionNotFound => "AutomationExecutionNotFoundException",
            Self::AutomationStepNotFound => "AutomationStepNotFoundException",
            Self::InvalidAutomationSignal => "InvalidAutomationSignalException",
            Self::SignalRefused => "SignalRefused",
        }
    }

    fn among(codes: &[Self], name: &str) -> Option<Self> {
        codes.iter().copied().find(|code| code.as_str() == name)
    }

    /// A refusal of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.
    pub(super) fn of_step_functions(name: &str) -> Option<Self> {
        Self::among(&Self::STEP_FUNCTIONS, name)
    }

    /// A refusal of SendDurableExecutionCallback*.
    pub(super) fn of_lambda(name: &str) -> Option<Self> {
        Self::among(&Self::LAMBDA, name)
    }

    /// A refusal of PutApprovalResult.
    pub(super) fn of_codepipeline(name: &str) -> Option<Self> {
        Self::among(&Self::CODEPIPELINE, name)
    }

    /// A refusal of SendAutomationSignal.
    pub(super) fn of_systems_manager(name: &str) -> Option<Self> {
        Self::among(&Self::SYSTEMS_MANAGER, name)
    }

    /// Whether Step Functions says it.
    pub fn is_of_step_functions(self) -> bool {
        Self::STEP_FUNCTIONS.contains(&self)
    }

    /// What it says about what waits, in the words of the API's own document (docs/API.md, "When an answer of AWS is lost").
    pub const fn says(self) -> Says {
        match self {
            Self::TaskDoesNotExist
            | Self::TaskTimedOut
            | Self::CallbackTimeout
            | Self::ApprovalAlreadyCompleted => Says::Closed,
            Self::InvalidApprovalToken | Self::SignalRefused => Says::Over,
            Self::InvalidOutput
            | Self::InvalidToken
            | Self::InvalidParameterValue
            | Self::ResourceNotFound
            | Self::PipelineNotFound
            | Self::StageNotFound
            | Self::ActionNotFound
            | Self::Validation
            | Self::AutomationExecutionNotFound
            | Self::AutomationStepNotFound
            | Self::InvalidAutomationSignal => Says::Otherwise,
        }
    }
}

/// What a refusal says about what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Nothing waits any longer: an answer or the end of its time closed it. After a report that may have arrived, that report
    /// may have been the answer.
    Closed,
    /// This key to it opens no longer, whatever became of what waits: after a report that may have arrived, it says nothing
    /// about that report.
    Over,
    /// Anything else: the answer is not taken, or there is no such thing.
    Otherwise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_its_document_calls_closed_is_closed() {
        let services = [
            RefusalCode::STEP_FUNCTIONS.as_slice(),
            &RefusalCode::LAMBDA,
            &RefusalCode::CODEPIPELINE,
            &RefusalCode::SYSTEMS_MANAGER,
            &[RefusalCode::SignalRefused],
        ];
        let of = |says: Says| -> Vec<&str> {
            let codes = services.iter().copied().flatten();
            let fitting = codes.filter(|code| code.says() == says);
            fitting.map(|code| code.as_str()).collect()
        };
        assert_eq!(
            of(Says::Closed),
            [
                "TaskDoesNotExist",
                "TaskTimedOut",
                "CallbackTimeoutException",
                "ApprovalAlreadyCompletedException"
            ]
        );
        assert_eq!(of(Says::Over), ["InvalidApprovalTokenException", "SignalRefused"]);
        assert_eq!(of(Says::Otherwise).len(), 11);
    }
}
