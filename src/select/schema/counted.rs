//! A posted value as the validator sees it: each look at it is counted, and after the last one there is nothing more to see.
//! Whatever a schema is made of (`uniqueItems` of lists in lists, `contains`, `unevaluatedProperties` over alternatives,
//! references that branch), it ends after so many steps.

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// Looks at values that one validation may take. The largest honest bodies take some hundred thousand for each schema
/// that an outcome has.
pub const MAX_STEPS: u64 = 10_000_000;
/// Bytes of a text that cost as much as one step.
pub const BYTES_A_STEP: usize = 64;

/// How much a validation may still look at.
#[derive(Debug)]
pub struct Steps(Cell<u64>);

impl Steps {
    /// For one validation.
    pub const fn new(most: u64) -> Self {
        Self(Cell::new(most))
    }

    /// How many are left.
    pub const fn left(&self) -> u64 {
        self.0.get()
    }

    /// Whether the validation was ended, so that what it says means nothing.
    pub const fn are_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Who counts, if anybody does: a key that the validator looks at is nobody's part, and costs what its object did.
#[derive(Debug, Clone, Copy)]
struct Counter<'a>(Option<&'a Steps>);

impl Counter<'_> {
    /// Whether so much was left.
    fn spend(self, steps: u64) -> bool {
        let Some(Steps(left)) = self.0 else { return true };
        left.set(left.get().saturating_sub(steps));
        left.get() > 0
    }

    fn spend_on(self, bytes: usize) -> bool {
        self.spend(1 + u64::try_from(bytes / BYTES_A_STEP).unwrap_or(u64::MAX))
    }
}

/// The kind of values that the validator is made for.
#[derive(Debug)]
pub struct CountedJson;

/// A value, and who counts.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    value: &'a Value,
    steps: Counter<'a>,
}

impl<'a> Counted<'a> {
    /// A value to validate.
    pub const fn new(value: &'a Value, steps: &'a Steps) -> Self {
        Self {
            value,
            steps: Counter(Some(steps)),
        }
    }
}

impl<'a> Counted<'a> {
    /// What is counted.
    pub const fn value(&self) -> &'a Value {
        self.value
    }

    /// Counts work that is done elsewhere.
    pub fn spend(&self, steps: u64) {
        self.steps.spend(steps);
    }

    /// Counts a look at a text of so many bytes; whether so much was left.
    pub fn spend_on(&self, bytes: usize) -> bool {
        self.steps.spend_on(bytes)
    }
}

impl Json for CountedJson {
    type Node<'a> = Counted<'a>;
    type PreparedKey = String;
    type StringBuffer = Value;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Value, string: &str, f: impl FnOnce(Counted<'_>) -> T) -> T {
        *buffer = Value::String(string.to_owned());
        f(Counted {
            value: buffer,
            steps: Counter(None),
        })
    }
}

impl<'a> Node<'a, CountedJson> for Counted<'a> {
    type Object = Members<'a>;
    type Array = Elements<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Members<'a>> {
        self.steps.spend(1);
        self.value.as_object().map(|members| Members {
            members,
            steps: self.steps,
        })
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        self.steps.spend(1);
        self.value.as_array().map(|values| Elements {
            values,
            steps: self.steps,
        })
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let text = self.value.as_str()?;
        self.steps.spend_on(text.len());
        Some(Cow::Borrowed(text))
    }

    fn as_number(&self) -> Option<&'a Number> {
        self.steps.spend(1);
        self.value.as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        self.steps.spend(1);
        self.value.as_bool()
    }

    fn is_null(&self) -> bool {
        self.steps.spend(1);
        self.value.is_null()
    }

    fn is_number(&self) -> bool {
        self.steps.spend(1);
        self.value.is_number()
    }

    fn json_type(&self) -> JsonType {
        self.steps.spend(1);
        match self.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        are_equal(self.value, expected, self.steps)
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Borrowed(self.value)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.value).addr()))
    }
}

/// An object.
#[derive(Debug)]
pub struct Members<'a> {
    members: &'a Map<String, Value>,
    steps: Counter<'a>,
}

impl<'a> Object<'a, CountedJson> for Members<'a> {
    type Node = Counted<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.members.len()
    }

    fn get(&self, key: &String) -> Option<Counted<'a>> {
        let is_seen = self.steps.spend(1);
        let value = self.members.get(key).filter(|_| is_seen)?;
        Some(Counted {
            value,
            steps: self.steps,
        })
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter {
            members: self.members.iter(),
            steps: self.steps,
        }
    }
}

/// The members of an object, as far as they may be seen.
#[derive(Debug)]
pub struct MembersIter<'a> {
    members: serde_json::map::Iter<'a>,
    steps: Counter<'a>,
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, Counted<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.members.next()?;
        let is_seen = self.steps.spend_on(name.len());
        let steps = self.steps;
        is_seen.then_some((name.as_str(), Counted { value, steps }))
    }
}

/// An array.
#[derive(Debug)]
pub struct Elements<'a> {
    values: &'a [Value],
    steps: Counter<'a>,
}

impl<'a> Array<'a, CountedJson> for Elements<'a> {
    type Node = Counted<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        self.values.len()
    }

    fn elements(&self) -> ElementsIter<'a> {
        ElementsIter {
            values: self.values.iter(),
            steps: self.steps,
        }
    }

    fn is_unique(&self) -> bool {
        is_unique(self.values, self.steps)
    }
}

/// The elements of an array, as far as they may be seen.
#[derive(Debug)]
pub struct ElementsIter<'a> {
    values: std::slice::Iter<'a, Value>,
    steps: Counter<'a>,
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = Counted<'a>;

    fn next(&mut self) -> Option<Counted<'a>> {
        let value = self.values.next()?;
        let steps = self.steps;
        let is_seen = steps.spend(1);
        is_seen.then_some(Counted { value, steps })
    }
}

/// Whether no two values are equal. Values meet in the order of digests that nobody outside can foresee and that tell
/// all shapes apart, so only equal ones are compared.
fn is_unique(values: &[Value], steps: Counter<'_>) -> bool {
    if values.len() < 2 {
        return true;
    }
    let state = RandomState::new();
    let mut digests: Vec<(u64, &Value)> = Vec::with_capacity(values.len());
    for value in values {
        digests.push((digest(value, &state, steps), value));
        if !steps.spend(0) {
            return true;
        }
    }
    digests.sort_unstable_by_key(|(digest, _)| *digest);
    digests.windows(2).all(|pair| match pair {
        [(first, one), (second, other)] => first != second || !are_equal(one, other, steps),
        _ => true,
    })
}

/// Equal for equal values, and nothing else.
fn digest(value: &Value, state: &RandomState, steps: Counter<'_>) -> u64 {
    let mut hasher = state.build_hasher();
    if !steps.spend(1) {
        return hasher.finish();
    }
    match value {
        Value::Null => 0_u8.hash(&mut hasher),
        Value::Bool(value) => (1_u8, value).hash(&mut hasher),
        Value::Number(number) => match whole(number) {
            Some(whole) => (2_u8, whole).hash(&mut hasher),
            None => (3_u8, number.as_f64().map(f64::to_bits)).hash(&mut hasher),
        },
        Value::String(text) => {
            steps.spend_on(text.len());
            (4_u8, text).hash(&mut hasher);
        }
        Value::Array(values) => {
            (5_u8, values.len()).hash(&mut hasher);
            for value in values {
                digest(value, state, steps).hash(&mut hasher);
            }
        }
        Value::Object(members) => {
            // In any order.
            let mut sum = 0_u64;
            for (name, value) in members {
                steps.spend_on(name.len());
                sum = sum.wrapping_add(state.hash_one((name, digest(value, state, steps))));
            }
            (6_u8, members.len(), sum).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Equality of JSON Schema: numbers by what they are worth, objects in any order.
fn are_equal(one: &Value, other: &Value, steps: Counter<'_>) -> bool {
    if !steps.spend(1) {
        return false;
    }
    match (one, other) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Number(one), Value::Number(other)) => match (whole(one), whole(other)) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.as_f64() == other.as_f64(),
            (Some(_), None) | (None, Some(_)) => false,
        },
        (Value::String(one), Value::String(other)) => {
            let is_as_long = one.len() == other.len();
            is_as_long && steps.spend_on(one.len()) && one == other
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| are_equal(one, other, steps))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| {
                    let other = other.get(name);
                    other.is_some_and(|other| are_equal(one, other, steps))
                })
        }
        _ => false,
    }
}

/// The value of a whole number of any form; `None`: a fraction, or further from zero than 2^127.
pub fn whole(number: &Number) -> Option<i128> {
    if let Some(whole) = number.as_i128() {
        return Some(whole);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "exact for whole numbers in this range"
    )]
    (float.abs() < 1e38).then_some(float as i128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::schema::{Formats, compile};
    use proptest::prelude::*;
    use serde_json::json;

    const MANY: u64 = u64::MAX;

    #[test]
    fn equality_is_that_of_json_schema() {
        for (one, other, expected) in [
            (json!(1), json!(1.0), true),
            (json!(0), json!(-0.0), true),
            (json!(0.0), json!(-0.0), true),
            (json!(-3), json!(-3.0), true),
            (json!(1), json!(true), false),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), false),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992.0),
                false,
            ),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992_u64),
                false,
            ),
            (json!(1e300), json!(1e300), true),
            (json!(0.5), json!(0.25), false),
            (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), true),
            (json!({"a": 1}), json!({"a": 1, "b": 1}), false),
            (json!({"a": 1, "c": 1}), json!({"a": 1, "b": 1}), false),
            (json!([[], [[]]]), json!([[[]], []]), false),
            (json!("a"), json!("b"), false),
            (json!(null), json!(false), false),
        ] {
            let steps = Steps::new(MANY);
            assert_eq!(
                are_equal(&one, &other, Counter(Some(&steps))),
                expected,
                "{one} {other}"
            );
            assert_eq!(
                are_equal(&other, &one, Counter(Some(&steps))),
                expected,
                "{other} {one}"
            );
            assert_eq!(
                is_unique(&[one.clone(), other.clone()], Counter(Some(&steps))),
                !expected,
                "{one} {other}"
            );
            let state = RandomState::new();
            let digests = [&one, &other].map(|value| digest(value, &state, Counter(None)));
            assert_eq!(digests[0] == digests[1], expected, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_unique_is_what_the_validator_finds(picks in proptest::collection::vec(0_usize..14, 0..40)) {
            let values = [
                json!(0), json!(-0.0), json!(1), json!(1.0), json!("1"), json!([]), json!([[]]), json!([1]), json!([1.0]),
                json!({}), json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1.0}), json!(null), json!(2.5),
            ];
            let list: Vec<Value> = picks.iter().map(|pick| values[*pick].clone()).collect();
            let expected = jsonschema::json::unique::is_unique(&list);
            prop_assert_eq!(is_unique(&list, Counter(None)), expected, "{:?}", list);
        }
    }

    /// Steps that a schema takes for a body, and whether it accepts it.
    fn counted(schema: &Value, body: &Value) -> (u64, bool) {
        let validator = compile(schema, Formats::Ignored).unwrap();
        let steps = Steps::new(MAX_STEPS);
        let is_valid = validator.is_valid(Counted::new(body, &steps));
        (MAX_STEPS - steps.left(), is_valid)
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!([]), |inner, _| json!([inner]))
    }

    /// All trees of so many empty lists: the library's own digest is the same for all of them.
    fn trees(lists: usize) -> Vec<Value> {
        if lists == 1 {
            return vec![json!([])];
        }
        let mut all = Vec::new();
        for first in 1..lists {
            for head in trees(first) {
                for tail in trees(lists - first) {
                    let mut values = vec![head.clone()];
                    values.extend(tail.as_array().unwrap().iter().cloned());
                    all.push(Value::Array(values));
                }
            }
        }
        all
    }

    #[test]
    fn lists_in_lists_cost_what_they_have() {
        let unique = json!({"uniqueItems": true});
        let trees = trees(11);
        assert_eq!(trees.len(), 16_796);
        let body = Value::Array(trees);
        let (steps, is_valid) = counted(&unique, &body);
        assert!(is_valid && steps < 16_796 * 13, "{steps}");
        let deep = Value::Array((0..120).map(nested).collect());
        let (steps, is_valid) = counted(&unique, &deep);
        assert!(is_valid && steps < 120 * 120, "{steps}");
        let mut twice = deep.as_array().unwrap().clone();
        twice.push(nested(60));
        assert!(!counted(&unique, &Value::Array(twice)).1);
    }

    /// Of every kind of schema that looks at a value more than once: what twice as large a body costs, at most.
    #[test]
    fn no_keyword_is_worse_than_linear_or_goes_on_without_end() {
        let again = json!({"$ref": "#"});
        let numbers = |count: usize| Value::Array((0..count).map(Value::from).collect());
        let texts = |count: usize| Value::Array((0..count).map(|n| json!(format!("k{n}"))).collect());
        let members = |count: usize| Value::Object((0..count).map(|n| (format!("k{n}"), json!(n))).collect());
        let lists = |count: usize| Value::Array((0..count).map(|n| json!([[n], [n]])).collect());
        let big: Vec<Value> = (0..500).map(|n| json!([n])).collect();
        let choices: Vec<Value> = (0..100).map(|n| json!({"const": n})).collect();
        let alternatives = json!({"anyOf": [
            {"properties": {"k0": {"type": "number"}}}, {"properties": {"k1": {"type": "number"}}}]});
        let modern = |mut schema: Value| {
            schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            schema
        };
        let shapes: [(Value, &dyn Fn(usize) -> Value); 15] = [
            (json!({"uniqueItems": true}), &numbers),
            (json!({"uniqueItems": true}), &lists),
            (json!({"items": {"uniqueItems": true}}), &lists),
            (json!({"additionalProperties": {"uniqueItems": true}}), &members),
            (json!({"items": {"enum": big}}), &lists),
            (json!({"items": {"const": big}}), &lists),
            (json!({"contains": {"anyOf": choices}}), &texts),
            (json!({"items": {"oneOf": choices}}), &numbers),
            (
                json!({"patternProperties": {"^k": {"type": "number"}, "1$": {"minimum": 0}}}),
                &members,
            ),
            (
                json!({"propertyNames": {"maxLength": 9, "pattern": "^k"}}),
                &members,
            ),
            (
                json!({"dependencies": {"k0": {"required": ["k1"]}, "k1": ["k0"]}}),
                &members,
            ),
            (json!({"items": {"allOf": [again, again, again]}}), &lists),
            (
                modern(
                    json!({"allOf": [alternatives, alternatives], "unevaluatedProperties": {"type": "number"}}),
                ),
                &members,
            ),
            (
                modern(json!({"contains": {"type": "string"}, "unevaluatedItems": {"type": "number"}})),
                &numbers,
            ),
            (
                modern(json!({"dependentSchemas": {"k0": {"minProperties": 1}}})),
                &members,
            ),
        ];
        for (schema, shape) in shapes {
            let (small, _) = counted(&schema, &shape(500));
            let (large, _) = counted(&schema, &shape(1_000));
            assert!(small > 0 && large < MAX_STEPS, "{schema}: {small} {large}");
            assert!(large <= 2 * small + 100, "{schema}: {small} {large}");
        }
    }

    #[test]
    fn what_multiplies_ends_with_the_steps() {
        let again = json!({"$ref": "#"});
        let modern = "https://json-schema.org/draft/2020-12/schema";
        let inside = json!({"properties": {"a": again}, "unevaluatedProperties": false});
        let objects = (0..100).fold(json!({}), |inner, _| json!({"a": inner}));
        for schema in [
            json!({"items": {"allOf": [again, again]}}),
            json!({"items": {"anyOf": [{"not": again}, again]}}),
            json!({"items": {"oneOf": [again, {"not": again}]}}),
            json!({"properties": {"a": {"allOf": [again, again, {"not": again}]}}}),
            json!({"$schema": modern, "allOf": [inside, inside], "unevaluatedProperties": false}),
            json!({"$schema": modern, "items": {"allOf": [again, again]}, "unevaluatedItems": {"not": again}}),
            json!({"uniqueItems": true, "items": again}),
        ] {
            for body in [&nested(120), &objects] {
                let (steps, _) = counted(&schema, body);
                assert!(steps <= MAX_STEPS, "{schema}: {steps}");
            }
        }
    }

    #[test]
    fn after_the_last_step_there_is_nothing_to_see() {
        let validator = compile(&json!({"items": {"type": "string"}}), Formats::Ignored).unwrap();
        let body = json!(vec![1; 1_000]);
        let steps = Steps::new(100);
        let _ = validator.is_valid(Counted::new(&body, &steps));
        assert!(steps.left() > 0, "the first number ends it");
        let validator = compile(&json!({"items": {"type": "number"}}), Formats::Ignored).unwrap();
        let steps = Steps::new(100);
        let _ = validator.is_valid(Counted::new(&body, &steps));
        assert!(steps.are_spent());
    }
}
