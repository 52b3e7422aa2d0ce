//! docs/FORMAT.md keeps to what there is: vectors, tests, and the values of its examples.

use super::{VECTORS, Vector, hex, unhex};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
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
    let named = quoted(&["sealed/", "python/"]);
    let existing: BTreeSet<&str> = VECTORS.keys().map(String::as_str).collect();
    let unnamed: Vec<_> = existing.difference(&named).collect();
    let missing: Vec<_> = named.difference(&existing).collect();
    assert!(
        unnamed.is_empty() && missing.is_empty(),
        "not named: {unnamed:?}; do not exist: {missing:?}"
    );
    assert!(existing.len() > 190, "{}", existing.len());
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
    let mut last = 0;
    for (number, rule, checks) in &rules {
        assert!(*number > last, "F{number} after F{last}: {rule}");
        last = *number;
        let checked = ["`sealed/", "`python/", "`test: "]
            .iter()
            .any(|kind| checks.contains(kind));
        assert!(checked, "F{number}: {checks}");
    }
    assert!(rules.len() >= 80, "{}", rules.len());
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
        "Payload",
        "Token",
        "Encryption context",
        "Caches",
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
        use base64::Engine as _;
        let text = vector.link.strip_prefix("3-").unwrap();
        let message = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .unwrap();
        let reference = match message[0] {
            1 => 2 + usize::from(u16::from_be_bytes([message[1], message[2]])),
            _ => 8,
        };
        let (header, sealed) = message.split_at(1 + reference + 48);
        Self {
            link: vector.link.clone(),
            data_key: unhex(&vector.key.as_ref().unwrap().data_key),
            audience: vector.audience.clone().unwrap(),
            header: header.to_vec(),
            salt: header[1 + reference..][..16].to_vec(),
            commitment: header[1 + reference + 16..].to_vec(),
            sealed: sealed.to_vec(),
        }
    }

    /// HKDF-Extract is an HMAC.
    fn prk(&self) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.salt), &self.data_key)
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
