//! What an answer of AWS means for a report: one judgement for all services, with a table of refusals for each.

use super::RefusalCode;
use super::attempts::Attempt;
use crate::aws;
use crate::calls::Calls;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::Instant;

/// Longest message of a service that is passed on, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// The key under which the owner of what waits keeps its data cannot be used: nothing was taken. Lambda answers them with status
/// 502 (the API models of Step Functions and of Lambda).
const OF_THE_OWNERS_KEY: &[&str] = &[
    "KmsAccessDeniedException",
    "KmsInvalidStateException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
];

/// One call: what it is called in the log, what must not come back, and which errors are refusals.
pub(super) struct Call<'a> {
    pub operation: &'static str,
    pub secret: &'a str,
    pub refusal: fn(&str) -> Option<RefusalCode>,
    pub start: Instant,
    pub calls: &'a Calls,
}

impl Call<'_> {
    /// Whose fault an answer is (the API models' errors, and the errors that all services have).
    pub fn judge<T: RequestId, E: ProvideErrorMetadata>(
        self,
        answer: Result<T, SdkError<E, HttpResponse>>,
    ) -> Attempt {
        let error = match answer {
            Ok(answer) => {
                self.note("ok".to_owned(), answer.request_id());
                return Attempt::Taken;
            }
            Err(error) => error,
        };
        let name = aws::error_name(&error);
        self.note(name.clone(), error.request_id());
        if OF_THE_OWNERS_KEY.contains(&name.as_str()) {
            return Attempt::NotPermitted(name);
        }
        match aws::fault(&error) {
            aws::Fault::NotSent => return Attempt::NotSent(name),
            aws::Fault::MaybeSent => return Attempt::Lost(name),
            aws::Fault::Ours => return Attempt::Unexpected(name),
            aws::Fault::Answered => {}
        }
        if let Some(code) = (self.refusal)(&name) {
            return Attempt::Refused(code, passed_on(error.message().unwrap_or_default(), self.secret));
        }
        match name.as_str() {
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "KmsThrottlingException" => {
                Attempt::Throttled(name)
            }
            "AccessDeniedException" | "AccessDenied" => Attempt::NotPermitted(name),
            _ => Attempt::Unexpected(name),
        }
    }

    fn note(&self, outcome: String, request_id: Option<&str>) {
        self.calls
            .add(self.operation, outcome, self.start.elapsed(), request_id);
    }
}

/// The service's words for the visitor, unless they might repeat the secret.
fn passed_on(message: &str, secret: &str) -> String {
    let harmless = message.chars().nth(MAX_MESSAGE_CHARS).is_none()
        && !message.contains(secret)
        && !message.chars().any(char::is_control);
    if harmless {
        message.to_owned()
    } else {
        "refused, in words that are not passed on".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_repeats_the_token_is_not_passed_on() {
        const KEPT: &str = "refused, in words that are not passed on";
        assert_eq!(passed_on("Task Timed Out: 'x'", "token"), "Task Timed Out: 'x'");
        assert_eq!(passed_on("Invalid Token: 'token'", "token"), KEPT);
        assert_eq!(passed_on(&"x".repeat(301), "token"), KEPT);
        assert_eq!(passed_on("a\nb", "token"), KEPT);
    }
}
