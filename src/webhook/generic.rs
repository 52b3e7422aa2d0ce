//! `generic`: what is signed and where, in the author's words, for senders that have no row of their own.

use super::mac::{Algorithm, Encoding, Part, Parts, Row, Separator, TimeAt};
use super::received::TimeUnit;
use super::secret::KeyForm;
use crate::rejection::Fault;

/// Longest text that describes a part of a request, in characters.
const MAX_TEXT_CHARS: usize = 128;
/// Most parts of what is signed.
const MAX_PARTS: usize = 16;
/// Longest name of a header that an author gives, in characters.
const MAX_HEADER_NAME_CHARS: usize = 64;
/// Longest text between a time and a signature, in characters.
const MAX_SEPARATOR_CHARS: usize = 8;

/// An HMAC over body, time, address, headers and fixed texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Generic {
    /// Where the signature stands.
    pub header: String,
    /// In front of it.
    pub prefix: Option<String>,
    /// Between several of them.
    pub separator: Option<Separator>,
    /// What is signed, as it was written: `{body}`, `{ts}`, `{address}`, `{header:name}` and fixed texts.
    pub parts: Vec<String>,
    /// Where the link points, if that is signed and known.
    pub base: Option<String>,
    /// Where the time stands.
    pub time: Option<(TimeIn, TimeUnit)>,
    /// Of the HMAC.
    pub algorithm: Algorithm,
    /// Of the signature.
    pub encoding: Encoding,
    /// Of the secret.
    pub key: KeyForm,
}

/// Where a time stands, in the author's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeIn {
    /// In a header of its own.
    Header(String),
    /// Under this key in the header of the signature.
    Key(String),
    /// In front of the signature, with this text in between.
    Front(String),
}

impl Generic {
    /// What types cannot say.
    ///
    /// # Errors
    /// The field that is wrong.
    pub(super) fn checked(self) -> Result<Self, Fault> {
        check_header("header", &self.header)?;
        let texts = self.prefix.iter().map(|text| ("prefix", text));
        for (field, text) in texts.chain(self.parts.iter().map(|part| ("parts", part))) {
            if text.is_empty() || text.chars().nth(MAX_TEXT_CHARS).is_some() || !is_visible(text) {
                let what = "must have 1 to 128 visible ASCII characters";
                return Err(Fault::at(field, what));
            }
        }
        match &self.time {
            Some((TimeIn::Header(name), _)) => check_header("ts_header", name)?,
            Some((TimeIn::Key(key), _)) => {
                if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !(1..=32).contains(&key.len()) {
                    return Err(Fault::at("ts_key", "must have 1 to 32 letters and digits"));
                }
                if self.prefix.is_none() {
                    let what = "is needed beside ts_key: it tells the signature from the time, as in v1=";
                    return Err(Fault::at("prefix", what));
                }
            }
            Some((TimeIn::Front(separator), unit)) => {
                check_ts_separator(separator)?;
                if *unit == TimeUnit::Rfc3339 && separator.contains('.') {
                    let what = "must not hold a dot beside rfc3339, whose fractions of a second have one";
                    return Err(Fault::at("ts_separator", what));
                }
            }
            None => {}
        }
        self.check_separator()?;
        let parts = self.read_parts()?;
        let is_there = |wanted: Part<'_>| parts.contains(&wanted);
        if self.parts.len() > MAX_PARTS {
            return Err(Fault::at("parts", "must have at most 16 parts"));
        }
        if !is_there(Part::Body) {
            let what = "must hold {body}: what is not signed may be anybody's";
            return Err(Fault::at("parts", what));
        }
        check_joins(&parts)?;
        match (&self.time, is_there(Part::Time)) {
            (Some(_), true) | (None, false) => Ok(self),
            (Some(_), false) => Err(Fault::at(
                "parts",
                "must hold {ts}: a time that is not signed proves nothing",
            )),
            (None, true) => Err(Fault::at(
                "parts",
                "holds {ts}; say where it is: ts_header, ts_key or ts_separator",
            )),
        }
    }

    /// Fields that each are right and together fit no request. Links that have them were granted before this was checked,
    /// and open as they did, so only new links are asked.
    ///
    /// # Errors
    /// The field that is wrong.
    pub(super) fn check_new(&self) -> Result<(), Fault> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let time = self.time.as_ref().map(|(place, _)| place);
        if let Some(TimeIn::Header(name)) = time
            && name.eq_ignore_ascii_case(&self.header)
        {
            let what = "is the header of the signature; name the one of the time, or give ts_key or ts_separator if \
                        one header has both";
            return Err(Fault::at("ts_header", what));
        }
        // Values of headers and entries of lists have no space in front. A signature after a time can have one.
        if prefix.starts_with(' ') && !matches!(time, Some(TimeIn::Front(_))) {
            let what = "must not begin with a space, since spaces around a value are not part of it";
            return Err(Fault::at("prefix", what));
        }
        if let Some(TimeIn::Key(key)) = time {
            if prefix.contains([',', ';']) {
                let what = "must not hold a comma or semicolon beside ts_key, whose list they separate";
                return Err(Fault::at("prefix", what));
            }
            let rest = prefix.strip_prefix(key.as_str());
            if rest.is_some_and(|rest| rest.starts_with('=')) {
                let what =
                    "must not begin with ts_key and =, which mark the time; give what marks the signature";
                return Err(Fault::at("prefix", what));
            }
        }
        let is_own = |text: &String| matches!(part_of(text), Part::Header(name) if name.eq_ignore_ascii_case(&self.header));
        if self.parts.iter().any(is_own) {
            let what = "names the header of the signature, which cannot sign itself; leave it out";
            return Err(Fault::at("parts", what));
        }
        Ok(())
    }

    /// Whether the address is among the parts of what is signed.
    pub(super) fn signs_address(&self) -> bool {
        self.parts.iter().any(|part| part_of(part) == Part::Address)
    }

    /// Several signatures need a separator that is in none of them, and in no other list.
    fn check_separator(&self) -> Result<(), Fault> {
        let Some(separator) = self.separator else {
            return Ok(());
        };
        let what = match &self.time {
            Some((TimeIn::Key(_), _)) => {
                "cannot be combined with ts_key, whose header is a list with commas or semicolons; leave it out"
            }
            Some((TimeIn::Front(_), _)) => {
                "cannot be combined with ts_separator, which has one signature after it; leave it out"
            }
            Some((TimeIn::Header(_), _)) | None => {
                return match &self.prefix {
                    Some(prefix) if prefix.contains(separator.as_char()) => Err(Fault::at(
                        "prefix",
                        "must not hold the separator, which would end it",
                    )),
                    Some(_) | None => Ok(()),
                };
            }
        };
        Err(Fault::at("separator", what))
    }

    fn read_parts(&self) -> Result<Vec<Part<'_>>, Fault> {
        let part = |text: &'_ String| -> Result<(), Fault> {
            match part_of(text) {
                Part::Header(name) => check_header("parts", name),
                Part::Text(text) if text.contains(['{', '}']) => {
                    let what = "may hold {ts}, {body}, {address}, {header:name} and texts without braces, one a part";
                    Err(Fault::at("parts", what))
                }
                Part::Text(_) | Part::Time | Part::Body | Part::Address => Ok(()),
            }
        };
        self.parts.iter().try_for_each(part)?;
        Ok(self.parts.iter().map(|text| part_of(text)).collect())
    }

    /// As a row of the table.
    pub(super) fn row(&self) -> Row<'_> {
        Row {
            header: &self.header,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            separator: self.separator,
            time: self.time.as_ref().map(|(place, unit)| match place {
                TimeIn::Header(name) => (TimeAt::Header(name), *unit),
                TimeIn::Key(key) => (TimeAt::Key(key), *unit),
                TimeIn::Front(separator) => (TimeAt::Front(separator), *unit),
            }),
            parts: Parts::Own(self.parts.iter().map(|text| part_of(text)).collect()),
            algorithm: self.algorithm,
            encoding: self.encoding,
            key: self.key,
        }
    }
}

/// Whether what is signed can be taken apart in one way only. Where a time ends can be seen, and the address is known; the
/// value of a header and the body can be anything, so each header needs a fixed text on the side of the body, which its
/// value then must not hold.
fn check_joins(parts: &[Part<'_>]) -> Result<(), Fault> {
    for (once, name) in [(Part::Body, "{body}"), (Part::Address, "{address}")] {
        if parts.iter().filter(|part| **part == once).count() > 1 {
            return Err(Fault::at("parts", format!("must hold {name} once")));
        }
    }
    for pair in parts.windows(2) {
        let what = match pair {
            [Part::Body, Part::Header(_) | Part::Time] => {
                "needs a fixed text after {body}: else one signature would be that of several requests"
            }
            [
                Part::Header(_),
                Part::Header(_) | Part::Time | Part::Body | Part::Address,
            ] => "needs a fixed text after {header:…}: else one signature would be that of several requests",
            _ => continue,
        };
        return Err(Fault::at("parts", what));
    }
    let after_body = parts.iter().skip_while(|part| **part != Part::Body);
    let mut pairs = after_body.clone().zip(after_body.skip(1));
    if pairs.any(|pair| matches!(pair, (Part::Time | Part::Address, Part::Header(_)))) {
        let what = "needs a fixed text in front of a {header:…} after {body}";
        return Err(Fault::at("parts", what));
    }
    Ok(())
}

/// Refuses a separator that can be in a time: digits, and what RFC 3339 has between them.
fn check_ts_separator(text: &str) -> Result<(), Fault> {
    let in_times = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'+' | b'-');
    if !(1..=MAX_SEPARATOR_CHARS).contains(&text.len()) || !is_visible(text) || text.bytes().any(in_times) {
        let what = "must have 1 to 8 visible ASCII characters that cannot be in a time, such as \".\" in \
                    1700000000.5257a8…";
        return Err(Fault::at("ts_separator", what));
    }
    Ok(())
}

fn part_of(text: &str) -> Part<'_> {
    let header = text
        .strip_prefix("{header:")
        .and_then(|rest| rest.strip_suffix('}'));
    match (text, header) {
        ("{ts}", _) => Part::Time,
        ("{body}", _) => Part::Body,
        ("{address}", _) => Part::Address,
        (_, Some(name)) => Part::Header(name),
        (text, None) => Part::Text(text),
    }
}

/// A name of a header (RFC 9110, `token`).
pub(super) fn check_header(field: &str, name: &str) -> Result<(), Fault> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if (1..=MAX_HEADER_NAME_CHARS).contains(&name.len()) && name.bytes().all(is_token) {
        Ok(())
    } else {
        let what =
            format!("must be the name of a header: 1 to {MAX_HEADER_NAME_CHARS} letters, digits and hyphens");
        Err(Fault::at(field, what))
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}
