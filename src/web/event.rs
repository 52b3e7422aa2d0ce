//! CreateUrls, invoked by other services. CloudFormation waits for a response, whatever becomes of its event; the
//! notification of an approval has nobody who would read a refusal. Lambda repeats such an invocation when it fails, so it
//! fails only as long as nobody was sent a link.

use super::{App, Door};
use crate::calls::Calls;
use crate::channels;
use crate::event::{Event, ResourceEvent, Wanted};
use crate::log::{self, Level, Line};
use crate::rejection::{Fault, Rejection};
use crate::reply::{self, Created, Links, Reply};
use crate::target::{About, CustomResource, TargetKind};
use crate::transaction::TransactionId;
use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// Longest reason that CloudFormation is given, in characters: a response has 4,096 bytes in all.
const MAX_REASON_CHARS: usize = 700;

/// How long after its beginning an event is at its end, before Lambda ends it after 15 s.
const RESPONDED: Duration = Duration::from_secs(14);

/// How an event of CloudFormation ended.
enum Outcome {
    /// Somebody is asked; the response comes with the answer.
    Waits,
    /// A response at once.
    Ready {
        attributes: Map<String, Value>,
        hidden: bool,
        /// Somebody has a message with links, or may have one.
        is_out: bool,
    },
    /// A response at once: the resource stays what it is, or goes.
    Unchanged,
}

impl App {
    pub(super) async fn event(
        &self,
        event: Event,
        transaction: TransactionId,
        start: Instant,
        calls: &Calls,
        line: &mut Line,
    ) -> Reply {
        match event {
            Event::Resource(event) => {
                self.custom_resource(&event, transaction, start, calls, line)
                    .await
            }
            Event::Notification(request) => {
                match self.notified(request, transaction, start, calls, line).await {
                    Ok(created) => {
                        line.message = "Created links for an approval of CodePipeline.".to_owned();
                        line.outcome = Some(log::Outcome::Created);
                        line.links = Some(created.links.len());
                        reply::event("WAITING", transaction)
                    }
                    Err(rejection) => {
                        let is_out = !rejection.may_be_repeated();
                        failed(&rejection, is_out, transaction, line)
                    }
                }
            }
        }
    }

    async fn notified(
        &self,
        request: Result<Value, Fault>,
        transaction: TransactionId,
        start: Instant,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<Created, Rejection> {
        let request = request.map_err(Rejection::InvalidJson)?;
        self.create_from(&request, transaction, start, calls, line).await
    }

    async fn create_from(
        &self,
        request: &Value,
        transaction: TransactionId,
        start: Instant,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<Created, Rejection> {
        let request = Request::new(Bytes::from(request.to_string()));
        let deadline = channels::deadline_of_event(start);
        let created = self.try_create(Door::Direct, &request, transaction, deadline, calls, line);
        Box::pin(created).await
    }

    async fn custom_resource(
        &self,
        event: &ResourceEvent,
        transaction: TransactionId,
        start: Instant,
        calls: &Calls,
        line: &mut Line,
    ) -> Reply {
        // Nobody can be told that this is wrong.
        let resource = match event.resource(transaction, &self.config.region) {
            Ok(resource) => resource,
            Err(fault) => {
                let rejection = Rejection::InvalidJson(fault);
                line.refuse(&rejection);
                return reply::not_created(&rejection, transaction);
            }
        };
        let outcome = self.asked_by_stack(event, transaction, start, calls, line).await;
        let is_out = match &outcome {
            Ok(Outcome::Waits) => true,
            Ok(Outcome::Ready { is_out, .. }) => *is_out,
            Ok(Outcome::Unchanged) => false,
            Err(rejection) => !rejection.may_be_repeated(),
        };
        let granted = match outcome {
            Ok(Outcome::Waits) => {
                line.message = "Created links that a custom resource waits for.".to_owned();
                line.outcome = Some(log::Outcome::Created);
                return reply::event("WAITING", transaction);
            }
            Ok(Outcome::Ready {
                attributes, hidden, ..
            }) => ready(&resource, attributes, hidden, transaction),
            Ok(Outcome::Unchanged) => unchanged(&resource, transaction),
            Err(rejection) => Err(rejection),
        };
        let (status, body) = match granted {
            Ok(body) => {
                line.message = "Answered a custom resource.".to_owned();
                line.outcome = Some(log::Outcome::Answered);
                ("SUCCESS", Ok(body))
            }
            Err(rejection) => {
                line.refuse(&rejection);
                ("FAILED", refused(&resource, &rejection, transaction))
            }
        };
        let sent = match body {
            Ok(body) => {
                let end = start + RESPONDED;
                self.tasks.respond(&resource, body, end, calls).await
            }
            Err(what) => {
                return failed(
                    &Rejection::ServiceError(what.to_owned()),
                    is_out,
                    transaction,
                    line,
                );
            }
        };
        match sent {
            Ok(_) => reply::event(status, transaction),
            Err(not_told) => failed(&not_told.into_rejection(), is_out, transaction, line),
        }
    }

    async fn asked_by_stack(
        &self,
        event: &ResourceEvent,
        transaction: TransactionId,
        start: Instant,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<Outcome, Rejection> {
        let under = |fault: Fault| Rejection::InvalidJson(fault.under("ResourceProperties"));
        let (request, waits, shows_urls) = match event.wanted(transaction).map_err(under)? {
            // Also where custom resources were switched off since: a stack must be able to go.
            Wanted::Nothing => return Ok(Outcome::Unchanged),
            Wanted::Links {
                request,
                waits,
                shows_urls,
            } => (request, waits, shows_urls),
        };
        let kind = TargetKind::CustomResource;
        if !self.config.switches.targets.permit(kind) {
            return Err(Rejection::TargetDisabled(kind.as_str(), kind.parameter()));
        }
        let created = self
            .create_from(&request, transaction, start, calls, line)
            .await?;
        line.links = Some(created.links.len());
        if waits {
            return Ok(Outcome::Waits);
        }
        Ok(Outcome::Ready {
            attributes: attributes(&created, shows_urls),
            hidden: shows_urls,
            is_out: created.is_out,
        })
    }
}

/// Nobody else can be told. The invocation fails, so that Lambda tries again, unless people would be asked twice.
fn failed(rejection: &Rejection, is_out: bool, transaction: TransactionId, line: &mut Line) -> Reply {
    line.refuse(rejection);
    match is_out {
        false => reply::not_created(rejection, transaction),
        true => {
            line.level = Level::Error;
            reply::event("FAILED", transaction)
        }
    }
}

/// What `Fn::GetAtt` finds at a resource that does not wait.
fn attributes(created: &Created, shows_urls: bool) -> Map<String, Value> {
    let mut attributes = Map::new();
    attributes.insert("TransactionId".to_owned(), created.transaction_id.clone().into());
    if let Some(expiration) = &created.expiration {
        attributes.insert("Expiration".to_owned(), expiration.clone().into());
    }
    if let (true, Links::Shared(urls)) = (shows_urls, &created.links) {
        let urls = urls
            .iter()
            .map(|(name, url)| (format!("Urls.{name}"), url.clone()));
        attributes.extend(urls);
    }
    attributes
}

fn ready(
    resource: &CustomResource,
    attributes: Map<String, Value>,
    hidden: bool,
    transaction: TransactionId,
) -> Result<String, Rejection> {
    let body = resource.succeeded("The links are made.", attributes, hidden, about(transaction));
    body.map_err(|what| {
        let at = "ResourceProperties.return_urls";
        Rejection::UrlTooLong(Fault::at(at, format!("{what}; leave it out")))
    })
}

fn unchanged(resource: &CustomResource, transaction: TransactionId) -> Result<String, Rejection> {
    let body = resource.unchanged(about(transaction));
    body.map_err(|what| Rejection::ServiceError(what.to_owned()))
}

/// Nobody has answered anything.
const fn about(transaction: TransactionId) -> About<'static> {
    About {
        transaction,
        answer: "",
    }
}

fn refused(
    resource: &CustomResource,
    rejection: &Rejection,
    transaction: TransactionId,
) -> Result<String, &'static str> {
    let reason = format!("{}: {rejection} (transaction {transaction})", rejection.code());
    let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
    resource.failed(&reason, about(transaction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::Sent;
    use http::StatusCode;

    #[test]
    fn an_event_fails_only_while_nobody_was_told() {
        for (sent, status) in [
            (Sent::NotSent, StatusCode::BAD_GATEWAY),
            (Sent::Unknown, StatusCode::OK),
        ] {
            let mut line = Line::default();
            let rejection = Rejection::DeliveryFailed(Fault::at("deliver.sns", "no"), sent);
            let is_out = !rejection.may_be_repeated();
            let reply = failed(&rejection, is_out, TransactionId::new([7; 16]), &mut line);
            assert_eq!((reply.status(), line.level), (status, Level::Error));
            assert_eq!(
                (line.outcome, line.error),
                (Some(log::Outcome::Refused), Some("DeliveryFailed"))
            );
            assert_eq!(
                reply.body().contains("FAILED"),
                sent == Sent::Unknown,
                "{}",
                reply.body()
            );
        }
    }
}
