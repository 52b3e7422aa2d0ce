//! A message for a workflow of Microsoft Teams: an Adaptive Card 1.4. Texts are runs of a RichTextBlock, in which nothing
//! is markup, unlike in a TextBlock.

use super::line::Line;
use super::message::{Button, Message};
use crate::action::Style;
use serde_json::{Value, json};

/// Between two braces: a double one begins `DATE` and `TIME`, which are filled in even where nothing is markup.
const BROKEN_BRACES: &str = "{\u{2060}{";

/// Most buttons that Teams shows of one set.
const MAX_BUTTONS: usize = 6;

/// The body of the request.
pub fn compose(message: &Message<'_>) -> Value {
    let mut body = Vec::new();
    if let Some(name) = &message.sender {
        body.push(block(vec![
            json!({"type": "TextRun", "text": inert(name.as_str()), "isSubtle": true}),
        ]));
    }
    let heading = inert(message.heading.as_str());
    body.push(block(vec![
        json!({"type": "TextRun", "text": heading, "size": "large", "weight": "bolder"}),
    ]));
    for section in &message.sections {
        if let Some(title) = &section.title {
            body.push(block(vec![
                json!({"type": "TextRun", "text": inert(title.as_str()), "weight": "bolder"}),
            ]));
        }
        // A line break in a run is not shown as one.
        let lines = section.text.iter().map(Line::as_str);
        let lines: Vec<Value> = lines
            .filter(|line| !line.is_empty())
            .map(|line| block(vec![json!({"type": "TextRun", "text": inert(line)})]))
            .collect();
        if !lines.is_empty() {
            body.push(json!({"type": "Container", "style": "emphasis", "items": lines}));
        }
        for (term, value) in &section.facts {
            body.push(block(vec![
                json!({"type": "TextRun", "text": inert(&format!("{term}: ")), "weight": "bolder"}),
                json!({"type": "TextRun", "text": inert(value.as_str())}),
            ]));
        }
        for buttons in section.buttons.chunks(MAX_BUTTONS) {
            let actions: Vec<Value> = buttons.iter().map(button).collect();
            body.push(json!({"type": "ActionSet", "actions": actions}));
        }
    }
    for (term, value) in &message.rows {
        body.push(small(&format!("{term}: {value}")));
    }
    body.push(small(message.texts.note));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": message.language.tag(),
        // Older programs read markdown in it.
        "fallbackText": message.texts.heading,
        "body": body,
    });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn block(inlines: Vec<Value>) -> Value {
    json!({"type": "RichTextBlock", "inlines": inlines})
}

/// The text with nothing to fill in. The second time is for braces of an odd place.
fn inert(text: &str) -> String {
    text.replace("{{", BROKEN_BRACES).replace("{{", BROKEN_BRACES)
}

fn small(text: &str) -> Value {
    block(vec![
        json!({"type": "TextRun", "text": inert(text), "size": "small", "isSubtle": true}),
    ])
}

fn button(button: &Button<'_>) -> Value {
    let style = match button.style {
        Style::Primary => "positive",
        Style::Danger => "destructive",
        Style::Secondary => "default",
    };
    json!({"type": "Action.OpenUrl", "title": inert(button.label.as_str()), "url": button.url, "style": style})
}
