//! The reader of AWS Encryption SDK messages against the official vectors.
//!
//! The vectors are not part of this repository. They are three zip files of the repository aws/aws-encryption-sdk,
//! folder TestVectors/dafny/TestVectors/test; the variable `AWS_ESDK_VECTORS` names the folder that holds them.
//! Each file has a manifest, the wrapping keys, the messages and their plaintext. What the SDK calls a raw keyring is
//! done here: AES and RSA data keys are unwrapped and handed to the reader.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read as _,
    path::PathBuf,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead;
use rsa::{Oaep, RsaPrivateKey, pkcs8::DecodePrivateKey as _, sha2};
use serde_json::Value;
use sfn_callback_urls::seal::esdk::{Damage, EncryptedDataKey, Message, Suite};

const VARIABLE: &str = "AWS_ESDK_VECTORS";

/// Messages that a reader of the SDK opens.
const VALID: [&str; 2] = ["v4-Net-4.0.1.zip", "valid-Net-4.0.0.zip"];
/// Messages that every reader has to refuse: version 4.0.0 for .NET wrote their headers wrong.
const INVALID: &str = "invalid-Net-4.0.0.zip";

/// What became of the messages of one or more files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    /// Gave the plaintext of the manifest, with every data key that could be unwrapped.
    opened: u32,
    /// Data keys that were unwrapped for these; a message may have two.
    opened_with_data_keys: u32,
    /// Refused with the right data key, because the header authenticates context that the message does not carry.
    refused_for_required_context: u32,
    /// Refused with the right data key, because the header is not authentic.
    refused_for_header: u32,
    /// Refused without a data key, because the suite is none of ours.
    refused_for_suite: u32,
    /// Taken apart; the data key is under a key of AWS KMS and cannot be unwrapped here.
    parsed_only: u32,
}

#[test]
fn valid_messages() {
    let mut count = Count::default();
    let mut opened_suites = BTreeSet::new();
    for name in VALID {
        let mut vectors = Vectors::open(name);
        for case in vectors.cases() {
            let bytes = vectors.file(&case.ciphertext);
            let Some((message, context)) = parse(&case, &bytes, &mut count) else {
                continue;
            };
            let data_keys = vectors.unwrap_data_keys(&case, &message, &context);
            if data_keys.is_empty() {
                assert!(
                    case.keys.iter().all(|key| key.kind == "aws-kms"),
                    "{}: no data key",
                    case.name
                );
                assert_eq!(message.data_keys()[0].provider(), b"aws-kms");
                assert!(
                    message.data_keys()[0]
                        .key_info()
                        .starts_with(b"arn:aws:kms:us-west-2:")
                );
                count.parsed_only += 1;
                continue;
            }
            if case.requires_context {
                for data_key in &data_keys {
                    assert_eq!(
                        message.open(data_key).unwrap_err(),
                        Damage::Header,
                        "{}",
                        case.name
                    );
                }
                count.refused_for_required_context += 1;
                continue;
            }
            let expected = vectors.file(&case.plaintext);
            for data_key in &data_keys {
                assert_eq!(*message.open(data_key).unwrap(), expected, "{}", case.name);
            }
            count.opened += 1;
            count.opened_with_data_keys += u32::try_from(data_keys.len()).unwrap();
            opened_suites.insert(message.suite().id());
        }
    }
    assert_eq!(opened_suites, BTreeSet::from([0x0178, 0x0378, 0x0478, 0x0578]));
    assert_eq!(
        count,
        Count {
            opened: 24,
            opened_with_data_keys: 32,
            refused_for_required_context: 14,
            refused_for_header: 0,
            refused_for_suite: 87,
            parsed_only: 12,
        },
        "137 messages",
    );
}

#[test]
fn invalid_messages() {
    let mut count = Count::default();
    let mut vectors = Vectors::open(INVALID);
    for case in vectors.cases() {
        let bytes = vectors.file(&case.ciphertext);
        let Some((message, context)) = parse(&case, &bytes, &mut count) else {
            continue;
        };
        let data_keys = vectors.unwrap_data_keys(&case, &message, &context);
        let [data_key] = data_keys.as_slice() else {
            panic!("{}: one data key", case.name)
        };
        assert_eq!(
            message.open(data_key).unwrap_err(),
            Damage::Header,
            "{}",
            case.name
        );
        count.refused_for_header += 1;
    }
    assert_eq!(
        count,
        Count {
            refused_for_header: 10,
            refused_for_suite: 18,
            ..Count::default()
        },
        "28 messages",
    );
}

/// The message, if its suite is one of ours, and its whole context, which wraps the data key: what it carries and
/// what the manifest adds.
fn parse<'a>(
    case: &Case,
    bytes: &'a [u8],
    count: &mut Count,
) -> Option<(Message<'a>, BTreeMap<String, String>)> {
    let message = match Message::parse(bytes) {
        Ok(message) => message,
        Err(damage) => {
            assert_eq!(damage, Damage::UnsupportedSuite, "{}", case.name);
            count.refused_for_suite += 1;
            return None;
        }
    };
    let mut context = message.encryption_context().clone();
    let is_signed = match message.suite() {
        Suite::HkdfSha256 | Suite::HkdfSha512Committed => false,
        Suite::HkdfSha384Signed | Suite::HkdfSha512CommittedSigned => true,
    };
    assert_eq!(
        context.contains_key("aws-crypto-public-key"),
        is_signed,
        "{}",
        case.name
    );
    if !case.requires_context {
        for (key, value) in &case.context {
            assert_eq!(context.get(key), Some(value), "{}", case.name);
        }
    }
    context.extend(case.context.clone());
    Some((message, context))
}

/// One entry of a manifest.
struct Case {
    name: String,
    ciphertext: String,
    plaintext: String,
    context: BTreeMap<String, String>,
    /// The context is authenticated but not carried: a reader has to be told it.
    requires_context: bool,
    keys: Vec<Key>,
}

struct Key {
    kind: String,
    name: String,
    algorithm: Option<String>,
    hash: Option<String>,
}

/// One of the zip files.
struct Vectors {
    archive: zip::ZipArchive<File>,
    aes: [u8; 32],
    rsa: Option<RsaPrivateKey>,
}

impl Vectors {
    fn open(name: &str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "where the vectors are is no setting of the program"
        )]
        let folder = std::env::var_os(VARIABLE).map(PathBuf::from).unwrap_or_else(|| {
            panic!(
                "{VARIABLE} is not set: it names a folder with {}, {} and {INVALID} of the repository \
                 aws/aws-encryption-sdk, folder TestVectors/dafny/TestVectors/test",
                VALID[0], VALID[1],
            )
        });
        let path = folder.join(name);
        let file = File::open(&path).unwrap_or_else(|error| {
            panic!(
                "{VARIABLE}: {}: {error}; the file is found in the repository aws/aws-encryption-sdk, folder \
                 TestVectors/dafny/TestVectors/test",
                path.display(),
            )
        });
        let mut vectors = Self {
            archive: zip::ZipArchive::new(file).unwrap(),
            aes: [0; 32],
            rsa: None,
        };
        let keys: Value = serde_json::from_slice(&vectors.file("file://keys.json")).unwrap();
        let keys = &keys["keys"];
        let aes = keys["aes-256"]["material"].as_str().unwrap();
        vectors.aes = STANDARD.decode(aes).unwrap().try_into().unwrap();
        vectors.rsa = keys["rsa-4096-private"]["material"]
            .as_str()
            .map(|pem| RsaPrivateKey::from_pkcs8_pem(pem).unwrap());
        vectors
    }

    fn cases(&mut self) -> Vec<Case> {
        let manifest: Value = serde_json::from_slice(&self.file("file://manifest.json")).unwrap();
        assert_eq!(manifest["manifest"]["type"], "awses-decrypt");
        assert_eq!(manifest["manifest"]["version"], 4);
        manifest["tests"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, test)| Case::read(name, test))
            .collect()
    }

    fn file(&mut self, url: &str) -> Vec<u8> {
        let path = url.strip_prefix("file://").unwrap();
        let mut bytes = Vec::new();
        self.archive
            .by_name(path)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    }

    /// All that the raw keys of the case can unwrap, each of which has to be there.
    fn unwrap_data_keys(
        &self,
        case: &Case,
        message: &Message<'_>,
        context: &BTreeMap<String, String>,
    ) -> Vec<[u8; 32]> {
        assert_eq!(message.data_keys().len(), case.keys.len(), "{}", case.name);
        case.keys
            .iter()
            .zip(message.data_keys())
            .filter_map(
                |(key, data_key)| match (key.kind.as_str(), key.algorithm.as_deref()) {
                    ("aws-kms", None) => None,
                    ("raw", Some("aes")) => Some(unwrap_aes(&self.aes, data_key, context)),
                    ("raw", Some("rsa")) => Some(unwrap_rsa(self.rsa.as_ref().unwrap(), key, data_key)),
                    other => panic!("{}: an unknown kind of key: {other:?}", case.name),
                },
            )
            .collect()
    }
}

impl Case {
    fn read(name: &str, test: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            name: name.to_owned(),
            ciphertext: text(&test["ciphertext"]),
            plaintext: text(&test["result"]["output"]["plaintext"]),
            context: test["encryption-context"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| (key.clone(), text(value)))
                .collect(),
            requires_context: match test["cmm"].as_str() {
                Some("Default") => false,
                Some("RequiredEncryptionContext") => true,
                other => panic!("{name}: unknown materials manager {other:?}"),
            },
            keys: test["master-keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| Key {
                    kind: text(&key["type"]),
                    name: text(&key["key"]),
                    algorithm: key["encryption-algorithm"].as_str().map(str::to_owned),
                    hash: key["padding-hash"].as_str().map(str::to_owned),
                })
                .collect(),
        }
    }
}

/// `framework/raw-aes-keyring.md`: the nonce is at the end of the key's name, the context is authenticated.
fn unwrap_aes(
    wrapping_key: &[u8; 32],
    data_key: &EncryptedDataKey<'_>,
    context: &BTreeMap<String, String>,
) -> [u8; 32] {
    let nonce = data_key.key_info().last_chunk().unwrap();
    let mut serialized = Vec::new();
    if !context.is_empty() {
        serialized.extend(u16::try_from(context.len()).unwrap().to_be_bytes());
        for text in context.iter().flat_map(|(key, value)| [key, value]) {
            serialized.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            serialized.extend(text.as_bytes());
        }
    }
    let mut bytes = data_key.blob().to_vec();
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, wrapping_key).unwrap());
    let nonce = aead::Nonce::assume_unique_for_key(*nonce);
    let unwrapped: &[u8] = key
        .open_in_place(nonce, aead::Aad::from(serialized), &mut bytes)
        .unwrap();
    unwrapped.try_into().unwrap()
}

/// The key pair of both names is the same one.
fn unwrap_rsa(wrapping_key: &RsaPrivateKey, key: &Key, data_key: &EncryptedDataKey<'_>) -> [u8; 32] {
    let padding = match key.hash.as_deref() {
        Some("sha256") => Oaep::new::<sha2::Sha256>(),
        Some("sha512") => Oaep::new::<sha2::Sha512>(),
        other => panic!("{}: unknown hash {other:?}", key.name),
    };
    wrapping_key
        .decrypt(padding, data_key.blob())
        .unwrap()
        .try_into()
        .unwrap()
}
