//! At every level of the log, and whatever the libraries inside are asked to say: nothing secret comes out, and nothing at
//! all besides the lines of the log.

#![allow(clippy::indexing_slicing, reason = "a test may panic, that is how it fails")]

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;

use serde_json::{Value, json};
use sfn_callback_urls::entry::process;
use tokio::runtime::Runtime;

use crate::leaks::{CANARY, actions, expect_no_canary, refused_creations, visits};
use crate::stage::{Stage, data, launch};
use crate::support::aws::{AwsError, Commit, Fault, Operation};
use crate::support::events::{Door, HttpRequest, direct_event};
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::runtime_api::{Failure, Launch};
use crate::support::tls::Identity;

/// What makes other programs of this kind talk.
const TALK: [(&str, &str); 8] = [
    ("RUST_LOG", "trace"),
    ("RUST_LOG_STYLE", "always"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "full"),
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("RUST_SPANTRACE", "full"),
    ("TOKIO_CONSOLE", "1"),
];
const WAIT_HOST: &str = "cloudformation-waitcondition-us-east-1.s3.amazonaws.com";
const HOOK_HOST: &str = "hooks.example.com";
const PARAMETER: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/hook";
/// `whsec_` and the base64 of 32 bytes, of a sender and of a receiver.
const SENDER: &str = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWE=";
const RECEIVER: &str = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWI=";
const SIGNATURE: &str = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77";

/// A wait condition of CloudFormation, by the URL that was signed just now.
fn wait_target() -> Value {
    let now = process::clock();
    let (day, time) = (now.strftime("%Y%m%d"), now.strftime("%H%M%S"));
    let path = "/arn%3Aaws%3Acloudformation%3Aus-east-1%3A123456789012%3Astack/shop/5f8a/Approved";
    json!({ "type": "cloudformation-wait-condition", "url": format!(
        "https://{WAIT_HOST}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={day}T{time}Z&X-Amz-SignedHeaders=host\
        &X-Amz-Expires=7200&X-Amz-Credential=AKIDEXAMPLE%2F{day}%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Signature={SIGNATURE}"
    ) })
}

/// A webhook whose secret is given, and one whose secret the answer tells.
fn webhooks() -> Value {
    let hook = |name: &str, secret: &str| {
        json!({
            "name": name, "type": "post", "verify": { "scheme": "standard-webhooks", "secret": secret },
            "outcomes": [{ "name": "ok", "type": "success", "schema": {}, "output_body": true }],
        })
    };
    json!([hook("given", SENDER), hook("generated", "generate")])
}

/// A request for links that a host shall get.
fn delivered(token: &str) -> HttpRequest {
    let action = json!({ "name": "ask", "type": "success", "output": CANARY, "confirm": true });
    let webhook = json!({ "url": format!("https://{HOOK_HOST}/{CANARY}"), "secret": { "ssm": "/hook" } });
    let deliver = json!({ "webhook": webhook });
    HttpRequest::new("POST", "/urls")
        .json(&json!({ "token": token, "actions": [action], "deliver": deliver }))
}

/// Where the keys of TLS would lie if one wrote them down.
fn key_log(level: &str) -> PathBuf {
    let name = format!("sfn-callback-urls-{}-{level}.keys", std::process::id());
    std::env::temp_dir().join(name)
}

/// The lines of both roles, in which nothing is, of everything that passes.
fn lines_at(level: &str) -> Vec<Value> {
    let stage = Stage::new();
    let runtime = Runtime::new().expect("a runtime");
    let parameter = json!({ "Parameter": { "Value": RECEIVER } }).to_string();
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let outside = runtime.block_on(Receiver::start(
        &[WAIT_HOST, HOOK_HOST, "127.0.0.1"],
        Identity::Trusted,
        vec![
            Behaviour::status("200 OK", &parameter),
            Behaviour::status("200 OK", ""),
            // The secret may have been changed: it is read once more.
            Behaviour::status("403 Forbidden", CANARY),
            Behaviour::status("200 OK", &parameter),
            Behaviour::status("200 OK", ""),
            Behaviour::status("403 Forbidden", expired),
        ],
    ));
    let (address, key_log) = (outside.address().to_string(), key_log(level));
    // Whoever collects traces would be told here.
    let traces = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let spans = TcpListener::bind("127.0.0.1:0").expect("a port");
    traces.set_nonblocking(true).expect("a socket");
    spans.set_nonblocking(true).expect("a socket");
    let daemon = traces.local_addr().expect("an address").to_string();
    let collector = format!("http://{}", spans.local_addr().expect("an address"));
    let (endpoint, mac_key) = (format!("https://{address}"), stage.aws.make_mac_key());
    let (authority, keys) = (outside.authority().to_str(), key_log.to_str());
    let mut settings = TALK.to_vec();
    settings.extend([
        ("LOG_LEVEL", level),
        ("ENABLE_OUTPUT_PARAMETERS", "true"),
        ("ENABLE_POST_ACTIONS", "true"),
        ("ENABLE_WAIT_CONDITIONS", "true"),
        ("MAC_KEY_ID", &mac_key),
        ("HTTPS_CONNECT_TO", &address),
        ("SSL_CERT_FILE", authority.expect("a path")),
        ("SSLKEYLOGFILE", keys.expect("a path")),
        ("AWS_XRAY_DAEMON_ADDRESS", &daemon),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("AWS_ENDPOINT_URL_SSM", &endpoint),
        ("DELIVER_PARAMETER_ARNS", PARAMETER),
        ("DELIVER_HOSTS", HOOK_HOST),
        ("DECRYPT_CACHE_MAX_AGE", "0"),
    ]);
    let compact = [settings.as_slice(), &[("COMPACT_LINKS", "true")]].concat();
    let (mut create, mut create_compact) = (stage.create(&settings), stage.create(&compact));
    let mut process = stage.process(&settings);
    let (_, token) = stage.aws.waiting_task();
    for instance in [&mut create, &mut create_compact, &mut process] {
        for secret in [&token, CANARY, SENDER, RECEIVER, SIGNATURE] {
            instance.keep_secret(secret);
        }
    }

    let mut urls = create.urls(&token, &actions());
    urls.extend(create_compact.urls(&token, &actions()));
    let hooks = create.invoke(&direct_event(&token, &webhooks()));
    let generated = hooks["secrets"]["generated"]
        .as_str()
        .expect("a secret")
        .to_owned();
    create.keep_secret(&generated);
    process.keep_secret(&generated);
    urls.extend(create.urls_of(&hooks));
    for request in urls.iter().flat_map(|url| visits(std::slice::from_ref(url))) {
        process.visit(Door::Rest, &request);
    }
    let now = process::clock().as_second().to_string();
    for url in &urls[urls.len() - 2..] {
        let signed = HttpRequest::for_url("POST", url)
            .body("application/json", CANARY)
            .header("webhook-id", CANARY)
            .header("webhook-timestamp", &now)
            .header("webhook-signature", "v1,Y2FuYXJ5");
        assert_eq!(process.visit(Door::Rest, &signed).status, 401);
    }
    for event in refused_creations(&token) {
        create.invoke(&event);
    }

    // Delivered, and then not.
    for status in [200, 502] {
        assert_eq!(create.visit(Door::Rest, &delivered(&token)).status, status);
    }
    // Answered, and then too late.
    let action = json!([{ "name": "s", "type": "success", "output": CANARY }]);
    let waiting = create.invoke(&json!({ "target": wait_target(), "actions": action }));
    let url = create.urls_of(&waiting).remove(0);
    for status in [200, 400] {
        assert_eq!(process.open(&url).status, status);
    }
    assert_eq!(outside.received().len(), 6);

    for (operation, fault) in [
        (Operation::Decrypt, Fault::Error(AwsError::AccessDenied)),
        (Operation::Decrypt, Fault::Reset(Commit::Before)),
        (Operation::SendTaskSuccess, Fault::BrokenBody),
        (Operation::SendTaskSuccess, Fault::Error(AwsError::AccessDenied)),
    ] {
        stage.aws.fault(operation, vec![fault; 3]);
        process.keep_secret(data(&urls[0]));
        process.open(&urls[0]);
    }
    let lines = [create, create_compact, process]
        .map(crate::stage::Instance::lines)
        .concat();
    assert!(!key_log.exists(), "keys of TLS were written down");
    let nothing = |kind: Option<ErrorKind>| kind == Some(ErrorKind::WouldBlock);
    assert!(
        nothing(traces.recv(&mut [0]).err().map(|error| error.kind())),
        "a trace"
    );
    assert!(nothing(spans.accept().err().map(|error| error.kind())), "a span");
    lines
}

#[test]
fn nothing_secret_comes_out_at_any_level() {
    let levels = ["INFO", "WARN", "ERROR"];
    let lines = std::thread::scope(|scope| {
        let running = levels.map(|level| scope.spawn(move || lines_at(level)));
        running.map(|thread| thread.join().expect("no panic inside"))
    });
    let mut written = Vec::new();
    for (number, lines) in lines.iter().enumerate() {
        expect_no_canary(lines);
        let seen: Vec<&str> = lines.iter().filter_map(|line| line["level"].as_str()).collect();
        let wanted = &levels[number..];
        assert!(seen.iter().all(|level| wanted.contains(level)), "{wanted:?}");
        assert!(wanted.iter().all(|level| seen.contains(level)), "{wanted:?}");
        written.push((lines.len(), seen.len()));
    }
    let [(all, info), (_, warn), (_, error)] = written[..] else {
        panic!("three levels");
    };
    assert!(
        written.iter().all(|(lines, _)| *lines == all),
        "the same events: {written:?}"
    );
    assert!(all == info && info > warn && warn > error, "{written:?}");
}

fn talkative(stage: &Stage, handler: &str) -> Launch {
    let launch = launch(handler)
        .variable("KEY_ID", &stage.key)
        .variable("AWS_ENDPOINT_URL", stage.aws.http_url());
    TALK.iter()
        .fold(launch, |launch, (name, value)| launch.variable(*name, *value))
}

/// A panic of the real executable: the runtime's own, for a variable that Lambda always sets well.
#[test]
fn a_panic_tells_where_and_nothing_else() {
    let stage = Stage::new();
    let launch = talkative(&stage, "process_callback");
    let memory = format!("{CANARY}-memory");
    let mut function = launch.variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory).start();
    let ended = function.wait_until_ready();
    assert_eq!(ended, Err(Failure::Exited(Some(101))), "it panicked");
    let remains = function.finish();
    assert_eq!(
        remains.stderr.len(),
        0,
        "lines of another hook, and of a trace of the stack"
    );
    let [line] = &remains.stdout[..] else {
        panic!("{} lines", remains.stdout.len());
    };
    let line: Value = serde_json::from_str(line).expect("JSON");
    expect_no_canary(std::slice::from_ref(&line));
    let keys: Vec<&String> = line.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["timestamp", "level", "message", "at"]);
    assert_eq!(line["message"], "Panicked.");
    assert!(
        line["at"]
            .as_str()
            .is_some_and(|at| at.contains("lambda_runtime")),
        "{line}"
    );
}

/// The runtime answers such an event itself.
#[test]
fn an_event_that_is_no_json_is_not_repeated() {
    let stage = Stage::new();
    for handler in ["create_urls", "process_callback"] {
        let mut function = talkative(&stage, handler).start();
        for event in [
            CANARY.to_owned(),
            format!("{{\"token\":\"{CANARY}\""),
            format!("{{\"token\":\"{CANARY}\"}} {CANARY}"),
            format!("{{\"token\":\"{CANARY}\\ud800\"}}"),
            format!("\"{CANARY}\""),
            format!("[{{\"token\":\"{CANARY}\"}}, 1e999]"),
        ] {
            let invocation = function.invoke_text(&event).expect("an answer");
            let told = match invocation.result {
                Ok(answer) => answer,
                Err(error) => error.body,
            };
            assert!(!told.to_string().contains(CANARY), "an answer repeats the event");
        }
        let remains = function.finish();
        assert_eq!(remains.stderr.len(), 0, "lines besides the log");
        let lines: Vec<Value> = remains
            .stdout
            .iter()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        expect_no_canary(&lines);
    }
}

/// Whoever may invoke the function may say what it likes of itself. The runtime ends over what it cannot read.
#[test]
fn a_client_context_that_cannot_be_read_is_not_repeated() {
    let stage = Stage::new();
    for context in [
        json!(CANARY),
        json!([CANARY]),
        json!({ "custom": CANARY }),
        json!({ "environment": { "locale": { CANARY: 1 } } }),
        json!({ "client": { "installation_id": { CANARY: CANARY } } }),
    ] {
        let launch = talkative(&stage, "create_urls").client_context(&context);
        let mut function = launch.start();
        let ended = function.invoke(&json!({ "token": CANARY })).map(|_| ());
        assert_eq!(ended, Err(Failure::Exited(Some(1))));
        let remains = function.finish();
        assert_eq!(remains.stderr.len(), 0, "lines besides the log");
        let [line] = &remains.stdout[..] else {
            panic!("{} lines", remains.stdout.len());
        };
        let line: Value = serde_json::from_str(line).expect("JSON");
        expect_no_canary(std::slice::from_ref(&line));
        assert_eq!(line["level"], "ERROR");
        assert!(
            line["problems"][0]
                .as_str()
                .is_some_and(|text| text.contains("client context")),
            "{line}"
        );
    }
}
