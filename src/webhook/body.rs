//! Bodies beyond JSON, made JSON: what schemas and paths of outcomes then see.

mod fields;
mod multipart;

pub(super) use fields::Fields;

use super::Scheme;
use super::intake::{BodyKind, Intake};
use crate::json::{JsonText, without_mark};
use crate::rejection::{Fault, Rejection};
use crate::select::{MAX_BODY_BYTES, essence, is_json_type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Most fields of a form.
pub(super) const MAX_FIELDS: usize = 1_000;

/// The JSON of a body. For a JSON body its own text, which nobody has looked into yet.
///
/// # Errors
/// `InvalidPostActionBody`: too large or unreadable (400), or of a type that the link does not take (415).
pub fn as_json<'a>(
    intake: &Intake,
    scheme: Option<&Scheme>,
    body: &'a [u8],
    content_type: Option<&str>,
) -> Result<Cow<'a, str>, Rejection> {
    check_size(body)?;
    let text_is_json = intake.takes(BodyKind::TextJson, scheme);
    let taken = read_as(body, content_type, text_is_json).filter(|kind| intake.takes(*kind, scheme));
    let text = match taken {
        Some(BodyKind::Empty) => Cow::Borrowed("null"),
        Some(BodyKind::Json | BodyKind::TextJson) => Cow::Borrowed(utf8(body)?),
        Some(BodyKind::Text) => Cow::Owned(JsonText::of(&utf8(without_mark(body))?).into_string()),
        Some(BodyKind::Form) => Cow::Owned(unwrapped(form(body)?, intake.unwrap.as_deref())?),
        Some(BodyKind::Multipart) => {
            let fields = multipart::read(body, content_type.unwrap_or_default())?;
            Cow::Owned(unwrapped(fields, intake.unwrap.as_deref())?)
        }
        None if intake.accept_raw => Cow::Owned(format!("\"{}\"", STANDARD.encode(body))),
        None if body.is_empty() => return Err(refused("is missing")),
        None => return Err(Rejection::BodyTypeNotTaken),
    };
    Ok(text)
}

/// Refuses what is too large, before any work is done for it.
///
/// # Errors
/// `InvalidPostActionBody`
pub fn check_size(body: &[u8]) -> Result<(), Rejection> {
    match body.len() {
        0..=MAX_BODY_BYTES => Ok(()),
        _ => Err(refused("is larger than 1 MiB")),
    }
}

/// What a body is read as: what it is by its type, but a text is JSON where the link says so.
pub(super) fn read_as(body: &[u8], content_type: Option<&str>, text_is_json: bool) -> Option<BodyKind> {
    match kind(body, content_type) {
        Some(BodyKind::Text) if text_is_json => Some(BodyKind::TextJson),
        kind => kind,
    }
}

/// What a body is by its type; nothing else is guessed.
fn kind(body: &[u8], content_type: Option<&str>) -> Option<BodyKind> {
    if body.is_empty() {
        return Some(BodyKind::Empty);
    }
    let content_type = content_type?;
    match essence(content_type).as_str() {
        "application/x-www-form-urlencoded" => Some(BodyKind::Form),
        "multipart/form-data" => Some(BodyKind::Multipart),
        _ if is_json_type(content_type) => Some(BodyKind::Json),
        other if other.starts_with("text/") => Some(BodyKind::Text),
        _ => None,
    }
}

/// The fields of a form or multipart body, by its content type; `None` for every other kind.
///
/// # Errors
/// It cannot be read.
pub(super) fn fields(body: &[u8], content_type: Option<&str>) -> Result<Option<Fields>, Rejection> {
    match kind(body, content_type) {
        Some(BodyKind::Form) => form(body).map(Some),
        Some(BodyKind::Multipart) => multipart::read(body, content_type.unwrap_or_default()).map(Some),
        Some(BodyKind::Json | BodyKind::Text | BodyKind::TextJson | BodyKind::Empty) | None => Ok(None),
    }
}

fn form(body: &[u8]) -> Result<Fields, Rejection> {
    let mut fields = Fields::default();
    for (name, value) in pairs(body)? {
        fields.add(name, value.into());
    }
    Ok(fields)
}

/// Names and values of a form, in its order.
///
/// # Errors
/// It is not a form, has too many fields, or one that is not UTF-8.
pub(super) fn pairs(body: &[u8]) -> Result<Vec<(String, String)>, Rejection> {
    let body = without_mark(body);
    if is_something_else(body) {
        return Err(refused("is not a form"));
    }
    let mut fields = Vec::new();
    for pair in utf8(body)?.split('&').filter(|pair| !pair.is_empty()) {
        if fields.len() == MAX_FIELDS {
            return Err(refused("has more than 1,000 fields"));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.push((decoded(name)?, decoded(value)?));
    }
    Ok(fields)
}

/// Whether bytes are JSON or multipart, which would be a form as well, with fields that whoever wrote a text inside of
/// them chose. The content type is not signed, so the bytes themselves must tell: a form does not begin as JSON does, is
/// not a number or a word of JSON, does not begin as multipart does, and has its line breaks encoded.
fn is_something_else(body: &[u8]) -> bool {
    let text = body.trim_ascii();
    let is_json = match text.first() {
        Some(b'{' | b'[' | b'"') => true,
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => serde_json::from_slice::<IgnoredAny>(text).is_ok(),
        Some(_) | None => false,
    };
    is_json || text.starts_with(b"--") || text.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

fn decoded(text: &str) -> Result<String, Rejection> {
    let blanks = text.replace('+', " ");
    let bytes = percent_encoding::percent_decode_str(&blanks);
    match bytes.decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(refused("has a field that is not UTF-8")),
    }
}

/// The JSON that one field holds, if the author asks for it and the field is there; else all fields.
fn unwrapped(fields: Fields, field: Option<&str>) -> Result<String, Rejection> {
    let Some(value) = field.and_then(|field| fields.get(field)) else {
        return Ok(fields.into_json());
    };
    match value {
        serde_json::Value::String(text) => Ok(text.clone()),
        _ => Err(refused(
            "has the field that holds its JSON more than once, or as a file",
        )),
    }
}

fn utf8(body: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(body).map_err(|_| refused("is not UTF-8"))
}

fn refused(what: &str) -> Rejection {
    Rejection::InvalidPostActionBody(Fault::at("body", what))
}

#[cfg(test)]
mod tests;
