//! HTTPS for reports: each goes over a connection that proved itself just before (docs/decisions/016-proven-connections.md).
//!
//! Lambda freezes a process between events, and a far side may have forgotten a kept connection by the next one. A report
//! that is lost on such a connection looks like one that may have arrived. So a kept connection first has to answer a
//! `GET /ping`; one that does not is dropped, and the report goes over a new one. How long it was idle decides nothing:
//! what the clock does while a process is frozen is not known.

use super::CONNECT;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::header::{HOST, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Sender = SendRequest<SdkBody>;

/// How long a kept connection has to answer. It is one round trip to a service of the same region, and little work for a
/// function with little of a processor.
pub(super) const PING: Duration = Duration::from_millis(400);
/// Longest answer to a ping that is read, in bytes. Those of AWS have some hundred; after a longer one the connection is
/// dropped.
const PONG_LIMIT: usize = 16_384;

// What proves a connection is over before an attempt is, so a timeout of the attempt means that the request was handed over.
// Only where the process stood still meanwhile can both have passed: that attempt counts as one that may have been taken.
const _: () = assert!(PING.as_millis() + CONNECT.as_millis() < super::REPORT_ATTEMPT.as_millis());

/// Connections for reports, at most one kept for each origin.
pub(super) struct Proven<C> {
    connector: C,
    kept: Arc<Mutex<HashMap<Origin, Sender>>>,
}

/// Nothing of the request was written to any connection.
#[derive(Debug, thiserror::Error)]
#[error("nothing was sent")]
pub(super) struct NeverSent(#[source] BoxError);

/// To whom a connection leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Origin {
    scheme: Scheme,
    authority: Authority,
}

impl<C> Proven<C> {
    /// Nothing is connected yet.
    pub(super) fn new(connector: C) -> Self {
        Self {
            connector,
            kept: Arc::default(),
        }
    }

    fn take(&self, origin: &Origin) -> Option<Sender> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(origin)
    }

    fn keep(&self, origin: Origin, sender: Sender) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(origin, sender);
    }
}

impl<C> Proven<C>
where
    C: Service<Uri, Response: Read + Write + Unpin + Send + 'static, Error: Into<BoxError>> + Clone,
{
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let ours = |error: BoxError| ConnectorError::user(error);
        let mut request = request.try_into_http1x().map_err(|error| ours(error.into()))?;
        let origin = Origin::of(request.uri()).ok_or_else(|| ours("no host to send to".into()))?;
        address(&mut request, &origin).map_err(ours)?;

        let mut proven = match self.take(&origin) {
            Some(kept) => prove(kept, &origin).await,
            None => None,
        };
        loop {
            let (mut sender, is_new) = match proven.take() {
                Some(sender) => (sender, false),
                None => (self.connect(&origin).await?, true),
            };
            match sender.try_send_request(request).await {
                Ok(answer) => {
                    self.keep(origin, sender);
                    return HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                        .map_err(|error| ConnectorError::other(error.into(), None));
                }
                Err(mut error) => match error.take_message() {
                    // It ended after its proof, before a byte of the request was written.
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) => return Err(never_sent(error.into_error())),
                    None => return Err(ConnectorError::io(error.into_error().into())),
                },
            }
        }
    }

    /// A new connection, within [`CONNECT`] ([`crate::connect::Timed`]).
    async fn connect(&self, origin: &Origin) -> Result<Sender, ConnectorError> {
        let mut connector = self.connector.clone();
        poll_fn(|context| connector.poll_ready(context))
            .await
            .map_err(never_sent)?;
        let stream = connector.call(origin.uri("/")).await.map_err(never_sent)?;
        let (sender, connection) = http1::handshake(stream).await.map_err(never_sent)?;
        // Ends with the sender, or with the stream.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}

/// The same connection, if it answers and can be used again.
async fn prove(mut kept: Sender, origin: &Origin) -> Option<Sender> {
    let mut ping = Request::new(SdkBody::empty());
    *ping.uri_mut() = origin.uri("/ping");
    address(&mut ping, origin).ok()?;
    let answered = timeout(PING, async {
        kept.ready().await.ok()?;
        let answer = kept.send_request(ping).await.ok()?;
        Limited::new(answer.into_body(), PONG_LIMIT)
            .collect()
            .await
            .ok()?;
        kept.ready().await.ok()
    });
    answered.await.ok().flatten()?;
    Some(kept)
}

/// Writes a request as one connection to its host expects it: the path alone, and the host in a header.
fn address(request: &mut Request<SdkBody>, origin: &Origin) -> Result<(), BoxError> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.unwrap_or(PathAndQuery::from_static("/")).into();
    if !request.headers().contains_key(HOST) {
        let host = HeaderValue::try_from(origin.host())?;
        request.headers_mut().insert(HOST, host);
    }
    Ok(())
}

fn never_sent(error: impl Into<BoxError>) -> ConnectorError {
    ConnectorError::io(NeverSent(error.into()).into())
}

impl Origin {
    fn of(uri: &Uri) -> Option<Self> {
        Some(Self {
            scheme: uri.scheme()?.clone(),
            authority: uri.authority()?.clone(),
        })
    }

    fn uri(&self, path: &'static str) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_static(path));
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// As the header has it: without the port that the scheme has anyway, as the SDK signs it.
    fn host(&self) -> String {
        let usual = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        match self.authority.port_u16() {
            Some(port) if port != usual => format!("{}:{port}", self.authority.host()),
            Some(_) | None => self.authority.host().to_owned(),
        }
    }
}

impl<C: Clone> Clone for Proven<C> {
    fn clone(&self) -> Self {
        Self {
            connector: self.connector.clone(),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<C> fmt::Debug for Proven<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proven")
    }
}

impl<C> HttpClient for Proven<C>
where
    C: Service<
            Uri,
            Response: Read + Write + Unpin + Send + 'static,
            Error: Into<BoxError>,
            Future: Future + Send,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    /// The same for all settings, as in [`super::https`].
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl<C> HttpConnector for Proven<C>
where
    C: Service<
            Uri,
            Response: Read + Write + Unpin + Send + 'static,
            Error: Into<BoxError>,
            Future: Future + Send,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.send(request).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::was_never_sent;
    use hyper_util::rt::TokioIo;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::time::Instant;

    const REPORT: &str = "POST /?q=1";
    const PONG: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nhealthy";

    /// What a far side does with one request, once it has read it; after the last one it hangs up.
    #[derive(Clone)]
    enum Step {
        Answer(String),
        /// Reads on and says nothing more.
        Silence,
        /// Says nothing more from here on, not even that it read: its end of the sending direction is closed.
        HalfClose,
    }

    fn answer(text: &str) -> Step {
        Step::Answer(text.to_owned())
    }

    /// A far side with a script for each connection, and what it read: the connection, and the first line up to the version.
    #[derive(Clone, Default)]
    struct Far {
        scripts: Arc<Mutex<Vec<Vec<Step>>>>,
        read: Arc<Mutex<Vec<(usize, String)>>>,
        hosts: Arc<Mutex<Vec<String>>>,
        connections: Arc<Mutex<usize>>,
    }

    impl Far {
        fn new(scripts: &[&[Step]]) -> Self {
            let far = Self::default();
            *far.scripts.lock().unwrap() = scripts.iter().rev().map(|script| script.to_vec()).collect();
            far
        }

        fn read(&self) -> Vec<(usize, String)> {
            self.read.lock().unwrap().clone()
        }

        async fn serve(self, number: usize, script: Vec<Step>, mut stream: DuplexStream) {
            for step in script {
                let mut bytes = Vec::new();
                if matches!(step, Step::HalfClose) {
                    let _ = stream.shutdown().await;
                }
                while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
                    if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let text = String::from_utf8(bytes).unwrap();
                let line = text.split(" HTTP/").next().unwrap().to_owned();
                self.read.lock().unwrap().push((number, line));
                let host = text.lines().find_map(|line| line.strip_prefix("host: "));
                self.hosts.lock().unwrap().push(host.unwrap().to_owned());
                match step {
                    Step::Answer(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                    Step::Silence | Step::HalfClose => std::future::pending().await,
                }
            }
        }
    }

    impl Service<Uri> for Far {
        type Response = TokioIo<DuplexStream>;
        type Error = io::Error;
        type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Uri) -> Self::Future {
            let Some(script) = self.scripts.lock().unwrap().pop() else {
                return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
            };
            let number = {
                let mut connections = self.connections.lock().unwrap();
                *connections += 1;
                *connections - 1
            };
            let (near, far) = tokio::io::duplex(65_536);
            tokio::spawn(self.clone().serve(number, script, far));
            Box::pin(async { Ok(TokioIo::new(near)) })
        }
    }

    async fn report(https: &Proven<Far>, to: &str) -> Result<u16, ConnectorError> {
        let request = Request::post(to).body(SdkBody::empty()).unwrap();
        let answer = https.send(HttpRequest::try_from(request).unwrap()).await?;
        let status = answer.status().as_u16();
        let _ = answer.into_body().collect().await;
        Ok(status)
    }

    const TO: &str = "http://far.example/?q=1";

    fn lines(far: &Far) -> Vec<(usize, String)> {
        far.read()
    }

    fn line(connection: usize, line: &str) -> (usize, String) {
        (connection, line.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_connection_is_asked_first_and_a_new_one_is_not() {
        let far = Far::new(&[&vec![answer(PONG); 5]]);
        let https = Proven::new(far.clone());
        for _ in 0..3 {
            assert_eq!(report(&https, TO).await.unwrap(), 200);
        }
        assert_eq!(
            lines(&far),
            [
                line(0, REPORT),
                line(0, "GET /ping"),
                line(0, REPORT),
                line(0, "GET /ping"),
                line(0, REPORT)
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_does_not_prove_itself_gets_no_report() {
        let long = PONG_LIMIT + 1;
        let forgotten: [(&str, &[Step]); 10] = [
            ("closed before the ping", &[]),
            ("closed after the ping", &[answer(PONG)]),
            ("silent", &[Step::Silence]),
            ("half closed", &[Step::HalfClose]),
            ("cut in the head", &[answer("HTTP/1.1 200")]),
            (
                "cut in the body",
                &[answer("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nheal")],
            ),
            (
                "cut, and silent",
                &[
                    answer("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
                    Step::Silence,
                ],
            ),
            ("garbage", &[answer("pong")]),
            (
                "its last answer",
                &[
                    answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
                    Step::Silence,
                ],
            ),
            (
                "without an end",
                &[
                    answer(&format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {long}\r\n\r\n{}",
                        "x".repeat(long)
                    )),
                    Step::Silence,
                ],
            ),
        ];
        for (how, rest) in forgotten {
            let first = [&[answer(PONG)], rest].concat();
            let far = Far::new(&[&first, &[answer(PONG)]]);
            let https = Proven::new(far.clone());
            assert_eq!(report(&https, TO).await.unwrap(), 200, "{how}");
            let start = Instant::now();
            assert_eq!(report(&https, TO).await.unwrap(), 200, "{how}");
            assert!(start.elapsed() <= PING + Duration::from_millis(1), "{how}");
            let reports: Vec<_> = lines(&far)
                .into_iter()
                .filter(|(_, line)| line == REPORT)
                .collect();
            assert_eq!(reports, [line(0, REPORT), line(1, REPORT)], "{how}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_answered_to_a_ping_proves_the_connection() {
        for pong in [
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.1 503 Slow Down\r\nContent-Length: 2\r\n\r\nno",
        ] {
            let far = Far::new(&[&[answer(PONG), answer(pong), answer(PONG)]]);
            let https = Proven::new(far.clone());
            for _ in 0..2 {
                assert_eq!(report(&https, TO).await.unwrap(), 200, "{pong}");
            }
            assert_eq!(lines(&far).last(), Some(&line(0, REPORT)), "{pong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_lost_after_the_proof_may_have_been_sent_and_its_connection_is_not_kept() {
        let proven_then_lost = [answer(PONG), answer(PONG), answer("")];
        let far = Far::new(&[&proven_then_lost, &[answer(PONG)]]);
        let https = Proven::new(far.clone());
        assert_eq!(report(&https, TO).await.unwrap(), 200);
        assert!(!was_never_sent(&report(&https, TO).await.unwrap_err()));
        assert_eq!(
            lines(&far),
            [line(0, REPORT), line(0, "GET /ping"), line(0, REPORT)],
            "sent once"
        );
        assert_eq!(report(&https, TO).await.unwrap(), 200);
        assert_eq!(lines(&far).last(), Some(&line(1, REPORT)));

        // The same on a new connection.
        let far = Far::new(&[&[answer("")]]);
        let https = Proven::new(far.clone());
        assert!(!was_never_sent(&report(&https, TO).await.unwrap_err()));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_connection_nothing_was_sent() {
        for scripts in [&[][..], &[&[][..]][..]] {
            let far = Far::new(scripts);
            let https = Proven::new(far.clone());
            let error = report(&https, TO).await.unwrap_err();
            assert!(was_never_sent(&error), "{} scripts: {error:?}", scripts.len());
            assert_eq!(lines(&far), []);
            assert!(
                *far.connections.lock().unwrap() <= 1,
                "whoever asked decides about another attempt"
            );
        }
        // Nor if the kept one is dead and there is no other.
        let far = Far::new(&[&[answer(PONG), Step::Silence]]);
        let https = Proven::new(far.clone());
        assert_eq!(report(&https, TO).await.unwrap(), 200);
        assert!(was_never_sent(&report(&https, TO).await.unwrap_err()));
        assert_eq!(lines(&far), [line(0, REPORT), line(0, "GET /ping")]);
    }

    #[tokio::test(start_paused = true)]
    async fn each_origin_has_a_connection_of_its_own() {
        let far = Far::new(&[&vec![answer(PONG); 3], &[answer(PONG)], &[answer(PONG)]]);
        let https = Proven::new(far.clone());
        for to in [TO, "https://far.example/?q=1", "http://far.example:81/?q=1", TO] {
            assert_eq!(report(&https, to).await.unwrap(), 200);
        }
        let connections: Vec<usize> = lines(&far)
            .into_iter()
            .map(|(connection, _)| connection)
            .collect();
        assert_eq!(connections, [0, 1, 2, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_host_is_named_as_it_is_signed() {
        let far = Far::new(&[
            &[answer(PONG)],
            &[answer(PONG)],
            &[answer(PONG), answer(PONG), answer(PONG)],
        ]);
        let https = Proven::new(far.clone());
        for to in [
            "http://far.example:80/",
            "https://far.example:443/",
            "http://far.example:443/",
            "http://far.example:443/",
        ] {
            assert_eq!(report(&https, to).await.unwrap(), 200);
        }
        let named = [
            "far.example",
            "far.example",
            "far.example:443",
            "far.example:443",
            "far.example:443",
        ];
        assert_eq!(*far.hosts.lock().unwrap(), named);
    }
}
