//! Start-up of the deployed executable over TLS, its memory and its CPU time:
//! `cargo build --release --no-default-features && cargo bench --bench start`.
//!
//! `SFN_CALLBACK_URLS_EXE` names another executable; `STARTS` another number of starts (default 51).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark may panic, and shares the stand-ins of the tests"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::aws::{FakeAws, Identity};
use support::events::{Door, HttpRequest};
use support::runtime_api::Launch;

fn main() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/sfn-callback-urls");
    let executable = std::env::var("SFN_CALLBACK_URLS_EXE").unwrap_or_else(|_| default.to_owned());
    let starts: usize = std::env::var("STARTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(51);
    let aws = FakeAws::start_tls(Identity::Trusted);
    let key = aws.make_key();
    let launch = |handler: &str| {
        Launch::new(&executable)
            .variable("_HANDLER", handler)
            .variable("KEY_ID", &key)
            .variable("BASE_URL", "https://example.com/v1")
            .variable("AWS_ENDPOINT_URL", aws.https_url())
            .variable("SSL_CERT_FILE", aws.authority_file().to_str().unwrap())
            .start()
    };
    let mut rows: Vec<(&str, Vec<Duration>)> = [
        "create: ready",
        "create: first answer",
        "process: ready",
        "process: first answer",
    ]
    .map(|name| (name, Vec::new()))
    .into();
    let mut memory = 0;
    let mut length = 0;
    for _ in 0..starts {
        let (_, token) = aws.waiting_task();
        let mut create = launch("create_urls");
        let request = json!({"token": token, "actions": [
            {"name": "approve", "type": "success", "output": {"name_in_output": "Ann"}},
            {"name": "reject", "type": "failure", "error": "rejected", "cause": "Ann rejected it"}
        ]});
        let answer = create.invoke(&request).unwrap().result.unwrap();
        let url = answer["urls"]["approve"].as_str().unwrap().to_owned();
        length = url.len();
        let mut process = launch("process_callback");
        let event = Door::HttpApi.event(&HttpRequest::for_url("GET", &url));
        let answer: Value = process.invoke(&event).unwrap().result.unwrap();
        assert_eq!(answer["statusCode"], 200, "{answer}");
        for (function, first) in [(&create, 0), (&process, 2)] {
            let times = function.times();
            rows[first].1.push(times.ready.unwrap());
            rows[first + 1].1.push(times.first_response.unwrap());
            memory = memory.max(function.peak_memory_kib().unwrap_or(0));
        }
        create.finish();
        process.finish();
    }
    println!("{starts} starts of each role over TLS, from spawn, in milliseconds");
    println!("{:<24}{:>8}{:>8}{:>8}", "", "min", "median", "p90");
    for (name, mut times) in rows {
        times.sort();
        let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e3;
        println!("{name:<24}{:>8.1}{:>8.1}{:>8.1}", at(0), at(50), at(90));
    }
    println!("peak memory {memory} KiB; approve link on a base of 22 characters: {length} characters");
}
