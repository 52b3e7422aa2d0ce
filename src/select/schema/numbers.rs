//! Numbers that schemas must not compare. Bodies are compared as doubles and 64-bit integers, and reported with every
//! digit: a number that neither of them holds would be judged by digits that it does not have.
//!
//! Only bodies with such a number come here. What would compare it (`const`, `enum`, a bound, `multipleOf`,
//! `uniqueItems`) is asked twice, once as if it held and once as if it did not: if the schema says the same both times,
//! the number did not matter. A bound is compared digit by digit where the number lies between those of 64 bits.

use super::Validator;
use super::counted::{Counted, CountedJson, Steps};
use crate::json;
use jsonschema::{Draft, Keyword, ValidationError};
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Significant digits that every double keeps.
const SAFE_DIGITS: usize = 15;
/// No double has more significant digits than this.
const MOST_DIGITS: usize = 768;
/// Below it doubles lose digits.
const SMALLEST_NORMAL: f64 = f64::MIN_POSITIVE;
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 2.0 * TWO_63;

/// The numbers of a body that cannot be compared.
pub struct Numbers {
    /// The text of the body.
    text: String,
    /// Where a number lies in the memory of the body, and in its text; in the order of the first.
    places: Vec<(usize, usize, usize)>,
    /// Where arrays and objects lie that hold such a number.
    holders: Vec<usize>,
    /// What is taken for the result of a comparison that cannot be made.
    guess: AtomicBool,
}

/// What a schema says about a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid.
    Valid,
    /// It is not.
    Invalid,
    /// That depends on a number that cannot be compared.
    Undecided,
}

impl Numbers {
    /// The numbers of `value` that cannot be compared; `None` when there are none. `text` is what it was read from, with
    /// every key once in each object.
    pub fn of(text: &str, value: &Value) -> Option<Arc<Self>> {
        let mut literals = json::numbers(text);
        if !literals.clone().any(|literal| !is_comparable(literal)) {
            return None;
        }
        let mut found = Self {
            text: text.to_owned(),
            places: Vec::new(),
            holders: Vec::new(),
            guess: AtomicBool::new(false),
        };
        found.collect(text, value, &mut literals);
        found.places.sort_unstable();
        found.holders.sort_unstable();
        Some(Arc::new(found))
    }

    /// As deep as a body may be nested. Numbers stand in the text in the order in which they stand in the value.
    fn collect<'t>(
        &mut self,
        text: &str,
        value: &Value,
        literals: &mut impl Iterator<Item = &'t str>,
    ) -> bool {
        let holds = match value {
            Value::Number(_) => {
                let Some(literal) = literals.next().filter(|literal| !is_comparable(literal)) else {
                    return false;
                };
                let start = literal.as_ptr().addr() - text.as_ptr().addr();
                self.places.push((address(value), start, start + literal.len()));
                return true;
            }
            Value::Array(values) => self.collect_all(text, values.iter(), literals),
            Value::Object(members) => self.collect_all(text, members.values(), literals),
            Value::Null | Value::Bool(_) | Value::String(_) => false,
        };
        if holds {
            self.holders.push(address(value));
        }
        holds
    }

    fn collect_all<'t, 'v>(
        &mut self,
        text: &str,
        values: impl Iterator<Item = &'v Value>,
        literals: &mut impl Iterator<Item = &'t str>,
    ) -> bool {
        let mut holds = false;
        for value in values {
            holds |= self.collect(text, value, literals);
        }
        holds
    }

    /// The text of a number that cannot be compared.
    fn literal(&self, value: &Value) -> Option<&str> {
        if !value.is_number() {
            return None;
        }
        let wanted = address(value);
        let place = self
            .places
            .binary_search_by_key(&wanted, |(address, ..)| *address)
            .ok()?;
        let (_, start, end) = self.places.get(place)?;
        self.text.get(*start..*end)
    }

    fn are_in(&self, value: &Value) -> bool {
        self.literal(value).is_some() || self.holders.binary_search(&address(value)).is_ok()
    }

    fn guessed(&self) -> bool {
        self.guess.load(Relaxed)
    }

    /// What a schema that [`watch`] was given says.
    pub fn verdict(&self, validator: &Validator, value: &Value, steps: &Steps) -> Verdict {
        let ask = |guess| {
            self.guess.store(guess, Relaxed);
            validator.is_valid(Counted::new(value, steps))
        };
        let first = ask(true);
        // The second time even if nothing was asked: whoever lists the errors afterwards gets those of "does not hold".
        match (first, ask(false)) {
            (true, true) => Verdict::Valid,
            (false, false) => Verdict::Invalid,
            (true, false) | (false, true) => Verdict::Undecided,
        }
    }
}

/// Values are told apart by where they lie: a schema is asked about the parts of a body, not about copies of them.
fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}

/// Whether a 64-bit integer or a double has the value of a number, as far as its digits say.
fn is_comparable(literal: &str) -> bool {
    if literal.len() <= SAFE_DIGITS && !literal.contains(['e', 'E']) {
        return true;
    }
    if literal.parse::<i64>().is_ok() || literal.parse::<u64>().is_ok() {
        return true;
    }
    let (decimal, Ok(double)) = (Decimal::of(literal), literal.parse::<f64>()) else {
        return false;
    };
    let digits = decimal.digits.len();
    match digits {
        0 => true,
        _ if !is_in_range(double) || is_integer_text(literal) => false,
        1..=SAFE_DIGITS => double.abs() >= SMALLEST_NORMAL,
        _ => digits <= MOST_DIGITS && Decimal::of(&format!("{double:.*e}", digits - 1)) == decimal,
    }
}

fn is_in_range(double: f64) -> bool {
    (-TWO_63..TWO_64).contains(&double)
}

/// No point and no exponent.
fn is_integer_text(literal: &str) -> bool {
    !literal.contains(['.', 'e', 'E'])
}

/// A number of any length: `±0.digits × 10^power`, without zeros at either end of the digits.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    /// Of a number of JSON, or of one that Rust wrote.
    fn of(literal: &str) -> Self {
        let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
        // An exponent of more digits than that: as far away.
        let far = if exponent.starts_with('-') {
            i64::MIN / 4
        } else {
            i64::MAX / 4
        };
        let exponent = exponent
            .parse::<i64>()
            .map_or(far, |exponent| exponent.clamp(i64::MIN / 4, i64::MAX / 4));
        let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX / 4);
        let digits = all.trim_start_matches('0');
        let power = exponent.saturating_add(length(whole)) - length(&all) + length(digits);
        let digits = digits.trim_end_matches('0');
        match digits {
            "" => Self {
                is_negative: false,
                digits: String::new(),
                power: 0,
            },
            _ => Self {
                is_negative: mantissa.starts_with('-'),
                digits: digits.to_owned(),
                power,
            },
        }
    }

    fn is_whole(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|digits| digits <= self.power) || self.digits.is_empty()
    }

    fn compare(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = || (self.power, &self.digits).cmp(&(other.power, &other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => size(),
            _ => size().reverse(),
        })
    }
}

/// What a keyword does with a number that cannot be compared.
enum Watched {
    /// A bound, and which side of it is valid.
    Bound(Decimal, fn(Ordering) -> bool),
    /// `multipleOf`
    Multiple,
    /// `const`, and each value of `enum`.
    Equal(Vec<Value>),
    /// `uniqueItems`
    Unique,
    /// `type`: whether a whole number and whether any number is valid.
    Type { integer: bool, number: bool },
}

struct Watch {
    numbers: Arc<Numbers>,
    watched: Watched,
    /// The keyword alone.
    plain: Validator,
    /// Steps for its own look at a value.
    cost: u64,
}

impl Watch {
    /// What the keyword says where it meets a number that cannot be compared; `None`: it does not.
    fn says(&self, instance: &Value) -> Option<bool> {
        let literal = || self.numbers.literal(instance);
        match &self.watched {
            Watched::Bound(limit, accepts) => {
                let literal = literal()?;
                let is_near = literal.parse::<f64>().is_ok_and(is_in_range) && !is_integer_text(literal);
                match is_near {
                    true => Some(accepts(Decimal::of(literal).compare(limit))),
                    false => Some(self.numbers.guessed()),
                }
            }
            Watched::Multiple => literal().map(|_| self.numbers.guessed()),
            Watched::Unique => {
                let is_open = instance.is_array() && self.numbers.are_in(instance);
                is_open.then(|| self.numbers.guessed())
            }
            Watched::Equal(values) => {
                let is_open = values.iter().any(|value| self.is_open(value, instance));
                is_open.then(|| self.numbers.guessed())
            }
            Watched::Type { integer, number } => {
                let decimal = Decimal::of(literal()?);
                let is_whole = decimal.is_whole();
                Some(*number || (*integer && is_whole))
            }
        }
    }

    /// Whether it takes such a number to tell whether two values are equal. As deep as the schema.
    fn is_open(&self, value: &Value, instance: &Value) -> bool {
        match (value, instance) {
            (Value::Number(_), Value::Number(_)) => self.numbers.literal(instance).is_some(),
            (Value::Array(values), Value::Array(instances)) => {
                values.len() == instances.len()
                    && values
                        .iter()
                        .zip(instances)
                        .any(|(value, instance)| self.is_open(value, instance))
            }
            (Value::Object(values), Value::Object(instances)) => {
                let member = |(key, value): (&String, &Value)| {
                    instances
                        .get(key)
                        .is_some_and(|instance| self.is_open(value, instance))
                };
                values.len() == instances.len() && values.iter().any(member)
            }
            _ => false,
        }
    }
}

impl<'i> Keyword<'i, CountedJson> for Watch {
    fn validate(&self, instance: Counted<'i>) -> Result<(), ValidationError<'i>> {
        instance.spend(self.cost);
        match self.says(instance.value()) {
            Some(true) => Ok(()),
            Some(false) => Err(ValidationError::custom("holds a number with too many digits")),
            None => self.plain.validate(instance),
        }
    }

    fn is_valid(&self, instance: Counted<'i>) -> bool {
        instance.spend(self.cost);
        self.says(instance.value())
            .unwrap_or_else(|| self.plain.is_valid(instance))
    }
}

/// Keywords that look at the value of a number.
pub const WATCHED: [&str; 9] = [
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maximum",
    "minimum",
    "multipleOf",
    "type",
    "uniqueItems",
];

/// One of [`WATCHED`], for a body with these numbers.
///
/// # Errors
/// The keyword cannot be compiled alone.
pub fn watch<'s>(
    numbers: &Arc<Numbers>,
    draft: Draft,
    keyword: &str,
    parent: &'s Map<String, Value>,
    value: &'s Value,
) -> Result<Box<dyn for<'i> Keyword<'i, CountedJson>>, ValidationError<'s>> {
    // In Draft 4 a bound excludes its number where a boolean beside it says so.
    let exclusive = match keyword {
        "minimum" => Some("exclusiveMinimum"),
        "maximum" => Some("exclusiveMaximum"),
        _ => None,
    };
    let exclusive = exclusive
        .and_then(|keyword| Some((keyword, parent.get(keyword).filter(|value| value.is_boolean())?)));
    let is_exclusive = exclusive.is_some_and(|(_, value)| *value == Value::Bool(true));
    let mut alone = Map::new();
    if !(keyword.starts_with("exclusive") && value.is_boolean()) {
        alone.insert(keyword.to_owned(), value.clone());
    }
    alone.extend(exclusive.map(|(keyword, value)| (keyword.to_owned(), value.clone())));
    let plain = jsonschema::options_for::<CountedJson>()
        .with_draft(draft)
        .offline()
        .build(&Value::Object(alone))?;
    let bound = |accepts| {
        let limit = value.as_number().map(Number::to_string).unwrap_or_default();
        Watched::Bound(Decimal::of(&limit), accepts)
    };
    let names = |name: &str| match value {
        Value::Array(names) => names.iter().any(|value| value == name),
        other => other == name,
    };
    let watched = match (keyword, value) {
        ("minimum", _) if is_exclusive => bound(Ordering::is_gt),
        ("maximum", _) if is_exclusive => bound(Ordering::is_lt),
        ("minimum", _) => bound(Ordering::is_ge),
        ("maximum", _) => bound(Ordering::is_le),
        ("exclusiveMinimum", Value::Number(_)) => bound(Ordering::is_gt),
        ("exclusiveMaximum", Value::Number(_)) => bound(Ordering::is_lt),
        ("multipleOf", _) => Watched::Multiple,
        ("uniqueItems", Value::Bool(true)) => Watched::Unique,
        ("enum", Value::Array(values)) => Watched::Equal(values.clone()),
        ("const", value) => Watched::Equal(vec![value.clone()]),
        ("type", _) => Watched::Type {
            integer: names("integer"),
            number: names("number"),
        },
        // The booleans of Draft 4, and `uniqueItems: false`: they demand nothing.
        _ => Watched::Equal(Vec::new()),
    };
    Ok(Box::new(Watch {
        numbers: Arc::clone(numbers),
        watched,
        plain,
        cost: nodes(value),
    }))
}

/// Values in a part of a schema. As deep as it is nested.
fn nodes(value: &Value) -> u64 {
    match value {
        Value::Array(values) => 1 + values.iter().map(nodes).sum::<u64>(),
        Value::Object(members) => 1 + members.values().map(nodes).sum::<u64>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Formats, compile_with};
    use super::*;

    fn verdict(schema: &str, body: &str) -> Option<Verdict> {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let value: Value = serde_json::from_str(body).unwrap();
        let numbers = Numbers::of(body, &value)?;
        let validator = compile_with(&schema, Formats::Ignored, body.len(), Some(&numbers)).unwrap();
        Some(numbers.verdict(&validator, &value, &Steps::new(u64::MAX)))
    }

    #[test]
    fn numbers_that_64_bits_or_a_double_hold_are_compared() {
        for literal in [
            "0",
            "-0",
            "0.0",
            "0e999",
            "1",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "0.1",
            "1e3",
            "1E-300",
            "123456789012345",
            "0.30000000000000004",
            "0.10000000000000001",
            "9007199254740992.0",
            "1.7976931348623157",
            "0.1000000000000000055511151231257827021181583404541015625",
            "1e18",
            "1.0000000000000000",
        ] {
            assert!(is_comparable(literal), "{literal}");
        }
        for literal in [
            "18446744073709551616",
            "18446744073709551617",
            "-9223372036854775809",
            "1e20",
            "-1e19",
            "1e300",
            "12345678901234567890.5",
            "9007199254740993.0",
            "1.00000000000000000001",
            "0.1000000000000000055",
            "3.14159265358979323846",
            "1e-320",
            "1e-400",
            "4.9e-324",
        ] {
            assert!(!is_comparable(literal), "{literal}");
        }
    }

    #[test]
    fn decimals_are_compared_by_their_digits() {
        let sorted = [
            "-1e400",
            "-18446744073709551617",
            "-18446744073709551616",
            "-2",
            "-1.5",
            "-1e-400",
            "0",
            "1e-400",
            "0.1",
            "0.1000000000000000055",
            "1",
            "1.00000000000000000001",
            "2",
            "10",
            "18446744073709551616",
            "18446744073709551617",
            "1e400",
        ];
        for (place, low) in sorted.iter().enumerate() {
            for (other, high) in sorted.iter().enumerate() {
                let compared = Decimal::of(low).compare(&Decimal::of(high));
                assert_eq!(compared, place.cmp(&other), "{low} {high}");
            }
        }
        for (one, same) in [
            ("1e3", "1000"),
            ("1000.0", "1E+3"),
            ("0.5", "5e-1"),
            ("-0", "0.000"),
            ("0e5", "0"),
            ("12.50", "12.5"),
        ] {
            assert_eq!(Decimal::of(one), Decimal::of(same));
        }
        for (text, is_whole) in [
            ("0", true),
            ("1e3", true),
            ("1.5e1", true),
            ("1.5", false),
            ("1e-1", false),
            ("1.0", true),
        ] {
            assert_eq!(Decimal::of(text).is_whole(), is_whole, "{text}");
        }
    }

    #[test]
    fn what_would_compare_such_a_number_does_not_decide() {
        use Verdict::{Invalid, Undecided, Valid};
        const LARGE: &str = "18446744073709551616";
        for (schema, body, expected) in [
            (r#"{"const": 18446744073709551617}"#, LARGE, Undecided),
            (r#"{"const": 18446744073709551616}"#, LARGE, Undecided),
            (r#"{"const": 5}"#, LARGE, Undecided),
            (r#"{"const": "x"}"#, LARGE, Invalid),
            (r#"{"enum": ["x", 18446744073709551617]}"#, LARGE, Undecided),
            (r#"{"enum": ["x", null]}"#, LARGE, Invalid),
            (r#"{"minimum": 0}"#, LARGE, Undecided),
            (r#"{"maximum": 0}"#, LARGE, Undecided),
            (r#"{"exclusiveMinimum": 0}"#, LARGE, Undecided),
            (r#"{"exclusiveMaximum": 1e30}"#, LARGE, Undecided),
            (r#"{"multipleOf": 2}"#, LARGE, Undecided),
            (r#"{"not": {"const": 18446744073709551617}}"#, LARGE, Undecided),
            (r#"{"minimum": 0}"#, "-9223372036854775809", Undecided),
            (
                r#"{"uniqueItems": true}"#,
                "[18446744073709551616, 18446744073709551617]",
                Undecided,
            ),
            (
                r#"{"uniqueItems": true}"#,
                "[[18446744073709551616], [1]]",
                Undecided,
            ),
            (r#"{"uniqueItems": false}"#, "[18446744073709551616, 1]", Valid),
            (
                r#"{"const": {"a": [1]}}"#,
                r#"{"a": [18446744073709551617]}"#,
                Undecided,
            ),
            (
                r#"{"const": {"a": [1]}}"#,
                r#"{"a": [18446744073709551617, 1]}"#,
                Invalid,
            ),
            (
                r#"{"items": {"minimum": 1}}"#,
                "[5, 18446744073709551617]",
                Undecided,
            ),
            (
                r#"{"properties": {"a": {"items": {"maximum": 1}}}}"#,
                r#"{"a": [1, 1e20]}"#,
                Undecided,
            ),
            // Types compare nothing.
            (r#"{"type": "integer"}"#, LARGE, Valid),
            (r#"{"type": "number"}"#, LARGE, Valid),
            (
                r#"{"type": ["string", "integer"]}"#,
                "-9223372036854775809",
                Valid,
            ),
            (r#"{"type": "string"}"#, LARGE, Invalid),
            (r#"{"type": "integer"}"#, "1e20", Valid),
            (r#"{"type": "integer"}"#, "12345678901234567890.5", Invalid),
            (r#"{"type": "number"}"#, "12345678901234567890.5", Valid),
            (r#"{"type": "integer"}"#, "1.00000000000000000001", Invalid),
            (
                r#"{"type": "integer"}"#,
                "123456789012345678901234567890.0",
                Valid,
            ),
            (
                r#"{"type": "integer"}"#,
                "123456789012345678901234567890.1",
                Invalid,
            ),
            (r#"{"type": "integer"}"#, "1e-400", Invalid),
            (
                r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}"#,
                LARGE,
                Valid,
            ),
            // Fractions of any length have a place between the bounds.
            (r#"{"minimum": 3}"#, "3.14159265358979323846", Valid),
            (r#"{"maximum": 3}"#, "3.14159265358979323846", Invalid),
            (r#"{"maximum": 0.1}"#, "0.1000000000000000055", Invalid),
            (
                r#"{"minimum": 1, "exclusiveMaximum": 1}"#,
                "1.00000000000000000001",
                Invalid,
            ),
            (r#"{"exclusiveMinimum": 1}"#, "1.00000000000000000001", Valid),
            (r#"{"exclusiveMinimum": 0}"#, "1e-400", Valid),
            (r#"{"const": 0.1}"#, "0.1000000000000000055", Undecided),
            (r#"{"multipleOf": 0.1}"#, "0.1000000000000000055", Undecided),
            (
                r#"{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true}"#,
                "0.99999999999999999999",
                Invalid,
            ),
            // The number does not matter.
            (
                r#"{"anyOf": [{"minimum": 0}, {"type": "integer"}]}"#,
                LARGE,
                Valid,
            ),
            (r#"{"minimum": 0, "type": "string"}"#, LARGE, Invalid),
            (
                r#"{"required": ["b"], "properties": {"a": {"const": 1}}}"#,
                r#"{"a": 1e20}"#,
                Invalid,
            ),
            (
                r#"{"properties": {"a": {"const": 1}}}"#,
                r#"{"b": 18446744073709551617, "a": 1}"#,
                Valid,
            ),
            (
                r#"{"properties": {"a": {"const": 1}}}"#,
                r#"{"b": 18446744073709551617, "a": 2}"#,
                Invalid,
            ),
            (r#"{"uniqueItems": true}"#, r#"{"a": 1e20}"#, Valid),
        ] {
            assert_eq!(verdict(schema, body), Some(expected), "{schema} {body}");
        }
        assert_eq!(verdict("{}", r#"{"a": [1, 2.5, "18446744073709551617"]}"#), None);
    }

    #[test]
    fn numbers_are_found_wherever_they_stand() {
        let body = r#"{"1e99": "1e99", "a": [true, 1, null, {"b\"": 1e99, "c": [[]]}], "d": -18446744073709551616, "e": 2}"#;
        let value: Value = serde_json::from_str(body).unwrap();
        let numbers = Numbers::of(body, &value).unwrap();
        assert_eq!(numbers.literal(&value["a"][3]["b\""]), Some("1e99"));
        assert_eq!(numbers.literal(&value["d"]), Some("-18446744073709551616"));
        for part in [&value["e"], &value["a"][1], &value["a"]] {
            assert_eq!(numbers.literal(part), None);
        }
        assert!(
            numbers.are_in(&value) && numbers.are_in(&value["a"]) && !numbers.are_in(&value["a"][3]["c"])
        );
    }
}
