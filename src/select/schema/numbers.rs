//! Numbers that schemas must not compare. Bodies are compared as doubles and 64-bit integers, and reported with every
//! digit: a number that neither of them holds would be judged by digits that it does not have.
//!
//! Only bodies with such a number come here. A bound is compared digit by digit. Whoever asks `const`, `enum`, `multipleOf`
//! or `uniqueItems` about such a number gets no answer: the body is undecided, whatever the rest of the schema says. What was
//! not asked did not matter.

use super::counted::{BYTES_A_STEP, Counted, CountedJson, Steps};
use super::{Validator, multiple};
use crate::json;
use jsonschema::{Draft, Keyword, ValidationError};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
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
    /// In the order of their addresses.
    places: Vec<Place>,
    /// Where arrays and objects lie that hold such a number.
    holders: Vec<usize>,
    /// Whether a comparison was asked for that cannot be made.
    is_undecided: AtomicBool,
}

/// A number that cannot be compared.
struct Place {
    /// Where it lies in the memory of the body.
    address: usize,
    /// Where it stands in the text.
    start: usize,
    end: usize,
    /// A long number is read once, however often it is asked about; a short one takes less time than memory.
    read: Option<Box<Decimal>>,
}

/// What a schema says about a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid.
    Valid,
    /// It is not.
    Invalid,
    /// It compares a number that cannot be compared.
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
            is_undecided: AtomicBool::new(false),
        };
        found.collect(text, value, &mut literals);
        found.places.sort_unstable_by_key(|place| place.address);
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
                self.places.push(Place {
                    address: address(value),
                    start,
                    end: start + literal.len(),
                    read: (literal.len() > BYTES_A_STEP).then(|| Box::new(Decimal::of(literal))),
                });
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

    fn place(&self, value: &Value) -> Option<&Place> {
        if !value.is_number() {
            return None;
        }
        let wanted = address(value);
        let place = self
            .places
            .binary_search_by_key(&wanted, |place| place.address)
            .ok()?;
        self.places.get(place)
    }

    /// A number that cannot be compared, and its text; `None`: it is another value, or there are no more steps.
    fn number(&self, instance: &Counted<'_>) -> Option<(Cow<'_, Decimal>, &str)> {
        let place = self.place(instance.value())?;
        let literal = self.text.get(place.start..place.end)?;
        if !instance.spend_on(literal.len()) {
            return None;
        }
        let decimal = match &place.read {
            Some(decimal) => Cow::Borrowed(&**decimal),
            None => Cow::Owned(Decimal::of(literal)),
        };
        Some((decimal, literal))
    }

    fn are_in(&self, value: &Value) -> bool {
        self.place(value).is_some() || self.holders.binary_search(&address(value)).is_ok()
    }

    /// What is said where nothing can be said. Whoever lists the errors finds one here.
    fn undecided(&self) -> bool {
        self.is_undecided.store(true, Relaxed);
        false
    }

    /// What a schema that [`watch`] was given says. It means nothing when the steps are spent.
    pub fn verdict(&self, validator: &Validator, value: &Value, steps: &Steps) -> Verdict {
        self.is_undecided.store(false, Relaxed);
        let is_valid = validator.is_valid(Counted::new(value, steps));
        match (self.is_undecided.load(Relaxed), is_valid) {
            (true, _) => Verdict::Undecided,
            (false, true) => Verdict::Valid,
            (false, false) => Verdict::Invalid,
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

/// Whether a number comes back with the same value after it was kept as a 64-bit integer or a double and written again.
pub fn is_kept(literal: &str) -> bool {
    let kept = serde_json::from_str::<Number>(literal);
    kept.is_ok_and(|number| Decimal::of(&number.to_string()) == Decimal::of(literal))
}

fn is_in_range(double: f64) -> bool {
    (-TWO_63..TWO_64).contains(&double)
}

/// No point and no exponent.
fn is_integer_text(literal: &str) -> bool {
    !literal.contains(['.', 'e', 'E'])
}

/// A number of any length: `±0.digits × 10^power`, without zeros at either end of the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    is_negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    /// Of a number of JSON, or of one that Rust wrote.
    pub fn of(literal: &str) -> Self {
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

    /// Without its sign: a whole number, and the power of ten that it is multiplied with. `None`: it has too many digits.
    pub fn scaled(&self) -> Option<(u128, i64)> {
        let digits = self.digits.parse::<u64>().ok()?;
        Some((digits.into(), self.power - i64::try_from(self.digits.len()).ok()?))
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
    Bound(Limit, fn(Ordering) -> bool),
    /// `multipleOf`
    Multiple,
    /// `const`, and each value of `enum`.
    Equal(Vec<Value>),
    /// `uniqueItems`
    Unique,
    /// `type`: whether a whole number and whether any number is valid.
    Type { integer: Whole, number: bool },
}

/// Which numbers `integer` takes.
#[derive(Clone, Copy)]
enum Whole {
    /// The type is not named.
    None,
    /// Draft 4: those without point and exponent.
    Written,
    /// All that have no fraction.
    Worth,
}

/// The number of a bound. The schema has kept it as a 64-bit integer or a double.
struct Limit {
    number: Number,
    decimal: Decimal,
}

impl Limit {
    fn of(number: &Number) -> Self {
        Self {
            number: number.clone(),
            decimal: Decimal::of(&number.to_string()),
        }
    }

    /// On which side of it a number lies. `None`: that depends on digits that the schema has not kept.
    fn side(&self, decimal: &Decimal, literal: &str) -> Option<Ordering> {
        if self.number.is_f64() {
            let (limit, double) = (self.number.as_f64()?, literal.parse::<f64>().ok()?);
            // Numbers keep their order when they become doubles.
            match double.partial_cmp(&limit)? {
                Ordering::Equal if !is_in_range(limit) => return None,
                Ordering::Equal => {}
                unequal => return Some(unequal),
            }
        }
        Some(decimal.compare(&self.decimal))
    }
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
    fn says(&self, instance: &Counted<'_>) -> Option<bool> {
        let value = instance.value();
        match &self.watched {
            Watched::Bound(limit, accepts) => {
                let (decimal, literal) = self.numbers.number(instance)?;
                let side = limit.side(&decimal, literal);
                Some(side.map_or_else(|| self.numbers.undecided(), accepts))
            }
            Watched::Multiple => self.numbers.place(value).map(|_| self.numbers.undecided()),
            Watched::Unique => {
                let is_open = value.is_array() && self.numbers.are_in(value);
                is_open.then(|| self.numbers.undecided())
            }
            Watched::Equal(values) => {
                let is_open = values.iter().any(|known| self.is_open(known, value));
                is_open.then(|| self.numbers.undecided())
            }
            Watched::Type { integer, number } => {
                let (decimal, literal) = self.numbers.number(instance)?;
                let is_integer = match integer {
                    Whole::None => false,
                    Whole::Written => is_integer_text(literal),
                    Whole::Worth => decimal.is_whole(),
                };
                Some(*number || is_integer)
            }
        }
    }

    /// Whether it takes such a number to tell whether two values are equal. As deep as the schema.
    fn is_open(&self, value: &Value, instance: &Value) -> bool {
        match (value, instance) {
            (Value::Number(_), Value::Number(_)) => self.numbers.place(instance).is_some(),
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
        match self.says(&instance) {
            Some(true) => Ok(()),
            Some(false) => {
                // As doubles, a number and its bound mostly differ as they do: then the keyword names the bound.
                if let Watched::Bound(..) = self.watched {
                    self.plain.validate(instance)?;
                }
                Err(ValidationError::custom("holds a number with too many digits"))
            }
            None => self.plain.validate(instance),
        }
    }

    fn is_valid(&self, instance: Counted<'i>) -> bool {
        instance.spend(self.cost);
        self.says(&instance)
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
        .with_keyword("multipleOf", move |_, value, _| multiple::keyword(draft, value))
        .build(&Value::Object(alone))?;
    let zero = Number::from(0);
    let bound = |accepts| Watched::Bound(Limit::of(value.as_number().unwrap_or(&zero)), accepts);
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
            integer: match (names("integer"), draft) {
                (false, _) => Whole::None,
                (true, Draft::Draft4) => Whole::Written,
                (true, _) => Whole::Worth,
            },
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
    use super::super::{Formats, MAX_STEPS, compile_with};
    use super::*;
    use serde_json::json;

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
    fn numbers_that_come_back_with_other_digits_are_known() {
        for literal in [
            "0",
            "-0",
            "1e20",
            "100000000000000000000",
            "0.1",
            "18446744073709551615",
            "1.50",
            "1e300",
            "2.5e-3",
        ] {
            assert!(is_kept(literal), "{literal}");
        }
        for literal in [
            "18446744073709551616",
            "-9223372036854775809",
            "9007199254740993.0",
            "0.1000000000000000055",
            "3.14159265358979323846",
            "1e-400",
        ] {
            assert!(!is_kept(literal), "{literal}");
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
            (r#"{"minimum": 0}"#, LARGE, Valid),
            (r#"{"maximum": 0}"#, LARGE, Invalid),
            (r#"{"exclusiveMinimum": 0}"#, LARGE, Valid),
            (r#"{"exclusiveMaximum": 1e30}"#, LARGE, Valid),
            (r#"{"multipleOf": 2}"#, LARGE, Undecided),
            (r#"{"not": {"const": 18446744073709551617}}"#, LARGE, Undecided),
            (r#"{"minimum": 0}"#, "-9223372036854775809", Invalid),
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
            (r#"{"items": {"minimum": 1}}"#, "[5, 18446744073709551617]", Valid),
            (
                r#"{"properties": {"a": {"items": {"maximum": 1}}}}"#,
                r#"{"a": [1, 1e20]}"#,
                Invalid,
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
            // Limits beyond 64 bits have lost digits.
            (
                r#"{"maximum": 18446744073709551616}"#,
                "18446744073709551617",
                Undecided,
            ),
            (r#"{"minimum": 1e20}"#, "100000000000000000000", Undecided),
            (
                r#"{"maximum": 18446744073709551616}"#,
                "18446744073709559617",
                Invalid,
            ),
            (r#"{"minimum": 1e20}"#, "18446744073709551617", Invalid),
            (r#"{"maximum": 18446744073709551615}"#, LARGE, Invalid),
            (
                r#"{"minimum": -9223372036854775808}"#,
                "-9223372036854775809",
                Invalid,
            ),
            // Nothing is guessed, so what goes up and down is judged as well.
            (r#"{"oneOf": [{"minimum": 100}, {"maximum": 99}]}"#, LARGE, Valid),
            (
                r#"{"oneOf": [{"minimum": 100}, {"minimum": 99}]}"#,
                LARGE,
                Invalid,
            ),
            (
                r#"{"anyOf": [{"multipleOf": 2}, {"not": {"multipleOf": 3}}]}"#,
                "18446744073709551621",
                Undecided,
            ),
            (
                r#"{"contains": {"minimum": 0}, "not": {"items": {"minimum": 0}}}"#,
                "[18446744073709551616, -18446744073709551616]",
                Valid,
            ),
            (
                r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "contains": {"minimum": 0}, "maxContains": 1}"#,
                "[18446744073709551616, -18446744073709551616]",
                Valid,
            ),
            (
                r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "contains": {"const": 0}, "maxContains": 1, "minContains": 0}"#,
                "[18446744073709551616, -18446744073709551616]",
                Undecided,
            ),
            (
                r#"{"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 1}}}]}"#,
                r#"{"a": 18446744073709551616, "b": 18446744073709551617}"#,
                Undecided,
            ),
            (
                r#"{"if": {"enum": [18446744073709551617]}, "then": {"type": "integer"}, "else": {"type": "number"}}"#,
                LARGE,
                Undecided,
            ),
            // Whole is what Draft 4 writes without point and exponent.
            (
                r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}"#,
                "1e20",
                Invalid,
            ),
            (
                r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": ["string", "integer"]}"#,
                "18446744073709551616.0",
                Invalid,
            ),
            (
                r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": ["number", "integer"]}"#,
                "1e20",
                Valid,
            ),
            (r#"{"type": "integer"}"#, "18446744073709551616.0", Valid),
            // The number does not matter.
            (
                r#"{"anyOf": [{"minimum": 0}, {"type": "integer"}]}"#,
                LARGE,
                Valid,
            ),
            (r#"{"minimum": 0, "type": "string"}"#, LARGE, Invalid),
            (
                r#"{"anyOf": [{"type": "integer"}, {"minimum": 0}]}"#,
                LARGE,
                Valid,
            ),
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
        let literal = |part: &Value| {
            let place = numbers.place(part)?;
            Some(&body[place.start..place.end])
        };
        assert_eq!(literal(&value["a"][3]["b\""]), Some("1e99"));
        assert_eq!(literal(&value["d"]), Some("-18446744073709551616"));
        for part in [&value["e"], &value["a"][1], &value["a"]] {
            assert_eq!(literal(part), None);
        }
        assert!(
            numbers.are_in(&value) && numbers.are_in(&value["a"]) && !numbers.are_in(&value["a"][3]["c"])
        );
    }

    /// Steps that one question takes.
    fn steps(schema: &Value, body: &str) -> u64 {
        let value: Value = serde_json::from_str(body).unwrap();
        let numbers = Numbers::of(body, &value).unwrap();
        let validator = compile_with(schema, Formats::Ignored, body.len(), Some(&numbers)).unwrap();
        let steps = Steps::new(MAX_STEPS);
        let _ = numbers.verdict(&validator, &value, &steps);
        MAX_STEPS - steps.left()
    }

    #[test]
    fn every_look_at_a_long_number_costs_what_it_is_long() {
        let again =
            |name: &str, count: usize| json!(vec![json!({"$ref": format!("#/definitions/{name}")}); count]);
        let deep = |keyword: &Value| {
            json!({"items": {"$ref": "#/definitions/a"}, "definitions": {
                "a": {"allOf": again("b", 20)}, "b": {"allOf": again("c", 20)}, "c": keyword}})
        };
        let wide =
            |keyword: &Value| json!({"items": {"allOf": again("c", 30)}, "definitions": {"c": keyword}});
        let bytes = 64_000;
        let ones = "1".repeat(bytes);
        for keyword in [
            json!({"minimum": 0}),
            json!({"exclusiveMaximum": 5.5}),
            json!({"type": "integer"}),
            json!({"type": ["number", "null"]}),
        ] {
            let fraction = format!("[0.{ones}]");
            let body = fraction.as_str();
            // `anyOf` and `type` end at the first that does not hold, so each schema is asked at least once.
            let looks = |schema: &Value| steps(schema, body) / u64::try_from(bytes / BYTES_A_STEP).unwrap();
            let all = |count: u64| {
                if keyword["type"] == json!("integer") {
                    1
                } else {
                    count
                }
            };
            assert!(
                looks(&deep(&keyword)) >= all(400),
                "{keyword}: {}",
                looks(&deep(&keyword))
            );
            assert!(looks(&wide(&keyword)) >= all(30), "{keyword}");
        }
    }

    #[test]
    fn a_long_number_is_read_once_and_a_short_one_takes_no_memory() {
        let body = format!("[0.{}, 1e99, -{}]", "1".repeat(1_000), "1".repeat(30));
        let value: Value = serde_json::from_str(&body).unwrap();
        let numbers = Numbers::of(&body, &value).unwrap();
        let read: Vec<bool> = numbers.places.iter().map(|place| place.read.is_some()).collect();
        assert_eq!(read, [true, false, false]);
    }

    #[test]
    fn without_steps_no_digit_is_read() {
        let body = format!("0.{}", "1".repeat(6_400));
        let value: Value = serde_json::from_str(&body).unwrap();
        let numbers = Numbers::of(&body, &value).unwrap();
        let few = Steps::new(50);
        assert!(numbers.number(&Counted::new(&value, &few)).is_none() && few.are_spent());
        assert!(numbers.number(&Counted::new(&value, &Steps::new(500))).is_some());
    }
}
