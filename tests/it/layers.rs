//! Who may know whom, read from the source. docs/ARCHITECTURE.md shows the same table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Each module of `src`, and the modules whose names it may write. `entry` is three modules of its own.
const MAY_USE: &[(&str, &[&str])] = &[
    // Words that everybody may use.
    ("transaction", &[]),
    ("token", &[]),
    ("expiration", &[]),
    ("negotiate", &[]),
    ("language", &["negotiate"]),
    ("brand", &[]),
    ("constant_time", &[]),
    ("nonce", &["constant_time"]),
    ("template", &[]),
    ("calls", &[]),
    ("origin", &[]),
    ("https_url", &[]),
    ("unseen", &[]),
    ("rejection", &["transaction"]),
    ("unevaluated", &["rejection", "unseen"]),
    ("json", &["select"]),
    // The pure core: no I/O, no clock, no environment, nothing of AWS.
    (
        "action",
        &["json", "rejection", "select", "template", "unseen", "webhook"],
    ),
    ("select", &["action", "json", "rejection", "report"]),
    ("report", &["action", "json"]),
    (
        "link",
        &["action", "https_url", "rejection", "template", "unseen"],
    ),
    (
        "target",
        &[
            "action",
            "expiration",
            "https_url",
            "json",
            "rejection",
            "report",
            "token",
            "transaction",
        ],
    ),
    (
        "payload",
        &[
            "action",
            "json",
            "language",
            "nonce",
            "rejection",
            "target",
            "token",
            "transaction",
            "webhook",
        ],
    ),
    (
        "seal",
        &[
            "constant_time",
            "nonce",
            "payload",
            "rejection",
            "unseen",
            "webhook",
        ],
    ),
    (
        "webhook",
        &["constant_time", "json", "rejection", "select", "unseen"],
    ),
    ("event", &["json", "rejection", "target", "transaction"]),
    ("form", &["action", "json", "rejection", "select"]),
    (
        "deliver",
        &[
            "action",
            "brand",
            "expiration",
            "https_url",
            "language",
            "rejection",
            "unseen",
        ],
    ),
    (
        "request",
        &[
            "action",
            "config",
            "deliver",
            "expiration",
            "form",
            "json",
            "language",
            "link",
            "rejection",
            "report",
            "target",
            "template",
            "token",
            "transaction",
            "unevaluated",
        ],
    ),
    (
        "decide",
        &[
            "action",
            "expiration",
            "form",
            "json",
            "link",
            "nonce",
            "payload",
            "rejection",
            "report",
            "select",
            "target",
            "template",
            "transaction",
            "webhook",
        ],
    ),
    (
        "page",
        &[
            "action",
            "brand",
            "decide",
            "form",
            "language",
            "rejection",
            "transaction",
        ],
    ),
    (
        "reply",
        &[
            "action",
            "brand",
            "decide",
            "language",
            "negotiate",
            "page",
            "rejection",
            "transaction",
            "webhook",
        ],
    ),
    // Settings and the log.
    (
        "config",
        &[
            "action",
            "brand",
            "decide",
            "deliver",
            "expiration",
            "link",
            "log",
            "origin",
            "target",
        ],
    ),
    ("log", &["calls", "rejection"]),
    ("metrics", &["calls", "log"]),
    // Adapters.
    ("aws", &["config", "connect", "tls"]),
    ("tls", &[]),
    ("connect", &[]),
    ("outbound", &["config", "connect", "https_url", "tls"]),
    (
        "channels",
        &[
            "aws",
            "calls",
            "config",
            "deliver",
            "https_url",
            "outbound",
            "webhook",
        ],
    ),
    ("keys", &["aws", "calls", "config", "rejection", "seal"]),
    (
        "tasks",
        &[
            "action",
            "aws",
            "calls",
            "config",
            "outbound",
            "rejection",
            "report",
            "target",
            "token",
        ],
    ),
    // The only place that knows both sides.
    (
        "web",
        &[
            "action",
            "brand",
            "calls",
            "channels",
            "config",
            "decide",
            "deliver",
            "event",
            "expiration",
            "keys",
            "language",
            "link",
            "log",
            "metrics",
            "negotiate",
            "origin",
            "payload",
            "rejection",
            "reply",
            "request",
            "seal",
            "select",
            "target",
            "tasks",
            "transaction",
        ],
    ),
    // Shells.
    (
        "entry/process",
        &["aws", "channels", "config", "keys", "log", "tasks", "web"],
    ),
    ("entry/lambda", &["json", "log", "reply", "web"]),
    ("entry/warm", &["web"]),
    (
        "entry/laptop",
        &[
            "action",
            "aws",
            "calls",
            "channels",
            "config",
            "entry",
            "expiration",
            "keys",
            "link",
            "payload",
            "rejection",
            "reply",
            "seal",
            "select",
            "tasks",
            "web",
            "webhook",
        ],
    ),
    ("main", &["config", "entry", "web"]),
];

/// Pairs that know each other, and why that is borne. There are no others.
const MUTUAL: &[(&str, &str, &str)] = &[
    (
        "action",
        "select",
        "an outcome holds its compiled path; choosing needs outcomes",
    ),
    (
        "json",
        "select",
        "a step of a path is how a part of a text is found; bodies are kept as text",
    ),
];

/// Crates that only some files may name, as beginnings of paths.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("aws_sdk_kms", &["aws.rs", "keys/kms.rs", "keys/mac.rs"]),
    (
        "aws_sdk_sfn",
        &[
            "aws.rs",
            "tasks/judge.rs",
            "tasks/services.rs",
            "tasks/step_functions.rs",
        ],
    ),
    ("aws_sdk_sns", &["aws/deliver.rs", "channels/services.rs"]),
    ("aws_sdk_sesv2", &["aws/deliver.rs", "channels/services.rs"]),
    ("aws_sdk_eventbridge", &["aws/deliver.rs", "channels/services.rs"]),
    ("aws_sdk_secretsmanager", &["aws/deliver.rs"]),
    ("lettre::", &["deliver/"]),
    (
        "aws_sdk_lambda",
        &["aws.rs", "tasks/durable.rs", "tasks/services.rs"],
    ),
    (
        "aws_sdk_codepipeline",
        &["aws.rs", "tasks/codepipeline.rs", "tasks/services.rs"],
    ),
    (
        "aws_sdk_ssm",
        &[
            "aws.rs",
            "aws/deliver.rs",
            "tasks/automation.rs",
            "tasks/services.rs",
        ],
    ),
    (
        "aws_smithy",
        &[
            "aws.rs",
            "aws/",
            "channels/services.rs",
            "keys/kms.rs",
            "tasks/judge.rs",
        ],
    ),
    ("aws_config", &["entry/laptop/"]),
    ("lambda_http", &["entry/lambda.rs"]),
    ("lambda_runtime", &["entry/lambda.rs"]),
    ("hyper::", &["aws/", "connect.rs", "entry/laptop/", "outbound/"]),
    ("hyper_rustls", &["aws/", "outbound/"]),
    ("rustls::", &["aws/", "tls.rs"]),
    ("clap", &["entry/laptop/"]),
    (
        "tokio::",
        &[
            "aws/",
            "channels/",
            "connect.rs",
            "entry/",
            "keys/",
            "outbound/",
            "tasks/",
            "main.rs",
        ],
    ),
    (
        "http::",
        &[
            "aws.rs",
            "aws/",
            "channels/",
            "connect.rs",
            "entry/",
            "outbound/",
            "rejection.rs",
            "reply/",
            "tasks/presigned.rs",
            "web/",
        ],
    ),
    ("jsonschema::", &["form/check.rs", "select/schema"]),
    ("serde_json_path::", &["select/path/"]),
    ("minicbor", &["payload/packed", "aws/second_events.rs"]),
    (
        "askama",
        &[
            "decide/fill.rs",
            "deliver/mail.rs",
            "page/",
            "entry/laptop/home.rs",
        ],
    ),
    ("aead", &["seal/"]),
    (
        "std::env",
        &["config.rs", "entry/laptop/", "entry/process.rs", "main.rs"],
    ),
    ("std::fs", &["entry/laptop/", "tls.rs"]),
    (
        "std::net",
        &["config.rs", "entry/laptop/", "keys/address.rs", "outbound/"],
    ),
    ("multer", &["webhook/body/multipart.rs"]),
    ("futures_util", &["webhook/body/multipart.rs"]),
    (
        ".await",
        &[
            "aws/",
            "channels/",
            "connect.rs",
            "entry/",
            "keys/",
            "outbound/",
            "tasks/",
            "web/",
            "main.rs",
        ],
    ),
    (
        "async ",
        &[
            "aws/",
            "channels/",
            "connect.rs",
            "entry/",
            "keys/",
            "outbound/",
            "tasks/",
            "web/",
            "main.rs",
        ],
    ),
    ("Timestamp::now", &["entry/process.rs"]),
    ("SystemTime", &[]),
    (
        "Instant::now",
        &["channels/", "keys/", "outbound/", "tasks/", "web/"],
    ),
    ("SystemRandom", &["entry/process.rs"]),
];

/// The files of `src` by path, without comments and without the tests below them.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
                continue;
            }
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            if !name.ends_with(".rs") || name.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let (code, _tests) = text.split_once("#[cfg(test)]\nmod tests").unwrap_or((&text, ""));
            let code = code.split("#[cfg(test)]\n#[path").next().unwrap_or_default();
            let code: String = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(|line| line.to_owned() + "\n")
                .collect();
            found.insert(name, code);
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 40, "the source is there");
    found
}

/// `entry/lambda.rs` → `entry/lambda`, `keys/kms.rs` → `keys`.
fn module(file: &str) -> Option<String> {
    let path = file.strip_suffix(".rs")?;
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["lib"] | ["entry", "mod"] => None,
        ["entry", part, ..] => Some(format!("entry/{part}")),
        [module, ..] => Some((*module).to_owned()),
        [] => None,
    }
}

/// The modules that a text names, as `crate::x` or, from the executable, `sfn_callback_urls::x`.
fn named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for root in ["crate::", "sfn_callback_urls::"] {
        for rest in code.split(root).skip(1) {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            assert!(
                end > 0,
                "one module a line, so that it can be read here: {root}{}",
                &rest[..rest.len().min(40)]
            );
            named.insert(rest[..end].to_owned());
        }
    }
    named
}

fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, code) in sources() {
        let Some(module) = module(&file) else { continue };
        let own = module.split('/').next().unwrap().to_owned();
        let mut named = named(&code);
        if !module.starts_with("entry/") {
            named.remove(&own);
        }
        uses.entry(module).or_default().extend(named);
    }
    uses
}

#[test]
fn every_module_names_only_those_it_may_know() {
    let table: BTreeMap<&str, BTreeSet<&str>> = MAY_USE
        .iter()
        .map(|(module, may)| (*module, may.iter().copied().collect()))
        .collect();
    assert_eq!(table.len(), MAY_USE.len(), "a row for each module, once");
    let mut wrong = Vec::new();
    let uses = uses();
    for (module, used) in &uses {
        let Some(may) = table.get(module.as_str()) else {
            wrong.push(format!("{module}: has no row"));
            continue;
        };
        for other in used {
            if !may.contains(other.as_str()) {
                wrong.push(format!("{module} must not know {other}"));
            }
        }
        for other in may {
            if !used.contains(*other) {
                wrong.push(format!(
                    "{module} may know {other}, but does not: take it out of its row"
                ));
            }
        }
    }
    wrong.extend(
        table
            .keys()
            .filter(|module| !uses.contains_key(**module))
            .map(|module| format!("{module}: is gone")),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_two_modules_know_each_other_but_for_those_that_are_listed() {
    let uses = uses();
    let knows = |one: &str, other: &str| uses.get(one).is_some_and(|used| used.contains(other));
    let mut found = Vec::new();
    for one in uses.keys() {
        for other in uses.keys().filter(|other| one < *other) {
            if knows(one, other) && knows(other, one) {
                found.push((one.as_str(), other.as_str()));
            }
        }
    }
    let listed: Vec<_> = MUTUAL.iter().map(|(one, other, _)| (*one, *other)).collect();
    assert_eq!(found, listed);
    assert!(MUTUAL.iter().all(|(_, _, why)| !why.is_empty()));
}

#[test]
fn each_foreign_crate_is_named_only_where_it_belongs() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        for (word, places) in ONLY_IN {
            let is_word = |start: usize| {
                let before = code[..start].chars().next_back().unwrap_or(' ');
                word.starts_with('.') || !(before.is_alphanumeric() || before == '_')
            };
            let is_named = code.match_indices(word).any(|(start, _)| is_word(start));
            if is_named && !places.iter().any(|place| file.starts_with(place)) {
                wrong.push(format!("{file} names {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_token_is_known_to_few() {
    let sources = sources();
    let files: Vec<_> = sources
        .iter()
        .filter(|(_, code)| code.contains("TaskToken"))
        .map(|(file, _)| file.as_str())
        .collect();
    assert_eq!(
        files,
        [
            "payload/json_form.rs",
            "request/targets.rs",
            "target/mod.rs",
            "target/read.rs",
            "tasks/services.rs",
            "tasks/step_functions.rs",
            "token.rs"
        ]
    );
}

#[test]
fn process_has_no_path_that_seals() {
    let sources = sources();
    for word in [
        "sealing",
        "SealingKey",
        "seal::plain",
        "seal::seal",
        "sealed::seal",
        "request::CreateUrls",
    ] {
        assert!(!sources["web/process.rs"].contains(word), "{word}");
    }
    assert!(
        sources["web/create.rs"].contains("sealing"),
        "the words are those of today"
    );
}

#[test]
fn no_answer_and_no_log_line_can_see_a_payload() {
    let sources = sources();
    for file in [
        "reply/mod.rs",
        "reply/create.rs",
        "reply/describe.rs",
        "page/mod.rs",
        "page/ask.rs",
        "page/fields.rs",
        "negotiate.rs",
        "log.rs",
        "rejection.rs",
    ] {
        for word in ["Payload", "TaskToken", "DataKey", "Report", "Query"] {
            let is_there = sources[file].match_indices(word).any(|(start, _)| {
                !sources[file][..start].ends_with("Invalid") && !sources[file][..start].ends_with("Expired")
            });
            assert!(!is_there, "{file} names {word}");
        }
    }
}
