//! HTTPS to hosts that are no service of AWS: one request, one bounded answer, no redirects.

mod resolver;

use crate::config::OutboundSettings;
use crate::connect::{self, Timed};
use crate::https_url::HttpsUrl;
use crate::tls;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use resolver::{PRIVATE, Resolver, Rule};
use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a connection may take to come about: name, TCP and TLS, the latter perhaps with little of a processor and on another
/// continent.
const CONNECT: Duration = Duration::from_secs(2);
/// Why something was not sent that may be tried again.
pub const NO_CONNECTION: &str = "no connection";
/// How long one request may take in all, its answer included.
pub const TOTAL: Duration = Duration::from_secs(3);

/// The way out of this process to other hosts.
pub struct Outbound {
    settings: OutboundSettings,
    client: OnceLock<Result<HttpsClient, String>>,
}

type HttpsClient = Client<Timed<HttpsConnector<HttpConnector<Resolver>>>, Full<Bytes>>;

/// What is sent.
pub struct Message<'a> {
    /// PUT or POST.
    pub method: Method,
    /// To whom. Who may be told what is decided before.
    pub url: &'a HttpsUrl,
    /// Besides Host and Content-Length.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// All of it.
    pub body: Bytes,
    /// How many bytes of the answer are read; the rest is dropped with the connection.
    pub answer_limit: usize,
}

/// What came back. A redirect is an answer like any other.
#[derive(Debug)]
pub struct Answer {
    /// Any status.
    pub status: StatusCode,
    /// As they were received.
    pub headers: HeaderMap,
    /// At most as much as was asked for; less than was sent when the connection broke or was too slow.
    pub body: Vec<u8>,
}

/// Why there is no answer. The texts are for the log and hold nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was written to the host.
    NotSent(String),
    /// The host may have read it.
    Unknown(String),
}

impl Outbound {
    /// Prepares nothing yet: most requests never need it.
    pub const fn new(settings: OutboundSettings) -> Self {
        Self {
            settings,
            client: OnceLock::new(),
        }
    }

    /// Sends once.
    ///
    /// # Errors
    /// How far it got.
    pub async fn send(&self, message: Message<'_>) -> Result<Answer, Failure> {
        let client = self.client.get_or_init(|| client(&self.settings));
        let client = client.as_ref().map_err(|what| Failure::NotSent(what.clone()))?;
        let not_sent = |what: &str| Failure::NotSent(what.to_owned());
        let mut request = http::Request::builder()
            .method(message.method)
            .uri(message.url.as_str())
            .header(CONTENT_LENGTH, message.body.len())
            .body(Full::new(message.body))
            .map_err(|_| not_sent("a request that cannot be built"))?;
        request.headers_mut().extend(message.headers);
        let deadline = Instant::now() + TOTAL;
        let answer = timeout_at(deadline, client.request(request)).await;
        let answer = answer.map_err(|_| Failure::Unknown("timeout".to_owned()))?;
        let (head, body) = answer.map_err(|error| failure(&error))?.into_parts();
        let mut read = Vec::new();
        // The status says what became of the request: words after it that are lost or too slow change nothing about that.
        let _ = timeout_at(deadline, read_up_to(body, message.answer_limit, &mut read)).await;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: read,
        })
    }
}

async fn read_up_to(mut body: Incoming, limit: usize, read: &mut Vec<u8>) {
    while read.len() < limit
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            read.extend(data.iter().take(limit - read.len()));
        }
    }
}

fn failure(error: &legacy::Error) -> Failure {
    let mut was_sent = true;
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.to_string() == PRIVATE {
            return Failure::NotSent(PRIVATE.to_owned());
        }
        was_sent &= !connect::was_never_sent(error);
        cause = error.source();
    }
    match was_sent {
        true => Failure::Unknown("connection broken".to_owned()),
        false => Failure::NotSent(NO_CONNECTION.to_owned()),
    }
}

/// A client that keeps no connection: after Lambda has frozen the process, a kept one would be dead, and nobody could
/// tell whether a request was read.
fn client(settings: &OutboundSettings) -> Result<HttpsClient, String> {
    let rule = match settings {
        OutboundSettings {
            connect_to: Some(address),
            ..
        } => Rule::Fixed(*address),
        OutboundSettings {
            private_addresses: true,
            ..
        } => Rule::Any,
        OutboundSettings { .. } => Rule::Public,
    };
    let mut tcp = HttpConnector::new_with_resolver(Resolver::new(rule));
    tcp.enforce_http(false);
    let roots = match &settings.ca_bundle {
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
        Some(path) => tls::bundle(path)?,
    };
    let tls = tls::client(roots)?;
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_only()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build(Timed::new(https, CONNECT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_into_a_private_network_is_refused_before_anything_is_sent() {
        let client = client(&OutboundSettings::default()).unwrap();
        let request = http::Request::get("https://localhost/")
            .body(Full::default())
            .unwrap();
        let error = client.request(request).await.unwrap_err();
        assert_eq!(failure(&error), Failure::NotSent(PRIVATE.to_owned()));
    }
}
