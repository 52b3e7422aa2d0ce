//! Bodies beyond JSON, made JSON: what schemas and paths of outcomes then see.

mod fields;
mod multipart;

use super::Scheme;
use super::intake::{BodyKind, Intake};
use crate::json::JsonText;
use crate::rejection::{Fault, Rejection};
use crate::select::{MAX_BODY_BYTES, essence, is_json_type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fields::Fields;
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
    let taken = kind(body, content_type).filter(|kind| intake.takes(*kind, scheme));
    let text = match taken {
        Some(BodyKind::Empty) => Cow::Borrowed("null"),
        Some(BodyKind::Json) => Cow::Borrowed(utf8(body)?),
        Some(BodyKind::Text) => Cow::Owned(JsonText::of(&utf8(body)?).into_string()),
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

/// The fields of a form. Bytes that were signed as JSON would be a form as well, with fields that whoever wrote a text
/// inside of them chose; no form begins as JSON does.
fn form(body: &[u8]) -> Result<Fields, Rejection> {
    if let Some(b'{' | b'[' | b'"') = body.trim_ascii_start().first() {
        return Err(refused("is not a form"));
    }
    let mut fields = Fields::default();
    for pair in utf8(body)?.split('&').filter(|pair| !pair.is_empty()) {
        if fields.count() == MAX_FIELDS {
            return Err(refused("has more than 1,000 fields"));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.add(decoded(name)?, decoded(value)?.into());
    }
    Ok(fields)
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
