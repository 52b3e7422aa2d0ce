//! Scripts of another origin may follow links, if the operator says so. Browsers ask first (OPTIONS) and show an answer to
//! the script only with our consent. Nothing here reads a link or reports anything.

use super::{App, Caller, header};
use crate::calls::Calls;
use crate::origin::AllowedOrigin;
use crate::reply::{self, Reply};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, Method, Request};
use std::time::Instant;

/// Seconds for which a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

impl App {
    /// The answer to OPTIONS; `None` when this is another method or no script may follow links.
    pub(super) fn preflight(&self, caller: &Caller, request: &Request<Bytes>) -> Option<Reply> {
        let start = Instant::now();
        let allowed = self.config.cors_allow_origin.as_ref()?;
        if request.method() != Method::OPTIONS {
            return None;
        }
        let mut reply = reply::no_content();
        let headers = reply.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
        if is_allowed(allowed, request) {
            let methods = HeaderValue::from_static("GET, HEAD, POST");
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            // Accept needs no consent.
            let names = HeaderValue::from_static("content-type");
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        let reply = self.shared_with_scripts(request, reply);
        let mut line = self.line(caller, request);
        line.message = "Told a browser what scripts may do; nothing was done.".to_owned();
        line.outcome = Some(crate::log::Outcome::Preflight);
        self.write(line, &Calls::default(), start, &reply);
        Some(reply)
    }

    /// The same answer with our consent that a script reads it, if it may.
    pub(super) fn shared_with_scripts(&self, request: &Request<Bytes>, mut reply: Reply) -> Reply {
        let Some(allowed) = &self.config.cors_allow_origin else {
            return reply;
        };
        let headers = reply.headers_mut();
        if let AllowedOrigin::Exact(_) = allowed {
            vary_by_origin(headers);
        }
        if is_allowed(allowed, request) {
            let origin = match allowed {
                AllowedOrigin::Any => "*",
                AllowedOrigin::Exact(origin) => origin,
            };
            let origin = HeaderValue::from_str(origin).expect("an origin is ASCII");
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let readable = HeaderValue::from_static("allow, retry-after");
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        }
        reply
    }
}

/// Caches keep the answers to one origin apart from the others.
fn vary_by_origin(headers: &mut HeaderMap) {
    let others = headers.get(VARY).and_then(|value| value.to_str().ok());
    let all = others.map_or("Origin".to_owned(), |others| format!("{others}, Origin"));
    headers.insert(
        VARY,
        HeaderValue::from_str(&all).expect("names of headers are ASCII"),
    );
}

/// Whether the request comes from a script whose origin is allowed.
fn is_allowed(allowed: &AllowedOrigin, request: &Request<Bytes>) -> bool {
    match (allowed, header(request.headers(), ORIGIN)) {
        (_, None) => false,
        (AllowedOrigin::Any, Some(_)) => true,
        (AllowedOrigin::Exact(origin), Some(from)) => *origin == from,
    }
}
