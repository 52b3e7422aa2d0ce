//! Compact links (suite 0x03) through the whole service: what KMS is asked, who may open what, and what strangers can buy.

use crate::kms::{ACCEPTING, COMPACT, KEY, Kms, MAC_KEY, USUAL};
use crate::support::{BASE, NOW, Stack, data, query, set_clock};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn approve() -> Value {
    json!({"name": "approve", "type": "success", "output": {"approved": true}})
}

fn beat() -> Value {
    json!({"name": "beat", "type": "heartbeat"})
}

fn stack(kms: &Kms, vars: &[(&str, &str)]) -> Stack {
    Stack::with_keys(kms.keys(vars), vars)
}

/// Another instance, with the same tasks.
fn instance(of: &Stack, kms: &Kms, vars: &[(&str, &str)]) -> Stack {
    of.updated(kms.keys(vars), vars)
}

fn bytes(url: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(data(url).strip_prefix("3-").unwrap())
        .unwrap()
}

fn with_bytes(bytes: &[u8]) -> String {
    format!("{BASE}/respond?data=3-{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// A link of this hour that nobody sealed.
fn forged(epoch: u32, salt: u32) -> String {
    with_bytes(
        &[
            &[3],
            epoch.to_be_bytes().as_slice(),
            salt.to_be_bytes().as_slice(),
            &[0; 200],
        ]
        .concat(),
    )
}

fn hour(unix_seconds: i64) -> u32 {
    u32::try_from(unix_seconds / HOUR).unwrap()
}

#[test]
fn a_mac_is_asked_for_under_our_key_and_of_our_message() {
    let kms = Kms::default();
    let create = stack(&kms, COMPACT);
    let process = instance(&create, &kms, COMPACT);
    for _ in 0..2 {
        let url = create.link(approve(), json!({}));
        assert_eq!(process.get(&url).status, 200);
    }
    assert_eq!(create.told(), [r#"success {"approved":true}"#; 2]);
    let message = b"sfn-callback-urls/3 epoch\x00\x07stack-1\x00\x07\x96\x46";
    let question = json!({
        "KeyId": MAC_KEY,
        "MacAlgorithm": "HMAC_SHA_256",
        "Message": STANDARD.encode(message),
    });
    // One of each instance.
    let asked = ("GenerateMac".to_owned(), question);
    assert_eq!(kms.asked(), [asked.clone(), asked]);
}

#[test]
fn a_compact_link_is_short_and_says_nothing_twice() {
    let kms = Kms::default();
    let create = stack(&kms, COMPACT);
    let token = create.task();
    let link = |stack: &Stack| {
        let answer = stack.create(&json!({"token": token, "actions": [approve()]}));
        answer.url("approve")
    };
    let url = link(&create);
    let names: Vec<String> = query(&url).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["data"]);
    assert_eq!(bytes(&url)[..5], [3, 0, 7, 0x96, 0x46]);
    let usual = link(&stack(&kms, USUAL));
    // The wrapped key, and `action=approve&type=success&`.
    let shorter = usual.len() - url.len() - "action=approve&type=success&".len();
    assert!(
        (242..=243).contains(&shorter),
        "{shorter}: four thirds of 251 - 69 bytes"
    );
}

/// These two are among the parameters that are filled in, so the URL has to have them.
#[test]
fn a_compact_link_with_parameters_keeps_what_is_filled_in() {
    let kms = Kms::default();
    let vars = [COMPACT, &[("ENABLE_OUTPUT_PARAMETERS", "true")]].concat();
    let stack = stack(&kms, &vars);
    let action = json!({"name": "a", "type": "success", "output": "$action of $type by $who"});
    let url = stack.link(action, json!({"enable_output_parameters": true}));
    assert!(
        url.starts_with(&format!("{BASE}/respond?action=a&type=success&data=3-")),
        "{url}"
    );
    assert_eq!(stack.get(&format!("{url}&who=me")).status, 200);
    assert_eq!(stack.told(), [r#"success "a of success by me""#]);
}

#[test]
fn what_the_url_says_besides_is_still_compared() {
    let kms = Kms::default();
    let stack = stack(&kms, COMPACT);
    let url = stack.link(approve(), json!({}));
    let refused = stack.get(&format!("{url}&action=reject"));
    assert_eq!(refused.refusal(), (400, "ActionMismatched".to_owned()));
    assert_eq!(
        stack.get(&format!("{url}&action=approve&type=success")).status,
        200
    );
}

#[test]
fn a_link_is_sealed_in_its_own_hour() {
    let kms = Kms::default();
    let vars = [COMPACT, &[("DATA_KEY_MAX_AGE", "3600")]].concat();
    let create = stack(&kms, &vars);
    let begins = i64::from(hour(NOW)) * HOUR;
    for (at, calls) in [
        (begins + 10, 1),
        (begins + HOUR - 1, 1),
        (begins + HOUR, 2),
        (begins + 2 * HOUR - 1, 2),
        (begins + 5 * HOUR, 3),
        // The clock was ahead, and was set right: no reader takes a link of an hour that is to come.
        (begins + 3 * HOUR, 4),
    ] {
        set_clock(at);
        let url = create.link(approve(), json!({}));
        assert_eq!(bytes(&url)[1..5], hour(at).to_be_bytes(), "at {at}");
        assert_eq!(kms.count(), calls, "at {at}");
    }
    set_clock(NOW);
}

#[test]
fn impossible_epochs_are_refused_before_kms_is_asked() {
    let kms = Kms::default();
    let stack = stack(&kms, COMPACT);
    let url = stack.link(beat(), json!({}));
    let before = kms.count();
    let now = hour(NOW);
    for epoch in [0, 1, now + 2, now + 1_000, now - 366 * 24 - 1, u32::MAX] {
        let refused = stack.get(&forged(epoch, 0));
        assert_eq!(refused.refusal(), (400, "InvalidPayload".to_owned()), "{epoch}");
    }
    assert_eq!(kms.count(), before);
    // A year later the honest one is too old as well, and until then it is not.
    let begins = i64::from(now) * HOUR;
    for (at, status) in [
        (begins + 366 * DAY, 200),
        (begins + 366 * DAY + 1, 400),
        (begins - HOUR, 200),
        (begins - HOUR - 1, 400),
    ] {
        set_clock(at);
        assert_eq!(instance(&stack, &kms, COMPACT).get(&url).status, status, "{at}");
    }
    set_clock(NOW);
}

#[test]
fn compact_links_open_when_no_more_are_made() {
    let kms = Kms::default();
    let before = stack(&kms, COMPACT);
    let url = before.link(beat(), json!({}));
    let after = instance(&before, &kms, ACCEPTING);
    assert_eq!(after.get(&url).status, 200);
    let new = after.link(beat(), json!({}));
    assert_eq!(bytes(&new)[0], 1, "suite 0x01 again");
    assert!(new.contains("/respond?action=beat&type=heartbeat&data=3-"));
    assert_eq!(after.get(&new).status, 200);
}

#[test]
fn links_of_both_suites_open_beside_each_other() {
    let kms = Kms::default();
    let before = stack(&kms, USUAL);
    let usual = before.link(beat(), json!({}));
    let after = instance(&before, &kms, COMPACT);
    let compact = after.link(beat(), json!({}));
    for url in [&usual, &compact, &usual] {
        assert_eq!(after.get(url).status, 200);
    }
    let operations: Vec<String> = kms.asked().into_iter().map(|(operation, _)| operation).collect();
    // The same service made and opened the compact one: two caches, two questions.
    assert_eq!(
        operations,
        ["GenerateDataKey", "GenerateMac", "Decrypt", "GenerateMac"]
    );
    assert_eq!(kms.asked()[2].1["KeyId"], KEY);
}

#[test]
fn without_an_hmac_key_no_compact_link_opens() {
    let kms = Kms::default();
    let compact = stack(&kms, COMPACT);
    let url = compact.link(beat(), json!({}));
    let asked = kms.count();
    let without = instance(&compact, &kms, USUAL);
    let local = compact.updated(Stack::keys(7), &[]);
    for stack in [&without, &local] {
        assert_eq!(stack.get(&url).refusal(), (400, "InvalidPayload".to_owned()));
    }
    let off = compact.updated(sfn_callback_urls::keys::Keys::Off, &[]);
    assert_eq!(off.get(&url).code(), "DecryptionUnsupported");
    assert_eq!(kms.count(), asked);
    let cause = without.log()[0]["cause"].as_str().unwrap().to_owned();
    assert!(cause.contains("another kind of key"), "{cause}");
}

#[test]
fn another_audience_opens_no_compact_link() {
    let kms = Kms::default();
    let ours = stack(&kms, COMPACT);
    let url = ours.link(beat(), json!({}));
    let vars = [&[("AUDIENCE", "stack-2")], COMPACT].concat();
    let theirs = instance(&ours, &kms, &vars);
    assert_eq!(theirs.get(&url).refusal(), (400, "InvalidPayload".to_owned()));
    assert_eq!(ours.get(&url).status, 200);
}

#[test]
fn failures_of_the_mac_key_have_these_answers() {
    for (code, answer, status, retry_after) in [
        ("NotFoundException", "KeyDeleted", 410, ""),
        ("DisabledException", "ServiceUnavailable", 503, "300"),
        ("KMSInvalidStateException", "ServiceUnavailable", 503, "300"),
        ("AccessDeniedException", "ServiceUnavailable", 503, "300"),
        ("InvalidKeyUsageException", "ServiceUnavailable", 503, "300"),
        ("InvalidGrantTokenException", "ServiceUnavailable", 503, "300"),
        ("ThrottlingException", "ServiceUnavailable", 503, "5"),
        ("KeyUnavailableException", "ServiceUnavailable", 503, "5"),
        ("KMSInternalException", "ServiceUnavailable", 503, "5"),
        ("SomethingNewException", "ServiceError", 500, ""),
    ] {
        let kms = Kms::default();
        let create = stack(&kms, COMPACT);
        let url = create.link(beat(), json!({}));
        kms.fail(code);
        let process = instance(&create, &kms, COMPACT);
        let refused = process.get(&url);
        assert_eq!(refused.refusal(), (status, answer.to_owned()), "{code}");
        assert_eq!(refused.header("retry-after"), retry_after, "{code}");
        assert!(!refused.body.contains("secret"), "{code}");
        let request = json!({"token": create.task(), "actions": [beat()]});
        let refused = instance(&create, &kms, COMPACT).create(&request);
        assert_eq!(refused.refusal(), (400, "EncryptionFailed".to_owned()), "{code}");
        kms.work();
        assert_eq!(process.get(&url).status, 200, "{code}: nothing of it is kept");
    }
}

#[test]
fn other_than_32_bytes_are_no_mac() {
    for bytes in [0, 31, 33, 64] {
        let kms = Kms::default();
        let create = stack(&kms, COMPACT);
        let url = create.link(beat(), json!({}));
        kms.shorten_macs(bytes);
        let process = instance(&create, &kms, COMPACT);
        assert_eq!(
            process.get(&url).refusal(),
            (500, "ServiceError".to_owned()),
            "{bytes}"
        );
        let request = json!({"token": create.task(), "actions": [beat()]});
        let refused = instance(&create, &kms, COMPACT).create(&request);
        assert_eq!(refused.code(), "EncryptionFailed", "{bytes}");
    }
}

/// Whoever makes up compact links goes through all hours, and then again through this one.
#[test]
fn forged_compact_links_buy_few_questions() {
    let kms = Kms::default();
    let stack = stack(&kms, COMPACT).unlucky();
    let url = stack.link(beat(), json!({}));
    let before = kms.count();
    let (mut invalid, mut too_many) = (0, 0);
    for number in 0..3_000 {
        let refused = stack.get(&forged(hour(NOW) + 1 - number % 1_000, number));
        match refused.refusal() {
            (400, code) if code == "InvalidPayload" => invalid += 1,
            (429, code) if code == "TooManyRequests" => {
                assert_eq!(refused.header("retry-after"), "1");
                too_many += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    // Ten hours, each once and then from memory; nothing for the rest.
    assert_eq!(kms.count() - before, 10);
    assert_eq!((invalid, too_many), (10 * 3, 3_000 - 10 * 3));
    // Honest links of other addresses: of this hour, of one that nobody has asked for, and of the other suite.
    set_clock(NOW - 30 * DAY);
    let old = stack.link(beat(), json!({}));
    set_clock(NOW);
    let usual = instance(&stack, &kms, ACCEPTING).link(beat(), json!({}));
    for (number, url) in [url, old, usual].iter().enumerate() {
        let address = format!("198.51.100.{number}");
        assert_eq!(stack.get_from(Some(&address), url).status, 200, "{number}");
    }
    assert_eq!(stack.told().len(), 3);
}

/// The question is charged to whoever made the link up, even if an honest one comes right after it.
#[test]
fn an_honest_link_is_not_charged_for_the_forged_one_before_it() {
    let kms = Kms::default();
    let create = stack(&kms, COMPACT);
    let urls: Vec<String> = (0..30)
        .map(|days| {
            set_clock(NOW - (days + 3) * DAY);
            create.link(beat(), json!({}))
        })
        .collect();
    set_clock(NOW);
    let process = instance(&create, &kms, COMPACT);
    for url in &urls {
        assert_eq!(process.get(url).status, 200);
    }
    let cold = instance(&create, &kms, COMPACT).unlucky();
    let (stranger, visitor) = (Some("203.0.113.1"), Some("198.51.100.1"));
    for (number, url) in urls.iter().enumerate() {
        let epoch = u32::from_be_bytes(bytes(url)[1..5].try_into().unwrap());
        let made_up = cold.get_from(stranger, &forged(epoch, 1));
        assert_eq!(made_up.status, if number < 10 { 400 } else { 429 }, "{number}");
        assert_eq!(cold.get_from(visitor, url).status, 200, "{number}");
    }
    // Those of the stranger are used up, those of the visitor are all there.
    for number in 0..10 {
        let made_up = forged(hour(NOW) - 2_000 - number, 1);
        assert_eq!(cold.get_from(stranger, &made_up).status, 429, "{number}");
        assert_eq!(cold.get_from(visitor, &made_up).status, 400, "{number}");
    }
    assert_eq!(cold.get_from(visitor, &forged(hour(NOW) - 3_000, 1)).status, 429);
}

/// The table of docs/PERFORMANCE.md, measured. Run with `--nocapture` to see it.
#[test]
fn lengths_are_those_of_the_table() {
    let bytes = |from: u32, count: u32| -> Vec<u8> {
        let byte = |number: u32| u8::try_from(number * 167 % 251).unwrap();
        (from..from + count).map(byte).collect()
    };
    let one = |count| STANDARD.encode(bytes(0, count));
    // Tokens of today are two texts, the second of 532 characters.
    let two = |count| STANDARD.encode(bytes(0, count)) + &STANDARD.encode(bytes(count, 399));
    let hosts = [
        (
            "default",
            "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/v1",
        ),
        ("`links.example.com`", "https://links.example.com"),
    ];
    let kms = Kms::default();
    let mut table = Vec::new();
    for token in [one(498), one(501), two(135), one(546)] {
        for (host, base) in hosts {
            let length = |vars: &[(&str, &str)]| {
                let vars = [&[("BASE_URL", base)], vars].concat();
                let action = json!({"name": "approve", "type": "success", "output": {"name_in_output": "Hello, World!"}});
                let answer = stack(&kms, &vars).create(&json!({"token": token, "actions": [action]}));
                answer.url("approve").len()
            };
            let (usual, compact) = (length(USUAL), length(COMPACT));
            let thousands = |number: usize| match number {
                0..1_000 => number.to_string(),
                _ => format!("{},{:03}", number / 1_000, number % 1_000),
            };
            table.push(format!(
                "| {} | {host} | {} | {} |",
                token.len(),
                thousands(usual),
                thousands(compact)
            ));
            assert!(usual <= 1_210 || token.len() > 668, "{usual}");
            assert!(compact <= 990 || token.len() > 712, "{compact}");
        }
    }
    println!("{}", table.join("\n"));
    let document = include_str!("../../docs/PERFORMANCE.md");
    assert!(
        document.contains(&table.join("\n")),
        "docs/PERFORMANCE.md has other lengths"
    );
}
