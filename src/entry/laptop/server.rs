//! `serve`: HTTP on 127.0.0.1 with the same operations as in Lambda.

use super::home::Home;
use super::{Serve, key_file};
use crate::channels::Channels;
use crate::entry::process;
use crate::keys::Keys;
use crate::link::BaseUrl;
use crate::reply::Reply;
use crate::tasks::{TaskList, Tasks};
use crate::web::{self, App, Caller, Door};
use bytes::Bytes;
use http::header::{HOST, HeaderValue, ORIGIN};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// Largest body that is read, in bytes: that of a post action and some room for its refusal.
const MAX_BODY_BYTES: usize = crate::select::MAX_BODY_BYTES + 1_024;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

struct Server {
    app: Arc<App>,
    /// The built-in task list; not there when real tasks are answered.
    home: Option<Home>,
    port: u16,
}

impl Serve {
    pub(super) async fn run(&self) -> Result<(), String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await;
        let listener = listener.map_err(|error| {
            format!(
                "cannot listen on 127.0.0.1:{}: {error}; choose another port with --port",
                self.port
            )
        })?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let server = Arc::new(self.server(port).await?);
        if let Some(home) = &server.home {
            home.start_sample(&server.app).await?;
            println!("{}", home.welcome());
        }
        tokio::select! {
            () = accept(listener, server) => Ok(()),
            stopped = tokio::signal::ctrl_c() => stopped.map_err(|error| error.to_string()),
        }
    }

    async fn server(&self, port: u16) -> Result<Server, String> {
        let base = self
            .base_url
            .clone()
            .unwrap_or_else(|| format!("http://127.0.0.1:{port}"));
        let switch = |on: bool| Some(on.to_string());
        let settings = [
            ("BASE_URL", Some(base.clone())),
            ("ENABLE_OUTPUT_PARAMETERS", switch(self.enable_output_parameters)),
            ("ENABLE_POST_ACTIONS", switch(!self.no_post_actions)),
            ("CONFIRM_ACTIONS", self.confirm.clone()),
            ("MAX_LINK_LIFETIME", self.max_link_lifetime.clone()),
            ("BRAND_NAME", self.brand_name.clone()),
            ("BRAND_COLOR", self.brand_color.clone()),
            ("COMPACT_LINKS", switch(self.compact)),
            ("VERBOSE_LOGGING", switch(self.verbose)),
        ];
        if self.keys.kms_key.is_some() {
            let app = Arc::new(self.keys.aws_app(&settings).await?);
            println!(
                "Listening on {base}; links are sealed under KMS and answer real tasks. Stop with Ctrl-C."
            );
            return Ok(Server {
                app,
                home: None,
                port,
            });
        }
        let path = self
            .keys
            .key_file
            .clone()
            .map_or_else(key_file::default_path, Ok)?;
        let keys = key_file::read_or_make(&path)?;
        let config = self.keys.config(None, &settings)?;
        let tasks = Arc::new(Mutex::new(TaskList::new()));
        let app = Arc::new(process::with(
            config,
            Keys::Local(keys),
            Tasks::Listed(tasks.clone()),
            Channels::Off,
        ));
        Ok(Server {
            app,
            home: Some(Home::new(tasks, base, path)),
            port,
        })
    }
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            // Out of file descriptors, for example: the next moment may be better.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let server = server.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let server = server.clone();
                async move {
                    Ok::<_, Infallible>(
                        server
                            .answer(request, from)
                            .await
                            .map(|body| Full::new(Bytes::from(body))),
                    )
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            // A broken connection is the visitor's affair.
            let _ = connection.await;
        });
    }
}

impl Server {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, from: SocketAddr) -> Reply {
        let base = self.app.config.base_url.as_ref();
        if !is_addressed(request.uri().path(), request.headers(), self.port, base) {
            return text(
                StatusCode::FORBIDDEN,
                "This server only answers its own address, http://127.0.0.1.\n",
            );
        }
        let (head, body) = request.into_parts();
        let body =
            match tokio::time::timeout(HEAD_TIMEOUT, Limited::new(body, MAX_BODY_BYTES).collect()).await {
                Ok(Ok(body)) => body.to_bytes(),
                Ok(Err(_)) => {
                    return text(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        "The body is too large or was cut off.\n",
                    );
                }
                Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.\n"),
            };
        let request = Request::from_parts(head, body);
        // A task of its own, as in Lambda: should it panic, the visitor still gets an answer.
        let answered = tokio::spawn(async move { self.route(request, from).await }).await;
        answered.unwrap_or_else(|_| web::unexpected("panicked"))
    }

    async fn route(&self, request: Request<Bytes>, from: SocketAddr) -> Reply {
        let caller = Caller {
            door: Door::Local,
            source_ip: Some(from.ip().to_string()),
            request_id: None,
        };
        match (request.uri().path(), &self.home) {
            ("/urls", _) => self.app.create(&caller, request).await,
            ("/respond", _) => self.app.process(&caller, request).await,
            ("/", Some(home)) if matches!(*request.method(), Method::GET | Method::HEAD) => home.page(),
            ("/tasks", Some(home)) if request.method() == Method::GET => home.list(),
            ("/tasks", Some(home)) if request.method() == Method::POST => home.start(request.body()),
            ("/sample", Some(home)) if request.method() == Method::POST => {
                home.restart_sample(&self.app).await
            }
            _ => text(
                StatusCode::NOT_FOUND,
                "There is /urls, /respond, and with built-in tasks / and /tasks.\n",
            ),
        }
    }
}

/// Keeps pages of other sites out, which can make a browser send requests here under a name of theirs.
///
/// Links are open to every origin: whoever has one can use it, and a browser that answers one of our pages names no origin
/// (`null`), because the pages tell nobody where they were.
fn is_addressed(path: &str, headers: &HeaderMap, port: u16, base: Option<&BaseUrl>) -> bool {
    let own = |host: &str| {
        ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|name| *host == format!("{name}:{port}"))
    };
    let base = base.and_then(|base| base.as_str().split_once("://"));
    let public = |host: &str| base.is_some_and(|(_, rest)| rest.split('/').next() == Some(host));
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let host = headers.get(HOST).map(text).unwrap_or_default();
    let origin = headers.get(ORIGIN).map(text);
    let same_site = origin.is_none_or(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, origin)| own(origin) || public(origin))
    });
    (own(&host) || public(&host)) && (same_site || path == "/respond")
}

/// A short answer in plain text.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressed(path: &str, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_str(origin).unwrap())));
        let base = BaseUrl::https_or_local("https://links.example.com/x").unwrap();
        is_addressed(path, &headers, 8080, Some(&base))
    }

    #[test]
    fn its_own_address_and_its_base_are_answered() {
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "[::1]:8080",
            "links.example.com",
        ] {
            assert!(addressed("/urls", host, None), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:8081",
            "evil.example:8080",
            "links.example.com.evil.example",
        ] {
            assert!(
                !addressed("/urls", host, None) && !addressed("/respond", host, None),
                "{host}"
            );
        }
    }

    #[test]
    fn pages_of_other_sites_can_follow_links_and_nothing_else() {
        for origin in [
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "https://links.example.com",
        ] {
            assert!(addressed("/urls", "127.0.0.1:8080", Some(origin)), "{origin}");
        }
        for origin in ["null", "https://evil.example", "http://127.0.0.1:8081", ""] {
            for path in ["/urls", "/tasks", "/sample", "/"] {
                assert!(
                    !addressed(path, "127.0.0.1:8080", Some(origin)),
                    "{path} {origin}"
                );
            }
            assert!(addressed("/respond", "127.0.0.1:8080", Some(origin)), "{origin}");
        }
    }
}
