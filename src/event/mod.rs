//! Events of other services that ask for links: a custom resource of CloudFormation, and the notification of an approval
//! of CodePipeline.

mod approval;
mod custom_resource;
mod typed;

pub use custom_resource::{ResourceEvent, Wanted};

use crate::rejection::Fault;
use serde_json::Value;

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
        let event: Value = serde_json::from_slice(payload).ok()?;
        if event.get("token").is_some() || event.get("actions").is_some() {
            return None;
        }
        if let Some(event) = ResourceEvent::of(&event) {
            return Some(Event::Resource(Box::new(event)));
        }
        approval::of(&event, forms).map(Event::Notification)
    }
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
