//! SendDurableExecutionCallbackSuccess, …Failure and …Heartbeat of Lambda.

use super::attempts::Attempt;
use super::judge::Call;
use super::{RefusalCode, Report};
use crate::calls::Calls;
use crate::target::CallbackId;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::ErrorObject;
use tokio::time::Instant;

/// Tells a callback of a durable execution, once.
pub(super) async fn attempt(
    client: &aws_sdk_lambda::Client,
    id: &CallbackId,
    report: &Report,
    calls: &Calls,
) -> Attempt {
    let id = id.expose();
    let start = Instant::now();
    let call = |operation| Call {
        operation,
        secret: id,
        refusal: RefusalCode::of_lambda,
        start,
        calls,
    };
    match report {
        Report::Success { output } => {
            let request = client.send_durable_execution_callback_success().callback_id(id);
            let answer = request.result(Blob::new(output.as_bytes())).send().await;
            call("SendDurableExecutionCallbackSuccess").judge(answer)
        }
        Report::Failure { error, cause } => {
            let error = ErrorObject::builder()
                .set_error_type(error.clone())
                .set_error_message(cause.clone())
                .build();
            let request = client.send_durable_execution_callback_failure().callback_id(id);
            let answer = request.error(error).send().await;
            call("SendDurableExecutionCallbackFailure").judge(answer)
        }
        Report::Heartbeat => {
            let request = client.send_durable_execution_callback_heartbeat();
            let answer = request.callback_id(id).send().await;
            call("SendDurableExecutionCallbackHeartbeat").judge(answer)
        }
    }
}
