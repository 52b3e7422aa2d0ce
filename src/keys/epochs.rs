//! Data keys of epochs in memory, and the gate before KMS for compact links (docs/FORMAT.md, "Suite 0x03").
//!
//! KMS gives the key of every epoch, so it cannot tell a made-up link: the commitment does, once the key is there. The
//! question is charged then, and the key is kept, so that an epoch can be made to cost something only once.

use super::KeyFailure;
use super::cache::Slot;
use super::gate::{BURST, Bucket, Charge};
use crate::seal::{DataKey, Epoch};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Epochs whose keys are kept, and epochs that are remembered for having had a link of ours.
const MAX_EPOCHS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// Epochs back from now that have a bucket of their own, with room for each of them and the one to come. Kept for 300
/// seconds, they come back slower than the bucket fills: garbage cannot keep an honest link of these days out.
const RECENT_EPOCHS: u32 = 48;
const RECENT_BURST: u64 = 50;

/// Data keys that KMS gave, and the gate before it.
pub struct EpochCache {
    max_age: u64,
    state: Mutex<State>,
}

struct State {
    keys: LruCache<Epoch, Arc<Slot>>,
    gate: Gate,
}

impl EpochCache {
    /// `max_age` in seconds; 0 keeps nothing.
    pub fn new(max_age: u32) -> Self {
        let state = State {
            keys: LruCache::new(MAX_EPOCHS),
            gate: Gate::new(),
        };
        Self {
            max_age: max_age.into(),
            state: Mutex::new(state),
        }
    }

    /// The data key of `epoch`: from memory, else by `make`. What came of the link must be told to
    /// [`EpochCache::judge`].
    ///
    /// # Errors
    /// Those of `make`, and those of [`Bucket::admits`].
    pub async fn open(
        &self,
        epoch: Epoch,
        now: u64,
        make: impl AsyncFnOnce() -> Result<DataKey, KeyFailure>,
    ) -> Result<Arc<DataKey>, KeyFailure> {
        let slot = self.locked(|state| state.slot(epoch, now))?;
        let mut slot = slot.lock().await;
        if let Some((key, made_at)) = slot.as_ref()
            && now.saturating_sub(*made_at) < self.max_age
        {
            return Ok(key.clone());
        }
        *slot = None;
        self.locked(|state| state.gate.admits(epoch, now))?;
        let made = make().await;
        self.locked(|state| state.remember(epoch, now, made.as_ref()));
        let key = Arc::new(made?);
        if self.max_age > 0 {
            *slot = Some((key.clone(), now));
        }
        Ok(key)
    }

    /// Whether the key of `epoch` was the key of the link that named it.
    pub fn judge(&self, epoch: Epoch, is_its_key: bool, now: u64) {
        self.locked(|state| state.gate.judge(epoch, is_its_key, now));
    }

    fn locked<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn slot(&mut self, epoch: Epoch, now: u64) -> Result<Arc<Slot>, KeyFailure> {
        if let Some(slot) = self.keys.get(&epoch) {
            return Ok(slot.clone());
        }
        self.gate.admits(epoch, now)?;
        Ok(self.keys.get_or_insert(epoch, Arc::default).clone())
    }

    fn remember(&mut self, epoch: Epoch, now: u64, made: Result<&DataKey, &KeyFailure>) {
        match made {
            Ok(_) => self.gate.owe(epoch),
            Err(KeyFailure::SwitchedOff(_) | KeyFailure::Deleted(_)) => {
                self.gate.charge(epoch, now, Charge::KeyOff);
                self.keys.pop(&epoch);
            }
            Err(
                KeyFailure::Refused(_)
                | KeyFailure::Busy(_)
                | KeyFailure::TooMany
                | KeyFailure::Unexpected(_),
            ) => {
                self.keys.pop(&epoch);
            }
        }
    }
}

/// A token bucket for each class of epoch.
struct Gate {
    /// Epochs that a link of ours was of.
    known: LruCache<Epoch, ()>,
    /// Epochs that KMS was asked about, and of which no link has been judged since.
    owed: LruCache<Epoch, ()>,
    of_recent: Bucket,
    of_known: Bucket,
    of_others: Bucket,
}

impl Gate {
    fn new() -> Self {
        Self {
            known: LruCache::new(MAX_EPOCHS),
            owed: LruCache::new(MAX_EPOCHS),
            of_recent: Bucket::of(RECENT_BURST),
            of_known: Bucket::of(BURST),
            of_others: Bucket::of(BURST),
        }
    }

    fn admits(&mut self, epoch: Epoch, now: u64) -> Result<(), KeyFailure> {
        self.bucket(epoch, now).admits(now)
    }

    fn owe(&mut self, epoch: Epoch) {
        self.owed.put(epoch, ());
    }

    fn judge(&mut self, epoch: Epoch, is_its_key: bool, now: u64) {
        let was_owed = self.owed.pop(&epoch).is_some();
        if is_its_key {
            self.known.put(epoch, ());
        } else if was_owed {
            self.charge(epoch, now, Charge::Refused);
        }
    }

    fn charge(&mut self, epoch: Epoch, now: u64, why: Charge) {
        self.bucket(epoch, now).charge(now, why);
    }

    fn bucket(&mut self, epoch: Epoch, now: u64) -> &mut Bucket {
        if epoch.number() > Epoch::at(now).number().saturating_sub(RECENT_EPOCHS) {
            &mut self.of_recent
        } else if self.known.contains(&epoch) {
            &mut self.of_known
        } else {
            &mut self.of_others
        }
    }
}

#[cfg(test)]
#[path = "epochs_tests.rs"]
mod tests;
