//! What a link for machines holds besides its outcomes.

use crate::action::{Outcomes, ReplySpec, webhook};
use crate::json::JsonText;
use crate::webhook::{Verify, Webhook};

/// Reads both texts, which must be the ones that a writer writes.
pub(super) fn read(
    verify: Option<&str>,
    intake: Option<&str>,
    outcomes: &Outcomes,
    response: &ReplySpec,
) -> Result<Option<Webhook>, &'static str> {
    let read = webhook::read_sealed(verify, intake).map_err(|_| "verify or intake")?;
    let Some(read) = read else {
        return if intake.is_none() {
            Ok(None)
        } else {
            Err("an empty intake")
        };
    };
    webhook::check(&read, outcomes, webhook::Own::of(response)).map_err(|_| "verify or intake")?;
    let written = read.verify.as_ref().map(Verify::to_json);
    if written.as_ref().map(|text| text.as_str()) != verify {
        return Err("verify is not canonical");
    }
    if read.intake.to_json().as_ref().map(JsonText::as_str) != intake {
        return Err("intake is not canonical");
    }
    match &read.verify {
        Some(verify) if verify.lacks_base() => Err("verify without an address"),
        Some(_) | None => Ok(Some(read)),
    }
}
