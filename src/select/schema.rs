//! JSON Schemas of outcomes: compiled without ever fetching anything, and with bounded patterns and references.

mod cost;
mod counted;
pub mod multiple;
pub mod numbers;

pub use counted::{Counted, MAX_STEPS, Steps};

use counted::CountedJson;
use jsonschema::{Draft, PatternOptions};
use numbers::Numbers;
use serde_json::Value;
use std::sync::Arc;

/// Steps that the regular expression engine may go back in one match, so that no pattern takes long.
const BACKTRACK_LIMIT: usize = 10_000;
/// Between two such steps the engine may look at the whole text. So there are fewer of them for a larger body: steps
/// times bytes stay below this, down to [`FEWEST_BACKTRACKS`].
const PATTERN_WORK: usize = 10_000_000;
const FEWEST_BACKTRACKS: usize = 50;
/// Bytes that one compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;

/// Patterns in one schema: a compiled one takes far more than its text.
pub const MAX_PATTERNS: usize = 64;
/// How many schemas a schema may come to when every `$ref` is replaced by what it refers to.
pub const MAX_EXPANDED: u64 = 10_000;

/// Whether `format` decides over a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formats {
    /// As in version 1: post actions.
    Ignored,
    /// Forms: what a person typed must be a date, an e-mail address, a URI.
    Asserted,
}

/// A compiled schema, for values whose validation ends after so many [`Steps`].
pub type Validator = jsonschema::Validator<CountedJson>;

/// Compiles a schema: Draft 7 unless `$schema` names another draft.
///
/// `$ref` may point into the schema itself and nowhere else: there is no code here that could fetch anything.
///
/// # Errors
/// A sentence that names the place in the schema, not its content.
pub fn compile(schema: &Value, formats: Formats) -> Result<Validator, String> {
    compile_for(schema, formats, 0)
}

/// As [`compile`], for a value of so many bytes as text.
///
/// # Errors
/// As [`compile`].
pub fn compile_for(schema: &Value, formats: Formats, bytes: usize) -> Result<Validator, String> {
    compile_with(schema, formats, bytes, None)
}

/// As [`compile_for`], for a value with numbers that cannot be compared: ask [`Numbers::verdict`] about it.
///
/// # Errors
/// As [`compile`].
pub fn compile_with(
    schema: &Value,
    formats: Formats,
    bytes: usize,
    numbers: Option<&Arc<Numbers>>,
) -> Result<Validator, String> {
    cost::check(schema)?;
    let mut options = jsonschema::options_for::<CountedJson>();
    if schema.get("$schema").is_none() {
        options = options.with_draft(Draft::Draft7);
    }
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit((PATTERN_WORK / bytes.max(1)).clamp(FEWEST_BACKTRACKS, BACKTRACK_LIMIT))
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES);
    let draft = match schema.get("$schema") {
        None => Draft::Draft7,
        Some(_) => Draft::default().detect(schema),
    };
    options = options.with_keyword("multipleOf", move |_, value, _| multiple::keyword(draft, value));
    if let Some(numbers) = numbers {
        for keyword in numbers::WATCHED {
            let numbers = Arc::clone(numbers);
            options = options.with_keyword(keyword, move |parent, value, _| {
                numbers::watch(&numbers, draft, keyword, parent, value)
            });
        }
    }
    options
        .offline()
        .should_validate_formats(formats == Formats::Asserted)
        .with_pattern_options(patterns)
        .build(schema)
        .map_err(|error| match error.instance_path().to_string().as_str() {
            "" => "is not a valid JSON Schema; a `$ref` may only point into the schema itself".to_owned(),
            path => format!("is not a valid JSON Schema at {}", printable(path)),
        })
}

/// A pointer into the author's schema, short and without control characters.
fn printable(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(128).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::{Duration, Instant};

    fn accepts(validator: &Validator, value: &Value) -> bool {
        validator.is_valid(Counted::new(value, &Steps::new(MAX_STEPS)))
    }

    #[test]
    fn without_a_dollar_schema_it_is_draft_7() {
        let tuple = json!({"items": [{"type": "string"}, {"type": "number"}]});
        let validator = compile(&tuple, Formats::Ignored).unwrap();
        assert!(accepts(&validator, &json!(["a", 1])));
        assert!(!accepts(&validator, &json!([1, "a"])));
    }

    #[test]
    fn dollar_schema_chooses_the_draft() {
        let draft = |uri: &str| json!({"$schema": uri, "exclusiveMinimum": true, "minimum": 3});
        let four = compile(
            &draft("http://json-schema.org/draft-04/schema#"),
            Formats::Ignored,
        )
        .unwrap();
        assert!(!accepts(&four, &json!(3)));
        assert!(
            compile(
                &draft("http://json-schema.org/draft-07/schema#"),
                Formats::Ignored
            )
            .is_err()
        );
        let modern = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "null"}]});
        assert!(!accepts(
            &compile(&modern, Formats::Ignored).unwrap(),
            &json!([1])
        ));
    }

    #[test]
    fn formats_are_not_asserted() {
        let validator = compile(&json!({"format": "email"}), Formats::Ignored).unwrap();
        assert!(accepts(&validator, &json!("no e-mail")));
    }

    #[test]
    fn references_inside_of_the_schema_work() {
        let schema = json!({"definitions": {"s": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/s"}}});
        let validator = compile(&schema, Formats::Ignored).unwrap();
        assert!(!accepts(&validator, &json!({"a": 1})));
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for schema in [
            json!({"type": "strin"}),
            json!({"properties": 5}),
            json!({"pattern": "("}),
            json!({"$ref": "http://127.0.0.1:1/schema.json"}),
            json!({"$ref": "https://169.254.169.254/latest"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"properties": {"a": {"$ref": "other.json"}}}),
            json!({"$ref": "#/definitions/none"}),
            json!({"$schema": "http://json-schema.org/draft-03/schema#"}),
            json!({"$schema": "https://example.com/own-draft"}),
            json!({"$schema": 5}),
            json!({"pattern": "(a{1000}){1000}"}),
        ] {
            assert!(compile(&schema, Formats::Ignored).is_err(), "{schema}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let evil = [
            "^(a+)+$",
            "^(a|aa)+$",
            "(.*a){20}$",
            r"^(?:(\w+)\1?)+$",
            r"^(?=(a+))\1+b",
            r"([a-z]+)*\d(?<=x)",
        ];
        for pattern in evil {
            let Ok(validator) = compile(&json!({"pattern": pattern}), Formats::Ignored) else {
                continue;
            };
            let text = json!(format!("{}!", "a".repeat(65_000)));
            let start = Instant::now();
            let _ = accepts(&validator, &text);
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{pattern}: {:?}",
                start.elapsed()
            );
        }
    }

    #[test]
    fn lookaround_still_works() {
        let validator = compile(&json!({"pattern": "^(?=.*\\d)(?!.*x).+$"}), Formats::Ignored).unwrap();
        assert!(accepts(&validator, &json!("abc1")));
        assert!(!accepts(&validator, &json!("abcx1")));
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let recursive = json!({"properties": {"next": {"$ref": "#"}}, "additionalProperties": false});
        let validator = compile(&recursive, Formats::Ignored).unwrap();
        assert!(accepts(&validator, &json!({"next": {"next": {}}})));
        assert!(!accepts(&validator, &json!({"next": {"other": 1}})));
        for endless in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"not": {"$ref": "#"}}),
        ] {
            if let Ok(validator) = compile(&endless, Formats::Ignored) {
                let _ = accepts(&validator, &json!({"a": 1}));
            }
        }
    }
}
