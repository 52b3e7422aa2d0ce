//! Format `3-` in code. docs/FORMAT.md says the same in words; its section names stand beside the parts.

use super::UNPADDED;
use super::aes_gcm::{Cipher, NONCE, TAG};
use super::epoch::Epoch;
use super::hkdf::Secret;
use super::key::{DataKey, KeyRef, MAX_WRAPPED, SealingKey};
use crate::constant_time::are_equal;
use crate::nonce::NonceKey;
use crate::payload::{Opened, Payload, packed};
use crate::rejection::Damage;
use crate::webhook::DerivedKey;
use base64::Engine as _;
use ring::hkdf::HKDF_SHA256;
use zeroize::Zeroizing;

/// DS: separates our keys and additional data from everybody else's.
pub const DOMAIN: &[u8] = b"sfn-callback-urls/3";

const SUITE_KMS: u8 = 0x01;
const SUITE_LOCAL: u8 = 0x02;
const SUITE_EPOCH: u8 = 0x03;
const SALT: usize = 16;
const COMMIT: usize = 32;
/// Each link has its own key, so one nonce serves all.
const ZERO_NONCE: [u8; NONCE] = [0; NONCE];

/// A `3-` link: well-formed bytes, of which only the name of the data key may be looked at.
pub struct Sealed {
    bytes: Vec<u8>,
    reference: KeyRef,
    /// Length of suite and key reference.
    prefix: usize,
}

impl Sealed {
    /// Splits the header off ("Layout"). Nothing is decrypted, and no length of a stranger is allocated.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, Damage> {
        let (suite, rest) = bytes.split_first().ok_or(Damage::Truncated)?;
        let (reference, rest) = match *suite {
            SUITE_KMS => {
                let (length, rest) = rest.split_first_chunk().ok_or(Damage::Truncated)?;
                let length = usize::from(u16::from_be_bytes(*length));
                if !(1..=MAX_WRAPPED).contains(&length) {
                    return Err(Damage::Truncated);
                }
                let (wrapped, rest) = rest.split_at_checked(length).ok_or(Damage::Truncated)?;
                (KeyRef::Kms(wrapped.to_vec()), rest)
            }
            SUITE_LOCAL => {
                let (id, rest) = rest.split_at_checked(8).ok_or(Damage::Truncated)?;
                (KeyRef::Local(id.try_into().map_err(|_| Damage::Truncated)?), rest)
            }
            SUITE_EPOCH => {
                let (epoch, rest) = rest.split_first_chunk().ok_or(Damage::Truncated)?;
                (KeyRef::Epoch(Epoch::from_be_bytes(*epoch)), rest)
            }
            _ => return Err(Damage::UnknownSuite),
        };
        if rest.len() < SALT + COMMIT + TAG {
            return Err(Damage::Truncated);
        }
        let prefix = bytes.len() - rest.len();
        Ok(Self {
            prefix,
            reference,
            bytes,
        })
    }

    /// Which data key opens the link.
    pub fn reference(&self) -> &KeyRef {
        &self.reference
    }

    /// Opens the link ("Opening"): commitment in constant time, then AES-256-GCM, then the payload.
    ///
    /// # Errors
    /// [`Damage::Commitment`], [`Damage::Authentication`] or [`Damage::Content`].
    pub fn open(&self, key: &DataKey, audience: &str) -> Result<Opened, Damage> {
        let (header, sealed) = self
            .bytes
            .split_at_checked(self.prefix + SALT + COMMIT)
            .ok_or(Damage::Truncated)?;
        let (start, commit) = header
            .split_at_checked(self.prefix + SALT)
            .ok_or(Damage::Truncated)?;
        let (named, salt) = start.split_at_checked(self.prefix).ok_or(Damage::Truncated)?;
        let suite = *named.first().ok_or(Damage::Truncated)?;
        let keys = LinkKeys::derive(key, salt, suite);
        let commit: &[u8; COMMIT] = commit.try_into().map_err(|_| Damage::Truncated)?;
        if !are_equal(&keys.commit(), commit) {
            return Err(Damage::Commitment);
        }
        let mut payload = Zeroizing::new(sealed.to_vec());
        let additional = additional_data(audience, header);
        let plain = keys.cipher().open(ZERO_NONCE, &additional, &mut payload);
        let plain = plain.ok_or(Damage::Authentication)?;
        Ok(Opened {
            payload: packed::read(plain)?,
            nonce: NonceKey::new(&keys.expand(b" nonce"), plain),
            webhook_key: Some(DerivedKey::new(keys.expand(b" webhook"))),
        })
    }
}

/// Seals a payload ("Sealing"). `salt` must be fresh random bytes: it makes the keys of this link its own.
#[expect(clippy::expect_used, reason = "KMS wraps 32 bytes in a few hundred")]
pub fn seal(payload: &Payload, sealing: &SealingKey, salt: [u8; SALT], audience: &str) -> String {
    let suite = suite(&sealing.reference);
    let mut header = match &sealing.reference {
        KeyRef::Kms(wrapped) => {
            let length = u16::try_from(wrapped.len()).expect("KMS wraps 32 bytes in a few hundred");
            [&[suite], length.to_be_bytes().as_slice(), wrapped].concat()
        }
        KeyRef::Local(id) => [&[suite], id.as_slice()].concat(),
        KeyRef::Epoch(epoch) => [&[suite], epoch.to_be_bytes().as_slice()].concat(),
    };
    let keys = LinkKeys::derive(&sealing.key, &salt, suite);
    header.extend(salt);
    header.extend(keys.commit());
    let mut sealed = packed::write(payload);
    let additional = additional_data(audience, &header);
    keys.cipher().seal(ZERO_NONCE, &additional, &mut sealed);
    header.extend(sealed);
    format!("3-{}", UNPADDED.encode(header))
}

/// What the secrets follow from that a link generates, for who makes the link.
pub fn webhook_key(sealing: &SealingKey, salt: &[u8; SALT]) -> DerivedKey {
    DerivedKey::new(LinkKeys::derive(&sealing.key, salt, suite(&sealing.reference)).expand(b" webhook"))
}

const fn suite(reference: &KeyRef) -> u8 {
    match reference {
        KeyRef::Kms(_) => SUITE_KMS,
        KeyRef::Local(_) => SUITE_LOCAL,
        KeyRef::Epoch(_) => SUITE_EPOCH,
    }
}

/// The keys of one link ("Key schedule").
struct LinkKeys {
    secret: Secret,
    suite: u8,
}

impl LinkKeys {
    fn derive(key: &DataKey, salt: &[u8], suite: u8) -> Self {
        Self {
            secret: Secret::extract(HKDF_SHA256, salt, key.expose()),
            suite,
        }
    }

    /// HKDF-Expand(PRK, DS || purpose || suite, 32).
    fn expand(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        self.secret.expand(&[DOMAIN, purpose, &[self.suite]])
    }

    fn commit(&self) -> [u8; COMMIT] {
        *self.expand(b" commit")
    }

    fn cipher(&self) -> Cipher {
        Cipher::new(&self.expand(b" key"))
    }
}

/// DS || 0x00 || len(audience) || audience || header.
#[expect(clippy::expect_used, reason = "the settings keep an audience short")]
fn additional_data(audience: &str, header: &[u8]) -> Vec<u8> {
    let length = u16::try_from(audience.len()).expect("the settings keep an audience short");
    [
        DOMAIN,
        &[0],
        length.to_be_bytes().as_slice(),
        audience.as_bytes(),
        header,
    ]
    .concat()
}

#[cfg(test)]
#[path = "sealed_tests.rs"]
mod tests;
