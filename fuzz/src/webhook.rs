//! Webhooks: signatures of every sender that is known, and bodies beyond JSON.

use super::bounded;
use super::seeds::webhooks;
use serde_json::{Value, json};
use sfn_callback_urls::select::MAX_BODY_BYTES;
use sfn_callback_urls::webhook::{Intake, Received, Scheme, Verify, body};
use std::sync::LazyLock;

/// A sender whose request is known, and what verifies it.
struct Sender {
    name: String,
    verify: Verify,
    url: Option<String>,
    now_ms: u64,
    body: String,
}

static SENDERS: LazyLock<Vec<Sender>> = LazyLock::new(|| webhooks().iter().map(sender).collect());
/// What links take: what none says, and everything.
static INTAKES: LazyLock<[Intake; 4]> = LazyLock::new(|| {
    let read = |wire: Value| {
        let wire = serde_json::from_value(wire).expect("the fields of links");
        Intake::read(wire).expect("an intake")
    };
    let all = json!(["json", "form", "multipart", "text", "empty"]);
    [
        Intake::default(),
        read(json!({"bodies": all, "accept_raw": true})),
        read(json!({"bodies": all, "unwrap": "payload"})),
        read(json!({"bodies": ["form", "text-json"], "accept_raw": true})),
    ]
});

/// The first line of the input names a sender, then come headers, an empty line, and the body.
pub fn check(data: &[u8]) {
    let Some((head, sent)) = super::split_head(data) else {
        return;
    };
    let mut lines = head.lines();
    let name = lines.next().unwrap_or_default();
    let headers: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim()))
        .collect();
    let content_type = headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .map(|(_, value)| *value);
    for sender in SENDERS.iter().filter(|sender| sender.name == name) {
        is_believed_for_what_was_signed(sender, &headers, content_type, sent);
    }
    for intake in &*INTAKES {
        for scheme in [None, Some(&Scheme::Mailgun)] {
            if let Ok(text) = bounded(|| body::as_json(intake, scheme, sent, content_type)) {
                assert!(sent.len() <= MAX_BODY_BYTES);
                let is_json: Result<Value, _> = serde_json::from_str(&text);
                // The text of a JSON body is looked into later.
                assert!(is_json.is_ok() || text.as_bytes() == sent || intake.unwrap.is_some());
            }
        }
    }
}

fn is_believed_for_what_was_signed(
    sender: &Sender,
    headers: &[(String, &str)],
    content_type: Option<&str>,
    sent: &[u8],
) {
    let headers: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let received = |now_ms| Received {
        headers: &headers,
        body: sent,
        content_type,
        text_is_json: false,
        urls: sender.url.iter().cloned().collect(),
        now_ms,
    };
    if bounded(|| sender.verify.check(None, &received(sender.now_ms))).is_err() {
        return;
    }
    // Secrets that are sent along sign nothing, and Mailgun signs a part of the body. Twilio signs what a form means, not how
    // it is written.
    let signs_the_body =
        !["gitlab", "twilio-form"].contains(&sender.name.as_str()) && !sender.verify.leaves_body_unsigned();
    assert!(
        !signs_the_body || sent == sender.body.as_bytes(),
        "{}: a forged body",
        sender.name
    );
    // A day and a second later a request that signs its time is believed no more.
    let later = sender.verify.check(None, &received(sender.now_ms + 86_401_000));
    assert_eq!(later.is_ok(), !signs_a_time(sender), "{}", sender.name);
}

fn signs_a_time(sender: &Sender) -> bool {
    let names = [
        "standard-webhooks",
        "standard-webhooks-v1a",
        "slack",
        "stripe",
        "mailgun",
        "paddle",
        "webflow",
        "elevenlabs",
        "discord",
        "zendesk",
        "docuseal",
        "dropbox-sign",
    ];
    names.contains(&sender.name.as_str())
}

fn sender(vector: &Value) -> Sender {
    let text = |field: &str| vector[field].as_str().expect("a text").to_owned();
    let verify = json!({"scheme": vector["scheme"], "secret": vector["secret"]});
    let verify = serde_json::from_value(verify).expect("the fields of links");
    Sender {
        name: text("name"),
        verify: Verify::read(verify)
            .expect("a vector's scheme and secret")
            .with_defaults(),
        url: vector["url"].as_str().map(str::to_owned),
        now_ms: vector["now"].as_u64().expect("Unix seconds") * 1_000,
        body: text("body"),
    }
}
