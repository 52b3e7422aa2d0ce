//! The fields of a form as a page shows them.

use super::texts::{Texts, filled};
use crate::action::Outcome;
use crate::form::field::{Choice, Line};
use crate::form::moment;
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
    /// The last day that a browser lets anybody enter: years have four digits.
    pub max: Option<&'static str>,
    /// Seconds that a browser's field for a time steps by; it has fields for seconds and parts of them accordingly.
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
        let control = control(texts, field, &id, &entered);
        Self {
            name: format!("{PREFIX}{}", field.name),
            title: field.shown().to_owned(),
            note: note(texts, shared, outcomes),
            hint: hint(texts, field),
            error: complaint.map(|complaint| issue(texts, &complaint.issue, Some(field))),
            // A field that only some buttons need must not keep the others from being pressed.
            required: shared.needed_by.len() == outcomes.len(),
            limits: limits(field, &control),
            control,
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
    let with = |text: &str, value: &String| filled(text, &[value]);
    let own: Vec<String> = match field.kind {
        FieldKind::Integer | FieldKind::Number => {
            let (minimum, maximum) = match (&limits.minimum, &limits.maximum) {
                (Some(min), Some(max)) => (Some(filled(texts.hint_range, &[min, max])), None),
                (min, max) => (
                    min.as_ref().map(|min| with(texts.hint_minimum, min)),
                    max.as_ref().map(|max| with(texts.hint_maximum, max)),
                ),
            };
            let more = limits.more_than.as_ref().map(|min| with(texts.hint_more, min));
            let less = limits.less_than.as_ref().map(|max| with(texts.hint_less, max));
            let multiple = limits
                .multiple_of
                .as_ref()
                .map(|of| with(texts.hint_multiple, of));
            [minimum, more, maximum, less, multiple]
                .into_iter()
                .flatten()
                .collect()
        }
        FieldKind::Line(Line::DateTime | Line::Time) => vec![texts.hint_utc.to_owned()],
        FieldKind::Area | FieldKind::Line(Line::Text) => {
            let length = limits
                .max_length
                .map(|max| with(texts.hint_length, &max.to_string()));
            let example = field
                .example
                .map(|example| filled(texts.hint_example, &[example]));
            [example, length].into_iter().flatten().collect()
        }
        FieldKind::Line(Line::Date | Line::Email | Line::Uri)
        | FieldKind::One(_)
        | FieldKind::Many(_)
        | FieldKind::Boolean => Vec::new(),
    };
    let parts: Vec<String> = field.description.clone().into_iter().chain(own).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn limits(field: &Field, control: &Control) -> LimitsView {
    let limits = &field.limits;
    let lengths = LimitsView {
        min_length: limits.min_length,
        max_length: limits.max_length,
        ..LimitsView::default()
    };
    match (&field.kind, control) {
        (FieldKind::Area, _) => lengths,
        (FieldKind::Line(Line::Text | Line::Email | Line::Uri), _) => LimitsView {
            // A schema's pattern may match anywhere, a page's must match everything.
            pattern: limits
                .pattern
                .as_ref()
                .map(|pattern| format!(".*(?:{pattern}).*")),
            ..lengths
        },
        (_, Control::Input { kind, value, .. }) => LimitsView {
            max: match *kind {
                "date" => Some("9999-12-31"),
                "datetime-local" => Some("9999-12-31T23:59:59.999"),
                _ => None,
            },
            step: match *kind {
                "datetime-local" | "time" if value.contains('.') => Some("0.001"),
                "datetime-local" | "time" if value.matches(':').count() > 1 => Some("1"),
                _ => None,
            },
            ..LimitsView::default()
        },
        // A number's limits are checked by the service alone: a browser's own field for numbers takes a separator of
        // thousands for a point, or drops it, before anything is sent.
        (_, _) => LimitsView::default(),
    }
}

fn control(texts: &'static Texts, field: &Field, id: &str, entered: &[&str]) -> Control {
    let value = || entered.first().copied().unwrap_or_default().to_owned();
    let input = |kind| Control::Input {
        kind,
        keyboard: None,
        value: value(),
    };
    // The keys of a phone for numbers have no minus sign.
    let number = |keyboard| Control::Input {
        kind: "text",
        keyboard: (!field.may_be_negative).then_some(keyboard),
        value: value(),
    };
    // Browsers drop what they cannot show in a field for a date or a time, and the visitor could not see what to correct.
    let shown = |kind, shown: fn(&str) -> Option<String>| match shown(&value()) {
        Some(value) => Control::Input {
            kind,
            keyboard: None,
            value,
        },
        None if value().is_empty() => input(kind),
        None => input("text"),
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
        FieldKind::Line(Line::Date) => shown("date", moment::shown_date),
        FieldKind::Line(Line::DateTime) => shown("datetime-local", moment::shown_date_time),
        FieldKind::Line(Line::Time) => shown("time", moment::shown_time),
        FieldKind::Line(Line::Email) => input("email"),
        FieldKind::Line(Line::Uri) => input("url"),
        FieldKind::Integer => number("numeric"),
        FieldKind::Number => number("decimal"),
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

/// What is wrong, in the language of the page.
pub fn issue(texts: &'static Texts, issue: &Issue, field: Option<&Field>) -> String {
    let is_choice = field.is_some_and(|field| matches!(field.kind, FieldKind::One(_) | FieldKind::Many(_)));
    let with = |text: &str, value: &dyn std::fmt::Display| filled(text, &[&value.to_string()]);
    let format = || {
        let own = field.and_then(|field| field.description.as_deref());
        [Some(texts.issue_pattern), own]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    };
    match issue {
        Issue::Missing if is_choice => texts.issue_unchosen.to_owned(),
        Issue::Missing => texts.issue_missing.to_owned(),
        Issue::TooShort(min) => with(texts.issue_too_short, min),
        Issue::TooLong(max) => with(texts.issue_too_long, max),
        Issue::TooSmall(min) => with(texts.issue_too_small, min),
        Issue::TooLarge(max) => with(texts.issue_too_large, max),
        Issue::NotMore(min) => with(texts.issue_not_more, min),
        Issue::NotLess(max) => with(texts.issue_not_less, max),
        Issue::NotAMultiple(of) => with(texts.issue_multiple, of),
        Issue::NotThis(value) => with(texts.issue_not_this, value),
        Issue::Pattern | Issue::WrongKind => format(),
        Issue::Format(example) => format!("{} {}", format(), with(texts.hint_example, example)),
        Issue::NotANumber => texts.issue_number.to_owned(),
        Issue::NotWhole => texts.issue_whole.to_owned(),
        Issue::TwoReadings => texts.issue_two_readings.to_owned(),
        Issue::TwoReadingsOfWhole => texts.issue_two_readings_of_whole.to_owned(),
        Issue::TooManyDigits => texts.issue_digits.to_owned(),
        Issue::NotADateTime => texts.issue_date_time.to_owned(),
        Issue::NotATime => texts.issue_time.to_owned(),
        Issue::Ticked => texts.issue_untick.to_owned(),
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
