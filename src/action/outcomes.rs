//! The outcomes of post actions and forms, from JSON text to checked parts.

use super::face::{Button, Face};
use super::read::{Notes, Source, output, read_text, response_of, within};
use super::{
    ActionType, Form, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_OUTCOMES, MAX_SCHEMA_BYTES, Name, Outcome,
    OutcomeKind, Outcomes, OutputFrom, Style, TextFrom, wire,
};
use crate::json::tree::{self, TreeFault};
use crate::json::{self, JsonText};
use crate::rejection::{Fault, Rejection};
use crate::select::schema::numbers::is_kept;
use crate::select::{
    path::Path,
    schema::{self, Formats},
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// Most that a schema may take as a tree: more than [`MAX_SCHEMA_BYTES`] of any shape do.
const MAX_SCHEMA_TREE_BYTES: usize = 4 << 20;
const TOO_LARGE: &str = "is larger than 16,384 bytes";

/// The first field that is not known, where such fields are refused.
#[derive(Default)]
pub struct Unknown(Option<String>);

impl Unknown {
    /// Keeps the first.
    pub fn note(&mut self, field: &str) {
        self.0.get_or_insert_with(|| field.to_owned());
    }

    /// # Errors
    /// The field.
    pub fn refuse(self) -> Result<(), Fault> {
        match self.0 {
            None => Ok(()),
            Some(field) => Err(Fault::at(
                super::read::short(&field),
                "is not known here; check its name, or leave it out",
            )),
        }
    }
}

/// Reads the outcomes of a post action; unknown fields are noted and ignored, as they always were.
///
/// # Errors
/// As [`super::read_action`].
pub fn post_outcomes(
    list: &[Box<RawValue>],
    at: &str,
    source: Source,
    notes: &Notes,
) -> Result<Outcomes, Rejection> {
    check_count(list.len(), at, source)?;
    let mut read = Vec::with_capacity(list.len());
    for (index, raw) in list.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let ignored = |field: &str| notes.ignored(&at, field);
        read.push(outcome(raw, &at, source, Formats::Ignored, ignored)?);
    }
    put_together(read, at)
}

/// Reads the outcomes of a form; unknown fields are refused.
///
/// # Errors
/// As [`super::read_action`].
pub fn form_outcomes(list: &[Box<RawValue>], at: &str, source: Source) -> Result<Outcomes, Rejection> {
    check_count(list.len(), at, source)?;
    let mut read = Vec::with_capacity(list.len());
    let mut names = HashSet::new();
    for (index, raw) in list.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let (outcome, sealed) = form_outcome(raw, &at, source)?;
        if !names.insert(outcome.name.clone()) {
            let what = "another outcome has the same name; give each button its own";
            return Err(Rejection::InvalidJson(Fault::at("name", what).under(&at)));
        }
        read.push((outcome, sealed));
    }
    put_together(read, at)
}

/// Each outcome's schema is compiled, so a request is not to hold too many. What was sealed is bounded by its link.
fn check_count(count: usize, at: &str, source: Source) -> Result<(), Rejection> {
    match source {
        Source::Request(_) if count > MAX_OUTCOMES => {
            let what = "holds more than 100 outcomes";
            Err(Rejection::InvalidJson(Fault::at(at, what)))
        }
        Source::Request(_) | Source::Sealed => Ok(()),
    }
}

impl Form {
    /// The parts that there are, as they are sealed.
    pub fn sealed_parts(&self) -> Vec<(&'static str, JsonText)> {
        let mut parts = self.face.sealed_parts();
        parts.push(("outcomes", self.outcomes.sealed.clone()));
        parts
    }

    /// The form as it is sealed.
    pub fn to_json(&self) -> JsonText {
        let parts = self.sealed_parts();
        let parts = parts.into_iter().map(|(name, part)| (name, part.into_raw()));
        let parts: Vec<_> = parts.collect();
        JsonText::object(parts.iter().map(|(name, part)| (*name, part.as_ref())))
    }

    /// Reads a form that was sealed.
    ///
    /// # Errors
    /// As [`super::read_action`].
    pub fn read_sealed(text: &str) -> Result<Self, Rejection> {
        let wire: wire::FormPage = read_text(text, |_| ()).map_err(Rejection::InvalidJson)?;
        Ok(Self {
            face: Face::read(wire.title, wire.text, wire.facts).map_err(Rejection::InvalidJson)?,
            outcomes: form_outcomes(&wire.outcomes, "outcomes", Source::Sealed)?,
        })
    }
}

/// Reads the outcomes of a sealed post action.
///
/// # Errors
/// As [`super::read_action`].
pub fn read_sealed(text: &str, notes: &Notes) -> Result<Outcomes, Rejection> {
    let list: Vec<Box<RawValue>> = read_text(text, |_| ()).map_err(Rejection::InvalidJson)?;
    post_outcomes(&list, "outcomes", Source::Sealed, notes)
}

/// The outcome of a form is that of a post action, with a button, and with a schema that may be left out.
fn form_outcome(raw: &RawValue, at: &str, source: Source) -> Result<(Outcome, JsonText), Rejection> {
    let invalid = |fault: Fault| Rejection::InvalidJson(fault.under(at));
    let mut fields = json::members(raw).map_err(|what| invalid(Fault::at("", what)))?;
    let mut take = |name: &str| {
        let place = fields.iter().position(|(field, _)| field == name)?;
        Some(fields.remove(place).1)
    };
    let (label, style) = (take("label"), take("style"));
    let has_schema = fields.iter().any(|(field, _)| field == "schema");
    let anything = JsonText::object([]).into_raw();
    if !has_schema {
        fields.push(("schema".into(), &anything));
    }
    let text = |raw: &RawValue, at: &str| -> Result<String, Rejection> {
        read_text(raw.get(), |_| ()).map_err(|fault| invalid(fault.under(at)))
    };
    let label = label.map(|raw| text(raw, "label")).transpose()?;
    let style = style.map(|raw| text(raw, "style")).transpose()?;
    let style = style.map(|style| match style.as_str() {
        "primary" => Ok(Style::Primary),
        "danger" => Ok(Style::Danger),
        "secondary" => Ok(Style::Secondary),
        _ => Err(invalid(Fault::at(
            "style",
            "must be primary, danger or secondary",
        ))),
    });
    let button = Button::read(label, style.transpose()?).map_err(invalid)?;
    let mut unknown = Unknown::default();
    let rest = JsonText::object(fields.iter().map(|(name, value)| (name.as_str(), *value))).into_raw();
    let (outcome, sealed) = outcome(&rest, at, source, Formats::Asserted, |field| unknown.note(field))?;
    unknown.refuse().map_err(invalid)?;
    let mut sealed = sealed.into_string();
    sealed.truncate(sealed.len() - 1);
    if let Some(label) = &button.label {
        sealed.push_str(&format!(",\"label\":{}", JsonText::of(label).as_str()));
    }
    if let Some(style) = button.style {
        sealed.push_str(&format!(",\"style\":{}", JsonText::of(&style).as_str()));
    }
    sealed.push('}');
    let sealed = JsonText::parse(&sealed).map_err(|fault| invalid(Fault::at("", fault)))?;
    Ok((Outcome { button, ..outcome }, sealed))
}

fn put_together(read: Vec<(Outcome, JsonText)>, at: &str) -> Result<Outcomes, Rejection> {
    if read.is_empty() {
        return Err(Rejection::InvalidJson(Fault::at(
            at,
            "must hold at least one outcome",
        )));
    }
    let (list, texts): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    Ok(Outcomes {
        sealed: JsonText::array(&texts),
        list,
    })
}

/// An outcome, and the text that is sealed of it: its known fields.
fn outcome(
    raw: &RawValue,
    at: &str,
    source: Source,
    formats: Formats,
    ignored: impl FnMut(&str),
) -> Result<(Outcome, JsonText), Rejection> {
    let text = raw.get();
    let invalid = |fault: Fault| Rejection::InvalidJson(fault.under(at));
    let path = |text: Option<String>, field: &str| -> Result<Option<Path>, Rejection> {
        let wrong = |fault| Rejection::InvalidJsonPath(Fault::at(field, fault).under(at));
        text.map(|text| Path::parse(&text)).transpose().map_err(wrong)
    };
    let kind: wire::Kind = read_text(text, |_| ()).map_err(invalid)?;
    let (name, schema, kind, response, sealed) = match kind.kind {
        ActionType::Success => {
            let wire: wire::SuccessOutcome = read_text(text, ignored).map_err(invalid)?;
            let sealed = sealed_text(&wire).map_err(invalid)?;
            let from = match (
                wire.output,
                wire.output_body,
                path(wire.output_path, "output_path")?,
            ) {
                (Some(fixed), None, None) => OutputFrom::Fixed(output(&fixed).map_err(invalid)?),
                (None, Some(true), None) => OutputFrom::Body,
                (None, None, Some(path)) => OutputFrom::Matches(path),
                (None, Some(false), None) => return Err(invalid(Fault::at("output_body", "must be true"))),
                _ => {
                    let what = "must have exactly one of output, output_body and output_path";
                    return Err(invalid(Fault::at("", what)));
                }
            };
            (
                wire.name,
                wire.schema,
                OutcomeKind::Success(from),
                wire.response,
                sealed,
            )
        }
        ActionType::Failure => {
            let wire: wire::FailureOutcome = read_text(text, ignored).map_err(invalid)?;
            let sealed = sealed_text(&wire).map_err(invalid)?;
            let error = within(wire.error, "error", MAX_ERROR_CHARS).map_err(invalid)?;
            let error = text_from(error, path(wire.error_path, "error_path")?);
            let error =
                error.ok_or_else(|| invalid(Fault::at("", "must not have both error and error_path")))?;
            let cause = within(wire.cause, "cause", MAX_CAUSE_CHARS).map_err(invalid)?;
            let cause = text_from(cause, path(wire.cause_path, "cause_path")?);
            let cause =
                cause.ok_or_else(|| invalid(Fault::at("", "must not have both cause and cause_path")))?;
            (
                wire.name,
                wire.schema,
                OutcomeKind::Failure(error, cause),
                wire.response,
                sealed,
            )
        }
        ActionType::Heartbeat => {
            let wire: wire::HeartbeatOutcome = read_text(text, ignored).map_err(invalid)?;
            let sealed = sealed_text(&wire).map_err(invalid)?;
            (
                wire.name,
                wire.schema,
                OutcomeKind::Heartbeat,
                wire.response,
                sealed,
            )
        }
        ActionType::Post | ActionType::Form => {
            return Err(invalid(Fault::at(
                "type",
                "must be success, failure or heartbeat",
            )));
        }
    };
    let name = Name::new(name).map_err(|what| invalid(Fault::at("name", what)))?;
    let schema = read_schema(&schema, at, source, formats)?;
    let response = response_of(response).map_err(invalid)?;
    Ok((
        Outcome {
            name,
            schema,
            kind,
            response,
            button: Button::default(),
        },
        sealed,
    ))
}

/// An outcome as it is sealed: compact, whatever white space its author put into the values that are kept as text.
fn sealed_text(wire: &impl Serialize) -> Result<JsonText, Fault> {
    JsonText::parse(JsonText::of(wire).as_str()).map_err(|fault| Fault::at("", fault))
}

fn text_from(fixed: Option<String>, path: Option<Path>) -> Option<TextFrom> {
    match (fixed, path) {
        (None, None) => Some(TextFrom::Nowhere),
        (Some(text), None) => Some(TextFrom::Fixed(text)),
        (None, Some(path)) => Some(TextFrom::Matches(path)),
        (Some(_), Some(_)) => None,
    }
}

fn read_schema(
    raw: &RawValue,
    at: &str,
    source: Source,
    formats: Formats,
) -> Result<serde_json::Value, Rejection> {
    let fault = |what: &dyn std::fmt::Display| Fault::at("schema", what).under(at);
    let schema = tree::tree_within(raw, MAX_SCHEMA_TREE_BYTES);
    let schema = schema.map_err(|what| match what {
        TreeFault::TooLarge => Rejection::InvalidPostActionOutcome(fault(&TOO_LARGE)),
        _ => Rejection::InvalidJson(fault(&"is not readable JSON")),
    })?;
    if !schema.is_object() {
        return Err(Rejection::InvalidJson(fault(&"must be an object")));
    }
    if matches!(source, Source::Request(_)) {
        if formats == Formats::Asserted && !json::numbers(raw.get()).all(is_kept) {
            let what = "holds a number that neither a 64-bit integer nor a double holds with all of its digits, so a form cannot show it; write it with fewer digits";
            return Err(Rejection::InvalidPostActionOutcome(fault(&what)));
        }
        if schema.to_string().len() > MAX_SCHEMA_BYTES {
            return Err(Rejection::InvalidPostActionOutcome(fault(&TOO_LARGE)));
        }
        schema::compile(&schema, formats)
            .map_err(|what| Rejection::InvalidPostActionOutcome(fault(&what)))?;
    }
    Ok(schema)
}
