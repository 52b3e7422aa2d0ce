//! Scripts of another origin: what they are told, with CORS_ALLOW_ORIGIN and without.

use super::{Answered, Wire, encode, query_of, through_all_under};
use crate::support::{Stack, heartbeat, nothing, post, success};
use lambda_http::http::Method;
use serde_json::json;
use sfn_callback_urls::entry::lambda::Role;

const APP: &str = "https://app.example.com";
const ONE: &[(&str, &str)] = &[("CORS_ALLOW_ORIGIN", APP), ("ENABLE_POST_ACTIONS", "true")];
const ANY: &[(&str, &str)] = &[("CORS_ALLOW_ORIGIN", "*"), ("ENABLE_POST_ACTIONS", "true")];
const OFF: &[(&str, &str)] = &[("ENABLE_POST_ACTIONS", "true")];

fn visit(vars: &[(&str, &str)], method: Method, headers: &[(&'static str, &'static str)]) -> Answered {
    through_all_under(vars, Role::Process, |stack| Wire {
        method: method.clone(),
        headers: headers.to_vec(),
        ..Wire::get(query_of(&stack.link(success(json!(1)), nothing())))
    })
}

fn preflight(vars: &[(&str, &str)], origin: &'static str) -> Answered {
    let asked = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    visit(vars, Method::OPTIONS, &asked)
}

/// All headers by which a browser lets a script do something.
fn consent(answered: &Answered) -> Vec<String> {
    let headers = answered.headers.iter();
    let consent = headers.filter(|(name, _)| name.starts_with("access-control-"));
    consent
        .map(|(name, value)| format!("{name}: {}", value.as_str().unwrap()))
        .collect()
}

#[test]
fn a_browser_that_asks_for_the_allowed_origin_is_told_what_its_scripts_may_do() {
    for (vars, origin, shown) in [
        (ONE, APP, APP),
        (ANY, "https://any.example", "*"),
        (ANY, "null", "*"),
    ] {
        let answered = preflight(vars, origin);
        assert_eq!((answered.status, answered.body.as_str()), (204, ""), "{origin}");
        assert_eq!(answered.told, ["waiting"]);
        assert_eq!(answered.headers["allow"], "GET, HEAD, POST, OPTIONS");
        assert!(!answered.headers.contains_key("content-type"));
        assert_eq!(
            consent(&answered),
            [
                "access-control-allow-headers: content-type".to_owned(),
                "access-control-allow-methods: GET, HEAD, POST".to_owned(),
                format!("access-control-allow-origin: {shown}"),
                "access-control-expose-headers: allow, retry-after".to_owned(),
                "access-control-max-age: 600".to_owned(),
            ]
        );
    }
}

#[test]
fn a_browser_that_asks_for_another_origin_gets_no_consent() {
    for origin in [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "https://APP.example.com",
        "https://app.example.com,https://evil.example",
        "null",
        "*",
        "",
    ] {
        let answered = preflight(ONE, origin);
        assert_eq!((answered.status, answered.body.as_str()), (204, ""), "{origin}");
        assert_eq!(consent(&answered), [""; 0], "{origin}");
        let visited = visit(ONE, Method::GET, &[("Origin", origin)]);
        assert_eq!((visited.status, consent(&visited)), (200, Vec::new()), "{origin}");
    }
}

#[test]
fn without_the_setting_nothing_is_allowed() {
    for answered in [preflight(OFF, APP), visit(OFF, Method::OPTIONS, &[])] {
        assert_eq!((answered.status, answered.told[0].as_str()), (405, "waiting"));
        assert_eq!(answered.headers["allow"], "GET, HEAD, POST");
        assert_eq!(consent(&answered), [""; 0]);
    }
    let visited = visit(OFF, Method::GET, &[("Origin", APP)]);
    assert_eq!((visited.status, consent(&visited)), (200, Vec::new()));
    assert_eq!(visited.headers["vary"], "Accept, Accept-Language");
}

#[test]
fn caches_keep_the_answers_to_one_origin_apart() {
    for headers in [
        &[("Origin", APP)] as &[_],
        &[("Origin", "https://evil.example")],
        &[],
    ] {
        assert_eq!(
            visit(ONE, Method::GET, headers).headers["vary"],
            "Accept, Accept-Language, Origin"
        );
        assert_eq!(
            visit(ONE, Method::OPTIONS, headers).headers["vary"],
            "Accept, Accept-Language, Origin"
        );
        assert_eq!(
            visit(ANY, Method::GET, headers).headers["vary"],
            "Accept, Accept-Language"
        );
    }
}

#[test]
fn a_script_reads_answers_and_refusals_alike() {
    let from_app: &[_] = &[("Origin", APP), ("Content-Type", "application/json")];
    let outcomes = json!([{"name": "any", "type": "success", "schema": {}, "output_body": true}]);
    let posted = through_all_under(ONE, Role::Process, |stack| Wire {
        headers: from_app.to_vec(),
        ..Wire::post(query_of(&stack.link(post(outcomes.clone()), nothing())), "[1]")
    });
    assert_eq!((posted.status, posted.told[0].as_str()), (200, "success [1]"));
    let broken = through_all_under(ONE, Role::Process, |stack| Wire {
        headers: from_app.to_vec(),
        ..Wire::post(query_of(&stack.link(post(outcomes.clone()), nothing())), "[1")
    });
    assert_eq!((broken.status, broken.told[0].as_str()), (400, "waiting"));
    let redirect = json!({"name": "a", "type": "success", "output": 1, "response": {"redirect": "https://example.com/"}});
    let redirected = through_all_under(ONE, Role::Process, |stack| Wire {
        headers: from_app.to_vec(),
        ..Wire::get(query_of(&stack.link(redirect.clone(), nothing())))
    });
    assert_eq!(redirected.status, 303);
    let damaged = through_all_under(ONE, Role::Process, |_| Wire {
        headers: from_app.to_vec(),
        ..Wire::get(format!("data={}", encode("3-damaged")))
    });
    assert_eq!(damaged.status, 400);
    let other = visit(ONE, Method::PUT, from_app);
    assert_eq!(other.status, 405);
    for answered in [posted, broken, redirected, damaged, other] {
        assert_eq!(
            consent(&answered),
            [
                format!("access-control-allow-origin: {APP}"),
                "access-control-expose-headers: allow, retry-after".to_owned()
            ]
        );
    }
}

#[test]
fn a_request_without_an_origin_is_as_before() {
    for vars in [ONE, ANY] {
        let answered = visit(vars, Method::OPTIONS, &[]);
        assert_eq!((answered.status, consent(&answered)), (204, Vec::new()));
        let answered = visit(vars, Method::GET, &[]);
        assert_eq!((answered.status, consent(&answered)), (200, Vec::new()));
    }
}

#[test]
fn scripts_may_not_create_links() {
    let answered = through_all_under(ANY, Role::Create, |_| Wire {
        method: Method::OPTIONS,
        path: "/urls",
        headers: vec![("Origin", APP), ("Access-Control-Request-Method", "POST")],
        ..Wire::get("")
    });
    assert_eq!((answered.status, consent(&answered)), (405, Vec::new()));
    let answered = through_all_under(ANY, Role::Create, |stack| Wire {
        path: "/urls",
        headers: vec![("Origin", APP), ("Content-Type", "application/json")],
        ..Wire::post(
            "",
            json!({"token": stack.task(), "actions": [heartbeat()]}).to_string(),
        )
    });
    assert_eq!((answered.status, consent(&answered)), (200, Vec::new()));
}

#[test]
fn a_preflight_has_a_line_of_its_own() {
    let stack = Stack::new(ONE);
    let link = stack.link(success(json!(1)), nothing());
    stack.visit("OPTIONS", &link, &[("origin", APP)], b"");
    let log = stack.log();
    let line = log.last().unwrap();
    assert_eq!(
        (&line["outcome"], &line["level"]),
        (&json!("preflight"), &json!("INFO"))
    );
    assert_eq!((&line["status"], line.get("transaction_id")), (&json!(204), None));
}
