//! What is sent for a page.

use super::bounded;
use serde_json::Value;
use serde_json::value::RawValue;
use sfn_callback_urls::action::{self, ActionKind, Confirm, Form, Notes, Source};
use sfn_callback_urls::form::Fields;
use sfn_callback_urls::form::check::{outcome, page_object, program_object};
use sfn_callback_urls::form::submission::{PREFIX, PageEntries, ProgramEntries};
use std::sync::LazyLock;

/// A field of every kind.
const ACTION: &str = r#"{"name": "a", "type": "form", "outcomes": [{"name": "o", "type": "success", "output_body": true,
    "schema": {"type": "object", "required": ["line", "one"], "properties": {
        "line": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z é]*$"},
        "area": {"type": "string", "maxLength": 2000},
        "date": {"type": "string", "format": "date"},
        "email": {"type": "string", "format": "email"},
        "uri": {"type": "string", "format": "uri"},
        "integer": {"type": "integer", "minimum": -5, "maximum": 5},
        "number": {"type": "number", "exclusiveMinimum": 0},
        "boolean": {"type": "boolean"},
        "one": {"enum": ["a", "b", 1, true]},
        "many": {"type": "array", "items": {"enum": ["x", "y"]}, "uniqueItems": true, "minItems": 1}}}}]}"#;

static FORM: LazyLock<(Form, Fields)> = LazyLock::new(|| {
    let raw: Box<RawValue> = serde_json::from_str(ACTION).expect("JSON");
    let action = action::read_action(&raw, "action", Source::Request(Confirm::Off), &Notes::default());
    let ActionKind::Form(form) = action.expect("an action").kind else {
        panic!("a form")
    };
    let fields = Fields::of(&form.outcomes).expect("the fields are ones that a page can ask for");
    (form, fields)
});

/// The input is a body: of a browser, and of a program.
pub fn check(data: &[u8]) {
    let (form, fields) = &*FORM;
    let Ok(place) = outcome(&form.outcomes, Some("o")) else {
        panic!("it has this outcome")
    };
    let entries = bounded(|| PageEntries::read(data));
    comes_back(&entries);
    assert!(entries.complaints.len() <= 20);
    assert!(entries.fields.len() <= data.split(|byte| *byte == b'&').count());
    match bounded(|| page_object(fields, place, &entries)) {
        Ok(object) => {
            assert!(entries.complaints.is_empty());
            is_accepted(&object, &place.1.schema);
        }
        Err(complaints) => assert!(!complaints.is_empty()),
    }
    let Ok(raw) = serde_json::from_slice::<&RawValue>(data) else {
        return;
    };
    if let Ok(entries) = bounded(|| ProgramEntries::read(raw))
        && let Ok(object) = bounded(|| program_object(fields, place, &entries))
    {
        is_accepted(&object, &place.1.schema);
    }
}

/// Written as a browser writes it, it is the same again.
fn comes_back(entries: &PageEntries) {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let optional = [("nonce", &entries.nonce), ("outcome", &entries.outcome)];
    for (name, value) in optional {
        if let Some(value) = value {
            body.append_pair(name, value);
        }
    }
    if entries.sure {
        body.append_pair("sure", "true");
    }
    for (name, value) in &entries.fields {
        body.append_pair(&format!("{PREFIX}{name}"), value);
    }
    let again = PageEntries::read(body.finish().as_bytes());
    assert_eq!(
        (&again.nonce, &again.outcome, again.sure, &again.fields),
        (&entries.nonce, &entries.outcome, entries.sure, &entries.fields)
    );
    assert!(again.complaints.is_empty());
}

/// What goes to the task is an object of the form's fields and nothing else, with what is required.
fn is_accepted(object: &str, schema: &Value) {
    let object: Value = serde_json::from_str(object).expect("it is JSON");
    let object = object.as_object().expect("it is an object");
    let properties = schema["properties"]
        .as_object()
        .expect("the schema has properties");
    assert!(object.keys().all(|name| properties.contains_key(name)));
    assert!(object.contains_key("line") && object.contains_key("one"));
}
