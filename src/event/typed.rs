//! CloudFormation makes texts of all truth values and numbers in a template. Here they become again what a request needs.

use serde_json::{Number, Value};

/// Fields whose value is `true` or `false`.
const SWITCHES: &[&str] = &[
    "enable_output_parameters",
    "include_callback",
    "return_urls",
    "raise_errors",
    "optional",
    "unfurl_links",
    "output_body",
    "accept_raw",
    "cloudevents",
    "confirm",
    "uniqueItems",
    "additionalProperties",
];
/// Fields whose value is a number.
const NUMBERS: &[&str] = &[
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "tolerance",
];
/// Fields of the author's own, which stay as they are.
const OWN: &[&str] = &["output", "json", "html", "text", "facts", "title", "description"];
/// Fields of a schema that have the type that the schema names.
const OF_ITS_TYPE: &[&str] = &["default", "const", "enum"];

/// The same value with truth values and numbers where a request has them.
pub(super) fn typed(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kind = match fields.get("type") {
                Some(Value::String(kind)) => kind.clone(),
                _ => String::new(),
            };
            let fields = fields.into_iter().map(|(name, value)| {
                let value = match name.as_str() {
                    own if OWN.contains(&own) => value,
                    of_type if OF_ITS_TYPE.contains(&of_type) => of_kind(&kind, value),
                    switch if SWITCHES.contains(&switch) && value.is_string() => switched(value),
                    number if NUMBERS.contains(&number) && value.is_string() => numbered(value),
                    _ => typed(value),
                };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(typed).collect()),
        other => other,
    }
}

fn of_kind(kind: &str, value: Value) -> Value {
    match (kind, value) {
        (kind, Value::Array(items)) => {
            Value::Array(items.into_iter().map(|item| of_kind(kind, item)).collect())
        }
        ("boolean", value @ Value::String(_)) => switched(value),
        ("integer" | "number", value @ Value::String(_)) => numbered(value),
        (_, value) => value,
    }
}

fn switched(value: Value) -> Value {
    match value.as_str() {
        Some("true") => Value::Bool(true),
        Some("false") => Value::Bool(false),
        _ => value,
    }
}

fn numbered(value: Value) -> Value {
    let number = value.as_str().and_then(|text| text.parse::<Number>().ok());
    number.map_or(value, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_become_what_a_request_needs() {
        let properties = json!({
            "include_callback": "true", "enable_output_parameters": "false", "accept_raw": "true", "cloudevents": "false",
            "actions": [{
                "name": "decide", "type": "form", "confirm": "strict",
                "outcomes": [{"name": "yes", "type": "success", "output_body": "true", "schema": {
                    "type": "object", "properties": {
                        "n": {"type": "integer", "minimum": "1", "maximum": "3", "default": "2", "enum": ["1", "2"]},
                        "ok": {"type": "boolean", "default": "true"},
                        "why": {"type": "string", "maxLength": "200", "default": "true"},
                        "maximum": {"type": "string"}
                    }, "additionalProperties": "false"
                }}]
            }],
            "deliver": {"sns": {"topic_arn": "arn"}, "optional": "true"}
        });
        assert_eq!(
            typed(properties),
            json!({
                "include_callback": true, "enable_output_parameters": false, "accept_raw": true, "cloudevents": false,
                "actions": [{
                    "name": "decide", "type": "form", "confirm": "strict",
                    "outcomes": [{"name": "yes", "type": "success", "output_body": true, "schema": {
                        "type": "object", "properties": {
                            "n": {"type": "integer", "minimum": 1, "maximum": 3, "default": 2, "enum": [1, 2]},
                            "ok": {"type": "boolean", "default": true},
                            "why": {"type": "string", "maxLength": 200, "default": "true"},
                            "maximum": {"type": "string"}
                        }, "additionalProperties": false
                    }}]
                }],
                "deliver": {"sns": {"topic_arn": "arn"}, "optional": true}
            })
        );
    }

    #[test]
    fn the_authors_own_values_stay_texts() {
        let own = json!({
            "actions": [
                {"name": "a", "type": "success", "output": {"approved": "true", "confirm": "true"}, "confirm": "maybe"},
                {"name": "b", "type": "failure", "error": "true", "response": {"json": {"minimum": "1"}}}
            ],
            "expires_in": "PT1H"
        });
        assert_eq!(typed(own.clone()), own);
        assert_eq!(typed(json!({"maxLength": "many"})), json!({"maxLength": "many"}));
    }
}
