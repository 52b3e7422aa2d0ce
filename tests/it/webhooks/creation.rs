//! What a request for a webhook is refused for. Messages name the field and never the secret.

use super::hook;
use crate::support::{FEATURES, Stack, post, with};
use serde_json::{Value, json};
use sfn_callback_urls::webhook::Verify;

#[track_caller]
fn refused(action: Value, message: &str) {
    let stack = Stack::new(FEATURES);
    let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
    assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()), "{message}");
    let told = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        told.starts_with(&format!("actions[0].{message}")),
        "{told}; expected {message}"
    );
    assert!(!told.contains("canary"), "{told}");
}

#[test]
fn the_message_names_the_field_that_is_wrong() {
    let scheme = |scheme: &str, secret: Value| json!({"scheme": scheme, "secret": secret});
    let generic = |more: Value| {
        with(
            json!({"scheme": "generic", "secret": "canary", "header": "X-S"}),
            more,
        )
    };
    let long = "canary".repeat(200);
    for (verify, message) in [
        (json!("canary"), "verify: must be an object"),
        (json!(null), "verify: must be an object"),
        (json!({"secret": "canary"}), "verify: missing field `scheme`"),
        (json!({"scheme": "github"}), "verify: missing field `secret`"),
        (scheme("canary", json!("x")), "verify.scheme: must be one of"),
        (scheme("fusionauth", json!("x")), "verify.scheme: must be one of"),
        (
            with(scheme("github", json!("canary")), json!({"sekret": "canary"})),
            "verify.sekret: is not known here; check its name",
        ),
        (
            scheme("github", json!(5)),
            "verify.secret: must be a string or an array of strings",
        ),
        (
            scheme("github", json!(["canary", 5])),
            "verify.secret[1]: must be a string",
        ),
        (
            scheme("github", json!("")),
            "verify.secret: must have 1 to 1,024 bytes",
        ),
        (
            scheme("github", json!(long)),
            "verify.secret: must have 1 to 1,024 bytes",
        ),
        (
            scheme("github", json!([])),
            "verify.secret: must be one secret, or a list of 1 to 5",
        ),
        (
            scheme("github", json!(vec!["canary"; 6])),
            "verify.secret: must be one secret, or a list of 1 to 5",
        ),
        (
            scheme("github", json!(["canary", "generate"])),
            "verify.secret[1]: \"generate\" cannot be part of a list",
        ),
        (
            scheme("standard-webhooks", json!("canary")),
            "verify.secret: must be whsec_",
        ),
        (
            scheme("svix", json!("whsec_AAAA")),
            "verify.secret: must be whsec_",
        ),
        (
            scheme("teams-outgoing", json!("canary!")),
            "verify.secret: must be base64",
        ),
        (
            scheme("discord", json!("canary")),
            "verify.secret: must be the application's public key",
        ),
        (
            scheme("sendgrid", json!("canary")),
            "verify.secret: must be the verification key",
        ),
        (
            scheme("basic", json!("canary")),
            "verify.secret: must be user:password",
        ),
        (
            scheme("bearer", json!("canaryé")),
            "verify.secret: must have visible ASCII",
        ),
        (
            scheme("gitlab", json!("canary ")),
            "verify.secret: must have visible ASCII",
        ),
        (
            scheme("header", json!("canary")),
            "verify.header: is needed by this scheme",
        ),
        (
            with(scheme("header", json!("canary")), json!({"header": "a b"})),
            "verify.header: must be the name of a header",
        ),
        (
            with(scheme("github", json!("canary")), json!({"header": "X"})),
            "verify.header: is not a field of this scheme",
        ),
        (
            with(scheme("github", json!("canary")), json!({"tolerance": 300})),
            "verify.tolerance: this scheme signs no time",
        ),
        (
            with(scheme("stripe", json!("canary")), json!({"tolerance": 0})),
            "verify.tolerance: must be from 1 to 86,400 seconds",
        ),
        (
            with(scheme("stripe", json!("canary")), json!({"tolerance": 86_401})),
            "verify.tolerance: must be from 1 to 86,400 seconds",
        ),
        (
            with(scheme("stripe", json!("canary")), json!({"tolerance": null})),
            "verify.tolerance: must be",
        ),
        (
            with(
                scheme("twilio", json!("canary")),
                json!({"url": "https://canary.example"}),
            ),
            "verify.url: is not known here",
        ),
        (
            generic(json!({"header": "é"})),
            "verify.header: must be the name of a header",
        ),
        (
            generic(json!({"parts": ["{ts}", "{body}"]})),
            "verify.parts: holds {ts}; say where it is",
        ),
        (generic(json!({"parts": ["x"]})), "verify.parts: must hold {body}"),
        (generic(json!({"parts": []})), "verify.parts: must hold {body}"),
        (
            generic(json!({"parts": ["{body}", "{url}"]})),
            "verify.parts: may hold",
        ),
        (
            generic(json!({"parts": ["{body}", "{header:a b}"]})),
            "verify.parts: must be the name of a header",
        ),
        (
            generic(json!({"parts": ["{body}", ""]})),
            "verify.parts: must have 1 to 128",
        ),
        (
            generic(json!({"parts": vec!["{body}"; 17]})),
            "verify.parts: must have at most 16",
        ),
        (
            generic(json!({"parts": ["{body}", ".", "{body}"]})),
            "verify.parts: must hold {body} once",
        ),
        (
            generic(json!({"parts": ["{body}", "{header:x}"]})),
            "verify.parts: needs a fixed text after {body}",
        ),
        (
            generic(json!({"ts_header": "X-T", "parts": ["{body}", "{ts}"]})),
            "verify.parts: needs a fixed text after {body}",
        ),
        (
            generic(json!({"parts": ["{header:x}", "{body}"]})),
            "verify.parts: needs a fixed text after {header:…}",
        ),
        (
            generic(json!({"parts": ["{header:x}", "{header:y}", ".", "{body}"]})),
            "verify.parts: needs a fixed text after {header:…}",
        ),
        (
            generic(json!({"ts_header": "X-T", "parts": ["{header:x}", "{ts}", "{body}"]})),
            "verify.parts: needs a fixed text after {header:…}",
        ),
        (
            generic(json!({"ts_header": "X-T", "parts": ["{body}", ".", "{ts}", "{header:x}"]})),
            "verify.parts: needs a fixed text in front of",
        ),
        (
            generic(json!({"ts_header": "X-T"})),
            "verify.parts: must hold {ts}",
        ),
        (
            generic(json!({"ts_key": "t", "parts": ["{ts}", "{body}"]})),
            "verify.prefix: is needed beside ts_key",
        ),
        (
            generic(json!({"ts_key": "t=", "prefix": "v=", "parts": ["{ts}", "{body}"]})),
            "verify.ts_key: must have 1 to 32",
        ),
        (
            generic(json!({"ts_key": "t", "ts_header": "x"})),
            "verify.ts_key: give either",
        ),
        (generic(json!({"ts_unit": "ms"})), "verify.ts_unit: requires"),
        (
            generic(json!({"ts_separator": ".", "ts_header": "X-T", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: give either ts_header, ts_key or ts_separator",
        ),
        (
            generic(json!({"ts_separator": ".", "ts_key": "t", "prefix": "v=", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: give either",
        ),
        (
            generic(json!({"ts_separator": "."})),
            "verify.parts: must hold {ts}",
        ),
        (
            generic(json!({"ts_separator": "", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: must have 1 to 8",
        ),
        (
            generic(json!({"ts_separator": ".........", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: must have 1 to 8",
        ),
        (
            generic(json!({"ts_separator": "é", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: must have 1 to 8",
        ),
        (
            generic(json!({"ts_separator": "5", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: must have 1 to 8 visible ASCII characters that cannot be in a time",
        ),
        (
            generic(json!({"ts_separator": ":", "ts_unit": "rfc3339", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: must have 1 to 8",
        ),
        (
            generic(json!({"ts_separator": ".", "ts_unit": "rfc3339", "parts": ["{ts}", "{body}"]})),
            "verify.ts_separator: must not hold a dot beside rfc3339",
        ),
        (
            generic(json!({"ts_unit": "rfc3339"})),
            "verify.ts_unit: requires ts_header, ts_key or ts_separator",
        ),
        (
            generic(json!({"ts_unit": "iso", "ts_header": "X-T", "parts": ["{ts}", "{body}"]})),
            "verify.ts_unit: must be one of",
        ),
        (
            generic(json!({"separator": ", "})),
            "verify.separator: must be one of",
        ),
        (
            generic(json!({"separator": ""})),
            "verify.separator: must be one of",
        ),
        (
            generic(json!({"separator": "|"})),
            "verify.separator: must be one of",
        ),
        (
            generic(json!({"separator": ",", "ts_key": "t", "prefix": "v=", "parts": ["{ts}", "{body}"]})),
            "verify.separator: cannot be combined with ts_key",
        ),
        (
            generic(json!({"separator": ",", "ts_separator": ".", "parts": ["{ts}", "{body}"]})),
            "verify.separator: cannot be combined with ts_separator",
        ),
        (
            generic(json!({"separator": ",", "prefix": "a,b="})),
            "verify.prefix: must not hold the separator",
        ),
        (
            generic(json!({"separator": " ", "prefix": "HMAC "})),
            "verify.prefix: must not hold the separator",
        ),
        (
            with(scheme("pagerduty", json!("canary")), json!({"separator": ","})),
            "verify.separator: is not a field of this scheme",
        ),
        (
            with(scheme("docuseal", json!("canary")), json!({"ts_separator": "."})),
            "verify.ts_separator: is not a field of this scheme",
        ),
        (
            with(scheme("square", json!("canary")), json!({"tolerance": 300})),
            "verify.tolerance: this scheme signs no time",
        ),
        (
            with(
                scheme("square", json!("canary")),
                json!({"url": "https://canary.example"}),
            ),
            "verify.url: is not known here",
        ),
        (
            generic(json!({"parts": ["{address}", "{body}"], "url": "https://canary.example"})),
            "verify.url: is not known here",
        ),
        (
            generic(json!({"parts": ["{address}"]})),
            "verify.parts: must hold {body}",
        ),
        (
            generic(json!({"parts": ["{address}", "{address}", "{body}"]})),
            "verify.parts: must hold {address} once",
        ),
        (
            generic(json!({"parts": ["{header:x}", "{address}", "{body}"]})),
            "verify.parts: needs a fixed text after {header:…}",
        ),
        (
            generic(json!({"parts": ["{body}", "{address}", "{header:x}"]})),
            "verify.parts: needs a fixed text in front of",
        ),
        (
            scheme("square", json!("generate")),
            "verify.secret: is issued by this sender and cannot be generated",
        ),
        (
            scheme("zendesk", json!("generate")),
            "verify.secret: is issued by this sender and cannot be generated",
        ),
        (generic(json!({"algo": "md5"})), "verify.algo: must be one of"),
        (
            generic(json!({"prefix": "é"})),
            "verify.prefix: must have 1 to 128",
        ),
    ] {
        refused(hook(verify), message);
    }
    let plain = |fields: Value| {
        with(
            post(json!([{"name": "o", "type": "heartbeat", "schema": {}}])),
            fields,
        )
    };
    for (fields, message) in [
        (json!({"bodies": []}), "bodies: must name at least one kind"),
        (json!({"bodies": ["xml"]}), "bodies[0]: must be one of"),
        (json!({"bodies": "json"}), "bodies: must be an array"),
        (json!({"bodies": null}), "bodies: must be an array"),
        (
            json!({"unwrap": "payload"}),
            "unwrap: is for forms; name form in bodies",
        ),
        (
            json!({"unwrap": "", "bodies": ["form"]}),
            "unwrap: must have 1 to 64 characters",
        ),
        (
            json!({"unwrap": 5, "bodies": ["form"]}),
            "unwrap: must be a string",
        ),
        (json!({"accept_raw": "yes"}), "accept_raw: must be a boolean"),
        (json!({"cloudevents": 1}), "cloudevents: must be a boolean"),
        (
            json!({"bodies": ["text", "json", "text-json"]}),
            "bodies: text and text-json have the same content types",
        ),
        (json!({"bodies": ["textjson"]}), "bodies[0]: must be one of"),
        (json!({"answer": "html"}), "answer: must be `text`"),
        (json!({"answer": 5}), "answer: "),
        (
            json!({"answer": "text"}),
            "answer: is the text of the response; give it one in response.text",
        ),
        (
            json!({"answer": "text", "response": {"json": {}}}),
            "answer: is the text of the response; give it one in response.text",
        ),
        (
            json!({"answer": "text", "response": {"text": "ok"}, "outcomes": [
                {"name": "a", "type": "heartbeat", "schema": {}, "response": {"text": "a"}},
                {"name": "b", "type": "heartbeat", "schema": {}},
                {"name": "c", "type": "heartbeat", "schema": {}, "response": {"json": {}}}]}),
            "answer: is the text of the response; give it one in outcomes[2].response.text",
        ),
        (
            json!({"answer": "text", "response": {"text": "ok"}, "verify": {"scheme": "twilio", "secret": "canary"}}),
            "answer: cannot be combined with this scheme",
        ),
    ] {
        refused(plain(fields), message);
    }
}

#[test]
fn mailgun_is_warned_of_and_other_kinds_of_action_have_no_verify() {
    let stack = Stack::new(FEATURES);
    let action = hook(json!({"scheme": "mailgun", "secret": "s"}));
    let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
    let warnings = answer.json()["warnings"].to_string();
    assert!(
        warnings.contains("actions[0].verify: this sender signs no body"),
        "{warnings}"
    );
    let action = hook(json!({"scheme": "dropbox-sign", "secret": "s"}));
    let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
    assert!(
        answer
            .body
            .contains("actions[0].verify: this sender signs no body"),
        "{}",
        answer.body
    );
    let action =
        json!({"name": "a", "type": "heartbeat", "verify": {"scheme": "github", "secret": "canary"}});
    let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
    assert_eq!(
        answer.json()["warnings"],
        json!(["actions[0].verify: unknown, ignored"])
    );
    let form =
        json!({"name": "a", "type": "form", "outcomes": [{"name": "o", "type": "heartbeat"}], "verify": {}});
    let answer = stack.create(&json!({"token": stack.task(), "actions": [form]}));
    assert_eq!(answer.refusal(), (400, "InvalidJSON".to_owned()));
}

#[test]
fn a_secret_with_white_space_at_an_end_is_granted_with_a_warning() {
    let warned = |verify: Value| -> Vec<String> {
        let stack = Stack::new(FEATURES);
        let answer = stack.create(&json!({"token": stack.task(), "actions": [hook(verify)]}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let warnings = answer.json()["warnings"].as_array().cloned().unwrap_or_default();
        assert!(
            !warnings.iter().any(|it| it.to_string().contains("canary")),
            "{warnings:?}"
        );
        let at = warnings
            .iter()
            .map(|it| it.as_str().unwrap().split(": ").next().unwrap().to_owned());
        at.collect()
    };
    const ONE: &str = "actions[0].verify.secret";
    for (verify, at) in [
        (json!({"scheme": "github", "secret": "canary\n"}), vec![ONE]),
        (json!({"scheme": "github", "secret": "canary\r\n"}), vec![ONE]),
        (json!({"scheme": "github", "secret": " canary"}), vec![ONE]),
        (json!({"scheme": "stripe", "secret": "whsec_canary\t"}), vec![ONE]),
        (json!({"scheme": "slack", "secret": "\u{feff}canary"}), vec![ONE]),
        (json!({"scheme": "shopify", "secret": "canary\u{a0}"}), vec![ONE]),
        (json!({"scheme": "basic", "secret": "user:canary\n"}), vec![ONE]),
        (
            json!({"scheme": "generic", "secret": "generate\n", "header": "X-S"}),
            vec![ONE],
        ),
        (json!({"scheme": "github", "secret": ["canary"]}), vec![]),
        (json!({"scheme": "github", "secret": "can ary\ncanary"}), vec![]),
        (
            json!({"scheme": "github", "secret": ["canary", "canary\n", "c", "\ncanary"]}),
            vec!["actions[0].verify.secret[1]", "actions[0].verify.secret[3]"],
        ),
    ] {
        assert_eq!(warned(verify.clone()), at, "{verify}");
    }
    // Where such a secret cannot be one, the refusal says why.
    let whsec = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";
    for (verify, message) in [
        (
            json!({"scheme": "svix", "secret": format!("{whsec}\n")}),
            "verify.secret: must be whsec_",
        ),
        (
            json!({"scheme": "bearer", "secret": "canary\n"}),
            "verify.secret: must have visible ASCII",
        ),
        (
            json!({"scheme": "generic", "secret": ["Y2FuYXJ5", "Y2FuYXJ5 "], "header": "X-S", "key": "base64"}),
            "verify.secret[1]: must be base64; it begins or ends with white space",
        ),
    ] {
        refused(hook(verify), message);
    }
}

#[test]
fn a_secret_that_nobody_evaluated_is_granted_with_a_warning() {
    let stack = Stack::new(FEATURES);
    let action = hook(json!({"scheme": "github", "secret": "{% $states.input.canary %}"}));
    let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
    let warnings = answer.json()["warnings"].to_string();
    assert!(
        warnings.contains("actions[0].verify.secret: nobody evaluated this expression")
            && !warnings.contains("canary"),
        "{warnings}"
    );
}

/// Fields that contradict each other are refused, since no request could be proven. Those that only look alike are granted.
#[test]
fn fields_of_generic_that_fit_no_request_are_refused() {
    let generic = |more: Value| {
        let whole = json!({"scheme": "generic", "secret": "canary", "header": "X-Sig"});
        hook(with(whole, more))
    };
    let timed = |more: Value| generic(with(json!({"parts": ["{ts}", ".", "{body}"]}), more));
    for (action, message) in [
        (
            timed(json!({"ts_header": "X-Sig"})),
            "verify.ts_header: is the header of the signature",
        ),
        (
            timed(json!({"ts_header": "x-sIG", "prefix": "v1="})),
            "verify.ts_header: is the header of the signature",
        ),
        (
            generic(json!({"prefix": " "})),
            "verify.prefix: must not begin with a space",
        ),
        (
            generic(json!({"prefix": " sha256="})),
            "verify.prefix: must not begin with a space",
        ),
        (
            generic(json!({"prefix": " v1=", "separator": ","})),
            "verify.prefix: must not begin with a space",
        ),
        (
            timed(json!({"prefix": "  v1=", "ts_header": "X-T"})),
            "verify.prefix: must not begin with a space",
        ),
        (
            timed(json!({"prefix": " v1=", "ts_key": "t"})),
            "verify.prefix: must not begin with a space",
        ),
        (
            timed(json!({"prefix": "v1,", "ts_key": "t"})),
            "verify.prefix: must not hold a comma or semicolon beside ts_key",
        ),
        (
            timed(json!({"prefix": "a;v1=", "ts_key": "t"})),
            "verify.prefix: must not hold a comma or semicolon beside ts_key",
        ),
        (
            timed(json!({"prefix": "t=", "ts_key": "t"})),
            "verify.prefix: must not begin with ts_key and =",
        ),
        (
            timed(json!({"prefix": "ts=v1=", "ts_key": "ts"})),
            "verify.prefix: must not begin with ts_key and =",
        ),
        (
            generic(json!({"parts": ["{header:X-Sig}", ".", "{body}"]})),
            "verify.parts: names the header of the signature",
        ),
        (
            timed(
                json!({"parts": ["{ts}", ".", "{body}", ".", "{header:x-sig}"], "ts_key": "t", "prefix": "v1="}),
            ),
            "verify.parts: names the header of the signature",
        ),
        (
            timed(json!({"parts": ["{header:X-SIG}", ".", "{ts}", "{body}"], "ts_separator": "."})),
            "verify.parts: names the header of the signature",
        ),
    ] {
        refused(action, message);
    }
    for action in [
        timed(json!({"ts_header": "X-Sig-Time"})),
        timed(json!({"ts_header": "X-T", "parts": ["{ts}", ".", "{header:X-T}", ".", "{body}"]})),
        // As in `Authorization: HMAC …`.
        generic(json!({"prefix": "HMAC "})),
        // As in `1700000000, v1=…`.
        timed(json!({"prefix": " v1=", "ts_separator": ","})),
        timed(json!({"prefix": "t", "ts_key": "t"})),
        timed(json!({"prefix": "T=", "ts_key": "t"})),
        timed(json!({"prefix": "tt=", "ts_key": "t"})),
        generic(json!({"prefix": "a,b;"})),
        generic(json!({"parts": ["{header:X-Sig-Id}", ".", "{body}"]})),
    ] {
        let stack = Stack::new(FEATURES);
        let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    }
}

/// A signature in the body needs a body that can hold one.
#[test]
fn bodies_that_cannot_hold_the_signature_are_refused_or_warned_of() {
    const BODIES: &str = "actions[0].bodies: this sender puts its signature into the body";
    const RAW: &str = "actions[0].accept_raw: this sender puts its signature into the body";
    for scheme in ["mailgun", "dropbox-sign"] {
        let action = |fields: Value| with(hook(json!({"scheme": scheme, "secret": "canary"})), fields);
        for fields in [
            json!({"bodies": ["text"]}),
            json!({"bodies": ["empty"]}),
            json!({"bodies": ["empty", "text", "text"]}),
            json!({"bodies": ["empty"], "accept_raw": true}),
        ] {
            refused(action(fields), "bodies: none of these can hold the signature");
        }
        for (fields, expected) in [
            (json!({}), vec![]),
            (json!({"bodies": ["text-json"]}), vec![]),
            (json!({"bodies": ["json", "form", "multipart"]}), vec![]),
            (json!({"bodies": ["json", "text"]}), vec![BODIES]),
            (json!({"bodies": ["empty", "text-json"]}), vec![BODIES]),
            (json!({"accept_raw": true}), vec![RAW]),
            (
                json!({"bodies": ["multipart", "empty"], "accept_raw": true}),
                vec![BODIES, RAW],
            ),
        ] {
            let stack = Stack::new(FEATURES);
            let answer = stack.create(&json!({"token": stack.task(), "actions": [action(fields.clone())]}));
            assert_eq!(answer.status, 200, "{fields}: {}", answer.body);
            let warnings = answer.json()["warnings"].as_array().cloned().unwrap_or_default();
            let of_bodies: Vec<&str> = warnings
                .iter()
                .filter_map(Value::as_str)
                .filter(|it| !it.starts_with("actions[0].verify: this sender signs no body"))
                .collect();
            assert_eq!(of_bodies.len(), expected.len(), "{fields}: {of_bodies:?}");
            for (warning, start) in of_bodies.iter().zip(expected) {
                assert!(warning.starts_with(start), "{fields}: {warning}");
            }
        }
    }
    // A signature in a header goes with every body.
    let action = with(
        hook(json!({"scheme": "github", "secret": "s"})),
        json!({"bodies": ["text"]}),
    );
    let stack = Stack::new(FEATURES);
    let answer = stack.create(&json!({"token": stack.task(), "actions": [action]}));
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Links that were granted with such fields before they were checked open as they did.
#[test]
fn links_with_fields_that_are_refused_now_can_be_read() {
    for more in [
        json!({"ts_header": "x-sig", "parts": ["{ts}", "{body}"]}),
        json!({"prefix": " v1="}),
        json!({"prefix": "t=", "ts_key": "t", "parts": ["{ts}", "{body}"]}),
        json!({"prefix": "a,b", "ts_key": "t", "parts": ["{ts}", "{body}"]}),
        json!({"parts": ["{header:X-Sig}", ".", "{body}"]}),
    ] {
        let whole = json!({"scheme": "generic", "secret": ["canary"], "header": "X-Sig"});
        let sealed = with(whole, more.clone());
        let read = Verify::read(serde_json::from_value(sealed).unwrap());
        assert!(read.is_ok(), "{more}");
    }
}
