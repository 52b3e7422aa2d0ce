//! Post actions for machines: first the proof, then the body.

use super::{Decision, Use};
use crate::action::{Outcomes, Post};
use crate::link::BaseUrl;
use crate::rejection::Rejection;
use crate::select::{self, Body};
use crate::webhook::challenge::Challenge;
use crate::webhook::intake::BodyKind;
use crate::webhook::{DerivedKey, Received, Verify, Webhook, body};

impl Use<'_> {
    /// What a request from the right sender does.
    pub(super) fn webhook(
        &self,
        post: &Post,
        webhook: &Webhook,
        key: Option<&DerivedKey>,
    ) -> Result<Decision, Rejection> {
        // The same answer to everybody, and before the work of a proof.
        body::check_size(self.visit.body)?;
        if let Some(verify) = &webhook.verify {
            let proven = verify.check(key, &self.received(webhook, verify));
            proven.map_err(Rejection::InvalidSignature)?;
        }
        let json = body::as_json(
            &webhook.intake,
            webhook.verify.as_ref().map(|verify| &verify.scheme),
            self.visit.body,
            self.visit.content_type,
        )?;
        let body = Body::parse(&json)?;
        match Challenge::of(webhook, body.value()) {
            Some(challenge) => Ok(Decision::Challenge(challenge)),
            None => self.posted(&post.outcomes, &body),
        }
    }

    /// What the body chooses.
    pub(super) fn posted(&self, outcomes: &Outcomes, body: &Body<'_>) -> Result<Decision, Rejection> {
        let outcome = select::choose(outcomes, body)?;
        let reply = outcome.response.as_ref().unwrap_or(&self.payload.action.response);
        self.answer(
            select::report(outcome, body, self.output_limit())?,
            reply.clone(),
            Some(&outcome.name),
            self.shown(),
        )
    }

    fn received(&self, webhook: &Webhook, verify: &Verify) -> Received<'_> {
        let visit = self.visit;
        Received {
            headers: visit.headers,
            body: visit.body,
            content_type: visit.content_type,
            text_is_json: webhook.takes(BodyKind::TextJson),
            urls: self.addresses(verify),
            now_ms: visit.now_ms,
        }
    }

    /// The link as it was handed out, in either form (a REST API does not tell the order of the query), and as it was
    /// called; nothing where the sender does not sign that.
    fn addresses(&self, verify: &Verify) -> Vec<String> {
        let base = verify.base().map(BaseUrl::https_or_local);
        let (Some(Ok(base)), Ok(data)) = (base, self.visit.query.data()) else {
            return Vec::new();
        };
        // A reader takes off what was glued to the end of a link. What is signed may go on right after it: then that would
        // count as a part of the address.
        let is_link = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let handed_out = |data: &str| {
            vec![
                base.link(&self.subject.name, self.subject.kind, data),
                base.short_link(data),
            ]
        };
        match data.split_once(|c: char| !is_link(c)) {
            Some((data, _)) => handed_out(data),
            None => verify.addresses(handed_out(data), &base.called(self.visit.raw_query)),
        }
    }
}
