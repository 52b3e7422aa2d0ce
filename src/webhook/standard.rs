//! Standard Webhooks 1.0.0: `id.timestamp.body` under HMAC-SHA256 (`v1`) or Ed25519 (`v1a`). Svix has the same under
//! other names.

use super::received::{Received, TimeUnit};
use super::secret::{BASE64, DerivedKey, KeyForm, Secret};
use crate::constant_time::are_equal;
use crate::rejection::Unproven;
use base64::Engine as _;
use ring::{hmac, signature};
use zeroize::Zeroizing;

/// Bytes that a symmetric secret may have (the specification's limits).
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Signatures that are tried.
const MAX_SIGNATURES: usize = 10;
const SHARED_PREFIX: &str = "whsec_";
const PUBLIC_PREFIX: &str = "whpk_";

/// Which headers carry the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Standard,
    /// `svix-…`; where these are missing, those of the standard.
    Svix,
}

/// The value of `webhook-signature` for a message that we send.
///
/// # Errors
/// A sentence: the secret is none of Standard Webhooks.
pub fn sign(secret: &Secret, id: &str, timestamp: u64, body: &[u8]) -> Result<String, &'static str> {
    match Key::read(secret)? {
        Key::Shared(key) => {
            let tag = hmac::sign(&key, &signed(id, &timestamp.to_string(), body));
            Ok(format!("v1,{}", BASE64.encode(tag)))
        }
        Key::Public(_) => Err("must be a secret that begins with whsec_; a public key signs nothing"),
    }
}

/// The secret of a link, in the standard's form.
pub(super) fn generated(key: &DerivedKey) -> Secret {
    let base64 = key.written(KeyForm::Base64);
    Secret::new(format!("{SHARED_PREFIX}{}", base64.expose()))
}

/// What signatures are checked with.
pub(super) enum Key {
    /// `v1`
    Shared(hmac::Key),
    /// `v1a`
    Public(Vec<u8>),
}

impl Key {
    /// `whsec_` or nothing, and base64 of 24 to 64 bytes; or `whpk_` and base64 of the 32 bytes of an Ed25519 key.
    ///
    /// # Errors
    /// A sentence for the author.
    pub(super) fn read(secret: &Secret) -> Result<Self, &'static str> {
        let decoded = |text: &str| BASE64.decode(text).map(Zeroizing::new);
        if let Some(text) = secret.expose().strip_prefix(PUBLIC_PREFIX) {
            return match decoded(text) {
                Ok(key) if key.len() == 32 => Ok(Key::Public(key.to_vec())),
                _ => Err("must be whpk_ and the base64 of a public key of 32 bytes"),
            };
        }
        let text = secret
            .expose()
            .strip_prefix(SHARED_PREFIX)
            .unwrap_or(secret.expose());
        match decoded(text) {
            Ok(key) if SECRET_BYTES.contains(&key.len()) => {
                Ok(Key::Shared(hmac::Key::new(hmac::HMAC_SHA256, &key)))
            }
            _ => Err("must be whsec_ and the base64 of 24 to 64 bytes, or whpk_ and a public key"),
        }
    }

    /// Whether one of the signatures is of this key; the MAC of what is signed is made once for all of them.
    fn fits_any(&self, signed: &[u8], given: &[(&str, Vec<u8>)]) -> bool {
        let of_version = |wanted| given.iter().filter(move |(version, _)| *version == wanted);
        match self {
            Key::Shared(key) => {
                let tag = hmac::sign(key, signed);
                of_version("v1").any(|(_, signature)| are_equal(tag.as_ref(), signature))
            }
            Key::Public(key) => {
                let key = signature::UnparsedPublicKey::new(&signature::ED25519, key);
                of_version("v1a").any(|(_, signature)| key.verify(signed, signature).is_ok())
            }
        }
    }
}

/// Whether one of the signatures is of one of the secrets, and the time is tolerated.
pub(super) fn check(
    names: Names,
    secrets: &[Secret],
    tolerance: Option<u64>,
    received: &Received<'_>,
) -> Result<(), Unproven> {
    let family = match names {
        Names::Svix if received.has("svix-id") => "svix",
        Names::Svix | Names::Standard => "webhook",
    };
    let header = |part: &str| received.header(&format!("{family}-{part}"));
    let (id, timestamp, signatures) = (header("id")?, header("timestamp")?, header("signature")?);
    // With a dot in it, one text would be two messages.
    if id.is_empty() || id.contains('.') {
        return Err(Unproven::Unreadable(format!("header {family}-id")));
    }
    received.check_time(timestamp, TimeUnit::Seconds, tolerance)?;
    let signed = signed(id, timestamp, received.body);
    let given: Vec<&str> = signatures.split(' ').collect();
    if given.len() > MAX_SIGNATURES {
        return Err(Unproven::TooMany);
    }
    let given = given.into_iter().filter_map(|text| {
        let (version, base64) = text.split_once(',')?;
        Some((version, BASE64.decode(base64).ok()?))
    });
    let given: Vec<(&str, Vec<u8>)> = given.collect();
    let mut keys = secrets.iter().filter_map(|secret| Key::read(secret).ok());
    if keys.any(|key| key.fits_any(&signed, &given)) {
        Ok(())
    } else {
        Err(Unproven::Wrong)
    }
}

fn signed(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn the_value_of_the_specifications_example_is_made() {
        let signature = sign(
            &secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signature.as_deref(),
            Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }

    #[test]
    fn other_secrets_are_refused() {
        let short = BASE64.encode([1; 23]);
        let long = BASE64.encode([1; 65]);
        for text in [
            "",
            "whsec_",
            "whsec_not base64",
            &short,
            &format!("whsec_{short}"),
            &format!("whsec_{long}"),
            "whpk_",
            &format!("whpk_{}", BASE64.encode([1; 31])),
            &format!("whpk_{}", BASE64.encode([1; 33])),
            &format!("whsk_{}", BASE64.encode([1; 32])),
        ] {
            assert!(Key::read(&secret(text)).is_err(), "{text}");
            assert!(sign(&secret(text), "i", 1, b"").is_err(), "{text}");
        }
        let public = format!("whpk_{}", BASE64.encode([1; 32]));
        assert!(Key::read(&secret(&public)).is_ok());
        assert!(sign(&secret(&public), "i", 1, b"").is_err());
        assert!(Key::read(&secret(&BASE64.encode([1; 24]))).is_ok());
    }

    #[test]
    fn a_generated_secret_is_one_of_the_standard() {
        let generated = generated(&DerivedKey::new(Zeroizing::new([9; 32])));
        assert!(generated.expose().starts_with("whsec_"), "{generated:?}");
        assert!(matches!(Key::read(&generated), Ok(Key::Shared(_))));
    }
}
