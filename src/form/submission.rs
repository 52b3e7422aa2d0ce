//! What was sent for a page: the form-encoded body of a browser, or the JSON of a program.

use super::check::{Complaint, Issue, Place};
use crate::json;
use percent_encoding::percent_decode;
use serde_json::value::RawValue;
use std::fmt;

/// Name of the hidden field that proves that the page was opened.
pub const NONCE: &str = "nonce";
/// Name of the buttons.
pub const OUTCOME: &str = "outcome";
/// Name of the box that a strict page has.
pub const SURE: &str = "sure";
/// Before the names of the author's own fields, so that they cannot be taken for ours.
pub const PREFIX: &str = "f.";

/// Most entries of one body. A page has far fewer; looking through more of them costs time for each of its fields.
const MAX_ENTRIES: usize = 5_000;
/// Most complaints about one body, before its fields are looked at.
const MAX_COMPLAINTS: usize = 20;

/// A form-encoded body.
#[derive(Default)]
pub struct PageEntries {
    /// What the hidden field held.
    pub nonce: Option<String>,
    /// The button that was pressed.
    pub outcome: Option<String>,
    /// Whether the box was ticked.
    pub sure: bool,
    /// What was entered, by name of the field, in the order of the body.
    pub fields: Vec<(String, String)>,
    /// What cannot be right whatever the link asks for.
    pub complaints: Vec<Complaint>,
}

impl PageEntries {
    /// Reads a body. What is unreadable becomes a complaint, so that the rest can be shown again.
    pub fn read(body: &[u8]) -> Self {
        let mut read = Self::default();
        for pair in json::without_mark(body)
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            if read.fields.len() >= MAX_ENTRIES {
                read.complain(Place::Page, Issue::Unfit);
                break;
            }
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(parts.next().unwrap_or_default());
            let value = decode(parts.next().unwrap_or_default());
            let Some(name) = name else {
                read.complain(Place::Page, Issue::NotText);
                continue;
            };
            read.take(&name, value);
        }
        read
    }

    fn take(&mut self, name: &str, value: Option<String>) {
        let field = name.strip_prefix(PREFIX).map(str::to_owned);
        let place = field.clone().map_or(Place::Page, Place::Field);
        let Some(value) = value else {
            return self.complain(place, Issue::NotText);
        };
        let mut repeated = false;
        match (name, field) {
            (_, Some(field)) => self.fields.push((field, value)),
            (NONCE, None) => repeated = self.nonce.replace(value).is_some(),
            (OUTCOME, None) => repeated = self.outcome.replace(value).is_some(),
            (SURE, None) => repeated = std::mem::replace(&mut self.sure, value == "true"),
            (_, None) => self.complain(Place::Page, Issue::Unknown),
        }
        if repeated {
            self.complain(Place::Page, Issue::Twice);
        }
    }

    /// Each complaint once, and no more of them than a person would read.
    fn complain(&mut self, place: Place, issue: Issue) {
        let complaint = Complaint { place, issue };
        if self.complaints.len() < MAX_COMPLAINTS && !self.complaints.contains(&complaint) {
            self.complaints.push(complaint);
        }
    }
}

impl fmt::Debug for PageEntries {
    /// Entries are the visitor's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageEntries({} fields)", self.fields.len())
    }
}

/// `{"outcome": "reject", "fields": {"reason": "…"}}`
pub struct ProgramEntries<'a> {
    /// The outcome.
    pub outcome: String,
    /// The entries, in the order in which they were sent.
    pub fields: Vec<(String, &'a RawValue)>,
}

impl<'a> ProgramEntries<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// A place below the body and a sentence.
    pub fn read(body: &'a RawValue) -> Result<Self, (&'static str, &'static str)> {
        let mut outcome = None;
        let mut fields = Vec::new();
        for (name, value) in json::members(body).map_err(|what| ("", what))? {
            match name.as_str() {
                "outcome" => {
                    let text: Result<String, _> = serde_json::from_str(value.get());
                    outcome = Some(text.map_err(|_| ("outcome", "must be a string"))?);
                }
                "fields" => fields = json::members(value).map_err(|what| ("fields", what))?,
                _ => return Err(("", "must hold `outcome` and `fields`, and nothing else")),
            }
        }
        let is_long = |(_, value): &(String, &RawValue)| {
            serde_json::from_str::<Vec<&RawValue>>(value.get()).is_ok_and(|list| list.len() > MAX_ENTRIES)
        };
        if fields.len() > MAX_ENTRIES || fields.iter().any(is_long) {
            return Err(("fields", "holds more than 5,000 entries"));
        }
        Ok(Self {
            outcome: outcome.ok_or(("outcome", "is missing; name one of the outcomes of this link"))?,
            fields,
        })
    }
}

impl fmt::Debug for ProgramEntries<'_> {
    /// Entries are the visitor's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramEntries({} fields)", self.fields.len())
    }
}

/// A part of a form-encoded body; `None` when it is not UTF-8.
fn decode(part: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = part
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let text = percent_decode(&spaced).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(body: &[u8]) -> Vec<(Place, Issue)> {
        let read = PageEntries::read(body);
        let complaints = read.complaints.into_iter();
        complaints
            .map(|complaint| (complaint.place, complaint.issue))
            .collect()
    }

    #[test]
    fn a_browsers_body_is_read() {
        let read =
            PageEntries::read("nonce=abc&f.reason=a+b%26%C3%A9&f.x%3Dy=&sure=true&outcome=reject".as_bytes());
        assert_eq!(read.nonce.as_deref(), Some("abc"));
        assert_eq!(read.outcome.as_deref(), Some("reject"));
        assert!(read.sure && read.complaints.is_empty());
        let expected = [
            ("reason".to_owned(), "a b&é".to_owned()),
            ("x=y".to_owned(), String::new()),
        ];
        assert_eq!(read.fields, expected);
        assert!(!PageEntries::read(b"sure=false").sure);
        let marked = PageEntries::read("\u{feff}nonce=abc".as_bytes());
        assert_eq!(marked.nonce.as_deref(), Some("abc"));
        assert!(PageEntries::read(b"").outcome.is_none());
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let field = |name: &str| Place::Field(name.to_owned());
        assert_eq!(complaints(b"f.a=%ff"), [(field("a"), Issue::NotText)]);
        assert_eq!(complaints(b"f.a=\xff"), [(field("a"), Issue::NotText)]);
        assert_eq!(complaints(b"%ff=a"), [(Place::Page, Issue::NotText)]);
        assert_eq!(complaints(b"other=1"), [(Place::Page, Issue::Unknown)]);
        for body in [
            b"nonce=a&nonce=a".as_slice(),
            b"outcome=a&outcome=b",
            b"sure=true&sure=true",
        ] {
            assert_eq!(complaints(body), [(Place::Page, Issue::Twice)]);
        }
    }

    #[test]
    fn what_can_be_read_is_kept_beside_what_cannot() {
        let read = PageEntries::read(b"f.a=1&f.b=%c3&f.c=3");
        assert_eq!(
            read.fields,
            [("a".to_owned(), "1".to_owned()), ("c".to_owned(), "3".to_owned())]
        );
    }

    fn program(text: &str) -> Result<String, (&'static str, &'static str)> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        ProgramEntries::read(raw).map(|entries| format!("{} {}", entries.outcome, entries.fields.len()))
    }

    #[test]
    fn a_programs_body_has_two_parts() {
        assert_eq!(
            program(r#"{"outcome":"a","fields":{"x":1}}"#),
            Ok("a 1".to_owned())
        );
        assert_eq!(program(r#"{"outcome":"a"}"#), Ok("a 0".to_owned()));
        for (text, at) in [
            ("[]", ""),
            ("{}", "outcome"),
            (r#"{"outcome":5}"#, "outcome"),
            (r#"{"outcome":"a","fields":[]}"#, "fields"),
            (r#"{"outcome":"a","fields":{"x":1,"x":2}}"#, ""),
            (r#"{"outcome":"a","outcome":"b"}"#, ""),
            (r#"{"outcome":"a","reason":"x"}"#, ""),
        ] {
            assert_eq!(program(text).map_err(|(at, _)| at), Err(at), "{text}");
        }
    }

    #[test]
    fn complaints_are_few_however_much_is_sent() {
        let many = |pair: &dyn Fn(usize) -> String| {
            let body: Vec<String> = (0..10_000).map(pair).collect();
            complaints(body.join("&").as_bytes()).len()
        };
        assert_eq!(many(&|_| "x=1".to_owned()), 1);
        assert_eq!(many(&|_| "f.a=%ff".to_owned()), 1);
        assert_eq!(many(&|number| format!("f.{number}=%ff")), MAX_COMPLAINTS);
    }
}
