//! Payloads inside of `3-` links: deterministic CBOR with small integer keys (docs/FORMAT.md, "Payload").

mod read;
mod target;

pub use read::read;

use super::Payload;
use crate::action::{Action, ActionKind, Confirm};
use crate::json::JsonText;
use crate::webhook::Verify;
use minicbor::Encoder;

/// First byte of every payload.
const ENCODING_VERSION: u8 = 1;
/// Keys below this one are critical: a reader that does not know one refuses the link.
const FIRST_IGNORABLE_KEY: u64 = 24;
/// Bytes that deflating must save before it is done.
const MIN_SAVING: usize = 64;
/// Bytes that the static parts may have when inflated.
const MAX_INFLATED: usize = 65_536;
/// How many times larger than deflated they may be.
const MAX_RATIO: usize = 50;

mod key {
    pub const TOKEN: u64 = 0;
    pub const TRANSACTION: u64 = 1;
    pub const ISSUED_AT: u64 = 2;
    pub const EXPIRES_AT: u64 = 3;
    pub const FLAGS: u64 = 4;
    pub const NAME: u64 = 5;
    pub const TYPE: u64 = 6;
    pub const OUTPUT: u64 = 7;
    pub const ERROR: u64 = 8;
    pub const CAUSE: u64 = 9;
    pub const RESPONSE: u64 = 10;
    pub const PAGE: u64 = 11;
    pub const TARGET: u64 = 14;
    pub const STATIC: u64 = 15;
    pub const RECIPIENT: u64 = 16;
    pub const VERIFY: u64 = 17;
    pub const INTAKE: u64 = 18;
    pub const LOCALE: u64 = 24;
}

/// Bits of the flags. Bit 2 is kept for links that say expressly that GET acts.
mod flag {
    pub const PARAMETERS: u64 = 1;
    pub const CONFIRM: u64 = 1 << 1;
    pub const STRICT: u64 = 1 << 3;
    pub const CALLBACK: u64 = 1 << 4;
}

/// Writes the payload of a `3-` link.
pub fn write(payload: &Payload) -> Vec<u8> {
    let mut fields: Vec<(u64, Vec<u8>)> = vec![
        target::write(&payload.target),
        (
            key::TRANSACTION,
            cbor(|e| drop(e.bytes(payload.transaction.as_bytes()))),
        ),
        (key::ISSUED_AT, cbor(|e| drop(e.u64(payload.issued_at)))),
        (key::NAME, cbor(|e| drop(e.str(payload.action.name.as_str())))),
        (
            key::TYPE,
            cbor(|e| drop(e.u64(type_number(&payload.action.kind)))),
        ),
    ];
    let mut text = |key: u64, text: &str| fields.push((key, cbor(|e| drop(e.str(text)))));
    match &payload.action.kind {
        ActionKind::Success { output } => text(key::OUTPUT, output.as_str()),
        ActionKind::Failure { error, cause } => {
            error.iter().for_each(|error| text(key::ERROR, error));
            cause.iter().for_each(|cause| text(key::CAUSE, cause));
        }
        ActionKind::Post(post) => {
            // Not among the static parts: a secret is never compressed.
            if let Some(webhook) = &post.webhook {
                let verify = webhook.verify.as_ref().map(Verify::to_json);
                verify
                    .iter()
                    .for_each(|verify| text(key::VERIFY, verify.as_str()));
                let intake = webhook.intake.to_json();
                intake
                    .iter()
                    .for_each(|intake| text(key::INTAKE, intake.as_str()));
            }
        }
        ActionKind::Heartbeat | ActionKind::Form(_) => {}
    }
    payload
        .recipient
        .iter()
        .for_each(|recipient| text(key::RECIPIENT, recipient.as_str()));
    payload
        .locale
        .iter()
        .for_each(|locale| text(key::LOCALE, locale.tag()));
    if let Some(expires_at) = payload.expires_at {
        fields.push((key::EXPIRES_AT, cbor(|e| drop(e.u64(expires_at)))));
    }
    match flags(payload) {
        0 => {}
        flags => fields.push((key::FLAGS, cbor(|e| drop(e.u64(flags))))),
    }
    let static_parts = static_parts(&payload.action);
    match deflated(&static_parts) {
        Some(small) => fields.push((key::STATIC, cbor(|e| drop(e.bytes(&small))))),
        None => fields.extend(static_parts),
    }
    let mut bytes = vec![ENCODING_VERSION];
    bytes.extend(map(fields));
    bytes
}

fn flags(payload: &Payload) -> u64 {
    let confirm = match (&payload.action.kind, payload.action.confirm) {
        // A form asks anyway, a post action never.
        (ActionKind::Form(_), Confirm::Strict) => flag::STRICT,
        (ActionKind::Form(_) | ActionKind::Post(_), _) | (_, Confirm::Off) => 0,
        (_, Confirm::Page) => flag::CONFIRM,
        (_, Confirm::Strict) => flag::CONFIRM | flag::STRICT,
    };
    let parameters = if payload.parameters { flag::PARAMETERS } else { 0 };
    let callback = if payload.callback { flag::CALLBACK } else { 0 };
    parameters | confirm | callback
}

/// The parts that do not depend on who sends what: they may be compressed, since no secret is among them.
fn static_parts(action: &Action) -> Vec<(u64, Vec<u8>)> {
    let page = match &action.kind {
        ActionKind::Post(post) => Some(post.outcomes.sealed.clone()),
        ActionKind::Form(form) => Some(form.to_json()),
        ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat => {
            action.question.to_json()
        }
    };
    let parts = [(key::RESPONSE, action.response.to_json()), (key::PAGE, page)];
    let text = |text: JsonText| cbor(|e| drop(e.str(text.as_str())));
    parts
        .into_iter()
        .filter_map(|(key, part)| Some((key, text(part?))))
        .collect()
}

fn deflated(parts: &[(u64, Vec<u8>)]) -> Option<Vec<u8>> {
    let plain = map(parts.to_vec());
    if plain.len() <= MIN_SAVING {
        return None; // nothing to gain, and the compressor's tables are the dearest part of sealing
    }
    let small = miniz_oxide::deflate::compress_to_vec(&plain, 9);
    let allowed = plain.len() <= MAX_INFLATED && plain.len() <= small.len() * MAX_RATIO;
    (allowed && small.len() + MIN_SAVING <= plain.len()).then_some(small)
}

fn type_number(kind: &ActionKind) -> u64 {
    match kind {
        ActionKind::Success { .. } => 0,
        ActionKind::Failure { .. } => 1,
        ActionKind::Heartbeat => 2,
        ActionKind::Post(_) => 3,
        ActionKind::Form(_) => 4,
    }
}

fn cbor(write: impl FnOnce(&mut Encoder<Vec<u8>>)) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder);
    encoder.into_writer()
}

/// A map with its keys in ascending order, which is what makes the encoding deterministic.
fn map(mut fields: Vec<(u64, Vec<u8>)>) -> Vec<u8> {
    fields.sort_by_key(|(key, _)| *key);
    let mut bytes = cbor(|e| drop(e.map(fields.len() as u64)));
    for (key, value) in fields {
        bytes.extend(cbor(|e| drop(e.u64(key))));
        bytes.extend(value);
    }
    bytes
}

#[cfg(test)]
mod tests;
