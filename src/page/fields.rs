//! The fields of a form as a page shows them.

use super::texts::{Texts, filled};
use crate::action::Outcome;
use crate::form::field::{Choice, Line};
use crate::form::submission::PREFIX;
use crate::form::{Complaint, Field, FieldKind, Issue, Place, Shared};

/// Fixed choices up to this many are all shown; more become a list that opens.
const MAX_RADIOS: usize = 5;

/// One field.
pub struct FieldView {
    pub id: String,
    /// As it is sent.
    pub name: String,
    pub title: String,
    /// Beside the title: for which buttons it is.
    pub note: Option<String>,
    pub hint: Option<String>,
    pub error: Option<String>,
    pub required: bool,
    pub limits: LimitsView,
    pub control: Control,
}

/// What the browser checks before it sends anything.
#[derive(Default)]
pub struct LimitsView {
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min: Option<String>,
    pub max: Option<String>,
    pub step: Option<&'static str>,
    pub pattern: Option<String>,
}

/// How something is entered.
pub enum Control {
    Input {
        kind: &'static str,
        /// Which keyboard a phone shows, where the kind does not say it.
        keyboard: Option<&'static str>,
        value: String,
    },
    Area {
        value: String,
    },
    Select {
        empty: &'static str,
        choices: Vec<ChoiceView>,
    },
    Radios(Vec<ChoiceView>),
    Boxes(Vec<ChoiceView>),
    Tick(bool),
}

impl Control {
    pub fn group(&self) -> Option<&[ChoiceView]> {
        match self {
            Control::Radios(choices) | Control::Boxes(choices) => Some(choices),
            Control::Input { .. } | Control::Area { .. } | Control::Select { .. } | Control::Tick(_) => None,
        }
    }

    pub fn is_radio(&self) -> bool {
        matches!(self, Control::Radios(_))
    }

    pub fn group_type(&self) -> &'static str {
        if self.is_radio() { "radio" } else { "checkbox" }
    }

    pub fn ticked(&self) -> Option<bool> {
        match self {
            Control::Tick(ticked) => Some(*ticked),
            Control::Input { .. }
            | Control::Area { .. }
            | Control::Select { .. }
            | Control::Radios(_)
            | Control::Boxes(_) => None,
        }
    }
}

/// One of several.
pub struct ChoiceView {
    pub id: String,
    pub value: String,
    pub title: String,
    pub chosen: bool,
}

impl FieldView {
    /// A field with what was entered in it; `entries` is `None` when nobody has entered anything yet.
    pub fn new(
        texts: &'static Texts,
        place: usize,
        shared: &Shared,
        outcomes: &[Outcome],
        entries: Option<&[(String, String)]>,
        complaints: &[Complaint],
    ) -> Self {
        let field = &shared.field;
        let id = format!("f{place}");
        let entered: Vec<&str> = match entries {
            Some(entries) => {
                let own = entries.iter().filter(|(name, _)| *name == field.name);
                own.map(|(_, value)| value.as_str()).collect()
            }
            None => field.default.iter().map(String::as_str).collect(),
        };
        let complaint = complaints
            .iter()
            .find(|complaint| complaint.place == Place::Field(field.name.clone()));
        Self {
            name: format!("{PREFIX}{}", field.name),
            title: field.shown().to_owned(),
            note: note(texts, shared, outcomes),
            hint: hint(texts, field),
            error: complaint.map(|complaint| issue(texts, &complaint.issue, Some(field))),
            // A field that only some buttons need must not keep the others from being pressed.
            required: shared.needed_by.len() == outcomes.len(),
            limits: limits(field),
            control: control(texts, field, &id, &entered, complaint.is_some()),
            id,
        }
    }

    /// The texts that a screen reader reads with it.
    pub fn described_by(&self) -> Option<String> {
        let id = |is_there: bool, part: &str| is_there.then(|| format!("{}-{part}", self.id));
        let ids = [id(self.hint.is_some(), "hint"), id(self.error.is_some(), "error")];
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Where a link to it leads: a group is no place that can be typed in, so to its first choice.
    pub fn anchor(&self) -> &str {
        let first = self.control.group().and_then(<[_]>::first);
        first.map_or(&self.id, |choice| &choice.id)
    }
}

/// For which buttons a field is, where it is not needed for all of them.
fn note(texts: &'static Texts, shared: &Shared, outcomes: &[Outcome]) -> Option<String> {
    let names = |places: &[usize]| {
        let of_place = |place: &usize| outcomes.get(*place).map(Outcome::shown);
        places.iter().filter_map(of_place).collect::<Vec<_>>().join(", ")
    };
    let all = outcomes.len();
    match (shared.needed_by.len(), shared.in_outcomes.len()) {
        (needed, _) if needed == all => None,
        // A box may always be left empty.
        (0, inside) if inside == all && is_tick(&shared.field) => None,
        (0, inside) if inside == all => Some(texts.optional.to_owned()),
        (0, _) => Some(filled(texts.only_for, &[&names(&shared.in_outcomes)])),
        (_, _) => Some(filled(texts.needed_for, &[&names(&shared.needed_by)])),
    }
}

fn is_tick(field: &Field) -> bool {
    field.kind == FieldKind::Boolean
}

fn hint(texts: &'static Texts, field: &Field) -> Option<String> {
    let limits = &field.limits;
    let is_number = matches!(field.kind, FieldKind::Integer | FieldKind::Number);
    let is_text = matches!(field.kind, FieldKind::Area | FieldKind::Line(Line::Text));
    let own = match (&limits.minimum, &limits.maximum, limits.max_length) {
        (Some(min), Some(max), _) if is_number => Some(filled(texts.hint_range, &[min, max])),
        (Some(min), None, _) if is_number => Some(filled(texts.hint_minimum, &[min])),
        (None, Some(max), _) if is_number => Some(filled(texts.hint_maximum, &[max])),
        (_, _, Some(max)) if is_text => Some(filled(texts.hint_length, &[&max.to_string()])),
        _ => None,
    };
    let parts: Vec<String> = field.description.clone().into_iter().chain(own).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn limits(field: &Field) -> LimitsView {
    let limits = &field.limits;
    let range = |step| LimitsView {
        min: limits.minimum.clone(),
        max: limits.maximum.clone(),
        step: Some(step),
        ..LimitsView::default()
    };
    let lengths = LimitsView {
        min_length: limits.min_length,
        max_length: limits.max_length,
        ..LimitsView::default()
    };
    match field.kind {
        FieldKind::Integer => range("1"),
        FieldKind::Number => range("any"),
        FieldKind::Area => lengths,
        FieldKind::Line(Line::Text | Line::Email | Line::Uri) => LimitsView {
            // A schema's pattern may match anywhere, a page's must match everything.
            pattern: limits
                .pattern
                .as_ref()
                .map(|pattern| format!(".*(?:{pattern}).*")),
            ..lengths
        },
        FieldKind::Line(Line::Date) | FieldKind::One(_) | FieldKind::Many(_) | FieldKind::Boolean => {
            LimitsView::default()
        }
    }
}

fn control(texts: &'static Texts, field: &Field, id: &str, entered: &[&str], is_wrong: bool) -> Control {
    let value = || entered.first().copied().unwrap_or_default().to_owned();
    let input = |kind| Control::Input {
        kind,
        keyboard: None,
        value: value(),
    };
    let plain = |keyboard| Control::Input {
        kind: "text",
        keyboard,
        value: value(),
    };
    let choices = |choices: &[Choice]| {
        let view = |(index, choice): (usize, &Choice)| ChoiceView {
            id: format!("{id}-{index}"),
            value: choice.text.clone(),
            title: choice.shown().to_owned(),
            chosen: entered.contains(&choice.text.as_str()),
        };
        choices.iter().enumerate().map(view).collect::<Vec<_>>()
    };
    match &field.kind {
        FieldKind::Line(Line::Text) => input("text"),
        // Browsers drop what is no date or number, and the visitor could not see what to mend.
        FieldKind::Line(Line::Date) if is_wrong && !is_date(&value()) => plain(None),
        FieldKind::Integer | FieldKind::Number if is_wrong && !is_number(&value()) => plain(Some("decimal")),
        FieldKind::Line(Line::Date) => input("date"),
        FieldKind::Line(Line::Email) => input("email"),
        FieldKind::Line(Line::Uri) => input("url"),
        FieldKind::Integer | FieldKind::Number => input("number"),
        FieldKind::Area => Control::Area { value: value() },
        FieldKind::One(list) if list.len() <= MAX_RADIOS => Control::Radios(choices(list)),
        FieldKind::One(list) => Control::Select {
            empty: texts.choose,
            choices: choices(list),
        },
        FieldKind::Many(list) => Control::Boxes(choices(list)),
        FieldKind::Boolean => Control::Tick(entered.first() == Some(&"true")),
    }
}

/// Nothing, or a date as browsers know it.
fn is_date(text: &str) -> bool {
    text.is_empty() || (text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok())
}

/// Nothing, or a number as browsers know it (HTML, "valid floating-point number").
fn is_number(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let odd = text.starts_with('+') || text.ends_with('.');
    text.is_empty() || (text.chars().all(plain) && !odd && text.parse::<f64>().is_ok_and(f64::is_finite))
}

/// What is wrong, in the language of the page.
pub fn issue(texts: &'static Texts, issue: &Issue, field: Option<&Field>) -> String {
    let is_choice = field.is_some_and(|field| matches!(field.kind, FieldKind::One(_) | FieldKind::Many(_)));
    let with = |text: &str, value: &dyn std::fmt::Display| filled(text, &[&value.to_string()]);
    match issue {
        Issue::Missing if is_choice => texts.issue_unchosen.to_owned(),
        Issue::Missing => texts.issue_missing.to_owned(),
        Issue::TooShort(min) => with(texts.issue_too_short, min),
        Issue::TooLong(max) => with(texts.issue_too_long, max),
        Issue::TooSmall(min) => with(texts.issue_too_small, min),
        Issue::TooLarge(max) => with(texts.issue_too_large, max),
        Issue::Pattern => texts.issue_pattern.to_owned(),
        Issue::NotANumber => texts.issue_number.to_owned(),
        Issue::NotWhole => texts.issue_whole.to_owned(),
        Issue::NotADate => texts.issue_date.to_owned(),
        Issue::NotAnEmail => texts.issue_email.to_owned(),
        Issue::NotAUri => texts.issue_uri.to_owned(),
        Issue::NotAChoice => texts.issue_choice.to_owned(),
        Issue::TooFew(min) => with(texts.issue_too_few, min),
        Issue::TooMany(max) => with(texts.issue_too_many, max),
        Issue::NotTicked => texts.issue_tick.to_owned(),
        Issue::Twice => texts.issue_twice.to_owned(),
        Issue::NotText => texts.issue_unreadable.to_owned(),
        Issue::Unknown => texts.issue_unknown.to_owned(),
        Issue::NoOutcome => texts.issue_no_outcome.to_owned(),
        Issue::TooMuch => texts.issue_too_much.to_owned(),
        Issue::Unfit => texts.issue_unfit.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_drop_is_known() {
        for text in ["", "2026-12-24", "2024-02-29"] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "x",
            "24.12.2026",
            "2026-02-30",
            "2026-12-24T10:00",
            "20261224",
            "2026-1-1",
        ] {
            assert!(!is_date(text), "{text}");
        }
        for text in ["", "0", "-1", "2.5", ".5", "1e3", "12345678901234567890"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["x", "+1", "1.", "1,5", "1 000", "inf", "NaN", "1e999", "--1", "e"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
