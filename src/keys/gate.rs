//! Keeps strangers from buying KMS calls with garbage (docs/FORMAT.md, "Caches").

use super::KeyFailure;
use lru::LruCache;
use std::num::NonZeroUsize;

/// The part of a wrapped key that was the same for all data keys of one KMS key wherever it was looked at.
const PREFIX: usize = 37;
/// Prefixes that are remembered.
const MAX_SEEN: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// Calls that may fail in a row, and one more each second.
pub(super) const BURST: u64 = 10;

/// A token bucket for each class of wrapped key. Only calls that gave no key are charged.
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
            buckets: [Bucket::of(BURST); 3],
        }
    }

    /// Whether KMS may be asked about `wrapped` now. Never a verdict on the link.
    ///
    /// # Errors
    /// Those of [`Bucket::admits`].
    pub fn admits(&mut self, wrapped: &[u8], now: u64) -> Result<(), KeyFailure> {
        self.bucket(wrapped).admits(now)
    }

    /// KMS gave no key for `wrapped`.
    pub fn charge(&mut self, wrapped: &[u8], now: u64, why: Charge) {
        self.bucket(wrapped).charge(now, why);
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

/// What a call that gave no key is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    /// The link was not ours.
    Refused,
    /// Our own key is switched off, or deleted: nobody's fault, and no link's.
    KeyOff,
}

/// Tokens, of which one comes back each second.
#[derive(Clone, Copy)]
pub(super) struct Bucket {
    size: u64,
    tokens: u64,
    refilled_at: u64,
    /// What the last token went for.
    last: Charge,
}

impl Bucket {
    /// A full one.
    pub(super) const fn of(size: u64) -> Self {
        Self {
            size,
            tokens: size,
            refilled_at: 0,
            last: Charge::Refused,
        }
    }

    /// Whether there is a token.
    ///
    /// # Errors
    /// [`KeyFailure::TooMany`], or [`KeyFailure::Busy`] where our own key used the tokens up: a sender that gives up on
    /// 429 would lose an answer that is still good.
    pub(super) fn admits(&mut self, now: u64) -> Result<(), KeyFailure> {
        self.refill(now);
        match (self.tokens, self.last) {
            (1.., _) => Ok(()),
            (0, Charge::Refused) => Err(KeyFailure::TooMany),
            (0, Charge::KeyOff) => {
                let cause = "KMS was not asked: a moment ago the key was switched off or deleted";
                Err(KeyFailure::Busy(cause.to_owned()))
            }
        }
    }

    /// Takes a token.
    pub(super) fn charge(&mut self, now: u64, why: Charge) {
        self.refill(now);
        self.tokens = self.tokens.saturating_sub(1);
        self.last = why;
    }

    /// Adds what the passed seconds are worth.
    fn refill(&mut self, now: u64) {
        self.tokens = self
            .tokens
            .saturating_add(now.saturating_sub(self.refilled_at))
            .min(self.size);
        self.refilled_at = now;
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
                if gate.admits(&wrapped, now).is_ok() {
                    calls += 1;
                    gate.charge(&wrapped, now, Charge::Refused);
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
        assert!(gate.admits(&honest, 1_059).is_ok());
    }

    #[test]
    fn a_known_key_is_admitted_under_garbage_that_looks_like_keys() {
        let honest = [[1, 2].as_slice(), &[9; 182]].concat();
        let alike = |number: u64| [[1, 2].as_slice(), &number.to_be_bytes(), &[7; 174]].concat();
        let (calls, mut gate) = garbage(1_000, 60, alike);
        assert_eq!(calls, BURST + 59);
        assert_eq!(gate.admits(&honest, 1_059), Err(KeyFailure::TooMany));
        gate.learn(&honest);
        assert!(gate.admits(&honest, 1_059).is_ok());
        let sibling = [&honest[..PREFIX], &[1; 147]].concat();
        assert!(gate.admits(&sibling, 1_059).is_ok());
    }

    #[test]
    fn sixteen_keys_are_known_and_the_one_used_longest_ago_is_forgotten() {
        let alike = |number: u64| [[1, 2].as_slice(), &number.to_be_bytes(), &[7; 174]].concat();
        let (_, mut gate) = garbage(1_000, 60, alike);
        for number in 1..=16 {
            gate.learn(&alike(number));
        }
        assert!((1..=16).all(|number| gate.admits(&alike(number), 1_059).is_ok()));
        gate.learn(&alike(17));
        assert_eq!(gate.admits(&alike(1), 1_059), Err(KeyFailure::TooMany));
        assert!((2..=17).all(|number| gate.admits(&alike(number), 1_059).is_ok()));
    }

    #[test]
    fn nobody_is_refused_for_ever() {
        let alike = |number: u64| [[1, 2].as_slice(), &number.to_be_bytes(), &[7; 174]].concat();
        let (_, mut gate) = garbage(1_000, 1, alike);
        let honest = alike(0);
        assert_eq!(gate.admits(&honest, 1_000), Err(KeyFailure::TooMany));
        assert!(gate.admits(&honest, 1_001).is_ok());
    }

    /// While our own key is off, garbage costs as little as ever, and nobody is told that it is their fault.
    #[test]
    fn a_key_that_is_off_is_asked_for_rarely_and_never_a_4xx() {
        let mut gate = Gate::new();
        let honest = [[1, 2].as_slice(), &[9; 182]].concat();
        for _ in 0..BURST {
            assert!(gate.admits(&honest, 1_000).is_ok());
            gate.charge(&honest, 1_000, Charge::KeyOff);
        }
        let failure = gate.admits(&honest, 1_000).unwrap_err();
        assert!(matches!(failure, KeyFailure::Busy(_)), "{failure:?}");
        assert_eq!(failure.when_opening().status(), 503);
        assert!(gate.admits(&honest, 1_001).is_ok());
        // What the last question found out is what counts.
        gate.charge(&honest, 1_001, Charge::Refused);
        assert_eq!(gate.admits(&honest, 1_001), Err(KeyFailure::TooMany));
    }
}
