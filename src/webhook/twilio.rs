//! Twilio signs the address that it calls, and the fields of a form or the digest of another body.
//!
//! Nothing separates the address from the fields that come after it, and the content type is not signed. So the signed
//! text itself says which of both it is: one with the digest of a body as a parameter is never the text of a form.

use super::body;
use super::received::Received;
use super::secret::{BASE64, Secret, hex};
use crate::constant_time::are_equal;
use crate::rejection::Unproven;
use crate::select::essence;
use base64::Engine as _;
use ring::digest::{SHA256, digest};
use ring::hmac;
use std::collections::{BTreeMap, BTreeSet};

const HEADER: &str = "x-twilio-signature";
/// Holds the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";
/// Hex digits of the digest.
const DIGEST_DIGITS: usize = 64;
/// Longest name of a field, in characters.
const MAX_NAME_CHARS: usize = 128;

/// What an address is continued by, or what it must hold.
enum Body {
    /// The fields of a form.
    Form(Vec<u8>),
    /// The digest of any other body, in hex.
    Digest(String),
}

/// Whether the signature is over one of the addresses of the link, and over the body.
pub(super) fn check(secrets: &[Secret], received: &Received<'_>) -> Result<(), Unproven> {
    let signature = BASE64.decode(received.header(HEADER)?);
    let signature = signature.map_err(|_| Unproven::Unreadable(format!("header {HEADER}")))?;
    let body = Body::of(received)?;
    let mut failure = body.unsigned(&received.urls);
    // One text at a time: each has the size of the body.
    for url in received.urls.iter().flat_map(|url| spellings(url)) {
        let Some(text) = body.signed(&url) else {
            continue;
        };
        let fits = |secret: &Secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes());
            hmac::verify(&key, &text, &signature).is_ok()
        };
        if secrets.iter().any(fits) {
            return Ok(());
        }
        failure = Unproven::Wrong;
    }
    Err(failure)
}

impl Body {
    fn of(received: &Received<'_>) -> Result<Self, Unproven> {
        let kind = received.content_type.map(essence);
        match kind.as_deref() {
            Some("application/x-www-form-urlencoded") => fields(received.body).map(Body::Form),
            // Of a form without fields, nothing is left to say what it is.
            None if received.body.is_empty()
                && !received.urls.iter().any(|url| holds_digest(url.as_bytes())) =>
            {
                Ok(Body::Form(Vec::new()))
            }
            Some(_) | None => Ok(Body::Digest(hex(digest(&SHA256, received.body).as_ref()))),
        }
    }

    /// The text that a signature of this body at this address is over; `None` where it would be that of another body.
    fn signed(&self, url: &str) -> Option<Vec<u8>> {
        match self {
            Body::Form(fields) => {
                let text = [url.as_bytes(), fields].concat();
                (!holds_digest(&text)).then_some(text)
            }
            Body::Digest(sum) => {
                let mut digests = digests(url);
                let is_of_body = digests
                    .next()
                    .is_some_and(|given| are_equal(given.to_ascii_lowercase().as_bytes(), sum.as_bytes()));
                let is_alone = digests.next().is_none();
                (is_of_body && is_alone).then(|| url.as_bytes().to_vec())
            }
        }
    }

    /// Why there is no such text under any of the addresses.
    fn unsigned(&self, urls: &[String]) -> Unproven {
        match self {
            Body::Form(_) => Unproven::Unreadable(format!("a form with {BODY_DIGEST}")),
            Body::Digest(_) if urls.iter().all(|url| digests(url).next().is_none()) => {
                Unproven::Unreadable(format!("a body without {BODY_DIGEST}"))
            }
            Body::Digest(_) => Unproven::Wrong,
        }
    }
}

/// Under which addresses a sender may know a link: as it was handed out, with the digest if the request has one, and as
/// it was called.
pub(super) fn addresses(handed_out: Vec<String>, called: &str) -> Vec<String> {
    let digest = digests(called).next().unwrap_or_default();
    let with_digest = |link: String| match digest {
        "" => link,
        digest => format!("{link}&{BODY_DIGEST}={digest}"),
    };
    let mut addresses: Vec<String> = handed_out.into_iter().map(with_digest).collect();
    addresses.push(called.to_owned());
    addresses
}

/// With the port of https and without: what is signed differs between Twilio's products.
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else {
        return spellings;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let port = if scheme.eq_ignore_ascii_case("http") {
        80
    } else {
        443
    };
    spellings.push(match host.rsplit_once(':') {
        // The colons of an IPv6 address stand within brackets.
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{scheme}://{name}{path}")
        }
        _ => format!("{scheme}://{host}:{port}{path}"),
    });
    spellings
}

/// The digests in the query of an address, as Twilio writes them there.
fn digests(url: &str) -> impl Iterator<Item = &str> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    query.split('&').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name == BODY_DIGEST).then_some(value)
    })
}

/// Whether a signed text has the digest of a body as a parameter anywhere.
fn holds_digest(text: &[u8]) -> bool {
    let is_digest = |after: &[u8]| {
        let value = after
            .strip_prefix(BODY_DIGEST.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="));
        let value = value.and_then(|value| value.get(..DIGEST_DIGITS));
        value.is_some_and(|value| value.iter().all(u8::is_ascii_hexdigit))
    };
    let mut rest = text;
    while let Some(place) = rest.iter().position(|byte| matches!(byte, b'?' | b'&')) {
        rest = rest.get(place + 1..).unwrap_or_default();
        if is_digest(rest) {
            return true;
        }
    }
    false
}

/// Names in order, each with its values; values that are there more than once count once, in order. No name of Twilio's
/// can be the continuation of an address: such a name is refused.
fn fields(body: &[u8]) -> Result<Vec<u8>, Unproven> {
    let unreadable = |what: &str| Unproven::Unreadable(what.to_owned());
    let pairs = body::pairs(body).map_err(|_| unreadable("the form in the body"))?;
    if pairs.is_empty() && !body.is_empty() {
        return Err(unreadable("a form without fields"));
    }
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in pairs {
        if !is_name(&name) {
            return Err(unreadable("the name of a field"));
        }
        fields.entry(name).or_default().insert(value);
    }
    let mut text = Vec::new();
    for (name, values) in fields {
        for value in values {
            text.extend(name.as_bytes());
            text.extend(value.as_bytes());
        }
    }
    Ok(text)
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:[]-".contains(&byte);
    (1..=MAX_NAME_CHARS).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_tried_with_its_port_and_without() {
        for (url, other) in [
            ("https://a.example/b?c", "https://a.example:443/b?c"),
            ("https://a.example:443/b", "https://a.example/b"),
            ("https://a.example:8443/b", "https://a.example/b"),
            ("https://a.example?b", "https://a.example:443?b"),
            ("http://127.0.0.1/b", "http://127.0.0.1:80/b"),
            ("http://[::1]/b", "http://[::1]:80/b"),
            ("http://[::1]:8080/b", "http://[::1]/b"),
        ] {
            assert_eq!(spellings(url), [url, other], "{url}");
        }
    }

    #[test]
    fn an_address_is_known_as_it_was_handed_out_and_as_it_was_called() {
        let base = "https://a.example/v1";
        let handed_out = || {
            vec![
                format!("{base}/respond?a=1&data=x"),
                format!("{base}/respond?data=x"),
            ]
        };
        assert_eq!(
            addresses(handed_out(), &format!("{base}/respond?data=x&a=1")),
            [
                "https://a.example/v1/respond?a=1&data=x",
                "https://a.example/v1/respond?data=x",
                "https://a.example/v1/respond?data=x&a=1"
            ]
        );
        // With a digest in what was called, an address without it would leave the body unsigned.
        assert_eq!(
            addresses(handed_out(), &format!("{base}/respond?bodySHA256=0f&data=x")),
            [
                "https://a.example/v1/respond?a=1&data=x&bodySHA256=0f",
                "https://a.example/v1/respond?data=x&bodySHA256=0f",
                "https://a.example/v1/respond?bodySHA256=0f&data=x"
            ]
        );
    }

    #[test]
    fn fields_are_signed_in_order_and_each_value_once() {
        let text = |body: &str| String::from_utf8(fields(body.as_bytes()).unwrap()).unwrap();
        assert_eq!(text("b=2&a=1&a=0&a=1&c="), "a0a1b2c");
        assert_eq!(text("x=%2B1+2"), "x+1 2");
        assert_eq!(text(""), "");
        let many = |count: usize| fields(vec!["a=b"; count].join("&").as_bytes());
        assert!(many(body::MAX_FIELDS).is_ok());
        assert!(matches!(many(body::MAX_FIELDS + 1), Err(Unproven::Unreadable(_))));
    }
}
