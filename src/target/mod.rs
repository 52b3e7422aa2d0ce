//! What a link answers: a Step Functions task, or something else that waits.
//!
//! Everything here was checked when the link was made, and is checked again when it is opened.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

mod approval;
pub mod custom_resource;
pub mod presigned;
mod read;
pub mod wait_condition;

pub use approval::{CallbackId, PipelineApproval, Uuid};
pub use custom_resource::CustomResource;
pub use presigned::PresignedUrl;
pub use read::{Read, read};

use crate::json;
use crate::rejection::Fault;
use crate::report::{OutputLimit, Report};
use crate::token::TaskToken;
use crate::transaction::TransactionId;
use std::fmt;

/// Longest text that goes with an approval: `summary` of PutApprovalResult, and a value of SendAutomationSignal's
/// payload, in characters (API models of CodePipeline and Systems Manager).
pub const MAX_COMMENT_CHARS: usize = 512;

/// What waits. Whoever has what is in here may answer it, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A task of Step Functions.
    StepFunctions(TaskToken),
    /// A wait condition of CloudFormation, by the URL of its handle.
    WaitCondition(PresignedUrl),
    /// A custom resource of CloudFormation.
    CustomResource(Box<CustomResource>),
    /// A callback of a durable execution of Lambda.
    DurableExecution(CallbackId),
    /// A manual approval of CodePipeline.
    PipelineApproval(Box<PipelineApproval>),
    /// A step of an automation of Systems Manager that waits for approval.
    Automation(Uuid),
}

/// The kinds of target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// `step-functions`
    StepFunctions,
    /// `cloudformation-wait-condition`
    WaitCondition,
    /// `cloudformation-custom-resource`
    CustomResource,
    /// `lambda-durable-execution`
    DurableExecution,
    /// `codepipeline-approval`
    PipelineApproval,
    /// `ssm-automation`
    Automation,
}

impl TargetKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::StepFunctions,
        Self::WaitCondition,
        Self::CustomResource,
        Self::DurableExecution,
        Self::PipelineApproval,
        Self::Automation,
    ];

    /// The `type` of requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StepFunctions => "step-functions",
            Self::WaitCondition => "cloudformation-wait-condition",
            Self::CustomResource => "cloudformation-custom-resource",
            Self::DurableExecution => "lambda-durable-execution",
            Self::PipelineApproval => "codepipeline-approval",
            Self::Automation => "ssm-automation",
        }
    }

    /// Reads a `type`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The stack parameter that permits it; tasks of Step Functions need none.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::StepFunctions => "",
            Self::WaitCondition => "EnableWaitConditions",
            Self::CustomResource => "EnableCustomResources",
            Self::DurableExecution => "EnableDurableExecutions",
            Self::PipelineApproval => "EnableCodePipelineApprovals",
            Self::Automation => "EnableAutomationApprovals",
        }
    }

    /// Whether an output may have `_callback` in it. An approval takes a short comment, which a browser's name alone can fill.
    pub const fn takes_callback(self) -> bool {
        match self {
            Self::StepFunctions | Self::WaitCondition | Self::CustomResource | Self::DurableExecution => true,
            Self::PipelineApproval | Self::Automation => false,
        }
    }

    /// How large an output may be that is worked out when a link is used. Fixed outputs have the smaller limit everywhere.
    pub const fn output_limit(self) -> OutputLimit {
        match self {
            Self::DurableExecution => OutputLimit::DurableExecution,
            Self::StepFunctions
            | Self::WaitCondition
            | Self::CustomResource
            | Self::PipelineApproval
            | Self::Automation => OutputLimit::StepFunctions,
        }
    }

    /// Whether a heartbeat means anything to it.
    pub const fn takes_heartbeats(self) -> bool {
        match self {
            Self::StepFunctions | Self::DurableExecution => true,
            Self::WaitCondition | Self::CustomResource | Self::PipelineApproval | Self::Automation => false,
        }
    }
}

/// Which kinds of target the stack permits, besides tasks of Step Functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnabledTargets {
    /// `ENABLE_WAIT_CONDITIONS`
    pub wait_conditions: bool,
    /// `ENABLE_CUSTOM_RESOURCES`
    pub custom_resources: bool,
    /// `ENABLE_DURABLE_EXECUTIONS`
    pub durable_executions: bool,
    /// `ENABLE_CODEPIPELINE_APPROVALS`
    pub pipeline_approvals: bool,
    /// `ENABLE_AUTOMATION_APPROVALS`
    pub automations: bool,
}

impl EnabledTargets {
    /// Whether links may answer this kind.
    pub const fn permit(self, kind: TargetKind) -> bool {
        match kind {
            TargetKind::StepFunctions => true,
            TargetKind::WaitCondition => self.wait_conditions,
            TargetKind::CustomResource => self.custom_resources,
            TargetKind::DurableExecution => self.durable_executions,
            TargetKind::PipelineApproval => self.pipeline_approvals,
            TargetKind::Automation => self.automations,
        }
    }
}

/// What a target is told besides the report: by whom.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Of the request that made the link.
    pub transaction: TransactionId,
    /// Name of the action, or of the outcome that was chosen.
    pub answer: &'a str,
}

impl Target {
    /// Its kind.
    pub const fn kind(&self) -> TargetKind {
        match self {
            Target::StepFunctions(_) => TargetKind::StepFunctions,
            Target::WaitCondition(_) => TargetKind::WaitCondition,
            Target::CustomResource(_) => TargetKind::CustomResource,
            Target::DurableExecution(_) => TargetKind::DurableExecution,
            Target::PipelineApproval(_) => TargetKind::PipelineApproval,
            Target::Automation(_) => TargetKind::Automation,
        }
    }

    /// What it is, for people, without anything secret.
    pub fn described(&self) -> String {
        let hidden = |chars: usize| format!("{chars} characters, not shown");
        match self {
            Target::StepFunctions(token) => {
                format!("a task; its token has {}", hidden(token.expose().chars().count()))
            }
            Target::WaitCondition(url) => {
                format!("a wait condition; its URL has {}", hidden(url.as_str().len()))
            }
            Target::CustomResource(resource) => format!(
                "the custom resource {} of {}; its URL has {}",
                resource.ids.logical,
                resource.ids.stack,
                hidden(resource.url.as_str().len())
            ),
            Target::DurableExecution(id) => {
                format!(
                    "a durable execution; its callback id has {}",
                    hidden(id.expose().len())
                )
            }
            Target::PipelineApproval(approval) => format!(
                "an approval of the pipeline {} ({}, {})",
                approval.pipeline, approval.stage, approval.action
            ),
            Target::Automation(id) => format!("the automation {id}"),
        }
    }

    /// The service sends to hosts that stand in targets: only to those of its own region.
    ///
    /// # Errors
    /// The field that is wrong, relative to the target.
    pub fn check_region(&self, region: &str) -> Result<(), Fault> {
        let (url, at) = match self {
            Target::WaitCondition(url) => (url, "url"),
            Target::CustomResource(resource) => (&resource.url, "event.ResponseURL"),
            Target::StepFunctions(_)
            | Target::DurableExecution(_)
            | Target::PipelineApproval(_)
            | Target::Automation(_) => return Ok(()),
        };
        url.check_region(region).map_err(|what| Fault::at(at, what))
    }

    /// Whether the target takes this report; a link must be refused before anything is sent.
    ///
    /// # Errors
    /// A sentence, when the report is over a limit of the target.
    pub fn check(&self, report: &Report, about: About<'_>) -> Result<(), &'static str> {
        if matches!(report, Report::Heartbeat) && !self.kind().takes_heartbeats() {
            return Err("what waits here has no heartbeat");
        }
        match self {
            // Limits of their own that a report does not have already: none.
            Target::StepFunctions(_) | Target::DurableExecution(_) | Target::WaitCondition(_) => Ok(()),
            Target::CustomResource(resource) => resource.response(report, about).map(|_| ()),
            Target::PipelineApproval(_) => comment(report, about)
                .map(|_| ())
                .ok_or("the summary is longer than the 512 characters that CodePipeline takes"),
            Target::Automation(_) => comment(report, about)
                .map(|_| ())
                .ok_or("the comment is longer than the 512 characters that Systems Manager takes"),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}, redacted)", self.kind().as_str())
    }
}

/// The text that goes with an approval or a refusal: an output that is a string, or its `comment`, as it is, any other as
/// JSON; the cause, else the error. `None`: too long.
pub fn comment(report: &Report, about: About<'_>) -> Option<String> {
    let text = match report {
        Report::Success { output } => commented(output),
        Report::Failure { .. } | Report::Heartbeat => reason(report, about),
    };
    let text = if text.is_empty() { answered(about) } else { text };
    text.chars().nth(MAX_COMMENT_CHARS).is_none().then_some(text)
}

fn commented(output: &str) -> String {
    if let Ok(text) = serde_json::from_str(output) {
        return text;
    }
    let (mut count, mut comment) = (0_usize, None);
    let is_object = json::each_member(output, |name, value| {
        count += 1;
        comment = match name {
            "comment" => serde_json::from_str(value.get()).ok(),
            _ => None,
        };
    });
    match (is_object, count, comment) {
        (true, 0, None) => String::new(),
        (true, 1, Some(comment)) => comment,
        _ => output.to_owned(),
    }
}

/// Why, in a sentence or in the author's words: the cause, else the error, else the name of the answer.
fn reason(report: &Report, about: About<'_>) -> String {
    let given = match report {
        Report::Failure { error, cause } => cause.as_ref().or(error.as_ref()),
        Report::Success { .. } | Report::Heartbeat => None,
    };
    match given {
        Some(text) if !text.is_empty() => text.clone(),
        _ => answered(about),
    }
}

fn answered(about: About<'_>) -> String {
    format!("Answered: {}", about.answer)
}

#[cfg(test)]
mod tests;
