//! A message of Slack, in blocks. (Slack's references: Block Kit, "Formatting text for app surfaces".)

use super::message::{Button, Message};
use crate::action::Style;
use serde_json::{Value, json};

/// Longest text of a header, of a section and of a button, in characters.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3_000;
const MAX_BUTTON: usize = 75;
/// Most buttons of one block, and most blocks of a message.
const MAX_BUTTONS: usize = 25;
const MAX_BLOCKS: usize = 50;

/// The body of the request, for a bot with its channel.
pub fn compose(message: &Message<'_>, channel: Option<&str>) -> Value {
    let mut blocks = vec![json!({"type": "header", "text": plain(message.heading, MAX_HEADER)})];
    for section in &message.sections {
        let title = section.title.map(|title| format!("*{}*", escaped(title)));
        let text = section.text.map(escaped);
        let facts = section.facts.iter();
        let facts: Vec<String> = facts
            .map(|(term, value)| format!("*{}:* {}", escaped(term), escaped(value)))
            .collect();
        for part in title
            .into_iter()
            .chain(text)
            .chain((!facts.is_empty()).then(|| facts.join("\n")))
        {
            for text in pieces(&part, MAX_SECTION) {
                blocks.push(
                    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}}),
                );
            }
        }
        for buttons in section.buttons.chunks(MAX_BUTTONS) {
            let elements: Vec<Value> = buttons.iter().map(button).collect();
            blocks.push(json!({"type": "actions", "elements": elements}));
        }
    }
    let rows = message.rows.iter();
    let rows: Vec<String> = rows
        .map(|(term, value)| format!("{term}: {}", escaped(value)))
        .chain([message.texts.note.to_owned()])
        .collect();
    let elements = [json!({"type": "mrkdwn", "text": rows.join("\n"), "verbatim": true})];
    blocks.push(json!({"type": "context", "elements": elements}));
    let mut body = json!({
        // What notifications and screen readers say.
        "text": escaped(message.heading),
        "blocks": blocks,
        // Slack would open the links for a preview.
        "unfurl_links": false,
        "unfurl_media": false,
    });
    if let Some(channel) = channel {
        body["channel"] = channel.into();
    }
    body
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
    let mut element = json!({
        "type": "button",
        "text": plain(&button.label, MAX_BUTTON),
        "url": button.url,
        "action_id": format!("link-{}", button.index),
    });
    match button.style {
        Style::Primary => element["style"] = "primary".into(),
        Style::Danger => element["style"] = "danger".into(),
        Style::Secondary => {}
    }
    element
}

/// Text that Slack takes as it is, shortened.
fn plain(text: &str, max: usize) -> Value {
    let text = match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max - 1).chain(['…']).collect(),
    };
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// The three characters that begin links, mentions and entities. What is left of Slack's markup only looks.
fn escaped(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A long text in parts, none of which ends within an entity.
fn pieces(text: &str, max: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut length = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let entity = ["&amp;", "&lt;", "&gt;"]
            .into_iter()
            .find(|entity| rest.starts_with(entity));
        let size = entity.map_or(first.len_utf8(), str::len);
        let (unit, after) = rest.split_at(size);
        let chars = unit.chars().count();
        if length + chars > max {
            pieces.push(String::new());
            length = 0;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(unit);
        }
        length += chars;
        rest = after;
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}
