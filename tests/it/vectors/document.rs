//! docs/FORMAT.md keeps to what there is: vectors, tests, and the values of its examples.

use super::nonce::NONCES;
use super::{Key, VECTORS, Vector, hex, unhex};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::hmac;
use std::collections::BTreeSet;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../../docs/FORMAT.md");
const DOMAIN: &[u8] = b"sfn-callback-urls/3";

/// What stands between backticks and begins with one of these.
fn quoted(beginnings: &[&str]) -> BTreeSet<&'static str> {
    let quoted = DOCUMENT.split('`').skip(1).step_by(2);
    let plain = |text: &&str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "_/: ".contains(c))
    };
    quoted
        .filter(|text| beginnings.iter().any(|beginning| text.starts_with(beginning)))
        .filter(plain)
        .collect()
}

/// The rules, by number: their text and what checks them.
fn rules() -> Vec<(u32, &'static str, &'static str)> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| F"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [number, rule, checks] = cells.as_slice() else {
            panic!("three cells: {row}")
        };
        (number.parse().unwrap(), *rule, *checks)
    })
    .collect()
}

#[test]
fn every_vector_is_named_and_every_named_vector_exists() {
    let named = quoted(&["sealed/", "python/", "nonce/"]);
    let existing: BTreeSet<&str> = VECTORS.keys().chain(NONCES.keys()).map(String::as_str).collect();
    let unnamed: Vec<_> = existing.difference(&named).collect();
    let missing: Vec<_> = named.difference(&existing).collect();
    assert!(
        unnamed.is_empty() && missing.is_empty(),
        "not named: {unnamed:?}; do not exist: {missing:?}"
    );
    assert!(existing.len() > 310, "{}", existing.len());
}

#[test]
fn every_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    read_sources(&root.join("src"), &mut sources);
    read_sources(&root.join("tests"), &mut sources);
    let tests: BTreeSet<&str> = sources
        .split("#[")
        .filter_map(|piece| {
            let (attribute, rest) = piece.split_once(']')?;
            let (before, function) = rest.split_once("fn ")?;
            let is_test = attribute.contains("test") && matches!(before.trim(), "" | "async");
            is_test.then(|| function.split(['(', '<']).next().unwrap_or_default())
        })
        .collect();
    let named = quoted(&["test: "]);
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !tests.contains(&name["test: ".len()..]))
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    assert!(named.len() > 70, "{}", named.len());
}

fn read_sources(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_rule_has_its_number_and_what_checks_it() {
    let rules = rules();
    let mut seen = BTreeSet::new();
    for (number, rule, checks) in &rules {
        assert!(seen.insert(*number), "F{number} twice: {rule}");
        let checked = ["`sealed/", "`python/", "`nonce/", "`test: "]
            .iter()
            .any(|kind| checks.contains(kind));
        assert!(checked, "F{number}: {checks}");
    }
    // Rules are added where they belong, and numbers are dropped with their rules: neither order nor gaps mean anything.
    assert!(
        seen.range(1..=95).count() == 95 && rules.len() >= 105,
        "{}",
        rules.len()
    );
}

#[test]
fn sections_that_the_code_refers_to_exist() {
    for section in [
        "Text",
        "Layout",
        "Key schedule",
        "Sealing",
        "Opening",
        "Suite 0x02",
        "Suite 0x03",
        "Payload",
        "Form nonce",
        "Token",
        "Encryption context",
        "Caches",
        "The gate",
        "Failures of KMS",
    ] {
        let exists = DOCUMENT
            .lines()
            .any(|line| line.trim_start_matches('#').trim() == section && line.starts_with("##"));
        assert!(exists, "{section}");
    }
}

/// Links within the document lead to its headings.
#[test]
fn references_lead_somewhere() {
    let headings: BTreeSet<String> = DOCUMENT
        .lines()
        .filter(|line| line.starts_with("##"))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .replace(' ', "-")
        })
        .collect();
    let targets: Vec<&str> = DOCUMENT
        .split("](#")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect();
    assert!(targets.len() > 10);
    for target in targets {
        assert!(headings.contains(target), "#{target}");
    }
}

/// Keys, additional data and bytes of the examples, derived from their vectors with nothing of the program.
#[test]
fn the_examples_are_right() {
    let compact: String = DOCUMENT.chars().filter(|c| !c.is_whitespace()).collect();
    for (name, more) in [
        ("sealed/ok_local", true),
        ("sealed/published_kms", false),
        ("sealed/published_local", false),
        ("sealed/ok_compact", true),
    ] {
        let example = Example::of(&VECTORS[name]);
        let mut values = vec![
            example.link.clone(),
            hex(&example.expand(b" key")),
            hex(&example.commitment),
        ];
        assert_eq!(
            hex(&example.expand(b" commit")),
            hex(&example.commitment),
            "{name}"
        );
        let payload = example.opened();
        if more {
            values.extend([
                hex(&example.data_key),
                hex(&example.salt),
                hex(example.prk().as_ref()),
                hex(&example.additional_data()),
                hex(&example.sealed),
                hex(&payload),
            ]);
        } else {
            assert_eq!(payload, b"hello sealed url");
        }
        for value in values {
            assert!(compact.contains(&value), "{name}: {value}");
        }
    }
}

/// The nonces of the examples, from what their vectors say and nothing of the program.
#[test]
fn the_examples_of_nonces_are_right() {
    let compact: String = DOCUMENT.chars().filter(|c| !c.is_whitespace()).collect();
    for name in ["nonce/ok_local", "nonce/ok_plain"] {
        let vector = &NONCES[name];
        let (prk, info, payload) = match vector.link.strip_prefix("1-") {
            Some(text) => {
                let json = from_base64(text);
                let prk = extract(&[], digest(&SHA256, &json).as_ref());
                (prk, [DOMAIN, b" nonce"].concat(), json)
            }
            None => {
                let key = vector.key.as_ref().unwrap();
                let example = Example::of_link(&vector.link, key, vector.audience.as_deref().unwrap());
                let info = [DOMAIN, b" nonce", &example.header[..1]].concat();
                (example.prk(), info, example.opened())
            }
        };
        // HKDF-Expand of one block is an HMAC too.
        let key = extract(prk.as_ref(), &[info.as_slice(), &[1]].concat());
        let sum = digest(&SHA256, &payload);
        let time = &vector.shown.unwrap().to_be_bytes()[2..];
        let mac = extract(key.as_ref(), &[sum.as_ref(), time].concat());
        let nonce = [time, &mac.as_ref()[..16]].concat();
        assert_eq!(from_base64(&vector.nonce), nonce, "{name}");
        let plain = match std::str::from_utf8(&payload) {
            Ok(json) => json.to_owned(),
            Err(_) => hex(&payload),
        };
        for value in [
            vector.link.clone(),
            plain,
            hex(prk.as_ref()),
            hex(key.as_ref()),
            hex(sum.as_ref()),
            hex(time),
            hex(&mac.as_ref()[..16]),
            vector.nonce.clone(),
        ] {
            assert!(compact.contains(&value), "{name}: {value}");
        }
    }
}

/// HKDF-Extract is an HMAC.
fn extract(salt: &[u8], secret: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), secret)
}

fn from_base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap()
}

struct Example {
    link: String,
    data_key: Vec<u8>,
    audience: String,
    header: Vec<u8>,
    salt: Vec<u8>,
    commitment: Vec<u8>,
    sealed: Vec<u8>,
}

impl Example {
    fn of(vector: &Vector) -> Self {
        let key = vector.key.as_ref().unwrap();
        Self::of_link(&vector.link, key, vector.audience.as_deref().unwrap())
    }

    fn of_link(link: &str, key: &Key, audience: &str) -> Self {
        let message = from_base64(link.strip_prefix("3-").unwrap());
        let reference = match message[0] {
            1 => 2 + usize::from(u16::from_be_bytes([message[1], message[2]])),
            3 => 4,
            _ => 8,
        };
        let (header, sealed) = message.split_at(1 + reference + 48);
        Self {
            link: link.to_owned(),
            data_key: unhex(&key.data_key),
            audience: audience.to_owned(),
            header: header.to_vec(),
            salt: header[1 + reference..][..16].to_vec(),
            commitment: header[1 + reference + 16..].to_vec(),
            sealed: sealed.to_vec(),
        }
    }

    fn prk(&self) -> hmac::Tag {
        extract(&self.salt, &self.data_key)
    }

    fn expand(&self, purpose: &[u8]) -> [u8; 32] {
        let mut bytes = [0; 32];
        let prk = Salt::new(HKDF_SHA256, &self.salt).extract(&self.data_key);
        prk.expand(&[DOMAIN, purpose, &self.header[..1]], Length32)
            .unwrap()
            .fill(&mut bytes)
            .unwrap();
        bytes
    }

    fn additional_data(&self) -> Vec<u8> {
        let length = u16::try_from(self.audience.len()).unwrap().to_be_bytes();
        [DOMAIN, &[0], &length, self.audience.as_bytes(), &self.header].concat()
    }

    fn opened(&self) -> Vec<u8> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.expand(b" key")).unwrap());
        let mut sealed = self.sealed.clone();
        let (nonce, additional) = (
            Nonce::assume_unique_for_key([0; 12]),
            Aad::from(self.additional_data()),
        );
        key.open_in_place(nonce, additional, &mut sealed)
            .unwrap()
            .to_vec()
    }
}

struct Length32;

impl KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}
