//! ProcessCallback: from a link to a task that was told. Nothing here can seal.

use super::{App, Caller, Door, header};
use crate::calls::Calls;
use crate::decide::{Decision, Method, Visit, decide};
use crate::link::Query;
use crate::log::Line;
use crate::negotiate::Format;
use crate::payload::{Payload, json_form};
use crate::rejection::{Damage, Rejection};
use crate::reply::{self, Reply};
use crate::seal::Untrusted;
use crate::seal::esdk::Message;
use crate::tasks::Told;
use crate::transaction::TransactionId;
use bytes::Bytes;
use http::Request;
use std::time::Instant;

impl App {
    /// Answers a request for a link.
    pub async fn process(&self, caller: &Caller, request: Request<Bytes>) -> Reply {
        if let Some(reply) = self.preflight(caller, &request) {
            return reply;
        }
        let start = Instant::now();
        let calls = Calls::default();
        let mut line = self.line(caller, &request);
        let format = Format::of(&header(request.headers(), http::header::ACCEPT).unwrap_or_default());
        let mut transaction = None;
        let reply = match self
            .try_process(caller.door, &request, format, &mut transaction, &calls, &mut line)
            .await
        {
            Ok(reply) => reply,
            Err(rejection) => {
                line.refuse(&rejection);
                reply::refused(&rejection, transaction, format)
            }
        };
        let is_head = request.method() == http::Method::HEAD;
        let reply = if is_head {
            reply::without_body(reply)
        } else {
            reply
        };
        self.write(line, &calls, start, &reply);
        self.shared_with_scripts(&request, reply)
    }

    async fn try_process(
        &self,
        door: Door,
        request: &Request<Bytes>,
        format: Format,
        transaction: &mut Option<TransactionId>,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<Reply, Rejection> {
        let method = method(door, request.method())?;
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let untrusted = query
            .data()
            .and_then(Untrusted::parse)
            .map_err(Rejection::InvalidPayload)?;
        let now = self.now();
        line.format = Some(untrusted.format());
        line.data_key = untrusted.fingerprint();
        let payload = self.open(untrusted, now, calls).await?;
        *transaction = Some(payload.transaction);
        line.transaction_id = Some(payload.transaction.to_string());
        line.action = Some(payload.action.name.to_string());
        line.kind = Some(payload.action.kind.action_type().as_str());
        let content_type = header(request.headers(), http::header::CONTENT_TYPE);
        let visit = Visit {
            method,
            query: &query,
            content_type: content_type.as_deref(),
            body: request.body(),
            now,
        };
        let answer = match decide(payload, &visit, self.config.switches)? {
            Decision::Report(answer) => answer,
            Decision::Inert => {
                line.message = "Looked at a link with HEAD; nothing was done.".to_owned();
                line.outcome = "inert";
                return Ok(reply::inert(format));
            }
        };
        line.chosen = answer.outcome.as_ref().map(ToString::to_string);
        let told = self
            .tasks
            .report(&answer.token, &answer.report, (self.clock)(), calls)
            .await;
        match told.map_err(|not_told| not_told.into_rejection())? {
            Told::Recorded => {
                line.message = format!("Recorded a {}.", answer.report.verb());
                line.outcome = "recorded";
                Ok(reply::done(&answer.subject, answer.reply, format))
            }
            Told::ClosedDuringRetry => {
                line.message = "The task is closed, and the confirmation got lost.".to_owned();
                line.outcome = "closed_during_retry";
                Ok(reply::unconfirmed(&answer.subject, format))
            }
        }
    }

    /// Opens a link of any format. The only door to a payload without a key is a service without a key.
    ///
    /// # Errors
    /// `EncryptionRequired`, `DecryptionUnsupported`, `InvalidPayload`, and what [`crate::keys::KeyFailure`] becomes.
    pub async fn open(&self, untrusted: Untrusted, now: u64, calls: &Calls) -> Result<Payload, Rejection> {
        match (untrusted, self.keys.is_off()) {
            (Untrusted::Plain(plain), true) => plain.trust_without_key().map_err(Rejection::InvalidPayload),
            (Untrusted::Plain(_), false) => Err(Rejection::EncryptionRequired),
            (Untrusted::Legacy(_) | Untrusted::Sealed(_), true) => Err(Rejection::DecryptionUnsupported),
            (Untrusted::Sealed(sealed), false) => {
                let key = self.keys.opening(sealed.reference(), now, calls).await;
                let key = key.map_err(|failure| failure.when_opening())?;
                sealed
                    .open(&key, &self.config.audience)
                    .map_err(Rejection::InvalidPayload)
            }
            (Untrusted::Legacy(_), false) if !self.config.accept_legacy => {
                Err(Rejection::InvalidPayload(Damage::LegacyOff))
            }
            (Untrusted::Legacy(bytes), false) => {
                let damage = |damage: crate::seal::esdk::Damage| {
                    Rejection::InvalidPayload(Damage::Legacy(damage.to_string()))
                };
                let message = Message::parse(&bytes).map_err(damage)?;
                let key = self.keys.opening_legacy(&message, now, calls).await;
                let key = key.map_err(|failure| failure.when_opening())?;
                let payload = message.open(key.expose()).map_err(damage)?;
                json_form::read(&payload).map_err(Rejection::InvalidPayload)
            }
        }
    }
}

fn method(door: Door, method: &http::Method) -> Result<Method, Rejection> {
    if door == Door::Direct {
        let text =
            "This function answers links, by GET or POST. To create links, invoke the CreateUrls function.";
        return Err(Rejection::UnsupportedEvent(text));
    }
    match *method {
        http::Method::GET => Ok(Method::Get),
        http::Method::HEAD => Ok(Method::Head),
        http::Method::POST => Ok(Method::Post),
        _ => Err(Rejection::MethodNotAllowed("GET, HEAD, POST")),
    }
}
