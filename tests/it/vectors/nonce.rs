//! The vectors of nonces: by themselves, and through the whole way of a request.

use super::{Key, names, read_json, same};
use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use serde_json::Value;
use sfn_callback_urls::action::Confirm;
use sfn_callback_urls::channels::Channels;
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::Keys;
use sfn_callback_urls::keys::local::LocalKeys;
use sfn_callback_urls::nonce::NonceFault;
use sfn_callback_urls::payload::Opened;
use sfn_callback_urls::seal::esdk::Message;
use sfn_callback_urls::seal::{self, Untrusted};
use sfn_callback_urls::tasks::{TaskList, Tasks};
use sfn_callback_urls::web::{App, Caller, Door};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

/// By folder and name.
pub static NONCES: LazyLock<BTreeMap<String, Vector>> = LazyLock::new(|| {
    super::update();
    let read = |name: String| (name.clone(), read_json(&name));
    names("nonce").into_iter().map(read).collect()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What is special about it.
    comment: String,
    /// Absent for links that are not encrypted.
    pub key: Option<Key>,
    /// Of the service that opens the link; for format 3 only.
    pub audience: Option<String>,
    pub link: String,
    /// When the page was shown, in Unix milliseconds; absent where no writer makes this nonce for this link.
    pub shown: Option<u64>,
    pub nonce: String,
    /// When the answer comes, in Unix milliseconds.
    now: u64,
    expect: Expect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Expect {
    #[serde(rename = "ok")]
    Ok,
    Foreign,
    TooYoung,
    TooOld,
}

impl From<Result<(), NonceFault>> for Expect {
    fn from(checked: Result<(), NonceFault>) -> Self {
        match checked {
            Ok(()) => Expect::Ok,
            Err(NonceFault::Foreign) => Expect::Foreign,
            Err(NonceFault::TooYoung) => Expect::TooYoung,
            Err(NonceFault::TooOld) => Expect::TooOld,
        }
    }
}

impl Vector {
    pub fn open(&self) -> Opened {
        match Untrusted::parse(&self.link).unwrap() {
            Untrusted::Plain(plain) => plain.trust_without_key().unwrap(),
            Untrusted::Legacy(bytes) => {
                let message = Message::parse(&bytes).unwrap();
                let plain = message.open(&self.key.as_ref().unwrap().bytes()).unwrap();
                seal::open_json(&plain).unwrap()
            }
            Untrusted::Sealed(sealed) => {
                let audience = self.audience.as_deref().unwrap();
                sealed
                    .open(&self.key.as_ref().unwrap().data_key(), audience)
                    .unwrap()
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        let nonce = self.open().nonce;
        same("expect", &self.expect, &nonce.check(&self.nonce, self.now).into())?;
        same("shown", &(self.expect != Expect::Foreign), &self.shown.is_some())?;
        match self.shown {
            Some(shown) => same("nonce", &self.nonce, &nonce.issue(shown)),
            None => Ok(()),
        }
    }
}

#[test]
fn every_nonce_is_what_it_says() {
    let failures: Vec<String> = NONCES
        .iter()
        .filter_map(|(name, vector)| Some(format!("{name}: {}", vector.check().err()?)))
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(NONCES.len() > 40, "{}", NONCES.len());
}

#[test]
fn no_two_nonces_are_the_same() {
    let mut seen = BTreeMap::new();
    for (name, vector) in NONCES.iter() {
        assert!(vector.comment.ends_with('.'), "{name}: the comment is a sentence");
        if let Some(other) = seen.insert((&vector.link, &vector.nonce, vector.now), name) {
            panic!("{name} and {other} are the same");
        }
    }
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// A service that opens the links of one vector, at the time of its answer.
fn service(vector: &Vector, log: Arc<Mutex<Vec<String>>>) -> App {
    NOW.set(vector.now);
    let line = |key: &Key| LocalKeys::parse(&LocalKeys::line(&key.data_key())).unwrap();
    let audience = vector.audience.clone();
    let config = Config::from_vars(|name| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AUDIENCE" => audience.clone(),
        _ => None,
    });
    App {
        config: config.unwrap(),
        keys: vector
            .key
            .as_ref()
            .map_or(Keys::Off, |key| Keys::Local(line(key))),
        tasks: Tasks::Listed(Arc::new(Mutex::new(TaskList::new()))),
        clock: || jiff::Timestamp::from_millisecond(NOW.get().try_into().unwrap()).unwrap(),
        channels: Channels::Off,
        random: |_| (),
        log: Box::new(move |line| log.lock().unwrap().push(line.to_owned())),
    }
}

/// The answer of a page with this nonce: nothing is sent unless it counts, and a page with a fresh one comes back.
#[tokio::test]
async fn an_answer_counts_with_a_nonce_that_does() {
    let mut tried = 0;
    for (name, vector) in NONCES.iter() {
        let is_here = vector.key.as_ref().is_none_or(|key| key.local_id.is_some());
        if !is_here || vector.open().payload.action.confirm == Confirm::Off {
            continue;
        }
        let log = Arc::new(Mutex::new(Vec::new()));
        let app = service(vector, log.clone());
        let nonce: String = vector.nonce.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let request = Request::post(format!("/respond?data={}", vector.link))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/html")
            .body(Bytes::from(format!("nonce={nonce}")))
            .unwrap();
        let caller = Caller {
            door: Door::HttpApi,
            source_ip: None,
            request_id: None,
        };
        let reply = app.process(&caller, request).await;
        let line: Value = serde_json::from_str(log.lock().unwrap().last().unwrap()).unwrap();
        let (error, cause) = (line["error"].as_str().unwrap(), line["cause"].as_str().unwrap());
        let refusal = match vector.expect {
            // Nobody has a task of this token, so that the answer got as far as to be sent.
            Expect::Ok => {
                assert_eq!(error, "StepFunctionsError", "{name}: {cause}");
                assert!(cause.starts_with("InvalidToken"), "{name}: {cause}");
                continue;
            }
            Expect::Foreign => "not one of this link",
            Expect::TooYoung => "less than a second",
            Expect::TooOld => "more than 24 hours",
        };
        assert_eq!(error, "ConfirmationRequired", "{name}: {cause}");
        assert!(cause.contains(refusal), "{name}: {cause}");
        let fresh = format!(
            r#"name="nonce" value="{}""#,
            vector.open().nonce.issue(vector.now)
        );
        assert!(reply.body().contains(&fresh), "{name}: {}", reply.body());
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}
