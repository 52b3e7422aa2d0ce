//! Senders that put their signature into the body, and sign a time and a text of it but not the rest.

use super::body;
use super::body::Fields;
use super::intake::BodyKind;
use super::received::{Received, TimeUnit};
use super::secret::{Secret, unhex};
use crate::json::without_mark;
use crate::rejection::Unproven;
use ring::hmac;
use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Longest token, or other text beside the time, in bytes.
const MAX_TOKEN_BYTES: usize = 256;

/// What these senders differ in.
pub(super) struct Row {
    /// The member of a JSON body that holds the three others.
    object: &'static str,
    /// The field of a form that holds the JSON body; `None`: the three are fields of the form.
    field: Option<&'static str>,
    time: &'static str,
    text: &'static str,
    signature: &'static str,
}

pub(super) const MAILGUN: Row = Row {
    object: "signature",
    field: None,
    time: "timestamp",
    text: "token",
    signature: "signature",
};

pub(super) const DROPBOX_SIGN: Row = Row {
    object: "event",
    field: Some("json"),
    time: "event_time",
    text: "event_type",
    signature: "event_hash",
};

struct Signed {
    time: String,
    text: String,
    signature: String,
}

impl Row {
    /// Whether time and text are signed with one of the secrets, and the time is tolerated.
    pub(super) fn check(
        &self,
        secrets: &[Secret],
        tolerance: Option<u64>,
        received: &Received<'_>,
    ) -> Result<(), Unproven> {
        let unreadable = || Unproven::Unreadable("the signature in the body".to_owned());
        let signed = self.read(received).ok_or_else(unreadable)?;
        if signed.text.is_empty() || signed.text.len() > MAX_TOKEN_BYTES {
            return Err(unreadable());
        }
        received.check_time(&signed.time, TimeUnit::Seconds, tolerance)?;
        let signature = unhex(&signed.signature).ok_or_else(unreadable)?;
        // A time has a fixed length, so nothing has to separate the two.
        let text = format!("{}{}", signed.time, signed.text);
        let fits = |secret: &Secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
            hmac::verify(&key, text.as_bytes(), &signature).is_ok()
        };
        if secrets.iter().any(fits) {
            Ok(())
        } else {
            Err(Unproven::Wrong)
        }
    }

    /// The three by the content type, as the body is read later. `None`: one is missing, or there twice, or no text.
    fn read(&self, received: &Received<'_>) -> Option<Signed> {
        let kind = body::read_as(received.body, received.content_type, received.text_is_json);
        if matches!(kind, Some(BodyKind::Json | BodyKind::TextJson)) {
            return self.in_json(std::str::from_utf8(without_mark(received.body)).ok()?);
        }
        let fields = body::fields(received.body, received.content_type).ok()??;
        match self.field {
            Some(field) => self.in_json(text_of(&fields, field)?),
            None => {
                let text = |name| text_of(&fields, name).map(str::to_owned);
                Some(Signed {
                    time: text(self.time)?,
                    text: text(self.text)?,
                    signature: text(self.signature)?,
                })
            }
        }
    }

    fn in_json(&self, json: &str) -> Option<Signed> {
        let object = member(json, self.object)?.get();
        let text = |name| serde_json::from_str(member(object, name)?.get()).ok();
        Some(Signed {
            time: text(self.time)?,
            text: text(self.text)?,
            signature: text(self.signature)?,
        })
    }
}

/// A field that is there once and is not a file.
fn text_of<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}

/// The one member of an object that has this name. No other one is built in memory: nobody has proven anything yet.
fn member<'a>(json: &'a str, name: &str) -> Option<&'a RawValue> {
    struct Named<'n>(&'n str);
    impl<'de> Visitor<'de> for Named<'_> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(name) = members.next_key::<Cow<'de, str>>()? {
                if name != self.0 {
                    members.next_value::<IgnoredAny>()?;
                } else if found.replace(members.next_value()?).is_some() {
                    return Err(A::Error::custom("twice"));
                }
            }
            Ok(found)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    let found = (&mut reader).deserialize_map(Named(name)).ok()?;
    reader.end().ok()?;
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_there_once() {
        let found = |json: &str| member(json, "a").map(|raw| raw.get().to_owned());
        assert_eq!(
            found(r#"{"b":[{"a":0}], "a" : {"c":1} }"#).as_deref(),
            Some(r#"{"c":1}"#)
        );
        assert_eq!(found(r#"{"\u0061":"x"}"#).as_deref(), Some(r#""x""#));
        for none in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"b":1}"#,
            r#"["a"]"#,
            r#""a""#,
            r#"{"a":1}x"#,
            r#"{"a":1"#,
            "",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
