//! Keeps strangers from buying KMS calls with garbage, and from keeping honest people out by it (docs/FORMAT.md, "The
//! gate"; docs/decisions/017-a-bucket-for-each-address.md).

use super::KeyFailure;
use super::address::{Address, Network};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Refused calls of one address in a row, and how many more each second.
const ADDRESS_BURST: u32 = 10;
const ADDRESS_RATE: u32 = 1;
/// A /48 of IPv6 may cause so many times what an address may.
const WIDE: u32 = 10;
/// Refused calls of all visitors of an instance in a row, and how many more each second; once for Decrypt and once for
/// GenerateMac.
const INSTANCE_BURST: u32 = 50;
const INSTANCE_RATE: u32 = 20;
/// Of the questions that meet an empty bucket, one in so many is asked all the same. A divisor of 256.
const ONE_IN: u8 = 8;
/// Networks whose buckets are remembered. With what the table needs around them, they have less than 256 KiB.
const MAX_NETWORKS: NonZeroUsize = NonZeroUsize::new(2_048).expect("not zero");

/// Who wants KMS to be asked, and what that is judged by besides.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// Where the request came from; `None`: not known, or not to be looked at.
    pub address: Option<Address>,
    /// Unix seconds.
    pub now: u64,
    /// Fills a buffer with unpredictable bytes.
    pub random: fn(&mut [u8]),
}

/// What KMS is asked for. Each has a bucket of the instance, so that garbage of one kind does not hold up the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// To open a wrapped key.
    Decrypt,
    /// For the key of an epoch.
    GenerateMac,
}

/// Leave to ask KMS. Should the answer be one that is charged for, it goes to so many of the buckets, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Pass {
    charged: usize,
}

/// What calls are charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// The link was not ours.
    Refused,
    /// Our own key is switched off, or deleted: nobody's fault, and no link's.
    KeyOff,
}

/// Token buckets of the visitors' networks and of the instance. Only calls that gave no key are charged.
pub struct Gate(Mutex<Buckets>);

struct Buckets {
    /// Of networks that were charged; one that is not here is full.
    networks: LruCache<Network, Bucket>,
    decrypt: Bucket,
    generate_mac: Bucket,
}

impl Gate {
    /// With full buckets.
    pub fn new() -> Self {
        Self(Mutex::new(Buckets {
            networks: LruCache::new(MAX_NETWORKS),
            decrypt: Bucket::full(Size::INSTANCE),
            generate_mac: Bucket::full(Size::INSTANCE),
        }))
    }

    /// Whether KMS may be asked now. Never a verdict on the link.
    ///
    /// # Errors
    /// [`KeyFailure::TooMany`], or [`KeyFailure::Busy`] where our own key used a bucket up: a sender that gives up on
    /// 429 would lose an answer that is still good.
    pub fn admits(&self, asker: &Asker, question: Question) -> Result<Pass, KeyFailure> {
        let states = self.locked(|buckets| buckets.states(asker, question));
        let Some(first) = states.iter().position(Option::is_some) else {
            return Ok(Pass {
                charged: states.len(),
            });
        };
        if is_lucky(asker.random) {
            // The bucket that is empty has nothing to give, and those after it are for who still has something: or one
            // address, however often it asks, would empty the bucket that all share.
            return Ok(Pass { charged: first + 1 });
        }
        if states.contains(&Some(Charge::KeyOff)) {
            let cause = "KMS was not asked: a moment ago the key was switched off or deleted";
            return Err(KeyFailure::Busy(cause.to_owned()));
        }
        Err(KeyFailure::TooMany)
    }

    /// KMS was asked with this pass, and gave no key in so many calls.
    pub fn charge(&self, asker: &Asker, question: Question, pass: Pass, calls: u32, why: Charge) {
        self.locked(|buckets| buckets.charge(asker, question, pass, calls, why));
    }

    fn locked<T>(&self, use_buckets: impl FnOnce(&mut Buckets) -> T) -> T {
        use_buckets(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Buckets {
    /// The buckets of a question in their order, the narrowest first: what each was emptied by, or that it is not empty.
    fn states(&mut self, asker: &Asker, question: Question) -> Vec<Option<Charge>> {
        let mut states: Vec<_> = networks(asker)
            .map(|network| {
                let bucket = self.networks.get_mut(&network)?;
                bucket.emptied_by(Size::of(network), asker.now)
            })
            .collect();
        let instance = self.of_instance(question);
        states.push(instance.emptied_by(Size::INSTANCE, asker.now));
        states
    }

    fn charge(&mut self, asker: &Asker, question: Question, pass: Pass, calls: u32, why: Charge) {
        let mut left = pass.charged;
        for network in networks(asker).take(pass.charged) {
            let size = Size::of(network);
            let bucket = self.networks.get_or_insert_mut(network, || Bucket::full(size));
            bucket.take(size, asker.now, calls, why);
            left -= 1;
        }
        if left > 0 {
            self.of_instance(question)
                .take(Size::INSTANCE, asker.now, calls, why);
        }
    }

    const fn of_instance(&mut self, question: Question) -> &mut Bucket {
        match question {
            Question::Decrypt => &mut self.decrypt,
            Question::GenerateMac => &mut self.generate_mac,
        }
    }
}

fn networks(asker: &Asker) -> impl Iterator<Item = Network> {
    asker.address.into_iter().flat_map(Address::networks)
}

fn is_lucky(random: fn(&mut [u8])) -> bool {
    let mut byte = [0];
    random(&mut byte);
    byte[0].is_multiple_of(ONE_IN)
}

/// How many tokens a bucket holds, and how many come back each second.
#[derive(Clone, Copy)]
struct Size {
    burst: u32,
    rate: u32,
}

impl Size {
    const INSTANCE: Self = Self {
        burst: INSTANCE_BURST,
        rate: INSTANCE_RATE,
    };

    const fn of(network: Network) -> Self {
        let times = match network {
            Network::V4(_) | Network::V6(_) => 1,
            Network::V6Wide(_) => WIDE,
        };
        Self {
            burst: times * ADDRESS_BURST,
            rate: times * ADDRESS_RATE,
        }
    }
}

/// Tokens, as of a time. Whoever has a bucket knows its size.
#[derive(Clone, Copy)]
struct Bucket {
    refilled_at: u64,
    tokens: u32,
    /// What the last token went for.
    last: Charge,
}

impl Bucket {
    const fn full(size: Size) -> Self {
        Self {
            refilled_at: 0,
            tokens: size.burst,
            last: Charge::Refused,
        }
    }

    /// `None` while there is a token.
    fn emptied_by(&mut self, size: Size, now: u64) -> Option<Charge> {
        self.refill(size, now);
        (self.tokens == 0).then_some(self.last)
    }

    fn take(&mut self, size: Size, now: u64, calls: u32, why: Charge) {
        self.refill(size, now);
        self.tokens = self.tokens.saturating_sub(calls);
        self.last = why;
    }

    /// Adds what the passed seconds are worth. A clock that goes back gives nothing, and takes no later second away: one
    /// that was ahead by an hour must not leave a bucket empty for an hour.
    fn refill(&mut self, size: Size, now: u64) {
        let passed = u32::try_from(now.saturating_sub(self.refilled_at)).unwrap_or(u32::MAX);
        let gained = passed.saturating_mul(size.rate);
        self.tokens = self.tokens.saturating_add(gained).min(size.burst);
        self.refilled_at = now;
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
