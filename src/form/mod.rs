//! Forms: which fields a page has, what was entered, and whether the sealed schema accepts it.

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

pub mod check;
pub mod field;
pub mod moment;
pub mod number;
pub mod submission;

pub use check::{Complaint, Issue, Place};
pub use field::{Field, FieldKind};
pub use submission::{PageEntries, ProgramEntries};

use crate::action::{Outcome, Outcomes};
use crate::rejection::Fault;
use serde_json::Value;
use serde_json::value::RawValue;

/// The fields of all outcomes, each once, in the order in which the outcomes name them.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields(Vec<Shared>);

/// A field, and which outcomes have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shared {
    /// The field.
    pub field: Field,
    /// Places of the outcomes that have it.
    pub in_outcomes: Vec<usize>,
    /// Places of the outcomes that need it.
    pub needed_by: Vec<usize>,
}

impl Fields {
    /// Collects the fields of outcomes.
    ///
    /// # Errors
    /// `[1].schema.properties.reason`: a property that no page can ask for, or that another outcome has as another
    /// kind of field.
    pub fn of(outcomes: &Outcomes) -> Result<Self, Fault> {
        let mut all: Vec<Shared> = Vec::new();
        for (place, outcome) in outcomes.list.iter().enumerate() {
            let needed = required(outcome);
            let fields = of_outcome(outcome).map_err(|fault| fault.under(&format!("[{place}].schema")))?;
            for field in fields {
                let is_needed = needed.contains(&field.name.as_str());
                let shared = match all.iter().position(|shared| shared.field.name == field.name) {
                    Some(known) => all.get_mut(known),
                    None => {
                        all.push(Shared {
                            field: field.clone(),
                            in_outcomes: Vec::new(),
                            needed_by: Vec::new(),
                        });
                        all.last_mut()
                    }
                };
                let Some(shared) = shared else { continue };
                if shared.field.kind != field.kind {
                    let at = format!("[{place}].schema.properties.{}", field.name);
                    return Err(Fault::at(at, "is another kind of field in another outcome"));
                }
                shared.field.limits.widen(&field.limits);
                shared.field.may_be_negative |= field.may_be_negative;
                shared.field.example = shared
                    .field
                    .example
                    .filter(|example| field.example == Some(*example));
                shared.in_outcomes.push(place);
                if is_needed {
                    shared.needed_by.push(place);
                }
            }
        }
        Ok(Self(all))
    }

    /// All of them.
    pub fn list(&self) -> &[Shared] {
        &self.0
    }

    /// Those of one outcome, by its place.
    pub fn of_place(&self, place: usize) -> impl Iterator<Item = &Field> {
        let has = move |shared: &&Shared| shared.in_outcomes.contains(&place);
        self.0.iter().filter(has).map(|shared| &shared.field)
    }

    /// A value of JSON as a page would send it; a number so that it comes back with the same digits.
    pub fn entries_of(&self, name: &str, raw: &RawValue) -> Vec<String> {
        let field = self
            .0
            .iter()
            .map(|shared| &shared.field)
            .find(|field| field.name == name);
        let is_integer = match field.map(|field| &field.kind) {
            Some(FieldKind::Integer) => Some(true),
            Some(FieldKind::Number) => Some(false),
            _ => None,
        };
        match is_integer {
            Some(is_integer) if raw.get().starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                vec![number::written(raw.get(), is_integer)]
            }
            _ => field::entries_of(&serde_json::from_str(raw.get()).unwrap_or_default()),
        }
    }

    /// Whether any outcome has a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|shared| shared.field.name == name)
    }
}

/// The properties that an outcome needs.
fn required(outcome: &Outcome) -> Vec<&str> {
    let required = outcome.schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The fields of one outcome, in the order of its schema.
fn of_outcome(outcome: &Outcome) -> Result<Vec<Field>, Fault> {
    let schema = &outcome.schema;
    if schema.get("type").is_some_and(|kind| kind != "object") {
        return Err(Fault::at(
            "type",
            "must be object: the entries of a form are an object",
        ));
    }
    if schema.get("$ref").is_some() {
        return Err(Fault::at(
            "$ref",
            "a form reads `properties` of the schema itself",
        ));
    }
    let none = serde_json::Map::new();
    let properties = match schema.get("properties") {
        None => &none,
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err(Fault::at("properties", "must be an object")),
    };
    if required(outcome)
        .into_iter()
        .any(|name| !properties.contains_key(name))
    {
        let what = "needs a property that the form does not ask for; name it in `properties`";
        return Err(Fault::at("required", what));
    }
    let read = |(name, property): (&String, &Value)| {
        Field::read(name, property).map_err(|what| Fault::at(format!("properties.{name}"), what))
    };
    properties.iter().map(read).collect()
}

impl field::Limits {
    /// Keeps the limits that hold for both.
    fn widen(&mut self, other: &Self) {
        let keep = |ours: &mut Option<String>, theirs: &Option<String>| {
            if ours != theirs {
                *ours = None;
            }
        };
        keep(&mut self.minimum, &other.minimum);
        keep(&mut self.maximum, &other.maximum);
        keep(&mut self.more_than, &other.more_than);
        keep(&mut self.less_than, &other.less_than);
        keep(&mut self.multiple_of, &other.multiple_of);
        keep(&mut self.pattern, &other.pattern);
        self.min_items = self.min_items.min(other.min_items);
        self.min_length = self.min_length.min(other.min_length);
        self.max_length = match (self.max_length, other.max_length) {
            (Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ActionKind, Confirm, Notes, Source, read_action};
    use serde_json::json;

    pub fn outcomes(schemas: &[Value]) -> Outcomes {
        let outcome = |(place, schema): (usize, &Value)| json!({"name": format!("o{place}"), "type": "heartbeat", "schema": schema});
        let list: Vec<Value> = schemas.iter().enumerate().map(outcome).collect();
        let text = json!({"name": "a", "type": "form", "outcomes": list}).to_string();
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(&text).unwrap();
        let action = read_action(&raw, "a", Source::Request(Confirm::Off), &Notes::default()).unwrap();
        match action.kind {
            ActionKind::Form(form) => form.outcomes,
            kind => panic!("{kind:?}"),
        }
    }

    fn properties(properties: Value) -> Value {
        json!({"properties": properties})
    }

    #[test]
    fn each_field_is_there_once_and_knows_its_outcomes() {
        let fields = Fields::of(&outcomes(&[
            json!({"properties": {"a": {"maxLength": 5}, "b": {"type": "integer", "minimum": 1}}, "required": ["a"]}),
            json!({"properties": {"b": {"type": "integer", "minimum": 2}, "a": {"maxLength": 9}}, "required": ["b"]}),
            json!({}),
        ]))
        .unwrap();
        let told: Vec<_> = fields
            .list()
            .iter()
            .map(|shared| {
                (
                    shared.field.name.as_str(),
                    shared.in_outcomes.clone(),
                    shared.needed_by.clone(),
                )
            })
            .collect();
        assert_eq!(told, [("a", vec![0, 1], vec![0]), ("b", vec![0, 1], vec![1])]);
        // A limit that only one outcome has must not keep the other's button from being pressed.
        assert_eq!(fields.list()[0].field.limits.max_length, Some(9));
        assert_eq!(fields.list()[1].field.limits.minimum, None);
        assert_eq!(fields.of_place(2).count(), 0);
        assert!(fields.has("a") && !fields.has("c"));
    }

    #[test]
    fn schemas_that_no_page_can_ask_for_are_refused_by_place() {
        for (schemas, at) in [
            (vec![json!({"type": "array"})], "[0].schema.type"),
            (vec![json!({}), json!({"type": ["object"]})], "[1].schema.type"),
            (vec![json!({"required": ["a"]})], "[0].schema.required"),
            (
                vec![json!({"$ref": "#/definitions/a", "definitions": {"a": {}}})],
                "[0].schema.$ref",
            ),
            (
                vec![properties(json!({"a": {"type": "object"}}))],
                "[0].schema.properties.a",
            ),
            (
                vec![
                    properties(json!({"a": {}})),
                    properties(json!({"a": {"type": "integer"}})),
                ],
                "[1].schema.properties.a",
            ),
            (
                vec![
                    properties(json!({"a": {"enum": ["x"]}})),
                    properties(json!({"a": {"enum": ["y"]}})),
                ],
                "[1].schema.properties.a",
            ),
        ] {
            assert_eq!(
                Fields::of(&outcomes(&schemas)).map_err(|fault| fault.at),
                Err(at.to_owned()),
                "{schemas:?}"
            );
        }
    }
}
