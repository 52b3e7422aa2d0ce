//! The frozen vectors of docs/FORMAT.md: every file in `tests/vectors/sealed` and `tests/vectors/python` says what
//! becomes of one link, every file in `tests/vectors/nonce` what becomes of one nonce, and the document names them all.
//!
//! `UPDATE_VECTORS=1 cargo test --test it vectors` writes those that [`make`] describes and that do not exist yet.
//! A file that exists is never written again: what links mean does not change.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by a panic, and there is no stranger here"
)]

mod document;
mod kms;
mod make;
mod nonce;
mod webhook;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Deserialize;
use serde_json::value::RawValue;
use sfn_callback_urls::json::JsonText;
use sfn_callback_urls::payload::{Payload, json_form};
use sfn_callback_urls::rejection::Damage;
use sfn_callback_urls::seal::epoch::{self, Epoch};
use sfn_callback_urls::seal::esdk::{self, Message};
use sfn_callback_urls::seal::{self, DataKey, KeyRef, Sealed, SealingKey, Untrusted};
use sfn_callback_urls::unseen::is_unseen;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{LazyLock, Once};

/// By folder and name.
static VECTORS: LazyLock<BTreeMap<String, Vector>> = LazyLock::new(|| {
    update();
    read_all()
});

/// When a link is used whose vector does not say.
const NOW: u64 = 1_790_000_060;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    /// What is special about it.
    comment: String,
    /// Absent for links that are not encrypted.
    key: Option<Key>,
    /// Of the service that opens the link; for format 3 only.
    audience: Option<String>,
    /// Unix seconds at which the link is used.
    now: Option<u64>,
    link: String,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    /// In hex, like everything here.
    data_key: String,
    /// As KMS wrapped it.
    wrapped_key: Option<String>,
    /// Id of a local key.
    local_id: Option<String>,
    /// The HMAC key behind an epoch's data key.
    mac_key: Option<String>,
    /// Hours since 1970.
    epoch: Option<u32>,
    /// Of the KMS key that a message of the AWS Encryption SDK names.
    key_arn: Option<String>,
}

/// Either a payload or a damage.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// In the JSON of formats 1 and 2.
    payload: Option<Box<RawValue>>,
    /// Whether the link's time is over at `now`.
    expired: Option<bool>,
    /// Whether our own writer makes exactly this link of the payload; absent where it is free to.
    written: Option<bool>,
    /// What key 17 holds.
    verify: Option<Box<RawValue>>,
    /// The secret that follows from the link's own key.
    generated: Option<String>,
    /// The kind of damage.
    damage: Option<String>,
    /// What the log says of it.
    log: Option<String>,
}

#[test]
fn every_vector_is_what_it_says() {
    let failures: Vec<String> = VECTORS
        .iter()
        .filter_map(|(name, vector)| Some(format!("{name}: {}", vector.check(name).err()?)))
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_made_vector_is_there() {
    let missing: Vec<String> = made()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !VECTORS.contains_key(name) && !nonce::NONCES.contains_key(name))
        .collect();
    assert!(missing.is_empty(), "run with UPDATE_VECTORS=1: {missing:?}");
}

/// Two vectors of one link are a copy that was not finished.
#[test]
fn no_two_vectors_are_the_same() {
    let mut seen = BTreeMap::new();
    for (name, vector) in VECTORS.iter() {
        assert!(vector.comment.ends_with('.'), "{name}: the comment is a sentence");
        let key = vector.key.as_ref().map(|key| key.data_key.as_str());
        if let Some(other) = seen.insert((vector.link.as_str(), key, vector.audience.as_deref()), name) {
            panic!("{name} and {other} are the same");
        }
    }
}

impl Vector {
    fn check(&self, name: &str) -> Result<(), String> {
        match (&self.expect, self.open(name)?) {
            (
                expect @ Expect {
                    payload: Some(expected),
                    damage: None,
                    log: None,
                    ..
                },
                Ok(payload),
            ) => {
                let expected = JsonText::parse(expected.get()).map_err(|fault| fault.to_string())?;
                let opened = String::from_utf8(json_form::write(&payload)).unwrap();
                same("payload", expected.as_str(), &opened)?;
                let expired = self.now.map(|now| payload.is_expired(now));
                same("expired", &expect.expired, &expired)?;
                match expect.written {
                    Some(expected) => same("written", &expected, &(self.write(&payload)? == self.link)),
                    None => Ok(()),
                }
            }
            (
                Expect {
                    payload: None,
                    expired: None,
                    written: None,
                    verify: None,
                    generated: None,
                    damage: Some(class),
                    log: Some(log),
                },
                Err(damage),
            ) => {
                let debug = format!("{damage:?}");
                let found = debug.split(['(', ' ']).next().unwrap_or_default();
                same("damage", class.as_str(), found)?;
                same("log", log.as_str(), &damage.to_string())
            }
            (_, opened) => {
                let opened = opened.map(|payload| String::from_utf8(json_form::write(&payload)).unwrap());
                Err(format!(
                    "expects something else or not one thing; it is {opened:?}"
                ))
            }
        }
    }

    /// The outer `Err` is a fault of the vector.
    fn open(&self, name: &str) -> Result<Result<Payload, Damage>, String> {
        let untrusted = match Untrusted::parse(&self.link) {
            Ok(untrusted) => untrusted,
            Err(damage) => return Ok(Err(damage)),
        };
        match untrusted {
            Untrusted::Plain(plain) => {
                same("key", &false, &self.key.is_some())?;
                Ok(plain.trust_without_key().map(|opened| opened.payload))
            }
            Untrusted::Legacy(bytes) => {
                let key = self.key.as_ref().ok_or("has no key")?;
                Ok(open_message(&bytes, key))
            }
            Untrusted::Sealed(sealed) => {
                let key = self.key.as_ref().ok_or("has no key")?;
                let audience = self.audience.as_deref().ok_or("has no audience")?;
                if let KeyRef::Epoch(epoch) = sealed.reference()
                    && let Err(damage) = epoch.check(self.now.unwrap_or(NOW))
                {
                    return Ok(Err(damage));
                }
                key.check_epoch_key(audience)?;
                key.check_reference(name, &sealed)?;
                Ok(sealed
                    .open(&key.data_key(), audience)
                    .map(|opened| opened.payload))
            }
        }
    }

    /// The link that our own writer makes.
    fn write(&self, payload: &Payload) -> Result<String, String> {
        let Some(key) = &self.key else {
            return Ok(seal::plain(payload));
        };
        let reference = key.reference().ok_or("has neither wrapped_key nor local_id")?;
        let before_salt = match &reference {
            KeyRef::Kms(wrapped) => 3 + wrapped.len(),
            KeyRef::Local(id) => 1 + id.len(),
            KeyRef::Epoch(epoch) => 1 + epoch.to_be_bytes().len(),
        };
        let seen = self.link.chars().filter(|c| !is_unseen(*c));
        let text: String = seen
            .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
            .collect();
        let text = text.strip_prefix("3-").ok_or("is no link of ours")?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|error| error.to_string())?;
        let salt = bytes[before_salt..before_salt + 16].try_into().unwrap();
        let sealing = SealingKey {
            key: key.data_key(),
            reference,
        };
        let audience = self.audience.as_deref().unwrap_or_default();
        Ok(seal::sealed::seal(payload, &sealing, salt, audience))
    }
}

impl Key {
    fn bytes(&self) -> [u8; 32] {
        unhex(&self.data_key).try_into().expect("a data key has 32 bytes")
    }

    fn data_key(&self) -> DataKey {
        DataKey::new(self.bytes())
    }

    fn reference(&self) -> Option<KeyRef> {
        match (&self.wrapped_key, &self.local_id, self.epoch()) {
            (Some(wrapped), None, None) => Some(KeyRef::Kms(unhex(wrapped))),
            (None, Some(id), None) => unhex(id).try_into().ok().map(KeyRef::Local),
            (None, None, Some(epoch)) => Some(KeyRef::Epoch(epoch)),
            _ => None,
        }
    }

    fn epoch(&self) -> Option<Epoch> {
        self.epoch.map(|epoch| Epoch::from_be_bytes(epoch.to_be_bytes()))
    }

    /// The data key of an epoch is the one that its HMAC key gives for this audience.
    fn check_epoch_key(&self, audience: &str) -> Result<(), String> {
        let (Some(mac_key), Some(epoch)) = (&self.mac_key, self.epoch()) else {
            return same(
                "mac_key and epoch",
                &self.mac_key.is_some(),
                &self.epoch.is_some(),
            );
        };
        let mac_key = hmac::Key::new(hmac::HMAC_SHA256, &unhex(mac_key));
        let mac = hmac::sign(&mac_key, &epoch.message(audience));
        let given = epoch::data_key(mac.as_ref()).ok_or("the MAC has 32 bytes")?;
        same("data_key", &self.data_key().local_id(), &given.local_id())
    }

    /// The link names the key of the vector; the id of a local key is that of its bytes, except where the vector is
    /// older than this rule.
    fn check_reference(&self, name: &str, sealed: &Sealed) -> Result<(), String> {
        same("reference", &self.reference().as_ref(), &Some(sealed.reference()))?;
        match sealed.reference() {
            KeyRef::Local(id) if name != "sealed/published_local" => {
                same("local_id", id, &self.data_key().local_id())
            }
            KeyRef::Local(_) | KeyRef::Kms(_) | KeyRef::Epoch(_) => Ok(()),
        }
    }
}

fn open_message(bytes: &[u8], key: &Key) -> Result<Payload, Damage> {
    let damage = |damage: esdk::Damage| Damage::Legacy(damage.to_string());
    let message = Message::parse(bytes).map_err(damage)?;
    if let (Some(arn), Some(wrapped)) = (&key.key_arn, &key.wrapped_key) {
        let [data_key] = message.data_keys() else {
            panic!("one data key")
        };
        assert_eq!(data_key.provider(), b"aws-kms");
        assert_eq!(data_key.key_info(), arn.as_bytes());
        assert_eq!(data_key.blob(), unhex(wrapped));
    }
    let plain = message.open(&key.bytes()).map_err(damage)?;
    json_form::read(&plain)
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    match expected == found {
        true => Ok(()),
        false => Err(format!("{what}: expected {expected:?}, found {found:?}")),
    }
}

// ---- files ----

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", name]
        .iter()
        .collect()
}

fn path(name: &str) -> PathBuf {
    folder(&format!("{name}.json"))
}

fn read_json<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let text = std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The vectors of a folder, by folder and name.
fn names(of: &str) -> Vec<String> {
    let paths = std::fs::read_dir(folder(of))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| format!("{of}/{}", path.file_stem().unwrap().to_str().unwrap()))
        .collect()
}

fn read_all() -> BTreeMap<String, Vector> {
    let names = ["sealed", "python"].into_iter().flat_map(names);
    names.map(|name| (name.clone(), read_json(&name))).collect()
}

/// Names and texts of the files that [`make`] describes.
fn made() -> Vec<(String, String)> {
    let existing = |name: &str| read_json::<Vector>(name).link;
    let links = make::all(&existing).into_iter();
    let nonces = make::nonce::all(&existing).into_iter();
    links
        .map(|made| (made.name.clone(), made.text()))
        .chain(nonces.map(|made| (made.name.clone(), made.text())))
        .collect()
}

/// Writes what is missing, when asked to, before anything is read.
#[expect(
    clippy::disallowed_methods,
    reason = "the switch of a developer, not a setting of the program"
)]
fn update() {
    static UPDATED: Once = Once::new();
    UPDATED.call_once(|| {
        if std::env::var("UPDATE_VECTORS").is_err() {
            return;
        }
        for (name, text) in made() {
            let path = path(&name);
            if !path.exists() {
                std::fs::write(path, text).unwrap();
            }
        }
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(
        text.is_ascii() && text.len().is_multiple_of(2),
        "hex has two digits a byte"
    );
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits"))
        .collect()
}
