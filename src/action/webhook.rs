//! What makes a post action one for machines: `verify`, `bodies` and what goes with them.

use super::outcomes::Unknown;
use super::read::read_text;
use super::{Notes, Outcomes, ReplySpec, wire};
use crate::rejection::Fault;
use crate::webhook::intake::{self, BodyKind};
use crate::webhook::{Intake, Verify, Webhook};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Reads the fields of a post action that is asked for. (In a sealed action they mean nothing: an author may have written
/// them there when nobody read them.)
///
/// # Errors
/// The field that is wrong; no secret is in the text.
pub(super) fn read(
    wire: &wire::Post,
    at: &str,
    outcomes: &Outcomes,
    notes: &Notes,
) -> Result<Option<Webhook>, Fault> {
    let verify = field("verify", wire.verify.as_deref(), read_verify)?;
    let intake = Intake::read(intake::Wire {
        bodies: field("bodies", wire.bodies.as_deref(), plain)?,
        unwrap: field("unwrap", wire.unwrap.as_deref(), plain)?,
        accept_raw: field("accept_raw", wire.accept_raw.as_deref(), plain)?,
        cloudevents: field("cloudevents", wire.cloudevents.as_deref(), plain)?,
    })?;
    let Some(webhook) = Webhook::of(verify, intake) else {
        return Ok(None);
    };
    let redirect = wire
        .response
        .as_ref()
        .and_then(|response| response.redirect.as_ref());
    check(&webhook, outcomes, redirect.is_some())?;
    if webhook.verify.as_ref().is_some_and(Verify::leaves_body_unsigned) {
        notes.add(format!(
            "{at}.verify: this sender signs no body; whoever sees one of its requests can send others for a while"
        ));
    }
    let takes_any_text = webhook.intake.accept_raw
        || [BodyKind::Text, BodyKind::Empty]
            .into_iter()
            .any(|kind| webhook.takes(kind));
    if webhook.verify.is_some() && takes_any_text {
        notes.add(format!(
            "{at}.bodies: no content type is signed; whoever repeats a request can have its body read as any kind that \
             the link takes. Schemas should say type, so that a string or null is not taken for an event"
        ));
    }
    Ok(Some(webhook))
}

/// Reads what a link holds.
///
/// # Errors
/// The field that is wrong.
pub fn read_sealed(verify: Option<&str>, intake: Option<&str>) -> Result<Option<Webhook>, Fault> {
    let verify = verify.map(|text| strict(text).and_then(Verify::read));
    let intake = intake.map(|text| read_text(text, |_| ()).and_then(Intake::read));
    Ok(Webhook::of(
        verify.transpose()?,
        intake.transpose()?.unwrap_or_default(),
    ))
}

/// What holds of a post action for machines as a whole. `redirects`: the action's own response does.
///
/// # Errors
/// The field that is wrong.
pub fn check(webhook: &Webhook, outcomes: &Outcomes, redirects: bool) -> Result<(), Fault> {
    let takes_form = [BodyKind::Form, BodyKind::Multipart]
        .into_iter()
        .any(|kind| webhook.takes(kind));
    if webhook.intake.unwrap.is_some() && !takes_form {
        return Err(Fault::at("unwrap", "is for forms; name form in bodies"));
    }
    const NO_REDIRECT: &str = "senders of webhooks follow no redirect; leave it out";
    if redirects {
        return Err(Fault::at("response.redirect", NO_REDIRECT));
    }
    let redirects = |response: &Option<ReplySpec>| response.as_ref().is_some_and(|r| r.redirect.is_some());
    match outcomes
        .list
        .iter()
        .position(|outcome| redirects(&outcome.response))
    {
        Some(index) => Err(Fault::at(
            format!("outcomes[{index}].response.redirect"),
            NO_REDIRECT,
        )),
        None => Ok(()),
    }
}

fn field<T>(
    name: &str,
    raw: Option<&RawValue>,
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    raw.map(|raw| read(raw.get()).map_err(|fault| fault.under(name)))
        .transpose()
}

fn plain<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    read_text(text, |_| ())
}

/// As [`read_text`], but a field that is not known is refused: it may say who is not to be believed.
fn strict<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let mut unknown = Unknown::default();
    let wire = read_text(text, |field| unknown.note(field))?;
    unknown.refuse()?;
    Ok(wire)
}

fn read_verify(text: &str) -> Result<Verify, Fault> {
    let wire: crate::webhook::wire::Verify = strict(text)?;
    if wire.url.is_some() {
        return Err(Fault::at(
            "url",
            "is not known here; the link's own address is signed",
        ));
    }
    Verify::read(wire).map(Verify::with_defaults)
}
