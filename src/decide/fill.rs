//! Output parameters: query values filled into what is reported and answered.

use crate::action::ReplySpec;
use crate::json::JsonText;
use crate::rejection::{Fault, Rejection};
use crate::template::{self, Parameters, TemplateFault};

pub(super) fn filled_output(
    output: JsonText,
    parameters: Option<&Parameters>,
) -> Result<JsonText, Rejection> {
    match parameters {
        Some(parameters) => filled_json(&output, "output", parameters),
        None => Ok(output),
    }
}

fn filled_json(json: &JsonText, at: &str, parameters: &Parameters) -> Result<JsonText, Rejection> {
    let mut bytes = 0;
    json.map_strings(
        |text| {
            let filled = template::fill(text, parameters, str::to_owned);
            let filled = filled.map_err(|fault| formatting_at(at, fault))?;
            bytes += template::carried_bytes(&filled);
            if bytes > template::MAX_FILLED_BYTES {
                return Err(formatting_at(at, TemplateFault::TooLong));
            }
            Ok(filled)
        },
        || formatting_at(at, "two keys of an object become the same"),
    )
}

pub(super) fn filled_text(
    text: Option<String>,
    at: &str,
    parameters: Option<&Parameters>,
) -> Result<Option<String>, Rejection> {
    match (text, parameters) {
        (Some(text), Some(parameters)) => {
            let filled = template::fill(&text, parameters, str::to_owned);
            filled.map(Some).map_err(|fault| formatting_at(at, fault))
        }
        (text, _) => Ok(text),
    }
}

/// Every part is filled, not only the one that this caller gets: a link then works for all callers or for none.
///
/// # Errors
/// `OutputFormatting`.
pub(super) fn filled_reply(
    reply: ReplySpec,
    parameters: Option<&Parameters>,
) -> Result<ReplySpec, Rejection> {
    let Some(parameters) = parameters else {
        return Ok(reply);
    };
    let html = |html: String| {
        let filled = template::fill(&html, parameters, escape_html);
        filled.map_err(|fault: TemplateFault| formatting_at("response.html", fault))
    };
    let redirect = |redirect: crate::action::Redirect| {
        redirect
            .fill(parameters)
            .map_err(|fault| formatting_at("response.redirect", fault))
    };
    Ok(ReplySpec {
        redirect: reply.redirect.map(redirect).transpose()?,
        json: reply
            .json
            .map(|json| filled_json(&json, "response.json", parameters))
            .transpose()?,
        html: reply.html.map(html).transpose()?,
        text: filled_text(reply.text, "response.text", Some(parameters))?,
    })
}

/// For text and for attribute values in either quotation marks.
fn escape_html(value: &str) -> String {
    askama::filters::escape(value, askama::filters::Html)
        .map(|safe| safe.to_string())
        .unwrap_or_default()
}

pub(super) fn formatting(what: &'static str) -> Rejection {
    Rejection::OutputFormatting(Fault::at("", what))
}

fn formatting_at(at: &str, what: impl std::fmt::Display) -> Rejection {
    Rejection::OutputFormatting(Fault::at(at, what))
}
