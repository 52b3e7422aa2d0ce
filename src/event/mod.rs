//! Events of other services that ask for links: a custom resource of CloudFormation, and the notification of an approval
//! of CodePipeline.

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
mod custom_resource;
mod typed;

pub use custom_resource::{ResourceEvent, Wanted};

use crate::json;
use crate::rejection::Fault;
use serde_json::Value;
use serde_json::value::RawValue;

/// Most that an event may take as a tree, of which there are a few at the same time. Lambda takes events of a mebibyte from
/// other services.
const MAX_TREE_BYTES: usize = 5 << 20;

/// What invoked CreateUrls, if it was neither a request nor something unknown.
pub enum Event {
    /// CloudFormation, for a custom resource.
    Resource(Box<ResourceEvent>),
    /// Amazon SNS, with the request that the notification stands for.
    Notification(Result<Value, Fault>),
}

impl Event {
    /// Tells by the fields that only such events have; `forms`: whether the stack permits them. `None`: a request.
    pub fn of(payload: &[u8], forms: bool) -> Option<Self> {
        let payload = std::str::from_utf8(payload).ok()?;
        let (mut is_request, mut is_event) = (false, false);
        json::each_member(payload, |name, _| match name {
            "token" | "actions" => is_request = true,
            "RequestType" | "Records" => is_event = true,
            _ => {}
        });
        if is_request || !is_event {
            return None;
        }
        let event = tree(payload)?;
        if let Some(event) = ResourceEvent::of(&event) {
            return Some(Event::Resource(Box::new(event)));
        }
        approval::of(&event, forms).map(Event::Notification)
    }
}

/// What a service wrote; `None` for what none would write: not JSON, or so many values.
fn tree(text: &str) -> Option<Value> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    json::tree::tree_within(raw, MAX_TREE_BYTES).ok()
}

/// A secret that the service makes is told in the answer only, and an event has nobody who reads one.
///
/// # Errors
/// The field that asks for it.
fn check_secrets(request: &Value) -> Result<(), Fault> {
    let actions = request.get("actions").and_then(Value::as_array);
    for (index, action) in actions.into_iter().flatten().enumerate() {
        if action.pointer("/verify/secret").and_then(Value::as_str) == Some("generate") {
            let what = "cannot be generated here, since nobody would be told; give a secret of your own";
            return Err(Fault::at(format!("actions[{index}].verify.secret"), what));
        }
    }
    Ok(())
}
