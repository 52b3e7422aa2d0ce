//! What one link costs apart from the network: `cargo bench --no-default-features --bench core`.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark may panic"
)]

use bytes::Bytes;
use divan::{Bencher, black_box};
use http::Request;
use sfn_callback_urls::calls::Calls;
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::local::LocalKeys;
use sfn_callback_urls::keys::{Asker, Keys};
use sfn_callback_urls::payload::Payload;
use sfn_callback_urls::seal::esdk::Message;
use sfn_callback_urls::seal::sealed::seal;
use sfn_callback_urls::seal::{DataKey, KeyRef, SealingKey, Untrusted};
use sfn_callback_urls::tasks::{TaskList, TaskSpec, Tasks};
use sfn_callback_urls::web::{App, Caller, Door};
use std::sync::{Arc, Mutex};

fn main() {
    divan::main();
}

const AUDIENCE: &str = "default";

fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_790_000_000).expect("in range")
}

/// Random enough for a benchmark, and quick.
fn random(bytes: &mut [u8]) {
    bytes.fill(0xa5);
}

fn app(tasks: &Arc<Mutex<TaskList>>) -> App {
    let vars = [
        ("AWS_REGION", "eu-central-1"),
        ("BASE_URL", "https://example.com/v1"),
        ("ENABLE_POST_ACTIONS", "true"),
    ];
    let variable = |name: &str| {
        vars.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    App {
        channels: sfn_callback_urls::channels::Channels::Off,
        config: Config::from_vars(variable).expect("good settings"),
        keys: Keys::Local(LocalKeys::parse(&LocalKeys::line(&DataKey::new([7; 32]))).expect("a key")),
        tasks: Tasks::Listed(tasks.clone()),
        clock: now,
        random,
        log: Box::new(|line| {
            black_box(line.len());
        }),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
}

fn token(tasks: &Arc<Mutex<TaskList>>) -> String {
    tasks
        .lock()
        .expect("one thread")
        .start(TaskSpec::default(), [3; 64], now())
        .1
}

fn request(token: &str, actions: usize) -> Bytes {
    let action = |number: usize| serde_json::json!({"name": format!("approve{number}"), "type": "success", "output": {"name_in_output": "Ann"}});
    let actions: Vec<_> = (0..actions).map(action).collect();
    Bytes::from(serde_json::json!({"token": token, "actions": actions}).to_string())
}

fn caller(door: Door) -> Caller {
    Caller {
        door,
        source_ip: None,
        request_id: None,
    }
}

fn asker(app: &App) -> Asker {
    Asker {
        address: None,
        now: 1_790_000_000,
        random: app.random,
    }
}

/// The payload of the example's approve link, with a token of real length, and a key of real size.
fn sealed() -> (Payload, SealingKey, String) {
    let tasks = Arc::default();
    let app = app(&tasks);
    let reply =
        runtime().block_on(app.create(&caller(Door::Direct), Request::new(request(&token(&tasks), 1))));
    let answer: serde_json::Value = serde_json::from_str(reply.body()).expect("JSON");
    let url = answer["urls"]["approve0"].as_str().expect("a URL").to_owned();
    let data = url.split("data=").nth(1).expect("data").to_owned();
    let (untrusted, calls) = (Untrusted::parse(&data).expect("a link"), Calls::default());
    let payload = runtime()
        .block_on(app.open(untrusted, &asker(&app), &calls))
        .expect("opens")
        .payload;
    let key = SealingKey {
        key: DataKey::new([7; 32]),
        reference: KeyRef::Kms(vec![1; 184]),
    };
    let link = seal(&payload, &key, [9; 16], AUDIENCE);
    (payload, key, link)
}

#[divan::bench]
fn seal_a_link(bencher: Bencher<'_, '_>) {
    let (payload, key, _) = sealed();
    bencher.bench_local(|| seal(black_box(&payload), &key, [9; 16], AUDIENCE));
}

#[divan::bench]
fn open_a_link(bencher: Bencher<'_, '_>) {
    let (_, key, link) = sealed();
    bencher.bench_local(|| match Untrusted::parse(black_box(&link)) {
        Ok(Untrusted::Sealed(sealed)) => sealed.open(&key.key, AUDIENCE).expect("opens"),
        _ => unreachable!("a 3- link"),
    });
}

/// A message of the AWS Encryption SDK for Python 4.0.7 with a signature (suite 0x0578).
#[divan::bench]
fn open_a_signed_link_of_the_python_application(bencher: Bencher<'_, '_>) {
    let vector: serde_json::Value =
        serde_json::from_str(include_str!("../tests/vectors/python/ok_0578.json")).expect("JSON");
    let hex = vector["key"]["data_key"].as_str().expect("hex");
    let digits: Vec<u8> = hex
        .bytes()
        .map(|digit| (digit as char).to_digit(16).expect("hex") as u8)
        .collect();
    let mut key = [0; 32];
    digits
        .chunks(2)
        .zip(&mut key)
        .for_each(|(pair, byte)| *byte = pair[0] * 16 + pair[1]);
    let link = vector["link"].as_str().expect("a link");
    bencher.bench_local(|| match Untrusted::parse(black_box(link)) {
        Ok(Untrusted::Legacy(bytes)) => Message::parse(&bytes)
            .and_then(|message| message.open(&key))
            .expect("opens"),
        _ => unreachable!("a 2- link"),
    });
}

#[divan::bench(args = [1, 5])]
fn create(bencher: Bencher<'_, '_>, actions: usize) {
    let tasks = Arc::default();
    let (app, runtime) = (app(&tasks), runtime());
    let body = request(&token(&tasks), actions);
    bencher.bench_local(|| runtime.block_on(app.create(&caller(Door::Direct), Request::new(body.clone()))));
}

/// A whole visit. The link is that of a heartbeat, because its task stays open.
#[divan::bench]
fn process(bencher: Bencher<'_, '_>) {
    visit(
        bencher,
        serde_json::json!({"name": "beat", "type": "heartbeat"}),
        None,
    );
}

/// A whole visit with a body, a schema and a path.
#[divan::bench]
fn process_a_post(bencher: Bencher<'_, '_>) {
    let schema =
        serde_json::json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]});
    let outcomes = serde_json::json!([{"name": "beat", "type": "heartbeat", "schema": schema}]);
    let action = serde_json::json!({"name": "hook", "type": "post", "outcomes": outcomes});
    visit(bencher, action, Some(r#"{"ok": true, "note": "from a webhook"}"#));
}

fn visit(bencher: Bencher<'_, '_>, action: serde_json::Value, body: Option<&'static str>) {
    let tasks = Arc::default();
    let (app, runtime) = (app(&tasks), runtime());
    let request = serde_json::json!({"token": token(&tasks), "actions": [action]}).to_string();
    let reply = runtime.block_on(app.create(&caller(Door::Direct), Request::new(Bytes::from(request))));
    let answer: serde_json::Value = serde_json::from_str(reply.body()).expect("JSON");
    let urls = answer["urls"].as_object().expect("URLs");
    let url = urls
        .values()
        .next()
        .and_then(serde_json::Value::as_str)
        .expect("a URL");
    let visit = || {
        let builder = Request::builder()
            .uri(url)
            .method(if body.is_some() { "POST" } else { "GET" });
        let builder = builder
            .header("content-type", "application/json")
            .header("accept", "text/html");
        builder
            .body(Bytes::from(body.unwrap_or_default()))
            .expect("a request")
    };
    let reply = runtime.block_on(app.process(&caller(Door::Local), visit()));
    assert_eq!(reply.status(), 200, "{}", reply.body());
    bencher.bench_local(|| runtime.block_on(app.process(&caller(Door::Local), visit())));
}
