//! ProcessCallback: from a link to a task that was told. Nothing here can seal.

use super::{App, Caller, Door, header};
use crate::action::Action;
use crate::calls::Calls;
use crate::decide::{Decision, Method, Visit, decide};
use crate::keys::{Address, Asker};
use crate::language::Language;
use crate::link::Query;
use crate::log::{self, Ids, Line};
use crate::negotiate::{Format, asks_for_json};
use crate::payload::Opened;
use crate::rejection::{Damage, Rejection};
use crate::reply::{self, Manner, Reply, Visitor};
use crate::seal::esdk::Message;
use crate::seal::{self, Untrusted};
use crate::tasks::Told;
use crate::transaction::TransactionId;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request};
use std::time::Instant;

impl App {
    /// Answers a request for a link.
    pub async fn process(&self, caller: &Caller, request: Request<Bytes>) -> Reply {
        if let Some(reply) = Box::pin(self.handshake(caller, &request)).await {
            return reply;
        }
        if let Some(reply) = self.preflight(caller, &request) {
            return reply;
        }
        let start = Instant::now();
        let calls = Calls::default();
        let mut line = self.line(caller, &request);
        let mut known = Known {
            visitor: self.visitor(&request),
            transaction: None,
        };
        // On the heap, or whoever waits for this would be laid out around all of the clients of AWS.
        let trying = Box::pin(self.try_process(caller, &request, &mut known, &calls, &mut line));
        let reply = match trying.await {
            Ok(reply) => reply,
            Err(rejection) => {
                line.refuse(&rejection);
                reply::refused(&rejection, known.transaction, &known.visitor)
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
        caller: &Caller,
        request: &Request<Bytes>,
        known: &mut Known<'_>,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<Reply, Rejection> {
        if request.uri().path().ends_with("/urls") {
            return Err(Rejection::UnsupportedEvent(NO_LINKS_HERE));
        }
        let method = method(caller.door, request.method())?;
        let (query, opened) = self.opened(caller, request, calls, line).await?;
        let payload = &opened.payload;
        known.transaction = Some(payload.transaction);
        known.visitor.language = payload.locale.unwrap_or(known.visitor.language);
        known.visitor.manner = manner(&payload.action);
        line.recipient = payload
            .recipient
            .as_ref()
            .map(|recipient| recipient.as_str().to_owned());
        let text = |name| header(request.headers(), name);
        let content_type = text(http::header::CONTENT_TYPE);
        let user_agent = text(http::header::USER_AGENT).map(|text| log::foreign(&text));
        let headers: Vec<(&str, &[u8])> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let visit = Visit {
            method,
            query: &query,
            content_type: content_type.as_deref(),
            body: request.body(),
            asks_for_json: asks_for_json(&text(http::header::ACCEPT).unwrap_or_default()),
            is_prefetch: is_prefetch(request.headers()),
            source_ip: caller.source_ip.as_deref(),
            user_agent: user_agent.as_deref(),
            headers: &headers,
            raw_query: request.uri().query().unwrap_or_default(),
            now_ms: self.now_ms(),
        };
        let answer = match decide(opened, &visit, self.config.switches)? {
            Decision::Report(answer) => answer,
            Decision::Ask(ask) => {
                line.message = "Asked; nothing was done.".to_owned();
                line.outcome = Some(log::Outcome::Asked);
                if let Some(refusal) = &ask.refusal {
                    line.refuse(refusal);
                }
                return Ok(reply::ask(&ask, &known.visitor));
            }
            Decision::Challenge(challenge) => {
                line.message = "Answered a sender that tries the address; nothing was done.".to_owned();
                line.outcome = Some(log::Outcome::Challenge);
                return Ok(reply::challenge(&challenge));
            }
            Decision::Inert(receipt, reply) => {
                line.message = "Looked at a link with HEAD; nothing was done.".to_owned();
                line.outcome = Some(log::Outcome::Inert);
                return Ok(reply::done(&receipt, *reply, &known.visitor));
            }
        };
        line.chosen = answer.outcome.as_ref().map(ToString::to_string);
        let told = self
            .tasks
            .report(
                &answer.target,
                &answer.report,
                answer.about(),
                (self.clock)(),
                calls,
            )
            .await;
        let told = match told.map_err(|not_told| not_told.into_rejection()) {
            Err(rejection) if known.visitor.manner.is_completed(&rejection) => {
                line.message = "The task was closed before; nothing was done.".to_owned();
                line.outcome = Some(log::Outcome::AlreadyCompleted);
                return Ok(reply::already_completed(
                    &answer.receipt,
                    answer.reply,
                    &known.visitor,
                ));
            }
            told => told?,
        };
        match told {
            Told::Recorded => {
                line.message = format!("Recorded a {}.", answer.report.verb());
                line.outcome = Some(log::Outcome::Recorded);
                Ok(reply::done(&answer.receipt, answer.reply, &known.visitor))
            }
            Told::ClosedDuringRetry => {
                line.message =
                    "The answer was sent, and the task is closed; whether by this answer was not confirmed."
                        .to_owned();
                line.outcome = Some(log::Outcome::ClosedDuringRetry);
                Ok(reply::unconfirmed(&answer.receipt, &known.visitor))
            }
            Told::AnswerLost => {
                line.message = "The answer was sent, but not confirmed; it must not be repeated.".to_owned();
                line.outcome = Some(log::Outcome::AnswerLost);
                Ok(reply::answer_lost(&answer.receipt, &known.visitor))
            }
        }
    }

    /// Who asks, as far as the request tells.
    pub(super) fn visitor(&self, request: &Request<Bytes>) -> Visitor<'_> {
        let text = |name| header(request.headers(), name).unwrap_or_default();
        Visitor {
            format: Format::of(&text(http::header::ACCEPT)),
            language: Language::of_header(&text(http::header::ACCEPT_LANGUAGE)),
            brand: &self.config.brand,
            manner: Manner::default(),
        }
    }

    /// Opens the link of a request; the line then tells which it is.
    ///
    /// # Errors
    /// Those of [`App::open`], and `InvalidPayload` where there is no link.
    pub(super) async fn opened(
        &self,
        caller: &Caller,
        request: &Request<Bytes>,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<(Query, Opened), Rejection> {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let untrusted = query
            .data()
            .and_then(Untrusted::parse)
            .map_err(Rejection::InvalidPayload)?;
        line.format = Some(untrusted.format());
        line.data_key = untrusted.fingerprint();
        let opened = self.open(untrusted, &self.asker(caller), calls).await?;
        let payload = &opened.payload;
        Ids::note(&payload.transaction.to_string());
        line.transaction_id = Some(payload.transaction.to_string());
        line.action = Some(payload.action.name.to_string());
        line.kind = Some(payload.action.kind.action_type().as_str());
        Ok((query, opened))
    }

    /// Who has KMS asked. The address is that of the event, which AWS fills: headers are the visitor's own words.
    fn asker(&self, caller: &Caller) -> Asker {
        let address = caller.source_ip.as_deref().and_then(Address::parse);
        Asker {
            address: address.filter(|_| self.config.address_buckets),
            now: self.now(),
            random: self.random,
        }
    }

    /// Opens a link of any format. The only door to a payload without a key is a service without a key.
    ///
    /// # Errors
    /// `EncryptionRequired`, `DecryptionUnsupported`, `InvalidPayload`, and what [`crate::keys::KeyFailure`] becomes.
    pub async fn open(
        &self,
        untrusted: Untrusted,
        asker: &Asker,
        calls: &Calls,
    ) -> Result<Opened, Rejection> {
        match (untrusted, self.keys.is_off()) {
            (Untrusted::Plain(plain), true) => plain.trust_without_key().map_err(Rejection::InvalidPayload),
            (Untrusted::Plain(_), false) => Err(Rejection::EncryptionRequired),
            (Untrusted::Legacy(_) | Untrusted::Sealed(_), true) => Err(Rejection::DecryptionUnsupported),
            (Untrusted::Sealed(sealed), false) => {
                let opening = self.keys.opening(sealed.reference(), asker, calls).await;
                let opening = opening.map_err(|failure| failure.when_opening())?;
                let opened = sealed.open(&opening.key, &self.config.audience);
                let is_its_key = !matches!(opened, Err(Damage::Commitment));
                self.keys.judge(opening, is_its_key);
                opened.map_err(Rejection::InvalidPayload)
            }
            (Untrusted::Legacy(_), false) if !self.config.accept_legacy => {
                Err(Rejection::InvalidPayload(Damage::LegacyOff))
            }
            (Untrusted::Legacy(bytes), false) => {
                let damage = |damage: crate::seal::esdk::Damage| {
                    Rejection::InvalidPayload(Damage::Legacy(damage.to_string()))
                };
                let message = Message::parse(&bytes).map_err(damage)?;
                let key = self.keys.opening_legacy(&message, asker, calls).await;
                let key = key.map_err(|failure| failure.when_opening())?;
                let payload = message.open(key.expose()).map_err(damage)?;
                seal::open_json(&payload).map_err(Rejection::InvalidPayload)
            }
        }
    }
}

/// What is known of whoever gets the answer, also when it is a refusal.
struct Known<'a> {
    visitor: Visitor<'a>,
    transaction: Option<TransactionId>,
}

/// By whose rules an action is answered.
fn manner(action: &Action) -> Manner {
    match action.webhook() {
        None => Manner::Contract,
        Some(webhook) if webhook.is_twilio() => Manner::Twilio,
        Some(webhook) if webhook.answers_text() => Manner::Text,
        Some(_) => Manner::Machine,
    }
}

/// Whether a browser fetches a page that nobody has asked for yet (Fetch standard, `Sec-Purpose`; older browsers had
/// other names for it).
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .into_iter()
        .any(|name| {
            let value = header(headers, HeaderName::from_static(name)).unwrap_or_default();
            let purpose = value.split([';', ',']).next().unwrap_or_default().trim();
            ["prefetch", "prerender", "preview"]
                .iter()
                .any(|other| purpose.eq_ignore_ascii_case(other))
        })
}

/// What links are followed with.
pub(super) const METHODS: &str = "GET, HEAD, POST";

/// The event is for the other function.
const NO_LINKS_HERE: &str =
    "This function answers links, by GET or POST. To create links, invoke the CreateUrls function.";

fn method(door: Door, method: &http::Method) -> Result<Method, Rejection> {
    if door == Door::Direct {
        return Err(Rejection::UnsupportedEvent(NO_LINKS_HERE));
    }
    match *method {
        http::Method::GET => Ok(Method::Get),
        http::Method::HEAD => Ok(Method::Head),
        http::Method::POST => Ok(Method::Post),
        _ => Err(Rejection::MethodNotAllowed(METHODS)),
    }
}
