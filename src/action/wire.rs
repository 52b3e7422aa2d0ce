//! The request to create, and the parts of old payloads, as they are written in JSON.
//!
//! The published schema (docs/schema/create-urls.schema.json) is made from these types. They hold tokens, outputs and
//! answers as they came, so none of them has a `Debug`.

mod deliver;
mod outcome;
mod page;
mod target;

pub use deliver::{Delivery, EventBridge, Secret, Ses, Slack, Sns, Teams, Webhook};
pub use outcome::{FailureOutcome, HeartbeatOutcome, SuccessOutcome};
pub use page::{ConfirmPage, Form, FormPage};
pub use target::{
    Automation, AutomationType, CustomResource, CustomResourceEvent, CustomResourceType, DurableExecution,
    DurableExecutionType, PipelineApproval, PipelineApprovalType, TargetType, Task, TaskType, WaitCondition,
    WaitConditionType,
};

use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

#[cfg(test)]
use schemars::JsonSchema;

/// A field that may be left out but is never null: `null` is a value like any other (an output may be null).
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A request to make links.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(
    test,
    schemars(
        extend("not" = {"required": ["expiration", "expires_in"]}),
        extend("oneOf" = [{"required": ["token"]}, {"required": ["target"]}])
    )
)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CreateUrls {
    /// The task token of the waiting task (1 to 2,048 characters), unless there is a `target`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 2048),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub token: Option<String>,
    /// What waits, if it is no task of Step Functions.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(with = "target::Target", skip_serializing_if = "Option::is_none")
    )]
    pub target: Option<Box<RawValue>>,
    /// What each link does; at least one.
    #[cfg_attr(test, schemars(with = "Vec<Action>", length(min = 1, max = 1000)))]
    pub actions: Vec<Box<RawValue>>,
    /// ISO 8601 date and time after which the links do nothing. Without a zone: UTC.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "String", skip_serializing_if = "Option::is_none"))]
    pub expiration: Option<String>,
    /// ISO 8601 duration, such as P3D or PT12H, instead of `expiration`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "String", skip_serializing_if = "Option::is_none"))]
    pub expires_in: Option<String>,
    /// Fills query parameters into outputs, errors, causes and responses. Needs EnableOutputParameters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "bool", skip_serializing_if = "Option::is_none"))]
    pub enable_output_parameters: Option<bool>,
    /// Language of the pages; without it, the visitor's. One of en, de, es, fr, ja, ko, pt-BR, zh-Hans, zh-Hant, or
    /// a tag that means one of them, such as de-AT or zh-TW.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "String", skip_serializing_if = "Option::is_none"))]
    pub locale: Option<String>,
    /// `true`: an output that is an object tells who answered, in `_callback`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "bool", skip_serializing_if = "Option::is_none"))]
    pub include_callback: Option<bool>,
    /// One set of links for each of them.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "Vec<Recipient>",
            length(min = 1, max = 100),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub recipients: Option<Vec<Recipient>>,
    /// Where the links are sent: one channel, or up to ten. A request with it that cannot be carried out fails its
    /// invocation.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(with = "deliver::Deliver", skip_serializing_if = "Option::is_none")
    )]
    pub deliver: Option<Box<RawValue>>,
    /// `true`: the answer has the links although they were delivered.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "bool", skip_serializing_if = "Option::is_none"))]
    pub return_urls: Option<bool>,
    /// `true`: a refused direct invocation fails, as one with `deliver` does. Else the refusal is its answer.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "bool", skip_serializing_if = "Option::is_none"))]
    pub raise_errors: Option<bool>,
    /// Where the links point; without it, this deployment.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "BaseUrl", skip_serializing_if = "Option::is_none"))]
    pub base_url: Option<Box<RawValue>>,
}

/// A person who gets links of their own.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Recipient {
    /// Who it is, in the author's words; unique in the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 256)))]
    pub id: String,
    /// Where `deliver.ses` sends the links of this recipient; without it the id, if that is an address.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "String", skip_serializing_if = "Option::is_none"))]
    pub email: Option<String>,
    /// Id of the member or channel to whom the bot of `deliver.slack` writes; without it, its `channel`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            regex(pattern = "^[A-Z0-9]{1,64}$"),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub slack: Option<String>,
}

/// Where links point.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "only the schema is made from it; requests are read by kind"
)]
enum BaseUrl {
    /// An https URL without query, fragment or user info.
    Url(
        #[schemars(regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[^/?#@\s\p{Cc}\\]+(/[^?#\s\p{Cc}\\]*)?$"))]
        String,
    ),
    /// A stage of API Gateway.
    Api(ApiStage),
}

/// A stage of API Gateway.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct ApiStage {
    /// Id of the API.
    #[cfg_attr(test, schemars(length(max = 128), regex(pattern = "^[a-z0-9]+$")))]
    pub api_id: String,
    /// Name of the stage; `$default` adds nothing to the path.
    #[cfg_attr(
        test,
        schemars(length(max = 128), regex(pattern = r"^([A-Za-z0-9_-]+|\$default)$"))
    )]
    pub stage: String,
    /// Region; without it, the function's own.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(max = 32),
            regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)+$"),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub region: Option<String>,
}

/// One link. The kinds are told apart by `type`.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "only the schema is made from it; requests are read by type"
)]
enum Action {
    Success(Success),
    Failure(Failure),
    Heartbeat(Heartbeat),
    Post(Post),
    Form(Form),
}

/// The field that tells the kinds of action and outcome apart.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Kind {
    /// The kind.
    #[serde(rename = "type", deserialize_with = "text_first")]
    pub kind: super::ActionType,
}

/// serde_json calls a kind that is no text "not JSON"; it is JSON of another type.
fn text_first<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(String::deserialize(deserializer)?.into_deserializer())
}

/// `success`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SuccessType {
    /// `success`
    Success,
}

/// `failure`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FailureType {
    /// `failure`
    Failure,
}

/// `heartbeat`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HeartbeatType {
    /// `heartbeat`
    Heartbeat,
}

/// `post`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PostType {
    /// `post`
    Post,
}

/// `form`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FormType {
    /// `form`
    Form,
}

/// Ends the task with an output.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(expecting = "an object")]
pub struct Success {
    /// Letters, digits and underscores; unique in the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: SuccessType,
    /// Any JSON value, at most 262,144 bytes.
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    pub output: Box<RawValue>,
    /// Whether a person is asked before the link acts; without it, the stack's ConfirmActions.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "page::Confirm"))]
    pub confirm: Option<Box<RawValue>>,
    /// What the visitor gets.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Response"))]
    pub response: Option<Response>,
}

/// Ends the task with an error.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(expecting = "an object")]
pub struct Failure {
    /// Letters, digits and underscores; unique in the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: FailureType,
    /// Error code of the task, at most 256 characters.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(max = 256)))]
    pub error: Option<String>,
    /// Cause of the task, at most 32,768 characters.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(max = 32768)))]
    pub cause: Option<String>,
    /// Whether a person is asked before the link acts; without it, the stack's ConfirmActions.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "page::Confirm"))]
    pub confirm: Option<Box<RawValue>>,
    /// What the visitor gets.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Response"))]
    pub response: Option<Response>,
}

/// Keeps the task waiting; the link may be used any number of times.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(expecting = "an object")]
pub struct Heartbeat {
    /// Letters, digits and underscores; unique in the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: HeartbeatType,
    /// Whether a person is asked before the link acts; without it, the stack's ConfirmActions.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "page::Confirm"))]
    pub confirm: Option<Box<RawValue>>,
    /// What the visitor gets.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Response"))]
    pub response: Option<Response>,
}

/// Lets the posted JSON body choose among outcomes. Needs EnablePostActions.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(expecting = "an object")]
pub struct Post {
    /// Letters, digits and underscores; unique in the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: PostType,
    /// Tried in order; the first whose schema accepts the body is taken. At least one.
    #[cfg_attr(test, schemars(with = "Vec<outcome::Outcome>", length(min = 1, max = 100)))]
    pub outcomes: Vec<Box<RawValue>>,
    /// How the sender proves who it is.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "crate::webhook::wire::Verify"))]
    pub verify: Option<Box<RawValue>>,
    /// The kinds of body that are taken. Without it: what the sender that `verify` names is known to send, else `json`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        test,
        schemars(with = "Vec<crate::webhook::intake::BodyKind>", length(min = 1))
    )]
    pub bodies: Option<Box<RawValue>>,
    /// The field of a form whose JSON is taken for the body, where the form has it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 64)))]
    pub unwrap: Option<Box<RawValue>>,
    /// `true`: bodies of other types are taken as a string in base64.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "bool"))]
    pub accept_raw: Option<Box<RawValue>>,
    /// `true`: the handshake by which CloudEvents' senders ask for permission is answered.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "bool"))]
    pub cloudevents: Option<Box<RawValue>>,
    /// `text`: an answer of 200 is the `text` of the response, whatever the sender says it accepts.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "crate::webhook::intake::Answer"))]
    pub answer: Option<Box<RawValue>>,
    /// Refused if it asks for a page: a post action acts on POST alone.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "bool", extend("const" = false)))]
    pub confirm: Option<Box<RawValue>>,
    /// What the caller gets, unless the outcome has its own.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Response"))]
    pub response: Option<Response>,
}

/// What the visitor gets when the callback succeeded; `redirect` wins over the rest.
#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(expecting = "an object")]
pub struct Response {
    /// An http or https URL to go on to.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        test,
        schemars(with = "String", regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\p{Cc}\\]+$"))
    )]
    pub redirect: Option<String>,
    /// Body for callers that want JSON.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub json: Option<Box<RawValue>>,
    /// Body for callers that want HTML.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String"))]
    pub html: Option<String>,
    /// Body for callers that want plain text.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String"))]
    pub text: Option<String>,
}

/// What [`super::Name`] accepts, in the words of ECMA-262, for the schema.
#[cfg(test)]
const NAME: &str = r"^[\p{Alphabetic}\p{N}_]+$";

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE=1 cargo test schema` rewrites the file.
    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the switch of a developer, not a setting of the program"
    )]
    fn the_published_schema_is_current() {
        let settings = schemars::generate::SchemaSettings::draft2020_12();
        let mut schema = settings.into_generator().into_root_schema_for::<CreateUrls>();
        schema.insert("title".to_owned(), "A request to CreateUrls".into());
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/create-urls.schema.json");
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(path, &text).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == text,
            "docs/schema is not current; run UPDATE=1 cargo test schema"
        );
    }
}
