//! Slack, Teams and webhooks: one POST each. It is repeated only when certainly nobody took it, or when the receiver can
//! tell that it is the same.

use super::secrets::Text;
use super::{ATTEMPTS, Adapters, Doubt, Failure, PAUSE, Receipt};
use crate::calls::Calls;
use crate::deliver::{Secret, SlackDoor};
use crate::https_url::HttpsUrl;
use crate::outbound::{self, Answer, Message};
use crate::webhook;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How much of an answer is read.
const MAX_ANSWER: usize = 16 * 1_024;
/// Longest wait that a receiver may ask for.
const MAX_WAIT: Duration = Duration::from_secs(3);
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

type Headers = Vec<(HeaderName, HeaderValue)>;
/// Where to and with which headers, by the secret; or why it is none.
type Address<'a> = dyn Fn(&str) -> Result<(HttpsUrl, Headers), String> + Sync + 'a;

/// What an answer means.
enum Verdict {
    Taken(Option<String>),
    /// The secret may have been changed.
    Revoked(String),
    /// Not now; when, if the receiver says so.
    Busy(String, Option<Duration>),
    Refused(String),
    /// Nobody knows.
    Lost(String),
}

/// One kind of receiver.
struct Receiver<'a> {
    name: &'static str,
    secret: &'a Secret,
    body: &'a str,
    /// Address and headers, by the secret.
    address: &'a Address<'a>,
    judge: fn(&Answer) -> Verdict,
    /// The receiver can tell that a message is the same.
    may_repeat: bool,
}

impl Adapters {
    pub(super) async fn slack(
        &self,
        door: &SlackDoor<Secret>,
        body: &str,
        doubt: &Doubt,
        calls: &Calls,
    ) -> Result<Receipt, Failure> {
        match door {
            SlackDoor::Webhook(secret) => {
                let address = |text: &str| {
                    let url = HttpsUrl::parse(text)
                        .ok()
                        .filter(|url| url.host() == "hooks.slack.com");
                    let url = url.ok_or("the secret is no address at https://hooks.slack.com/")?;
                    Ok((url, vec![(CONTENT_TYPE, JSON)]))
                };
                let receiver = Receiver {
                    name: "slack",
                    secret,
                    body,
                    address: &address,
                    judge: slack_webhook,
                    may_repeat: false,
                };
                self.post(&receiver, doubt, calls).await
            }
            SlackDoor::Bot(secret) => {
                let address = |token: &str| {
                    let mut token = HeaderValue::try_from(format!("Bearer {token}"))
                        .map_err(|_| "the secret is no token of a bot")?;
                    token.set_sensitive(true);
                    let url =
                        HttpsUrl::parse("https://slack.com/api/chat.postMessage").map_err(str::to_owned)?;
                    Ok((url, vec![(CONTENT_TYPE, JSON), (AUTHORIZATION, token)]))
                };
                let receiver = Receiver {
                    name: "slack",
                    secret,
                    body,
                    address: &address,
                    judge: slack_bot,
                    may_repeat: false,
                };
                self.post(&receiver, doubt, calls).await
            }
        }
    }

    pub(super) async fn teams(
        &self,
        workflow: &Secret,
        body: &str,
        doubt: &Doubt,
        calls: &Calls,
    ) -> Result<Receipt, Failure> {
        let address = |text: &str| {
            let url = HttpsUrl::parse(text).ok().filter(|url| is_teams(url.host()));
            let url = url.ok_or("the secret is no address of a workflow of Teams")?;
            Ok((url, vec![(CONTENT_TYPE, JSON)]))
        };
        let receiver = Receiver {
            name: "teams",
            secret: workflow,
            body,
            address: &address,
            judge: by_status,
            may_repeat: false,
        };
        self.post(&receiver, doubt, calls).await
    }

    pub(super) async fn webhook(
        &self,
        url: &HttpsUrl,
        secret: &Secret,
        (id, timestamp): (&str, u64),
        body: &str,
        doubt: &Doubt,
        calls: &Calls,
    ) -> Result<Receipt, Failure> {
        let address = |key: &str| {
            let key = webhook::Secret::new(key.to_owned());
            let signature = webhook::standard::sign(&key, id, timestamp, body.as_bytes());
            let signature = signature.map_err(|what| format!("the secret {what}"))?;
            let header = |name: &'static str, text: &str| {
                let value = HeaderValue::try_from(text).map_err(|_| "an id that is no header")?;
                Ok::<_, String>((HeaderName::from_static(name), value))
            };
            let headers = vec![
                (CONTENT_TYPE, JSON),
                header("webhook-id", id)?,
                header("webhook-timestamp", &timestamp.to_string())?,
                header("webhook-signature", &signature)?,
            ];
            Ok((url.clone(), headers))
        };
        let receiver = Receiver {
            name: "webhook",
            secret,
            body,
            address: &address,
            judge: by_status,
            may_repeat: true,
        };
        let receipt = self.post(&receiver, doubt, calls).await?;
        Ok(Receipt {
            id: receipt.id.or_else(|| Some(id.to_owned())),
        })
    }

    async fn post(&self, receiver: &Receiver<'_>, doubt: &Doubt, calls: &Calls) -> Result<Receipt, Failure> {
        let mut text = self
            .secret(receiver.secret, None, calls)
            .await
            .map_err(Failure::NotSent)?;
        let mut refreshed = false;
        let mut unknown = false;
        let mut number = 0;
        loop {
            number += 1;
            let is_last = number >= ATTEMPTS;
            let failed = |what: String, unknown: bool| match unknown {
                true => Err(Failure::Unknown(what)),
                false => Err(Failure::NotSent(what)),
            };
            doubt.set(true);
            let verdict = self.post_once(receiver, &text, calls).await?;
            doubt.set(unknown || matches!(verdict, Verdict::Lost(_)));
            let pause = match verdict {
                Verdict::Taken(id) => return Ok(Receipt { id }),
                Verdict::Refused(what) => return failed(what, unknown),
                Verdict::Revoked(what) => {
                    if refreshed {
                        return failed(what, unknown);
                    }
                    refreshed = true;
                    let fresh = self.secret(receiver.secret, Some(&text), calls).await;
                    match fresh {
                        Ok(fresh) if fresh != text => text = fresh,
                        _ => return failed(what, unknown),
                    }
                    Duration::ZERO
                }
                Verdict::Busy(what, wait) => match wait.unwrap_or(PAUSE * number) {
                    wait if is_last || wait > MAX_WAIT => return failed(what, unknown),
                    wait => wait,
                },
                Verdict::Lost(what) if is_last || !receiver.may_repeat => return failed(what, true),
                Verdict::Lost(_) => {
                    unknown = true;
                    PAUSE * number
                }
            };
            sleep(pause).await;
        }
    }

    /// One request. An error is final: the secret is none.
    async fn post_once(
        &self,
        receiver: &Receiver<'_>,
        text: &Text,
        calls: &Calls,
    ) -> Result<Verdict, Failure> {
        let start = Instant::now();
        let (url, headers) = (receiver.address)(text).map_err(Failure::NotSent)?;
        let message = Message {
            method: Method::POST,
            url: &url,
            headers,
            body: Bytes::copy_from_slice(receiver.body.as_bytes()),
            answer_limit: MAX_ANSWER,
        };
        let verdict = match self.outbound.send(message).await {
            Ok(answer) => (receiver.judge)(&answer),
            Err(outbound::Failure::NotSent(what)) => match what.as_str() {
                outbound::NO_CONNECTION => Verdict::Busy(what, None),
                // A name that leads into a private network does so again.
                _ => Verdict::Refused(what),
            },
            Err(outbound::Failure::Unknown(what)) => Verdict::Lost(what),
        };
        let outcome = match &verdict {
            Verdict::Taken(_) => "ok".to_owned(),
            Verdict::Revoked(what)
            | Verdict::Busy(what, _)
            | Verdict::Refused(what)
            | Verdict::Lost(what) => what.clone(),
        };
        calls.add(receiver.name, outcome, start.elapsed(), None);
        Ok(verdict)
    }
}

/// Hosts of workflows (Microsoft's notes on the end of Office 365 connectors).
fn is_teams(host: &str) -> bool {
    let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    below("logic.azure.com") || below("environment.api.powerplatform.com") || host == "api.powerautomate.com"
}

/// An incoming webhook answers 200 with `ok`, or a status with a word.
fn slack_webhook(answer: &Answer) -> Verdict {
    let word = word(&answer.body);
    match (answer.status, word.as_deref()) {
        (StatusCode::OK, Some("ok")) => Verdict::Taken(None),
        (StatusCode::OK, _) => Verdict::Lost("an answer that is not Slack's".to_owned()),
        (_, Some(word)) => with_word(by_status(answer), word),
        (_, None) => by_status(answer),
    }
}

/// The Web API answers 200 with `ok: true`, or `ok: false` and a word.
fn slack_bot(answer: &Answer) -> Verdict {
    #[derive(serde::Deserialize)]
    struct Body {
        ok: bool,
        error: Option<String>,
        ts: Option<String>,
    }
    if answer.status != StatusCode::OK {
        return by_status(answer);
    }
    let Ok(body) = serde_json::from_slice::<Body>(&answer.body) else {
        return Verdict::Lost("an answer that is not Slack's".to_owned());
    };
    let is_timestamp =
        |text: &String| text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match (body.ok, body.error.and_then(|error| word(error.as_bytes()))) {
        (true, _) => Verdict::Taken(body.ts.filter(is_timestamp)),
        (false, None) => Verdict::Refused("Slack says no".to_owned()),
        (false, Some(word)) => match word.as_str() {
            "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
                Verdict::Revoked(word)
            }
            "ratelimited" | "rate_limited" => Verdict::Busy(word, retry_after(answer)),
            // What Slack may have done nevertheless.
            "internal_error" | "fatal_error" | "request_timeout" | "service_unavailable" => {
                Verdict::Lost(word)
            }
            _ => Verdict::Refused(word),
        },
    }
}

fn by_status(answer: &Answer) -> Verdict {
    let status = answer.status.as_u16().to_string();
    match answer.status.as_u16() {
        200..=299 => Verdict::Taken(None),
        300..=399 => Verdict::Refused(format!("{status}, a redirect; none is followed")),
        401 | 403 | 404 => Verdict::Revoked(status),
        429 => Verdict::Busy(status, retry_after(answer)),
        400..=499 => Verdict::Refused(status),
        _ => Verdict::Lost(status),
    }
}

fn with_word(verdict: Verdict, word: &str) -> Verdict {
    let with = |what: String| format!("{what} {word}");
    match verdict {
        Verdict::Taken(id) => Verdict::Taken(id),
        Verdict::Revoked(what) => Verdict::Revoked(with(what)),
        Verdict::Busy(what, wait) => Verdict::Busy(with(what), wait),
        Verdict::Refused(what) => Verdict::Refused(with(what)),
        Verdict::Lost(what) => Verdict::Lost(with(what)),
    }
}

/// A word of Slack's, such as `no_service`. Anything else is not passed on.
fn word(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_word = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_word.then(|| text.to_owned())
}

/// Seconds to wait; dates are not understood.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
