//! What a schema would cost to compile and to ask, before either is done.
//!
//! The validator remembers what a `$ref` said about an array or object, but not about a string or number. So twenty
//! schemas that refer twice to the next one each would be asked a million times about one number.

use super::{MAX_EXPANDED, MAX_PATTERNS};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::HashMap;

/// References by name (`#name`, `$id`) whose targets are not looked up here.
const MAX_NAMED: u64 = 16;

/// # Errors
/// A sentence: too many patterns, or references that multiply.
pub fn check(schema: &Value) -> Result<(), String> {
    if patterns(schema) > MAX_PATTERNS {
        return Err(format!("holds more than {MAX_PATTERNS} patterns"));
    }
    let mut expansion = Expansion {
        root: schema,
        known: HashMap::new(),
        named: 0,
    };
    let size = expansion.size(schema);
    if size > MAX_EXPANDED || expansion.named > MAX_NAMED {
        return Err("refers to itself too often: every `$ref` multiplies the work".to_owned());
    }
    Ok(())
}

/// As deep as JSON may be nested.
fn patterns(value: &Value) -> usize {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| {
                let own = match (key.as_str(), value) {
                    ("pattern", Value::String(_)) => 1,
                    ("patternProperties", Value::Object(members)) => members.len(),
                    _ => 0,
                };
                own + patterns(value)
            })
            .sum(),
        Value::Array(values) => values.iter().map(patterns).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

struct Expansion<'v> {
    root: &'v Value,
    /// What a reference comes to; nothing while it is being looked at, so that a circle ends.
    known: HashMap<&'v str, u64>,
    named: u64,
}

impl<'v> Expansion<'v> {
    /// Objects and references below `value`.
    fn size(&mut self, value: &'v Value) -> u64 {
        match value {
            Value::Object(members) => members.iter().fold(1, |size: u64, (key, value)| {
                let more = match (key.as_str(), value) {
                    ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                        self.referred(reference)
                    }
                    _ => self.size(value),
                };
                size.saturating_add(more)
            }),
            Value::Array(values) => values
                .iter()
                .fold(0, |size: u64, value| size.saturating_add(self.size(value))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    fn referred(&mut self, reference: &'v str) -> u64 {
        if let Some(size) = self.known.get(reference) {
            return *size;
        }
        let pointer = reference
            .strip_prefix('#')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(pointer) = pointer else {
            self.named += 1;
            return 1;
        };
        let pointer = percent_decode_str(pointer).decode_utf8_lossy();
        let Some(target) = self.root.pointer(&pointer) else {
            // The compiler says so.
            return 1;
        };
        self.known.insert(reference, 1);
        // A circle of references is short: each is followed once.
        let size = self.size(target);
        self.known.insert(reference, size);
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    /// `$defs/a0` refers twice to `$defs/a1`, and so on.
    fn doubling(levels: usize) -> Value {
        let twice = |level: usize| {
            let next = json!({"$ref": format!("#/$defs/a{}", level + 1)});
            (format!("a{level}"), json!({"allOf": [next, next]}))
        };
        let mut schemas: Map<String, Value> = (0..levels).map(twice).collect();
        schemas.insert(format!("a{levels}"), json!({"type": "number"}));
        json!({"$ref": "#/$defs/a0", "$defs": schemas})
    }

    #[test]
    fn references_that_multiply_are_refused() {
        assert!(check(&doubling(5)).is_ok());
        for schema in [doubling(20), doubling(100)] {
            assert!(check(&schema).unwrap_err().starts_with("refers to itself"));
        }
    }

    #[test]
    fn references_that_recur_are_not() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}),
            json!({"$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}}}),
            json!({"properties": {"a%20b": {"$ref": "#/$defs/x~1y"}}, "$defs": {"x/y": {}}}),
        ] {
            assert_eq!(check(&schema), Ok(()), "{schema}");
        }
    }

    #[test]
    fn references_by_name_are_few() {
        let named = |count: usize| {
            let list: Vec<Value> = (0..count)
                .map(|number| json!({"$ref": format!("#n{number}")}))
                .collect();
            json!({"allOf": list})
        };
        assert!(check(&named(16)).is_ok());
        assert!(check(&named(17)).is_err());
    }

    #[test]
    fn patterns_are_counted_wherever_they_stand() {
        let properties = |count: usize| -> Map<String, Value> {
            (0..count)
                .map(|number| (format!("p{number}"), json!({"pattern": "x"})))
                .collect()
        };
        let names = |count: usize| -> Map<String, Value> {
            (0..count)
                .map(|number| (format!("p{number}"), json!({})))
                .collect()
        };
        assert!(check(&json!({"properties": properties(64)})).is_ok());
        assert!(check(&json!({"properties": properties(65)})).is_err());
        assert!(check(&json!({"items": {"patternProperties": names(64)}})).is_ok());
        assert!(check(&json!({"items": {"patternProperties": names(65)}})).is_err());
    }
}
