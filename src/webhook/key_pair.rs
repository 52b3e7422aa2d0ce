//! Senders that sign with a private key: Discord (Ed25519) and SendGrid (ECDSA).

use super::mac::Encoding;
use super::received::{Received, TimeUnit};
use super::secret::{KeyForm, Secret};
use crate::rejection::Unproven;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};

/// What these senders differ in.
pub(super) struct Row {
    signature: &'static str,
    time: &'static str,
    encoding: Encoding,
    algorithm: &'static dyn VerificationAlgorithm,
    key: fn(&Secret) -> Result<Vec<u8>, &'static str>,
}

pub(super) const DISCORD: Row = Row {
    signature: "x-signature-ed25519",
    time: "x-signature-timestamp",
    encoding: Encoding::Hex,
    algorithm: &ED25519,
    key: ed25519,
};
pub(super) const SENDGRID: Row = Row {
    signature: "x-twilio-email-event-webhook-signature",
    time: "x-twilio-email-event-webhook-timestamp",
    encoding: Encoding::Base64,
    algorithm: &ECDSA_P256_SHA256_ASN1,
    key: p256,
};

/// In front of the point in a SubjectPublicKeyInfo of P-256 (RFC 5480): all of it but the point is the same in every key.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

impl Row {
    /// Whether a secret is a public key of the sender's kind.
    ///
    /// # Errors
    /// A sentence for the author.
    pub(super) fn check_key(&self, secret: &Secret) -> Result<(), &'static str> {
        (self.key)(secret).map(drop)
    }

    /// Whether the signature over time and body is of one of the keys, and the time is tolerated.
    pub(super) fn check(
        &self,
        secrets: &[Secret],
        tolerance: Option<u64>,
        received: &Received<'_>,
    ) -> Result<(), Unproven> {
        let signature = self.encoding.decode(received.header(self.signature)?);
        let signature =
            signature.ok_or_else(|| Unproven::Unreadable(format!("header {}", self.signature)))?;
        let time = received.header(self.time)?;
        received.check_time(time, TimeUnit::Seconds, tolerance)?;
        let signed = [time.as_bytes(), received.body].concat();
        let fits = |secret: &Secret| {
            (self.key)(secret).is_ok_and(|key| {
                let key = UnparsedPublicKey::new(self.algorithm, key);
                key.verify(&signed, &signature).is_ok()
            })
        };
        if secrets.iter().any(fits) {
            Ok(())
        } else {
            Err(Unproven::Wrong)
        }
    }
}

fn ed25519(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    match secret.bytes(KeyForm::Hex) {
        Ok(key) if key.len() == 32 => Ok(key.to_vec()),
        _ => Err("must be the application's public key: 64 hex digits"),
    }
}

fn p256(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    let spki = secret.bytes(KeyForm::Base64).unwrap_or_default();
    match spki.strip_prefix(&P256_PREFIX) {
        Some([4, point @ ..]) if point.len() == 64 => Ok([&[4], point].concat()),
        _ => Err("must be the verification key: the base64 of a public key on P-256"),
    }
}
