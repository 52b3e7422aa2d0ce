//! A bound for everything that comes before a request: the name, TCP and TLS together.

use hyper_util::client::legacy;
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// A connector that has so long for all of it. What takes longer was never connected, and so nothing was sent.
#[derive(Clone, Debug)]
pub struct Timed<C> {
    connector: C,
    limit: Duration,
}

impl<C> Timed<C> {
    /// Bounds this connector.
    pub const fn new(connector: C, limit: Duration) -> Self {
        Self { connector, limit }
    }
}

/// Whether this error of the HTTP client says that nothing of the request was written: there was no connection, or it ended
/// before the request was begun. Only then does hyper call a request canceled.
pub fn was_never_sent(error: &(dyn Error + 'static)) -> bool {
    if let Some(client) = error.downcast_ref::<legacy::Error>() {
        return client.is_connect();
    }
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_canceled)
}

impl<C> Service<http::Uri> for Timed<C>
where
    C: Service<http::Uri, Error: Into<BoxError>, Future: Send + 'static>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: http::Uri) -> Self::Future {
        let connecting = self.connector.call(uri);
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(connected) => connected.map_err(Into::into),
                Err(late) => Err(io::Error::new(io::ErrorKind::TimedOut, late).into()),
            }
        })
    }
}
