//! The page that asks: one button, or several with their fields.

use super::fields::{Control, FieldView, issue};
use super::texts::{Texts, filled};
use super::{Frame, Look, Page, Row, time};
use crate::action::{Button, Style};
use crate::decide::ask::{Ask, Asked, Choice};
use crate::form::{Complaint, Issue, Place};
use crate::rejection::{Rejection, Unconfirmed};
use askama::Template;

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage<'a> {
    frame: Frame<'a>,
    /// Of the window.
    title: String,
    heading: &'a str,
    text: Option<&'a str>,
    facts: &'a [(String, String)],
    notice: Option<Notice>,
    nonce: &'a str,
    fields: Vec<FieldView>,
    tick: Option<Tick>,
    assurance: &'static str,
    buttons: Vec<ButtonView>,
    rows: Vec<Row>,
}

/// Why the page is shown again.
struct Notice {
    title: &'static str,
    texts: Vec<String>,
    links: Vec<Link>,
}

/// From the notice to a field.
struct Link {
    id: String,
    title: String,
    text: Option<String>,
}

struct Tick {
    text: &'static str,
    error: Option<&'static str>,
}

struct ButtonView {
    class: &'static str,
    text: String,
    /// Sent when it is pressed.
    outcome: Option<String>,
    /// The browser lets entries pass that this button does not need.
    unchecked: bool,
}

/// A link that asks before it acts.
pub fn ask(look: &Look<'_>, ask: &Ask) -> Page {
    let texts = look.texts();
    let (face, heading, assurance) = match &ask.asked {
        Asked::Confirmation(question) => (&question.face, texts.ask_title, texts.ask_text),
        Asked::Decision(choice) => (&choice.form.face, texts.decide_title, assurance(texts, choice)),
    };
    let (fields, buttons) = match &ask.asked {
        Asked::Confirmation(question) => {
            let label = || filled(texts.confirm_label, &[ask.subject.name.as_str()]);
            let text = question.button.label.clone().unwrap_or_else(label);
            let button = ButtonView {
                class: class(&question.button, Style::Primary),
                text,
                outcome: None,
                unchecked: false,
            };
            (Vec::new(), vec![button])
        }
        Asked::Decision(choice) => (fields(texts, choice, &ask.complaints), buttons(choice)),
    };
    let heading = face.title.as_deref().unwrap_or(heading);
    let notice = ask
        .refusal
        .as_ref()
        .map(|refusal| notice(texts, refusal, &ask.complaints, &fields));
    let is_wrong = ask
        .complaints
        .iter()
        .any(|complaint| complaint.place == Place::Tick);
    let mut rows: Vec<Row> = ask
        .expires_at
        .iter()
        .map(|at| Row::new(texts.term_until, time(*at)))
        .collect();
    rows.push(Row::new(
        texts.term_reference,
        ask.subject.transaction.to_string(),
    ));
    let page = AskPage {
        frame: look.frame(),
        title: match &notice {
            Some(notice) => format!("{} – {heading}", notice.title),
            None => heading.to_owned(),
        },
        heading,
        text: face.text.as_deref(),
        facts: &face.facts,
        notice,
        nonce: &ask.nonce,
        fields,
        tick: ask.strict.then(|| Tick {
            text: texts.tick,
            error: is_wrong.then_some(texts.issue_tick),
        }),
        assurance,
        buttons,
        rows,
    };
    look.page(&page, &ask.origins)
}

fn assurance(texts: &'static Texts, choice: &Choice) -> &'static str {
    match choice.form.outcomes.list.len() {
        1 => texts.ask_text,
        _ => texts.decide_text,
    }
}

fn fields(texts: &'static Texts, choice: &Choice, complaints: &[Complaint]) -> Vec<FieldView> {
    let outcomes = &choice.form.outcomes.list;
    let fields = choice.fields.list().iter().enumerate();
    fields
        .map(|(place, shared)| {
            FieldView::new(
                texts,
                place,
                shared,
                outcomes,
                choice.entries.as_deref(),
                complaints,
            )
        })
        .collect()
}

fn buttons(choice: &Choice) -> Vec<ButtonView> {
    let all = choice.fields.list().len();
    let outcomes = choice.form.outcomes.list.iter().enumerate();
    outcomes
        .map(|(place, outcome)| ButtonView {
            class: class(&outcome.button, Style::Secondary),
            text: outcome.shown().to_owned(),
            outcome: Some(outcome.name.to_string()),
            unchecked: choice.fields.of_place(place).count() < all,
        })
        .collect()
}

/// The only button of a page is its main one unless the author says otherwise.
fn class(button: &Button, default: Style) -> &'static str {
    match button.style.unwrap_or(default) {
        Style::Primary => "primary",
        Style::Danger => "danger",
        Style::Secondary => "secondary",
    }
}

fn notice(
    texts: &'static Texts,
    refusal: &Rejection,
    complaints: &[Complaint],
    fields: &[FieldView],
) -> Notice {
    let sentence = |text: &'static str| Notice {
        title: texts.again_unsent,
        texts: vec![text.to_owned()],
        links: Vec::new(),
    };
    match refusal {
        Rejection::ConfirmationRequired(Unconfirmed::TooFast) => return sentence(texts.again_fast),
        Rejection::ConfirmationRequired(Unconfirmed::TooOld) => return sentence(texts.again_old),
        Rejection::ConfirmationRequired(Unconfirmed::NotAsked | Unconfirmed::Foreign) => {
            return sentence(texts.again_page);
        }
        Rejection::UnsupportedBodyType => return sentence(texts.again_unreadable),
        _ if complaints.is_empty() => return sentence(texts.issue_unfit),
        _ => {}
    }
    let on_page = complaints
        .iter()
        .filter(|complaint| complaint.place == Place::Page);
    let mut sentences: Vec<String> = on_page
        .map(|complaint| issue(texts, &complaint.issue, None))
        .collect();
    sentences.dedup();
    let of_fields = fields.iter().filter_map(|field| {
        Some(Link {
            id: field.anchor().to_owned(),
            title: field.title.clone(),
            text: Some(field.error.clone()?),
        })
    });
    let of_tick = complaints
        .iter()
        .filter(|complaint| complaint.place == Place::Tick)
        .map(|_| Link {
            id: "sure".to_owned(),
            title: issue(texts, &Issue::NotTicked, None),
            text: None,
        });
    let only_tick = complaints.iter().all(|complaint| complaint.place == Place::Tick);
    Notice {
        title: if only_tick {
            texts.again_unsent
        } else {
            texts.again_title
        },
        texts: sentences,
        links: of_fields.chain(of_tick).collect(),
    }
}
