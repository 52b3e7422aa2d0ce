//! What a message to a person says, whatever carries it.

use super::line::{Line, folded, lines};
use super::texts::{self, Texts};
use super::{Person, is_for_a_person};
use crate::action::{Action, ActionKind, Face, Style};
use crate::brand::Brand;
use crate::expiration;
use crate::language::Language;
use std::fmt;

/// The links of a request, all sealed, and what there is to say about them.
pub struct Sealed<'a> {
    /// What each link does.
    pub actions: &'a [Action],
    /// One set, or one for each recipient.
    pub sets: Vec<UrlSet<'a>>,
    /// Joins request, links, messages and log lines.
    pub transaction: String,
    /// When the links stop working, in Unix seconds.
    pub expires_at: Option<u64>,
    /// The time of the request, in Unix seconds.
    pub now: u64,
    /// Of messages to people.
    pub language: Language,
    /// Whose messages they are.
    pub brand: &'a Brand,
}

/// The links of one recipient, or of whoever gets them.
pub struct UrlSet<'a> {
    /// Whose links they are.
    pub person: Option<&'a Person>,
    /// URL by name of the action, in the order of the request.
    pub urls: &'a serde_json::Map<String, serde_json::Value>,
}

impl fmt::Debug for Sealed<'_> {
    /// A link is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} sets)", self.sets.len())
    }
}

/// A message, in parts. Nothing is escaped yet, and what others wrote stays on its line.
pub struct Message<'a> {
    pub texts: &'static Texts,
    pub language: Language,
    pub brand: &'a Brand,
    /// The owner's name.
    pub sender: Option<Line>,
    /// The subject of a mail, the first line elsewhere.
    pub heading: Line,
    pub sections: Vec<Section<'a>>,
    /// Terms and values about the message itself.
    pub rows: Vec<(&'static str, Line)>,
}

/// What is asked, and the links that answer it. Actions that ask the same share one.
pub struct Section<'a> {
    /// Unless the heading says it already.
    pub title: Option<Line>,
    /// Its lines, to be set off from everything else; empty without one.
    pub text: Vec<Line>,
    pub facts: Vec<(Line, Line)>,
    pub buttons: Vec<Button<'a>>,
}

/// A link.
pub struct Button<'a> {
    /// Place of its action in the request.
    pub index: usize,
    pub label: Line,
    pub url: &'a str,
    pub style: Style,
}

impl<'a> Message<'a> {
    /// What is said to whoever gets a set of links.
    pub fn new(sealed: &'a Sealed<'a>, set: &UrlSet<'a>, subject: Option<&'a str>) -> Self {
        let texts = texts::of(sealed.language);
        let mut sections: Vec<(&Face, Section<'a>)> = Vec::new();
        for (index, action) in sealed.actions.iter().enumerate() {
            let url = set.urls.get(action.name.as_str()).and_then(|url| url.as_str());
            let (Some(url), true) = (url, is_for_a_person(action)) else {
                continue;
            };
            let face = face(action);
            let button = Button {
                index,
                label: Line::new(&label(action, texts)),
                url,
                style: style(action),
            };
            match sections.last_mut() {
                Some((last, section)) if *last == face => section.buttons.push(button),
                _ => sections.push((
                    face,
                    Section {
                        title: face.title.as_deref().map(Line::new),
                        text: face.text.as_deref().map(lines).unwrap_or_default(),
                        facts: face.facts.iter().map(fact).collect(),
                        buttons: vec![button],
                    },
                )),
            }
        }
        let mut sections: Vec<Section<'a>> = sections.into_iter().map(|(_, section)| section).collect();
        let heading = match (subject, sections.as_mut_slice()) {
            (Some(subject), _) => Line::new(subject),
            // The only title is the heading.
            (None, [section]) => section.title.take().unwrap_or_else(|| Line::new(texts.heading)),
            (None, _) => Line::new(texts.heading),
        };
        for section in &mut sections {
            section.title = section.title.take().filter(|title| *title != heading);
        }
        let row = |term: &'static str, value: &str| (term, Line::new(value));
        let until = sealed.expires_at.and_then(time);
        let until = until.map(|time| row(texts.until, &time));
        let recipient = set.person.map(|person| row(texts.recipient, person.id.as_str()));
        let reference = row(texts.reference, &sealed.transaction);
        Self {
            texts,
            language: sealed.language,
            brand: sealed.brand,
            sender: sealed.brand.name.as_deref().map(Line::new),
            heading,
            sections,
            rows: recipient.into_iter().chain(until).chain([reference]).collect(),
        }
    }

    /// All links.
    pub fn buttons(&self) -> impl Iterator<Item = &Button<'a>> {
        self.sections.iter().flat_map(|section| &section.buttons)
    }

    /// The whole as plain text. Each URL has a line of its own, in angle brackets, by which mail programs find its end. How a
    /// line begins tells what it is, so that no text can pass for another part: heading and titles `# `, lines of a text `> `,
    /// facts `- `, labels `[`, what continues a long line four spaces. Rows about the message have none of these.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut paragraph = |lines: &str| {
            text.push_str(lines.trim_end());
            text.push_str("\n\n");
        };
        let row = |term: &str, value: &Line, mark: &str| {
            folded(&format!("{term}: {}", value.in_text()), mark, "    ")
        };
        paragraph(&format!("# {}", self.heading.in_text()));
        for section in &self.sections {
            if let Some(title) = &section.title {
                paragraph(&format!("# {}", title.in_text()));
            }
            let quoted = section.text.iter();
            let quoted: String = quoted.map(|line| folded(&line.in_text(), "> ", "> ")).collect();
            let facts = section.facts.iter();
            let facts: String = facts
                .map(|(term, value)| row(&term.in_text(), value, "- "))
                .collect();
            for lines in [quoted, facts] {
                if !lines.is_empty() {
                    paragraph(&lines);
                }
            }
            for button in &section.buttons {
                paragraph(&format!("[{}]\n<{}>", button.label.in_text(), button.url));
            }
        }
        paragraph(self.texts.note);
        let rows = self.rows.iter();
        paragraph(&rows.map(|(term, value)| row(term, value, "")).collect::<String>());
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

fn fact((term, value): &(String, String)) -> (Line, Line) {
    (Line::new(term), Line::new(value))
}

fn face(action: &Action) -> &Face {
    match &action.kind {
        ActionKind::Form(form) => &form.face,
        ActionKind::Success { .. }
        | ActionKind::Failure { .. }
        | ActionKind::Heartbeat
        | ActionKind::Post(_) => &action.question.face,
    }
}

fn label(action: &Action, texts: &Texts) -> String {
    let of_question = action.question.button.label.clone();
    match &action.kind {
        ActionKind::Form(_) => texts.decide.to_owned(),
        ActionKind::Success { .. }
        | ActionKind::Failure { .. }
        | ActionKind::Heartbeat
        | ActionKind::Post(_) => {
            of_question.unwrap_or_else(|| texts.open.replace("{}", action.name.as_str()))
        }
    }
}

fn style(action: &Action) -> Style {
    match &action.kind {
        ActionKind::Form(_) => Style::Primary,
        ActionKind::Success { .. }
        | ActionKind::Failure { .. }
        | ActionKind::Heartbeat
        | ActionKind::Post(_) => action.question.button.style.unwrap_or(Style::Secondary),
    }
}

/// As the pages write it.
fn time(unix_seconds: u64) -> Option<String> {
    let instant = expiration::utc(unix_seconds)?;
    Some(instant.strftime("%Y-%m-%d %H:%M UTC").to_string())
}
