//! Senders that sign with an HMAC in a header: one table of what they differ in, and one way to check all of them.
//! `generic` is a row that the author of a link writes.

use super::received::{Received, TimeUnit};
use super::secret::{BASE64, KeyForm, Secret, unhex};
use crate::constant_time::are_equal;
use crate::rejection::Unproven;
use base64::Engine as _;
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Signatures of one header that are tried.
const MAX_SIGNATURES: usize = 10;

/// Of the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// HMAC-SHA-1, for senders that have nothing better.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    fn of_ring(self) -> hmac::Algorithm {
        match self {
            Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::Sha256 => hmac::HMAC_SHA256,
            Algorithm::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hex digits.
    Hex,
    /// Standard base64.
    Base64,
}

impl Encoding {
    pub(super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => unhex(text),
            Encoding::Base64 => BASE64.decode(text).ok(),
        }
    }
}

/// A piece of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// The time, as it was written.
    Time,
    /// The body.
    Body,
    /// Where the link points, as its sender was given it.
    Address,
    /// The value of a header.
    Header(&'a str),
    /// This text.
    Text(&'a str),
}

/// All pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parts<'a> {
    /// Of a sender in the table.
    Fixed(&'static [Part<'static>]),
    /// Of an author.
    Own(Vec<Part<'a>>),
}

impl<'a> Parts<'a> {
    fn as_slice(&self) -> &[Part<'a>] {
        match self {
            Parts::Fixed(parts) => parts,
            Parts::Own(parts) => parts,
        }
    }
}

/// Where the time stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeAt<'a> {
    /// In a header of its own.
    Header(&'a str),
    /// Under this key in the header of the signature, which is a list then.
    Key(&'a str),
    /// In front of the signature, with this text in between.
    Front(&'a str),
}

/// What stands between several signatures of one header. None of them is a character of hex or base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Separator {
    /// With spaces around it or without.
    #[serde(rename = ",")]
    Comma,
    /// With spaces around it or without.
    #[serde(rename = ";")]
    Semicolon,
    /// One space.
    #[serde(rename = " ")]
    Space,
}

impl Separator {
    pub(super) const fn as_char(self) -> char {
        match self {
            Separator::Comma => ',',
            Separator::Semicolon => ';',
            Separator::Space => ' ',
        }
    }
}

/// What a part stands for in one request.
enum Piece<'a> {
    Bytes(&'a [u8]),
    Address,
}

impl<'a> Piece<'a> {
    fn bytes(&self, address: &'a str) -> &'a [u8] {
        match self {
            Piece::Bytes(bytes) => bytes,
            Piece::Address => address.as_bytes(),
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'a> {
    /// Where the signature stands.
    pub header: &'a str,
    /// In front of it.
    pub prefix: &'a str,
    /// Between several of them.
    pub separator: Option<Separator>,
    /// The time that is signed, if one is.
    pub time: Option<(TimeAt<'a>, TimeUnit)>,
    /// What is signed.
    pub parts: Parts<'a>,
    /// Of the HMAC.
    pub algorithm: Algorithm,
    /// Of the signature.
    pub encoding: Encoding,
    /// Of the secret.
    pub key: KeyForm,
}

const BODY: Parts<'static> = Parts::Fixed(&[Part::Body]);
/// HMAC-SHA-256 of the body in hex, under a secret that is text.
const PLAIN: Row<'static> = Row {
    header: "",
    prefix: "",
    separator: None,
    time: None,
    parts: BODY,
    algorithm: Algorithm::Sha256,
    encoding: Encoding::Hex,
    key: KeyForm::Utf8,
};

pub(super) const GITHUB: Row<'static> = Row {
    header: "x-hub-signature-256",
    prefix: "sha256=",
    ..PLAIN
};
pub(super) const STRIPE: Row<'static> = Row {
    header: "stripe-signature",
    prefix: "v1=",
    time: Some((TimeAt::Key("t"), TimeUnit::Seconds)),
    parts: Parts::Fixed(&[Part::Time, Part::Text("."), Part::Body]),
    ..PLAIN
};
pub(super) const SLACK: Row<'static> = Row {
    header: "x-slack-signature",
    prefix: "v0=",
    time: Some((TimeAt::Header("x-slack-request-timestamp"), TimeUnit::Seconds)),
    parts: Parts::Fixed(&[Part::Text("v0:"), Part::Time, Part::Text(":"), Part::Body]),
    ..PLAIN
};
pub(super) const SHOPIFY: Row<'static> = Row {
    header: "x-shopify-hmac-sha256",
    encoding: Encoding::Base64,
    ..PLAIN
};
pub(super) const TEAMS_OUTGOING: Row<'static> = Row {
    header: "authorization",
    prefix: "HMAC ",
    encoding: Encoding::Base64,
    key: KeyForm::Base64,
    ..PLAIN
};
pub(super) const HOOKDECK: Row<'static> = Row {
    header: "x-hookdeck-signature",
    encoding: Encoding::Base64,
    ..PLAIN
};
pub(super) const WOOCOMMERCE: Row<'static> = Row {
    header: "x-wc-webhook-signature",
    encoding: Encoding::Base64,
    ..PLAIN
};
pub(super) const PADDLE: Row<'static> = Row {
    header: "paddle-signature",
    prefix: "h1=",
    time: Some((TimeAt::Key("ts"), TimeUnit::Seconds)),
    parts: Parts::Fixed(&[Part::Time, Part::Text(":"), Part::Body]),
    ..PLAIN
};
pub(super) const WEBFLOW: Row<'static> = Row {
    header: "x-webflow-signature",
    time: Some((TimeAt::Header("x-webflow-timestamp"), TimeUnit::Milliseconds)),
    parts: Parts::Fixed(&[Part::Time, Part::Text(":"), Part::Body]),
    ..PLAIN
};
pub(super) const ELEVENLABS: Row<'static> = Row {
    header: "elevenlabs-signature",
    prefix: "v0=",
    time: Some((TimeAt::Key("t"), TimeUnit::Seconds)),
    parts: Parts::Fixed(&[Part::Time, Part::Text("."), Part::Body]),
    ..PLAIN
};
pub(super) const VERCEL: Row<'static> = Row {
    header: "x-vercel-signature",
    algorithm: Algorithm::Sha1,
    ..PLAIN
};

pub(super) const PAGERDUTY: Row<'static> = Row {
    header: "x-pagerduty-signature",
    prefix: "v1=",
    separator: Some(Separator::Comma),
    ..PLAIN
};
pub(super) const ZENDESK: Row<'static> = Row {
    header: "x-zendesk-webhook-signature",
    time: Some((
        TimeAt::Header("x-zendesk-webhook-signature-timestamp"),
        TimeUnit::Rfc3339,
    )),
    parts: Parts::Fixed(&[Part::Time, Part::Body]),
    encoding: Encoding::Base64,
    ..PLAIN
};
pub(super) const DOCUSEAL: Row<'static> = Row {
    header: "x-docuseal-signature",
    time: Some((TimeAt::Front("."), TimeUnit::Seconds)),
    parts: Parts::Fixed(&[Part::Time, Part::Text("."), Part::Body]),
    ..PLAIN
};
pub(super) const SQUARE: Row<'static> = Row {
    header: "x-square-hmacsha256-signature",
    parts: Parts::Fixed(&[Part::Address, Part::Body]),
    encoding: Encoding::Base64,
    ..PLAIN
};

impl Row<'_> {
    /// Whether one of the signatures is of one of the secrets, and the time is tolerated.
    pub(super) fn check(
        &self,
        secrets: &[Secret],
        tolerance: Option<u64>,
        received: &Received<'_>,
    ) -> Result<(), Unproven> {
        let value = received.header(self.header)?;
        let (time, signatures) = match self.time {
            Some((TimeAt::Key(key), _)) => {
                let (time, signatures) = self.in_list(value, key)?;
                (Some(time), signatures)
            }
            Some((TimeAt::Front(separator), _)) => {
                let both = value.split_once(separator);
                let (time, signature) = both.ok_or_else(|| self.unreadable())?;
                (Some(time), vec![self.only(signature)?])
            }
            Some((TimeAt::Header(name), _)) => (Some(received.header(name)?), self.all(value)?),
            None => (None, self.all(value)?),
        };
        if let (Some(time), Some((_, unit))) = (time, self.time) {
            received.check_time(time, unit, tolerance)?;
        }
        let parts = self.parts.as_slice();
        let mut signed = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            signed.push(match part {
                Part::Time => Piece::Bytes(time.unwrap_or_default().as_bytes()),
                Part::Body => Piece::Bytes(received.body),
                Part::Address => Piece::Address,
                Part::Header(name) => {
                    let value = received.header(name)?;
                    if !stands_apart(parts, index, value) {
                        return Err(Unproven::Unreadable(format!("header {name}")));
                    }
                    Piece::Bytes(value.as_bytes())
                }
                Part::Text(text) => Piece::Bytes(text.as_bytes()),
            });
        }
        // Where the address is not signed, one MAC is enough.
        let addresses = match parts.contains(&Part::Address) {
            true => received.urls.as_slice(),
            false => &[String::new()],
        };
        let fits = |secret: &Secret| {
            let Ok(key) = secret.bytes(self.key) else {
                return false;
            };
            let key = hmac::Key::new(self.algorithm.of_ring(), &key);
            addresses.iter().any(|address| {
                let mut context = hmac::Context::with_key(&key);
                signed
                    .iter()
                    .for_each(|piece| context.update(piece.bytes(address)));
                let tag = context.sign();
                signatures
                    .iter()
                    .any(|signature| are_equal(tag.as_ref(), signature))
            })
        };
        if secrets.iter().any(fits) {
            Ok(())
        } else {
            Err(Unproven::Wrong)
        }
    }

    /// A header of signatures and nothing else: one, or with a separator several. Of these, others than those with the
    /// prefix are of another version.
    fn all(&self, value: &str) -> Result<Vec<Vec<u8>>, Unproven> {
        let Some(separator) = self.separator else {
            return Ok(vec![self.only(value)?]);
        };
        let mut signatures = Vec::new();
        for entry in value.split(separator.as_char()) {
            let entry = entry.trim_matches([' ', '\t']);
            match entry.strip_prefix(self.prefix) {
                Some("") => return Err(self.unreadable()),
                Some(_) if signatures.len() == MAX_SIGNATURES => return Err(Unproven::TooMany),
                Some(text) => signatures.push(self.encoding.decode(text).ok_or_else(|| self.unreadable())?),
                None if entry.is_empty() => return Err(self.unreadable()),
                None => {}
            }
        }
        if signatures.is_empty() {
            return Err(self.unreadable());
        }
        Ok(signatures)
    }

    /// A header that is one signature after its prefix.
    fn only(&self, value: &str) -> Result<Vec<u8>, Unproven> {
        let text = value.strip_prefix(self.prefix);
        text.and_then(|text| self.encoding.decode(text))
            .ok_or_else(|| self.unreadable())
    }

    /// A header that is a list such as `t=1700000000,v1=…,v1=…`: the one time, and every signature.
    fn in_list<'v>(&self, value: &'v str, key: &str) -> Result<(&'v str, Vec<Vec<u8>>), Unproven> {
        let mut times = Vec::new();
        let mut signatures = Vec::new();
        for entry in value.split([',', ';']).map(str::trim) {
            if let Some(time) = entry.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')) {
                times.push(time);
            } else if let Some(text) = entry.strip_prefix(self.prefix) {
                signatures.push(self.encoding.decode(text).ok_or_else(|| self.unreadable())?);
            }
        }
        match (times.as_slice(), signatures.len()) {
            ([time], 1..=MAX_SIGNATURES) => Ok((time, signatures)),
            ([_], 0) | ([], _) => Err(self.unreadable()),
            ([_], _) => Err(Unproven::TooMany),
            ([_, ..], _) => Err(Unproven::Repeated(format!("{} ({key})", self.header))),
        }
    }

    fn unreadable(&self) -> Unproven {
        Unproven::Unreadable(format!("header {}", self.header))
    }
}

/// Whether the value of a header ends where the fixed text after it begins, and, after the body, begins where the one
/// in front of it ends: else its end could be moved, and one text would be two messages.
fn stands_apart(parts: &[Part<'_>], index: usize, value: &str) -> bool {
    let (before, after) = parts.split_at(index);
    let ends = match after.get(1) {
        Some(Part::Text(text)) => format!("{value}{text}").find(text) == Some(value.len()),
        Some(Part::Time | Part::Body | Part::Address | Part::Header(_)) | None => true,
    };
    let begins = match before.last() {
        Some(Part::Text(text)) if before.contains(&Part::Body) => {
            format!("{text}{value}").rfind(text) == Some(0)
        }
        Some(Part::Text(_) | Part::Time | Part::Body | Part::Address | Part::Header(_)) | None => true,
    };
    ends && begins
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    fn check(row: &Row<'_>, header: &str) -> Result<(), Unproven> {
        let headers = [(row.header, header.as_bytes())];
        let received = Received {
            headers: &headers,
            body: b"{}",
            content_type: None,
            text_is_json: false,
            urls: Vec::new(),
            now_ms: NOW,
        };
        let secrets = [
            Secret::new("other".to_owned()),
            Secret::new("not base64!".to_owned()),
            Secret::new("secret".to_owned()),
        ];
        row.check(&secrets, Some(300), &received)
    }

    fn tag(text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        super::super::secret::hex(hmac::sign(&key, text.as_bytes()).as_ref())
    }

    #[test]
    fn lists_hold_one_time_and_some_signatures() {
        let good = tag("1700000000.{}");
        let bad = tag("x");
        let unreadable = || Err(Unproven::Unreadable("header stripe-signature".to_owned()));
        for (header, expected) in [
            (format!("t=1700000000,v1={good}"), Ok(())),
            (format!("t=1700000000, v1={bad}, v1={good}, v0={bad}"), Ok(())),
            (format!("v1={good},t=1700000000"), Ok(())),
            (format!("t=1700000000,v1={bad}"), Err(Unproven::Wrong)),
            (format!("t=1700000001,v1={good}"), Err(Unproven::Wrong)),
            (format!("t=1700000000,v0={good}"), unreadable()),
            (format!("v1={good}"), unreadable()),
            (format!("t=1700000000,v1={good}x"), unreadable()),
            (String::new(), unreadable()),
            (
                format!("t=1700000000,t=1700000000,v1={good}"),
                Err(Unproven::Repeated("stripe-signature (t)".to_owned())),
            ),
            (
                format!("t=1700000000{}", format!(",v1={good}").repeat(11)),
                Err(Unproven::TooMany),
            ),
            (
                format!("t=1699999699,v1={}", tag("1699999699.{}")),
                Err(Unproven::Stale),
            ),
            (
                format!("t=1700000301,v1={}", tag("1700000301.{}")),
                Err(Unproven::Future),
            ),
        ] {
            assert_eq!(check(&STRIPE, &header), expected, "{header}");
        }
    }

    #[test]
    fn the_value_of_a_header_does_not_reach_into_its_neighbours() {
        let (header, body) = (Part::Header("x"), Part::Body);
        for (parts, index, value, expected) in [
            ([header, Part::Text("."), body], 0, "a", true),
            ([header, Part::Text("."), body], 0, "", true),
            ([header, Part::Text("."), body], 0, "a.b", false),
            ([header, Part::Text("aa"), body], 0, "xa", false),
            ([body, Part::Text("."), header], 2, "a", true),
            ([body, Part::Text("."), header], 2, "a.b", false),
            ([body, Part::Text("aa"), header], 2, "ax", false),
            ([Part::Text("v:"), Part::Time, header], 2, "v:", true),
        ] {
            assert_eq!(stands_apart(&parts, index, value), expected, "{parts:?} {value}");
        }
    }

    #[test]
    fn several_signatures_have_a_separator() {
        let (good, bad) = (tag("{}"), tag("x"));
        let unreadable = || Err(Unproven::Unreadable("header x-pagerduty-signature".to_owned()));
        for (header, expected) in [
            (format!("v1={good}"), Ok(())),
            (format!("v1={bad},v1={good}"), Ok(())),
            (format!("v1={good} , v1={bad}"), Ok(())),
            (format!("v0={bad},v1={good},v2=?"), Ok(())),
            (format!("v1={bad},v1={bad}"), Err(Unproven::Wrong)),
            (format!("{}v1={good}", format!("v1={bad},").repeat(9)), Ok(())),
            (
                format!("{}v1={good}", format!("v1={bad},").repeat(10)),
                Err(Unproven::TooMany),
            ),
            (format!("v1={good};v1={bad}"), unreadable()),
            (format!("v1={bad} v1={good}"), unreadable()),
            (format!("v1={good},"), unreadable()),
            (format!(",v1={good}"), unreadable()),
            (format!("v1={bad},,v1={good}"), unreadable()),
            (format!("v1={bad}, ,v1={good}"), unreadable()),
            (format!("v1=,v1={good}"), unreadable()),
            (format!("v1={good},v1=zz"), unreadable()),
            (format!("v0={good}"), unreadable()),
            (good.clone(), unreadable()),
            (String::new(), unreadable()),
        ] {
            assert_eq!(check(&PAGERDUTY, &header), expected, "{header}");
        }
        let spaced = Row {
            separator: Some(Separator::Space),
            prefix: "",
            ..PAGERDUTY
        };
        assert_eq!(check(&spaced, &format!("{bad} {good}")), Ok(()));
        assert_eq!(check(&spaced, &format!("{bad}  {good}")), unreadable());
        assert_eq!(check(&spaced, &format!("{bad},{good}")), unreadable());
    }

    #[test]
    fn a_time_stands_in_front_of_the_signature() {
        let good = tag("1700000000.{}");
        let unreadable = || Err(Unproven::Unreadable("header x-docuseal-signature".to_owned()));
        let time = || Err(Unproven::Unreadable("the time".to_owned()));
        for (header, expected) in [
            (format!("1700000000.{good}"), Ok(())),
            (format!("1700000001.{good}"), Err(Unproven::Wrong)),
            (format!("1700000000.{}", tag("{}")), Err(Unproven::Wrong)),
            (
                format!("1699999699.{}", tag("1699999699.{}")),
                Err(Unproven::Stale),
            ),
            (
                format!("1700000301.{}", tag("1700000301.{}")),
                Err(Unproven::Future),
            ),
            (format!("1700000000{good}"), unreadable()),
            (format!("1700000000,{good}"), unreadable()),
            (format!("1700000000..{good}"), unreadable()),
            (format!("1700000000.{good}.{good}"), unreadable()),
            (format!("1700000000.{good},{good}"), unreadable()),
            (format!(".{good}"), time()),
            (format!("170000000.{good}"), time()),
            (format!(" 1700000000 .{good}"), time()),
            (format!("+1700000000.{good}"), time()),
            ("1700000000.".to_owned(), Err(Unproven::Wrong)),
            (good.clone(), unreadable()),
        ] {
            assert_eq!(check(&DOCUSEAL, &header), expected, "{header}");
        }
    }

    #[test]
    fn one_signature_stands_after_its_prefix() {
        let good = tag("{}");
        let unreadable = || Err(Unproven::Unreadable("header x-hub-signature-256".to_owned()));
        for (header, expected) in [
            (format!("sha256={good}"), Ok(())),
            (format!("sha256={}", good.to_uppercase()), Ok(())),
            (format!("sha256={}", tag("[]")), Err(Unproven::Wrong)),
            (format!("sha256={}", &good[..62]), Err(Unproven::Wrong)),
            (good.clone(), unreadable()),
            (format!("SHA256={good}"), unreadable()),
            (format!("sha1={good}"), unreadable()),
            (format!("sha256={}", &good[..63]), unreadable()),
            (format!("sha256={good},sha256={good}"), unreadable()),
            ("sha256=".to_owned(), Err(Unproven::Wrong)),
        ] {
            assert_eq!(check(&GITHUB, &header), expected, "{header}");
        }
    }
}
