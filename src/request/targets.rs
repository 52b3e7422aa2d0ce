//! What waits: which kinds the stack permits, until when, and what it can be told.

use super::CreateUrls;
use crate::action::{ActionKind, Form, Name, Notes, OutcomeKind, OutputFrom, Post, TextFrom};
use crate::config::Config;
use crate::expiration::{self, Expiration};
use crate::rejection::{Fault, Rejection};
use crate::report::Report;
use crate::target::{self, About, Target};
use crate::token::TaskToken;
use crate::transaction::TransactionId;
use crate::unevaluated;
use serde_json::value::RawValue;

/// `token`, or `target`, which says the same of more things.
pub(super) fn read(token: Option<String>, target: Option<&RawValue>) -> Result<target::Read, Rejection> {
    let invalid = |at: &str, what: &str| Rejection::InvalidJson(Fault::at(at, what));
    match (token, target) {
        (Some(token), None) => {
            let token = TaskToken::new(token);
            let token = token.ok_or_else(|| invalid("token", "must have 1 to 2,048 characters"))?;
            Ok(target::Read::of_task(token))
        }
        (None, Some(target)) => {
            target::read(target).map_err(|fault| Rejection::InvalidJson(fault.under("target")))
        }
        (None, None) => Err(invalid("token", "is missing; give `token` or `target`")),
        (Some(_), Some(_)) => Err(invalid("target", "give either `token` or `target`, not both")),
    }
}

/// A token that nobody filled in fails when somebody answers, days later. Version 1 granted such requests, so they are granted
/// still; what is delivered is refused.
///
/// # Errors
/// `InvalidJSON` at the token of a request with `deliver`.
pub(super) fn check_token(
    target: &Target,
    is_in_target: bool,
    is_delivered: bool,
    notes: &Notes,
) -> Result<(), Rejection> {
    let Target::StepFunctions(token) = target else {
        return Ok(());
    };
    let Some(what) = unevaluated::wrong_token(token.expose()) else {
        return Ok(());
    };
    let fault = Fault::at(if is_in_target { "target.token" } else { "token" }, what);
    match is_delivered {
        true => Err(Rejection::InvalidJson(fault)),
        false => {
            notes.add(fault.to_string());
            Ok(())
        }
    }
}

impl CreateUrls {
    /// # Errors
    /// `TargetDisabled`; `InvalidJSON` for a URL of another region.
    pub(super) fn check_target(&self, config: &Config) -> Result<(), Rejection> {
        let kind = self.target.target.kind();
        match config.switches.targets.permit(kind) {
            true => self
                .target
                .target
                .check_region(&config.region)
                .map_err(|fault| Rejection::InvalidJson(fault.under("target"))),
            false => Err(Rejection::TargetDisabled(kind.as_str(), kind.parameter())),
        }
    }

    /// No link outlives what waits for it.
    ///
    /// # Errors
    /// `InvalidDate`: it waits no longer.
    pub(super) fn within_target(
        &self,
        wanted: Option<Expiration>,
        now: u64,
    ) -> Result<Option<Expiration>, Rejection> {
        let Some(end) = self.target.ends_at(now) else {
            return Ok(wanted);
        };
        if end <= now {
            let text = "target: waits no longer; its time is over";
            return Err(Rejection::InvalidDate(text.to_owned()));
        }
        let (end, was_capped) = expiration::capped(wanted, Expiration::at(end));
        if was_capped {
            let field = self.end.field();
            self.notes.add(format!(
                "{field}: the links end earlier, because what waits for them does (target)"
            ));
        }
        Ok(end)
    }

    /// Everything that is fixed now must be something that the target takes.
    ///
    /// # Errors
    /// `InvalidJSON`, with the action or outcome.
    pub(super) fn check_reports(&self) -> Result<(), Rejection> {
        let limit = self.target.target.kind().output_limit();
        for (index, action) in self.actions.iter().enumerate() {
            let at = format!("actions[{index}]");
            let outcomes = match &action.kind {
                ActionKind::Success { .. } | ActionKind::Failure { .. } if self.parameters => continue,
                ActionKind::Success { output } => {
                    self.check_report(Report::success(output.clone(), limit).ok(), &action.name, &at)?;
                    continue;
                }
                ActionKind::Failure { error, cause } => {
                    self.check_report(
                        Report::failure(error.clone(), cause.clone()).ok(),
                        &action.name,
                        &at,
                    )?;
                    continue;
                }
                ActionKind::Heartbeat => {
                    self.check_report(Some(Report::Heartbeat), &action.name, &at)?;
                    continue;
                }
                ActionKind::Post(Post { outcomes, .. }) | ActionKind::Form(Form { outcomes, .. }) => outcomes,
            };
            for (place, outcome) in outcomes.list.iter().enumerate() {
                let report = match &outcome.kind {
                    OutcomeKind::Success(OutputFrom::Fixed(output)) => {
                        Report::success(output.clone(), limit).ok()
                    }
                    OutcomeKind::Success(OutputFrom::Body | OutputFrom::Matches(_)) => None,
                    OutcomeKind::Failure(error, cause) => {
                        let fixed = |text: &TextFrom| match text {
                            TextFrom::Fixed(text) => Some(text.clone()),
                            TextFrom::Matches(_) | TextFrom::Nowhere => None,
                        };
                        Report::failure(fixed(error), fixed(cause)).ok()
                    }
                    OutcomeKind::Heartbeat => Some(Report::Heartbeat),
                };
                self.check_report(report, &outcome.name, &format!("{at}.outcomes[{place}]"))?;
            }
        }
        Ok(())
    }

    fn check_report(&self, report: Option<Report>, answer: &Name, at: &str) -> Result<(), Rejection> {
        let about = About {
            transaction: TransactionId::new([0; 16]),
            answer: answer.as_str(),
        };
        let target: &Target = &self.target.target;
        report
            .map_or(Ok(()), |report| target.check(&report, about))
            .map_err(|what| Rejection::InvalidJson(Fault::at(at, what)))
    }
}

#[cfg(test)]
mod tests;
