//! Keys, and the blobs made under them.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Map, Value, json};

use super::error::{ApiError, AwsError};
use super::random;

/// Bytes of the blob of a 32-byte data key.
pub const BLOB_BYTES: usize = 184;
/// Its first bytes, which are the same for all blobs of one key.
pub const BLOB_PREFIX_BYTES: usize = 37;
/// The first of these, in blobs of today.
const BLOB_START: [u8; 5] = [1, 2, 2, 0, 0x78];

/// Additional authenticated data of a blob.
pub type Context = BTreeMap<String, String>;

/// What KMS does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
    Deleted,
    /// The key works, but its policy does not let us use it.
    AccessDenied,
}

#[derive(Default)]
pub struct Kms {
    keys: BTreeMap<String, Key>,
    blobs: HashMap<Vec<u8>, Sealed>,
    /// Which key a blob is of, by its first bytes.
    prefixes: HashMap<Vec<u8>, String>,
}

struct Key {
    state: KeyState,
    usage: Usage,
    prefix: Vec<u8>,
}

/// What a key is for, decided when it is made.
enum Usage {
    /// `SYMMETRIC_DEFAULT`.
    EncryptDecrypt,
    /// `HMAC_256`.
    GenerateVerifyMac(hmac::Key),
}

struct Sealed {
    plaintext: Vec<u8>,
    context: Context,
}

impl Kms {
    pub fn add_key(&mut self, arn: &str) {
        self.add(arn, Usage::EncryptDecrypt);
    }

    pub fn add_mac_key(&mut self, arn: &str) {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &random::<32>());
        self.add(arn, Usage::GenerateVerifyMac(secret));
    }

    fn add(&mut self, arn: &str, usage: Usage) {
        let mut prefix = BLOB_START.to_vec();
        prefix.extend(random::<{ BLOB_PREFIX_BYTES - BLOB_START.len() }>());
        self.prefixes.insert(prefix.clone(), arn.to_owned());
        self.keys.insert(
            arn.to_owned(),
            Key {
                state: KeyState::Enabled,
                usage,
                prefix,
            },
        );
    }

    pub fn set_state(&mut self, arn: &str, state: KeyState) {
        self.keys.get_mut(arn).expect("a key that was added").state = state;
    }

    /// Makes `blob` one that decrypts, under a key that was added, to `plaintext`.
    pub fn register(&mut self, arn: &str, blob: &[u8], plaintext: &[u8], context: Context) {
        assert!(self.keys.contains_key(arn), "a key that was added");
        self.prefixes.insert(prefix_of(blob).to_vec(), arn.to_owned());
        self.blobs.insert(
            blob.to_vec(),
            Sealed {
                plaintext: plaintext.to_vec(),
                context,
            },
        );
    }

    pub fn generate_data_key(&mut self, request: &Map<String, Value>) -> Result<Value, ApiError> {
        only_fields(
            request,
            &[
                "KeyId",
                "KeySpec",
                "NumberOfBytes",
                "EncryptionContext",
                "GrantTokens",
            ],
        )?;
        let arn = self.usable_key(string(request, "KeyId")?.ok_or(AwsError::Validation)?)?;
        let bytes: usize = match (string(request, "KeySpec")?, request.get("NumberOfBytes")) {
            (Some("AES_256"), None) => 32,
            (Some("AES_128"), None) => 16,
            (None, Some(number)) => match number.as_u64().and_then(|number| usize::try_from(number).ok()) {
                Some(number) if (1..=1_024).contains(&number) => number,
                Some(_) | None => return Err(AwsError::Validation.into()),
            },
            (_, _) => return Err(AwsError::Validation.into()),
        };
        let context = context(request)?;
        self.in_order(&arn)?;
        self.encrypts(&arn)?;

        let plaintext: Vec<u8> = random::<1_024>().into_iter().take(bytes).collect();
        let mut blob = self
            .keys
            .get(&arn)
            .map(|key| key.prefix.clone())
            .unwrap_or_default();
        blob.extend(random::<{ BLOB_BYTES - BLOB_PREFIX_BYTES }>());
        let answer = json!({
            "CiphertextBlob": STANDARD.encode(&blob),
            "Plaintext": STANDARD.encode(&plaintext),
            "KeyId": arn,
        });
        self.blobs.insert(blob, Sealed { plaintext, context });
        Ok(answer)
    }

    pub fn decrypt(&mut self, request: &Map<String, Value>) -> Result<Value, ApiError> {
        let known = [
            "CiphertextBlob",
            "EncryptionContext",
            "KeyId",
            "EncryptionAlgorithm",
            "GrantTokens",
        ];
        only_fields(request, &known)?;
        let named = match string(request, "KeyId")? {
            Some(id) => Some(self.usable_key(id)?),
            None => None,
        };
        match string(request, "EncryptionAlgorithm")? {
            None | Some("SYMMETRIC_DEFAULT") => {}
            Some(_) => return Err(AwsError::InvalidKeyUsage.into()),
        }
        let blob = string(request, "CiphertextBlob")?.ok_or(AwsError::Validation)?;
        let blob = STANDARD.decode(blob).map_err(|_| AwsError::Serialization)?;
        if !(1..=6_144).contains(&blob.len()) {
            return Err(AwsError::Validation.into());
        }
        let context = context(request)?;
        if let Some(named) = &named {
            self.encrypts(named)?;
        }

        let arn = self
            .prefixes
            .get(prefix_of(&blob))
            .ok_or(AwsError::InvalidCiphertext)?;
        if named.is_some_and(|named| named != *arn) {
            return Err(ApiError::new(
                AwsError::IncorrectKey,
                "The key ID in the request does not identify a CMK that can perform this operation.",
            ));
        }
        self.usable_key(arn)?;
        self.in_order(arn)?;
        self.encrypts(arn)?;
        match self.blobs.get(&blob) {
            Some(sealed) if sealed.context == context => Ok(json!({
                "KeyId": arn,
                "Plaintext": STANDARD.encode(&sealed.plaintext),
                "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            })),
            Some(_) | None => Err(AwsError::InvalidCiphertext.into()),
        }
    }

    pub fn generate_mac(&self, request: &Map<String, Value>) -> Result<Value, ApiError> {
        only_fields(request, &["KeyId", "MacAlgorithm", "Message", "GrantTokens"])?;
        let arn = self.usable_key(string(request, "KeyId")?.ok_or(AwsError::Validation)?)?;
        let message = string(request, "Message")?.ok_or(AwsError::Validation)?;
        let message = STANDARD.decode(message).map_err(|_| AwsError::Serialization)?;
        if !(1..=4_096).contains(&message.len()) {
            return Err(AwsError::Validation.into());
        }
        let algorithm = string(request, "MacAlgorithm")?.ok_or(AwsError::Validation)?;
        self.in_order(&arn)?;
        match (self.keys.get(&arn).map(|key| &key.usage), algorithm) {
            (Some(Usage::GenerateVerifyMac(secret)), "HMAC_SHA_256") => Ok(json!({
                "KeyId": arn,
                "Mac": STANDARD.encode(hmac::sign(secret, &message)),
                "MacAlgorithm": algorithm,
            })),
            (_, "HMAC_SHA_224" | "HMAC_SHA_256" | "HMAC_SHA_384" | "HMAC_SHA_512") => {
                Err(AwsError::InvalidKeyUsage.into())
            }
            (_, _) => Err(AwsError::Validation.into()),
        }
    }

    /// An HMAC key neither encrypts nor decrypts.
    fn encrypts(&self, arn: &str) -> Result<(), ApiError> {
        match self.keys.get(arn).map(|key| &key.usage) {
            Some(Usage::EncryptDecrypt) => Ok(()),
            Some(Usage::GenerateVerifyMac(_)) => Err(AwsError::InvalidKeyUsage.into()),
            None => Err(not_found(arn)),
        }
    }

    /// The ARN of a key that we know and may use, given by ARN or by its id.
    fn usable_key(&self, id: &str) -> Result<String, ApiError> {
        let found = self
            .keys
            .iter()
            .find(|(arn, _)| *arn == id || arn.rsplit('/').next() == Some(id));
        match found {
            Some((arn, key)) => match key.state {
                KeyState::Enabled | KeyState::Disabled | KeyState::PendingDeletion => Ok(arn.clone()),
                KeyState::AccessDenied => Err(ApiError::new(
                    AwsError::AccessDenied,
                    format!("User is not authorized to perform this operation on resource: {arn}"),
                )),
                KeyState::Deleted => Err(not_found(id)),
            },
            None => Err(not_found(id)),
        }
    }

    fn in_order(&self, arn: &str) -> Result<(), ApiError> {
        match self.keys.get(arn).map(|key| key.state) {
            Some(KeyState::Enabled) => Ok(()),
            Some(KeyState::Disabled) => Err(ApiError::new(AwsError::Disabled, format!("{arn} is disabled."))),
            Some(KeyState::PendingDeletion) => Err(ApiError::new(
                AwsError::KmsInvalidState,
                format!("{arn} is pending deletion."),
            )),
            Some(KeyState::AccessDenied) => Err(AwsError::AccessDenied.into()),
            Some(KeyState::Deleted) | None => Err(not_found(arn)),
        }
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new(AwsError::NotFound, format!("Key '{id}' does not exist"))
}

fn prefix_of(blob: &[u8]) -> &[u8] {
    blob.get(..BLOB_PREFIX_BYTES).unwrap_or(blob)
}

fn context(request: &Map<String, Value>) -> Result<Context, ApiError> {
    let Some(value) = request.get("EncryptionContext") else {
        return Ok(Context::new());
    };
    let fields = value.as_object().ok_or(AwsError::Serialization)?;
    fields
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().ok_or(AwsError::Serialization)?;
            Ok((name.clone(), value.to_owned()))
        })
        .collect()
}

/// A field that is a string if it is there.
pub fn string<'a>(request: &'a Map<String, Value>, field: &str) -> Result<Option<&'a str>, ApiError> {
    match request.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(AwsError::Serialization.into()),
    }
}

/// AWS ignores fields that it does not know; here one is taken for a mistake of the caller.
pub fn only_fields(request: &Map<String, Value>, known: &[&str]) -> Result<(), ApiError> {
    match request.keys().find(|field| !known.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => Err(ApiError::new(
            AwsError::Validation,
            format!("unknown field {field}"),
        )),
    }
}
