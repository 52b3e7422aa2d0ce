//! The errors of KMS and Step Functions as they look on the wire.

use sfn_callback_urls::tasks::Refusal;

use super::{Operation, Service};

/// An error by its name in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsError {
    // Of every service.
    AccessDenied,
    ExpiredToken,
    IncompleteSignature,
    InternalFailure,
    MissingAuthenticationToken,
    Serialization,
    ServiceUnavailable,
    Throttling,
    UnknownOperation,
    Validation,
    // Of KMS.
    DependencyTimeout,
    Disabled,
    IncorrectKey,
    InvalidCiphertext,
    InvalidGrantToken,
    InvalidKeyUsage,
    KeyUnavailable,
    KmsInternal,
    KmsInvalidState,
    NotFound,
    // Of Step Functions, about the key that encrypts a state machine's data.
    SfnKmsAccessDenied,
    SfnKmsInvalidState,
    SfnKmsThrottling,
    /// One of those that the task list gives.
    Task(Refusal),
}

impl AwsError {
    pub fn name(self) -> &'static str {
        match self {
            AwsError::AccessDenied => "AccessDeniedException",
            AwsError::ExpiredToken => "ExpiredTokenException",
            AwsError::IncompleteSignature => "IncompleteSignatureException",
            AwsError::InternalFailure => "InternalFailure",
            AwsError::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            AwsError::Serialization => "SerializationException",
            AwsError::ServiceUnavailable => "ServiceUnavailableException",
            AwsError::Throttling => "ThrottlingException",
            AwsError::UnknownOperation => "UnknownOperationException",
            AwsError::Validation => "ValidationException",
            AwsError::DependencyTimeout => "DependencyTimeoutException",
            AwsError::Disabled => "DisabledException",
            AwsError::IncorrectKey => "IncorrectKeyException",
            AwsError::InvalidCiphertext => "InvalidCiphertextException",
            AwsError::InvalidGrantToken => "InvalidGrantTokenException",
            AwsError::InvalidKeyUsage => "InvalidKeyUsageException",
            AwsError::KeyUnavailable => "KeyUnavailableException",
            AwsError::KmsInternal => "KMSInternalException",
            AwsError::KmsInvalidState => "KMSInvalidStateException",
            AwsError::NotFound => "NotFoundException",
            AwsError::SfnKmsAccessDenied => "KmsAccessDeniedException",
            AwsError::SfnKmsInvalidState => "KmsInvalidStateException",
            AwsError::SfnKmsThrottling => "KmsThrottlingException",
            AwsError::Task(refusal) => refusal.code(),
        }
    }

    pub fn status(self) -> u16 {
        match self {
            AwsError::InternalFailure
            | AwsError::DependencyTimeout
            | AwsError::KeyUnavailable
            | AwsError::KmsInternal => 500,
            AwsError::ServiceUnavailable => 503,
            AwsError::AccessDenied
            | AwsError::ExpiredToken
            | AwsError::IncompleteSignature
            | AwsError::MissingAuthenticationToken
            | AwsError::Serialization
            | AwsError::Throttling
            | AwsError::UnknownOperation
            | AwsError::Validation
            | AwsError::Disabled
            | AwsError::IncorrectKey
            | AwsError::InvalidCiphertext
            | AwsError::InvalidGrantToken
            | AwsError::InvalidKeyUsage
            | AwsError::KmsInvalidState
            | AwsError::NotFound
            | AwsError::SfnKmsAccessDenied
            | AwsError::SfnKmsInvalidState
            | AwsError::SfnKmsThrottling
            | AwsError::Task(_) => 400,
        }
    }

    /// Whether every service has this error; such errors carry another name space than a service's own.
    fn is_common(self) -> bool {
        match self {
            AwsError::AccessDenied
            | AwsError::ExpiredToken
            | AwsError::IncompleteSignature
            | AwsError::InternalFailure
            | AwsError::MissingAuthenticationToken
            | AwsError::Serialization
            | AwsError::ServiceUnavailable
            | AwsError::Throttling
            | AwsError::UnknownOperation
            | AwsError::Validation
            | AwsError::Task(Refusal::Validation { .. }) => true,
            AwsError::DependencyTimeout
            | AwsError::Disabled
            | AwsError::IncorrectKey
            | AwsError::InvalidCiphertext
            | AwsError::InvalidGrantToken
            | AwsError::InvalidKeyUsage
            | AwsError::KeyUnavailable
            | AwsError::KmsInternal
            | AwsError::KmsInvalidState
            | AwsError::NotFound
            | AwsError::SfnKmsAccessDenied
            | AwsError::SfnKmsInvalidState
            | AwsError::SfnKmsThrottling
            | AwsError::Task(
                Refusal::InvalidToken
                | Refusal::InvalidOutput
                | Refusal::TaskDoesNotExist
                | Refusal::TaskTimedOut,
            ) => false,
        }
    }
}

/// An error with its message. KMS says nothing beside some names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub error: AwsError,
    pub message: Option<String>,
}

impl From<AwsError> for ApiError {
    fn from(error: AwsError) -> Self {
        let message = match error {
            AwsError::InvalidCiphertext => None,
            AwsError::Throttling => Some("Rate exceeded".to_owned()),
            AwsError::Task(refusal) => Some(refusal.message()),
            AwsError::AccessDenied
            | AwsError::ExpiredToken
            | AwsError::IncompleteSignature
            | AwsError::InternalFailure
            | AwsError::MissingAuthenticationToken
            | AwsError::Serialization
            | AwsError::ServiceUnavailable
            | AwsError::UnknownOperation
            | AwsError::Validation
            | AwsError::DependencyTimeout
            | AwsError::Disabled
            | AwsError::IncorrectKey
            | AwsError::InvalidGrantToken
            | AwsError::InvalidKeyUsage
            | AwsError::KeyUnavailable
            | AwsError::KmsInternal
            | AwsError::KmsInvalidState
            | AwsError::NotFound
            | AwsError::SfnKmsAccessDenied
            | AwsError::SfnKmsInvalidState
            | AwsError::SfnKmsThrottling => Some(format!("stand-in of AWS: {}", error.name())),
        };
        Self { error, message }
    }
}

impl ApiError {
    pub fn new(error: AwsError, message: impl Into<String>) -> Self {
        Self {
            error,
            message: Some(message.into()),
        }
    }

    /// The body of the answer.
    pub fn json(&self, operation: Option<Operation>) -> serde_json::Value {
        let service = operation.map(Operation::service);
        let name = self.error.name();
        let full_name = match (service, self.error.is_common()) {
            (Some(Service::StepFunctions), false) => format!("com.amazonaws.swf.service.v2.model#{name}"),
            (Some(Service::StepFunctions) | None, _) => format!("com.amazon.coral.service#{name}"),
            (Some(Service::Kms), _) => name.to_owned(),
        };
        let mut body = serde_json::json!({ "__type": full_name });
        if let (Some(message), Some(fields)) = (&self.message, body.as_object_mut()) {
            // AWS writes the message of a denial with a capital letter.
            let key = if self.error == AwsError::AccessDenied {
                "Message"
            } else {
                "message"
            };
            fields.insert(key.to_owned(), message.as_str().into());
        }
        body
    }
}
