//! The reader: whatever the writer would not have written is refused.

mod webhook;

use super::{ENCODING_VERSION, FIRST_IGNORABLE_KEY, MAX_INFLATED, MAX_RATIO, cbor, flag, key, target};
use crate::action::{
    self, Action, ActionKind, Confirm, Form, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_OUTPUT_BYTES, Name, Notes,
    Post, Question, Recipient, ReplySpec, wire,
};
use crate::json::{self, JsonText};
use crate::language::Language;
use crate::payload::{END_OF_TIMES, Payload};
use crate::rejection::{Damage, Fault};
use crate::target::Target;
use crate::transaction::TransactionId;
use minicbor::Decoder;
use minicbor::data::Type;
use zeroize::Zeroizing;

/// Reads the payload of a `3-` link. Whatever this version would not have written is refused.
///
/// # Errors
/// [`Damage::Content`].
pub fn read(bytes: &[u8]) -> Result<Payload, Damage> {
    fields(bytes)
        .and_then(Fields::into_payload)
        .map_err(|what| Damage::Content(what.to_owned()))
}

#[derive(Default)]
struct Fields {
    target: Option<Target>,
    transaction: Option<TransactionId>,
    issued_at: Option<u64>,
    expires_at: Option<u64>,
    flags: Option<u64>,
    name: Option<String>,
    kind: Option<u64>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
    response: Option<String>,
    page: Option<String>,
    recipient: Option<String>,
    verify: Option<Zeroizing<String>>,
    intake: Option<String>,
    locale: Option<String>,
}

fn fields(bytes: &[u8]) -> Result<Fields, &'static str> {
    let (version, map) = bytes.split_first().ok_or("empty")?;
    if *version != ENCODING_VERSION {
        return Err("unknown encoding version");
    }
    let mut fields = Fields::default();
    let mut small = None;
    read_map(map, |key, decoder| {
        match key {
            key::TOKEN | key::TARGET if target::is_known(key, decoder) => {
                let target = target::read(key, decoder)?;
                if fields.target.replace(target).is_some() {
                    return Err("token and target");
                }
            }
            key::TRANSACTION => {
                let id = decoder.bytes().ok().and_then(|bytes| bytes.try_into().ok());
                fields.transaction = Some(TransactionId::new(id.ok_or("transaction id")?));
            }
            key::ISSUED_AT => fields.issued_at = Some(time(decoder).ok_or("issue time")?),
            key::EXPIRES_AT => fields.expires_at = Some(time(decoder).ok_or("expiration")?),
            key::FLAGS => fields.flags = Some(decoder.u64().map_err(|_| "flags")?),
            key::NAME => fields.name = Some(text(decoder)?),
            key::TYPE => fields.kind = Some(decoder.u64().map_err(|_| "type")?),
            key::OUTPUT => fields.output = Some(text(decoder)?),
            key::ERROR => fields.error = Some(text(decoder)?),
            key::CAUSE => fields.cause = Some(text(decoder)?),
            key::RECIPIENT => fields.recipient = Some(text(decoder)?),
            key::VERIFY => fields.verify = Some(text(decoder)?.into()),
            key::INTAKE => fields.intake = Some(text(decoder)?),
            key::LOCALE => fields.locale = read_locale(decoder)?,
            key::STATIC => small = Some(decoder.bytes().map_err(|_| "static parts")?.to_vec()),
            key => return read_static(&mut fields, key, decoder),
        }
        Ok(())
    })?;
    if let Some(small) = small {
        if fields.response.is_some() || fields.page.is_some() {
            return Err("static parts given twice");
        }
        read_map(&inflated(&small)?, |key, decoder| match key {
            key::RESPONSE | key::PAGE => read_static(&mut fields, key, decoder),
            _ => Err("unknown static part"),
        })?;
    }
    Ok(fields)
}

fn time(decoder: &mut Decoder<'_>) -> Option<u64> {
    decoder.u64().ok().filter(|time| *time < END_OF_TIMES)
}

fn read_static(fields: &mut Fields, key: u64, decoder: &mut Decoder<'_>) -> Result<(), &'static str> {
    match key {
        key::RESPONSE => fields.response = Some(text(decoder)?),
        key::PAGE => fields.page = Some(text(decoder)?),
        FIRST_IGNORABLE_KEY.. => decoder.skip().map_err(|_| "unreadable ignorable field")?,
        _ => return Err("unknown critical field"),
    }
    Ok(())
}

/// Reads a map of ascending integer keys and demands the one encoding that a writer of ours chooses.
fn read_map<'b>(
    bytes: &'b [u8],
    mut field: impl FnMut(u64, &mut Decoder<'b>) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut decoder = Decoder::new(bytes);
    let count = decoder
        .map()
        .ok()
        .flatten()
        .ok_or("not a map of definite length")?;
    let mut canonical = cbor(|e| drop(e.map(count)));
    let mut last = None;
    for _ in 0..count {
        let key = decoder.u64().map_err(|_| "a key is not a number")?;
        if last.is_some_and(|last| last >= key) {
            return Err("keys are not ascending");
        }
        last = Some(key);
        let start = decoder.position();
        field(key, &mut decoder)?;
        let value = bytes.get(start..decoder.position()).ok_or("cut short")?;
        canonical.extend(cbor(|e| drop(e.u64(key))));
        canonical.extend(canonical_value(value)?);
    }
    match decoder.position() == bytes.len() && canonical == bytes {
        true => Ok(()),
        false => Err("not the canonical encoding"),
    }
}

/// A value written again in the shortest form; anything but integers, strings and arrays of them is refused.
fn canonical_value(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut decoder = Decoder::new(value);
    let mut again = Vec::with_capacity(value.len());
    let mut left = 1u64;
    while left > 0 {
        left -= 1;
        match decoder.datatype().map_err(|_| "cut short")? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
                let number = decoder.u64().map_err(|_| "number")?;
                again.extend(cbor(|e| drop(e.u64(number))));
            }
            Type::Bytes => {
                let bytes = decoder.bytes().map_err(|_| "bytes")?;
                again.extend(cbor(|e| drop(e.bytes(bytes))));
            }
            Type::String => {
                let text = decoder.str().map_err(|_| "text")?;
                again.extend(cbor(|e| drop(e.str(text))));
            }
            Type::Array => {
                let count = decoder.array().ok().flatten().ok_or("array")?;
                left = left.checked_add(count).ok_or("array too long")?;
                again.extend(cbor(|e| drop(e.array(count))));
            }
            _ => return Err("a type that payloads do not have"),
        }
    }
    Ok(again)
}

fn text(decoder: &mut Decoder<'_>) -> Result<String, &'static str> {
    decoder.str().map(str::to_owned).map_err(|_| "a text is not text")
}

/// Only the language of a page: a value that this reader does not know is passed over, as the whole field is by one
/// that does not know its key.
fn read_locale(decoder: &mut Decoder<'_>) -> Result<Option<String>, &'static str> {
    match decoder.datatype() {
        Ok(Type::String) => text(decoder).map(Some),
        _ => decoder
            .skip()
            .map(|()| None)
            .map_err(|_| "unreadable ignorable field"),
    }
}

impl Fields {
    fn into_payload(self) -> Result<Payload, &'static str> {
        let response = self
            .response
            .map(|text| read_response(&text))
            .transpose()?
            .unwrap_or_default();
        let flags = self.flags.unwrap_or(0);
        let known = flag::PARAMETERS | flag::CONFIRM | flag::STRICT | flag::CALLBACK;
        if flags & !known != 0 || self.flags == Some(0) {
            return Err("unknown flags");
        }
        let (asks, strict) = (flags & flag::CONFIRM != 0, flags & flag::STRICT != 0);
        let mut question = Question::default();
        let (verify, intake) = (self.verify.as_ref().map(|text| text.as_str()), self.intake);
        let kind = match (
            self.kind.ok_or("no type")?,
            self.output,
            self.error,
            self.cause,
            self.page,
        ) {
            (0, Some(output), None, None, page) => {
                question = read_question(page, asks)?;
                let output = read_output(&output)?;
                ActionKind::Success { output }
            }
            (1, None, error, cause, page) => {
                question = read_question(page, asks)?;
                ActionKind::Failure {
                    error: within(error, MAX_ERROR_CHARS)?,
                    cause: within(cause, MAX_CAUSE_CHARS)?,
                }
            }
            (2, None, None, None, page) => {
                question = read_question(page, asks)?;
                ActionKind::Heartbeat
            }
            (3, None, None, None, Some(outcomes)) => {
                let outcomes = read_outcomes(&outcomes)?;
                let webhook = webhook::read(verify, intake.as_deref(), &outcomes, &response)?;
                ActionKind::Post(Post { outcomes, webhook })
            }
            (4, None, None, None, Some(form)) => ActionKind::Form(read_form(&form)?),
            _ => return Err("fields that do not belong to the type"),
        };
        if (verify.is_some() || intake.is_some()) && !matches!(kind, ActionKind::Post(_)) {
            return Err("fields that do not belong to the type");
        }
        let confirm = match (&kind, asks, strict) {
            (ActionKind::Form(_), false, false) => Confirm::Page,
            (ActionKind::Form(_), false, true) => Confirm::Strict,
            (ActionKind::Form(_) | ActionKind::Post(_), true, _) | (_, false, true) => {
                return Err("flags that do not belong to the type");
            }
            (_, false, false) => Confirm::Off,
            (_, true, false) => Confirm::Page,
            (_, true, true) => Confirm::Strict,
        };
        let target = self.target.ok_or("no token")?;
        let recipient = self.recipient.map(Recipient::new).transpose();
        let payload = Payload {
            target,
            transaction: self.transaction.ok_or("no transaction id")?,
            issued_at: self.issued_at.ok_or("no issue time")?,
            expires_at: self.expires_at,
            parameters: flags & flag::PARAMETERS != 0,
            action: Action {
                name: Name::new(self.name.ok_or("no name")?).map_err(|_| "name")?,
                kind,
                response,
                confirm,
                question,
            },
            callback: flags & flag::CALLBACK != 0,
            recipient: recipient.map_err(|_| "recipient")?,
            locale: self.locale.and_then(|tag| Language::of_tag(&tag)),
        };
        match payload.action.may_beat() && !payload.target.kind().takes_heartbeats() {
            true => Err("a heartbeat for a target that has none"),
            false => Ok(payload),
        }
    }
}

fn within(text: Option<String>, max: usize) -> Result<Option<String>, &'static str> {
    let too_long = text.as_ref().is_some_and(|text| text.chars().nth(max).is_some());
    if too_long {
        Err("error or cause over its limit")
    } else {
        Ok(text)
    }
}

fn read_output(text: &str) -> Result<JsonText, &'static str> {
    let output = JsonText::parse(text).map_err(|_| "output is not JSON")?;
    match output.as_str().len() <= MAX_OUTPUT_BYTES && output.as_str() == text {
        true => Ok(output),
        false => Err("output is not compact or over its limit"),
    }
}

fn read_response(text: &str) -> Result<ReplySpec, &'static str> {
    let mut unknown = false;
    let wire: Result<wire::Response, Fault> = action::read_text(text, |_| unknown = true);
    match wire.and_then(ReplySpec::read) {
        Ok(response) if !unknown && json::is_shallow(text) => Ok(response),
        Ok(_) => Err("response has unknown fields"),
        Err(_) => Err("response"),
    }
}

/// Only a link that asks has a page.
fn read_question(page: Option<String>, asks: bool) -> Result<Question, &'static str> {
    let Some(text) = page else {
        return Ok(Question::default());
    };
    if !asks {
        return Err("fields that do not belong to the type");
    }
    let wire: Result<wire::ConfirmPage, Fault> = action::read_text(&text, |_| ());
    let question = wire.and_then(Question::read).map_err(|_| "page")?;
    let canonical = question.to_json().is_some_and(|json| json.as_str() == text);
    match canonical && json::is_shallow(&text) {
        true => Ok(question),
        false => Err("page is not canonical"),
    }
}

fn read_form(text: &str) -> Result<Form, &'static str> {
    if !json::is_shallow(text) {
        return Err("form nested too deep");
    }
    let form = Form::read_sealed(text).map_err(|_| "form")?;
    match form.to_json().as_str() == text {
        true => Ok(form),
        false => Err("form is not canonical"),
    }
}

fn read_outcomes(text: &str) -> Result<action::Outcomes, &'static str> {
    if !json::is_shallow(text) {
        return Err("outcomes nested too deep");
    }
    let notes = Notes::default();
    let outcomes = action::outcomes::read_sealed(text, &notes).map_err(|_| "outcomes")?;
    if notes.list().is_empty() {
        Ok(outcomes)
    } else {
        Err("outcomes have unknown fields")
    }
}

fn inflated(small: &[u8]) -> Result<Vec<u8>, &'static str> {
    let limit = MAX_INFLATED.min(small.len().saturating_mul(MAX_RATIO));
    miniz_oxide::inflate::decompress_to_vec_with_limit(small, limit)
        .map_err(|_| "static parts do not inflate")
}
