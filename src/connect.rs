//! A bound for everything that comes before a request: the name, TCP and TLS together.

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
