//! The proof that somebody opened a link's page before they answered (docs/FORMAT.md, "Form nonce").
//!
//! It is stateless: a page carries the time at which it was shown, under a MAC whose key only this link gives.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hmac;

/// Milliseconds for which a page must have been open: faster than that nobody reads.
pub const MIN_AGE_MS: u64 = 1_000;
/// Milliseconds after which a page is shown again.
pub const MAX_AGE_MS: u64 = 24 * 3_600 * 1_000;

const TIME: usize = 6;
const TAG: usize = 16;

/// What the nonces of one link are made with.
pub struct NonceKey {
    key: hmac::Key,
    payload: [u8; 32],
}

/// Why a nonce does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceFault {
    /// Not made for this link, or changed.
    Foreign,
    /// The page was shown less than a second ago, or in the future.
    TooYoung,
    /// The page was shown more than 24 hours ago.
    TooOld,
}

impl NonceKey {
    /// From the key that a sealed link derives for this purpose, and its payload.
    pub fn new(key: &[u8; 32], payload: &[u8]) -> Self {
        let mut sum = [0; 32];
        sum.copy_from_slice(digest(&SHA256, payload).as_ref());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            payload: sum,
        }
    }

    /// A nonce for a page that is shown at `now_ms` (Unix milliseconds): 30 characters.
    pub fn issue(&self, now_ms: u64) -> String {
        let [_, _, time @ ..] = now_ms.to_be_bytes();
        let tag = hmac::sign(&self.key, &self.signed(&time));
        let (tag, _) = tag.as_ref().split_at(TAG);
        URL_SAFE_NO_PAD.encode([time.as_slice(), tag].concat())
    }

    /// Whether a page with this nonce was shown at least a second and at most 24 hours before `now_ms`.
    ///
    /// # Errors
    /// Why it does not count; the MAC is looked at first.
    pub fn check(&self, nonce: &str, now_ms: u64) -> Result<(), NonceFault> {
        let bytes = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| NonceFault::Foreign)?;
        let bytes: [u8; TIME + TAG] = bytes.try_into().map_err(|_| NonceFault::Foreign)?;
        let [a, b, c, d, e, f, ..] = bytes;
        let time = [a, b, c, d, e, f];
        let shown_ms = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let expected = hmac::sign(&self.key, &self.signed(&time));
        let (expected, _) = expected.as_ref().split_at(TAG);
        let (_, received) = bytes.split_at(TIME);
        if !crate::constant_time::are_equal(expected, received) {
            return Err(NonceFault::Foreign);
        }
        match now_ms.checked_sub(shown_ms) {
            None | Some(..MIN_AGE_MS) => Err(NonceFault::TooYoung),
            Some(MIN_AGE_MS..=MAX_AGE_MS) => Ok(()),
            Some(_) => Err(NonceFault::TooOld),
        }
    }

    fn signed(&self, time: &[u8; TIME]) -> Vec<u8> {
        [self.payload.as_slice(), time].concat()
    }
}

impl std::fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NonceKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_123;

    fn key() -> NonceKey {
        NonceKey::new(&[7; 32], b"payload")
    }

    #[test]
    fn a_nonce_counts_from_a_second_to_a_day() {
        let nonce = key().issue(NOW);
        assert_eq!(nonce.len(), 30);
        for (age, expected) in [
            (0, Err(NonceFault::TooYoung)),
            (999, Err(NonceFault::TooYoung)),
            (1_000, Ok(())),
            (86_400_000, Ok(())),
            (86_400_001, Err(NonceFault::TooOld)),
        ] {
            assert_eq!(key().check(&nonce, NOW + age), expected, "{age}");
        }
        assert_eq!(key().check(&nonce, NOW - 1), Err(NonceFault::TooYoung));
        assert_eq!(key().check(&nonce, 0), Err(NonceFault::TooYoung));
        assert_eq!(key().check(&nonce, u64::MAX), Err(NonceFault::TooOld));
    }

    #[test]
    fn a_nonce_of_another_link_is_foreign() {
        let later = NOW + MIN_AGE_MS;
        for other in [
            NonceKey::new(&[8; 32], b"payload"),
            NonceKey::new(&[7; 32], b"payloae"),
        ] {
            assert_eq!(key().check(&other.issue(NOW), later), Err(NonceFault::Foreign));
        }
    }

    #[test]
    fn every_changed_bit_and_every_other_length_is_foreign() {
        let later = NOW + MIN_AGE_MS;
        let bytes = URL_SAFE_NO_PAD.decode(key().issue(NOW)).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let nonce = URL_SAFE_NO_PAD.encode(&changed);
            assert_eq!(key().check(&nonce, later), Err(NonceFault::Foreign), "bit {bit}");
        }
        for length in 0..bytes.len() {
            let nonce = URL_SAFE_NO_PAD.encode(&bytes[..length]);
            assert_eq!(
                key().check(&nonce, later),
                Err(NonceFault::Foreign),
                "{length} bytes"
            );
        }
        let longer = URL_SAFE_NO_PAD.encode([bytes, vec![0]].concat());
        assert_eq!(key().check(&longer, later), Err(NonceFault::Foreign));
        for text in ["", "x", "not base64!", "é"] {
            assert_eq!(key().check(text, later), Err(NonceFault::Foreign));
        }
    }
}
