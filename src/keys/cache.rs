//! Data keys in memory: for a while, for a number of links, and never two calls for one key at the same time.

use super::KeyFailure;
use super::gate::{Charge, Gate};
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

/// Data keys that KMS opened, wrapped keys that it refused, and the gate before it.
pub struct OpeningCache {
    max_age: u64,
    state: Mutex<State>,
}

struct State {
    opened: LruCache<KeyDigest, Arc<Slot>>,
    refused: LruCache<KeyDigest, (u64, Damage)>,
    gate: Gate,
}

/// One data key, and since when it is there. Whoever finds it locked waits for the call that is under way.
pub(super) type Slot = tokio::sync::Mutex<Option<(Arc<DataKey>, u64)>>;

impl OpeningCache {
    /// `max_age` in seconds; 0 keeps nothing.
    pub fn new(max_age: u32) -> Self {
        let state = State {
            opened: LruCache::new(MAX_OPENED),
            refused: LruCache::new(MAX_REFUSED),
            gate: Gate::new(),
        };
        Self {
            max_age: max_age.into(),
            state: Mutex::new(state),
        }
    }

    /// The data key of `wrapped`: from memory, else by `open`.
    ///
    /// # Errors
    /// Those of `open`, and [`KeyFailure::TooMany`] when too much garbage came before.
    pub async fn open(
        &self,
        id: KeyDigest,
        wrapped: &[u8],
        now: u64,
        open: impl AsyncFnOnce() -> Result<DataKey, KeyFailure>,
    ) -> Result<Arc<DataKey>, KeyFailure> {
        let slot = self.locked(|state| state.slot(id, wrapped, now))?;
        let mut slot = slot.lock().await;
        if let Some((key, opened_at)) = slot.as_ref()
            && now.saturating_sub(*opened_at) < self.max_age
        {
            return Ok(key.clone());
        }
        *slot = None;
        self.locked(|state| state.admits(id, wrapped, now))?;
        let opened = open().await;
        self.locked(|state| state.remember(id, wrapped, now, opened.as_ref()));
        let key = Arc::new(opened?);
        if self.max_age > 0 {
            *slot = Some((key.clone(), now));
        }
        Ok(key)
    }

    fn locked<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// The place of a data key. Only what may be asked about gets a new one: garbage pushes no honest key out.
    fn slot(&mut self, id: KeyDigest, wrapped: &[u8], now: u64) -> Result<Arc<Slot>, KeyFailure> {
        if let Some(slot) = self.opened.get(&id) {
            return Ok(slot.clone());
        }
        self.admits(id, wrapped, now)?;
        Ok(self.opened.get_or_insert(id, Arc::default).clone())
    }

    fn admits(&mut self, id: KeyDigest, wrapped: &[u8], now: u64) -> Result<(), KeyFailure> {
        match self.refused.get(&id) {
            Some((refused_at, damage)) if now.saturating_sub(*refused_at) < REFUSED_SECONDS => {
                Err(KeyFailure::Refused(damage.clone()))
            }
            _ => self.gate.admits(wrapped, now),
        }
    }

    fn remember(&mut self, id: KeyDigest, wrapped: &[u8], now: u64, opened: Result<&DataKey, &KeyFailure>) {
        match opened {
            Ok(_) => self.gate.learn(wrapped),
            Err(KeyFailure::Refused(damage)) => {
                self.gate.charge(wrapped, now, Charge::Refused);
                self.refused.put(id, (now, damage.clone()));
                self.opened.pop(&id);
            }
            Err(KeyFailure::SwitchedOff(_) | KeyFailure::Deleted(_)) => {
                self.gate.charge(wrapped, now, Charge::KeyOff);
                self.opened.pop(&id);
            }
            Err(KeyFailure::Busy(_) | KeyFailure::TooMany | KeyFailure::Unexpected(_)) => {
                self.opened.pop(&id);
            }
        }
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
