//! The one place that knows both the pure core and the adapters: every operation is
//! pure – effect – pure – effect – pure, and the effects are the only `.await`s.

mod cors;
mod create;
mod deliver;
mod event;
mod handshake;
mod process;

use crate::brand::Brand;
use crate::calls::Calls;
use crate::channels::Channels;
use crate::config::Config;
use crate::event::Event;
use crate::keys::Keys;
use crate::language::Language;
use crate::log::{self, Level, Line, Verbose};
use crate::metrics;
use crate::negotiate::Format;
use crate::rejection::Rejection;
use crate::reply::{Manner, Reply, Visitor};
use crate::request;
use crate::tasks::Tasks;
use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::Value;
use std::time::Instant;

/// A service: settings, adapters, and what differs between a real process and a test.
pub struct App {
    /// What the environment decides.
    pub config: Config,
    /// Where data keys come from.
    pub keys: Keys,
    /// Where tasks wait.
    pub tasks: Tasks,
    /// What delivers links.
    pub channels: Channels,
    /// What time it is.
    pub clock: fn() -> jiff::Timestamp,
    /// Fills a buffer with unpredictable bytes.
    pub random: fn(&mut [u8]),
    /// Takes the lines of the log.
    pub log: Box<dyn Fn(&str) + Send + Sync>,
}

/// The way a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// API Gateway REST API.
    RestApi,
    /// API Gateway HTTP API.
    HttpApi,
    /// Lambda Function URL.
    FunctionUrl,
    /// `lambda:Invoke` with the request as its payload.
    Direct,
    /// The server on a laptop.
    Local,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Door::RestApi => "rest_api",
            Door::HttpApi => "http_api",
            Door::FunctionUrl => "function_url",
            Door::Direct => "direct",
            Door::Local => "local",
        }
    }
}

/// Where a request came from.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The way it came in.
    pub door: Door,
    /// As the front door saw it.
    pub source_ip: Option<String>,
    /// Lambda's id of the invocation.
    pub request_id: Option<String>,
}

impl App {
    /// Unix seconds.
    fn now(&self) -> u64 {
        u64::try_from((self.clock)().as_second()).unwrap_or(0)
    }

    /// Unix milliseconds.
    fn now_ms(&self) -> u64 {
        u64::try_from((self.clock)().as_millisecond()).unwrap_or(0)
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// A line for a request that has just come in.
    fn line(&self, caller: &Caller, request: &Request<Bytes>) -> Line {
        let text = |name: http::HeaderName| header(request.headers(), name).map(|text| log::foreign(&text));
        let verbose = || Verbose {
            method: log::foreign(request.method().as_str()),
            user_agent: text(http::header::USER_AGENT),
            accept: text(http::header::ACCEPT),
            content_type: text(http::header::CONTENT_TYPE),
            body_bytes: request.body().len(),
            query_chars: request.uri().query().unwrap_or_default().len(),
        };
        Line {
            timestamp: (self.clock)().to_string(),
            level: Level::Info,
            message: String::new(),
            door: caller.door.as_str(),
            request_id: caller.request_id.clone(),
            transaction_id: None,
            action: None,
            kind: None,
            outcome: None,
            chosen: None,
            recipient: None,
            error: None,
            cause: None,
            sent: None,
            status: 0,
            links: None,
            messages: None,
            format: None,
            data_key: None,
            source_ip: caller.source_ip.as_deref().map(log::foreign),
            calls: Vec::new(),
            duration_ms: 0.0,
            verbose: self.config.verbose.then(verbose),
        }
    }

    fn write(&self, mut line: Line, calls: &Calls, start: Instant, reply: &Reply) {
        line.status = reply.status().as_u16();
        line.calls = calls.list();
        line.duration_ms = (start.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let function = self.config.metrics.as_deref();
        let metrics = function.map(|function| metrics::of(&line, calls, function, self.now_ms()));
        match (line.level >= self.config.log_level, metrics) {
            (true, metrics) => (self.log)(&line.to_json(&metrics.unwrap_or_default())),
            // A line that is not wanted counts all the same.
            (false, Some(metrics)) => (self.log)(&Value::Object(metrics).to_string()),
            (false, None) => {}
        }
    }
}

/// All values of a header, joined as RFC 9110 joins them; `None` when there is none that is text.
fn header(headers: &HeaderMap, name: http::HeaderName) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Whether a refusal of this request fails its invocation. Over HTTP there is a status for that.
pub fn raises_errors(caller: &Caller, request: &Request<Bytes>) -> bool {
    let body = request.body();
    caller.door == Door::Direct && (Event::of(body, true).is_some() || request::raises_errors(body))
}

/// The answer when something went wrong that should not be able to.
pub fn unexpected(what: &str) -> Reply {
    let rejection = Rejection::ServiceError(what.to_owned());
    let visitor = Visitor {
        format: Format::Json,
        language: Language::default(),
        brand: &Brand::default(),
        manner: Manner::default(),
    };
    crate::reply::refused(&rejection, None, &visitor)
}
