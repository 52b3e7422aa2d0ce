//! PutApprovalResult of CodePipeline.

use super::attempts::Attempt;
use super::judge::Call;
use super::{RefusalCode, Report};
use crate::calls::Calls;
use crate::target::{About, PipelineApproval, comment};
use aws_sdk_codepipeline::types::{ApprovalResult, ApprovalStatus};
use tokio::time::Instant;

/// Tells a manual approval, once.
pub(super) async fn attempt(
    client: &aws_sdk_codepipeline::Client,
    approval: &PipelineApproval,
    report: &Report,
    about: About<'_>,
    calls: &Calls,
) -> Attempt {
    let status = match report {
        Report::Success { .. } => ApprovalStatus::Approved,
        Report::Failure { .. } => ApprovalStatus::Rejected,
        Report::Heartbeat => return Attempt::Unexpected("an approval has no heartbeat".to_owned()),
    };
    let summary = comment(report, about).unwrap_or_default();
    let result = ApprovalResult::builder().status(status).summary(summary).build();
    let Ok(result) = result else {
        return Attempt::Unexpected("an approval without a summary or status".to_owned());
    };
    let token = approval.token.to_string();
    let start = Instant::now();
    let answer = client
        .put_approval_result()
        .pipeline_name(&approval.pipeline)
        .stage_name(&approval.stage)
        .action_name(&approval.action)
        .token(&token)
        .result(result)
        .send()
        .await;
    let call = Call {
        operation: "PutApprovalResult",
        secret: &token,
        refusal: RefusalCode::of_codepipeline,
        start,
        calls,
    };
    call.judge(answer)
}
