//! Canaries in everything that is secret: they may come out where they belong and nowhere else.

use crate::support::{
    Answer, BASE, FEATURES, NOW, Stack, block_on, caller, data, encode, heartbeat, old_link, parameters,
    post, query, set_clock, success, with,
};
use serde_json::{Value, json};
use sfn_callback_urls::action::{Redirect, ReplySpec};
use sfn_callback_urls::calls::Calls;
use sfn_callback_urls::decide::{Method, Switches, Visit, decide};
use sfn_callback_urls::entry::process;
use sfn_callback_urls::keys::{Asker, Keys};
use sfn_callback_urls::link::Query;
use sfn_callback_urls::reply::{Created, Links};
use sfn_callback_urls::request::CreateUrls;
use sfn_callback_urls::seal::{DataKey, Untrusted};
use sfn_callback_urls::tasks::{TaskList, TaskSpec};
use sfn_callback_urls::web::Door;
use std::sync::{Arc, Mutex};

/// In every secret of this file.
const CANARY: &str = "canary";

const VERBOSE: &[(&str, &str)] = &[
    ("VERBOSE_LOGGING", "true"),
    ("METRICS", "true"),
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("ENABLE_OUTPUT_PARAMETERS", "true"),
    ("ENABLE_POST_ACTIONS", "true"),
];

/// Every kind of action, with a canary in each value.
fn actions() -> Value {
    let response = json!({"json": {"canary-key": "canary-json $p"}, "html": "<b>canary-html $p</b>", "text": "canary-text $p"});
    let outcomes = json!([
        {"name": "yes", "type": "success", "schema": {"required": ["canary-ok"]}, "output_body": true,
            "response": {"text": "canary-outcome"}},
        {"name": "no", "type": "failure", "schema": {"properties": {"why": {"const": "canary-why"}}, "required": ["why"]},
            "error": "canary-error", "cause_path": "$.why"},
        {"name": "fixed", "type": "success", "schema": {"const": "canary-fixed"}, "output": "canary-output"}
    ]);
    json!([
        {"name": "s", "type": "success", "output": {"canary-key": "canary-output $p"}, "response": response},
        {"name": "f", "type": "failure", "error": "canary-error $p", "cause": "canary-cause $p", "response": response},
        {"name": "h", "type": "heartbeat", "response": {"redirect": "https://example.com/canary?p=$p"}},
        with(post(outcomes.clone()), json!({"name": "p", "response": {"html": "canary-html"}})),
        with(post(outcomes), json!({"name": "w", "bodies": ["json", "form"], "unwrap": "canary-field",
            "verify": {"scheme": "header", "header": "x-t", "secret": ["canary-secret", "canary-older"]}})),
    ])
}

/// No secret, no link and no token.
#[track_caller]
fn clean(text: &str, what: &str, more: &[&str]) {
    for secret in more.iter().chain(&[CANARY]) {
        assert!(
            !text.to_lowercase().contains(&secret.to_lowercase()),
            "{what}: {text}"
        );
    }
}

/// Links whose tokens are real, and requests whose tokens are canaries.
#[track_caller]
fn flows(stack: &Stack) {
    flows_of(stack, 3);
    assert!(
        stack
            .log()
            .iter()
            .all(|line| line["verbose"].is_object() && line["_aws"].is_object()),
        "at its most talkative"
    );
    assert!(stack.log().len() > 100);
}

#[track_caller]
fn flows_of(stack: &Stack, tokens: usize) {
    let mut secrets = Vec::new();
    let mut all = actions();
    if stack.app.keys.is_off() {
        // Such a stack takes no secret of a webhook.
        all.as_array_mut().unwrap().retain(|action| action["name"] != "w");
    }
    for _ in 0..tokens {
        let token = stack.task();
        let request = with(
            json!({"token": token, "actions": all, "expiration": "2026-12-24"}),
            parameters(),
        );
        let created = stack.create(&request);
        assert_eq!(created.status, 200, "{}", created.body);
        secrets.push(token);
        for action in all.as_array().unwrap() {
            let url = created.url(action["name"].as_str().unwrap());
            secrets.push(data(&url)[..60].to_owned());
            visit_all(stack, &url, &secrets);
        }
    }
    refuse_all(stack, &secrets);
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    for line in stack.log_text().lines() {
        clean(line, "the log", &secrets);
    }
}

/// Every kind of visit; errors must be clean.
fn visit_all(stack: &Stack, url: &str, secrets: &[String]) {
    let secret_query = "&p=canary-query&canary-name=canary-value";
    let headers = [
        ("referer", "https://mail.example/canary-referer"),
        ("cookie", "canary-cookie"),
        ("authorization", "canary-authorization"),
        ("x-t", "canary-wrong"),
    ];
    let urls = [
        url.to_owned(),
        format!("{url}{secret_query}"),
        format!("{url}{secret_query}&data=canary"),
        format!("{url}&action=canary"),
        format!("{BASE}/respond?action=canary&data={}", encode(&data(url))),
        url[..url.len() - 2].to_owned(),
        format!("{url}canary"),
        format!("{BASE}/respond?data=canary{secret_query}"),
        format!("{BASE}/respond?data=1-canary"),
        format!("{BASE}/respond?data=3-canary-canary"),
    ];
    let bodies = [
        "",
        r#"{"canary-ok":"canary-body"}"#,
        r#"{"why":"canary-why"}"#,
        "\"canary-fixed\"",
        "{\"canary",
        "{\"canary\":1,\"canary\":2}",
        "[\"canary\"]",
    ];
    let mut answers = Vec::new();
    for url in &urls {
        for method in ["HEAD", "GET", "DELETE"] {
            for accept in ["application/json", "text/html", "text/plain"] {
                let headers = [headers.as_slice(), &[("accept", accept)]].concat();
                answers.push(stack.visit(method, url, &headers, b""));
            }
        }
    }
    for body in bodies {
        for content_type in ["application/json", "text/x-other"] {
            let headers = [headers.as_slice(), &[("content-type", content_type)]].concat();
            answers.push(stack.visit("POST", &urls[1], &headers, body.as_bytes()));
        }
    }
    set_clock(1_900_000_000);
    answers.push(stack.get(&urls[1]));
    set_clock(NOW);
    for answer in answers {
        clean_error(&answer, secrets);
    }
}

/// Every kind of request that is refused.
fn refuse_all(stack: &Stack, secrets: &[String]) {
    let request = |change: Value| with(json!({"token": "canary-token", "actions": actions()}), change);
    let one = |action: Value| request(json!({"actions": [action]}));
    let outcome = |outcome: Value| one(post(json!([outcome])));
    let any = || json!([{"name": "o", "type": "heartbeat", "schema": {}}]);
    let hook = |verify: Value| one(with(post(any()), json!({"verify": verify})));
    for request in [
        json!("canary"),
        json!(["canary"]),
        request(json!({"token": ["canary"]})),
        request(json!({"token": "canary".repeat(400)})),
        request(json!({"actions": "canary"})),
        request(json!({"expiration": "canary"})),
        request(json!({"expiration": {"canary": 1}})),
        request(json!({"enable_output_parameters": "canary"})),
        request(json!({"base_url": "http://canary.example"})),
        request(json!({"base_url": "https://canary.example/?canary"})),
        request(json!({"base_url": {"api_id": "canary!", "stage": "canary!"}})),
        one(json!("canary")),
        one(json!({"name": "canary name", "type": "heartbeat"})),
        one(json!({"name": "a", "type": "canary"})),
        one(json!({"name": "a", "type": "failure", "error": ["canary"]})),
        one(json!({"name": "a", "type": "failure", "error": "canary".repeat(50)})),
        one(json!({"name": "a", "type": "failure", "cause": "canary".repeat(6_000)})),
        one(success(json!("canary".repeat(1_000)))),
        one(success(json!("canary".repeat(50_000)))),
        one(with(heartbeat(), json!({"response": "canary"}))),
        one(with(heartbeat(), json!({"response": {"json": "canary"}}))),
        one(with(
            heartbeat(),
            json!({"response": {"redirect": "javascript:canary"}}),
        )),
        with(
            one(with(
                heartbeat(),
                json!({"response": {"redirect": "https://$p/canary"}}),
            )),
            parameters(),
        ),
        request(json!({"actions": [success(json!("canary")), success(json!("canary"))]})),
        outcome(json!("canary")),
        one(with(post(json!([])), json!({"verify": "canary"}))),
        hook(json!({"scheme": "canary", "secret": "canary"})),
        hook(json!({"scheme": "discord", "secret": "canary"})),
        hook(json!({"scheme": "sendgrid", "secret": ["canary"]})),
        hook(json!({"scheme": "standard-webhooks", "secret": "whsec_canary"})),
        hook(json!({"scheme": "teams-outgoing", "secret": "canary!"})),
        hook(json!({"scheme": "basic", "secret": "canary"})),
        hook(json!({"scheme": "github", "secret": "canary".repeat(200)})),
        hook(json!({"scheme": "github", "secret": {"canary": 1}})),
        hook(json!({"scheme": "github", "secret": "canary", "sekret": "canary"})),
        hook(json!({"scheme": "generic", "secret": "canary", "header": "canary x"})),
        hook(json!({"scheme": "generic", "secret": "canary", "header": "x", "parts": ["{canary}"]})),
        outcome(json!({"name": "o", "type": "success", "schema": {"type": "canary"}, "output": 1})),
        outcome(
            json!({"name": "o", "type": "success", "schema": {"$ref": "https://canary.example"}, "output": 1}),
        ),
        outcome(json!({"name": "o", "type": "success", "schema": {"pattern": "(canary"}, "output": 1})),
        outcome(json!({"name": "o", "type": "success", "schema": {}, "output_path": "$[canary"})),
        outcome(json!({"name": "o", "type": "failure", "schema": {}, "error_path": "canary["})),
    ] {
        for answer in [
            stack.create(&request),
            stack.invoke(request.to_string().as_bytes()),
        ] {
            assert!(answer.json()["error"].is_string(), "{request}: {}", answer.body);
            clean_error(&answer, secrets);
        }
    }
    for body in [
        "canary",
        "{\"token\":\"canary",
        "{\"token\":\"canary\",}",
        "{\"token\":\"canary\"} canary",
    ] {
        clean_error(&stack.create_text(body), secrets);
    }
    clean_error(
        &stack.create_with("POST", &[("content-type", "text/x-other")], b"canary"),
        secrets,
    );
    clean_error(&stack.create_with("GET", &[], b"canary"), secrets);
    let direct = http::Request::new(r#"{"token":"canary"}"#.into());
    clean_error(
        &Answer::of(block_on(stack.app.process(&caller(Door::Direct), direct))),
        secrets,
    );
}

/// An answer of 200 or 303 may hold what the author or the visitor put there, but no error may.
#[track_caller]
fn clean_error(answer: &Answer, secrets: &[String]) {
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    let headers = format!("{:?}", answer.headers);
    match answer.status {
        200 | 303 => {
            for token in secrets.iter().filter(|secret| !secret.contains('-')) {
                assert!(!answer.body.contains(token) && !headers.contains(token));
            }
        }
        _ => {
            clean(&answer.body, "an error", &secrets);
            clean(&headers, "the headers of an error", &secrets);
        }
    }
}

#[test]
fn no_secret_is_in_the_log_or_in_an_error_of_a_stack_with_a_key() {
    flows(&Stack::new(VERBOSE));
}

#[test]
fn no_secret_is_in_the_log_or_in_an_error_of_a_stack_without_a_key() {
    flows(&Stack::without_key(VERBOSE));
}

#[test]
fn no_secret_is_in_the_log_at_any_level() {
    let mut lines = Vec::new();
    for level in ["INFO", "WARN", "ERROR"] {
        for more in ["true", "false"] {
            let variables = [
                ("LOG_LEVEL", level),
                ("VERBOSE_LOGGING", more),
                ("METRICS", more),
                ("AWS_LAMBDA_FUNCTION_NAME", "process"),
            ];
            let stack = Stack::new(&[FEATURES, &variables].concat());
            flows_of(&stack, 1);
            // What is left of a line below the level are its metrics.
            lines.push(
                stack
                    .log()
                    .iter()
                    .filter(|line| line["level"].is_string())
                    .count(),
            );
        }
    }
    // The levels are not the same: less is written each time.
    assert!(lines[0] > lines[2] && lines[2] > lines[4], "{lines:?}");
}

#[test]
fn old_payloads_of_other_content_leak_nothing() {
    let stack = Stack::without_key(VERBOSE);
    let good = json!({"token": "canary-token", "iat": 1, "tid": "0".repeat(32), "action": heartbeat()});
    for change in [
        json!({"token": ["canary"]}),
        json!({"tid": "canary"}),
        json!({"exp": "canary"}),
        json!({"param": "canary"}),
        json!({"action": "canary"}),
        json!({"action": {"name": "canary!", "type": "heartbeat"}}),
        json!({"action": {"name": "a", "type": "canary"}}),
        json!({"action": {"name": "a", "type": "failure", "error": ["canary"]}}),
        json!({"action": with(heartbeat(), json!({"response": {"redirect": "canary:"}}))}),
        json!({"action": post(json!([{"name": "o", "type": "heartbeat", "schema": "canary"}]))}),
        json!({"action": post(json!([{"name": "o", "type": "heartbeat", "schema": {"type": "canary"}}]))}),
        json!({"action": post(json!([{"name": "o", "type": "success", "schema": {}, "output_path": "$[canary"}]))}),
    ] {
        let answer = stack.post(&old_link(&with(good.clone(), change)), "{}");
        assert_eq!(answer.code(), "InvalidPayload", "{}", answer.body);
        clean(&answer.body, "an error", &[]);
    }
    clean(&stack.log_text(), "the log", &[]);
}

/// What `{:?}` shows ends in panics, in the output of failed tests and in other people's logs.
#[test]
fn debug_shows_no_secret() {
    let stack = Stack::new(FEATURES);
    let mut shown = Vec::new();
    let request = with(
        json!({"token": "canary-token", "actions": actions()}),
        parameters(),
    );
    let parsed = CreateUrls::parse(request.to_string().as_bytes(), &stack.app.config).unwrap();
    shown.push(("CreateUrls", format!("{parsed:?}")));

    let created = stack.create(&request);
    let urls = created.json()["urls"].as_object().unwrap().clone();
    for (name, url) in &urls {
        let url = url.as_str().unwrap();
        let full = format!("{url}&p=canary-query");
        let text = url::Url::parse(&full).unwrap().query().unwrap().to_owned();
        let query = Query::parse(&text);
        shown.push(("Query", format!("{query:?}")));
        shown.push(("Parameters", format!("{:?}", query.parameters)));
        assert!(
            !format!("{query:?}").contains(&data(url)[..40]),
            "Query shows the link"
        );
        let untrusted = Untrusted::parse(query.data().unwrap()).unwrap();
        let calls = Calls::default();
        let asker = Asker {
            address: None,
            now: NOW.unsigned_abs(),
            random: stack.app.random,
        };
        let opened = stack.app.open(untrusted, &asker, &calls);
        let opened = block_on(opened).unwrap();
        shown.push(("Opened", format!("{opened:?}")));
        let visit = Visit {
            method: Method::Post,
            query: &query,
            content_type: Some("application/json"),
            body: br#"{"canary-ok":"canary-body"}"#,
            asks_for_json: true,
            is_prefetch: false,
            source_ip: Some("203.0.113.9"),
            user_agent: Some("canary"),
            headers: &[("x-t", b"canary-secret")],
            raw_query: &text,
            now_ms: NOW.unsigned_abs() * 1_000,
        };
        let switches = Switches {
            output_parameters: true,
            post_actions: true,
            targets: Default::default(),
        };
        let decision = decide(opened, &visit, switches).expect(name);
        shown.push(("Decision", format!("{decision:?}")));
    }
    let links = Created {
        is_out: false,
        transaction_id: "0".repeat(32),
        links: Links::Shared(urls.clone()),
        delivered: Vec::new(),
        expiration: None,
        secrets: serde_json::Map::new(),
        recipients: Vec::new(),
        warnings: Vec::new(),
    };
    assert!(
        !format!("{links:?}").contains("data=3-"),
        "Created shows the links: {links:?}"
    );
    let redirect = Redirect::read("https://example.com/?canary".to_owned()).unwrap();
    shown.push(("Redirect", format!("{redirect:?}")));
    let reply = ReplySpec {
        redirect: Some(redirect),
        html: Some("canary".to_owned()),
        text: Some("canary".to_owned()),
        json: None,
    };
    shown.push(("ReplySpec", format!("{reply:?}")));

    let mut list = TaskList::new();
    let now = jiff::Timestamp::from_second(NOW).unwrap();
    let (id, token) = list.start(TaskSpec::default(), [3; 64], now);
    let report = sfn_callback_urls::tasks::Report::Failure {
        error: Some("canary".to_owned()),
        cause: None,
    };
    list.report(&token, &report, now).unwrap();
    let task = format!("{:?}", list.task(id, now)) + &format!("{list:?} {report:?}");
    assert!(!task.contains(&token));
    shown.push(("TaskList", task));

    let key = DataKey::new(*b"canary-canary-canary-canary-cana");
    shown.push(("DataKey", format!("{key:?}")));
    assert!(
        !format!("{key:?}").contains("99, 97, 110"),
        "the bytes of the key"
    );
    for (what, text) in shown {
        clean(&text, what, &[]);
    }
}

#[test]
fn a_panic_tells_where_and_never_what() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (written, this) = (lines.clone(), std::thread::current().id());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == this {
            written.lock().unwrap().push(process::panic_line(panic));
        } else {
            before(panic);
        }
    }));
    let _ = std::panic::catch_unwind(|| panic!("canary-token {}", "canary"));
    let _ = std::panic::catch_unwind(|| "canary".parse::<u8>().expect("canary"));
    let _ = std::panic::take_hook();
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines.iter() {
        clean(line, "the line of a panic", &[]);
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["at"].as_str().unwrap().contains("leaks.rs:"), "{line}");
        assert_eq!(line["level"], "ERROR");
    }
}

#[test]
fn the_canaries_arrive_where_they_belong() {
    let stack = Stack::new(VERBOSE);
    let created = stack.links(json!([actions()[0]]), parameters());
    let url = format!("{}&p=canary-query", created.url("s"));
    assert_eq!(query(&url).len(), 4);
    let answer = stack.get_as(&url, "text/html");
    assert_eq!(answer.body, "<b>canary-html canary-query</b>");
    assert_eq!(
        stack.told(),
        [r#"success {"canary-key":"canary-output canary-query"}"#]
    );
    assert!(matches!(stack.app.keys, Keys::Local(_)));
    assert_eq!(stack.get(&created.url("s")).code(), "OutputFormatting");
}
