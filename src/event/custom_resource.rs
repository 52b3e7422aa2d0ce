//! CreateUrls as the `ServiceToken` of a custom resource: its properties are a request (docs/recipes/custom-resource.md).

use super::typed::typed;
use crate::rejection::Fault;
use crate::target::{self, CustomResource, Target};
use crate::transaction::TransactionId;
use ring::digest::{SHA256, digest};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Properties that are CloudFormation's own.
const NOT_OURS: &[&str] = &["ServiceToken", "ServiceTimeout"];
/// Of the digest of properties, in hex digits.
const DIGEST_CHARS: usize = 16;

/// An event of CloudFormation.
pub struct ResourceEvent {
    event: Value,
}

/// What an event asks for.
#[derive(Debug, PartialEq)]
pub enum Wanted {
    /// A response at once: there is nothing to ask anybody.
    Nothing,
    /// Links.
    Links {
        /// The request.
        request: Value,
        /// Whether the resource itself waits for an answer; if not, it is there as soon as the links are.
        waits: bool,
        /// Whether the links become attributes of the resource.
        shows_urls: bool,
    },
}

impl ResourceEvent {
    /// `None`: no event of a custom resource.
    pub(super) fn of(event: &Value) -> Option<Self> {
        let has = |field: &str| event.get(field).is_some_and(Value::is_string);
        let is_event = has("RequestType") && has("ResponseURL") && has("StackId");
        is_event.then(|| Self { event: event.clone() })
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.event.get(field).and_then(Value::as_str)
    }

    fn properties(&self, field: &str) -> Map<String, Value> {
        let mut properties = match self.event.get(field) {
            Some(Value::Object(properties)) => properties.clone(),
            _ => Map::new(),
        };
        properties.retain(|name, _| !NOT_OURS.contains(&name.as_str()));
        properties
    }

    /// The resource, which gets a new physical id when somebody agrees. The id remembers for which properties that was, and
    /// for which ones before: when an update is rolled back, CloudFormation sends these again, and nobody is asked
    /// whether what was there may be there.
    fn physical_id(&self, transaction: TransactionId) -> String {
        let mut id = format!(
            "{transaction}-{}",
            fingerprint(&self.properties("ResourceProperties"))
        );
        if let Some(before) = self.agreed().next() {
            let _ = write!(id, "-{before}");
        }
        id
    }

    /// Fingerprints of the properties that somebody agreed to, the last ones first.
    fn agreed(&self) -> impl Iterator<Item = &str> {
        let id = self.text("PhysicalResourceId").unwrap_or_default();
        let is_ours = |part: &&str| part.len() == DIGEST_CHARS && part.bytes().all(|b| b.is_ascii_hexdigit());
        id.split('-').skip(1).filter(is_ours)
    }

    /// The target of links that this resource waits for.
    fn target(&self, transaction: TransactionId) -> Value {
        let mut event = Map::new();
        for field in [
            "ResponseURL",
            "StackId",
            "RequestId",
            "LogicalResourceId",
            "PhysicalResourceId",
        ] {
            if let Some(value) = self.event.get(field) {
                event.insert(field.to_owned(), value.clone());
            }
        }
        if let Some(timeout) = self.event.pointer("/ResourceProperties/ServiceTimeout") {
            event.insert(
                "ResourceProperties".to_owned(),
                json!({"ServiceTimeout": timeout}),
            );
        }
        json!({
            "type": "cloudformation-custom-resource",
            "event": event,
            "physical_resource_id": self.physical_id(transaction),
        })
    }

    /// Where the response goes; without it, nobody can be told anything.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn resource(&self, transaction: TransactionId, region: &str) -> Result<CustomResource, Fault> {
        let mut target = self.target(transaction);
        // A ServiceTimeout that cannot be read is refused with the request; its refusal must get to CloudFormation.
        if let Some(event) = target.get_mut("event").and_then(Value::as_object_mut) {
            event.remove("ResourceProperties");
        }
        let raw = RawValue::from_string(target.to_string());
        let raw = raw.map_err(|_| Fault::at("", "cannot be read"))?;
        let target = target::read(&raw)?.target;
        target.check_region(region)?;
        match target {
            Target::CustomResource(resource) => Ok(*resource),
            Target::StepFunctions(_)
            | Target::WaitCondition(_)
            | Target::DurableExecution(_)
            | Target::PipelineApproval(_)
            | Target::Automation(_) => Err(Fault::at("type", "is not that of a custom resource")),
        }
    }

    /// What is asked for.
    ///
    /// # Errors
    /// What is missing.
    pub fn wanted(&self, transaction: TransactionId) -> Result<Wanted, Fault> {
        let properties = self.properties("ResourceProperties");
        match self.text("RequestType") {
            Some("Delete") => return Ok(Wanted::Nothing),
            Some("Update") => {
                let fingerprint = fingerprint(&properties);
                let is_agreed = self.agreed().any(|agreed| agreed == fingerprint);
                if is_agreed || properties == self.properties("OldResourceProperties") {
                    return Ok(Wanted::Nothing);
                }
            }
            Some("Create") => {}
            _ => return Err(Fault::at("RequestType", "must be Create, Update or Delete")),
        }
        let mut request = match typed(Value::Object(properties)) {
            Value::Object(request) => request,
            _ => Map::new(),
        };
        let waits = !request.contains_key("token") && !request.contains_key("target");
        let shows_urls = request.get("return_urls") == Some(&Value::Bool(true));
        if waits && shows_urls {
            let what = "is not for a resource that waits: its attributes come with the answer";
            return Err(Fault::at("return_urls", what));
        }
        if !request.contains_key("deliver") && !shows_urls {
            return Err(Fault::at(
                "deliver",
                "is missing; without it nobody gets the links of this resource",
            ));
        }
        if waits {
            request.insert("target".to_owned(), self.target(transaction));
        }
        // Without `deliver`, the answer has the links anyway.
        if !request.contains_key("deliver") {
            request.remove("return_urls");
        }
        let request = Value::Object(request);
        super::check_secrets(&request)?;
        Ok(Wanted::Links {
            request,
            waits,
            shows_urls,
        })
    }
}

/// Of properties, whatever their order.
fn fingerprint(properties: &Map<String, Value>) -> String {
    let mut text = String::new();
    sorted(&Value::Object(properties.clone()), &mut text);
    let sum = digest(&SHA256, text.as_bytes());
    let hex = sum.as_ref().iter().map(|byte| format!("{byte:02x}"));
    hex.take(DIGEST_CHARS / 2).collect()
}

/// One text for one value.
fn sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            text.push('{');
            for name in names {
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                sorted(fields.get(name).unwrap_or(&Value::Null), text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests;
