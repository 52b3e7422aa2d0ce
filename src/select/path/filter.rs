//! Filters of RFC 9535, evaluated within the budget of the walk.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::walk::{Id, Walk};
use super::{Comparison, Operand, Test, TooManyMatches};

/// Bytes of text that are compared or counted as one unit of work.
const BYTES_PER_UNIT: usize = 64;

impl<'v> Walk<'v> {
    /// Whether the filter accepts the node `id`.
    pub(super) fn accepts(&mut self, test: &Test, id: Id) -> Result<bool, TooManyMatches> {
        self.spend(1)?;
        match test {
            Test::Or(tests) => {
                for test in tests {
                    if self.accepts(test, id)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::And(tests) => {
                for test in tests {
                    if !self.accepts(test, id)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Not(test) => Ok(!self.accepts(test, id)?),
            Test::Exists(query) => Ok(!self.follow(query, id)?.is_empty()),
            Test::Compare(left, comparison, right) => {
                let (left, right) = (self.evaluate(left, id)?, self.evaluate(right, id)?);
                let (left, right) = (left.as_deref(), right.as_deref());
                Ok(match comparison {
                    Comparison::Equal => self.equal(left, right)?,
                    Comparison::NotEqual => !self.equal(left, right)?,
                    Comparison::Less => self.less(left, right)?,
                    Comparison::LessOrEqual => self.less(left, right)? || self.equal(left, right)?,
                    Comparison::Greater => self.less(right, left)?,
                    Comparison::GreaterOrEqual => self.less(right, left)? || self.equal(left, right)?,
                })
            }
        }
    }

    /// The value of an operand, or `None` for the Nothing of RFC 9535.
    fn evaluate<'o>(&mut self, operand: &'o Operand, id: Id) -> Result<Option<Cow<'o, Value>>, TooManyMatches>
    where
        'v: 'o,
    {
        Ok(match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Single(query) => match self.follow(query, id)?.as_slice() {
                [single] => Some(Cow::Borrowed(self.node(*single).value)),
                _ => None,
            },
            Operand::Count(query) => Some(Cow::Owned(self.follow(query, id)?.len().into())),
            Operand::Length(operand) => match self.evaluate(operand, id)?.as_deref() {
                Some(Value::String(text)) => {
                    self.spend(text.len() / BYTES_PER_UNIT)?;
                    Some(Cow::Owned(text.chars().count().into()))
                }
                Some(Value::Array(array)) => Some(Cow::Owned(array.len().into())),
                Some(Value::Object(members)) => Some(Cow::Owned(members.len().into())),
                Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => None,
            },
        })
    }

    fn equal(&mut self, left: Option<&Value>, right: Option<&Value>) -> Result<bool, TooManyMatches> {
        self.spend(1)?;
        Ok(match (left, right) {
            (Some(Value::Number(left)), Some(Value::Number(right))) => {
                compare(left, right) == Some(Ordering::Equal)
            }
            (Some(Value::String(left)), Some(Value::String(right))) => {
                self.spend(left.len().min(right.len()) / BYTES_PER_UNIT)?;
                left == right
            }
            (Some(Value::Array(left)), Some(Value::Array(right))) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    if !self.equal(Some(left), Some(right))? {
                        return Ok(false);
                    }
                }
                true
            }
            (Some(Value::Object(left)), Some(Value::Object(right))) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (name, left) in left {
                    self.spend(name.len() / BYTES_PER_UNIT)?;
                    let right = right.get(name);
                    if right.is_none() || !self.equal(Some(left), right)? {
                        return Ok(false);
                    }
                }
                true
            }
            // The rest is equal only if it is the same: null, booleans, and Nothing.
            (left, right) => left == right,
        })
    }

    /// Only two numbers or two texts have an order.
    fn less(&mut self, left: Option<&Value>, right: Option<&Value>) -> Result<bool, TooManyMatches> {
        match (left, right) {
            (Some(Value::Number(left)), Some(Value::Number(right))) => {
                Ok(compare(left, right) == Some(Ordering::Less))
            }
            (Some(Value::String(left)), Some(Value::String(right))) => {
                self.spend(left.len().min(right.len()) / BYTES_PER_UNIT)?;
                Ok(left < right)
            }
            _ => Ok(false),
        }
    }
}

/// Compares numbers by value, whole ones exactly.
fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (_, _) => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
