//! From entries to the object that the sealed schema accepts, or to what is wrong beside each field.

use super::field::{Choice, Field, FieldKind, Line};
use super::submission::{PageEntries, ProgramEntries};
use super::{Fields, required};
use crate::action::{Outcome, Outcomes};
use crate::json::{self, JsonText};
use crate::select::schema::{self, Formats};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// Faults of one body that are looked at: each entry of a long list may be one.
const MAX_ERRORS: usize = 100;

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular.
    Page,
    /// The box of a strict page.
    Tick,
    /// A field, by name.
    Field(String),
}

/// Something that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where.
    pub place: Place,
    /// What.
    pub issue: Issue,
}

/// What is wrong with an entry. The limits are the author's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issue {
    /// Nothing was entered.
    Missing,
    /// Fewer characters than this.
    TooShort(u64),
    /// More characters than this.
    TooLong(u64),
    /// Smaller than this.
    TooSmall(String),
    /// Larger than this.
    TooLarge(String),
    /// Not of the form that the author asks for.
    Pattern,
    /// Not a number.
    NotANumber,
    /// Not a whole number.
    NotWhole,
    /// Not a date.
    NotADate,
    /// Not an e-mail address.
    NotAnEmail,
    /// Not a URI.
    NotAUri,
    /// None of the choices.
    NotAChoice,
    /// Fewer choices than this.
    TooFew(u64),
    /// More choices than this.
    TooMany(u64),
    /// A box that must be ticked.
    NotTicked,
    /// Given more than once.
    Twice,
    /// Not UTF-8.
    NotText,
    /// A field that this link does not have.
    Unknown,
    /// No outcome, or none of this link's.
    NoOutcome,
    /// Larger than a body may be.
    TooMuch,
    /// Not what this link takes, for another reason.
    Unfit,
}

impl fmt::Display for Issue {
    /// For programs, in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Issue::Missing => f.write_str("is missing"),
            Issue::TooShort(min) => write!(f, "has fewer than {min} characters"),
            Issue::TooLong(max) => write!(f, "has more than {max} characters"),
            Issue::TooSmall(min) => write!(f, "is smaller than {min}"),
            Issue::TooLarge(max) => write!(f, "is larger than {max}"),
            Issue::Pattern => f.write_str("does not match the pattern of this link"),
            Issue::NotANumber => f.write_str("must be a number"),
            Issue::NotWhole => f.write_str("must be a whole number"),
            Issue::NotADate => f.write_str("must be a date, as in 2026-12-24"),
            Issue::NotAnEmail => f.write_str("must be an e-mail address"),
            Issue::NotAUri => f.write_str("must be an absolute URI"),
            Issue::NotAChoice => f.write_str("is none of the choices"),
            Issue::TooFew(min) => write!(f, "has fewer than {min} choices"),
            Issue::TooMany(max) => write!(f, "has more than {max} choices"),
            Issue::NotTicked => f.write_str("must be true"),
            Issue::Twice => f.write_str("is given more than once"),
            Issue::NotText => f.write_str("is not UTF-8"),
            Issue::Unknown => f.write_str("is not asked for by this link"),
            Issue::NoOutcome => f.write_str("must be the name of an outcome of this link"),
            Issue::TooMuch => f.write_str("is larger than 1 MiB"),
            Issue::Unfit => f.write_str("is not what this link takes"),
        }
    }
}

impl Complaint {
    /// Something about a field.
    pub fn at(field: &str, issue: Issue) -> Self {
        Self {
            place: Place::Field(field.to_owned()),
            issue,
        }
    }

    /// Something about the whole.
    pub fn page(issue: Issue) -> Self {
        Self {
            place: Place::Page,
            issue,
        }
    }

    /// The place as a program knows it.
    pub fn path(&self) -> String {
        match (&self.place, &self.issue) {
            (Place::Field(name), _) => format!("body.fields.{name}"),
            (Place::Tick, _) => "body.sure".to_owned(),
            (Place::Page, Issue::NoOutcome) => "body.outcome".to_owned(),
            (Place::Page, _) => "body".to_owned(),
        }
    }
}

/// The outcome that a name means, and its place.
///
/// # Errors
/// There is none of this name.
pub fn outcome<'o>(outcomes: &'o Outcomes, name: Option<&str>) -> Result<(usize, &'o Outcome), Complaint> {
    let mut all = outcomes.list.iter().enumerate();
    all.find(|(_, outcome)| Some(outcome.name.as_str()) == name)
        .ok_or(Complaint::page(Issue::NoOutcome))
}

/// The object that a person's entries make, as JSON text.
///
/// # Errors
/// Everything that is wrong, each field once.
pub fn page_object(
    fields: &Fields,
    (place, outcome): (usize, &Outcome),
    entries: &PageEntries,
) -> Result<String, Vec<Complaint>> {
    let mut complaints = entries.complaints.clone();
    for complaint in &mut complaints {
        // The name of a field that is not asked for is a stranger's, so it is not repeated.
        if matches!(&complaint.place, Place::Field(name) if !fields.has(name)) {
            complaint.place = Place::Page;
        }
    }
    if entries.fields.iter().any(|(name, _)| !fields.has(name)) {
        complaints.push(Complaint::page(Issue::Unknown));
    }
    let needed = required(outcome);
    let mut members: Vec<(String, Box<RawValue>)> = Vec::new();
    for field in fields.of_place(place) {
        let entered = entries.fields.iter().filter(|(name, _)| *name == field.name);
        let entered: Vec<&str> = entered.map(|(_, value)| value.as_str()).collect();
        let is_needed = needed.contains(&field.name.as_str());
        match value(field, &entered, is_needed) {
            Ok(Some(value)) => members.push((field.name.clone(), value)),
            Ok(None) => {}
            Err(issue) => complaints.push(Complaint::at(&field.name, issue)),
        }
    }
    let members: Vec<(String, &RawValue)> = members
        .iter()
        .map(|(name, value)| (name.clone(), value.as_ref()))
        .collect();
    let object = json::object(&members);
    checked(fields, outcome, &object, complaints)
}

/// The object that a program sent, as JSON text.
///
/// # Errors
/// Everything that is wrong, each field once.
pub fn program_object(
    fields: &Fields,
    (place, outcome): (usize, &Outcome),
    entries: &ProgramEntries<'_>,
) -> Result<String, Vec<Complaint>> {
    let unknown = |(name, _): &&(String, &RawValue)| fields.of_place(place).all(|field| field.name != *name);
    let unknown = entries.fields.iter().filter(unknown);
    // The name is a stranger's, so it is not repeated.
    let complaints = unknown.take(1).map(|_| Complaint::page(Issue::Unknown)).collect();
    checked(fields, outcome, &json::object(&entries.fields), complaints)
}

fn checked(
    fields: &Fields,
    outcome: &Outcome,
    object: &RawValue,
    mut complaints: Vec<Complaint>,
) -> Result<String, Vec<Complaint>> {
    let value: Result<Value, _> = serde_json::from_str(object.get());
    let validator = schema::compile_for(&outcome.schema, Formats::Asserted, object.get().len());
    match (value, validator) {
        (Ok(value), Ok(validator)) => {
            let found: Vec<Complaint> = validator
                .iter_errors(&value)
                .take(MAX_ERRORS)
                .map(|error| complaint(fields, &error))
                .collect();
            for complaint in found {
                if !complaints.iter().any(|known| known.place == complaint.place) {
                    complaints.push(complaint);
                }
            }
        }
        _ => complaints.push(Complaint::page(Issue::Unfit)),
    }
    match complaints.is_empty() {
        true => Ok(object.get().to_owned()),
        false => Err(complaints),
    }
}

/// What a page's entries for a field mean; `None` when nothing was entered.
fn value(field: &Field, entered: &[&str], is_needed: bool) -> Result<Option<Box<RawValue>>, Issue> {
    let text = |value: &str| Ok(Some(raw(JsonText::of(&value))));
    let one = match (&field.kind, entered) {
        (FieldKind::Many(choices), entered) => {
            let may_be_empty = !is_needed && field.limits.min_items.unwrap_or(0) == 0;
            if entered.is_empty() && !may_be_empty {
                return Ok(None);
            }
            let values: Result<Vec<&Value>, Issue> =
                entered.iter().map(|entered| chosen(choices, entered)).collect();
            return Ok(Some(raw(JsonText::of(&values?))));
        }
        (_, []) => "",
        (_, [one]) => one,
        (_, _) => return Err(Issue::Twice),
    };
    match &field.kind {
        FieldKind::Boolean => Ok(Some(raw(JsonText::of(&(one == "true"))))),
        _ if one.trim().is_empty() => Ok(None),
        FieldKind::Line(Line::Text) => text(one),
        FieldKind::Line(Line::Date | Line::Email | Line::Uri) => text(one.trim()),
        FieldKind::Area => text(&one.replace("\r\n", "\n")),
        FieldKind::One(choices) => chosen(choices, one).map(|value| Some(raw(JsonText::of(value)))),
        FieldKind::Integer | FieldKind::Number => number(one.trim()).map(Some),
        FieldKind::Many(_) => Err(Issue::Unfit),
    }
}

fn raw(text: JsonText) -> Box<RawValue> {
    RawValue::from_string(text.into_string()).expect("was made as JSON")
}

fn chosen<'c>(choices: &'c [Choice], entered: &str) -> Result<&'c Value, Issue> {
    let chosen = choices.iter().find(|choice| choice.text == entered);
    chosen.map(|choice| &choice.value).ok_or(Issue::NotAChoice)
}

/// A number with every digit that was typed; a decimal comma is one, as many keyboards have it.
fn number(text: &str) -> Result<Box<RawValue>, Issue> {
    let point = match text.split_once(',') {
        Some((whole, decimals)) if !text.contains('.') => format!("{whole}.{decimals}"),
        _ => text.to_owned(),
    };
    let is_number = serde_json::from_str::<serde_json::Number>(&point).is_ok();
    match is_number {
        true => RawValue::from_string(point).map_err(|_| Issue::NotANumber),
        false => Err(Issue::NotANumber),
    }
}

/// The author's schema in the words of a page.
fn complaint(fields: &Fields, error: &ValidationError<'_>) -> Complaint {
    let path = error.instance_path().to_string();
    let name = path.strip_prefix('/').map(|path| {
        let first = path.split('/').next().unwrap_or_default();
        first.replace("~1", "/").replace("~0", "~")
    });
    let known = |name: &str| {
        fields
            .list()
            .iter()
            .map(|shared| &shared.field)
            .find(|field| field.name == name)
    };
    let kind = error.kind();
    if let ValidationErrorKind::Required { property } = kind
        && let Some(field) = property.as_str().and_then(known)
    {
        return Complaint::at(&field.name, Issue::Missing);
    }
    match name.as_deref().and_then(known) {
        Some(field) => Complaint::at(&field.name, issue(field, kind)),
        None => Complaint::page(Issue::Unfit),
    }
}

fn issue(field: &Field, kind: &ValidationErrorKind) -> Issue {
    use ValidationErrorKind as Kind;
    match (kind, &field.kind) {
        (Kind::MinLength { limit }, _) => Issue::TooShort(*limit),
        (Kind::MaxLength { limit }, _) => Issue::TooLong(*limit),
        (Kind::Minimum { limit }, _) => Issue::TooSmall(limit.to_string()),
        (Kind::Maximum { limit }, _) => Issue::TooLarge(limit.to_string()),
        (Kind::MinItems { limit }, _) => Issue::TooFew(*limit),
        (Kind::MaxItems { limit }, _) => Issue::TooMany(*limit),
        (Kind::Format { .. }, FieldKind::Line(Line::Date)) => Issue::NotADate,
        (Kind::Format { .. }, FieldKind::Line(Line::Email)) => Issue::NotAnEmail,
        (Kind::Format { .. }, FieldKind::Line(Line::Uri)) => Issue::NotAUri,
        (Kind::Pattern { .. } | Kind::BacktrackLimitExceeded { .. } | Kind::Format { .. }, _) => {
            Issue::Pattern
        }
        (Kind::Type { .. }, FieldKind::Integer) => Issue::NotWhole,
        (Kind::Type { .. }, FieldKind::Number) => Issue::NotANumber,
        (Kind::Enum { .. } | Kind::Constant { .. }, FieldKind::Boolean) => Issue::NotTicked,
        (
            Kind::Enum { .. } | Kind::OneOfNotValid { .. } | Kind::UniqueItems,
            FieldKind::One(_) | FieldKind::Many(_),
        ) => Issue::NotAChoice,
        _ => Issue::Unfit,
    }
}
