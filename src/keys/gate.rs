//! Keeps strangers from buying KMS calls with garbage (docs/FORMAT.md, "Caches").

use lru::LruCache;
use std::num::NonZeroUsize;

/// The part of a wrapped key that was the same for all data keys of one KMS key wherever it was looked at.
const PREFIX: usize = 37;
/// Prefixes that are remembered.
const MAX_SEEN: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// Calls that may fail in a row, and one more each second.
const BURST: u64 = 10;

/// A token bucket for each class of wrapped key. Only refused calls are charged.
pub struct Gate {
    seen: LruCache<[u8; PREFIX], ()>,
    buckets: [Bucket; 3],
}

/// How likely it is that a wrapped key is ours, judged by what everybody can see.
#[derive(Clone, Copy)]
enum Class {
    /// Begins as one that KMS opened before.
    Seen,
    /// Has the outer shape of a wrapped data key. This keeps a first link apart from random bytes.
    Plausible,
    /// Anything else.
    Other,
}

impl Gate {
    /// With full buckets.
    pub fn new() -> Self {
        Self {
            seen: LruCache::new(MAX_SEEN),
            buckets: [Bucket::full(); 3],
        }
    }

    /// Whether KMS may be asked about `wrapped` now. Never a verdict on the link.
    pub fn admits(&mut self, wrapped: &[u8], now: u64) -> bool {
        self.bucket(wrapped).refill(now) > 0
    }

    /// KMS refused `wrapped`.
    pub fn charge(&mut self, wrapped: &[u8], now: u64) {
        let bucket = self.bucket(wrapped);
        bucket.refill(now);
        bucket.tokens = bucket.tokens.saturating_sub(1);
    }

    /// KMS opened `wrapped`.
    pub fn learn(&mut self, wrapped: &[u8]) {
        if let Some(prefix) = wrapped.first_chunk::<PREFIX>() {
            self.seen.put(*prefix, ());
        }
    }

    fn bucket(&mut self, wrapped: &[u8]) -> &mut Bucket {
        let seen = wrapped
            .first_chunk::<PREFIX>()
            .is_some_and(|prefix| self.seen.contains(prefix));
        let class = match wrapped {
            _ if seen => Class::Seen,
            [1, 1 | 2, ..] if (150..=250).contains(&wrapped.len()) => Class::Plausible,
            _ => Class::Other,
        };
        let [first, second, third] = &mut self.buckets;
        match class {
            Class::Seen => first,
            Class::Plausible => second,
            Class::Other => third,
        }
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: u64,
    refilled_at: u64,
}

impl Bucket {
    const fn full() -> Self {
        Self {
            tokens: BURST,
            refilled_at: 0,
        }
    }

    /// Adds what the passed seconds are worth; gives what is there.
    fn refill(&mut self, now: u64) -> u64 {
        self.tokens = self
            .tokens
            .saturating_add(now.saturating_sub(self.refilled_at))
            .min(BURST);
        self.refilled_at = now;
        self.tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn garbage(from: u64, seconds: u64, blob: impl Fn(u64) -> Vec<u8>) -> (u64, Gate) {
        let mut gate = Gate::new();
        let mut calls = 0;
        for now in from..from + seconds {
            for number in 0..100 {
                let wrapped = blob(now * 100 + number);
                if gate.admits(&wrapped, now) {
                    calls += 1;
                    gate.charge(&wrapped, now);
                }
            }
        }
        (calls, gate)
    }

    #[test]
    fn garbage_buys_the_burst_and_one_call_a_second() {
        let random = |number: u64| [number.to_be_bytes().as_slice(), &[7; 176]].concat();
        let (calls, _) = garbage(1_000, 60, random);
        assert_eq!(calls, BURST + 59);
    }

    #[test]
    fn an_honest_link_on_a_cold_instance_is_admitted_under_garbage() {
        let random = |number: u64| [number.to_be_bytes().as_slice(), &[7; 176]].concat();
        let (_, mut gate) = garbage(1_000, 60, random);
        let honest = [[1, 2].as_slice(), &[9; 182]].concat();
        assert!(gate.admits(&honest, 1_059));
    }

    #[test]
    fn a_known_key_is_admitted_under_garbage_that_looks_like_keys() {
        let honest = [[1, 2].as_slice(), &[9; 182]].concat();
        let alike = |number: u64| [[1, 2].as_slice(), &number.to_be_bytes(), &[7; 174]].concat();
        let (calls, mut gate) = garbage(1_000, 60, alike);
        assert_eq!(calls, BURST + 59);
        assert!(!gate.admits(&honest, 1_059));
        gate.learn(&honest);
        assert!(gate.admits(&honest, 1_059));
        let sibling = [&honest[..PREFIX], &[1; 147]].concat();
        assert!(gate.admits(&sibling, 1_059));
    }

    #[test]
    fn nobody_is_refused_for_ever() {
        let alike = |number: u64| [[1, 2].as_slice(), &number.to_be_bytes(), &[7; 174]].concat();
        let (_, mut gate) = garbage(1_000, 1, alike);
        let honest = alike(0);
        assert!(!gate.admits(&honest, 1_000));
        assert!(gate.admits(&honest, 1_001));
    }
}
