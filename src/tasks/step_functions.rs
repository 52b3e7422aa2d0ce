//! SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.

use super::attempts::Attempt;
use super::judge::Call;
use super::{RefusalCode, Report};
use crate::calls::Calls;
use crate::token::TaskToken;
use tokio::time::Instant;

/// Tasks of AWS Step Functions.
pub struct StepFunctions {
    client: aws_sdk_sfn::Client,
}

impl StepFunctions {
    /// With a client that tries once ([`crate::aws::Shared::states`]).
    pub fn new(client: aws_sdk_sfn::Client) -> Self {
        Self { client }
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
