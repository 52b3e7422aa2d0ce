//! JSON kept as text: values that are passed on must arrive with every digit and in the order they had.

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

pub mod tree;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// How deep arrays and objects may be nested in any JSON that comes in (serde_json's own limit).
pub const MAX_DEPTH: usize = 127;

/// A body without the byte order mark that some programs write in front of a text. It is not part of the text.
pub fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// A JSON value as compact text: no white space between its parts, everything else as it was given.
///
/// Integers beyond 64 bits and the order of keys survive, because nothing is converted.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText(String);

/// Why a text is not accepted as a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// Arrays and objects nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A `\u` escape that is half of a surrogate pair.
    #[error("holds a string that is not valid Unicode (half of a surrogate pair)")]
    NotUnicode,
    /// Not JSON at all.
    #[error("not JSON")]
    NotJson,
}

impl JsonText {
    /// Compacts a value that serde_json has checked the grammar of.
    pub fn compact(raw: &RawValue) -> Result<Self, JsonFault> {
        let mut out = String::with_capacity(raw.get().len());
        for part in Parts::of(raw.get()) {
            match part? {
                Part::Text(text) => {
                    if text.contains("\\u") {
                        unescape(text)?;
                    }
                    out.push_str(text);
                }
                Part::Other(text) | Part::Punctuation(text) => out.push_str(text),
            }
        }
        Ok(Self(out))
    }

    /// Reads and compacts a text that may be anything.
    pub fn parse(text: &str) -> Result<Self, JsonFault> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|_| JsonFault::NotJson)?;
        Self::compact(raw)
    }

    /// An array of these values, each as it is. It may be one level deeper than what comes in may be.
    pub fn array(values: &[Self]) -> Self {
        let texts: Vec<&str> = values.iter().map(Self::as_str).collect();
        Self(format!("[{}]", texts.join(",")))
    }

    /// An object of these members, as compact as they are.
    pub fn object<'m>(members: impl IntoIterator<Item = (&'m str, &'m RawValue)>) -> Self {
        let mut text = String::from("{");
        for (key, value) in members {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(Self::of(&key).as_str());
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        Self(text)
    }

    /// The text of a value of ours.
    #[expect(clippy::expect_used, reason = "our own types have string keys only")]
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::to_string(value).expect("our own types have string keys only"))
    }

    /// The compact text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for code that reads values later.
    #[expect(clippy::expect_used, reason = "nothing but JSON becomes one of these")]
    pub fn into_raw(self) -> Box<RawValue> {
        RawValue::from_string(self.0).expect("only JSON becomes a JsonText")
    }

    /// The compact text, owned.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Gives every string, keys included, to `change`, and keeps everything else as it is.
    ///
    /// # Errors
    /// What `change` refuses, or `same_key()` when two keys of one object become the same.
    pub fn map_strings<E>(
        &self,
        mut change: impl FnMut(&str) -> Result<String, E>,
        same_key: impl Fn() -> E,
    ) -> Result<Self, E> {
        let mut out = String::with_capacity(self.0.len());
        let mut keys: Vec<HashSet<String>> = Vec::new();
        let mut rest = self.0.as_str();
        for part in Parts::as_deep_as_it_is(&self.0) {
            rest = rest.get(part.len()..).unwrap_or_default();
            match part {
                Part::Text(text) => {
                    let changed = change(&read_before(text))?;
                    out.push_str(Self::of(&changed).as_str());
                    if rest.starts_with(':') && keys.last_mut().is_some_and(|seen| !seen.insert(changed)) {
                        return Err(same_key());
                    }
                }
                Part::Punctuation(text) => {
                    match text {
                        "{" | "[" => keys.push(HashSet::new()),
                        "}" | "]" => drop(keys.pop()),
                        _ => {}
                    }
                    out.push_str(text);
                }
                Part::Other(text) => out.push_str(text),
            }
        }
        Ok(Self(out))
    }
}

impl std::fmt::Debug for JsonText {
    /// Outputs are the owner's data: only the length is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JsonText({} bytes)", self.0.len())
    }
}

/// A step from the root of a value to one of its parts.
pub use crate::select::path::Step;

/// The texts of the parts of `raw` at `locations`, with every digit that was sent; parts that do not exist are left
/// out. Each array and object on the way is read once, however many parts it holds.
pub fn parts_at<'a>(raw: &'a RawValue, locations: &[Vec<Step<'_>>]) -> Vec<&'a RawValue> {
    let mut parts = vec![None; locations.len()];
    let wanted = locations.iter().map(Vec::as_slice).enumerate().collect();
    collect_parts(raw, wanted, &mut parts);
    parts.into_iter().flatten().collect()
}

/// `wanted`: the place in `parts`, and the way from `raw`. As deep as locations are long, which a body bounds.
fn collect_parts<'a>(
    raw: &'a RawValue,
    wanted: Vec<(usize, &[Step<'_>])>,
    parts: &mut [Option<&'a RawValue>],
) {
    let mut below: HashMap<Step<'_>, Vec<(usize, &[Step<'_>])>> = HashMap::new();
    for (place, way) in wanted {
        match way.split_first() {
            Some((step, rest)) => below.entry(*step).or_default().push((place, rest)),
            None => parts
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|part| *part = Some(raw)),
        }
    }
    if below.is_empty() {
        return;
    }
    let object: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let array: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    for (step, wanted) in below {
        let child = match step {
            Step::Key(key) => object.get(key),
            Step::Index(index) => array.get(index),
        };
        if let Some(child) = child {
            collect_parts(child, wanted, parts);
        }
    }
}

/// Shows each member of the object that a text is; `false`: it is not an object.
pub fn each_member<'a>(text: &'a str, mut see: impl FnMut(&str, &'a RawValue)) -> bool {
    struct Seeing<F>(F);
    impl<'de, F: FnMut(&str, &'de RawValue)> serde::de::Visitor<'de> for Seeing<F> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                (self.0)(&name, value);
            }
            Ok(())
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde::Deserializer::deserialize_map(&mut reader, Seeing(&mut see));
    read.is_ok() && reader.end().is_ok()
}

/// The members of an object, in their order, each as it was written.
///
/// # Errors
/// A sentence: not an object, or one with the same key twice.
pub fn members(raw: &RawValue) -> Result<Vec<(String, &RawValue)>, &'static str> {
    match tree::check_keys(raw) {
        Ok(()) => entries(raw),
        Err(tree::TreeFault::SameKey) => Err("has the same key twice"),
        Err(_) => Err("must be an object of readable texts"),
    }
}

/// As [`members`], with keys as often as they were written.
///
/// # Errors
/// A sentence: not an object.
pub fn entries(raw: &RawValue) -> Result<Vec<(String, &RawValue)>, &'static str> {
    let mut members = Vec::new();
    match each_member(raw.get(), |name, value| members.push((name.to_owned(), value))) {
        true => Ok(members),
        false => Err("must be an object"),
    }
}

/// The numbers of a JSON text as they are written, in their order.
pub fn numbers(text: &str) -> impl Iterator<Item = &str> + Clone {
    Parts::of(text).filter_map(|part| match part {
        Ok(Part::Other(text)) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Some(text),
        _ => None,
    })
}

/// Whether arrays and objects of a text are nested no deeper than [`MAX_DEPTH`]; says nothing else about it.
pub fn is_shallow(text: &str) -> bool {
    Parts::of(text).all(|part| part != Err(JsonFault::TooDeep))
}

#[expect(
    clippy::expect_used,
    reason = "every text was read when it became one of our values"
)]
fn read_before(quoted: &str) -> String {
    unescape(quoted).expect("a readable text")
}

fn unescape(quoted: &str) -> Result<String, JsonFault> {
    String::deserialize(&mut serde_json::Deserializer::from_str(quoted)).map_err(|_| JsonFault::NotUnicode)
}

#[derive(PartialEq)]
enum Part<'a> {
    /// A string with its quotation marks.
    Text(&'a str),
    /// One of `{ } [ ] : ,`.
    Punctuation(&'a str),
    /// A number or a literal.
    Other(&'a str),
}

impl Part<'_> {
    fn len(&self) -> usize {
        match self {
            Part::Text(text) | Part::Punctuation(text) | Part::Other(text) => text.len(),
        }
    }
}

/// Walks JSON text part by part, skipping white space, without recursion.
#[derive(Clone)]
struct Parts<'a> {
    rest: &'a str,
    depth: usize,
    most: usize,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            rest: text,
            depth: 0,
            most: MAX_DEPTH,
        }
    }

    /// Of a value that we have: what was put together may be deeper than what comes in.
    fn as_deep_as_it_is(text: &'a str) -> impl Iterator<Item = Part<'a>> {
        let parts = Self {
            most: usize::MAX,
            ..Self::of(text)
        };
        parts.filter_map(Result::ok)
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (part, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        part
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, JsonFault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        match self.rest.as_bytes().first()? {
            b'"' => {
                let length = string_length(self.rest);
                Some(Ok(Part::Text(self.take(length))))
            }
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth > self.most {
                    self.rest = "";
                    return Some(Err(JsonFault::TooDeep));
                }
                Some(Ok(Part::Punctuation(self.take(1))))
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                Some(Ok(Part::Punctuation(self.take(1))))
            }
            b':' | b',' => Some(Ok(Part::Punctuation(self.take(1)))),
            _ => {
                let end = self
                    .rest
                    .find(['{', '}', '[', ']', ':', ',', '"', ' ', '\t', '\n', '\r']);
                let length = end.unwrap_or(self.rest.len());
                Some(Ok(Part::Other(self.take(length))))
            }
        }
    }
}

/// Bytes of the string that begins `text`, both quotation marks included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_keeps_digits_order_and_strings() {
        for (given, expected) in [
            (
                " { \"b\" : 1 , \"a\" : [ 1.10 , 1E5 ] } ",
                r#"{"b":1,"a":[1.10,1E5]}"#,
            ),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (r#""a b\" c\\""#, r#""a b\" c\\""#),
            ("[ ]", "[]"),
            ("\tnull\n", "null"),
            (r#"{"\u00e9": "\ud83d\ude00"}"#, r#"{"\u00e9":"\ud83d\ude00"}"#),
        ] {
            assert_eq!(
                JsonText::parse(given).map(JsonText::into_string),
                Ok(expected.to_owned()),
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_no_json_value_is_refused() {
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
        for (given, fault) in [
            ("", JsonFault::NotJson),
            ("{", JsonFault::NotJson),
            ("NaN", JsonFault::NotJson),
            ("[1,]", JsonFault::NotJson),
            ("1 2", JsonFault::NotJson),
            (r#""\ud800""#, JsonFault::NotUnicode),
            (deep.as_str(), JsonFault::TooDeep),
        ] {
            assert_eq!(JsonText::parse(given), Err(fault), "{given}");
        }
        let allowed = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(JsonText::parse(&allowed).is_ok());
    }

    #[test]
    fn a_hundred_thousand_brackets_neither_crash_nor_pass() {
        let deep = "[".repeat(100_000);
        assert!(!is_shallow(&deep));
        assert!(is_shallow("[[1]]"));
    }

    #[test]
    fn strings_and_keys_are_changed_and_nothing_else() {
        let text = JsonText::parse(r#"{"k":["a",1e400,{"n":null}],"q":"\""}"#).unwrap();
        let changed = text.map_strings::<()>(|s| Ok(format!("<{s}>")), || ()).unwrap();
        assert_eq!(
            changed.as_str(),
            r#"{"<k>":["<a>",1e400,{"<n>":null}],"<q>":"<\">"}"#
        );
    }

    #[test]
    fn two_keys_that_become_one_are_refused() {
        let text = JsonText::parse(r#"{"a":{"x":1},"b":{"x":2}}"#).unwrap();
        assert_eq!(
            text.map_strings(|_| Ok("same".to_owned()), || "same key"),
            Err("same key")
        );
        assert!(text.map_strings(|s| Ok(s.to_owned()), || "same key").is_ok());
    }

    #[test]
    fn parts_keep_the_digits_they_were_sent_with() {
        let raw: &RawValue =
            serde_json::from_str(r#"{"a": [1, {"b": 98765432109876543210.50}], "é": 1E2}"#).unwrap();
        let b = vec![Step::Key("a"), Step::Index(1), Step::Key("b")];
        let locations = [
            b.clone(),
            vec![],
            vec![Step::Key("é")],
            vec![Step::Key("a"), Step::Index(0)],
            b,
        ];
        let parts: Vec<&str> = parts_at(raw, &locations).into_iter().map(RawValue::get).collect();
        assert_eq!(
            parts,
            [
                "98765432109876543210.50",
                raw.get(),
                "1E2",
                "1",
                "98765432109876543210.50"
            ]
        );
        for absent in [
            vec![Step::Key("c")],
            vec![Step::Index(0)],
            vec![Step::Key("a"), Step::Key("b")],
        ] {
            assert!(parts_at(raw, &[absent]).is_empty());
        }
    }

    #[test]
    fn ten_thousand_parts_of_a_large_body_are_found_quickly() {
        let text = format!("[{}]", vec![format!("\"{}\"", "x".repeat(90)); 10_000].join(","));
        let raw: &RawValue = serde_json::from_str(&text).unwrap();
        let locations: Vec<Vec<Step<'_>>> = (0..10_000).map(|index| vec![Step::Index(index)]).collect();
        let start = std::time::Instant::now();
        assert_eq!(parts_at(raw, &locations).len(), 10_000);
        assert!(
            start.elapsed() < std::time::Duration::from_secs(2),
            "{:?}",
            start.elapsed()
        );
    }
}
