//! From entries to the object that the sealed schema accepts, or to what is wrong beside each field.

use super::field::{Choice, Field, FieldKind, Line, entries_of};
use super::moment;
use super::number;
use super::submission::{PageEntries, ProgramEntries};
use super::{Fields, required};
use crate::action::{Outcome, Outcomes};
use crate::json::{JsonText, tree};
use crate::select::schema::multiple::NOT_A_MULTIPLE;
use crate::select::schema::numbers::{Numbers, Verdict};
use crate::select::schema::{self, Counted, Formats, MAX_STEPS, Steps};
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
    /// Not more than this.
    NotMore(String),
    /// Not less than this.
    NotLess(String),
    /// Not a multiple of this.
    NotAMultiple(String),
    /// Something else than the one value that is taken.
    NotThis(String),
    /// Not of the form that the author asks for.
    Pattern,
    /// Not of a format, of which this is an example.
    Format(&'static str),
    /// Not a value of the right kind.
    WrongKind,
    /// Not a number.
    NotANumber,
    /// Not a whole number.
    NotWhole,
    /// A number with a separator that may stand before thousands or before a fraction.
    TwoReadings,
    /// The same of a whole number.
    TwoReadingsOfWhole,
    /// A number with more digits than can be read or compared.
    TooManyDigits,
    /// Not a date.
    NotADate,
    /// Not a date and a time.
    NotADateTime,
    /// Not a time.
    NotATime,
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
    /// A box that must not be ticked.
    Ticked,
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
            Issue::NotMore(min) => write!(f, "must be more than {min}"),
            Issue::NotLess(max) => write!(f, "must be less than {max}"),
            Issue::NotAMultiple(of) => write!(f, "must be a multiple of {of}"),
            Issue::NotThis(value) => write!(f, "must be {value}"),
            Issue::Pattern => f.write_str("does not match the pattern of this link"),
            Issue::Format(example) => write!(f, "must have the format of {example}"),
            Issue::WrongKind => f.write_str("is not what this link takes"),
            Issue::NotANumber => f.write_str("must be a number"),
            Issue::NotWhole => f.write_str("must be a whole number"),
            Issue::TwoReadings => f.write_str(
                "has a separator before three digits, which can be read in two ways; write 12345 or 12.3450",
            ),
            Issue::TwoReadingsOfWhole => {
                f.write_str("has a separator before three digits, which can be read in two ways; write 12345")
            }
            Issue::TooManyDigits => f.write_str("has more digits than this link can compare"),
            Issue::NotADate => f.write_str("must be a date, as in 2026-12-24"),
            Issue::NotADateTime => f.write_str("must be a date and a time, as in 2026-12-24T18:00:00Z"),
            Issue::NotATime => f.write_str("must be a time, as in 18:00:00Z"),
            Issue::NotAnEmail => f.write_str("must be an e-mail address"),
            Issue::NotAUri => f.write_str("must be an absolute URI"),
            Issue::NotAChoice => f.write_str("is none of the choices"),
            Issue::TooFew(min) => write!(f, "has fewer than {min} choices"),
            Issue::TooMany(max) => write!(f, "has more than {max} choices"),
            Issue::NotTicked => f.write_str("must be true"),
            Issue::Ticked => f.write_str("must be false"),
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
    let members = members
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_ref()));
    checked(fields, outcome, JsonText::object(members), complaints)
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
    let members = entries.fields.iter().map(|(name, value)| (name.as_str(), *value));
    checked(fields, outcome, JsonText::object(members), complaints)
}

fn checked(
    fields: &Fields,
    outcome: &Outcome,
    object: JsonText,
    mut complaints: Vec<Complaint>,
) -> Result<String, Vec<Complaint>> {
    let object = object.into_raw();
    let text = object.get();
    let value = tree::tree(&object);
    let numbers = value.as_ref().ok().and_then(|value| Numbers::of(text, value));
    let validator = schema::compile_with(&outcome.schema, Formats::Asserted, text.len(), numbers.as_ref());
    match (value, validator) {
        (Ok(value), Ok(validator)) => {
            let steps = Steps::new(MAX_STEPS);
            let verdict = numbers.map(|numbers| numbers.verdict(&validator, &value, &steps));
            // After a verdict, what cannot be compared counts as wrong.
            let mut found: Vec<Complaint> = match verdict {
                Some(Verdict::Valid) => Vec::new(),
                _ => validator
                    .iter_errors(Counted::new(&value, &steps))
                    .take(MAX_ERRORS)
                    .map(|error| complaint(fields, &error))
                    .collect(),
            };
            if found.is_empty() && verdict.is_some_and(|verdict| verdict != Verdict::Valid) {
                found.push(Complaint::page(Issue::TooManyDigits));
            }
            for complaint in found {
                if !complaints.iter().any(|known| known.place == complaint.place) {
                    complaints.push(complaint);
                }
            }
            if steps.are_spent() {
                complaints.push(Complaint::page(Issue::Unfit));
            }
        }
        _ => complaints.push(Complaint::page(Issue::Unfit)),
    }
    match complaints.is_empty() {
        true => Ok(Box::<str>::from(object).into_string()),
        false => Err(complaints),
    }
}

/// What a page's entries for a field mean; `None` when nothing was entered.
fn value(field: &Field, entered: &[&str], is_needed: bool) -> Result<Option<Box<RawValue>>, Issue> {
    let text = |value: &str| Ok(Some(JsonText::of(&value).into_raw()));
    let one = match (&field.kind, entered) {
        (FieldKind::Many(choices), entered) => {
            let may_be_empty = !is_needed && field.limits.min_items.unwrap_or(0) == 0;
            if entered.is_empty() && !may_be_empty {
                return Ok(None);
            }
            let values: Result<Vec<&Value>, Issue> =
                entered.iter().map(|entered| chosen(choices, entered)).collect();
            return Ok(Some(JsonText::of(&values?).into_raw()));
        }
        (_, []) => "",
        (_, [one]) => one,
        (_, _) => return Err(Issue::Twice),
    };
    let read = |read: fn(&str) -> Option<String>, issue| read(one).ok_or(issue).and_then(|read| text(&read));
    match &field.kind {
        FieldKind::Boolean => Ok(Some(JsonText::of(&(one == "true")).into_raw())),
        _ if one.trim().is_empty() => Ok(None),
        FieldKind::Line(Line::Text) => text(one),
        FieldKind::Line(Line::Date | Line::Email | Line::Uri) => text(one.trim()),
        FieldKind::Line(Line::DateTime) => read(moment::read_date_time, Issue::NotADateTime),
        FieldKind::Line(Line::Time) => read(moment::read_time, Issue::NotATime),
        FieldKind::Area => text(&one.replace("\r\n", "\n")),
        FieldKind::One(choices) => chosen(choices, one).map(|value| Some(JsonText::of(value).into_raw())),
        FieldKind::Integer | FieldKind::Number => {
            let number = number::read(one, field.kind == FieldKind::Integer)?;
            RawValue::from_string(number)
                .map(Some)
                .map_err(|_| Issue::NotANumber)
        }
        FieldKind::Many(_) => Err(Issue::Unfit),
    }
}

fn chosen<'c>(choices: &'c [Choice], entered: &str) -> Result<&'c Value, Issue> {
    let chosen = choices.iter().find(|choice| choice.text == entered);
    chosen.map(|choice| &choice.value).ok_or(Issue::NotAChoice)
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
    let is_integer = field.kind == FieldKind::Integer;
    let number = |limit: &dyn fmt::Display| number::written(&limit.to_string(), is_integer);
    match (kind, &field.kind) {
        (Kind::MinItems { limit }, _) => Issue::TooFew(*limit),
        (Kind::MaxItems { limit }, _) => Issue::TooMany(*limit),
        (Kind::UniqueItems, _) => Issue::Twice,
        (Kind::Type { .. }, FieldKind::Many(_)) => Issue::WrongKind,
        // What one of several fixed values breaks, another one of them may keep.
        (_, FieldKind::One(_) | FieldKind::Many(_)) => Issue::NotAChoice,
        (Kind::MinLength { limit }, _) => Issue::TooShort(*limit),
        (Kind::MaxLength { limit }, _) => Issue::TooLong(*limit),
        (Kind::Minimum { limit }, _) => Issue::TooSmall(number(limit)),
        (Kind::Maximum { limit }, _) => Issue::TooLarge(number(limit)),
        (Kind::ExclusiveMinimum { limit }, _) => Issue::NotMore(number(limit)),
        (Kind::ExclusiveMaximum { limit }, _) => Issue::NotLess(number(limit)),
        (Kind::MultipleOf { multiple_of }, _) => Issue::NotAMultiple(number(multiple_of)),
        (Kind::Format { .. }, FieldKind::Line(Line::Date)) => Issue::NotADate,
        (Kind::Format { .. }, FieldKind::Line(Line::DateTime)) => Issue::NotADateTime,
        (Kind::Format { .. }, FieldKind::Line(Line::Time)) => Issue::NotATime,
        (Kind::Format { .. }, FieldKind::Line(Line::Email)) => Issue::NotAnEmail,
        (Kind::Format { .. }, FieldKind::Line(Line::Uri)) => Issue::NotAUri,
        (Kind::Format { .. }, _) => field.example.map_or(Issue::Pattern, Issue::Format),
        (Kind::Pattern { .. } | Kind::BacktrackLimitExceeded { .. }, _) => Issue::Pattern,
        (Kind::Type { .. }, FieldKind::Integer) => Issue::NotWhole,
        (Kind::Type { .. }, FieldKind::Number) => Issue::NotANumber,
        (Kind::Enum { options }, FieldKind::Boolean) => {
            let may_be_true = options
                .as_array()
                .is_some_and(|all| all.contains(&Value::Bool(true)));
            if may_be_true {
                Issue::NotTicked
            } else {
                Issue::Ticked
            }
        }
        (Kind::Constant { expected_value }, FieldKind::Boolean) => match **expected_value {
            Value::Bool(false) => Issue::Ticked,
            _ => Issue::NotTicked,
        },
        (Kind::Constant { expected_value }, _) => {
            match (&**expected_value, entries_of(expected_value).as_slice()) {
                (Value::Number(limit), _) => Issue::NotThis(number(limit)),
                (_, [one]) => Issue::NotThis(one.clone()),
                _ => Issue::WrongKind,
            }
        }
        // A rule for several fields (`if`) forbids this one.
        (Kind::FalseSchema, _) => Issue::Unfit,
        (Kind::Custom { message, .. }, _) => match message.strip_prefix(NOT_A_MULTIPLE) {
            Some(divisor) => Issue::NotAMultiple(number(&divisor)),
            None => Issue::TooManyDigits,
        },
        _ => Issue::WrongKind,
    }
}
