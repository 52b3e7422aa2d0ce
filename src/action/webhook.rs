//! What makes a post action one for machines: `verify`, `bodies` and what goes with them.

use super::outcomes::Unknown;
use super::read::read_text;
use super::{Notes, Outcomes, ReplySpec, wire};
use crate::rejection::Fault;
use crate::webhook::intake::{self, Answer, BodyKind};
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
        answer: field("answer", wire.answer.as_deref(), plain)?,
    })?;
    let Some(webhook) = Webhook::of(verify, intake) else {
        return Ok(None);
    };
    let response = wire.response.as_ref();
    let own = Own {
        redirects: response.is_some_and(|response| response.redirect.is_some()),
        has_text: response.is_some_and(|response| response.text.is_some()),
    };
    check(&webhook, outcomes, own)?;
    if let Some(verify) = &webhook.verify {
        check_bodies(verify, &webhook.intake, at, notes)?;
    }
    if webhook.verify.as_ref().is_some_and(Verify::leaves_body_unsigned) {
        notes.add(format!(
            "{at}.verify: this sender signs no body; whoever sees one of its requests can send others for a while"
        ));
    }
    for secret in webhook.verify.iter().flat_map(Verify::secrets_with_unseen_ends) {
        notes.add(format!(
            "{at}.verify.{secret}: begins or ends with white space, such as the line break of a file. It is taken as it is, so \
             requests of a sender whose secret does not have it get 401"
        ));
    }
    let takes_any_text = webhook.intake.accept_raw
        || [BodyKind::Text, BodyKind::Empty]
            .into_iter()
            .any(|kind| webhook.takes(kind));
    let is_signed_outside = |verify: &Verify| !verify.leaves_body_unsigned();
    if webhook.verify.as_ref().is_some_and(is_signed_outside) && takes_any_text {
        notes.add(format!(
            "{at}.bodies: no content type is signed; whoever repeats a request can have its body read as any kind that \
             the link takes. Schemas should say type, so that a string or null is not taken for an event"
        ));
    }
    Ok(Some(webhook))
}

/// Refuses a link whose bodies can all not hold the signature that has to be in them, and notes the ones that cannot. Only
/// for new links: older ones open as they did.
fn check_bodies(verify: &Verify, intake: &Intake, at: &str, notes: &Notes) -> Result<(), Fault> {
    let bodies = intake.bodies.as_deref().unwrap_or_default();
    let unfit = bodies.iter().filter(|kind| !verify.fits(**kind)).count();
    if unfit > 0 && unfit == bodies.len() {
        let what = "none of these can hold the signature, which this sender puts into the body; name json, form, \
                    multipart or text-json";
        return Err(Fault::at("bodies", what));
    }
    if unfit > 0 {
        notes.add(format!(
            "{at}.bodies: this sender puts its signature into the body; a text or an empty body cannot hold it, so such \
             requests get 401"
        ));
    }
    if intake.accept_raw && verify.leaves_body_unsigned() {
        notes.add(format!(
            "{at}.accept_raw: this sender puts its signature into the body, where it is found in JSON and forms only, so \
             requests with a body of any other type get 401"
        ));
    }
    Ok(())
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

/// What the action's own response has.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    redirects: bool,
    has_text: bool,
}

impl Own {
    /// Of a response that was read.
    pub fn of(response: &ReplySpec) -> Self {
        Self {
            redirects: response.redirect.is_some(),
            has_text: response.text.is_some(),
        }
    }
}

/// What holds of a post action for machines as a whole.
///
/// # Errors
/// The field that is wrong.
pub fn check(webhook: &Webhook, outcomes: &Outcomes, own: Own) -> Result<(), Fault> {
    let takes_form = [BodyKind::Form, BodyKind::Multipart]
        .into_iter()
        .any(|kind| webhook.takes(kind));
    if webhook.intake.unwrap.is_some() && !takes_form {
        return Err(Fault::at("unwrap", "is for forms; name form in bodies"));
    }
    const NO_REDIRECT: &str = "senders of webhooks follow no redirect; leave it out";
    if own.redirects {
        return Err(Fault::at("response.redirect", NO_REDIRECT));
    }
    if webhook.intake.answer == Some(Answer::Text) {
        check_text(webhook, outcomes, own)?;
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

/// An answer that is a text needs one for every outcome.
fn check_text(webhook: &Webhook, outcomes: &Outcomes, own: Own) -> Result<(), Fault> {
    if webhook.is_twilio() {
        let what = "cannot be combined with this scheme, whose sender gets the text anyway; leave it out";
        return Err(Fault::at("answer", what));
    }
    let lacks_text = |response: &Option<ReplySpec>| match response {
        Some(response) => response.text.is_none(),
        None => !own.has_text,
    };
    let without = outcomes
        .list
        .iter()
        .position(|outcome| lacks_text(&outcome.response));
    let what = "is the text of the response; give it one";
    match without {
        None => Ok(()),
        Some(_) if !own.has_text => Err(Fault::at("answer", format!("{what} in response.text"))),
        Some(index) => Err(Fault::at(
            "answer",
            format!("{what} in outcomes[{index}].response.text"),
        )),
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
    let verify = Verify::read(wire)?;
    verify.check_new()?;
    Ok(verify.with_defaults())
}
