//! The stand-in without sockets: the SDK's client hands its requests over in this process. So a thousand calls take
//! no longer than their computations, and a paused clock can pass over every timeout.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;

use super::server::{answer, operation_named};
use super::{FakeAws, Fault, Operation, Shared};

/// What becomes of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No connection comes about; the stand-in never hears of the call.
    NoConnection,
    /// The stand-in is reached, and this goes wrong.
    Reached(Fault),
}

/// Decides over each call as it is made.
pub type Plan = Box<dyn FnMut(Operation) -> Fate + Send>;

/// The way of a client to a stand-in in the same process.
#[derive(Clone)]
pub struct InProcess {
    shared: Arc<Shared>,
    plan: Arc<Mutex<Plan>>,
}

impl FakeAws {
    /// A client of the SDK that reaches this stand-in without a socket; each call's fate is up to `plan`.
    pub fn in_process(&self, plan: Plan) -> SharedHttpClient {
        SharedHttpClient::new(InProcess {
            shared: Arc::clone(&self.shared),
            plan: Arc::new(Mutex::new(plan)),
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.send(request).await })
    }
}

impl InProcess {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        let operation = operation_named(request.headers()).expect("a call that the stand-in knows");
        let fate = (self.plan.lock().expect("no panic inside"))(operation);
        match fate {
            Fate::NoConnection => return Err(never_connected().await),
            Fate::Reached(fault) => self
                .shared
                .state()
                .faults
                .entry(operation)
                .or_default()
                .push_back(fault),
        }
        let answer = answer(&self.shared, request)
            .await
            .map_err(|error| ConnectorError::io(error.into()))?;
        HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
            .map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// The error of the real HTTP client when nobody listens.
async fn never_connected() -> ConnectorError {
    let client = legacy::Client::builder(TokioExecutor::new()).build(Nobody);
    let request = http::Request::new(SdkBody::empty());
    let (mut parts, body) = request.into_parts();
    parts.uri = http::Uri::from_static("http://127.0.0.1:1/");
    let error = client.request(http::Request::from_parts(parts, body)).await;
    ConnectorError::io(error.expect_err("nobody listens").into())
}

#[derive(Clone)]
struct Nobody;

impl tower_service::Service<http::Uri> for Nobody {
    type Response = hyper_util::rt::TokioIo<tokio::net::TcpStream>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        std::future::ready(Err(io::ErrorKind::ConnectionRefused.into()))
    }
}
