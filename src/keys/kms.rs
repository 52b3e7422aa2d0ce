//! Data keys under a KMS key: GenerateDataKey and Decrypt, with their caches.

use super::KeyFailure;
use super::cache::{ALWAYS, Answer, KeyDigest, OpeningCache, SealingCache};
use super::epochs::Debt;
use super::gate::{Asker, Gate};
use super::mac::MacKeys;
use crate::aws;
use crate::calls::Calls;
use crate::config::{CacheSettings, KmsKeyId};
use crate::rejection::Damage;
use crate::seal::esdk::Message;
use crate::seal::key::MAX_WRAPPED;
use crate::seal::{DataKey, Epoch, KeyRef, SealingKey};
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// The one key of an encryption context of the AWS Encryption SDK that the Python application wrote.
const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// Data keys of one service. A process instance never seals and a create instance never opens; their roles'
/// permissions say the same.
pub struct KmsKeys {
    client: aws_sdk_kms::Client,
    keys: Vec<KmsKeyId>,
    audience: String,
    sealing: SealingCache,
    opening: OpeningCache,
    gate: Arc<Gate>,
    mac: Option<MacKeys>,
    seals_compact: bool,
}

impl KmsKeys {
    /// `keys`: the one that seals, then further ones that open.
    pub fn new(
        client: aws_sdk_kms::Client,
        keys: Vec<KmsKeyId>,
        audience: String,
        caches: CacheSettings,
    ) -> Self {
        let gate = Arc::new(Gate::new());
        Self {
            client,
            keys,
            audience,
            sealing: SealingCache::new(caches.data_key_max_age, caches.data_key_max_uses),
            opening: OpeningCache::new(caches.decrypt_max_age, gate.clone()),
            gate,
            mac: None,
            seals_compact: false,
        }
    }

    /// With an HMAC key, whose compact links open. `seals`: new links are compact, too.
    pub fn with_mac(self, key: KmsKeyId, seals: bool, caches: CacheSettings) -> Self {
        let (audience, gate) = (self.audience.clone(), self.gate.clone());
        let mac = MacKeys::new(self.client.clone(), key, audience, caches, gate);
        Self {
            mac: Some(mac),
            seals_compact: seals,
            ..self
        }
    }

    /// What every data key of a `3-` link is bound to (docs/FORMAT.md, "Encryption context").
    fn context(&self) -> HashMap<String, String> {
        [
            ("app", "sfn-callback-urls"),
            ("fmt", "3"),
            ("aud", self.audience.as_str()),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    pub(super) async fn sealing(
        &self,
        links: u32,
        now: u64,
        calls: &Calls,
    ) -> Result<Arc<SealingKey>, KeyFailure> {
        match &self.mac {
            Some(mac) if self.seals_compact => mac.sealing(now, calls).await,
            Some(_) | None => {
                self.sealing
                    .take(links, now, ALWAYS, async || self.generate(calls).await)
                    .await
            }
        }
    }

    pub(super) async fn prepare_sealing(&self, now: u64) {
        if self.sealing.keeps() {
            // Should it fail, the first request says why.
            let _ = self.sealing(0, now, &Calls::default()).await;
        } else {
            self.connect().await;
        }
    }

    pub(super) async fn connect(&self) {
        let request = self.client.decrypt().customize().mutate_request(aws::as_ping);
        // No answer to it can be read, and for calls that is a reason to try again.
        let once = aws_sdk_kms::Config::builder().retry_config(RetryConfig::disabled());
        let _ = request.config_override(once).send().await;
    }

    pub(super) async fn opening(
        &self,
        wrapped: &[u8],
        asker: &Asker,
        calls: &Calls,
    ) -> Result<Arc<DataKey>, KeyFailure> {
        let id = KeyDigest::of(&[b"3", self.audience.as_bytes(), wrapped]);
        let keys: Vec<&KmsKeyId> = self.keys.iter().collect();
        self.opening
            .open(id, asker, async || {
                self.decrypt(&keys, wrapped, self.context(), calls).await
            })
            .await
    }

    pub(super) async fn opening_epoch(
        &self,
        epoch: Epoch,
        asker: &Asker,
        calls: &Calls,
    ) -> Result<(Arc<DataKey>, Option<Debt>), KeyFailure> {
        match &self.mac {
            Some(mac) => mac.opening(epoch, asker, calls).await,
            None => Err(KeyFailure::Refused(Damage::OtherKeyKind)),
        }
    }

    pub(super) fn judge(&self, debt: Debt, is_its_key: bool) {
        if let Some(mac) = &self.mac {
            mac.judge(debt, is_its_key);
        }
    }

    pub(super) async fn opening_legacy(
        &self,
        message: &Message<'_>,
        asker: &Asker,
        calls: &Calls,
    ) -> Result<Arc<DataKey>, KeyFailure> {
        let context: &BTreeMap<String, String> = message.encryption_context();
        if context.keys().any(|key| key != PUBLIC_KEY) {
            return Err(KeyFailure::Refused(Damage::ForeignContext));
        }
        let ours = message.data_keys().iter().find_map(|data_key| {
            let arn = std::str::from_utf8(data_key.key_info()).ok()?;
            let key = self.keys.iter().find(|key| key.is_meant_by(arn))?;
            (data_key.provider() == b"aws-kms").then_some((key, data_key.blob()))
        });
        let (key, wrapped) = ours.ok_or(KeyFailure::Refused(Damage::ForeignKey))?;
        let public_key = context.get(PUBLIC_KEY).map(String::as_bytes).unwrap_or_default();
        let id = KeyDigest::of(&[b"2", key.as_str().as_bytes(), public_key, wrapped]);
        let context = context.clone().into_iter().collect();
        self.opening
            .open(id, asker, async || {
                self.decrypt(&[key], wrapped, context, calls).await
            })
            .await
    }

    async fn generate(&self, calls: &Calls) -> Result<SealingKey, KeyFailure> {
        let key = self
            .keys
            .first()
            .ok_or_else(|| KeyFailure::Unexpected("no key".to_owned()))?;
        let request = self
            .client
            .generate_data_key()
            .key_id(key.as_str())
            .key_spec(DataKeySpec::Aes256);
        let start = Instant::now();
        let answer = request.set_encryption_context(Some(self.context())).send().await;
        note(calls, "GenerateDataKey", start, &answer);
        let answer = answer.map_err(|error| failure(&error))?;
        let key = answer
            .plaintext()
            .and_then(|plain| DataKey::from_slice(plain.as_ref()));
        let wrapped = answer
            .ciphertext_blob()
            .map(|blob| blob.as_ref().to_vec())
            .unwrap_or_default();
        match key {
            Some(key) if (1..=MAX_WRAPPED).contains(&wrapped.len()) => Ok(SealingKey {
                key,
                reference: KeyRef::Kms(wrapped),
            }),
            _ => Err(KeyFailure::Unexpected(
                "KMS answered without a data key of 32 bytes".to_owned(),
            )),
        }
    }

    /// Asks with each key pinned in turn, so that KMS itself refuses what is not ours
    /// (docs/decisions/001-pin-every-key.md).
    async fn decrypt(
        &self,
        keys: &[&KmsKeyId],
        wrapped: &[u8],
        context: HashMap<String, String>,
        calls: &Calls,
    ) -> Answer {
        let mut worst = None;
        let mut asked = 0;
        for key in keys {
            let request = self
                .client
                .decrypt()
                .key_id(key.as_str())
                .ciphertext_blob(Blob::new(wrapped));
            let start = Instant::now();
            let answer = request.set_encryption_context(Some(context.clone())).send().await;
            note(calls, "Decrypt", start, &answer);
            asked += 1;
            let ended = match answer {
                Ok(answer) => {
                    let opened = answer
                        .plaintext()
                        .and_then(|plain| DataKey::from_slice(plain.as_ref()));
                    let no_key = || KeyFailure::Refused(Damage::KeyRefused("not a data key".to_owned()));
                    Some(opened.ok_or_else(no_key))
                }
                Err(error) => {
                    let failure = failure(&error);
                    let is_final = matches!(failure, KeyFailure::Busy(_) | KeyFailure::Unexpected(_))
                        || error.code() == Some("InvalidCiphertextException");
                    if !is_final {
                        // Another key may be the right one.
                        worst = worst.max(Some(failure.clone()));
                    }
                    is_final.then_some(Err(failure))
                }
            };
            if let Some(key) = ended {
                return Answer { calls: asked, key };
            }
        }
        Answer {
            calls: asked,
            key: Err(worst.unwrap_or_else(|| KeyFailure::Unexpected("no key".to_owned()))),
        }
    }
}

pub(super) fn note<T: RequestId, E: ProvideErrorMetadata>(
    calls: &Calls,
    operation: &'static str,
    start: Instant,
    answer: &Result<T, SdkError<E, HttpResponse>>,
) {
    match answer {
        Ok(answer) => calls.add(operation, "ok", start.elapsed(), answer.request_id()),
        Err(error) => calls.add(
            operation,
            aws::error_name(error),
            start.elapsed(),
            error.request_id(),
        ),
    }
}

/// Whose fault an error of KMS is (KMS API reference, errors of Decrypt, GenerateDataKey and GenerateMac; docs/FORMAT.md,
/// "Failures of KMS").
pub(super) fn failure<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> KeyFailure {
    let name = aws::error_name(error);
    match aws::fault(error) {
        aws::Fault::NotSent | aws::Fault::MaybeSent => return KeyFailure::Busy(name),
        aws::Fault::Ours => return KeyFailure::Unexpected(name),
        aws::Fault::Answered => {}
    }
    match name.as_str() {
        "InvalidCiphertextException" | "IncorrectKeyException" => {
            KeyFailure::Refused(Damage::KeyRefused(name))
        }
        "NotFoundException" => KeyFailure::Deleted(name),
        "DisabledException"
        | "KMSInvalidStateException"
        | "AccessDeniedException"
        | "InvalidKeyUsageException"
        | "InvalidGrantTokenException" => KeyFailure::SwitchedOff(name),
        "ThrottlingException"
        | "TooManyRequestsException"
        | "LimitExceededException"
        | "KeyUnavailableException"
        | "DependencyTimeoutException"
        | "KMSInternalException" => KeyFailure::Busy(name),
        _ => KeyFailure::Unexpected(name),
    }
}
