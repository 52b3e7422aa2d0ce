//! A message for a workflow of Microsoft Teams: an Adaptive Card 1.4. Texts are runs of a RichTextBlock, in which nothing
//! is markup, unlike in a TextBlock.

use super::line::Line;
use super::message::{Button, Message};
use crate::action::Style;
use serde_json::{Value, json};

/// Most buttons that Teams shows of one set.
const MAX_BUTTONS: usize = 6;

/// The body of the request.
pub fn compose(message: &Message<'_>) -> Value {
    let mut body = Vec::new();
    if let Some(name) = &message.sender {
        body.push(block(vec![
            json!({"type": "TextRun", "text": name.as_str(), "isSubtle": true}),
        ]));
    }
    let heading = message.heading.as_str();
    body.push(block(vec![
        json!({"type": "TextRun", "text": heading, "size": "large", "weight": "bolder"}),
    ]));
    for section in &message.sections {
        if let Some(title) = &section.title {
            body.push(block(vec![
                json!({"type": "TextRun", "text": title.as_str(), "weight": "bolder"}),
            ]));
        }
        // A line break in a run is not shown as one.
        for line in section
            .text
            .iter()
            .map(Line::as_str)
            .filter(|line| !line.is_empty())
        {
            body.push(block(vec![json!({"type": "TextRun", "text": line})]));
        }
        for (term, value) in &section.facts {
            body.push(block(vec![
                json!({"type": "TextRun", "text": format!("{term}: "), "weight": "bolder"}),
                json!({"type": "TextRun", "text": value.as_str()}),
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
        "fallbackText": heading,
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

fn small(text: &str) -> Value {
    block(vec![
        json!({"type": "TextRun", "text": text, "size": "small", "isSubtle": true}),
    ])
}

fn button(button: &Button<'_>) -> Value {
    let style = match button.style {
        Style::Primary => "positive",
        Style::Danger => "destructive",
        Style::Secondary => "default",
    };
    json!({"type": "Action.OpenUrl", "title": button.label.as_str(), "url": button.url, "style": style})
}
