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
/// Of the digest of properties, in hex digits: all of SHA-256, so that no two sets of properties look alike.
const DIGEST_CHARS: usize = 64;
/// The same in ids that an early 2.0.0 made: the beginning of that digest. Whoever writes the properties can find two sets
/// with one such beginning.
const SHORT_DIGEST_CHARS: usize = 16;

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
        if let Some(before) = self.agreed_before() {
            let _ = write!(id, "-{before}");
        }
        id
    }

    /// The fingerprint of the properties that an update replaces, if somebody agreed to them.
    fn agreed_before(&self) -> Option<String> {
        let former = fingerprint(&self.properties("OldResourceProperties"));
        if self.agreed().any(|agreed| agreed.is_of(&former)) {
            return Some(former);
        }
        // CloudFormation replaces something that nobody agreed to. A short fingerprint is not passed on.
        let mut whole = self.agreed().filter_map(|agreed| match agreed {
            Agreed::To(fingerprint) => Some(fingerprint.to_owned()),
            Agreed::ToSomethingLike(_) => None,
        });
        whole.next()
    }

    /// What somebody agreed to, the last first.
    fn agreed(&self) -> impl Iterator<Item = Agreed<'_>> {
        let id = self.text("PhysicalResourceId").unwrap_or_default();
        id.split('-').skip(1).filter_map(Agreed::read)
    }

    /// Whether somebody agreed to these properties. A short fingerprint counts only where an update goes back: whoever
    /// replaces properties by others with the same short fingerprint is asked.
    fn is_agreed(&self, properties: &Map<String, Value>) -> bool {
        let (wanted, former) = (
            fingerprint(properties),
            fingerprint(&self.properties("OldResourceProperties")),
        );
        self.agreed().any(|agreed| match agreed {
            Agreed::To(_) => agreed.is_of(&wanted),
            Agreed::ToSomethingLike(_) => agreed.is_of(&wanted) && !agreed.is_of(&former),
        })
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
                if properties == self.properties("OldResourceProperties") || self.is_agreed(&properties) {
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

/// A part of a physical id.
enum Agreed<'a> {
    /// The fingerprint of properties.
    To(&'a str),
    /// The beginning of one, from an id of an early 2.0.0.
    ToSomethingLike(&'a str),
}

impl<'a> Agreed<'a> {
    fn read(part: &'a str) -> Option<Self> {
        let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        match part.len() {
            DIGEST_CHARS if is_hex => Some(Agreed::To(part)),
            SHORT_DIGEST_CHARS if is_hex => Some(Agreed::ToSomethingLike(part)),
            _ => None,
        }
    }

    /// Whether properties with this fingerprint are meant.
    fn is_of(&self, fingerprint: &str) -> bool {
        match self {
            Agreed::To(whole) => *whole == fingerprint,
            Agreed::ToSomethingLike(beginning) => fingerprint.starts_with(beginning),
        }
    }
}

/// Of properties, whatever their order.
fn fingerprint(properties: &Map<String, Value>) -> String {
    let mut text = String::new();
    sorted(&Value::Object(properties.clone()), &mut text);
    let sum = digest(&SHA256, text.as_bytes());
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
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
