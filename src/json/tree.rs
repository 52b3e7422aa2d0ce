//! JSON as a tree, which schemas and paths look at. What a tree takes is known before it is built: a few bytes of text can
//! be a hundred bytes of it.

use super::{JsonFault, Part, Parts, unescape};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashSet;

/// Most bytes that the tree of one text may take, by [`estimate`].
pub const MAX_TREE_BYTES: usize = 10 << 20;

/// What each value takes where it stands: in an array, or at the root.
const VALUE_BYTES: usize = size_of::<Value>();
/// What a member takes: its value, its key, and its place in the table of the object, which is at most half empty.
const MEMBER_BYTES: usize = VALUE_BYTES + size_of::<String>() + 32;
/// What the memory of an array takes besides.
const ARRAY_BYTES: usize = 32;
/// What the memory and the table of an object take besides.
const OBJECT_BYTES: usize = 96;
/// What the memory of a text takes besides.
const TEXT_BYTES: usize = 24;

/// Why there is no tree of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// Refused before anything was built.
    #[error("holds so many values that it would take more than 10 MiB in memory")]
    TooLarge,
    /// Readers disagree on such an object (docs/decisions/007-duplicate-keys-refused.md).
    #[error("holds an object with the same key twice")]
    SameKey,
    /// A number too large for any, or half of a surrogate pair.
    #[error("holds a number or string that cannot be read")]
    Unreadable,
    /// Deeper than [`super::MAX_DEPTH`].
    #[error("is nested too deep")]
    TooDeep,
}

impl From<JsonFault> for TreeFault {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::TooDeep => TreeFault::TooDeep,
            JsonFault::NotUnicode | JsonFault::NotJson => TreeFault::Unreadable,
        }
    }
}

/// The tree of a text.
///
/// # Errors
/// Those of [`estimate`]; an object with the same key twice; a number or text that has no value.
pub fn tree(raw: &RawValue) -> Result<Value, TreeFault> {
    build(
        raw.get(),
        survey(raw.get(), MAX_TREE_BYTES)?.counts,
        Twice::Refused,
    )
}

/// The tree of a text by an author, of whose equal keys the last one counts, as it does for most readers.
///
/// # Errors
/// As [`tree`]; too large is one that would take more than so many bytes.
pub fn tree_within(raw: &RawValue, most: usize) -> Result<Value, TreeFault> {
    build(raw.get(), survey(raw.get(), most)?.counts, Twice::LastCounts)
}

/// Bytes that the tree of a text takes at most, by one look at each of its parts.
///
/// # Errors
/// `TooLarge`, `TooDeep`.
pub fn estimate(raw: &RawValue) -> Result<usize, TreeFault> {
    survey(raw.get(), MAX_TREE_BYTES).map(|survey| survey.bytes)
}

/// Whether no object of a text has the same key twice, and every text in it is Unicode, without building anything of it.
///
/// # Errors
/// `SameKey`, `Unreadable`, `TooDeep`.
pub fn check_keys(raw: &RawValue) -> Result<(), TreeFault> {
    // Of the objects around: their keys so far.
    let mut open: Vec<Option<HashSet<Cow<'_, str>>>> = Vec::new();
    let mut is_value = false;
    for part in Parts::of(raw.get()) {
        match part? {
            Part::Text(text) => {
                let text = plain(text)?;
                if let (false, Some(Some(keys))) = (is_value, open.last_mut())
                    && !keys.insert(text)
                {
                    return Err(TreeFault::SameKey);
                }
            }
            Part::Punctuation(sign) => {
                is_value = sign == ":";
                match sign {
                    "{" => open.push(Some(HashSet::new())),
                    "[" => open.push(None),
                    "}" | "]" => drop(open.pop()),
                    _ => {}
                }
            }
            Part::Other(_) => {}
        }
    }
    Ok(())
}

/// A text without its quotation marks and escapes.
fn plain(quoted: &str) -> Result<Cow<'_, str>, JsonFault> {
    if quoted.contains('\\') {
        return unescape(quoted).map(Cow::Owned);
    }
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map(Cow::Borrowed).ok_or(JsonFault::NotJson)
}

/// How many values each array and object holds, in the order in which they begin.
type Counts = Vec<u32>;

struct Survey {
    counts: Counts,
    /// The estimate.
    bytes: usize,
}

enum Open {
    Array(usize),
    Object(usize),
}

fn survey(text: &str, most: usize) -> Result<Survey, TreeFault> {
    let mut counts = Counts::new();
    let mut open: Vec<Open> = Vec::new();
    let mut bytes = VALUE_BYTES;
    for part in Parts::of(text) {
        let part = part?;
        let is_value = !matches!(part, Part::Punctuation(":" | "," | "}" | "]"));
        match (&part, open.last()) {
            (_, Some(Open::Array(place))) if is_value => {
                bytes += VALUE_BYTES;
                counts.get_mut(*place).into_iter().for_each(|count| *count += 1);
            }
            (Part::Punctuation(":"), Some(Open::Object(place))) => {
                bytes += MEMBER_BYTES;
                counts.get_mut(*place).into_iter().for_each(|count| *count += 1);
            }
            _ => {}
        }
        match part {
            Part::Text("\"\"") | Part::Other(_) => {}
            Part::Text(text) => bytes += text.len() + TEXT_BYTES,
            Part::Punctuation("[") => {
                bytes += ARRAY_BYTES;
                open.push(Open::Array(counts.len()));
                counts.push(0);
            }
            Part::Punctuation("{") => {
                bytes += OBJECT_BYTES;
                open.push(Open::Object(counts.len()));
                counts.push(0);
            }
            Part::Punctuation("]" | "}") => drop(open.pop()),
            Part::Punctuation(_) => {}
        }
        if bytes > most {
            return Err(TreeFault::TooLarge);
        }
    }
    Ok(Survey { counts, bytes })
}

/// What a key means that an object has already.
#[derive(Clone, Copy, PartialEq)]
enum Twice {
    Refused,
    LastCounts,
}

enum Frame {
    Array(Vec<Value>),
    /// With the key whose value comes next.
    Object(Map<String, Value>, Option<String>),
}

/// Arrays and objects get the memory that they need and no more. What serde_json builds has room for four values in each
/// array, and takes an object of one certain member for a number.
fn build(text: &str, counts: Counts, twice: Twice) -> Result<Value, TreeFault> {
    let mut counts = counts.into_iter();
    let mut count = || usize::try_from(counts.next().unwrap_or(0)).unwrap_or(0);
    let mut open: Vec<Frame> = Vec::new();
    let mut root = None;
    for part in Parts::of(text) {
        let value = match part? {
            Part::Text(text) => {
                let text = unescape(text)?;
                if let Some(Frame::Object(_, key @ None)) = open.last_mut() {
                    *key = Some(text);
                    continue;
                }
                Value::String(text)
            }
            Part::Other(text) => serde_json::from_str(text).map_err(|_| TreeFault::Unreadable)?,
            Part::Punctuation("[") => {
                open.push(Frame::Array(Vec::with_capacity(count())));
                continue;
            }
            Part::Punctuation("{") => {
                open.push(Frame::Object(Map::with_capacity(count()), None));
                continue;
            }
            Part::Punctuation("]" | "}") => match open.pop() {
                Some(Frame::Array(values)) => Value::Array(values),
                Some(Frame::Object(members, _)) => Value::Object(members),
                None => return Err(TreeFault::Unreadable),
            },
            Part::Punctuation(_) => continue,
        };
        match open.last_mut() {
            None => root = Some(value),
            Some(Frame::Array(values)) => values.push(value),
            Some(Frame::Object(members, key)) => {
                let key = key.take().ok_or(TreeFault::Unreadable)?;
                if members.insert(key, value).is_some() && twice == Twice::Refused {
                    return Err(TreeFault::SameKey);
                }
            }
        }
    }
    root.ok_or(TreeFault::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn a_tree_is_what_serde_json_reads() {
        for text in [
            "0",
            " [ 1 , -2.5e3 , 18446744073709551616 , \"\\u00e9\\n\" , true , null , [ ] , { } ] ",
            r#"{"a": {"b": [1, {"c": ""}]}, "": "x", "é\"": 1}"#,
            "\"\\ud83d\\ude00\"",
            r#"[[],[[]],[[],[]],{"a":{}}]"#,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(tree(&raw(text)), Ok(expected), "{text}");
            assert_eq!(check_keys(&raw(text)), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_same_key_twice_is_found_without_a_tree_as_well() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"a":1, "\u0061" :2}]"#,
            r#"{"x":{"k":[{"b":1,"c":2,"b":3}]}}"#,
            r#"{ "" : 1 , "" : 2 }"#,
        ] {
            assert_eq!(tree(&raw(text)), Err(TreeFault::SameKey), "{text}");
            assert_eq!(check_keys(&raw(text)), Err(TreeFault::SameKey), "{text}");
        }
        for text in [r#"{"a":{"a":["a","a"]},"b":"a"}"#, r#"[{"a":1},{"a":1}]"#] {
            assert!(
                tree(&raw(text)).is_ok() && check_keys(&raw(text)).is_ok(),
                "{text}"
            );
        }
    }

    #[test]
    fn of_an_authors_equal_keys_the_last_counts() {
        let value = tree_within(&raw(r#"{"a":1,"b":2,"a":3}"#), 1_000);
        assert_eq!(value, Ok(serde_json::json!({"a": 3, "b": 2})));
        assert_eq!(
            tree_within(&raw("[1,2,3]"), 3 * VALUE_BYTES),
            Err(TreeFault::TooLarge)
        );
    }

    #[test]
    fn what_has_no_value_is_unreadable() {
        for text in ["1e999", r#"["\ud800"]"#, r#"{"\udc00":1}"#] {
            assert_eq!(tree(&raw(text)), Err(TreeFault::Unreadable), "{text}");
        }
    }

    #[test]
    fn no_object_is_taken_for_a_number() {
        for key in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
            let value = tree(&raw(&format!(r#"{{"{key}":"1"}}"#))).unwrap();
            assert_eq!(
                value.as_object().and_then(|members| members.get(key)),
                Some(&Value::from("1"))
            );
        }
    }

    fn fits(part: &str, times: usize) -> bool {
        estimate(&raw(&format!("[{}0]", part.repeat(times)))).is_ok()
    }

    #[test]
    fn trees_over_the_limit_are_not_built() {
        for (part, cost) in [
            ("0,", VALUE_BYTES),
            ("[],", VALUE_BYTES + ARRAY_BYTES),
            ("{},", VALUE_BYTES + OBJECT_BYTES),
            ("\"\",", VALUE_BYTES),
            ("\"ab\",", VALUE_BYTES + TEXT_BYTES + 4),
            (
                r#"{"a":0},"#,
                VALUE_BYTES + OBJECT_BYTES + MEMBER_BYTES + TEXT_BYTES + 3,
            ),
        ] {
            let most = MAX_TREE_BYTES / cost;
            assert!(fits(part, most - 4) && !fits(part, most + 4), "{part}");
        }
        let many = raw(&format!("[{}0]", "0,".repeat(500_000)));
        assert_eq!(tree(&many), Err(TreeFault::TooLarge));
        // Keys alone take no tree.
        assert_eq!(check_keys(&many), Ok(()));
    }

    #[test]
    fn deep_text_is_refused_without_recursion() {
        let deep = |levels: usize| raw(&("[".repeat(levels) + &"]".repeat(levels)));
        assert!(tree(&deep(super::super::MAX_DEPTH)).is_ok());
        for levels in [super::super::MAX_DEPTH + 1, 100_000] {
            assert_eq!(tree(&deep(levels)), Err(TreeFault::TooDeep));
            assert_eq!(check_keys(&deep(levels)), Err(TreeFault::TooDeep));
        }
    }
}
