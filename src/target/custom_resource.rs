//! A custom resource of CloudFormation, and what it is answered (CloudFormation User Guide, "Custom resource request and
//! response reference").

use super::presigned::{PresignedUrl, decoded_path};
use super::{About, reason};
use crate::json::JsonText;
use crate::report::Report;
use serde::Serialize;
use serde_json::{Map, Value};

/// Longest response, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 4_096;
/// Seconds for which CloudFormation waits at most.
pub const MAX_WAIT_SECONDS: u64 = 3_600;
/// Longest PhysicalResourceId, in bytes.
const MAX_PHYSICAL_ID: usize = 1_024;
/// Longest of the other ids, in characters; an ARN of a stack has at most 128 characters for its name.
const MAX_ID: usize = 512;

/// A request of CloudFormation that waits for its response.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomResource {
    /// Where the response goes.
    pub url: PresignedUrl,
    /// Which request of which resource of which stack, as the response must repeat it.
    pub ids: Ids,
    /// The resource's id so far; none while it is being created.
    pub former_id: Option<String>,
    /// The id that a success gives it, if another.
    pub physical_id: Option<String>,
}

/// What a response repeats.
#[derive(Clone, PartialEq, Eq)]
pub struct Ids {
    /// ARN of the stack.
    pub stack: String,
    /// Of the request.
    pub request: String,
    /// Name of the resource in the template.
    pub logical: String,
}

impl Ids {
    /// The ids that the path of the response's URL tells, as CloudFormation writes it: all three with `|` between.
    pub fn of_path(url: &PresignedUrl) -> Option<Self> {
        let path = decoded_path(url.as_str())?;
        let mut parts = path.strip_prefix('/')?.split('|');
        let (stack, logical, request) = (parts.next()?, parts.next()?, parts.next()?);
        let ids = Self {
            stack: stack.to_owned(),
            request: request.to_owned(),
            logical: logical.to_owned(),
        };
        (parts.next().is_none() && ids.check().is_ok()).then_some(ids)
    }

    /// # Errors
    /// The name of the id that is none.
    fn check(&self) -> Result<(), &'static str> {
        for (name, id) in [
            ("StackId", &self.stack),
            ("RequestId", &self.request),
            ("LogicalResourceId", &self.logical),
        ] {
            if !is_id(id, MAX_ID) {
                return Err(name);
            }
        }
        Ok(())
    }
}

fn is_id(text: &str, max: usize) -> bool {
    !text.is_empty() && text.len() <= max && !text.chars().any(char::is_control)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response<'a> {
    status: &'static str,
    reason: &'a str,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_echo: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
}

impl CustomResource {
    /// Checks the ids.
    ///
    /// # Errors
    /// The field of the event that is wrong.
    pub fn new(
        url: PresignedUrl,
        ids: Ids,
        former_id: Option<String>,
        physical_id: Option<String>,
    ) -> Result<Self, &'static str> {
        ids.check()?;
        let is_physical = |id: &Option<String>| id.as_ref().is_none_or(|id| is_id(id, MAX_PHYSICAL_ID));
        if !is_physical(&former_id) || !is_physical(&physical_id) {
            return Err("PhysicalResourceId");
        }
        Ok(Self {
            url,
            ids,
            former_id,
            physical_id,
        })
    }

    /// The response that a report becomes.
    ///
    /// # Errors
    /// A sentence, when it is larger than CloudFormation takes.
    pub fn response(&self, report: &Report, about: About<'_>) -> Result<String, &'static str> {
        match report {
            Report::Success { output } => {
                self.succeeded(&reason(report, about), attributes(output), false, about)
            }
            Report::Failure { .. } | Report::Heartbeat => self.failed(&reason(report, about), about),
        }
    }

    /// A response with these attributes.
    ///
    /// # Errors
    /// As [`CustomResource::response`].
    pub fn succeeded(
        &self,
        reason: &str,
        data: Map<String, Value>,
        no_echo: bool,
        about: About<'_>,
    ) -> Result<String, &'static str> {
        let own = about.transaction.to_string();
        let physical = self.physical_id.as_ref().or(self.former_id.as_ref());
        self.written("SUCCESS", reason, physical.unwrap_or(&own), data, no_echo)
    }

    /// A success of a request that asked nobody: the resource stays what it is. With another physical id, CloudFormation
    /// would take it for a new one, and delete the former.
    ///
    /// # Errors
    /// As [`CustomResource::response`].
    pub fn unchanged(&self, about: About<'_>) -> Result<String, &'static str> {
        let own = about.transaction.to_string();
        let physical = self.former_id.as_ref().unwrap_or(&own);
        let reason = "Nobody had to be asked.";
        self.written("SUCCESS", reason, physical, Map::new(), false)
    }

    /// A response that fails the stack.
    ///
    /// # Errors
    /// As [`CustomResource::response`].
    pub fn failed(&self, reason: &str, about: About<'_>) -> Result<String, &'static str> {
        let own = about.transaction.to_string();
        let physical = self.former_id.as_ref().or(self.physical_id.as_ref());
        self.written("FAILED", reason, physical.unwrap_or(&own), Map::new(), false)
    }

    fn written(
        &self,
        status: &'static str,
        reason: &str,
        physical: &str,
        data: Map<String, Value>,
        no_echo: bool,
    ) -> Result<String, &'static str> {
        let response = Response {
            status,
            reason,
            physical_resource_id: physical,
            stack_id: &self.ids.stack,
            request_id: &self.ids.request,
            logical_resource_id: &self.ids.logical,
            no_echo,
            data,
        };
        let text = JsonText::of(&response).into_string();
        match text.len() {
            ..=MAX_RESPONSE_BYTES => Ok(text),
            _ => Err("the response is larger than the 4,096 bytes that CloudFormation takes"),
        }
    }
}

/// What `Fn::GetAtt` finds: the members of an object as texts, any other output as `Output`.
fn attributes(output: &str) -> Map<String, Value> {
    // Members as they were written: no digit of a number is lost.
    let members: Result<std::collections::BTreeMap<String, &serde_json::value::RawValue>, _> =
        serde_json::from_str(output);
    let text = |json: &str| match serde_json::from_str::<String>(json) {
        Ok(text) => Value::String(text),
        Err(_) => Value::String(json.to_owned()),
    };
    match members {
        Ok(members) => members
            .into_iter()
            .map(|(name, json)| (name, text(json.get())))
            .collect(),
        Err(_) => [("Output".to_owned(), text(output))].into_iter().collect(),
    }
}
