//! JSONPath of post actions: where in a posted body do the matches of a path lie?
//!
//! Two dialects are read. Existing requests were written for the Python package jsonpath-rw 1.4.0, so an
//! expression belongs to that dialect if it can be read so (`legacy`); otherwise it is read as RFC 9535
//! (`standard`); otherwise it is refused. Both become the same segments, and one walk with one budget
//! follows them (`walk`).
//!
//! **Order.** Matches come in document order, for both dialects: a value before the values inside it, the
//! members of an object and the elements of an array as they stand in the text. jsonpath-rw and RFC 9535
//! have orders of their own in three places: names, alternatives or selectors in the order in which they
//! are written (`b,a`, `b|a`, `[1,0]`), slices that run backwards, and `..`, where all matches in a value
//! come before the matches deeper inside it. A value that is matched twice is given twice, as in both.
//!
//! **Differences from jsonpath-rw**, apart from the order, all asserted in `tests/vectors/jsonpath_rw.json`:
//!
//! * What makes jsonpath-rw raise an exception while it looks for matches is no match here: `[n]` on
//!   anything but an array, an index before the first element, the `` `parent` `` of the body.
//! * `[n]` on a text gives a single character there; that is no place in the body, so no match here.
//! * A slice of a value that is not an array is taken as a slice of an array of that one value. There, a
//!   `null` and a fraction raise an exception; here they are treated like all others. That array is no
//!   place in the body: the `` `parent` `` of its element is the parent of the value, and `$` is the body.
//! * Refused: `&` (it raises there whenever it is used), digits other than 0-9, and the limits below.

mod filter;
mod legacy;
mod standard;
mod walk;

use serde_json::Value;

/// Characters in an expression, at most.
pub const MAX_CHARS: usize = 256;
/// Descendant segments (`..`) in an expression, at most: two of them multiply.
const MAX_DESCENDANTS: usize = 1;
/// Parentheses and brackets open at the same time, at most.
const MAX_NESTING: usize = 32;
/// Brackets open at the same time, at most. In RFC 9535 these are filters within filters, and the time
/// that serde_json_path takes to read them doubles with each.
const MAX_BRACKETS: usize = 6;

/// A parsed JSONPath expression.
#[derive(Debug, Clone)]
pub struct Path {
    segments: Vec<Segment>,
}

impl Path {
    /// Reads an expression in the dialect of jsonpath-rw or, where that refuses it, of RFC 9535.
    ///
    /// # Errors
    ///
    /// Too long, too deep, more than one `..`, `match` or `search` in a filter, or in neither dialect.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err(PathError::TooLong);
        }
        check_shape(text)?;
        let segments = match legacy::parse(text) {
            Some(segments) => segments,
            None => standard::parse(text)?,
        };
        Ok(Path { segments })
    }

    /// The places of all matches in `body`, in document order; a value matched twice is there twice.
    ///
    /// # Errors
    ///
    /// [`TooManyMatches`] when more than 10,000 values would have to be visited, or as much work be done.
    pub fn locate<'v>(&self, body: &'v Value) -> Result<Vec<Location<'v>>, TooManyMatches> {
        walk::locate(&self.segments, body)
    }
}

/// One step from a value to a value directly inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step<'v> {
    /// To the member of an object with this name.
    Key(&'v str),
    /// To the element of an array, counted from 0.
    Index(usize),
}

/// The steps from the body to a value in it; none for the body itself.
pub type Location<'v> = Vec<Step<'v>>;

/// Why an expression is refused. The sentences never repeat the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// More than [`MAX_CHARS`] characters.
    #[error("a JSONPath must not have more than 256 characters")]
    TooLong,
    /// A second `..`.
    #[error("a JSONPath must not use `..` more than once")]
    TooManyDescendants,
    /// `match()` or `search()` in a filter.
    #[error("the JSONPath functions match and search are not supported")]
    RegexFunction,
    /// Too many parentheses or brackets within each other.
    #[error("a JSONPath must not nest more than 32 parentheses or 6 brackets")]
    TooDeep,
    /// Neither jsonpath-rw nor RFC 9535 reads it.
    #[error("the JSONPath cannot be read, neither as jsonpath-rw nor as RFC 9535")]
    Syntax,
}

/// Evaluation was stopped, since the expression matches or visits too much of this body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the JSONPath visits more than 10,000 values of the body, or takes too much work")]
pub struct TooManyMatches;

/// Checks the limits that both dialects share, before either parser sees the text. What is in quotes is
/// text in both; the backquotes of jsonpath-rw do not occur in RFC 9535.
fn check_shape(text: &str) -> Result<(), PathError> {
    let (mut nesting, mut brackets, mut descendants) = (0_usize, 0_usize, 0_usize);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' | '`' => {
                while let Some(inner) = chars.next() {
                    if inner == '\\' {
                        chars.next();
                    } else if inner == c {
                        break;
                    }
                }
            }
            '(' => nesting += 1,
            ')' => nesting = nesting.saturating_sub(1),
            '[' => (nesting, brackets) = (nesting + 1, brackets + 1),
            ']' => (nesting, brackets) = (nesting.saturating_sub(1), brackets.saturating_sub(1)),
            '.' if chars.next_if_eq(&'.').is_some() => descendants += 1,
            _ => {}
        }
        if nesting > MAX_NESTING || brackets > MAX_BRACKETS {
            return Err(PathError::TooDeep);
        }
        if descendants > MAX_DESCENDANTS {
            return Err(PathError::TooManyDescendants);
        }
    }
    Ok(())
}

/// What an expression does with each value reached so far, in the terms of both dialects.
#[derive(Debug, Clone)]
enum Segment {
    /// `$`: to the body.
    Root,
    /// `` `this` ``: stays.
    This,
    /// `` `parent` ``: to the value around.
    Parent,
    /// To the members of these names.
    Names(Vec<String>),
    /// `*` of jsonpath-rw: to all members of an object, and not to the elements of an array.
    Members,
    /// `*` of RFC 9535: to all members and elements.
    Children,
    /// To one element, from the end if negative.
    Index(i64),
    /// To a range of elements.
    Slice(Slice),
    /// To the elements or members that the filter accepts.
    Filter(Test),
    /// To what any of these reaches.
    Either(Vec<Vec<Segment>>),
    /// Stays where these segments reach something.
    Where(Vec<Segment>),
    /// To what these segments reach from here and from each value inside.
    Descend(Vec<Segment>),
}

#[derive(Debug, Clone, Copy)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
    /// jsonpath-rw: a value that is no array counts as an array of that value.
    wraps: bool,
}

/// A filter of RFC 9535, section 2.3.5.
#[derive(Debug, Clone)]
enum Test {
    Or(Vec<Test>),
    And(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone)]
enum Operand {
    Literal(Value),
    /// The value of a query that reaches exactly one; `value()` or a singular query.
    Single(Query),
    Length(Box<Operand>),
    Count(Query),
}

/// A query in a filter: from the value that is tested, unless it begins with [`Segment::Root`].
type Query = Vec<Segment>;

#[cfg(test)]
mod tests;
