//! What a body takes: the memory of the real executable, read from the system, for the largest bodies of the worst shapes
//! through every kind of link and every door. What is measured is what they add to a process that answered something small:
//! the test's own build has more code than the release, whose 12 MiB (docs/PERFORMANCE.md) are taken off the limit.

#![allow(clippy::indexing_slicing, reason = "a test may panic, that is how it fails")]

use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::leaks::CANARY;
use crate::stage::{Stage, launch};
use crate::support::events::{Door, HttpRequest, direct_event};
use crate::support::runtime_api::Function;

/// What bodies may add, in KiB: 64 MiB for the process, less what the release takes without them.
const MAX_ADDED_KIB: u64 = (64 - 12) << 10;
/// The largest body.
const MEBIBYTE: usize = 1 << 20;
/// Largest event and answer of Lambda.
const LAMBDAS_LIMIT: usize = 6 << 20;
/// Events in a row.
const IN_A_ROW: usize = 50;

const FEATURES: [(&str, &str); 2] = [
    ("ENABLE_OUTPUT_PARAMETERS", "true"),
    ("ENABLE_POST_ACTIONS", "true"),
];

/// As many of `part` as there is room for, with `start` and `end` around.
fn filled(start: &str, part: &str, end: &str, bytes: usize) -> String {
    let times = bytes.saturating_sub(start.len() + end.len()) / part.len();
    format!("{start}{}{end}", part.repeat(times))
}

/// A list of values that are `levels` deep.
fn deep(open: &str, close: &str, levels: usize, bytes: usize) -> String {
    let one = format!("{}0{},", open.repeat(levels), close.repeat(levels));
    filled("[", &one, "0]", bytes)
}

/// An object or a list of objects with keys of their own.
fn keys(bytes: usize, value: &str) -> String {
    let mut text = String::from("{");
    for number in 0.. {
        let member = format!("\"{number:x}\":{value},");
        if text.len() + member.len() + 6 > bytes {
            break;
        }
        text.push_str(&member);
    }
    text.push_str("\"z\":0}");
    text
}

/// JSON texts of at most so many bytes.
fn json_shapes(bytes: usize) -> Vec<(&'static str, String)> {
    vec![
        ("lists in lists", deep("[", "]", 125, bytes)),
        ("objects in objects", deep("{\"\":", "}", 125, bytes)),
        ("both", deep("[{\"\":", "}]", 62, bytes)),
        ("empty lists", filled("[", "[],", "0]", bytes)),
        ("empty objects", filled("[", "{},", "0]", bytes)),
        ("empty texts", filled("[", "\"\",", "0]", bytes)),
        ("digits", filled("[", "0,", "0]", bytes)),
        ("fractions", filled("[", "1.5e300,", "0]", bytes)),
        ("short texts", filled("[", "\"a\",", "0]", bytes)),
        ("short lists", filled("[", "[0],", "0]", bytes)),
        ("small objects", filled("[", "{\"a\":0},", "0]", bytes)),
        ("many keys", keys(bytes, "0")),
        ("many keys of texts", keys(bytes, "\"\"")),
        ("many keys of lists", keys(bytes, "[0]")),
        ("escapes", filled("\"", "\\u0000", "\"", bytes)),
        ("quotation marks", filled("\"", "\\\"", "\"", bytes)),
        ("a long number", filled("", "9", "", bytes)),
        (
            "long numbers",
            filled("[", &format!("{},", "9".repeat(300)), "0]", bytes),
        ),
        ("white space", filled("[", "\n", "0]", bytes)),
        ("a text", filled("\"", "é", "\"", bytes)),
        ("digits below the limit", filled("[", "0,", "0]", 290_000)),
        ("keys below the limit", keys(500_000, "0")),
        ("no JSON", filled("", "[", "", bytes)),
    ]
}

/// Forms of at most so many bytes.
fn form_shapes(bytes: usize) -> Vec<(&'static str, String)> {
    vec![
        ("names", filled("", "a&", "", bytes)),
        ("pairs", filled("", "f.a=&", "", bytes)),
        ("percent signs", filled("f.a=", "%00", "", bytes)),
        ("control characters", filled("outcome=o&f.a=", "\u{1}", "", bytes)),
        ("angle brackets", filled("outcome=o&f.a=", "<", "", bytes)),
        (
            "many fields",
            (0..900)
                .map(|number| format!("f{number}={}&", "x".repeat(1_000)))
                .collect(),
        ),
        ("an empty name", filled("", "=&", "", bytes)),
        ("spaces", filled("a=", "+", "", bytes)),
    ]
}

fn multipart_shapes(bytes: usize) -> Vec<(&'static str, String)> {
    let part = |name: &str, content: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    vec![
        ("tiny parts", filled("", &part("a", ""), "--b--\r\n", bytes)),
        ("one part", part("a", &"\u{1}".repeat(bytes - 200)) + "--b--\r\n"),
        ("headers", filled("--b\r\n", "a: b\r\n", "", bytes)),
        ("no end", filled("", "--b\r\n", "", bytes)),
    ]
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

/// A body, what it is sent as, and the links that read it.
struct Case {
    shape: String,
    content_type: &'static str,
    body: String,
    links: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    const POSTS: [&str; 7] = ["body", "last", "recursive", "unique", "form", "strict", "signed"];
    // Those that are not refused are looked at by all.
    const TAKEN: [&str; 5] = ["fractions", "escapes", "a text", "digits below", "keys below"];
    // Control characters take six bytes each in an event, which has six mebibytes.
    let controls = filled("", "\u{1}", "", MEBIBYTE - 4_096);
    let mut all = Vec::new();
    let mut add = |content_type, links: &[&'static str], (shape, body): (&str, String)| {
        all.push(Case {
            shape: format!("{shape} as {content_type}"),
            content_type,
            body,
            links: links.to_vec(),
        });
    };
    for (place, shape) in json_shapes(MEBIBYTE).into_iter().enumerate() {
        let other = POSTS.into_iter().skip(1).nth(place % 6);
        match TAKEN.iter().any(|taken| shape.0.starts_with(taken)) {
            true => add(JSON, &POSTS, shape),
            false => add(JSON, &["body", other.unwrap_or("strict")], shape),
        }
    }
    json_shapes(MEBIBYTE - 1)
        .into_iter()
        .take(3)
        .for_each(|shape| add(JSON, &["body"], shape));
    for (place, shape) in form_shapes(MEBIBYTE - 4_096).into_iter().enumerate() {
        let other = ["strict", "all", "signed", "twilio"][place % 4];
        add(FORM, &["form", other], shape);
    }
    for shape in multipart_shapes(MEBIBYTE - 4_096) {
        add(MULTIPART, &["all", "signed"], shape);
    }
    add("text/plain", &["all"], ("a text", controls.clone()));
    add("application/octet-stream", &["all"], ("bytes", controls));
    // As GitHub sends it.
    for shape in json_shapes(MEBIBYTE / 2) {
        add(FORM, &["all"], unwrapped(shape));
    }
    all
}

fn unwrapped((shape, body): (&'static str, String)) -> (&'static str, String) {
    let encoded = body.replace('"', "%22").replace('\\', "%5C").replace('+', "%2B");
    // One that is too large is not JSON any more.
    let fits: String = encoded.chars().take(MEBIBYTE - 10).collect();
    (shape, format!("payload={fits}"))
}

/// A link of every kind that reads a body.
fn actions() -> Value {
    let outcome = |more: Value| {
        let mut outcome = json!({ "name": "o", "type": "success", "schema": {} });
        let more = more.as_object().cloned().unwrap_or_default();
        outcome.as_object_mut().expect("an object").extend(more);
        json!([outcome])
    };
    let recursive = json!({ "items": { "$ref": "#" }, "additionalProperties": { "$ref": "#" } });
    json!([
        { "name": "body", "type": "post", "outcomes": outcome(json!({ "output_body": true })) },
        { "name": "last", "type": "post", "outcomes": outcome(json!({ "output_path": "$[-1]" })) },
        { "name": "recursive", "type": "post", "outcomes": outcome(json!({ "schema": recursive, "output": 1 })) },
        { "name": "unique", "type": "post", "outcomes": outcome(json!({ "schema": { "uniqueItems": true }, "output": 1 })) },
        { "name": "strict", "type": "success", "output": 1, "confirm": "strict" },
        {
            "name": "form", "type": "form", "outcomes": [{
                "name": "o", "type": "success", "output_body": true,
                "schema": { "properties": { "a": { "type": "string", "maxLength": 5 } } },
            }],
        },
        {
            "name": "all", "type": "post", "outcomes": outcome(json!({ "output_body": true })),
            "bodies": ["json", "form", "multipart", "text", "empty"], "unwrap": "payload", "accept_raw": true,
        },
        {
            "name": "signed", "type": "post", "outcomes": outcome(json!({ "output_body": true })),
            "verify": { "scheme": "mailgun", "secret": CANARY },
        },
        {
            "name": "twilio", "type": "post", "outcomes": outcome(json!({ "output_body": true })),
            "verify": { "scheme": "twilio", "secret": CANARY },
        },
    ])
}

/// A function of ProcessCallback, and links that it opens.
struct Scene {
    stage: Stage,
    measured: Measured,
    urls: Map<String, Value>,
}

/// A function that has answered something small, and what it took until then.
struct Measured {
    function: Function,
    small_kib: u64,
}

impl Measured {
    fn start(handler: &str, stage: &Stage, small: &Value) -> Self {
        let launch = launch(handler)
            .variable("KEY_ID", &stage.key)
            .variable("AWS_ENDPOINT_URL", stage.aws.http_url());
        let features = FEATURES.iter();
        let launch = features.fold(launch, |launch, (name, value)| launch.variable(*name, *value));
        let mut function = launch.timeout(Duration::from_secs(60)).start();
        let answer = function.invoke_text(&small.to_string()).expect("an answer");
        answer.result.expect("not an error of the function");
        Self {
            small_kib: peak_kib(&function),
            function,
        }
    }

    fn added_kib(&self) -> u64 {
        peak_kib(&self.function) - self.small_kib
    }

    #[track_caller]
    fn check(&self, what: &str) {
        let added = self.added_kib();
        assert!(added <= MAX_ADDED_KIB, "{what}: {added} KiB");
    }
}

/// What the system says is taken for granted on Linux only; elsewhere there is nothing to read.
fn peak_kib(function: &Function) -> u64 {
    match function.peak_memory_kib() {
        Some(kib) => kib,
        None if cfg!(target_os = "linux") => panic!("the system does not say what the process takes"),
        None => 0,
    }
}

impl Scene {
    fn start() -> Self {
        let stage = Stage::new();
        let (_, token) = stage.aws.waiting_task();
        let mut create = stage.create(&FEATURES);
        let urls = create.invoke(&direct_event(&token, &actions()))["urls"].clone();
        drop(create);
        let urls = urls.as_object().expect("links").clone();
        let url = urls["form"].as_str().expect("a link");
        let small = Door::Rest.event(&HttpRequest::for_url("GET", url));
        Self {
            measured: Measured::start("process_callback", &stage, &small),
            urls,
            stage,
        }
    }

    fn send(&mut self, case: &Case, link: &str, door: Door, accept: &str) {
        let what = format!("{}, {link}, {accept}", case.shape);
        assert!(case.body.len() <= MEBIBYTE, "{what}");
        let url = self.urls[link].as_str().expect("a link");
        let mut request = HttpRequest::for_url("POST", url)
            .header("Accept", accept)
            .header("X-Twilio-Signature", "AAAA")
            .body(case.content_type, case.body.as_bytes());
        if door == Door::FunctionUrl {
            request = request.in_base64();
        }
        let event = door.event(&request).to_string();
        if event.len() > LAMBDAS_LIMIT {
            return;
        }
        let invocation = self.measured.function.invoke_text(&event).expect("an answer");
        let answer = invocation.result.expect("not an error of the function");
        assert!(answer.to_string().len() < LAMBDAS_LIMIT, "{what}");
        let status = answer["statusCode"].as_u64();
        assert!(status.is_some_and(|status| status < 500), "{what}: {status:?}");
        self.measured.check(&what);
    }
}

#[test]
fn no_body_takes_more_than_64_mebibytes() {
    let mut scene = Scene::start();
    for (place, case) in cases().iter().enumerate() {
        for (number, link) in case.links.iter().enumerate() {
            let door = Door::ALL[(place + number) % 3];
            let accept = ["text/html", "application/json"][(place + number) % 2];
            scene.send(case, link, door, accept);
        }
    }
    println!(
        "{} KiB and {} more",
        scene.measured.small_kib,
        scene.measured.added_kib()
    );
    assert!(!scene.stage.aws.calls().is_empty(), "some of them were told");
}

#[test]
fn fifty_large_bodies_in_a_row_take_no_more_than_one() {
    let mut scene = Scene::start();
    let worst = [
        "digits below the limit",
        "keys below the limit",
        "fractions",
        "control characters",
    ];
    let cases = cases();
    let cases = cases
        .iter()
        .filter(|case| worst.iter().any(|worst| case.shape.starts_with(worst)));
    for case in cases.cycle().take(IN_A_ROW) {
        scene.send(case, case.links[0], Door::Rest, "text/html");
    }
}

#[test]
fn no_request_to_create_takes_more_than_64_mebibytes() {
    let stage = Stage::new();
    let mut measured = Measured::start("create_urls", &stage, &direct_event("t", &actions()));
    let action = |member: &str, text: &str| {
        format!(r#"{{"token":"t","actions":[{{"name":"a","type":"success","{member}":{text}}}]}}"#)
    };
    for (place, (shape, text)) in json_shapes(MEBIBYTE - 200).into_iter().enumerate() {
        let schema = format!(
            r#"{{"token":"t","actions":[{{"name":"a","type":"post","outcomes":[{{"name":"o","type":"heartbeat","schema":{text}}}]}}]}}"#
        );
        let resource = format!(
            r#"{{"RequestType":"Create","ResponseURL":"u","StackId":"s","ResourceProperties":{{"actions":{text}}}}}"#
        );
        let fields = text.replacen(
            '{',
            r#"{"token":"t","actions":[{"name":"a","type":"heartbeat"}],"#,
            1,
        );
        let approval =
            json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": text } }] }).to_string();
        let requests = [
            action("output", &text),
            action("unknown", &text),
            schema,
            fields,
            format!(r#"{{"token":"t","actions":{text}}}"#),
        ];
        for (number, body) in requests.iter().enumerate() {
            let request = HttpRequest::new("POST", "/urls").body(JSON, body.as_bytes());
            let event = Door::Rest.event(&request).to_string();
            let event = if (place + number) % 2 == 0 { &event } else { body };
            invoke(&mut measured, event, shape);
        }
        for event in [&text, &resource, &approval] {
            invoke(&mut measured, event, shape);
        }
    }
    // A direct invocation may have six mebibytes.
    for part in ["[],", "0,", "\"\",", "{},"] {
        for start in ["[", r#"{"deliver":["#, r#"{"RequestType":["#] {
            let end = if start == "[" { "0]" } else { "0]}" };
            invoke(&mut measured, &filled(start, part, end, LAMBDAS_LIMIT), start);
        }
    }
    println!("{} KiB and {} more", measured.small_kib, measured.added_kib());
}

fn invoke(measured: &mut Measured, event: &str, what: &str) {
    if event.len() <= LAMBDAS_LIMIT && serde_json::from_str::<&RawValue>(event).is_ok() {
        // An error is an answer, too: of an event for which nobody is told otherwise.
        let answer = measured.function.invoke_text(event).expect("an answer").result;
        assert!(
            answer.is_err() || answer.is_ok_and(|answer| answer.to_string().len() < LAMBDAS_LIMIT),
            "{what}"
        );
        measured.check(what);
    }
}

/// What a stranger can make large in an answer, through the real encoding of events.
#[test]
fn a_page_shown_again_fits_into_an_answer() {
    let mut scene = Scene::start();
    let entries = |text: &str| filled("outcome=o&f.a=", text, "", MEBIBYTE - 4_096);
    for (shape, text, is_shown) in [
        ("letters", "x", true),
        ("accents", "é", true),
        ("control characters", "\u{1}", false),
        ("angle brackets", "<", false),
        ("quotation marks", "\"", false),
        ("apostrophes", "'", false),
        ("escaped ampersands", "%26", true),
        ("escaped control characters", "%01", true),
        ("backslashes", "\\", true),
    ] {
        let url = scene.urls["form"].as_str().expect("a link");
        let request = HttpRequest::for_url("POST", url)
            .header("Accept", "text/html")
            .body(FORM, entries(text));
        let event = Door::Rest.event(&request).to_string();
        assert!(event.len() <= LAMBDAS_LIMIT, "{shape}");
        let answer = scene
            .measured
            .function
            .invoke_text(&event)
            .expect("an answer")
            .result;
        let answer = answer.expect("not an error of the function");
        let bytes = answer.to_string().len();
        assert!(bytes < LAMBDAS_LIMIT / 2, "{shape}: {bytes}");
        assert_eq!(bytes > MEBIBYTE / 4, is_shown, "{shape}: {bytes}");
        assert_eq!(answer["statusCode"], 400, "{shape}");
        scene.measured.check(shape);
    }
}

#[test]
fn what_parameters_fill_fits_into_an_answer() {
    let stage = Stage::new();
    let (_, token) = stage.aws.waiting_task();
    let often = "$v".repeat(1_000);
    let response = |response: Value| json!({ "name": "a", "type": "heartbeat", "response": response });
    let mut create = stage.create(&FEATURES);
    let small = Door::Rest.event(&HttpRequest::new("GET", "/respond"));
    let mut measured = Measured::start("process_callback", &stage, &small);
    for (accept, action) in [
        ("text/html", response(json!({ "html": often }))),
        ("text/plain", response(json!({ "text": often }))),
        (
            "application/json",
            response(json!({ "json": { "a": often, "$v": often } })),
        ),
        (
            "text/html",
            response(json!({ "redirect": format!("https://example.com/?{}", "$v".repeat(100)) })),
        ),
    ] {
        let request = json!({ "token": token, "actions": [action], "enable_output_parameters": true });
        let url = create.invoke(&request)["urls"]["a"]
            .as_str()
            .expect("a link")
            .to_owned();
        for value in ["%01", "%22", "%5C", "%3C", "x", "%C3%A9", "%0A"] {
            for times in [1, 8, 50, 1_000] {
                let request = HttpRequest::for_url("GET", &format!("{url}&v={}", value.repeat(times)));
                let event = Door::Rest.event(&request.header("Accept", accept)).to_string();
                let answer = measured.function.invoke_text(&event).expect("an answer").result;
                let answer = answer.expect("not an error of the function");
                let bytes = answer.to_string().len();
                assert!(bytes < LAMBDAS_LIMIT / 2, "{accept} {value} {times}: {bytes}");
                let status = answer["statusCode"].as_u64().expect("a status");
                assert!(
                    [200, 303, 400].contains(&status),
                    "{accept} {value} {times}: {status}"
                );
                Door::Rest.read(&answer).expect("an answer that the door takes");
                measured.check(accept);
            }
        }
    }
}
