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

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::Full;
    use hyper_util::client::legacy::Client;
    use hyper_util::client::legacy::connect::{Connected, Connection};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::{AsyncReadExt as _, DuplexStream};

    /// What becomes of a connection.
    #[derive(Clone, Copy)]
    enum Fate {
        Refused,
        /// It ends after the request was read.
        Lost,
    }

    #[derive(Clone)]
    struct To(Fate);

    struct Stream(TokioIo<DuplexStream>);

    impl Service<http::Uri> for To {
        type Response = Stream;
        type Error = io::Error;
        type Future = std::future::Ready<io::Result<Stream>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: http::Uri) -> Self::Future {
            let (near, mut far) = tokio::io::duplex(1_024);
            match self.0 {
                Fate::Refused => return std::future::ready(Err(io::ErrorKind::ConnectionRefused.into())),
                Fate::Lost => drop(tokio::spawn(async move { far.read_u8().await })),
            }
            std::future::ready(Ok(Stream(TokioIo::new(near))))
        }
    }

    impl Connection for Stream {
        fn connected(&self) -> Connected {
            Connected::new()
        }
    }

    impl hyper::rt::Read for Stream {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(context, buffer)
        }
    }

    impl hyper::rt::Write for Stream {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_write(context, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(context)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(context)
        }
    }

    #[tokio::test]
    async fn only_what_was_never_begun_was_never_sent() {
        for (fate, expected) in [(Fate::Refused, true), (Fate::Lost, false)] {
            let client = Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .retry_canceled_requests(false)
                .build(To(fate));
            let request = http::Request::post("http://far.example/").body(Full::<Bytes>::default());
            let error = client.request(request.unwrap()).await.unwrap_err();
            let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
            let mut is_unsent = false;
            while let Some(error) = cause {
                is_unsent |= was_never_sent(error);
                cause = error.source();
            }
            assert_eq!(is_unsent, expected, "{error:?}");
        }
        // Ended before its request was begun.
        let (near, _far) = tokio::io::duplex(1_024);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near))
            .await
            .unwrap();
        drop(connection);
        let request = http::Request::post("/").body(Full::<Bytes>::default());
        assert!(was_never_sent(
            &sender.send_request(request.unwrap()).await.unwrap_err()
        ));
    }
}
