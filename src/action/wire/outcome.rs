//! The outcomes of post actions and forms.

use super::{FailureType, HeartbeatType, Response, SuccessType, present};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[cfg(test)]
use super::NAME;
#[cfg(test)]
use schemars::JsonSchema;

/// One possible result of a post action. The kinds are told apart by `type`.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "only the schema is made from it; requests are read by type"
)]
pub(super) enum Outcome {
    Success(SuccessOutcome),
    Failure(FailureOutcome),
    Heartbeat(HeartbeatOutcome),
}

/// Ends the task with an output: exactly one of `output`, `output_body` and `output_path`.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(extend("oneOf" = [
    {"required": ["output"]}, {"required": ["output_body"]}, {"required": ["output_path"]}
])))]
#[serde(expecting = "an object")]
pub struct SuccessOutcome {
    /// Letters, digits and underscores.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: SuccessType,
    /// JSON Schema of the bodies that choose this outcome; Draft 7 unless `$schema` says otherwise.
    #[cfg_attr(test, schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub schema: Box<RawValue>,
    /// A fixed output.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    pub output: Option<Box<RawValue>>,
    /// `true`: the whole body is the output.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "bool", extend("const" = true)))]
    pub output_body: Option<bool>,
    /// JSONPath; the output is the array of its matches.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String"))]
    pub output_path: Option<String>,
    /// What the caller gets.
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
#[cfg_attr(test, schemars(extend("not" = {
    "anyOf": [{"required": ["error", "error_path"]}, {"required": ["cause", "cause_path"]}]
})))]
#[serde(expecting = "an object")]
pub struct FailureOutcome {
    /// Letters, digits and underscores.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: FailureType,
    /// JSON Schema of the bodies that choose this outcome; Draft 7 unless `$schema` says otherwise.
    #[cfg_attr(test, schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub schema: Box<RawValue>,
    /// A fixed error code, at most 256 characters.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(max = 256)))]
    pub error: Option<String>,
    /// JSONPath of the error code.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String"))]
    pub error_path: Option<String>,
    /// A fixed cause, at most 32,768 characters.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(max = 32768)))]
    pub cause: Option<String>,
    /// JSONPath of the cause.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String"))]
    pub cause_path: Option<String>,
    /// What the caller gets.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Response"))]
    pub response: Option<Response>,
}

/// Keeps the task waiting.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(expecting = "an object")]
pub struct HeartbeatOutcome {
    /// Letters, digits and underscores.
    #[cfg_attr(test, schemars(length(min = 1, max = 256), regex(pattern = NAME)))]
    pub name: String,
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: HeartbeatType,
    /// JSON Schema of the bodies that choose this outcome; Draft 7 unless `$schema` says otherwise.
    #[cfg_attr(test, schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub schema: Box<RawValue>,
    /// What the caller gets.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Response"))]
    pub response: Option<Response>,
}

/// One possible result of a form: that of a post action, with a button, and with a schema that may be left out.
#[cfg(test)]
pub(super) struct FormOutcome;

#[cfg(test)]
impl JsonSchema for FormOutcome {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormOutcome".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let own = [
            SuccessOutcome::json_schema(generator),
            FailureOutcome::json_schema(generator),
            HeartbeatOutcome::json_schema(generator),
        ];
        let own = own.map(|mut schema| {
            let style = generator.subschema_for::<crate::action::Style>();
            let properties = schema
                .get_mut("properties")
                .and_then(serde_json::Value::as_object_mut);
            let properties = properties.expect("an outcome has fields");
            properties.insert(
                "label".to_owned(),
                serde_json::json!({
                    "description": "Text of the button, at most 80 characters.",
                    "type": "string", "minLength": 1, "maxLength": 80
                }),
            );
            properties.insert("style".to_owned(), style.to_value());
            let required = schema
                .get_mut("required")
                .and_then(serde_json::Value::as_array_mut);
            required
                .expect("an outcome has required fields")
                .retain(|field| field != "schema");
            schema.insert("additionalProperties".to_owned(), false.into());
            schema.to_value()
        });
        schemars::json_schema!({
            "description": "One possible result of a form: that of a post action, with a button.",
            "anyOf": own
        })
    }
}
