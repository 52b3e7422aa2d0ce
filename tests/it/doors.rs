//! The same request through every raw event gives the same answer and the same effect.

mod cors;

use crate::support::{
    Answer, BASE, FEATURES, NOW, PLAIN, Stack, base64, block_on, caller, data, encode, heartbeat, nothing,
    parameters, post, rewind, set_clock, success,
};
use bytes::Bytes;
use http::Request;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use lambda_http::{Service, http::Method};
use serde_json::{Map, Value, json};
use sfn_callback_urls::entry::lambda::{Event, Role, service};
use sfn_callback_urls::log::Ids;
use sfn_callback_urls::web::Door;
use std::collections::BTreeMap;

/// A request as it goes over the wire.
#[derive(Clone)]
struct Wire {
    method: Method,
    path: &'static str,
    query: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

impl Wire {
    fn get(query: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: "/respond",
            query: query.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn post(query: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: Method::POST,
            headers: vec![("Content-Type", "application/json")],
            body: body.into(),
            ..Self::get(query)
        }
    }

    fn pairs(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .into_owned()
            .collect()
    }

    fn body(&self, in_base64: bool) -> Value {
        match &self.body {
            body if body.is_empty() => Value::Null,
            body if in_base64 => json!(base64(body)),
            body => json!(std::str::from_utf8(body).unwrap()),
        }
    }
}

/// `{name: last value}` and `{name: [all values]}`; null for both when there is nothing, as API Gateway does.
fn single_and_multi<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> (Value, Value) {
    let (mut single, mut multi) = (Map::new(), Map::new());
    for (name, value) in pairs {
        single.insert(name.to_owned(), value.into());
        let values = multi.entry(name.to_owned()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(value.into());
    }
    match single.is_empty() {
        true => (Value::Null, Value::Null),
        false => (single.into(), multi.into()),
    }
}

/// The proxy event of a REST API.
fn rest_api(wire: &Wire, in_base64: bool) -> Value {
    let pairs = wire.pairs();
    let (query, all_query) = single_and_multi(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    let (headers, all_headers) = single_and_multi(wire.headers.iter().copied());
    json!({
        "resource": wire.path, "path": wire.path, "httpMethod": wire.method.as_str(),
        "headers": headers, "multiValueHeaders": all_headers,
        "queryStringParameters": query, "multiValueQueryStringParameters": all_query,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "resourceId": "r1", "resourcePath": wire.path, "httpMethod": wire.method.as_str(),
            "extendedRequestId": "x", "requestTime": "21/Sep/2026:14:13:20 +0000",
            "requestTimeEpoch": 1_790_000_000_000_u64, "path": format!("/v1{}", wire.path),
            "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "v1", "domainPrefix": "abc123",
            "domainName": "abc123.execute-api.eu-central-1.amazonaws.com", "requestId": "id", "apiId": "abc123",
            "identity": {"cognitoIdentityPoolId": null, "accountId": null, "caller": null, "accessKey": null,
                "sourceIp": "192.0.2.1", "cognitoAuthenticationType": null, "userArn": null, "userAgent": "agent",
                "user": null}
        },
        "body": wire.body(in_base64), "isBase64Encoded": in_base64
    })
}

/// The event of an HTTP API with payload format 1.0: that of a REST API, with a version.
fn http_api_1(wire: &Wire, in_base64: bool) -> Value {
    let mut event = rest_api(wire, in_base64);
    event["version"] = json!("1.0");
    event["requestContext"]["stage"] = json!("$default");
    event
}

/// The event of payload format 2.0; `host` and `stage` tell the doors apart.
fn format_2(wire: &Wire, in_base64: bool, host: &str, stage: &str) -> Value {
    let join = |pairs: Vec<(String, String)>| {
        let mut joined: Map<String, Value> = Map::new();
        for (name, value) in pairs {
            let value = match joined.get(&name).and_then(Value::as_str) {
                Some(before) => format!("{before},{value}"),
                None => value,
            };
            joined.insert(name, value.into());
        }
        joined
    };
    let headers = wire
        .headers
        .iter()
        .map(|(n, v)| (n.to_lowercase(), (*v).to_owned()));
    let mut headers = join(headers.collect());
    headers.insert("host".to_owned(), host.into());
    let path = match stage {
        "$default" => wire.path.to_owned(),
        stage => format!("/{stage}{}", wire.path),
    };
    let mut event = json!({
        "version": "2.0", "routeKey": format!("ANY {}", wire.path), "rawPath": path,
        "rawQueryString": wire.query, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc123", "domainName": host, "domainPrefix": "abc123",
            "http": {"method": wire.method.as_str(), "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "agent"},
            "requestId": "id", "routeKey": "$default", "stage": stage,
            "time": "21/Sep/2026:14:13:20 +0000", "timeEpoch": 1_790_000_000_000_u64
        },
        "isBase64Encoded": in_base64
    });
    if !wire.query.is_empty() {
        event["queryStringParameters"] = join(wire.pairs()).into();
    }
    if !wire.body.is_empty() {
        event["body"] = wire.body(in_base64);
    }
    event
}

const API_HOST: &str = "abc123.execute-api.eu-central-1.amazonaws.com";

fn http_api(wire: &Wire, in_base64: bool) -> Value {
    format_2(wire, in_base64, API_HOST, "$default")
}

fn http_api_stage(wire: &Wire, in_base64: bool) -> Value {
    format_2(wire, in_base64, API_HOST, "v1")
}

fn function_url(wire: &Wire, in_base64: bool) -> Value {
    format_2(
        wire,
        in_base64,
        "abc123.lambda-url.eu-central-1.on.aws",
        "$default",
    )
}

type EventOf = fn(&Wire, bool) -> Value;

/// Every door that speaks HTTP: how its event is made, and its name in the log.
const HTTP_DOORS: [(EventOf, &str); 5] = [
    (rest_api, "rest_api"),
    (http_api_1, "rest_api"),
    (http_api, "http_api"),
    (http_api_stage, "http_api"),
    (function_url, "function_url"),
];

/// What Lambda gets for an event, from JSON to JSON.
pub fn lambda(stack: &Stack, role: Role, event: &Value) -> Value {
    lambda_text(stack, role, &event.to_string())
}

pub fn lambda_text(stack: &Stack, role: Role, event: &str) -> Value {
    let event: Event = serde_json::from_str(event).unwrap();
    let mut service = service(role, stack.app.clone());
    let answer = block_on(async { service.call(LambdaEvent::new(event, Context::default())).await });
    serde_json::to_value(answer.unwrap()).unwrap()
}

/// An answer, whatever the door calls its parts.
#[derive(Debug, PartialEq)]
struct Answered {
    status: u64,
    headers: BTreeMap<String, Value>,
    body: String,
    told: Vec<String>,
}

fn answered(stack: &Stack, role: Role, event: &Value) -> Answered {
    let answer = lambda(stack, role, event);
    assert_eq!(answer["isBase64Encoded"], json!(false), "{answer}");
    let multi = answer["multiValueHeaders"].as_object().unwrap();
    let single = answer["headers"].as_object().unwrap();
    assert!(multi.is_empty() || single.is_empty(), "{answer}");
    let multi = multi.iter().map(|(name, values)| {
        assert_eq!(values.as_array().unwrap().len(), 1, "{name}");
        (name.clone(), values[0].clone())
    });
    Answered {
        status: answer["statusCode"].as_u64().unwrap(),
        headers: single.clone().into_iter().chain(multi).collect(),
        body: answer["body"].as_str().unwrap_or_default().to_owned(),
        told: stack.told(),
    }
}

/// Asks through every door, each time in the same world; gives the answer that all have in common.
#[track_caller]
fn through_all(role: Role, prepare: impl Fn(&Stack) -> Wire) -> Answered {
    through_all_under(FEATURES, role, prepare)
}

/// The same under other settings.
#[track_caller]
fn through_all_under(vars: &[(&str, &str)], role: Role, prepare: impl Fn(&Stack) -> Wire) -> Answered {
    let mut first: Option<Answered> = None;
    for (event, door) in HTTP_DOORS {
        for in_base64 in [false, true] {
            rewind();
            let stack = Stack::new(vars);
            let wire = prepare(&stack);
            if !in_base64 && std::str::from_utf8(&wire.body).is_err() {
                continue;
            }
            let lines = stack.log().len();
            let answered = answered(&stack, role, &event(&wire, in_base64));
            let log = stack.log();
            assert_eq!(log.len(), lines + 1, "one line a request");
            assert_eq!(log[lines]["door"], door);
            assert_eq!(log[lines]["source_ip"], "192.0.2.1");
            match &first {
                None => first = Some(answered),
                Some(first) => assert_eq!(first, &answered, "{door}"),
            }
        }
    }
    first.unwrap()
}

fn query_of(url: &str) -> String {
    url.split_once('?').unwrap().1.to_owned()
}

#[track_caller]
fn code(answered: &Answered) -> String {
    let body: Value = serde_json::from_str(&answered.body).expect(&answered.body);
    body["error"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn get_acts_and_answers_in_the_type_of_all_accept_headers() {
    let answered = through_all(Role::Process, |stack| Wire {
        headers: vec![
            ("Accept", "text/plain, application/json;q=0.9"),
            ("Accept", "text/html;q=0.5"),
        ],
        ..Wire::get(query_of(&stack.link(success(json!({"ok": [1, "é"]})), nothing())))
    });
    assert_eq!(answered.status, 200);
    assert_eq!(answered.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answered.told, [r#"success {"ok":[1,"é"]}"#]);
}

#[test]
fn parameters_arrive_decoded_once_and_the_last_one_counts() {
    let query = "&p=first&p=a+b%26c%3D%2B%C3%A9%22%25&q=&r=%2B";
    let answered = through_all(Role::Process, |stack| {
        let url = stack.link(success(json!({"p": "$p", "q": "<$q>", "r": "$r"})), parameters());
        Wire::get(query_of(&url) + query)
    });
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(answered.told, [r#"success {"p":"a b&c=+é\"%","q":"<>","r":"+"}"#]);
}

#[test]
fn padded_links_survive_every_door() {
    for (event, door) in HTTP_DOORS {
        let stack = Stack::without_key(PLAIN);
        for action in ["a", "ab", "abc"] {
            let token = stack.task();
            let payload = json!({"token": token, "iat": 1, "tid": "0".repeat(32),
                "action": {"name": action, "type": "heartbeat"}});
            let link = crate::support::old_link(&payload);
            for query in [query_of(&link), format!("data={}", data(&link))] {
                let answered = answered(&stack, Role::Process, &event(&Wire::get(query), false));
                assert_eq!(answered.status, 200, "{door}: {}", answered.body);
            }
        }
    }
}

#[test]
fn repeated_and_missing_data_are_invalid_payload() {
    let repeated = |stack: &Stack| {
        let url = stack.link(heartbeat(), nothing());
        Wire::get(format!("{}&data={}", query_of(&url), encode(&data(&url))))
    };
    let answered = through_all(Role::Process, repeated);
    assert_eq!(
        (answered.status, code(&answered).as_str()),
        (400, "InvalidPayload")
    );
    assert_eq!(answered.told, ["waiting"]);
    for query in ["", "data=", "x=y", "data"] {
        let answered = through_all(Role::Process, |_| Wire::get(query));
        assert_eq!(
            (answered.status, code(&answered).as_str()),
            (400, "InvalidPayload")
        );
    }
}

#[test]
fn repeated_action_or_type_are_action_mismatched() {
    for more in ["&action=a", "&action=b", "&type=heartbeat"] {
        let answered = through_all(Role::Process, |stack| {
            Wire::get(query_of(&stack.link(heartbeat(), nothing())) + more)
        });
        assert_eq!(
            (answered.status, code(&answered).as_str()),
            (400, "ActionMismatched")
        );
        assert_eq!(answered.told, ["waiting"]);
    }
}

fn whole_body() -> Value {
    post(json!([{"name": "o", "type": "success", "schema": {}, "output_body": true}]))
}

#[test]
fn bodies_arrive_byte_for_byte() {
    let answered = through_all(Role::Process, |stack| {
        Wire::post(
            query_of(&stack.link(whole_body(), nothing())),
            r#"{"é": 12345678901234567890123, "e": "\u00e9"}"#,
        )
    });
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(
        answered.told,
        [r#"success {"é":12345678901234567890123,"e":"\u00e9"}"#]
    );
}

#[test]
fn missing_and_binary_bodies_are_invalid_post_action_body() {
    for body in [b"".as_slice(), b"\xff\xfe{}", b"\0", b"{", b" "] {
        let answered = through_all(Role::Process, |stack| {
            Wire::post(query_of(&stack.link(whole_body(), nothing())), body)
        });
        assert_eq!(
            (answered.status, code(&answered).as_str()),
            (400, "InvalidPostActionBody")
        );
        assert_eq!(answered.told, ["waiting"]);
    }
}

#[test]
fn a_body_that_is_not_the_base64_it_claims_to_be_is_invalid_post_action_body() {
    for (event, door) in HTTP_DOORS {
        let stack = Stack::new(FEATURES);
        let wire = Wire::post(query_of(&stack.link(whole_body(), nothing())), "x");
        let mut event = event(&wire, true);
        event["body"] = json!("not base64");
        let answered = answered(&stack, Role::Process, &event);
        assert_eq!(
            (answered.status, code(&answered).as_str()),
            (400, "InvalidPostActionBody"),
            "{door}"
        );
    }
}

#[test]
fn methods_mean_the_same_at_every_door() {
    for (method, status) in [
        (Method::HEAD, 200),
        (Method::OPTIONS, 405),
        (Method::PUT, 405),
        (Method::PATCH, 405),
        (Method::DELETE, 405),
    ] {
        let answered = through_all(Role::Process, |stack| Wire {
            method: method.clone(),
            ..Wire::get(query_of(&stack.link(success(json!(1)), nothing())))
        });
        assert_eq!(answered.status, status, "{method}");
        assert_eq!(answered.told, ["waiting"], "{method}");
        if status == 405 {
            assert_eq!(answered.headers["allow"], "GET, HEAD, POST");
        } else {
            assert_eq!(answered.body, "");
        }
    }
}

/// Browsers and proxies send such values, and an event that holds one is still an HTTP request.
#[test]
fn headers_that_are_not_ascii_do_not_turn_a_visit_into_a_direct_invocation() {
    for (name, value) in [
        ("User-Agent", "Café/1.0"),
        ("Referer", "https://example.com/ö"),
        ("X-City", "São Paulo"),
        ("X-Control", "a\u{7f}b"),
        ("X-Line", "a\nb"),
        ("Bad Name", "x"),
    ] {
        let answered = through_all(Role::Process, |stack| Wire {
            headers: vec![("Accept", "text/html"), (name, value)],
            ..Wire::get(query_of(&stack.link(success(json!(1)), nothing())))
        });
        assert_eq!(answered.status, 200, "{name}: {}", answered.body);
        assert_eq!(answered.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(answered.told, ["success 1"]);
    }
}

fn create_wire(stack: &Stack) -> Wire {
    let request = json!({"token": stack.task(), "actions": [
        {"name": "é", "type": "success", "output": {"b": 1, "a": 2}, "unknown": 1},
        {"name": "no", "type": "failure", "error": "rejected"}
    ], "expiration": "2026-12-24T18:00:00+01:00"});
    Wire {
        path: "/urls",
        ..Wire::post("", request.to_string())
    }
}

#[test]
fn creating_gives_the_same_links_at_every_door() {
    let answered = through_all(Role::Create, create_wire);
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(answered.headers["content-type"], "application/json");

    rewind();
    let stack = Stack::new(FEATURES);
    let body = create_wire(&stack).body;
    let direct = lambda(&stack, Role::Create, &serde_json::from_slice(&body).unwrap());
    assert_eq!(
        direct.to_string(),
        answered.body,
        "a direct invocation gets the body as its result"
    );
    assert_eq!(stack.log()[0]["door"], "direct");
    assert_eq!(stack.told(), ["waiting"]);
}

#[test]
fn refusals_to_create_are_returned_by_a_direct_invocation() {
    for request in [
        json!({}),
        json!([]),
        json!(null),
        json!("text"),
        json!(5),
        json!({"token": "t", "actions": []}),
        json!({"token": "t", "actions": [heartbeat(), heartbeat()]}),
        json!({"token": "t", "actions": [heartbeat()], "expiration": "2020-01-01"}),
    ] {
        let answered = through_all(Role::Create, |_| Wire {
            path: "/urls",
            ..Wire::post("", request.to_string())
        });
        assert_eq!(answered.status, 400);
        rewind();
        let stack = Stack::new(FEATURES);
        let direct = lambda(&stack, Role::Create, &request);
        assert_eq!(direct.to_string(), answered.body, "{request}");
        assert!(direct["error"].is_string() && direct["message"].is_string());
    }
}

#[test]
fn a_request_of_a_direct_invocation_may_be_as_deep_as_it_likes_and_is_invalid_json() {
    for depth in [128, 1_000, 100_000] {
        let deep = format!(
            r#"{{"token":"t","actions":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let answer = lambda_text(&Stack::new(PLAIN), Role::Create, &deep);
        assert_eq!(answer["error"], "InvalidJSON", "{depth}");
    }
}

#[test]
fn the_role_decides_and_not_the_request() {
    // A request to create, sent to ProcessCallback by every door.
    let answered = through_all(Role::Process, create_wire);
    assert_eq!(
        (answered.status, code(&answered).as_str()),
        (400, "InvalidPayload")
    );

    rewind();
    let stack = Stack::new(FEATURES);
    let request = serde_json::from_slice(&create_wire(&stack).body).unwrap();
    let direct = lambda(&stack, Role::Process, &request);
    assert_eq!(direct["error"], "UnsupportedEvent");
    assert_eq!(direct.as_object().unwrap().len(), 2, "{direct}");
    assert_eq!(stack.log()[0]["error"], "UnsupportedEvent");

    // A link, opened at CreateUrls.
    let answered = through_all(Role::Create, |stack| {
        Wire::get(query_of(&stack.link(success(json!(1)), nothing())))
    });
    assert_eq!(
        (answered.status, code(&answered).as_str()),
        (405, "MethodNotAllowed")
    );
    assert_eq!(answered.told, ["waiting"]);
}

#[test]
fn a_panic_becomes_an_answer_and_the_next_event_is_answered_too() {
    let mut stack = Stack::new(FEATURES);
    let url = stack.link(heartbeat(), nothing());
    let app = std::sync::Arc::get_mut(&mut stack.app).unwrap();
    let ids = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = ids.clone();
    app.log = Box::new(move |line| {
        noted.lock().unwrap().push(Ids::known());
        assert!(!line.contains("InvalidPayload"), "secret of a panic");
    });
    for (event, door) in HTTP_DOORS {
        let broken = answered(&stack, Role::Process, &event(&Wire::get("data=x"), false));
        assert_eq!(
            (broken.status, code(&broken).as_str()),
            (500, "ServiceError"),
            "{door}"
        );
        assert!(!broken.body.contains("secret"), "{}", broken.body);
        let next = answered(&stack, Role::Process, &event(&Wire::get(query_of(&url)), false));
        assert_eq!(next.status, 200, "{door}");
        // What the log line of a panic has.
        let [broken, next] = ids.lock().unwrap().split_off(0).try_into().unwrap();
        assert!(broken.request_id.is_some() && next.request_id.is_some(), "{door}");
        assert_eq!(broken.transaction_id, None, "{door}");
        assert!(next.transaction_id.is_some_and(|id| id.len() == 32), "{door}");
    }
}

#[test]
fn the_stage_in_the_path_and_a_foreign_host_change_nothing() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(heartbeat(), nothing());
    assert!(url.starts_with(&format!("{BASE}/respond?action=a&type=heartbeat&data=3-")));
    for host in [
        "evil.example",
        "a b",
        "[::",
        "",
        "1.2.3.999",
        "xn--",
        "...",
        "-",
        "0x",
    ] {
        let event = format_2(&Wire::get(query_of(&url)), false, host, "v1");
        assert_eq!(answered(&stack, Role::Process, &event).status, 200, "{host}");
    }
}

/// API Gateway takes each path to its function; if a template is wired wrongly, nothing happens but a sentence.
#[test]
fn events_of_the_other_function_do_nothing() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(heartbeat(), nothing());
    let made = stack.log().len();
    let body = json!({"token": stack.task(), "actions": [heartbeat()]}).to_string();
    let headers = [("content-type", "application/json")];
    let to_create = [
        Request::post("/v1/respond")
            .header("content-type", "application/json")
            .body(Bytes::from(body.clone())),
        Request::get(&url).body(Bytes::new()),
    ];
    for request in to_create {
        let answer = Answer::of(block_on(
            stack.app.create(&caller(Door::RestApi), request.unwrap()),
        ));
        assert_eq!(answer.refusal(), (400, "UnsupportedEvent".to_owned()));
        assert!(!answer.body.contains("data="), "{}", answer.body);
    }
    let query = url.split_once('?').unwrap().1;
    for path in ["/urls".to_owned(), format!("/v1/urls?{query}")] {
        let answer = stack.visit("POST", &path, &headers, body.as_bytes());
        assert_eq!(answer.refusal(), (400, "UnsupportedEvent".to_owned()));
    }
    assert!(
        stack.told().iter().all(|told| told == "waiting"),
        "{:?}",
        stack.told()
    );
    assert!(
        stack.log()[made..]
            .iter()
            .all(|line| line["outcome"] == "refused")
    );
}

/// HTTP APIs and Function URLs send the form of a page in base64, REST APIs as text.
#[test]
fn the_form_of_a_page_arrives_through_every_door() {
    let form = json!({"name": "a", "type": "form", "outcomes": [
        {"name": "no", "type": "failure", "schema": {"properties": {"why": {"type": "string"}}}, "cause_path": "$.why"}]});
    let answered = through_all(Role::Process, |stack| {
        set_clock(NOW);
        let url = stack.link(form.clone(), nothing());
        let page = stack.get_as(&url, "text/html");
        let (_, nonce) = page.body.split_once("name=\"nonce\" value=\"").unwrap();
        let nonce = nonce.split('"').next().unwrap();
        set_clock(NOW + 2);
        let body = format!("nonce={nonce}&f.why=too+late%2C+%C3%A9&outcome=no");
        Wire {
            headers: vec![("Content-Type", "application/x-www-form-urlencoded")],
            ..Wire::post(query_of(&url), body)
        }
    });
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(answered.told, ["failure - too late, é"]);
    set_clock(NOW);
}
