//! Senders of CloudEvents ask with OPTIONS whether they may send to a link before they do. Nothing is reported here.

use super::process::METHODS;
use super::{App, Caller, Door, header};
use crate::calls::Calls;
use crate::log::{Line, Outcome};
use crate::rejection::Rejection;
use crate::reply::{self, Reply};
use bytes::Bytes;
use http::header::ORIGIN;
use http::{HeaderName, Method, Request, StatusCode};
use std::time::Instant;

/// Longest name of a system that is echoed, in characters.
const MAX_ORIGIN_CHARS: usize = 256;

impl App {
    /// The answer to a sender of CloudEvents that asks for permission; `None` when this is no such request. Browsers ask
    /// with OPTIONS too; they are the ones that have an origin.
    pub(super) async fn handshake(&self, caller: &Caller, request: &Request<Bytes>) -> Option<Reply> {
        let is_for_links = caller.door != Door::Direct && !request.uri().path().ends_with("/urls");
        if request.method() != Method::OPTIONS || request.headers().contains_key(ORIGIN) || !is_for_links {
            return None;
        }
        let origin = header(
            request.headers(),
            HeaderName::from_static("webhook-request-origin"),
        )?;
        let is_name = (1..=MAX_ORIGIN_CHARS).contains(&origin.len())
            && origin.bytes().all(|byte| byte.is_ascii_graphic());
        let start = Instant::now();
        let calls = Calls::default();
        let mut line = self.line(caller, request);
        let rejection = match self.may_send(caller, request, &calls, &mut line).await {
            Ok(true) if is_name => None,
            // The sender may ask again.
            Err(rejection) if is_ours(&rejection) => Some(rejection),
            // Not for CloudEvents, or damaged: as OPTIONS to any other link.
            Ok(_) | Err(_) => Some(Rejection::MethodNotAllowed(METHODS)),
        };
        let reply = match &rejection {
            None => {
                line.message = "Permitted a sender of CloudEvents; nothing was done.".to_owned();
                line.outcome = Some(Outcome::Handshake);
                reply::permission(&origin)
            }
            Some(rejection) => {
                line.refuse(rejection);
                reply::refused(rejection, None, &self.visitor(request))
            }
        };
        self.write(line, &calls, start, &reply);
        Some(self.shared_with_scripts(request, reply))
    }

    async fn may_send(
        &self,
        caller: &Caller,
        request: &Request<Bytes>,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<bool, Rejection> {
        let (query, opened) = self.opened(caller, request, calls, line).await?;
        let payload = opened.payload;
        let agrees = query.agrees(&payload.action.name, payload.action.kind.action_type());
        let switches = self.config.switches;
        Ok(switches.post_actions
            && switches.targets.permit(payload.target.kind())
            && agrees
            && payload
                .action
                .webhook()
                .is_some_and(|webhook| webhook.intake.cloudevents)
            && !payload.is_expired(self.now()))
    }
}

/// Whether a refusal is no word about the link: too many requests, or a failure on this side.
fn is_ours(rejection: &Rejection) -> bool {
    let status = rejection.status();
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}
