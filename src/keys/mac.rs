//! Data keys of compact links: GenerateMac under an HMAC key of KMS (suite 0x03 of docs/FORMAT.md).

use super::KeyFailure;
use super::cache::SealingCache;
use super::epochs::{Debt, EpochCache};
use super::gate::{Asker, Gate};
use super::kms::{failure, note};
use crate::calls::Calls;
use crate::config::{CacheSettings, KmsKeyId};
use crate::seal::{DataKey, Epoch, KeyRef, SealingKey, epoch};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use std::sync::Arc;
use std::time::Instant;

/// The HMAC key of a service, and the keys of epochs that it gave.
pub struct MacKeys {
    client: aws_sdk_kms::Client,
    key: KmsKeyId,
    audience: String,
    sealing: SealingCache,
    opening: EpochCache,
}

impl MacKeys {
    pub(super) fn new(
        client: aws_sdk_kms::Client,
        key: KmsKeyId,
        audience: String,
        caches: CacheSettings,
        gate: Arc<Gate>,
    ) -> Self {
        Self {
            client,
            key,
            audience,
            // Asked again within the hour, KMS gives the same key: to count its uses would bound nothing.
            sealing: SealingCache::new(caches.data_key_max_age, u32::MAX),
            opening: EpochCache::new(caches.decrypt_max_age, gate),
        }
    }

    pub(super) async fn sealing(&self, now: u64, calls: &Calls) -> Result<Arc<SealingKey>, KeyFailure> {
        let epoch = Epoch::at(now);
        self.sealing
            .take(1, now, epoch.seconds(), async || {
                Ok(SealingKey {
                    key: self.generate(epoch, calls).await?,
                    reference: KeyRef::Epoch(epoch),
                })
            })
            .await
    }

    pub(super) async fn opening(
        &self,
        epoch: Epoch,
        asker: &Asker,
        calls: &Calls,
    ) -> Result<(Arc<DataKey>, Option<Debt>), KeyFailure> {
        epoch.check(asker.now).map_err(KeyFailure::Refused)?;
        self.opening
            .open(epoch, asker, async || self.generate(epoch, calls).await)
            .await
    }

    pub(super) fn judge(&self, debt: Debt, is_its_key: bool) {
        self.opening.judge(debt, is_its_key);
    }

    async fn generate(&self, epoch: Epoch, calls: &Calls) -> Result<DataKey, KeyFailure> {
        let request = self
            .client
            .generate_mac()
            .key_id(self.key.as_str())
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .message(Blob::new(epoch.message(&self.audience)));
        let start = Instant::now();
        let answer = request.send().await;
        note(calls, "GenerateMac", start, &answer);
        let answer = answer.map_err(|error| failure(&error))?;
        let key = answer.mac().and_then(|mac| epoch::data_key(mac.as_ref()));
        key.ok_or_else(|| KeyFailure::Unexpected("KMS answered without a MAC of 32 bytes".to_owned()))
    }
}
