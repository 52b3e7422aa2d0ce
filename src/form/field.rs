//! One field of a page, from a property of a JSON Schema.

use super::{moment, number};
use serde_json::{Map, Value};

/// Longest name of a property that becomes a field, in characters.
const MAX_NAME_CHARS: usize = 64;
/// Texts that may be longer than this get an area of several lines.
const LONG_LINE_CHARS: u64 = 200;
/// Keywords that hold schemas below a property, or that change what kind of value it is: no field can show them.
const UNSHOWN: [&str; 14] = [
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "not",
    "if",
    "then",
    "else",
    "properties",
    "patternProperties",
    "additionalProperties",
    "dependentSchemas",
    "prefixItems",
    "contains",
];

/// Keywords whose number says that a negative one may be entered.
const SIGNED: [&str; 6] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "default",
    "const",
];

/// What a person is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The property.
    pub name: String,
    /// What can be entered.
    pub kind: FieldKind,
    /// Instead of the name.
    pub title: Option<String>,
    /// Below the title.
    pub description: Option<String>,
    /// Filled in before anybody has typed.
    pub default: Vec<String>,
    /// What the page may check before the service does.
    pub limits: Limits,
    /// A text of the `format` that the property names, where few people know how one looks.
    pub example: Option<&'static str>,
    /// Whether the author names a negative number: the keys of a phone for numbers have no minus sign.
    pub may_be_negative: bool,
}

/// What can be entered in a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// One line.
    Line(Line),
    /// Several lines.
    Area,
    /// One of these.
    One(Vec<Choice>),
    /// Any number of these.
    Many(Vec<Choice>),
    /// A box to tick.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
}

/// What kind of text a line takes (`format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Any text.
    Text,
    /// `date`: YYYY-MM-DD.
    Date,
    /// `date-time`, in UTC.
    DateTime,
    /// `time`, in UTC.
    Time,
    /// `email`
    Email,
    /// `uri`
    Uri,
}

/// One value of an `enum`.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is sent, and shown unless there is a title.
    pub text: String,
    /// What is shown instead.
    pub title: Option<String>,
    /// What it means.
    pub value: Value,
}

impl Choice {
    /// What is shown.
    pub fn shown(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.text)
    }
}

/// Limits as a page states them; numbers as a person can enter them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// `minimum`
    pub minimum: Option<String>,
    /// `maximum`
    pub maximum: Option<String>,
    /// `exclusiveMinimum`
    pub more_than: Option<String>,
    /// `exclusiveMaximum`
    pub less_than: Option<String>,
    /// `multipleOf`
    pub multiple_of: Option<String>,
    /// `minItems` of a list.
    pub min_items: Option<u64>,
    /// `minLength`, in characters.
    pub min_length: Option<u64>,
    /// `maxLength`, in characters.
    pub max_length: Option<u64>,
    /// `pattern`, which may match any part of the text.
    pub pattern: Option<String>,
}

impl Field {
    /// Reads a property.
    ///
    /// # Errors
    /// A sentence: it is none that a page can ask for.
    pub fn read(name: &str, property: &Value) -> Result<Self, &'static str> {
        let visible = name.chars().all(|c| !c.is_control()) && !name.trim().is_empty();
        if !visible || name.chars().nth(MAX_NAME_CHARS).is_some() {
            return Err("a field needs a name of 1 to 64 characters");
        }
        let property = property.as_object().ok_or("must be an object")?;
        if UNSHOWN.iter().any(|keyword| property.contains_key(*keyword)) {
            return Err(
                "a form asks for single values: strings, numbers, booleans, and lists of fixed choices",
            );
        }
        let kind = kind(property)?;
        let fixed = property.get("const").and_then(Value::as_str);
        let is_reported_so = fixed.is_none_or(|text| match kind {
            FieldKind::Line(Line::DateTime) => moment::read_date_time(text).as_deref() == Some(text),
            FieldKind::Line(Line::Time) => moment::read_time(text).as_deref() == Some(text),
            _ => true,
        });
        if !is_reported_so {
            return Err(
                "a `const` of a date or time must be in UTC, as in 2026-12-24T17:00:00Z or 17:00:00Z",
            );
        }
        let text = |keyword: &str| property.get(keyword).and_then(Value::as_str).map(str::to_owned);
        let number = |keyword: &str| {
            let number = property.get(keyword).and_then(Value::as_number)?;
            Some(number::written(&number.to_string(), kind == FieldKind::Integer))
        };
        let length = |keyword: &str| property.get(keyword).and_then(Value::as_u64);
        // In Draft 4 these two are booleans beside the limit.
        let is_exclusive = |keyword: &str| property.get(keyword) == Some(&Value::Bool(true));
        let (minimum, more_than) = match is_exclusive("exclusiveMinimum") {
            true => (None, number("minimum")),
            false => (number("minimum"), number("exclusiveMinimum")),
        };
        let (maximum, less_than) = match is_exclusive("exclusiveMaximum") {
            true => (None, number("maximum")),
            false => (number("maximum"), number("exclusiveMaximum")),
        };
        let is_negative = |keyword: &&str| {
            let number = property.get(*keyword).and_then(Value::as_f64);
            number.is_some_and(|number| number < 0.0)
        };
        Ok(Self {
            name: name.to_owned(),
            title: text("title").filter(|title| !title.trim().is_empty()),
            description: text("description").filter(|text| !text.trim().is_empty()),
            default: property
                .get("default")
                .map(|default| filled_in(default, &kind))
                .unwrap_or_default(),
            limits: Limits {
                minimum,
                maximum,
                more_than,
                less_than,
                multiple_of: number("multipleOf"),
                min_items: length("minItems"),
                min_length: length("minLength"),
                max_length: length("maxLength"),
                pattern: text("pattern"),
            },
            example: property.get("format").and_then(Value::as_str).and_then(example),
            may_be_negative: SIGNED.iter().any(is_negative),
            kind,
        })
    }

    /// What is shown above it.
    pub fn shown(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }
}

/// A value as a page would send it; nothing for what a page cannot send.
pub fn entries_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(_) | Value::Bool(_) => vec![value.to_string()],
        Value::Array(values) => values.iter().flat_map(entries_of).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// A default as the page fills it in: a number so that it comes back as the same one.
fn filled_in(default: &Value, kind: &FieldKind) -> Vec<String> {
    match (kind, default) {
        (FieldKind::Integer | FieldKind::Number, Value::Number(number)) => {
            vec![number::written(&number.to_string(), *kind == FieldKind::Integer)]
        }
        _ => entries_of(default),
    }
}

/// What a text of a format looks like. Dates, times, addresses of mail and pages have fields of their own.
fn example(format: &str) -> Option<&'static str> {
    Some(match format {
        "duration" => "P3DT12H",
        "hostname" | "idn-hostname" => "www.example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "json-pointer" => "/items/0",
        "regex" => "^[a-z]+$",
        "relative-json-pointer" => "1/items",
        "uri-reference" | "iri-reference" => "/path?page=1",
        "uri-template" => "https://example.com/{id}",
        "uuid" => "123e4567-e89b-12d3-a456-426614174000",
        _ => return None,
    })
}

fn kind(property: &Map<String, Value>) -> Result<FieldKind, &'static str> {
    let kind = match property.get("type") {
        None => None,
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(_) => return Err("a field has one type"),
    };
    let choices = choices(property)?;
    match (kind, choices) {
        (Some("array"), None) => {
            let items = property.get("items").and_then(Value::as_object);
            let items = items.ok_or("a list needs `items` with an `enum`")?;
            let choices = self::choices(items)?.ok_or("a list needs `items` with an `enum`")?;
            Ok(FieldKind::Many(choices))
        }
        (Some("string" | "integer" | "number") | None, Some(choices)) => Ok(FieldKind::One(choices)),
        (Some("boolean"), _) => Ok(FieldKind::Boolean),
        (Some("integer"), None) => Ok(FieldKind::Integer),
        (Some("number"), None) => Ok(FieldKind::Number),
        (Some("string") | None, None) => Ok(text_kind(property)),
        (Some("array"), Some(_)) => Err("the `enum` of a list stands in its `items`"),
        (Some(_), _) => Err("a form asks for string, integer, number, boolean, or array of an `enum`"),
    }
}

fn text_kind(property: &Map<String, Value>) -> FieldKind {
    let format = property.get("format").and_then(Value::as_str);
    let long = property.get("maxLength").and_then(Value::as_u64);
    match format {
        Some("textarea") => FieldKind::Area,
        Some("date") => FieldKind::Line(Line::Date),
        Some("date-time") => FieldKind::Line(Line::DateTime),
        Some("time") => FieldKind::Line(Line::Time),
        Some("email" | "idn-email") => FieldKind::Line(Line::Email),
        Some("uri" | "iri") => FieldKind::Line(Line::Uri),
        _ if long.is_some_and(|long| long > LONG_LINE_CHARS) => FieldKind::Area,
        _ => FieldKind::Line(Line::Text),
    }
}

/// The values of `enum`, or of `oneOf` whose members are a `const` with a `title`.
fn choices(schema: &Map<String, Value>) -> Result<Option<Vec<Choice>>, &'static str> {
    const SINGLE: &str = "choices are strings, numbers or booleans";
    let mut choices: Vec<Choice> = Vec::new();
    let mut add = |value: &Value, title: Option<&str>| {
        let [text] = <[String; 1]>::try_from(entries_of(value)).map_err(|_| SINGLE)?;
        if value.is_array() {
            return Err(SINGLE);
        }
        if value.as_number().is_some_and(|number| !fits_64_bits(number)) {
            return Err("a number among the choices needs more than 64 bits; write it as a string");
        }
        let title = title.filter(|title| !title.trim().is_empty());
        if text.trim().is_empty() && title.is_none() {
            return Err("a choice needs a text that can be seen");
        }
        if choices.iter().any(|choice| choice.text == text) {
            return Err("two choices look the same");
        }
        choices.push(Choice {
            text,
            title: title.map(str::to_owned),
            value: value.clone(),
        });
        Ok(())
    };
    match (schema.get("enum"), schema.get("oneOf")) {
        (None, None) => return Ok(None),
        (Some(Value::Array(values)), None) => values.iter().try_for_each(|value| add(value, None))?,
        (None, Some(Value::Array(members))) => {
            for member in members {
                let value = member
                    .get("const")
                    .ok_or("each member of `oneOf` needs a `const`")?;
                add(value, member.get("title").and_then(Value::as_str))?;
            }
        }
        _ => return Err("choices are an `enum`, or `oneOf` with `const` and `title`"),
    }
    match choices.is_empty() {
        true => Err("has no choices"),
        false => Ok(Some(choices)),
    }
}

/// Others are never equal to anything (`select::numbers`), so nobody could choose them.
fn fits_64_bits(number: &serde_json::Number) -> bool {
    number.is_i64()
        || number.is_u64()
        || number
            .as_f64()
            .is_some_and(|number| (-TWO_63..2.0 * TWO_63).contains(&number))
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kind_of(property: Value) -> Result<FieldKind, &'static str> {
        Field::read("x", &property).map(|field| field.kind)
    }

    #[test]
    fn each_type_has_its_field() {
        for (property, kind) in [
            (json!({}), FieldKind::Line(Line::Text)),
            (json!({"type": "string"}), FieldKind::Line(Line::Text)),
            (
                json!({"type": "string", "maxLength": 200}),
                FieldKind::Line(Line::Text),
            ),
            (json!({"type": "string", "maxLength": 201}), FieldKind::Area),
            (json!({"type": "string", "format": "textarea"}), FieldKind::Area),
            (
                json!({"type": "string", "format": "date"}),
                FieldKind::Line(Line::Date),
            ),
            (
                json!({"type": "string", "format": "date-time"}),
                FieldKind::Line(Line::DateTime),
            ),
            (
                json!({"type": "string", "format": "time"}),
                FieldKind::Line(Line::Time),
            ),
            (
                json!({"type": "string", "format": "email"}),
                FieldKind::Line(Line::Email),
            ),
            (
                json!({"type": "string", "format": "uri"}),
                FieldKind::Line(Line::Uri),
            ),
            (
                json!({"type": "string", "format": "ipv4"}),
                FieldKind::Line(Line::Text),
            ),
            (json!({"type": "integer"}), FieldKind::Integer),
            (json!({"type": "number"}), FieldKind::Number),
            (json!({"type": "boolean"}), FieldKind::Boolean),
            (json!({"type": "boolean", "enum": [true]}), FieldKind::Boolean),
        ] {
            assert_eq!(kind_of(property.clone()), Ok(kind), "{property}");
        }
        let FieldKind::One(choices) = kind_of(json!({"enum": ["a", 1, true]})).unwrap() else {
            panic!("one of three")
        };
        let texts: Vec<&str> = choices.iter().map(Choice::shown).collect();
        assert_eq!(texts, ["a", "1", "true"]);
        assert_eq!(choices[1].value, json!(1));
        let titled = json!({"type": "array", "items": {"oneOf": [{"const": "b", "title": "Blue"}]}});
        let FieldKind::Many(choices) = kind_of(titled).unwrap() else {
            panic!("any of one")
        };
        assert_eq!((choices[0].shown(), choices[0].text.as_str()), ("Blue", "b"));
    }

    #[test]
    fn what_no_page_can_ask_for_is_refused() {
        for property in [
            json!(true),
            json!({"type": "object"}),
            json!({"type": "null"}),
            json!({"type": ["string", "null"]}),
            json!({"type": "array"}),
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "array", "enum": [["a"]]}),
            json!({"format": "date-time", "const": "2026-12-24T18:00:00+01:00"}),
            json!({"format": "date-time", "const": "2026-12-24t17:00:00z"}),
            json!({"format": "date-time", "const": "2026-12-24T17:00Z"}),
            json!({"format": "time", "const": "18:00:00+01:00"}),
            json!({"type": "string", "anyOf": []}),
            json!({"$ref": "#/definitions/a"}),
            json!({"properties": {}}),
            json!({"enum": []}),
            json!({"enum": [null]}),
            json!({"enum": [{}]}),
            json!({"enum": [["a"]]}),
            json!({"enum": ["1", 1]}),
            json!({"enum": [" "]}),
            json!({"enum": [1e20]}),
            json!({"enum": ["a", -1e19]}),
            json!({"oneOf": [{"title": "a"}]}),
        ] {
            assert!(kind_of(property.clone()).is_err(), "{property}");
        }
        assert!(Field::read(&"é".repeat(64), &json!({})).is_ok());
        for name in ["", " ", "a\nb", &"a".repeat(65)] {
            assert!(Field::read(name, &json!({})).is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_a_page_shows_is_read() {
        let field = Field::read(
            "n",
            &json!({"type": "number", "title": "How many?", "description": "At least one.", "default": 2.50,
                    "minimum": 1, "maximum": 1.5e3, "multipleOf": 1.125}),
        );
        let field = field.unwrap();
        assert_eq!(field.shown(), "How many?");
        assert_eq!(field.description.as_deref(), Some("At least one."));
        assert_eq!(field.default, ["2.5"]);
        assert_eq!(field.limits.minimum.as_deref(), Some("1"));
        assert_eq!(field.limits.maximum.as_deref(), Some("1500.0"));
        assert_eq!(field.limits.multiple_of.as_deref(), Some("1.1250"));
        assert!(!field.may_be_negative);
    }

    #[test]
    fn limits_that_exclude_their_number_are_told_apart_in_every_draft() {
        let limits = |property: Value| {
            let limits = Field::read("n", &property).unwrap().limits;
            [limits.minimum, limits.more_than, limits.maximum, limits.less_than]
                .map(Option::unwrap_or_default)
        };
        let modern = json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 2.5});
        assert_eq!(limits(modern), ["", "0", "", "2.5"]);
        let old = json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 2.5, "exclusiveMaximum": false});
        assert_eq!(limits(old), ["", "0", "2.5", ""]);
        let both = json!({"type": "integer", "minimum": 1.0, "exclusiveMinimum": 0});
        assert_eq!(limits(both), ["1", "0", "", ""]);
    }

    #[test]
    fn negative_numbers_are_known_by_what_the_author_names() {
        for (property, expected) in [
            (json!({"type": "number"}), false),
            (json!({"type": "number", "minimum": 0}), false),
            (json!({"type": "number", "minimum": -0.5}), true),
            (json!({"type": "integer", "exclusiveMaximum": -1}), true),
            (json!({"type": "integer", "default": -1}), true),
        ] {
            let field = Field::read("n", &property).unwrap();
            assert_eq!(field.may_be_negative, expected, "{property}");
        }
    }
}
