//! Senders that sign nothing and show a secret instead. Whoever sees one request can make others.

use super::received::Received;
use super::secret::{BASE64, Secret};
use crate::constant_time::are_equal;
use crate::rejection::Unproven;
use base64::Engine as _;

/// The user of a secret that this service made, for `basic`.
pub(super) const GENERATED_USER: &str = "callback";

/// A header that is the secret.
pub(super) fn check_header(name: &str, secrets: &[Secret], received: &Received<'_>) -> Result<(), Unproven> {
    one_of(secrets, received.header(name)?.as_bytes())
}

/// `Authorization: Bearer` and the secret.
pub(super) fn check_bearer(secrets: &[Secret], received: &Received<'_>) -> Result<(), Unproven> {
    one_of(secrets, credentials("bearer", received)?.as_bytes())
}

/// `Authorization: Basic`, and `user:password` in base64.
pub(super) fn check_basic(secrets: &[Secret], received: &Received<'_>) -> Result<(), Unproven> {
    let text = BASE64.decode(credentials("basic", received)?);
    one_of(secrets, &text.map_err(|_| unreadable())?)
}

fn credentials<'a>(scheme: &str, received: &Received<'a>) -> Result<&'a str, Unproven> {
    let value = received.header("authorization")?;
    match value.split_once(' ') {
        Some((given, rest)) if given.eq_ignore_ascii_case(scheme) => Ok(rest.trim_start()),
        _ => Err(unreadable()),
    }
}

fn unreadable() -> Unproven {
    Unproven::Unreadable("header authorization".to_owned())
}

fn one_of(secrets: &[Secret], given: &[u8]) -> Result<(), Unproven> {
    let fits = |secret: &Secret| are_equal(secret.expose().as_bytes(), given);
    if secrets.iter().any(fits) {
        Ok(())
    } else {
        Err(Unproven::Wrong)
    }
}
