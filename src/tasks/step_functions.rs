//! SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat, each attempt with its own judgement.

use super::attempts::{Attempt, Attempts, Next};
use super::{NotTold, RefusalCode, Report, Told};
use crate::aws;
use crate::calls::Calls;
use crate::token::TaskToken;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Longest message of Step Functions that is passed on, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// Tasks of AWS Step Functions.
pub struct StepFunctions {
    /// Made when it is first used: create never needs it.
    client: LazyLock<aws_sdk_sfn::Client, Box<dyn FnOnce() -> aws_sdk_sfn::Client + Send>>,
    /// A number below the given one, for pauses of different lengths.
    below: fn(u64) -> u64,
}

impl StepFunctions {
    /// With a client that tries once ([`crate::aws::Shared::states`]).
    pub fn new(client: impl FnOnce() -> aws_sdk_sfn::Client + Send + 'static, below: fn(u64) -> u64) -> Self {
        Self {
            client: LazyLock::new(Box::new(client)),
            below,
        }
    }

    pub(super) async fn connect(&self) {
        let request = self.client.send_task_heartbeat().customize();
        let _ = request.mutate_request(aws::as_ping).send().await;
    }

    pub(super) async fn report(
        &self,
        token: &TaskToken,
        report: &Report,
        calls: &Calls,
    ) -> Result<Told, NotTold> {
        let start = Instant::now();
        let mut attempts = Attempts::default();
        loop {
            let attempt = self.attempt(token, report, calls).await;
            match attempts.after(attempt, start.elapsed()) {
                Next::Done(done) => return done,
                Next::Again(pause) => {
                    let millis = u64::try_from(pause.as_millis()).unwrap_or(1_000);
                    tokio::time::sleep(Duration::from_millis(millis / 2 + (self.below)(millis / 2))).await;
                }
            }
        }
    }

    async fn attempt(&self, token: &TaskToken, report: &Report, calls: &Calls) -> Attempt {
        let start = Instant::now();
        let token = token.expose();
        match report {
            Report::Success { output } => {
                let answer = self
                    .client
                    .send_task_success()
                    .task_token(token)
                    .output(output)
                    .send()
                    .await;
                judge("SendTaskSuccess", answer, token, start, calls)
            }
            Report::Failure { error, cause } => {
                let request = self.client.send_task_failure().task_token(token);
                let answer = request
                    .set_error(error.clone())
                    .set_cause(cause.clone())
                    .send()
                    .await;
                judge("SendTaskFailure", answer, token, start, calls)
            }
            Report::Heartbeat => {
                let answer = self.client.send_task_heartbeat().task_token(token).send().await;
                judge("SendTaskHeartbeat", answer, token, start, calls)
            }
        }
    }
}

/// Whose fault an answer is (Step Functions API reference, errors of SendTaskSuccess).
fn judge<T: RequestId, E: ProvideErrorMetadata>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
    token: &str,
    start: Instant,
    calls: &Calls,
) -> Attempt {
    let error = match answer {
        Ok(answer) => {
            calls.add(operation, "ok", start.elapsed(), answer.request_id());
            return Attempt::Taken;
        }
        Err(error) => error,
    };
    let name = aws::error_name(&error);
    calls.add(operation, name.clone(), start.elapsed(), error.request_id());
    match aws::fault(&error) {
        aws::Fault::NotSent => return Attempt::NotSent(name),
        aws::Fault::MaybeSent => return Attempt::Lost(name),
        aws::Fault::Ours => return Attempt::Unexpected(name),
        aws::Fault::Answered => {}
    }
    if let Some(code) = RefusalCode::parse(&name) {
        return Attempt::Refused(code, passed_on(error.message().unwrap_or_default(), token));
    }
    match name.as_str() {
        "ThrottlingException" | "TooManyRequestsException" | "KmsThrottlingException" => {
            Attempt::Throttled(name)
        }
        "AccessDeniedException" | "KmsAccessDeniedException" | "KmsInvalidStateException" => {
            Attempt::NotPermitted(name)
        }
        _ => Attempt::Unexpected(name),
    }
}

/// The service's words for the visitor, unless they might repeat the token.
fn passed_on(message: &str, token: &str) -> String {
    let harmless = message.chars().nth(MAX_MESSAGE_CHARS).is_none()
        && !message.contains(token)
        && !message.chars().any(char::is_control);
    if harmless {
        message.to_owned()
    } else {
        "refused by Step Functions".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_repeats_the_token_is_not_passed_on() {
        assert_eq!(passed_on("Task Timed Out: 'x'", "token"), "Task Timed Out: 'x'");
        assert_eq!(
            passed_on("Invalid Token: 'token'", "token"),
            "refused by Step Functions"
        );
        assert_eq!(passed_on(&"x".repeat(301), "token"), "refused by Step Functions");
        assert_eq!(passed_on("a\nb", "token"), "refused by Step Functions");
    }
}
