//! HTTPS for the AWS SDK: HTTP/1.1 over TLS, and exact about whether a connection ever came about.
//!
//! The SDK's own client would bring HTTP/2 and proxies along, and sets TLS up anew for each client of a service.

use super::CONNECT;
use super::proven::Proven;
use crate::connect::Timed;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, Client, connect::HttpConnector as Tcp};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use std::error::Error;
use std::io;

/// One pool of connections for all services.
#[derive(Clone, Debug)]
pub struct Https {
    client: Client<Timed<HttpsConnector<Tcp>>, SdkBody>,
    connector: Timed<HttpsConnector<Tcp>>,
}

impl Https {
    /// Nothing is connected yet.
    pub fn new(tls: ClientConfig) -> Self {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            // Plain HTTP is for tests and private endpoints (AWS_ENDPOINT_URL).
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let connector = Timed::new(connector, CONNECT);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector.clone());
        Self { client, connector }
    }

    /// The same without a pool: for what must not be repeated. A connection that died while Lambda froze the process would
    /// make something that may have been sent of what never was.
    pub fn without_pool(&self) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build(self.connector.clone());
        Self {
            client,
            connector: self.connector.clone(),
        }
    }

    /// The same over connections that prove themselves before each request: for reports.
    pub fn proven(&self) -> Proven<Timed<HttpsConnector<Tcp>>> {
        Proven::new(self.connector.clone())
    }
}

impl HttpClient for Https {
    /// The same for all settings: [`CONNECT`] is the one that matters, and the SDK sees to the others itself.
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Https {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let answer = self.client.request(request);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(answer) => HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                    .map_err(|error| ConnectorError::other(error.into(), None)),
                Err(error) => Err(failure(error)),
            }
        })
    }
}

/// What the SDK may repeat: whatever the network did.
fn failure(error: legacy::Error) -> ConnectorError {
    let http = source_of::<hyper::Error>(&error);
    let of_network = error.is_connect()
        || source_of::<io::Error>(&error).is_some()
        || http.is_some_and(|error| error.is_closed() || error.is_canceled());
    let (is_user, is_timeout) = http.map_or((false, false), |error| (error.is_user(), error.is_timeout()));
    // Closed in the middle of the answer.
    let is_cut = http.is_some_and(hyper::Error::is_incomplete_message);
    let error: BoxError = error.into();
    if is_user {
        ConnectorError::user(error)
    } else if is_timeout {
        ConnectorError::timeout(error)
    } else if of_network {
        ConnectorError::io(error)
    } else {
        ConnectorError::other(error, is_cut.then_some(ErrorKind::TransientError))
    }
}

fn source_of<E: Error + 'static>(error: &legacy::Error) -> Option<&E> {
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}
