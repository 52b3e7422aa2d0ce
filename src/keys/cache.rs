//! Data keys in memory: for a while, for a number of links, and never two calls for one key at the same time.

use super::KeyFailure;
use super::gate::{Asker, Charge, Gate, Pass, Question};
use crate::rejection::Damage;
use crate::seal::{DataKey, SealingKey};
use lru::LruCache;
use ring::digest::{SHA256, digest};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Opened data keys that are kept.
const MAX_OPENED: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// Refused wrapped keys that are remembered, and for how many seconds.
const MAX_REFUSED: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
const REFUSED_SECONDS: u64 = 60;
/// No bound on when a key may seal, but for its age.
pub(super) const ALWAYS: Range<u64> = 0..u64::MAX;

/// The data key that seals the next links.
pub struct SealingCache {
    max_age: u64,
    max_uses: u32,
    current: tokio::sync::Mutex<Option<Current>>,
}

struct Current {
    key: Arc<SealingKey>,
    made_at: u64,
    /// Unix seconds outside of which it seals no further link, however young it is.
    good: Range<u64>,
    uses: u32,
}

impl SealingCache {
    /// `max_age` in seconds, 0 for a key of its own for each request; `max_uses` in links.
    pub fn new(max_age: u32, max_uses: u32) -> Self {
        Self {
            max_age: max_age.into(),
            max_uses,
            current: tokio::sync::Mutex::new(None),
        }
    }

    /// Whether a key is kept for a later request at all.
    pub const fn keeps(&self) -> bool {
        self.max_age > 0
    }

    /// A key for `links` links of one request: the current one while it may be used that often, else a new one, which
    /// seals only while the time is within `good`.
    ///
    /// # Errors
    /// Those of `make`.
    pub async fn take(
        &self,
        links: u32,
        now: u64,
        good: Range<u64>,
        make: impl AsyncFnOnce() -> Result<SealingKey, KeyFailure>,
    ) -> Result<Arc<SealingKey>, KeyFailure> {
        if self.max_age == 0 {
            return make().await.map(Arc::new);
        }
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_mut() {
            let uses = current.uses.saturating_add(links);
            let is_young = now.saturating_sub(current.made_at) < self.max_age && current.good.contains(&now);
            if uses <= self.max_uses && is_young {
                current.uses = uses;
                return Ok(current.key.clone());
            }
        }
        let key = Arc::new(make().await?);
        *current = Some(Current {
            key: key.clone(),
            made_at: now,
            good,
            uses: links,
        });
        Ok(key)
    }
}

/// What names an opened data key: a digest over everything that KMS is asked with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Over parts, each with its length, so that no two lists of parts are the same.
    pub fn of(parts: &[&[u8]]) -> Self {
        let framed: Vec<u8> = parts
            .iter()
            .flat_map(|part| [(part.len() as u64).to_be_bytes().as_slice(), part].concat())
            .collect();
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &framed).as_ref());
        Self(bytes)
    }
}

/// Data keys that KMS opened, and wrapped keys that it refused.
pub struct OpeningCache {
    max_age: u64,
    gate: Arc<Gate>,
    state: Mutex<State>,
}

struct State {
    opened: LruCache<KeyDigest, Arc<Slot>>,
    refused: LruCache<KeyDigest, (u64, Damage)>,
}

/// One data key, and since when it is there. Whoever finds it locked waits for the call that is under way.
pub(super) type Slot = tokio::sync::Mutex<Option<(Arc<DataKey>, u64)>>;

/// What KMS answered, and in how many calls, one for each key that was tried.
pub(super) struct Answer {
    pub(super) calls: u32,
    pub(super) key: Result<DataKey, KeyFailure>,
}

impl OpeningCache {
    /// `max_age` in seconds; 0 keeps nothing.
    pub(super) fn new(max_age: u32, gate: Arc<Gate>) -> Self {
        let state = State {
            opened: LruCache::new(MAX_OPENED),
            refused: LruCache::new(MAX_REFUSED),
        };
        Self {
            max_age: max_age.into(),
            gate,
            state: Mutex::new(state),
        }
    }

    /// A data key: from memory, else by `open`.
    ///
    /// # Errors
    /// Those of `open`, and those of [`Gate::admits`] when too much garbage came before.
    pub(super) async fn open(
        &self,
        id: KeyDigest,
        asker: &Asker,
        open: impl AsyncFnOnce() -> Answer,
    ) -> Result<Arc<DataKey>, KeyFailure> {
        let now = asker.now;
        let (slot, pass) = self.slot(id, asker)?;
        let mut slot = slot.lock().await;
        if let Some((key, opened_at)) = slot.as_ref()
            && now.saturating_sub(*opened_at) < self.max_age
        {
            return Ok(key.clone());
        }
        *slot = None;
        // Whoever waited for the call of another one may know by now what it would be told.
        self.locked(|state| state.refused(id, now))?;
        let pass = match pass {
            Some(pass) => pass,
            None => self.admits(asker)?,
        };
        let Answer { calls, key } = open().await;
        if let Err(failure) = &key {
            self.locked(|state| state.forget(id, now, failure));
            if let Some(why) = failure.is_charged_for() {
                self.gate.charge(asker, Question::Decrypt, pass, calls, why);
            }
        }
        let key = Arc::new(key?);
        if self.max_age > 0 {
            *slot = Some((key.clone(), now));
        }
        Ok(key)
    }

    /// The place of a data key. Only what may be asked about gets a new one, and with it the leave to ask: garbage pushes
    /// no honest key out.
    fn slot(&self, id: KeyDigest, asker: &Asker) -> Result<(Arc<Slot>, Option<Pass>), KeyFailure> {
        if let Some(slot) = self.locked(|state| state.opened.get(&id).cloned()) {
            return Ok((slot, None));
        }
        self.locked(|state| state.refused(id, asker.now))?;
        let pass = self.admits(asker)?;
        let slot = self.locked(|state| state.opened.get_or_insert(id, Arc::default).clone());
        Ok((slot, Some(pass)))
    }

    fn admits(&self, asker: &Asker) -> Result<Pass, KeyFailure> {
        self.gate.admits(asker, Question::Decrypt)
    }

    fn locked<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// An error if KMS refused the key a short time ago.
    fn refused(&mut self, id: KeyDigest, now: u64) -> Result<(), KeyFailure> {
        match self.refused.get(&id) {
            Some((refused_at, damage)) if now.saturating_sub(*refused_at) < REFUSED_SECONDS => {
                Err(KeyFailure::Refused(damage.clone()))
            }
            _ => Ok(()),
        }
    }

    fn forget(&mut self, id: KeyDigest, now: u64, failure: &KeyFailure) {
        self.opened.pop(&id);
        if let KeyFailure::Refused(damage) = failure {
            self.refused.put(id, (now, damage.clone()));
        }
    }
}

impl KeyFailure {
    /// What a call that ended so is charged for.
    pub(super) const fn is_charged_for(&self) -> Option<Charge> {
        match self {
            KeyFailure::Refused(_) => Some(Charge::Refused),
            KeyFailure::SwitchedOff(_) | KeyFailure::Deleted(_) => Some(Charge::KeyOff),
            KeyFailure::Busy(_) | KeyFailure::TooMany | KeyFailure::Unexpected(_) => None,
        }
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
