//! Twilio signs the address that it calls, and the fields of a form or the digest of another body.

use super::body::MAX_FIELDS;
use super::received::Received;
use super::secret::{BASE64, Secret, hex};
use crate::constant_time::are_equal;
use crate::rejection::Unproven;
use base64::Engine as _;
use ring::digest::{SHA256, digest};
use ring::hmac;
use std::collections::{BTreeMap, BTreeSet};

const HEADER: &str = "x-twilio-signature";
/// Holds the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

/// Whether the signature is over one of the addresses of the link, and over the body.
pub(super) fn check(secrets: &[Secret], received: &Received<'_>) -> Result<(), Unproven> {
    let signature = BASE64.decode(received.header(HEADER)?);
    let signature = signature.map_err(|_| Unproven::Unreadable(format!("header {HEADER}")))?;
    let fields = match received.urls.iter().find_map(|url| body_digest(url)) {
        // The digest is a part of the address, which is signed below.
        Some(expected) => {
            let sum = hex(digest(&SHA256, received.body).as_ref());
            if !are_equal(expected.to_ascii_lowercase().as_bytes(), sum.as_bytes()) {
                return Err(Unproven::Wrong);
            }
            Vec::new()
        }
        None if is_form(received) => fields(received.body)?,
        // An empty body has nothing that could be changed; another one would not be signed.
        None if received.body.is_empty() => Vec::new(),
        None => return Err(Unproven::Unreadable(format!("a body without {BODY_DIGEST}"))),
    };
    let fits = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes());
        let urls = received.urls.iter().flat_map(|url| spellings(url));
        urls.map(|url| [url.as_bytes(), &fields].concat())
            .any(|signed| hmac::verify(&key, &signed, &signature).is_ok())
    };
    if secrets.iter().any(fits) {
        Ok(())
    } else {
        Err(Unproven::Wrong)
    }
}

/// Under which addresses a sender may know a link: as it was handed out, with the digest if the request has one, and as
/// it was called.
pub fn addresses(base: &str, handed_out: Vec<String>, raw_query: &str) -> Vec<String> {
    let called = format!("{base}/respond?{raw_query}");
    let digest = body_digest(&called).map(|digest| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair(BODY_DIGEST, &digest).finish()
    });
    let handed_out = handed_out.into_iter().map(|link| match &digest {
        Some(digest) => format!("{link}&{digest}"),
        None => link,
    });
    handed_out.chain([called]).collect()
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

fn body_digest(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let (_, value) = parameters.find(|(name, _)| name == BODY_DIGEST)?;
    Some(value.into_owned())
}

fn is_form(received: &Received<'_>) -> bool {
    let kind = received.content_type.unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Names in order, each with its values; values that are there more than once count once, in order. Nobody has proven
/// anything yet, so a form with more fields than any link takes is not even sorted.
fn fields(body: &[u8]) -> Result<Vec<u8>, Unproven> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (index, (name, value)) in url::form_urlencoded::parse(body).into_owned().enumerate() {
        if index == MAX_FIELDS {
            return Err(Unproven::Unreadable("a form of so many fields".to_owned()));
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
            addresses(base, handed_out(), "data=x&a=1"),
            [
                "https://a.example/v1/respond?a=1&data=x",
                "https://a.example/v1/respond?data=x",
                "https://a.example/v1/respond?data=x&a=1"
            ]
        );
        // With a digest in what was called, an address without it would leave the body unsigned.
        assert_eq!(
            addresses(base, handed_out(), "bodySHA256=0f&data=x"),
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
        assert!(many(MAX_FIELDS).is_ok());
        assert!(matches!(many(MAX_FIELDS + 1), Err(Unproven::Unreadable(_))));
    }
}
