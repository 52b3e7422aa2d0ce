//! Events of Lambda: REST API, HTTP API, Function URL and direct invocation become one kind of request.

use super::warm;
use crate::json::{self, tree};
use crate::log::Ids;
use crate::reply::{Raised, Reply};
use crate::web::{self, App, Caller, Door};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{HOST, HeaderName, HeaderValue};
use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, IntoResponse, RequestExt, Service};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Longest query that is looked at, in bytes: far above what API Gateway passes on (10,240 bytes with the headers).
const MAX_QUERY_BYTES: usize = 32_768;

/// What a process does, for as long as it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// CreateUrls.
    Create,
    /// ProcessCallback.
    Process,
}

impl Role {
    /// From the function's `Handler`, which Lambda gives as `_HANDLER`.
    pub fn from_handler(handler: &str) -> Option<Self> {
        match handler {
            "create_urls" => Some(Role::Create),
            "process_callback" => Some(Role::Process),
            _ => None,
        }
    }
}

/// Answers events until Lambda ends the process. The role is chosen here, once: the loop of one role has no path
/// to the other.
///
/// # Errors
/// The Runtime API cannot be reached or understood; why, without any value of an invocation.
pub async fn run(role: Role, app: Arc<App>) -> Result<(), String> {
    if app.config.warm_up {
        // Boxed and its type forgotten: the compiler computes no deeper types than it must.
        let warming: Pin<Box<dyn Future<Output = ()>>> = Box::pin(warm::up(role, &app));
        warming.await;
    }
    let ended = lambda_runtime::run(service(role, app)).await;
    ended.map_err(|error| match error.is::<serde_json::Error>() {
        // Its text would quote what the caller of the function has sent. Events have an error of their own.
        true => "the client context or the Cognito identity of an invocation cannot be read; \
                 see ClientContext in the reference of lambda:Invoke"
            .to_owned(),
        false => error.to_string(),
    })
}

/// What [`run`] answers events with: the way from an event, as Lambda gives it, to the answer that Lambda takes.
pub fn service(
    role: Role,
    app: Arc<App>,
) -> impl Service<LambdaEvent<Event>, Response: Serialize, Error = Failed, Future: Send> {
    let answer = service_fn(move |request: lambda_http::Request| {
        let (caller, request) = request_of(request);
        let app = app.clone();
        let raises = match role {
            Role::Create => web::raises_errors(&caller, &request),
            Role::Process => false,
        };
        // A task of its own: should it panic, the visitor still gets an answer.
        let task = tokio::spawn(async move {
            Ids::begin(caller.request_id.clone());
            match role {
                Role::Create => app.create(&caller, request).await,
                Role::Process => app.process(&caller, request).await,
            }
        });
        async move {
            let reply: Reply = task.await.unwrap_or_else(|_| web::unexpected("panicked"));
            match Raised::of(&reply).filter(|_| raises) {
                Some(raised) => Err(Failed(raised)),
                None => Ok(Text(reply)),
            }
        }
    });
    let mut adapter = Adapter::from(answer);
    service_fn(move |event: LambdaEvent<Event>| {
        let Event(mut payload) = event.payload;
        make_harmless(&mut payload);
        adapter.call(LambdaEvent::new(payload, event.context))
    })
}

/// A reply as it is. lambda_http would look into its content type for a character set, and has tables of all of them for
/// that; ours are UTF-8.
struct Text(Reply);

impl IntoResponse for Text {
    fn into_response(self) -> Pin<Box<dyn Future<Output = http::Response<Body>> + Send>> {
        let body = |text: String| match text.is_empty() {
            true => Body::Empty,
            false => Body::Text(text),
        };
        Box::pin(std::future::ready(self.0.map(body)))
    }
}

/// An invocation that fails, as its caller asked for: Step Functions sees an error named by our code.
#[derive(Debug)]
pub struct Failed(Raised);

impl From<Failed> for Diagnostic {
    fn from(Failed(raised): Failed) -> Self {
        Self {
            error_type: raised.code,
            error_message: raised.text,
        }
    }
}

/// An event as lambda_http reads it, without the headers that it cannot hold: for it, a header that is not ASCII turns
/// a visit into a direct invocation.
pub struct Event(LambdaRequest);

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| serde_json::from_str(text).map_err(D::Error::custom);
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let event = match read(raw.get())? {
            LambdaRequest::PassThrough(text) => match without_unreadable_headers(&text) {
                Some(text) => read(&text)?,
                None => LambdaRequest::PassThrough(text),
            },
            event => event,
        };
        Ok(Self(event))
    }
}

/// `None` for what is no event of an HTTP door.
fn without_unreadable_headers(text: &str) -> Option<String> {
    let mut is_of_door = false;
    json::each_member(text, |name, value| {
        is_of_door |= name == "requestContext" && value.get().starts_with('{');
    });
    // Nothing is built of what is not, which may be large.
    let event: Option<&RawValue> = serde_json::from_str(text).ok().filter(|_| is_of_door);
    let mut event = tree::tree_within(event?, tree::MAX_TREE_BYTES).ok()?;
    let is_readable = |value: &Value| {
        value
            .as_str()
            .is_some_and(|value| HeaderValue::from_str(value).is_ok())
    };
    for field in ["headers", "multiValueHeaders"] {
        let Some(headers) = event.get_mut(field).and_then(Value::as_object_mut) else {
            continue;
        };
        headers.retain(|name, value| {
            if let Some(values) = value.as_array_mut() {
                values.retain(is_readable);
            }
            HeaderName::from_bytes(name.as_bytes()).is_ok() && (value.is_array() || is_readable(value))
        });
    }
    Some(event.to_string())
}

/// One kind of request for all doors, and where it came from. The path is not looked at: API Gateway has chosen the
/// function already, and each door writes paths in its own way.
fn request_of(request: lambda_http::Request) -> (Caller, http::Request<Bytes>) {
    let (door, source_ip) = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => (Door::RestApi, context.identity.source_ip.clone()),
        Some(RequestContext::ApiGatewayV2(context)) => {
            let is_function_url = context
                .domain_name
                .as_deref()
                .is_some_and(|name| name.contains(".lambda-url."));
            let door = if is_function_url {
                Door::FunctionUrl
            } else {
                Door::HttpApi
            };
            (door, context.http.source_ip.clone())
        }
        _ => (Door::Direct, None),
    };
    let request_id = request
        .lambda_context_ref()
        .map(|context| context.request_id.clone());
    let request = request.map(|body| match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    });
    (
        Caller {
            door,
            source_ip,
            request_id,
        },
        request,
    )
}

/// Takes out of an event what lambda_http panics on when it makes a URL of it: hosts and schemes that are none,
/// queries that no URL may hold, bodies that are not the base64 they claim to be. We need no host.
fn make_harmless(event: &mut LambdaRequest) {
    match event {
        LambdaRequest::ApiGatewayV1(event) => {
            // lambda_http lets the single values win over the lists, and so forgets all but the last one.
            if !event.multi_value_headers.is_empty() {
                event.headers.clear();
            }
            without_host(&mut event.headers);
            event.request_context.domain_name = None;
            event.path = Some("/".to_owned());
            event.request_context.stage = None;
            check_body(&mut event.body, event.is_base64_encoded);
            let query = [
                &event.multi_value_query_string_parameters,
                &event.query_string_parameters,
            ];
            if query
                .iter()
                .any(|query| query.to_query_string().len() > MAX_QUERY_BYTES)
            {
                event.multi_value_query_string_parameters = Default::default();
                event.query_string_parameters = Default::default();
            }
        }
        LambdaRequest::ApiGatewayV2(event) => {
            without_host(&mut event.headers);
            // Stays in the context for the door; lambda_http only uses it when there is no Host.
            let is_host = |name: &str| {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
                name.bytes().all(plain) && url::Url::parse(&format!("https://{name}/")).is_ok()
            };
            event.request_context.domain_name = event
                .request_context
                .domain_name
                .take()
                .filter(|name| is_host(name));
            event.raw_path = Some("/".to_owned());
            event.request_context.stage = None;
            check_body(&mut event.body, event.is_base64_encoded);
            event.raw_query_string = event.raw_query_string.take().map(|query| harmless_query(&query));
        }
        _ => {}
    }
}

fn without_host(headers: &mut HeaderMap) {
    headers.remove(HOST);
    headers.remove(HeaderName::from_static("x-forwarded-proto"));
}

fn check_body(body: &mut Option<String>, is_base64: bool) {
    if is_base64 && body.as_ref().is_some_and(|body| STANDARD.decode(body).is_err()) {
        *body = None;
    }
}

/// The same query with every byte percent-encoded that a URL may not hold; nothing of one that is too long.
fn harmless_query(query: &str) -> String {
    if query.len() > MAX_QUERY_BYTES {
        return String::new();
    }
    let mut harmless = String::with_capacity(query.len());
    for byte in query.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => harmless.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'%' | b'+' | b'&' | b'=' | b'/' | b'?' | b':' | b'@' | b'!'
            | b'$' | b'\'' | b'(' | b')' | b'*' | b',' | b';' => harmless.push(char::from(byte)),
            byte => drop(write!(harmless, "%{byte:02X}")),
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(event: &Value) -> (Caller, http::Request<Bytes>) {
        let mut event: LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
        make_harmless(&mut event);
        request_of(event.into())
    }

    fn rest(change: impl FnOnce(&mut Value)) -> Value {
        let mut event = json!({
            "resource": "/respond", "path": "/respond", "httpMethod": "GET",
            "headers": {"Host": "api.example.com", "Accept": "text/plain", "X-Forwarded-For": "198.51.100.1"},
            "multiValueHeaders": {"Host": ["api.example.com"], "Accept": ["text/html;q=0.5", "text/plain"],
                "X-Forwarded-For": ["198.51.100.1"]},
            "queryStringParameters": {"data": "2-AQ==", "a": "2"},
            "multiValueQueryStringParameters": {"data": ["2-AQ=="], "a": ["1", "2"]},
            "pathParameters": null, "stageVariables": null, "body": null, "isBase64Encoded": false,
            "requestContext": {"stage": "v1", "httpMethod": "GET", "identity": {"sourceIp": "192.0.2.1"}}
        });
        change(&mut event);
        event
    }

    fn http(change: impl FnOnce(&mut Value)) -> Value {
        let mut event = json!({
            "version": "2.0", "routeKey": "ANY /respond", "rawPath": "/v1/respond",
            "rawQueryString": "data=2-AQ%3D%3D&a=1&a=2",
            "headers": {"host": "api.example.com", "accept": "text/html;q=0.5,text/plain",
                "x-forwarded-for": "198.51.100.1"},
            "queryStringParameters": {"data": "2-AQ==", "a": "1,2"},
            "requestContext": {"stage": "v1", "domainName": "api.example.com", "timeEpoch": 1,
                "http": {"method": "GET", "path": "/v1/respond", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}},
            "isBase64Encoded": false
        });
        change(&mut event);
        event
    }

    #[test]
    fn both_kinds_of_event_give_the_same_request() {
        for (event, door) in [(rest(|_| ()), Door::RestApi), (http(|_| ()), Door::HttpApi)] {
            let (caller, request) = read(&event);
            // Not what a visitor wrote into `X-Forwarded-For`.
            assert_eq!(
                (caller.door, caller.source_ip.as_deref()),
                (door, Some("192.0.2.1"))
            );
            let query = crate::link::Query::parse(request.uri().query().unwrap());
            assert_eq!(query.data(), Ok("2-AQ=="));
            let accept: Vec<_> = request
                .headers()
                .get_all("accept")
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect();
            assert_eq!(accept.join(","), "text/html;q=0.5,text/plain");
        }
        let url =
            http(|event| event["requestContext"]["domainName"] = json!("x.lambda-url.eu-west-1.on.aws"));
        assert_eq!(read(&url).0.door, Door::FunctionUrl);
    }

    /// Whatever a visitor writes into a header, at each of the three doors.
    #[test]
    fn the_address_is_that_of_the_event() {
        let function_url = |event: &mut Value| {
            event["requestContext"]["domainName"] = json!("x.lambda-url.eu-west-1.on.aws");
        };
        for name in [
            "X-Forwarded-For",
            "Forwarded",
            "X-Real-IP",
            "X-Client-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "Fastly-Client-IP",
            "X-Cluster-Client-IP",
            "CloudFront-Viewer-Address",
            "X-Original-Forwarded-For",
            "X-Amzn-Source-IP",
            "sourceIp",
        ] {
            for value in [
                "198.51.100.1",
                "for=198.51.100.1",
                "198.51.100.1, 192.0.2.7",
                "192.0.2.1",
            ] {
                let list = rest(|event| event["multiValueHeaders"][name] = json!([value]));
                let single = rest(|event| {
                    event["headers"][name] = json!(value);
                    event["multiValueHeaders"] = json!({});
                });
                let header = |event: &mut Value| event["headers"][name.to_lowercase()] = json!(value);
                let url = http(|event| {
                    header(event);
                    function_url(event);
                });
                for event in [list, single, http(header), url] {
                    assert_eq!(read(&event).0.source_ip.as_deref(), Some("192.0.2.1"), "{name}");
                }
            }
        }
        for address in ["2001:db8::1", "", "not an address", "192.0.2.1:1"] {
            let rest = rest(|event| event["requestContext"]["identity"]["sourceIp"] = json!(address));
            let http = http(|event| event["requestContext"]["http"]["sourceIp"] = json!(address));
            for event in [rest, http] {
                assert_eq!(read(&event).0.source_ip.as_deref(), Some(address));
            }
        }
        let rest = rest(|event| event["requestContext"]["identity"] = json!({"sourceIp": null}));
        assert_eq!(read(&rest).0.source_ip, None);
    }

    #[test]
    fn hostile_hosts_and_schemes_do_no_harm() {
        for host in ["a b", "[::", "", "x:99999999", "\u{7f}", "a/../b?c#d"] {
            for name in ["Host", "X-Forwarded-Proto"] {
                read(&rest(|event| {
                    event["headers"][name] = json!(host);
                    event["multiValueHeaders"] = json!({});
                }));
                read(&rest(|event| event["multiValueHeaders"][name] = json!([host])));
                read(&http(|event| event["headers"][name.to_lowercase()] = json!(host)));
            }
            read(&rest(|event| event["requestContext"]["domainName"] = json!(host)));
            read(&http(|event| event["requestContext"]["domainName"] = json!(host)));
            read(&http(|event| event["rawPath"] = json!(host)));
            read(&rest(|event| event["path"] = json!(host)));
            read(&http(|event| event["requestContext"]["stage"] = json!(host)));
        }
    }

    #[test]
    fn hostile_queries_do_no_harm() {
        for query in [
            "<>\"{}|\\^`",
            "data=\u{e9}\u{0}\n",
            "#x",
            "%",
            "%zz",
            &"x".repeat(100_000),
        ] {
            let (_, request) = read(&http(|event| event["rawQueryString"] = json!(query)));
            assert!(request.uri().query().unwrap_or_default().len() <= 3 * MAX_QUERY_BYTES);
        }
        let (_, request) = read(&http(|event| event["rawQueryString"] = json!("a=<é>&b=%3C+c")));
        assert_eq!(request.uri().query(), Some("a=%3C%C3%A9%3E&b=%3C+c"));
        read(&rest(|event| {
            event["multiValueQueryStringParameters"] = json!({"x".repeat(70_000): ["y"]})
        }));
        let (_, request) = read(&rest(|event| {
            event["queryStringParameters"] = Value::Null;
            event["multiValueQueryStringParameters"] = Value::Null;
        }));
        assert_eq!(request.uri().query().unwrap_or_default(), "");
    }

    #[test]
    fn bodies_are_decoded_when_they_say_so() {
        let with = |body: &str, is_base64: bool| {
            let (body, is_base64) = (json!(body), json!(is_base64));
            read(&http(|event| {
                event["body"] = body;
                event["isBase64Encoded"] = is_base64;
            }))
            .1
            .into_body()
        };
        assert_eq!(with("{}", false), "{}");
        assert_eq!(with("e30=", true), "{}");
        assert_eq!(with("not base64", true), "");
    }

    #[test]
    fn everything_else_is_a_direct_invocation() {
        for event in [
            json!({"token": "t", "actions": []}),
            json!([]),
            json!(null),
            json!("x"),
            json!({"version": "2.0"}),
        ] {
            let (caller, request) = read(&event);
            assert_eq!(caller.door, Door::Direct);
            assert_eq!(serde_json::from_slice::<Value>(request.body()).unwrap(), event);
        }
    }

    #[test]
    fn handlers_name_roles() {
        assert_eq!(Role::from_handler("create_urls"), Some(Role::Create));
        assert_eq!(Role::from_handler("process_callback"), Some(Role::Process));
        for handler in ["", "bootstrap", "Create_Urls", "create_urls.handler"] {
            assert_eq!(Role::from_handler(handler), None, "{handler}");
        }
    }
}
