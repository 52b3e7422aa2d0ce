//! `multipart/form-data` (RFC 7578): fields as strings; of files only name, type and size.

use super::fields::Fields;
use super::refused;
use crate::json::without_mark;
use crate::rejection::Rejection;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream;
use multer::{Field, Multipart};
use std::convert::Infallible;

/// Most parts of a body.
pub(super) const MAX_PARTS: usize = 100;

/// Reads the parts of a body that is wholly in memory.
pub(super) fn read(body: &[u8], content_type: &str) -> Result<Fields, Rejection> {
    let boundary = multer::parse_boundary(content_type);
    let boundary = boundary.map_err(|_| refused("is multipart, and its type names no boundary"))?;
    let body = without_mark(body);
    // The parser looks for the boundary everywhere, in a text within JSON too, and the content type is not signed.
    let begins = body.strip_prefix(b"\r\n").unwrap_or(body);
    let begins = begins
        .strip_prefix(b"--")
        .and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
    if begins.is_none() {
        return Err(refused("is multipart, and does not begin with its boundary"));
    }
    let body = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(body))]);
    let mut parts = Multipart::new(body, boundary);
    let mut fields = Fields::default();
    while let Some(part) = at_once(parts.next_field())? {
        if fields.count() == MAX_PARTS {
            return Err(refused("has more than 100 parts"));
        }
        let (name, value) = value(part)?;
        fields.add(name, value);
    }
    Ok(fields)
}

fn value(part: Field<'_>) -> Result<(String, serde_json::Value), Rejection> {
    let name = part.name().map(str::to_owned);
    let name = name.ok_or_else(|| refused("has a part without a name"))?;
    let file = part.file_name().map(str::to_owned);
    let content_type = part.content_type().map(ToString::to_string);
    let bytes = at_once(part.bytes())?;
    let value = match file {
        Some(file) => serde_json::json!({
            "filename": file,
            "content_type": content_type,
            "size": bytes.len(),
        }),
        None => {
            let text = String::from_utf8(bytes.into());
            text.map_err(|_| refused("has a part that is not UTF-8"))?.into()
        }
    };
    Ok((name, value))
}

/// The parser is made for bodies that are still coming; in memory, it never has to wait.
fn at_once<T>(future: impl Future<Output = multer::Result<T>>) -> Result<T, Rejection> {
    match future.now_or_never() {
        Some(Ok(value)) => Ok(value),
        Some(Err(_)) | None => Err(refused("is not readable as multipart/form-data")),
    }
}
