//! What `fuzz/run` found worth keeping, and what it begins with, through the checks of its targets: a change that breaks
//! one of them is seen without the fuzzer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::path::Path;

#[path = "../../fuzz/src/create.rs"]
mod create;
#[path = "../../fuzz/src/deep.rs"]
mod deep;
#[path = "../../fuzz/src/event.rs"]
mod event;
#[path = "../../fuzz/src/form.rs"]
mod form;
#[path = "../../fuzz/src/jsonpath.rs"]
mod jsonpath;
#[path = "../../fuzz/src/legacy.rs"]
mod legacy;
#[path = "../../fuzz/src/link.rs"]
mod link;
#[path = "../../fuzz/src/memory.rs"]
mod memory;
#[path = "../../fuzz/src/payload.rs"]
mod payload;
#[path = "../../fuzz/src/process.rs"]
mod process;
#[path = "../../fuzz/src/seeds.rs"]
mod seeds;
#[path = "../../fuzz/src/service.rs"]
mod service;
#[path = "../../fuzz/src/webhook.rs"]
mod webhook;

use service::split_head;

/// Time and memory are measured by the fuzzer, with the optimised code.
fn bounded<T>(run: impl FnOnce() -> T) -> T {
    run()
}

fn within<T>(_most: usize, run: impl FnOnce() -> T) -> T {
    run()
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/corpus/{target}.jsonl"));
    let text = std::fs::read_to_string(file).unwrap();
    let input = |line: &str| match serde_json::from_str(line).unwrap() {
        Value::String(text) => text.into_bytes(),
        other => STANDARD.decode(other["base64"].as_str().unwrap()).unwrap(),
    };
    text.lines().map(input).collect()
}

fn check(target: &str, check: fn(&[u8])) {
    let seeds = seeds::seeds(target);
    let kept = kept(target);
    assert!(seeds.len() > 4 && kept.len() > 4);
    for input in seeds.iter().chain(&kept) {
        if std::panic::catch_unwind(|| check(input)).is_err() {
            panic!("{target}: {:?}", String::from_utf8_lossy(input));
        }
    }
}

#[test]
fn links() {
    check("link", link::check);
    check("legacy", legacy::check);
    check("payload", payload::check);
}

#[test]
fn requests() {
    check("create", create::check);
    check("process", process::check);
    check("event", event::check);
}

#[test]
fn bodies() {
    check("form", form::check);
    check("webhook", webhook::check);
    check("jsonpath", jsonpath::check);
    check("deep", deep::check);
    check("memory", memory::check);
}
