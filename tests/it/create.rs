//! Creating links: section 1 of the contract.

use crate::support::{
    Answer, BASE, FEATURES, NOW, PLAIN, Stack, caller, data, heartbeat, nothing, old_link, opened,
    parameters, post, query, set_clock, success, with,
};
use serde_json::{Value, json};
use sfn_callback_urls::web::Door;

fn is_hex(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn request(actions: Value, more: Value) -> Value {
    with(json!({"token": "token", "actions": actions}), more)
}

#[test]
fn the_answer_has_a_transaction_and_a_url_for_each_action_and_nothing_else() {
    let stack = Stack::new(FEATURES);
    let answer = stack.links(
        json!([
            with(success(json!({"a": 1})), json!({"name": "zeta"})),
            {"name": "alpha", "type": "failure", "error": "e", "cause": "c"},
            with(heartbeat(), json!({"name": "beat"})),
            with(post(json!([{"name": "o", "type": "heartbeat", "schema": {}}])), json!({"name": "Post_1"})),
        ]),
        nothing(),
    );
    assert_eq!(answer.keys(), ["transaction_id", "urls"]);
    assert!(is_hex(answer.json()["transaction_id"].as_str().unwrap()));
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    let urls = body["urls"].as_object().unwrap();
    let names: Vec<_> = urls.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["zeta", "alpha", "beat", "Post_1"],
        "in the order of the request"
    );
    for (name, kind) in [
        ("zeta", "success"),
        ("alpha", "failure"),
        ("beat", "heartbeat"),
        ("Post_1", "post"),
    ] {
        let url = answer.url(name);
        let data = data(&url);
        assert_eq!(
            url,
            format!("{BASE}/respond?action={name}&type={kind}&data={data}")
        );
        assert!(data.starts_with("3-"), "{data}");
    }
    assert_eq!(stack.told(), ["waiting"], "creating has no effect");
}

#[test]
fn white_space_in_a_request_makes_no_link_longer() {
    let stack = Stack::new(FEATURES);
    let post = |space: &str| {
        let text = r#"{"token":"token","actions":[
            {"name":"a","type":"post","outcomes":[{"name":"o","type":"success","output":{"a":_[1]},"schema":{"type":_"object"},
                "response":{"json":{"b":_2}}}]},
            {"name":"b","type":"form","outcomes":[{"name":"o","type":"success","output":{"a":_[1]},"schema":{"type":_"object"}}]},
            {"name":"c","type":"success","output":{"a":_[1]},"response":{"json":{"b":_2}}}]}"#;
        let answer = stack.create_text(&text.replace('_', space));
        ["a", "b", "c"].map(|name| data(&answer.url(name)).len())
    };
    assert_eq!(post(""), post(" \n\t  "));
}

#[test]
fn every_request_has_a_transaction_of_its_own() {
    let stack = Stack::new(PLAIN);
    let mut seen: Vec<Value> = (0..20)
        .map(|_| stack.links(json!([heartbeat()]), nothing()).json()["transaction_id"].clone())
        .collect();
    seen.sort_by_key(Value::to_string);
    seen.dedup();
    assert_eq!(seen.len(), 20);
}

#[test]
fn names_of_any_alphabet_are_percent_encoded_in_the_url() {
    let stack = Stack::new(PLAIN);
    for name in ["a", "_", "A1_", "é", "承認", "٣", "ß²"] {
        let url = stack.link(with(heartbeat(), json!({"name": name})), nothing());
        assert!(url.is_ascii(), "{url}");
        assert_eq!(query(&url)[0], ("action".to_owned(), name.to_owned()));
        let answer = stack.get(&url);
        assert_eq!(
            (answer.status, &answer.json()["action"]["name"]),
            (200, &json!(name))
        );
    }
}

#[test]
fn an_expiration_is_echoed_as_it_was_understood() {
    let stack = Stack::new(PLAIN);
    for (given, echoed) in [
        ("2026-12-24T18:00:00+01:00", "2026-12-24T18:00:00+01:00"),
        ("2026-12-24T18:00:00Z", "2026-12-24T18:00:00+00:00"),
        ("2026-12-24T18:00:00", "2026-12-24T18:00:00"),
        ("2026-12-24 18:00:00", "2026-12-24T18:00:00"),
        ("2026-12-24 18:00:00-03:30", "2026-12-24T18:00:00-03:30"),
        ("2026-12-24T18:00", "2026-12-24T18:00:00"),
        ("2026-12-24", "2026-12-24T00:00:00"),
        ("20261224", "2026-12-24T00:00:00"),
        ("20261224T180000", "2026-12-24T18:00:00"),
        ("20261224T180000Z", "2026-12-24T18:00:00+00:00"),
        ("20261224T180000+0100", "2026-12-24T18:00:00+01:00"),
        ("2026-12-24T18:00:00.5Z", "2026-12-24T18:00:00.500000+00:00"),
        ("2026-12-24T18:00:00.000001", "2026-12-24T18:00:00.000001"),
        ("2026-12-24T18:00:00.000000", "2026-12-24T18:00:00"),
    ] {
        let answer = stack.links(json!([heartbeat()]), json!({"expiration": given}));
        assert_eq!(answer.json()["expiration"], echoed, "{given}");
        assert_eq!(answer.keys(), ["transaction_id", "urls", "expiration"], "{given}");
    }
}

#[test]
fn expirations_with_and_without_a_zone_are_compared_with_the_same_clock() {
    let stack = Stack::new(PLAIN);
    // NOW is 2026-09-21T14:13:20Z.
    for (expiration, is_to_come) in [
        ("2026-09-21T14:13:21Z", true),
        ("2026-09-21T14:13:21", true),
        ("2026-09-21T16:13:21+02:00", true),
        ("2026-09-21T04:13:21-10:00", true),
        ("2026-09-21T14:13:20Z", false),
        ("2026-09-21T14:13:20", false),
        ("2026-09-21T16:13:20+02:00", false),
        ("2026-09-21T23:00:00+10:00", false),
        ("2026-09-21", false),
        ("2026-09-22", true),
        ("1969-12-31T23:59:59Z", false),
    ] {
        let answer = stack.create(&request(json!([heartbeat()]), json!({"expiration": expiration})));
        let expected = if is_to_come {
            (200, String::new())
        } else {
            (400, "InvalidDate".to_owned())
        };
        assert_eq!((answer.status, answer.code()), expected, "{expiration}");
    }
}

#[test]
fn links_expire_at_the_whole_second_of_their_expiration() {
    let stack = Stack::new(PLAIN);
    for (expiration, first_expired) in [
        ("2026-09-21T14:13:30Z", NOW + 10),
        ("2026-09-21T14:13:30.999999", NOW + 10),
        ("2026-09-21T16:13:30+02:00", NOW + 10),
    ] {
        let url = stack.link(heartbeat(), json!({"expiration": expiration}));
        for (now, status) in [
            (first_expired - 1, 200),
            (first_expired, 400),
            (first_expired + 1, 400),
        ] {
            set_clock(now);
            assert_eq!(stack.get(&url).status, status, "{expiration} at {now}");
        }
        set_clock(NOW);
    }
}

#[test]
fn a_base_url_is_a_string_or_a_stage() {
    let stack = Stack::new(PLAIN);
    for (base_url, expected) in [
        (json!("https://links.example.com"), "https://links.example.com"),
        (json!("https://links.example.com/"), "https://links.example.com"),
        (
            json!("https://links.example.com/a/b/"),
            "https://links.example.com/a/b",
        ),
        (
            json!("https://links.example.com/@team"),
            "https://links.example.com/@team",
        ),
        (
            json!("https://links.example.com:8443/a"),
            "https://links.example.com:8443/a",
        ),
        (
            json!({"api_id": "xyz", "stage": "prod"}),
            "https://xyz.execute-api.eu-central-1.amazonaws.com/prod",
        ),
        (
            json!({"api_id": "xyz", "stage": "prod", "region": "us-east-1"}),
            "https://xyz.execute-api.us-east-1.amazonaws.com/prod",
        ),
        (
            json!({"api_id": "xyz", "stage": "prod", "region": "cn-northwest-1"}),
            "https://xyz.execute-api.cn-northwest-1.amazonaws.com.cn/prod",
        ),
    ] {
        let answer = stack.links(json!([heartbeat()]), json!({"base_url": base_url}));
        let url = answer.url("a");
        assert!(
            url.starts_with(&format!("{expected}/respond?action=a&type=heartbeat&data=3-")),
            "{url}"
        );
        assert_eq!(answer.keys(), ["transaction_id", "urls"]);
    }
}

#[test]
fn the_default_base_is_the_stage_of_this_stack() {
    for (region, base) in [
        (
            "eu-central-1",
            "https://abc123.execute-api.eu-central-1.amazonaws.com/v1/",
        ),
        (
            "cn-north-1",
            "https://abc123.execute-api.cn-north-1.amazonaws.com.cn/v1/",
        ),
    ] {
        let stack = Stack::new(&[("AWS_REGION", region)]);
        assert!(stack.link(heartbeat(), nothing()).starts_with(base));
        let own = json!({"base_url": {"api_id": "abc123", "stage": "v1"}});
        assert!(
            stack.link(heartbeat(), own).starts_with(base),
            "the region is the function's own"
        );
    }
    let stack = Stack::new(&[("BASE_URL", "https://links.example.com/x/")]);
    assert!(
        stack
            .link(heartbeat(), nothing())
            .starts_with("https://links.example.com/x/respond?")
    );
}

#[test]
fn other_base_urls_are_invalid_json() {
    let stack = Stack::new(PLAIN);
    for base_url in [
        json!("http://links.example.com"),
        json!("https://links.example.com?a=b"),
        json!("https://links.example.com#a"),
        json!("https://user@links.example.com"),
        json!("https://user:password@links.example.com"),
        json!("links.example.com"),
        json!("//links.example.com"),
        json!("javascript:alert(1)"),
        json!(""),
        json!(null),
        json!(5),
        json!([]),
        json!({}),
        json!({"api_id": "xyz"}),
        json!({"stage": "v1"}),
        json!({"api_id": "evil.example/", "stage": "v1"}),
        json!({"api_id": "xyz", "stage": "v1/../x"}),
        json!({"api_id": "xyz", "stage": "v1", "region": "evil.example"}),
        json!({"api_id": "xyz", "stage": "v1", "region": null}),
        json!({"api_id": "xyz", "stage": "v1", "port": 8}),
    ] {
        let answer = stack.create(&request(json!([heartbeat()]), json!({"base_url": base_url})));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{base_url}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("base_url"), "{message}");
    }
}

#[test]
fn what_is_unknown_inside_of_an_action_is_ignored_with_a_warning() {
    let stack = Stack::new(FEATURES);
    let answer = stack.links(
        json!([
            {"name": "a", "type": "failure", "casue": "x", "error": "e"},
            with(heartbeat(), json!({"name": "b", "response": {"htlm": "x"}})),
            with(post(json!([{"name": "o", "type": "heartbeat", "schema": {}, "extra": {"deep": 1}}])), json!({"name": "c"})),
        ]),
        nothing(),
    );
    assert_eq!(answer.keys(), ["transaction_id", "urls", "warnings"]);
    assert_eq!(
        answer.json()["warnings"],
        json!([
            "actions[0].casue: unknown, ignored",
            "actions[1].response.htlm: unknown, ignored",
            "actions[2].outcomes[0].extra: unknown, ignored",
        ])
    );
    assert_eq!(stack.get(&answer.url("a")).status, 200);
    assert_eq!(stack.told(), ["failure e -"]);
}

#[test]
fn warnings_come_after_the_expiration_and_only_when_there_are_any() {
    let stack = Stack::new(PLAIN);
    let action = with(heartbeat(), json!({"extra": 1}));
    let answer = stack.links(json!([action]), json!({"expiration": "2026-12-24"}));
    assert_eq!(
        answer.keys(),
        ["transaction_id", "urls", "expiration", "warnings"]
    );
}

#[test]
fn long_urls_are_warned_about_and_too_long_ones_refused() {
    let stack = Stack::new(PLAIN);
    let length = |chars: usize| {
        let answer = stack.create(&request(json!([success(json!("é".repeat(chars)))]), nothing()));
        match answer.status {
            200 => Ok((answer.url("a").len(), answer.json()["warnings"].clone())),
            _ => Err(Box::new(answer)),
        }
    };
    let (mut warned, mut refused) = (false, false);
    for chars in (100..4_000).step_by(20) {
        match length(chars) {
            Ok((length, warnings)) => {
                assert!(length <= 8_000, "{length}");
                assert_eq!(warnings.is_array(), length > 2_000, "{length}: {warnings}");
                warned |= warnings.is_array();
            }
            Err(answer) => {
                assert_eq!(answer.refusal(), (400, "UrlTooLong".to_owned()));
                assert_eq!(answer.keys(), ["error", "message", "transaction_id"]);
                let message = answer.json()["message"].as_str().unwrap().to_owned();
                assert!(message.starts_with("actions[0]: "), "{message}");
                refused = true;
            }
        }
    }
    assert!(warned && refused);
}

#[test]
fn content_types_that_mean_json_are_accepted() {
    let stack = Stack::new(PLAIN);
    let body = request(json!([heartbeat()]), nothing()).to_string();
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON;Charset=UTF-8",
        "application/vnd.api+json",
        "application/problem+JSON ; q=1",
        " application/json ",
    ] {
        let answer = stack.create_with("POST", &[("content-type", content_type)], body.as_bytes());
        assert_eq!(answer.status, 200, "{content_type}: {}", answer.body);
    }
}

#[test]
fn other_content_types_are_415_without_a_transaction() {
    let stack = Stack::new(PLAIN);
    let body = request(json!([heartbeat()]), nothing()).to_string();
    for content_type in [
        "text/plain",
        "text/html",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "json",
        "application/",
        "+json",
        "text/json",
        "",
    ] {
        let answer = stack.create_with("POST", &[("content-type", content_type)], body.as_bytes());
        assert_eq!(answer.status, 415, "{content_type}");
        assert_eq!(answer.keys(), ["error", "message"]);
    }
    let answer = stack.create_with("POST", &[], body.as_bytes());
    assert_eq!((answer.status, answer.keys().len()), (415, 2));
}

#[test]
fn other_methods_are_405_and_allow_post() {
    let stack = Stack::new(PLAIN);
    let body = request(json!([heartbeat()]), nothing()).to_string();
    let headers = [("content-type", "application/json")];
    for method in [
        "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
    ] {
        let answer = stack.create_with(method, &headers, body.as_bytes());
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
        assert_eq!(answer.keys(), ["error", "message"]);
    }
}

#[test]
fn names_are_unique_and_made_of_letters_digits_and_underscores() {
    let stack = Stack::new(PLAIN);
    let twice = stack.create(&request(json!([heartbeat(), success(json!(1))]), nothing()));
    assert_eq!(twice.refusal(), (400, "DuplicateActionName".to_owned()));
    assert_eq!(twice.keys(), ["error", "message", "transaction_id"]);
    for name in ["", "a b", "a-b", "a.b", "a/b", "<b>", "a\n", "a\u{0}", "\u{200d}"] {
        let answer = stack.create(&request(
            json!([with(heartbeat(), json!({"name": name}))]),
            nothing(),
        ));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{name:?}");
        assert!(
            answer.json()["message"]
                .as_str()
                .unwrap()
                .starts_with("actions[0].name: ")
        );
    }
}

#[test]
fn only_the_five_keys_of_a_request_are_accepted() {
    let stack = Stack::new(PLAIN);
    for key in [
        "Token",
        "expires",
        "actions ",
        "confirm",
        "",
        "requestContext",
        "$schema",
    ] {
        let answer = stack.create(&request(json!([heartbeat()]), json!({key: 1})));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{key}");
        assert_eq!(answer.keys(), ["error", "message"]);
    }
}

#[test]
fn a_switched_off_feature_is_refused_when_it_is_asked_for() {
    let outcomes = json!([{"name": "o", "type": "heartbeat", "schema": {}}]);
    let post_action = || with(post(outcomes.clone()), json!({"name": "p"}));
    let off = Stack::new(PLAIN);
    for (actions, more, code) in [
        (json!([heartbeat()]), parameters(), "ParametersDisabled"),
        (json!([post_action()]), nothing(), "PostActionsDisabled"),
        (
            json!([heartbeat(), post_action()]),
            nothing(),
            "PostActionsDisabled",
        ),
        (
            json!([heartbeat(), post_action()]),
            parameters(),
            "ParametersDisabled",
        ),
    ] {
        let answer = off.create(&request(actions, more));
        assert_eq!(answer.refusal(), (400, code.to_owned()));
        assert_eq!(answer.keys(), ["error", "message", "transaction_id"]);
    }
    off.links(json!([heartbeat()]), json!({"enable_output_parameters": false}));

    let only_posts = Stack::new(&[("ENABLE_POST_ACTIONS", "true")]);
    only_posts.links(json!([post_action()]), parameters());
    let answer = only_posts.create(&request(json!([post_action(), heartbeat()]), parameters()));
    assert_eq!(answer.refusal(), (400, "ParametersDisabled".to_owned()));

    let only_parameters = Stack::new(&[("ENABLE_OUTPUT_PARAMETERS", "true")]);
    only_parameters.links(json!([heartbeat()]), parameters());
    let answer = only_parameters.create(&request(json!([post_action()]), nothing()));
    assert_eq!(answer.refusal(), (400, "PostActionsDisabled".to_owned()));
}

#[test]
fn a_direct_invocation_gets_the_same_object_whatever_it_is() {
    let stack = Stack::new(PLAIN);
    let granted = stack.invoke(request(json!([heartbeat()]), nothing()).to_string().as_bytes());
    assert_eq!(granted.keys(), ["transaction_id", "urls"]);
    for (payload, code, keys) in [
        (b"".as_slice(), "InvalidJSON", 2),
        (b"{", "InvalidJSON", 2),
        (b"null", "InvalidJSON", 2),
        (b"\xff\xff", "InvalidJSON", 2),
        (
            br#"{"token":"t","actions":[{"name":"a","type":"heartbeat"}],"expiration":"x"}"#,
            "InvalidDate",
            3,
        ),
    ] {
        let answer = stack.invoke(payload);
        assert_eq!((answer.code().as_str(), answer.keys().len()), (code, keys));
        assert!(!answer.json()["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn redirects_go_to_http_and_https_only() {
    let stack = Stack::new(PLAIN);
    for redirect in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/path",
        "ftp://example.com",
        "https:example.com",
        "https://",
        "https://example.com/\r\nX: y",
        " https://example.com",
        "",
    ] {
        let action = with(heartbeat(), json!({"response": {"redirect": redirect}}));
        let answer = stack.create(&request(json!([action]), nothing()));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{redirect:?}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("actions[0].response.redirect: "), "{message}");
    }
    for redirect in [
        "https://example.com/a?b=c#d",
        "http://example.com",
        "HTTPS://example.com/",
    ] {
        stack.link(
            with(heartbeat(), json!({"response": {"redirect": redirect}})),
            nothing(),
        );
    }
}

#[test]
fn a_parameter_may_not_stand_in_the_host_of_a_redirect() {
    let stack = Stack::new(FEATURES);
    for redirect in [
        "https://$host/",
        "https://a.$host/",
        "https://${user}@example.com/",
        "https://example.com:$port/",
    ] {
        let action = with(heartbeat(), json!({"response": {"redirect": redirect}}));
        let answer = stack.create(&request(json!([action]), parameters()));
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{redirect}");
    }
}

#[test]
fn a_message_names_the_field_and_echoes_no_value() {
    let stack = Stack::new(FEATURES);
    let secret = "s3cret-value";
    for (request, place) in [
        (json!({"token": [secret], "actions": []}), "token"),
        (json!({"token": "t", "actions": secret}), "actions"),
        (request(json!([secret]), nothing()), "actions[0]"),
        (
            request(json!([{"name": "a", "type": secret}]), nothing()),
            "actions[0].type",
        ),
        (
            request(json!([with(heartbeat(), json!({"name": [secret]}))]), nothing()),
            "actions[0].name",
        ),
        (
            request(
                json!([with(heartbeat(), json!({"name": format!("{secret} ")}))]),
                nothing(),
            ),
            "actions[0].name",
        ),
        (
            request(
                json!([heartbeat(), {"name": "b", "type": "failure", "error": {secret: 1}}]),
                nothing(),
            ),
            "actions[1].error",
        ),
        (
            request(
                json!([with(heartbeat(), json!({"response": {"json": secret}}))]),
                nothing(),
            ),
            "actions[0].response.json",
        ),
        (
            request(
                json!([with(
                    heartbeat(),
                    json!({"response": {"redirect": format!("x:{secret}")}})
                )]),
                nothing(),
            ),
            "actions[0].response.redirect",
        ),
        (
            request(json!([heartbeat()]), json!({"expiration": secret})),
            "expiration",
        ),
        (
            request(
                json!([heartbeat()]),
                json!({"base_url": format!("http://{secret}")}),
            ),
            "base_url",
        ),
        (
            request(
                json!([post(
                    json!([{"name": "o", "type": "heartbeat", "schema": {"type": secret}}])
                )]),
                nothing(),
            ),
            "actions[0].outcomes[0].schema",
        ),
        (
            request(
                json!([post(
                    json!([{"name": "o", "type": "heartbeat", "schema": secret}])
                )]),
                nothing(),
            ),
            "actions[0].outcomes[0].schema",
        ),
        (
            request(
                json!([post(
                    json!([{"name": "o", "type": "success", "schema": {}, "output_path": format!("$[{secret}")}])
                )]),
                nothing(),
            ),
            "actions[0].outcomes[0].output_path",
        ),
    ] {
        let answer = stack.create(&request);
        assert_eq!(answer.status, 400, "{place}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("{place}: ")), "{place}: {message}");
        assert!(!answer.body.contains(secret), "{place}: {}", answer.body);
    }
}

#[test]
fn bodies_that_are_no_json_object_are_invalid_json() {
    let stack = Stack::new(PLAIN);
    let good = request(json!([heartbeat()]), nothing()).to_string();
    for body in [
        "",
        " ",
        "{",
        "null",
        "[]",
        "\"x\"",
        "NaN",
        "{}",
        "{\"token\":NaN}",
        "'",
    ] {
        assert_eq!(
            stack.create_text(body).refusal(),
            (400, "InvalidJSON".to_owned()),
            "{body}"
        );
    }
    for body in [format!("{good}x"), format!("{good}{good}"), format!("x{good}")] {
        assert_eq!(
            stack.create_text(&body).refusal(),
            (400, "InvalidJSON".to_owned()),
            "{body}"
        );
    }
    let headers = [("content-type", "application/json")];
    for body in [b"\xff\xfe{\x00}\x00".as_slice(), b"{\"token\":\"\xc3\"}", b"\x00"] {
        let answer = stack.create_with("POST", &headers, body);
        assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()));
    }
    let with_mark = [b"\xef\xbb\xbf".as_slice(), good.as_bytes()].concat();
    assert_eq!(
        stack.create_with("POST", &headers, &with_mark).status,
        200,
        "a byte order mark"
    );
}

#[test]
fn every_limit_holds_on_both_sides() {
    let stack = Stack::new(FEATURES);
    let create = |request: &Value| stack.create(request).code();
    let action =
        |field: &str, chars: usize| json!([{"name": "a", "type": "failure", field: "é".repeat(chars)}]);
    let at_limit = create(&request(action("error", 256), nothing()));
    assert_eq!(at_limit, "");
    assert_eq!(create(&request(action("error", 257), nothing())), "InvalidJSON");
    // Larger than any URL, but within the limits of the field.
    assert_eq!(create(&request(action("cause", 32_768), nothing())), "UrlTooLong");
    assert_eq!(
        create(&request(action("cause", 32_769), nothing())),
        "InvalidJSON"
    );
    let output = |bytes: usize| json!([success(json!("a".repeat(bytes - 2)))]);
    assert_eq!(create(&request(output(262_144), nothing())), "UrlTooLong");
    assert_eq!(create(&request(output(262_145), nothing())), "InvalidJSON");
    let token = |chars: usize| json!({"token": "a".repeat(chars), "actions": [heartbeat()]});
    assert_eq!(create(&token(2_048)), "");
    assert_eq!(create(&token(2_049)), "InvalidJSON");
    assert_eq!(create(&token(0)), "InvalidJSON");
    let name = |chars: usize| json!([with(heartbeat(), json!({"name": "a".repeat(chars)}))]);
    assert_eq!(create(&request(name(256), nothing())), "");
    assert_eq!(create(&request(name(257), nothing())), "InvalidJSON");
    assert_eq!(create(&request(json!([]), nothing())), "InvalidJSON");
    assert_eq!(
        create(&request(json!([post(json!([]))]), nothing())),
        "InvalidJSON"
    );
}

#[test]
fn outcomes_are_checked_when_the_link_is_made() {
    let stack = Stack::new(FEATURES);
    for (outcome, code) in [
        (
            json!({"name": "o", "type": "heartbeat", "schema": {"type": "strin"}}),
            "InvalidPostActionOutcome",
        ),
        (
            json!({"name": "o", "type": "heartbeat", "schema": {"$ref": "https://example.com/s"}}),
            "InvalidPostActionOutcome",
        ),
        (
            json!({"name": "o", "type": "heartbeat", "schema": {"$ref": "file:///etc/passwd"}}),
            "InvalidPostActionOutcome",
        ),
        (
            json!({"name": "o", "type": "heartbeat", "schema": {"pattern": "("}}),
            "InvalidPostActionOutcome",
        ),
        (
            json!({"name": "o", "type": "success", "schema": {}, "output_path": "$["}),
            "InvalidJsonPath",
        ),
        (
            json!({"name": "o", "type": "failure", "schema": {}, "error_path": ""}),
            "InvalidJsonPath",
        ),
        (
            json!({"name": "o", "type": "failure", "schema": {}, "cause_path": "$..*..*"}),
            "InvalidJsonPath",
        ),
        (json!({"name": "o", "type": "heartbeat"}), "InvalidJSON"),
        (
            json!({"name": "o", "type": "heartbeat", "schema": true}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "success", "schema": {}}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "success", "schema": {}, "output": 1, "output_body": true}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "success", "schema": {}, "output": null, "output_path": "$"}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "success", "schema": {}, "output_body": false}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "failure", "schema": {}, "error": "e", "error_path": "$"}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "failure", "schema": {}, "cause": "c", "cause_path": "$"}),
            "InvalidJSON",
        ),
        (
            json!({"name": "o", "type": "post", "schema": {}, "outcomes": []}),
            "InvalidJSON",
        ),
        (json!({"name": "o", "schema": {}}), "InvalidJSON"),
        (json!({"type": "heartbeat", "schema": {}}), "InvalidJSON"),
        (json!(null), "InvalidJSON"),
    ] {
        let answer = stack.create(&request(json!([post(json!([outcome]))]), nothing()));
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{outcome}");
        assert_eq!(
            answer.keys().contains(&"transaction_id".to_owned()),
            code != "InvalidJSON"
        );
    }
}

#[test]
fn an_unencrypted_link_has_the_content_of_version_1() {
    let stack = Stack::without_key(FEATURES);
    let action = with(
        success(json!({"b": 1, "a": [1.0]})),
        json!({"response": {"text": "t"}}),
    );
    let token = "token";
    let answer = stack.create(&json!({"token": token, "actions": [action.clone()],
        "expiration": "2026-12-24T18:00:00Z", "enable_output_parameters": true}));
    let url = answer.url("a");
    assert!(url.starts_with(&format!("{BASE}/respond?action=a&type=success&data=1-")));
    assert_eq!(
        opened(&url),
        json!({"token": token, "iat": NOW, "tid": answer.json()["transaction_id"],
            "exp": 1_798_135_200, "action": action, "param": true})
    );
    let plain = stack.create(&request(json!([heartbeat()]), nothing()));
    let payload = opened(&plain.url("a"));
    let keys: Vec<_> = payload.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["token", "iat", "tid", "action"]);
    // The token is none, so that Step Functions is the one to refuse it.
    let padded = stack.get(&old_link(&payload));
    assert_eq!(padded.refusal(), (400, "StepFunctionsError".to_owned()));
}

#[test]
fn param_is_sealed_only_where_parameters_apply() {
    let stack = Stack::without_key(FEATURES);
    let outcomes = json!([{"name": "o", "type": "heartbeat", "schema": {}}]);
    let actions = json!([heartbeat(), with(post(outcomes), json!({"name": "p"}))]);
    let answer = stack.links(actions, parameters());
    assert_eq!(opened(&answer.url("a"))["param"], json!(true));
    assert!(opened(&answer.url("p")).get("param").is_none());
}

#[test]
fn one_line_of_the_log_tells_of_each_request() {
    let stack = Stack::new(PLAIN);
    let answer = stack.links(
        json!([heartbeat(), with(heartbeat(), json!({"name": "b"}))]),
        nothing(),
    );
    let refused = stack.create(&request(json!([heartbeat(), heartbeat()]), nothing()));
    let log = stack.log();
    assert_eq!(log.len(), 2);
    assert_eq!(log[0]["transaction_id"], answer.json()["transaction_id"]);
    assert_eq!(
        (&log[0]["outcome"], &log[0]["links"]),
        (&json!("created"), &json!(2))
    );
    assert_eq!(
        (&log[0]["level"], &log[0]["status"]),
        (&json!("INFO"), &json!(200))
    );
    assert!(log[0]["duration_ms"].is_f64());
    assert_eq!(log[1]["transaction_id"], refused.json()["transaction_id"]);
    assert_eq!(
        (&log[1]["outcome"], &log[1]["error"]),
        (&json!("refused"), &json!("DuplicateActionName"))
    );
}

#[test]
fn the_door_of_a_request_changes_only_its_envelope() {
    let stack = Stack::new(PLAIN);
    let body = request(json!([heartbeat(), heartbeat()]), nothing()).to_string();
    for door in [Door::RestApi, Door::HttpApi, Door::FunctionUrl, Door::Local] {
        let request = http::Request::builder()
            .method("POST")
            .uri("/urls")
            .body(body.clone().into());
        let reply = crate::support::block_on(stack.app.create(&caller(door), request.unwrap()));
        assert_eq!(
            reply.status().as_u16(),
            415,
            "{door:?}: a content type is needed over HTTP"
        );
    }
    let direct: Answer = stack.invoke(body.as_bytes());
    assert_eq!(direct.code(), "DuplicateActionName");
}
