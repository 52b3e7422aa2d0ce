//! The builders of events, and the readers of answers.

use serde_json::{Value, json};

use crate::support::events::{Door, HttpRequest, direct_event};

const VERSION_2: [Door; 2] = [Door::HttpApi, Door::FunctionUrl];

/// A request with everything twice.
fn full() -> HttpRequest {
    HttpRequest::new("POST", "/respond")
        .query("action", "approve")
        .query("note", "a b&c=+é")
        .query("note", "second")
        .header("Accept", "text/html")
        .header("accept", "text/plain")
        .header("X-Twice", "1")
        .header("X-Twice", "2")
        .header("User-Agent", "test/1.0")
        .header("Cookie", "a=1; b=2")
        .json(&json!({ "x": "é" }))
}

#[test]
fn a_rest_event_has_single_and_multiple_values() {
    let event = Door::Rest.event(&full());
    assert_eq!(event["httpMethod"], "POST");
    assert_eq!(event["path"], "/respond");
    assert_eq!(event["requestContext"]["path"], "/v1/respond");
    assert_eq!(event["requestContext"]["stage"], "v1");
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "198.51.100.7");
    assert_eq!(event["requestContext"]["identity"]["userAgent"], "test/1.0");
    assert_eq!(
        event["queryStringParameters"],
        json!({ "action": "approve", "note": "second" })
    );
    assert_eq!(
        event["multiValueQueryStringParameters"],
        json!({ "action": ["approve"], "note": ["a b&c=+é", "second"] })
    );
    assert_eq!(event["headers"]["X-Twice"], "2");
    assert_eq!(event["multiValueHeaders"]["X-Twice"], json!(["1", "2"]));
    assert_eq!(event["headers"]["Accept"], "text/html", "letter case is kept");
    assert_eq!(event["headers"]["accept"], "text/plain");
    assert_eq!(
        event["headers"]["Host"],
        "r1e2s3t4aa.execute-api.us-east-1.amazonaws.com"
    );
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("{\"x\":\"é\"}"), &json!(false))
    );
    assert!(event.get("version").is_none());
}

#[test]
fn a_version_2_event_has_joined_values_and_the_raw_query() {
    for door in VERSION_2 {
        let event = door.event(&full());
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["rawPath"], "/respond");
        assert_eq!(
            event["rawQueryString"],
            "action=approve&note=a%20b%26c%3D%2B%C3%A9&note=second"
        );
        assert_eq!(
            event["queryStringParameters"],
            json!({ "action": "approve", "note": "a b&c=+é,second" })
        );
        assert_eq!(event["headers"]["x-twice"], "1,2");
        assert_eq!(event["headers"]["accept"], "text/html,text/plain");
        assert_eq!(event["headers"]["content-length"], "10");
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event["requestContext"]["http"]["method"], "POST");
        assert_eq!(event["requestContext"]["http"]["sourceIp"], "198.51.100.7");
        assert_eq!(event["requestContext"]["stage"], "$default");
        for absent in [
            "httpMethod",
            "multiValueHeaders",
            "multiValueQueryStringParameters",
            "path",
        ] {
            assert!(event.get(absent).is_none(), "{absent}");
        }
        for name in event["headers"].as_object().expect("headers").keys() {
            assert_eq!(*name, name.to_lowercase());
        }
    }
    assert_eq!(Door::HttpApi.event(&full())["routeKey"], "POST /respond");
    assert_eq!(Door::FunctionUrl.event(&full())["routeKey"], "$default");
    assert_eq!(
        Door::FunctionUrl.event(&full())["requestContext"]["accountId"],
        "anonymous"
    );
    let domain = Door::FunctionUrl.event(&full())["requestContext"]["domainName"].clone();
    assert!(
        domain
            .as_str()
            .is_some_and(|name| name.ends_with(".lambda-url.us-east-1.on.aws"))
    );
}

#[test]
fn what_is_not_there_is_null_in_one_version_and_absent_in_the_other() {
    let bare = HttpRequest::new("GET", "/respond");
    let event = Door::Rest.event(&bare);
    for field in [
        "body",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
    ] {
        assert_eq!(event.get(field), Some(&Value::Null), "{field}");
    }
    for door in VERSION_2 {
        let event = door.event(&bare);
        assert_eq!(event["rawQueryString"], "");
        for field in ["body", "queryStringParameters", "cookies", "pathParameters"] {
            assert_eq!(event.get(field), None, "{field}");
        }
        assert_eq!(event["isBase64Encoded"], false);
    }
}

#[test]
fn bodies_are_encoded_where_the_door_would() {
    let json = HttpRequest::new("POST", "/").json(&json!({}));
    let form = HttpRequest::new("POST", "/").body("application/x-www-form-urlencoded", "a=b");
    let problem = HttpRequest::new("POST", "/").body("Application/Problem+JSON; charset=utf-8", "{}");
    let binary = HttpRequest::new("POST", "/").body("text/plain", vec![0xff, 0xfe]);
    for (request, rest, version_2) in [
        (&json, ("{}", false), ("{}", false)),
        (&json.clone().in_base64(), ("e30=", true), ("e30=", true)),
        (&form, ("a=b", false), ("YT1i", true)),
        (&problem, ("{}", false), ("{}", false)),
        (&binary, ("//4=", true), ("//4=", true)),
    ] {
        for (door, expected) in [
            (Door::Rest, rest),
            (Door::HttpApi, version_2),
            (Door::FunctionUrl, version_2),
        ] {
            let event = door.event(request);
            let found = (
                event["body"].as_str().expect("a body"),
                event["isBase64Encoded"] == true,
            );
            assert_eq!(found, expected, "{door:?}");
        }
    }
}

#[test]
fn queries_are_decoded_as_they_are() {
    for (raw, single) in [
        ("a=1&a=2", json!({ "a": "2" })),
        ("a", json!({ "a": "" })),
        ("&&a=%3D&", json!({ "a": "=" })),
        ("a=%zz%4", json!({ "a": "%zz%4" })),
        ("a=%+1+b", json!({ "a": "% 1 b" })),
        ("a=b=c", json!({ "a": "b=c" })),
        ("%C3%A9=%ff", json!({ "é": "\u{fffd}" })),
        ("", Value::Null),
    ] {
        let request = HttpRequest::new("GET", "/respond").raw_query(raw);
        assert_eq!(
            Door::Rest.event(&request)["queryStringParameters"],
            single,
            "{raw}"
        );
        assert_eq!(Door::HttpApi.event(&request)["rawQueryString"], raw);
    }
    let all: String = (1..=0x2ff).filter_map(char::from_u32).collect();
    let event = Door::Rest.event(&HttpRequest::new("GET", "/").query(&all, &all));
    assert_eq!(event["queryStringParameters"][&all], all.as_str());
}

#[test]
fn a_url_becomes_a_request() {
    for (url, host, path, query) in [
        (
            "https://x.example/v1/respond?a=b%20c&d=e",
            "x.example",
            "/respond",
            "a=b%20c&d=e",
        ),
        (
            "https://x.example/respond?data=1-a%3D%3D",
            "x.example",
            "/respond",
            "data=1-a%3D%3D",
        ),
        ("http://127.0.0.1:80/r?a=?", "127.0.0.1:80", "/r", "a=?"),
        ("https://x.example", "x.example", "/", ""),
    ] {
        let request = HttpRequest::for_url("GET", url);
        assert_eq!(request.host.as_deref(), Some(host));
        assert_eq!((request.path.as_str(), request.raw_query.as_str()), (path, query));
        assert_eq!(Door::Rest.event(&request)["headers"]["Host"], host);
        assert_eq!(Door::FunctionUrl.event(&request)["headers"]["host"], host);
    }
}

#[test]
fn a_direct_event_is_the_bare_object() {
    let event = direct_event("t", &json!([{ "name": "a" }]));
    assert_eq!(event, json!({ "token": "t", "actions": [{ "name": "a" }] }));
}

#[test]
fn answers_of_all_doors_are_read_alike() {
    let expected = |answer: &Value, door: Door| {
        let read = door.read(answer).expect("a good answer");
        assert_eq!((read.status, read.text()), (303, "é"));
        assert_eq!(read.header("location"), Some("https://x.example"));
        assert_eq!(read.header("x-none"), None);
        read
    };
    let rest = json!({
        "statusCode": 303, "headers": { "Location": "lost" }, "body": "w6k=", "isBase64Encoded": true,
        "multiValueHeaders": { "location": ["https://x.example"], "set-cookie": ["a=1", "b=2"] },
    });
    let headers = expected(&rest, Door::Rest).headers;
    assert_eq!(headers.iter().filter(|(name, _)| name == "set-cookie").count(), 2);
    assert_eq!(headers.iter().filter(|(name, _)| name == "location").count(), 1);

    for door in VERSION_2 {
        let answer = json!({
            "statusCode": 303, "headers": { "Location": "https://x.example" }, "multiValueHeaders": {},
            "cookies": ["a=1", "b=2"], "body": "é",
        });
        let headers = expected(&answer, door).headers;
        assert_eq!(headers.iter().filter(|(name, _)| name == "set-cookie").count(), 2);
    }
    for door in Door::ALL {
        let read = door
            .read(&json!({ "statusCode": 200, "body": "{\"a\":1}" }))
            .expect("a good answer");
        assert_eq!(read.json(), json!({ "a": 1 }));
        let read = door
            .read(&json!({ "statusCode": 204, "body": null, "headers": null }))
            .expect("no body");
        assert!(read.body.is_empty() && read.headers.is_empty());
    }
}

#[test]
fn answers_that_a_door_would_not_take_are_refused() {
    for (answer, reason) in [
        (json!("text"), "no object"),
        (json!({ "body": "x" }), "no statusCode"),
        (json!({ "statusCode": "200" }), "no statusCode"),
        (json!({ "statusCode": 200.5 }), "no statusCode"),
        (json!({ "statusCode": 99 }), "impossible statusCode"),
        (json!({ "statusCode": 600 }), "impossible statusCode"),
        (json!({ "statusCode": 70_000 }), "impossible statusCode"),
        (json!({ "statusCode": 200, "body": {} }), "body is no string"),
        (
            json!({ "statusCode": 200, "body": "*", "isBase64Encoded": true }),
            "not base64",
        ),
        (
            json!({ "statusCode": 200, "isBase64Encoded": "true" }),
            "isBase64Encoded",
        ),
        (
            json!({ "statusCode": 200, "headers": [] }),
            "headers is no object",
        ),
        (
            json!({ "statusCode": 200, "headers": { "x": 1 } }),
            "header x is no string",
        ),
        (
            json!({ "statusCode": 200, "headers": { "x": "a\r\nb: c" } }),
            "impossible characters",
        ),
        (
            json!({ "statusCode": 200, "headers": { "x y": "a" } }),
            "impossible characters",
        ),
        (
            json!({ "statusCode": 200, "headers": { "": "a" } }),
            "impossible characters",
        ),
        (
            json!({ "statusCode": 200, "headers": { "x": "a".repeat(10_240) } }),
            "longer than",
        ),
        (
            json!({ "statusCode": 200, "status": 200 }),
            "unknown field status",
        ),
    ] {
        for door in Door::ALL {
            let error = door.read(&answer).expect_err(reason);
            assert!(error.contains(reason), "{door:?}: {error} / {reason}");
        }
    }
    let multiple = json!({ "statusCode": 200, "multiValueHeaders": { "x": "a" } });
    assert!(
        Door::Rest
            .read(&multiple)
            .is_err_and(|error| error.contains("is no array"))
    );
    let cookies = json!({ "statusCode": 200, "cookies": [] });
    assert!(
        Door::Rest
            .read(&cookies)
            .is_err_and(|error| error.contains("unknown field cookies"))
    );
    for door in VERSION_2 {
        let multiple = json!({ "statusCode": 200, "multiValueHeaders": { "x": ["a"] } });
        assert!(
            door.read(&multiple)
                .is_err_and(|error| error.contains("payload 2.0"))
        );
        let cookies = json!({ "statusCode": 200, "cookies": "a=1" });
        assert!(
            door.read(&cookies)
                .is_err_and(|error| error.contains("cookies is no array"))
        );
    }
}
