//! SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.

use super::attempts::Attempt;
use super::judge::Call;
use super::{RefusalCode, Report};
use crate::aws;
use crate::calls::Calls;
use crate::token::TaskToken;
use std::sync::LazyLock;
use tokio::time::Instant;

/// Tasks of AWS Step Functions.
pub struct StepFunctions {
    /// Made when it is first used: create never needs it.
    client: LazyLock<aws_sdk_sfn::Client, Box<dyn FnOnce() -> aws_sdk_sfn::Client + Send>>,
}

impl StepFunctions {
    /// With a client that tries once ([`crate::aws::Shared::states`]).
    pub fn new(client: impl FnOnce() -> aws_sdk_sfn::Client + Send + 'static) -> Self {
        Self {
            client: LazyLock::new(Box::new(client)),
        }
    }

    pub(super) async fn connect(&self) {
        let request = self.client.send_task_heartbeat().customize();
        let _ = request.mutate_request(aws::as_ping).send().await;
    }

    pub(super) async fn attempt(&self, token: &TaskToken, report: &Report, calls: &Calls) -> Attempt {
        let token = token.expose();
        let start = Instant::now();
        let call = |operation| Call {
            operation,
            secret: token,
            refusal: RefusalCode::of_step_functions,
            start,
            calls,
        };
        match report {
            Report::Success { output } => {
                let request = self.client.send_task_success().task_token(token);
                call("SendTaskSuccess").judge(request.output(output).send().await)
            }
            Report::Failure { error, cause } => {
                let request = self.client.send_task_failure().task_token(token);
                let request = request.set_error(error.clone()).set_cause(cause.clone());
                call("SendTaskFailure").judge(request.send().await)
            }
            Report::Heartbeat => {
                let request = self.client.send_task_heartbeat().task_token(token);
                call("SendTaskHeartbeat").judge(request.send().await)
            }
        }
    }
}
