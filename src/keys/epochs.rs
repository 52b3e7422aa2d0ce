//! Data keys of epochs in memory (docs/FORMAT.md, "Suite 0x03").
//!
//! KMS gives the key of every epoch, so it cannot tell a made-up link: the commitment does, once the key is there. The
//! question is charged then, and the key is kept, so that an epoch can be made to cost something only once.

use super::KeyFailure;
use super::cache::Slot;
use super::gate::{Asker, Charge, Gate, Pass, Question};
use crate::seal::{DataKey, Epoch};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Epochs whose keys are kept.
const MAX_EPOCHS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// KMS is asked with the one HMAC key that there is.
const CALLS: u32 = 1;

/// Data keys that KMS gave.
pub struct EpochCache {
    max_age: u64,
    gate: Arc<Gate>,
    keys: Mutex<LruCache<Epoch, Arc<Slot>>>,
}

/// A question to KMS that is charged to whoever had it asked, if the link turns out to be made up.
#[derive(Debug)]
#[must_use]
pub struct Debt {
    epoch: Epoch,
    asker: Asker,
    pass: Pass,
}

impl EpochCache {
    /// `max_age` in seconds; 0 keeps nothing.
    pub(super) fn new(max_age: u32, gate: Arc<Gate>) -> Self {
        Self {
            max_age: max_age.into(),
            gate,
            keys: Mutex::new(LruCache::new(MAX_EPOCHS)),
        }
    }

    /// The data key of `epoch`: from memory, else by `make`. What came of the link must then be told to
    /// [`EpochCache::judge`].
    ///
    /// # Errors
    /// Those of `make`, and those of [`Gate::admits`].
    pub(super) async fn open(
        &self,
        epoch: Epoch,
        asker: &Asker,
        make: impl AsyncFnOnce() -> Result<DataKey, KeyFailure>,
    ) -> Result<(Arc<DataKey>, Option<Debt>), KeyFailure> {
        let (slot, pass) = self.slot(epoch, asker)?;
        let mut slot = slot.lock().await;
        if let Some((key, made_at)) = slot.as_ref()
            && asker.now.saturating_sub(*made_at) < self.max_age
        {
            return Ok((key.clone(), None));
        }
        *slot = None;
        let pass = match pass {
            Some(pass) => pass,
            None => self.admits(asker)?,
        };
        let made = make().await;
        if let Err(failure) = &made {
            self.locked(|keys| keys.pop(&epoch));
            if let Some(why) = failure.is_charged_for() {
                self.gate.charge(asker, Question::GenerateMac, pass, CALLS, why);
            }
        }
        let key = Arc::new(made?);
        if self.max_age > 0 {
            *slot = Some((key.clone(), asker.now));
        }
        let asker = *asker;
        Ok((key, Some(Debt { epoch, asker, pass })))
    }

    /// Whether the key that this question gave was the key of the link that had it asked.
    pub(super) fn judge(&self, debt: Debt, is_its_key: bool) {
        let Debt { epoch, asker, pass } = debt;
        if !is_its_key {
            self.gate
                .charge(&asker, Question::GenerateMac, pass, CALLS, Charge::Refused);
            // Where there is no room for all, the keys that nobody is known to need go first.
            self.locked(|keys| keys.demote(&epoch));
        }
    }

    /// The place of a key, and the leave to ask for it where it is new.
    fn slot(&self, epoch: Epoch, asker: &Asker) -> Result<(Arc<Slot>, Option<Pass>), KeyFailure> {
        if let Some(slot) = self.locked(|keys| keys.get(&epoch).cloned()) {
            return Ok((slot, None));
        }
        let pass = self.admits(asker)?;
        let slot = self.locked(|keys| keys.get_or_insert(epoch, Arc::default).clone());
        Ok((slot, Some(pass)))
    }

    fn admits(&self, asker: &Asker) -> Result<Pass, KeyFailure> {
        self.gate.admits(asker, Question::GenerateMac)
    }

    fn locked<T>(&self, use_keys: impl FnOnce(&mut LruCache<Epoch, Arc<Slot>>) -> T) -> T {
        use_keys(&mut self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
#[path = "epochs_tests.rs"]
mod tests;
