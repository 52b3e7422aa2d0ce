//! Standard Webhooks 1.0.0: what we send is signed by HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::Zeroizing;

/// The value of `webhook-signature`.
///
/// # Errors
/// The secret is none of Standard Webhooks.
pub fn sign(secret: &str, id: &str, timestamp: u64, body: &str) -> Result<String, String> {
    const WRONG: &str = "the secret must be whsec_ and the base64 of 24 to 64 bytes";
    let key = STANDARD.decode(secret.strip_prefix("whsec_").ok_or(WRONG)?);
    let key = Zeroizing::new(key.map_err(|_| WRONG)?);
    if !(24..=64).contains(&key.len()) {
        return Err(WRONG.to_owned());
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(tag)))
}
