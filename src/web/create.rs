//! CreateUrls: from a request to links.

use super::{App, Caller, Door, header};
use crate::action::{Action, ActionKind};
use crate::calls::Calls;
use crate::channels::{self, Deadline};
use crate::deliver::Person;
use crate::event::Event;
use crate::expiration::Expiration;
use crate::link::{LONG_URL_CHARS, MAX_URL_CHARS, MAX_URLS_BYTES};
use crate::log::{Ids, Line, Outcome};
use crate::payload::Payload;
use crate::rejection::{Fault, Rejection};
use crate::reply::{self, Created, Links, RecipientLinks, Reply};
use crate::request::CreateUrls;
use crate::seal::{self, SealingKey};
use crate::select::is_json_type;
use crate::transaction::TransactionId;
use bytes::Bytes;
use http::{Method, Request};
use std::sync::Arc;
use std::time::Instant;

impl App {
    /// Answers a request to create links, over HTTP or as a direct invocation.
    pub async fn create(&self, caller: &Caller, request: Request<Bytes>) -> Reply {
        let start = Instant::now();
        let calls = Calls::default();
        let mut line = self.line(caller, &request);
        let transaction = TransactionId::new(self.random());
        Ids::note(&transaction.to_string());
        // On the heap, or whoever waits for this would be laid out around all of the clients of AWS.
        if let Some(event) = event_of(caller, &request, self.config.switches.post_actions) {
            let reply = Box::pin(self.event(event, transaction, start, &calls, &mut line)).await;
            line.transaction_id = Some(transaction.to_string());
            self.write(line, &calls, start, &reply);
            return reply;
        }
        let deadline = channels::deadline(start);
        let trying =
            Box::pin(self.try_create(caller.door, &request, transaction, deadline, &calls, &mut line));
        let reply = match trying.await {
            Ok(created) => {
                let links = created.links.len();
                line.message = match links {
                    1 => "Created a link.".to_owned(),
                    links => format!("Created {links} links."),
                };
                line.outcome = Some(Outcome::Created);
                line.links = Some(links);
                reply::created(&created)
            }
            Err(rejection) => {
                line.refuse(&rejection);
                reply::not_created(&rejection, transaction)
            }
        };
        line.transaction_id = Some(transaction.to_string());
        self.write(line, &calls, start, &reply);
        reply
    }

    pub(super) async fn try_create(
        &self,
        door: Door,
        request: &Request<Bytes>,
        transaction: TransactionId,
        deadline: Deadline,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<Created, Rejection> {
        check_envelope(door, request)?;
        let request = CreateUrls::parse(request.body(), &self.config)?;
        if self.keys.is_off() {
            request.refuse_secrets_without_key()?;
        }
        let now = self.now();
        let expiration = request.permitted(&self.config, now)?;
        let key = match &self.keys {
            keys if keys.is_off() => None,
            keys => {
                let links = request
                    .actions
                    .len()
                    .saturating_mul(request.recipients.len().max(1));
                let links = u32::try_from(links).unwrap_or(u32::MAX);
                Some(
                    keys.sealing(links, now, calls)
                        .await
                        .map_err(|failure| failure.when_sealing())?,
                )
            }
        };
        line.data_key = key.as_ref().map(|key| key.reference.fingerprint());
        let mut created = self.links(&request, expiration, key, transaction, now)?;
        let orders = self.orders(&request, &mut created, expires_at(expiration), now)?;
        Box::pin(self.deliver(orders, &mut created, deadline, calls, line)).await?;
        Ok(created)
    }

    fn links(
        &self,
        request: &CreateUrls,
        expiration: Option<Expiration>,
        key: Option<Arc<SealingKey>>,
        transaction: TransactionId,
        now: u64,
    ) -> Result<Created, Rejection> {
        let base = request.base_url.as_ref().or(self.config.base_url.as_ref());
        let base = base.ok_or_else(|| Rejection::ServiceError("no base URL is configured".to_owned()))?;
        let expires_at = expires_at(expiration);
        let mut warnings = request.notes.list();
        let mut room = MAX_URLS_BYTES;
        let mut links_of = |person: Option<&Person>, warnings: &mut Vec<String>| {
            let mut urls = serde_json::Map::new();
            let mut secrets = serde_json::Map::new();
            for (index, action) in request.actions.iter().enumerate() {
                let takes_parameters = !matches!(action.kind, ActionKind::Post(_) | ActionKind::Form(_));
                let payload = Payload {
                    target: request.target.target.clone(),
                    transaction,
                    issued_at: now,
                    expires_at,
                    parameters: request.parameters && takes_parameters,
                    action: action.at(base.as_str()),
                    callback: request.callback,
                    recipient: person.map(|person| person.id.clone()),
                    locale: request.locale,
                };
                let data = match &key {
                    Some(key) => {
                        let salt = self.random();
                        let generated = generated(&payload.action, key, &salt);
                        secrets.extend(generated.map(|secret| (action.name.to_string(), secret)));
                        seal::sealed::seal(&payload, key, salt, &self.config.audience)
                    }
                    None => seal::plain(&payload),
                };
                let url = match &key {
                    Some(key) if key.is_compact() && !payload.parameters => base.short_link(&data),
                    Some(_) | None => base.link(&action.name, action.kind.action_type(), &data),
                };
                check_length(&url, index, warnings)?;
                room = room.checked_sub(url.len()).ok_or_else(too_much)?;
                urls.insert(action.name.to_string(), url.into());
            }
            Ok((urls, secrets))
        };
        let mut shared = serde_json::Map::new();
        let links = match request.recipients.as_slice() {
            [] => {
                let (urls, secrets) = links_of(None, &mut warnings)?;
                shared = secrets;
                Links::Shared(urls)
            }
            recipients => {
                let each = recipients.iter().map(|person| {
                    let (urls, secrets) = links_of(Some(person), &mut warnings)?;
                    Ok(RecipientLinks {
                        id: person.id.as_str().to_owned(),
                        urls,
                        secrets,
                    })
                });
                Links::Own(each.collect::<Result<_, Rejection>>()?)
            }
        };
        Ok(Created {
            transaction_id: transaction.to_string(),
            links,
            delivered: Vec::new(),
            is_out: false,
            expiration: expiration.map(|expiration| expiration.to_string()),
            secrets: shared,
            recipients: Vec::new(),
            warnings,
        })
    }
}

/// The secret that a link has of its own, for the answer.
fn generated(action: &Action, key: &SealingKey, salt: &[u8; 16]) -> Option<serde_json::Value> {
    let verify = action.webhook()?.verify.as_ref()?;
    let secret = verify.generated(&seal::sealed::webhook_key(key, salt))?;
    Some(secret.expose().into())
}

/// What other services invoke this function with comes by no other door.
fn event_of(caller: &Caller, request: &Request<Bytes>, forms: bool) -> Option<Event> {
    match caller.door {
        Door::Direct => Event::of(request.body(), forms),
        Door::RestApi | Door::HttpApi | Door::FunctionUrl | Door::Local => None,
    }
}

fn expires_at(expiration: Option<Expiration>) -> Option<u64> {
    expiration.and_then(|expiration| u64::try_from(expiration.unix_seconds()).ok())
}

/// Refuses a URL that its readers would cut for certain, and warns of one that some of them cut.
fn check_length(url: &str, index: usize, warnings: &mut Vec<String>) -> Result<(), Rejection> {
    let length = url.len();
    if length > MAX_URL_CHARS {
        let what = format!("the URL would have {length} characters; {MAX_URL_CHARS} are allowed");
        return Err(Rejection::UrlTooLong(Fault::at(
            format!("actions[{index}]"),
            what,
        )));
    }
    let about = format!("actions[{index}]: the URL has ");
    // Once for each action, however many recipients there are.
    if length > LONG_URL_CHARS && !warnings.iter().any(|warning| warning.starts_with(&about)) {
        warnings.push(format!(
            "{about}{length} characters; some mail programs cut addresses behind {LONG_URL_CHARS}"
        ));
    }
    Ok(())
}

fn too_much() -> Rejection {
    let mebibytes = MAX_URLS_BYTES >> 20;
    let what = format!(
        "all links of the request together would have more than {mebibytes} MiB; make several requests, or shorten the \
         texts"
    );
    Rejection::UrlTooLong(Fault::at("actions", what))
}

/// Method and content type, which a direct invocation does not have.
fn check_envelope(door: Door, request: &Request<Bytes>) -> Result<(), Rejection> {
    match door {
        Door::Direct => return Ok(()),
        Door::RestApi | Door::HttpApi | Door::FunctionUrl | Door::Local => {}
    }
    if request.uri().path().ends_with("/respond") {
        let text = "This function makes links. Links are answered by the ProcessCallback function.";
        return Err(Rejection::UnsupportedEvent(text));
    }
    if request.method() != Method::POST {
        return Err(Rejection::MethodNotAllowed("POST"));
    }
    match header(request.headers(), http::header::CONTENT_TYPE) {
        Some(content_type) if is_json_type(&content_type) => Ok(()),
        _ => Err(Rejection::UnsupportedMediaType),
    }
}
