//! The calls, and their services.

/// The calls that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    GenerateDataKey,
    Decrypt,
    GenerateMac,
    SendTaskSuccess,
    SendTaskFailure,
    SendTaskHeartbeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Kms,
    StepFunctions,
}

impl Operation {
    pub const ALL: [Self; 6] = [
        Self::GenerateDataKey,
        Self::Decrypt,
        Self::GenerateMac,
        Self::SendTaskSuccess,
        Self::SendTaskFailure,
        Self::SendTaskHeartbeat,
    ];

    /// The value of `X-Amz-Target`.
    pub fn target(self) -> &'static str {
        match self {
            Operation::GenerateDataKey => "TrentService.GenerateDataKey",
            Operation::Decrypt => "TrentService.Decrypt",
            Operation::GenerateMac => "TrentService.GenerateMac",
            Operation::SendTaskSuccess => "AWSStepFunctions.SendTaskSuccess",
            Operation::SendTaskFailure => "AWSStepFunctions.SendTaskFailure",
            Operation::SendTaskHeartbeat => "AWSStepFunctions.SendTaskHeartbeat",
        }
    }

    pub fn service(self) -> Service {
        match self {
            Operation::GenerateDataKey | Operation::Decrypt | Operation::GenerateMac => Service::Kms,
            Operation::SendTaskSuccess | Operation::SendTaskFailure | Operation::SendTaskHeartbeat => {
                Service::StepFunctions
            }
        }
    }
}

impl Service {
    pub fn content_type(self) -> &'static str {
        match self {
            Service::Kms => "application/x-amz-json-1.1",
            Service::StepFunctions => "application/x-amz-json-1.0",
        }
    }

    /// The service's name in the scope of a signature.
    pub fn signing_name(self) -> &'static str {
        match self {
            Service::Kms => "kms",
            Service::StepFunctions => "states",
        }
    }
}
