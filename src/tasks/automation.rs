//! SendAutomationSignal of Systems Manager.
//!
//! A signal is for the execution, not for one of its steps: a second `Approve` may approve the next step. So it is never
//! repeated once it may have arrived.

use super::attempts::Attempt;
use super::judge::Call;
use super::{RefusalCode, Report};
use crate::calls::Calls;
use crate::target::{About, Uuid, comment};
use aws_sdk_ssm::types::SignalType;
use tokio::time::Instant;

/// Tells an automation, once.
pub(super) async fn attempt(
    client: &aws_sdk_ssm::Client,
    execution: Uuid,
    report: &Report,
    about: About<'_>,
    calls: &Calls,
) -> Attempt {
    let signal = match report {
        Report::Success { .. } => SignalType::Approve,
        Report::Failure { .. } => SignalType::Reject,
        Report::Heartbeat => return Attempt::Unexpected("an automation has no heartbeat".to_owned()),
    };
    let comment = comment(report, about).unwrap_or_default();
    let execution = execution.to_string();
    let start = Instant::now();
    let answer = client
        .send_automation_signal()
        .automation_execution_id(&execution)
        .signal_type(signal)
        .payload("Comment", vec![comment])
        .send()
        .await;
    let call = Call {
        operation: "SendAutomationSignal",
        secret: &execution,
        refusal: RefusalCode::of_systems_manager,
        start,
        calls,
    };
    call.judge(answer)
}
