//! Data keys, and how a link says which one it was sealed under.

use super::epoch::Epoch;
use super::sealed::DOMAIN;
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// 32 secret bytes from which each link's own keys are derived.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Takes the bytes over; they are wiped when the key is dropped.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// From a buffer of KMS; `None` unless it has 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name of a local key: `SHA-256(DS || " kid" || key)[0..8]` (docs/FORMAT.md, "Suite 0x02").
    pub fn local_id(&self) -> [u8; 8] {
        let named = Zeroizing::new([DOMAIN, b" kid", self.0.as_slice()].concat());
        let mut id = [0; 8];
        id.copy_from_slice(digest(&SHA256, &named).as_ref().split_at(8).0);
        id
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}

/// How a link names its data key. Public: it stands in the link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyRef {
    /// Suite 0x01: the data key as KMS wrapped it, 1 to 1,024 opaque bytes.
    Kms(Vec<u8>),
    /// Suite 0x02: the id of a local key.
    Local([u8; 8]),
    /// Suite 0x03: the hour whose data key an HMAC key of KMS gives.
    Epoch(Epoch),
}

/// Longest wrapped key of suite 0x01, in bytes.
pub const MAX_WRAPPED: usize = 1_024;

impl KeyRef {
    /// What a log line joins links, KMS calls and CloudTrail events by: `hex(SHA-256(wrapped)[0..8])`, or the epoch.
    pub fn fingerprint(&self) -> String {
        let bytes = match self {
            KeyRef::Kms(wrapped) => wrapped.as_slice(),
            KeyRef::Local(id) => id.as_slice(),
            KeyRef::Epoch(epoch) => return format!("epoch-{}", epoch.number()),
        };
        digest(&SHA256, bytes)
            .as_ref()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A data key together with its name, ready for sealing.
#[derive(Debug)]
pub struct SealingKey {
    /// The secret.
    pub key: DataKey,
    /// What the link carries.
    pub reference: KeyRef,
}

impl SealingKey {
    /// Whether its links are to be as short as they can be.
    pub const fn is_compact(&self) -> bool {
        matches!(self.reference, KeyRef::Epoch(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_key() {
        assert_eq!(format!("{:?}", DataKey::new([7; 32])), "DataKey(redacted)");
    }

    #[test]
    fn only_32_bytes_are_a_key() {
        assert!(DataKey::from_slice(&[1; 32]).is_some());
        assert!(DataKey::from_slice(&[1; 31]).is_none());
        assert!(DataKey::from_slice(&[]).is_none());
        assert!(DataKey::from_slice(&[1; 33]).is_none());
    }

    #[test]
    fn only_links_of_an_epoch_are_compact() {
        for (reference, is_compact) in [
            (KeyRef::Kms(vec![1]), false),
            (KeyRef::Local([1; 8]), false),
            (KeyRef::Epoch(Epoch::at(1_790_000_000)), true),
        ] {
            let key = DataKey::new([7; 32]);
            assert_eq!(SealingKey { key, reference }.is_compact(), is_compact);
        }
    }

    #[test]
    fn different_keys_have_different_names() {
        assert_ne!(DataKey::new([1; 32]).local_id(), DataKey::new([2; 32]).local_id());
    }
}
