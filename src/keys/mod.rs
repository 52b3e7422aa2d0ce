//! Where data keys come from: nowhere, a file, or KMS.

mod address;
pub mod cache;
mod epochs;
mod gate;
pub mod kms;
pub mod local;
mod mac;

use crate::calls::Calls;
use crate::rejection::{Damage, Rejection, Sent, Unavailable};
use crate::seal::esdk::Message;
use crate::seal::{DataKey, KeyRef, SealingKey};
use epochs::Debt;
use kms::KmsKeys;
use local::LocalKeys;
use std::sync::Arc;

pub use address::Address;
pub use gate::Asker;

/// The keys of a service.
pub enum Keys {
    /// Links are not encrypted.
    Off,
    /// Keys of a file.
    Local(LocalKeys),
    /// Data keys under a KMS key.
    Kms(Box<KmsKeys>),
}

impl Keys {
    /// A key that may seal `links` links.
    ///
    /// # Errors
    /// Why none could be had. `Keys::Off` has none: ask [`Keys::is_off`] first.
    pub async fn sealing(&self, links: u32, now: u64, calls: &Calls) -> Result<Arc<SealingKey>, KeyFailure> {
        match self {
            Keys::Off => Err(KeyFailure::Unexpected("encryption is off".to_owned())),
            Keys::Local(keys) => Ok(keys.first()),
            Keys::Kms(keys) => noting_memory(calls, keys.sealing(links, now, calls)).await,
        }
    }

    /// The key that opens a `3-` link. What came of the link must then be told to [`Keys::judge`].
    ///
    /// # Errors
    /// Why it could not be had.
    pub async fn opening(&self, key: &KeyRef, asker: &Asker, calls: &Calls) -> Result<Opening, KeyFailure> {
        match (self, key) {
            (Keys::Local(keys), KeyRef::Local(id)) => {
                let key = keys.by_id(id).map(Opening::settled);
                key.ok_or(KeyFailure::Refused(Damage::UnknownLocalKey))
            }
            (Keys::Kms(keys), KeyRef::Kms(wrapped)) => {
                let key = noting_memory(calls, keys.opening(wrapped, asker, calls)).await;
                key.map(Opening::settled)
            }
            (Keys::Kms(keys), KeyRef::Epoch(epoch)) => {
                let had = noting_memory(calls, keys.opening_epoch(*epoch, asker, calls)).await;
                had.map(|(key, debt)| Opening { key, debt })
            }
            (Keys::Off, _)
            | (Keys::Local(_), KeyRef::Kms(_) | KeyRef::Epoch(_))
            | (Keys::Kms(_), KeyRef::Local(_)) => Err(KeyFailure::Refused(Damage::OtherKeyKind)),
        }
    }

    /// Whether the data key of an opening was that of the link. KMS gives a key for every epoch, so only now is it known
    /// what that call was worth.
    pub fn judge(&self, opening: Opening, is_its_key: bool) {
        match (self, opening.debt) {
            (Keys::Kms(keys), Some(debt)) => keys.judge(debt, is_its_key),
            (Keys::Kms(_), None) | (Keys::Off | Keys::Local(_), _) => {}
        }
    }

    /// The key that opens a `2-` link.
    ///
    /// # Errors
    /// Why it could not be had.
    pub async fn opening_legacy(
        &self,
        message: &Message<'_>,
        asker: &Asker,
        calls: &Calls,
    ) -> Result<Arc<DataKey>, KeyFailure> {
        match self {
            Keys::Kms(keys) => noting_memory(calls, keys.opening_legacy(message, asker, calls)).await,
            Keys::Off | Keys::Local(_) => Err(KeyFailure::Refused(Damage::OtherKeyKind)),
        }
    }

    /// Has a key for sealing ready, if it will be kept; else a connection to where it comes from.
    pub async fn prepare_sealing(&self, now: u64) {
        match self {
            Keys::Off | Keys::Local(_) => {}
            Keys::Kms(keys) => keys.prepare_sealing(now).await,
        }
    }

    /// Has a connection to where the keys come from.
    pub async fn connect(&self) {
        match self {
            Keys::Off | Keys::Local(_) => {}
            Keys::Kms(keys) => keys.connect().await,
        }
    }

    /// Whether links are not encrypted at all.
    pub const fn is_off(&self) -> bool {
        matches!(self, Keys::Off)
    }
}

/// A data key, and what is owed for it.
#[must_use]
pub struct Opening {
    /// The key of the link, unless somebody made the link up.
    pub key: Arc<DataKey>,
    debt: Option<Debt>,
}

impl Opening {
    const fn settled(key: Arc<DataKey>) -> Self {
        Self { key, debt: None }
    }
}

/// Notes a data key that was had without a call of this request: from memory, or from the call of another one.
async fn noting_memory<K>(
    calls: &Calls,
    had: impl Future<Output = Result<K, KeyFailure>>,
) -> Result<K, KeyFailure> {
    let before = calls.count();
    let had = had.await;
    if had.is_ok() && calls.count() == before {
        calls.key_from_memory();
    }
    had
}

/// Why a data key could not be had. The texts are for the log.
///
/// Where several keys fail, the greatest tells the visitor most: that a key is switched off leaves hope, that one
/// is deleted is still not the link's fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyFailure {
    /// The link names no data key of ours.
    Refused(Damage),
    /// The KMS key is deleted.
    Deleted(String),
    /// The KMS key is disabled, denied or misconfigured.
    SwitchedOff(String),
    /// KMS is throttled, unreachable or timed out.
    Busy(String),
    /// Too many questions to KMS that gave no key.
    TooMany,
    /// Anything else.
    Unexpected(String),
}

impl KeyFailure {
    /// The answer to a request for a link.
    pub fn when_opening(self) -> Rejection {
        match self {
            KeyFailure::Refused(damage) => Rejection::InvalidPayload(damage),
            KeyFailure::SwitchedOff(cause) => {
                Rejection::ServiceUnavailable(Unavailable::KeySwitchedOff, Sent::NotSent, cause)
            }
            KeyFailure::Deleted(_) => Rejection::KeyDeleted,
            KeyFailure::Busy(cause) => {
                Rejection::ServiceUnavailable(Unavailable::KeyBusy, Sent::NotSent, cause)
            }
            KeyFailure::TooMany => Rejection::TooManyRequests,
            KeyFailure::Unexpected(cause) => Rejection::ServiceError(cause),
        }
    }

    /// The answer to a request to create.
    pub fn when_sealing(self) -> Rejection {
        Rejection::EncryptionFailed(match self {
            KeyFailure::Refused(damage) => damage.to_string(),
            KeyFailure::TooMany => "too many refused keys".to_owned(),
            KeyFailure::SwitchedOff(cause)
            | KeyFailure::Deleted(cause)
            | KeyFailure::Busy(cause)
            | KeyFailure::Unexpected(cause) => cause,
        })
    }
}
