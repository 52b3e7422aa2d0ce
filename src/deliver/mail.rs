//! A mail: HTML with buttons, and the same as text for whoever reads no HTML. lettre encodes; no text can add a header.

use super::line::Line;
use super::message::{Button, Message, Section};
use crate::action::Style;
use crate::rejection::Rejection;
use askama::Template;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    lang: &'static str,
    brand: Option<&'a Line>,
    color: String,
    ink: &'static str,
    heading: &'a Line,
    sections: &'a [Section<'a>],
    note: &'static str,
    rows: &'a [(&'static str, Line)],
}

impl Button<'_> {
    fn class(&self) -> &'static str {
        match self.style {
            Style::Primary => "primary",
            Style::Danger => "danger",
            Style::Secondary => "secondary",
        }
    }
}

/// The whole mail for one address.
pub fn compose(
    message: &Message<'_>,
    from: &Mailbox,
    to: &Mailbox,
    reply_to: Option<&Mailbox>,
    boundary: &str,
    now: u64,
) -> Result<Vec<u8>, Rejection> {
    let broken =
        |what: &dyn std::fmt::Display| Rejection::ServiceError(format!("a mail cannot be built: {what}"));
    let date = i64::try_from(now)
        .ok()
        .and_then(|now| jiff::Timestamp::from_second(now).ok());
    let mut builder = lettre::Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(message.heading.as_str());
    if let Some(date) = date {
        builder = builder.date(date.into());
    }
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let part = |content_type: ContentType, text: String| {
        // Whatever the text is: its lines stay short, so nothing on the way breaks them.
        let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable);
        let body = body.map_err(|_| broken(&"its encoding"))?;
        Ok::<_, Rejection>(SinglePart::builder().header(content_type).body(body))
    };
    let parts = MultiPart::builder()
        .kind(lettre::message::MultiPartKind::Alternative)
        .boundary(boundary)
        .singlepart(part(ContentType::TEXT_PLAIN, message.text())?)
        .singlepart(part(ContentType::TEXT_HTML, html(message))?);
    let mail = builder.multipart(parts).map_err(|error| broken(&error))?;
    Ok(mail.formatted())
}

/// The mail's page. Styles stand at the elements, too, for programs that know no style sheet.
#[expect(clippy::expect_used, reason = "writing to a string does not fail")]
pub(super) fn html(message: &Message<'_>) -> String {
    let color = message.brand.color;
    let page = Html {
        lang: message.language.tag(),
        brand: message.sender.as_ref(),
        color: color.map_or_else(|| "#0b57d0".to_owned(), crate::brand::Color::css),
        ink: color.map_or("#fff", crate::brand::Color::ink),
        heading: &message.heading,
        sections: &message.sections,
        note: message.texts.note,
        rows: &message.rows,
    };
    page.render().expect("writing to a string does not fail")
}
