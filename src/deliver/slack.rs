//! A message of Slack, in blocks. (Slack's references: Block Kit, "Rich text block", "Text object".) Texts are runs of rich text or
//! plain text, in which nothing is markup, a mention or a link, unlike in `mrkdwn`.

use super::line::Line;
use super::message::{Button, Message};
use crate::action::Style;
use serde_json::{Map, Value, json};

/// Longest text of a header, of a block of rich text and of a button, in characters. (For rich text Slack names no limit; this is
/// that of a section.)
const MAX_HEADER: usize = 150;
const MAX_RICH_TEXT: usize = 3_000;
const MAX_BUTTON: usize = 75;
/// Most buttons of one block, and most blocks of a message.
const MAX_BUTTONS: usize = 25;
const MAX_BLOCKS: usize = 50;

/// The body of the request, for a bot with its channel.
pub fn compose(message: &Message<'_>, channel: Option<&str>) -> Value {
    let mut blocks = vec![json!({"type": "header", "text": plain(message.heading.as_str(), MAX_HEADER)})];
    for section in &message.sections {
        if let Some(title) = &section.title {
            blocks.push(rich_text("rich_text_section", vec![bold(title.as_str())]));
        }
        let text: Vec<&str> = section.text.iter().map(Line::as_str).collect();
        for piece in pieces(&text.join("\n")) {
            blocks.push(rich_text("rich_text_quote", vec![run(piece)]));
        }
        for facts in parts(&section.facts) {
            let rows = facts.iter().enumerate().flat_map(|(place, (term, value))| {
                let gap = if place == 0 { "" } else { "\n" };
                [bold(&format!("{gap}{term}:")), run(&format!(" {value}"))]
            });
            blocks.push(rich_text("rich_text_section", rows.collect()));
        }
        for buttons in section.buttons.chunks(MAX_BUTTONS) {
            let elements: Vec<Value> = buttons.iter().map(button).collect();
            blocks.push(json!({"type": "actions", "elements": elements}));
        }
    }
    let rows = message.rows.iter();
    let rows: Vec<String> = rows
        .map(|(term, value)| format!("{term}: {value}"))
        .chain([message.texts.note.to_owned()])
        .collect();
    let elements = [plain(&rows.join("\n"), MAX_RICH_TEXT)];
    blocks.push(json!({"type": "context", "elements": elements}));
    let body = json!({
        // What notifications and screen readers say.
        "text": escaped(message.heading.as_str()),
        "mrkdwn": false,
        "blocks": blocks,
        // Slack would open the links for a preview.
        "unfurl_links": false,
        "unfurl_media": false,
    });
    with(body, "channel", channel)
}

/// Whether Slack takes it.
pub fn check(body: &Value) -> Result<(), String> {
    let blocks = body["blocks"].as_array().map_or(0, Vec::len);
    match blocks > MAX_BLOCKS {
        true => Err(format!(
            "the message would have {blocks} blocks; Slack takes {MAX_BLOCKS}"
        )),
        false => Ok(()),
    }
}

fn button(button: &Button<'_>) -> Value {
    let element = json!({
        "type": "button",
        "text": plain(button.label.as_str(), MAX_BUTTON),
        "url": button.url,
        "action_id": format!("link-{}", button.index),
    });
    let style = match button.style {
        Style::Primary => Some("primary"),
        Style::Danger => Some("danger"),
        Style::Secondary => None,
    };
    with(element, "style", style)
}

/// The object with one member more, if there is a value for it.
fn with(object: Value, name: &str, value: Option<&str>) -> Value {
    let more: Map<String, Value> = value
        .map(|value| (name.to_owned(), value.into()))
        .into_iter()
        .collect();
    match object {
        Value::Object(own) => own.into_iter().chain(more).collect::<Map<_, _>>().into(),
        other => other,
    }
}

/// Text that Slack takes as it is, shortened.
fn plain(text: &str, max: usize) -> Value {
    let text = match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max - 1).chain(['…']).collect(),
    };
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// The three characters that begin links, mentions and entities, where a text is not an object of its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn rich_text(kind: &str, runs: Vec<Value>) -> Value {
    json!({"type": "rich_text", "elements": [{"type": kind, "elements": runs}]})
}

fn run(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn bold(text: &str) -> Value {
    json!({"type": "text", "text": text, "style": {"bold": true}})
}

/// A long text in parts.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .char_indices()
            .nth(MAX_RICH_TEXT)
            .map_or(rest.len(), |(end, _)| end);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The facts, as many to a part as have room in a block.
fn parts(facts: &[(Line, Line)]) -> Vec<&[(Line, Line)]> {
    let length = |(term, value): &(Line, Line)| {
        // With colon, space and line break.
        term.as_str().chars().count() + value.as_str().chars().count() + 3
    };
    let mut room = MAX_RICH_TEXT.saturating_sub(facts.first().map_or(0, length));
    let together = facts.chunk_by(|_, next| {
        let left = room.checked_sub(length(next));
        room = left.unwrap_or(MAX_RICH_TEXT.saturating_sub(length(next)));
        left.is_some()
    });
    together.collect()
}
