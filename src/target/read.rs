//! Targets as requests and unencrypted links name them.

use super::custom_resource::{Ids, MAX_WAIT_SECONDS};
use super::presigned::{Bucket, PresignedUrl};
use super::{CallbackId, CustomResource, PipelineApproval, Target, TargetKind, Uuid};
use crate::action::read_text;
use crate::action::wire;
use crate::expiration::Expiration;
use crate::json::JsonText;
use crate::rejection::Fault;
use crate::token::TaskToken;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A target, and how long it can be answered.
#[derive(Debug)]
pub struct Read {
    /// What waits.
    pub target: Target,
    /// From when on it does not take an answer, in Unix seconds, where that can be known.
    ends_at: Option<u64>,
    /// For how long it waits at most from now on, in seconds, where that is bounded.
    waits: Option<u64>,
}

impl Read {
    /// A task of Step Functions, which tells nobody how long it waits.
    pub fn of_task(token: TaskToken) -> Self {
        lasting(Target::StepFunctions(token))
    }

    /// When the target stops waiting, if that is known; it began to wait at `now`.
    pub fn ends_at(&self, now: u64) -> Option<u64> {
        let waits_until = self.waits.map(|seconds| now.saturating_add(seconds));
        self.ends_at.into_iter().chain(waits_until).min()
    }
}

/// Of the properties of a custom resource. CloudFormation makes texts of all numbers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Properties {
    service_timeout: Option<serde_json::Value>,
}

/// Reads a target.
///
/// # Errors
/// The field that is wrong, relative to the target; no value is in the text.
pub fn read(raw: &RawValue) -> Result<Read, Fault> {
    let text = raw.get();
    let kind: wire::TargetType = read_text(text, |_| ())?;
    let known = || TargetKind::ALL.map(TargetKind::as_str).join(", ");
    let kind = TargetKind::parse(&kind.kind);
    match kind.ok_or_else(|| Fault::at("type", format!("must be one of {}", known())))? {
        TargetKind::StepFunctions => {
            let wire: wire::Task = read_text(text, |_| ())?;
            let token = TaskToken::new(wire.token);
            let token = token.ok_or_else(|| Fault::at("token", "must have 1 to 2,048 characters"))?;
            Ok(Read::of_task(token))
        }
        TargetKind::WaitCondition => {
            let wire: wire::WaitCondition = read_text(text, |_| ())?;
            let url = PresignedUrl::parse(&wire.url, Bucket::WaitCondition);
            let url = url.map_err(|what| Fault::at("url", what))?;
            let ends_at = Some(url.ends_at());
            Ok(Read {
                target: Target::WaitCondition(url),
                ends_at,
                waits: None,
            })
        }
        TargetKind::CustomResource => custom_resource(read_text(text, |_| ())?),
        TargetKind::DurableExecution => {
            let wire: wire::DurableExecution = read_text(text, |_| ())?;
            let id = CallbackId::new(wire.callback_id).map_err(|what| Fault::at("callback_id", what))?;
            Ok(lasting(Target::DurableExecution(id)))
        }
        TargetKind::PipelineApproval => pipeline_approval(read_text(text, |_| ())?),
        TargetKind::Automation => {
            let wire: wire::Automation = read_text(text, |_| ())?;
            let id = Uuid::parse(&wire.automation_execution_id);
            let is_variable = wire.automation_execution_id.contains("{{");
            let what = if is_variable { NOT_FILLED_IN } else { NOT_AN_ID };
            let id = id.ok_or_else(|| Fault::at("automation_execution_id", what))?;
            Ok(lasting(Target::Automation(id)))
        }
    }
}

const NOT_AN_ID: &str = "must be 32 hex digits in lower case, with hyphens as in a UUID";

const NOT_FILLED_IN: &str = "holds a variable that was not filled in; Automation does that only in the inputs of a step, where it is \
                             written {{automation:EXECUTION_ID}}";

fn lasting(target: Target) -> Read {
    Read {
        target,
        ends_at: None,
        waits: None,
    }
}

fn custom_resource(wire: wire::CustomResource) -> Result<Read, Fault> {
    let event = wire.event;
    let url = PresignedUrl::parse(&event.response_url, Bucket::CustomResource);
    let url = url.map_err(|what| Fault::at("event.ResponseURL", what))?;
    let waits = waits(event.resource_properties.as_deref());
    let waits = waits.map_err(|what| Fault::at("event.ResourceProperties.ServiceTimeout", what))?;
    let ids = Ids {
        stack: event.stack_id,
        request: event.request_id,
        logical: event.logical_resource_id,
    };
    // CloudFormation began to wait when it signed the URL, which may be long before the event gets here.
    let waits_until = url.signed_at().map(|signed| signed.saturating_add(waits));
    let ends_at = [Some(url.ends_at()), waits_until].into_iter().flatten().min();
    let resource = CustomResource::new(url, ids, event.physical_resource_id, wire.physical_resource_id);
    let resource = resource.map_err(|field| {
        Fault::at(
            format!("event.{field}"),
            "must be as CloudFormation gave it, and not empty",
        )
    })?;
    Ok(Read {
        target: Target::CustomResource(Box::new(resource)),
        ends_at,
        waits: Some(waits),
    })
}

/// For how long CloudFormation waits, in seconds.
fn waits(properties: Option<&RawValue>) -> Result<u64, &'static str> {
    let timeout = match properties {
        Some(raw) => {
            let read: Properties = read_text(raw.get(), |_| ()).map_err(|_| "cannot be read")?;
            read.service_timeout
        }
        None => None,
    };
    let seconds = match &timeout {
        None => return Ok(MAX_WAIT_SECONDS),
        Some(serde_json::Value::String(text)) => text.parse().ok(),
        Some(other) => other.as_u64(),
    };
    match seconds {
        Some(seconds @ 1..=MAX_WAIT_SECONDS) => Ok(seconds),
        _ => Err("must be a whole number from 1 to 3600"),
    }
}

fn pipeline_approval(wire: wire::PipelineApproval) -> Result<Read, Fault> {
    let token = Uuid::parse(&wire.token).ok_or_else(|| Fault::at("token", NOT_AN_ID))?;
    let ends_at = wire.expires.as_deref().map(|text| {
        let end = Expiration::parse(text).ok();
        let end = end.and_then(|end| u64::try_from(end.unix_seconds()).ok());
        end.ok_or_else(|| Fault::at("expires", "is not an ISO 8601 date and time"))
    });
    let approval = PipelineApproval::new(wire.pipeline, wire.stage, wire.action, token);
    let approval = approval.map_err(|field| {
        Fault::at(
            field,
            "must have 1 to 100 letters, digits and characters of . @ - _",
        )
    })?;
    Ok(Read {
        target: Target::PipelineApproval(Box::new(approval)),
        ends_at: ends_at.transpose()?,
        waits: None,
    })
}

impl Target {
    /// As a request names it; a task of Step Functions has its `token` instead.
    pub fn to_json(&self) -> Option<JsonText> {
        match self {
            Target::StepFunctions(_) => None,
            Target::WaitCondition(url) => Some(JsonText::of(&wire::WaitCondition {
                kind: wire::WaitConditionType::WaitCondition,
                url: url.as_str().to_owned(),
            })),
            Target::CustomResource(resource) => Some(JsonText::of(&wire::CustomResource {
                kind: wire::CustomResourceType::CustomResource,
                event: wire::CustomResourceEvent {
                    response_url: resource.url.as_str().to_owned(),
                    stack_id: resource.ids.stack.clone(),
                    request_id: resource.ids.request.clone(),
                    logical_resource_id: resource.ids.logical.clone(),
                    physical_resource_id: resource.former_id.clone(),
                    resource_properties: None,
                },
                physical_resource_id: resource.physical_id.clone(),
            })),
            Target::DurableExecution(id) => Some(JsonText::of(&wire::DurableExecution {
                kind: wire::DurableExecutionType::DurableExecution,
                callback_id: id.expose().to_owned(),
            })),
            Target::PipelineApproval(approval) => Some(JsonText::of(&wire::PipelineApproval {
                kind: wire::PipelineApprovalType::PipelineApproval,
                pipeline: approval.pipeline.clone(),
                stage: approval.stage.clone(),
                action: approval.action.clone(),
                token: approval.token.to_string(),
                expires: None,
            })),
            Target::Automation(id) => Some(JsonText::of(&wire::Automation {
                kind: wire::AutomationType::Automation,
                automation_execution_id: id.to_string(),
            })),
        }
    }
}
