//! Mailgun puts its signature into the body, and signs a time and a random text but not the rest.

use super::received::{Received, TimeUnit};
use super::secret::{Secret, unhex};
use crate::rejection::Unproven;
use ring::hmac;
use serde::Deserialize;

/// Longest token, in bytes.
const MAX_TOKEN_BYTES: usize = 256;

#[derive(Deserialize)]
struct Event {
    signature: Signed,
}

#[derive(Default, Deserialize)]
struct Signed {
    timestamp: String,
    token: String,
    signature: String,
}

/// Whether time and token are signed with one of the secrets, and the time is tolerated.
pub(super) fn check(
    secrets: &[Secret],
    tolerance: Option<u64>,
    received: &Received<'_>,
) -> Result<(), Unproven> {
    let unreadable = || Unproven::Unreadable("the signature in the body".to_owned());
    let signed = if received.body.first() == Some(&b'{') {
        let event: Event = serde_json::from_slice(received.body).map_err(|_| unreadable())?;
        event.signature
    } else {
        in_form(received.body).ok_or_else(unreadable)?
    };
    if signed.token.is_empty() || signed.token.len() > MAX_TOKEN_BYTES {
        return Err(unreadable());
    }
    received.check_time(&signed.timestamp, TimeUnit::Seconds, tolerance)?;
    let signature = unhex(&signed.signature).ok_or_else(unreadable)?;
    let text = format!("{}{}", signed.timestamp, signed.token);
    let fits = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        hmac::verify(&key, text.as_bytes(), &signature).is_ok()
    };
    if secrets.iter().any(fits) {
        Ok(())
    } else {
        Err(Unproven::Wrong)
    }
}

/// The fields of a form, each of which must be there once.
fn in_form(body: &[u8]) -> Option<Signed> {
    let once = |wanted: &str| {
        let mut values = url::form_urlencoded::parse(body).filter(|(name, _)| name == wanted);
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.into_owned())
    };
    Some(Signed {
        timestamp: once("timestamp")?,
        token: once("token")?,
        signature: once("signature")?,
    })
}
