//! Links: from a payload to the text in a URL, and back only with the key. The specification is docs/FORMAT.md.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

mod aes_gcm;
pub mod epoch;
pub mod esdk;
mod hkdf;
pub mod key;
mod p384;
pub mod sealed;

pub use epoch::Epoch;
pub use key::{DataKey, KeyRef, SealingKey};
pub use sealed::Sealed;

use crate::nonce::NonceKey;
use crate::payload::{Opened, Payload, json_form};
use crate::rejection::Damage;
use crate::unseen::is_unseen;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::digest::{SHA256, digest};
use ring::hkdf::HKDF_SHA256;

/// Longest text of a `3-` link after its prefix, in characters as received (docs/FORMAT.md, "Text").
pub const MAX_SEALED_CHARS: usize = 8_192;
/// Longest text of a `1-` or `2-` link, prefix included, in characters as received.
pub const MAX_OLD_CHARS: usize = 10_240;

/// Canonical base64url without padding.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, base64::engine::general_purpose::NO_PAD);
/// Base64url as the Python application wrote it, with its padding or without.
const EITHER: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A link whose shape is right and whose content nobody vouches for.
pub enum Untrusted {
    /// `1-`: JSON that anybody can have written.
    Plain(Plain),
    /// `2-`: a message of the AWS Encryption SDK.
    Legacy(Vec<u8>),
    /// `3-`: a link of ours.
    Sealed(Sealed),
}

impl Untrusted {
    /// Looks at the text of `data`, without what mail and chat programs do to it.
    ///
    /// # Errors
    /// Why this is not a link of any format.
    pub fn parse(received: &str) -> Result<Self, Damage> {
        let length = received.chars().count();
        if length > MAX_OLD_CHARS {
            return Err(Damage::TooLong);
        }
        let data = as_sent(received);
        let (prefix, text) = data.split_at_checked(2).ok_or(Damage::UnknownFormat)?;
        match prefix {
            "3-" if length > MAX_SEALED_CHARS + prefix.len() => Err(Damage::TooLong),
            "1-" => Ok(Untrusted::Plain(Plain(decode(&EITHER, text)?))),
            "2-" => Ok(Untrusted::Legacy(decode(&EITHER, text)?)),
            "3-" => Sealed::parse(decode(&UNPADDED, text)?).map(Untrusted::Sealed),
            _ => Err(Damage::UnknownFormat),
        }
    }

    /// The fingerprint of the data key that a `3-` link names, for the log.
    pub fn fingerprint(&self) -> Option<String> {
        match self {
            Untrusted::Plain(_) | Untrusted::Legacy(_) => None,
            Untrusted::Sealed(sealed) => Some(sealed.reference().fingerprint()),
        }
    }

    /// The number of the format, for the log.
    pub const fn format(&self) -> u8 {
        match self {
            Untrusted::Plain(_) => 1,
            Untrusted::Legacy(_) => 2,
            Untrusted::Sealed(_) => 3,
        }
    }
}

/// The text that was sent: programs on the way wrap it, put characters in that nobody sees, and take the end of a
/// sentence for a part of the address (docs/FORMAT.md, F1).
fn as_sent(received: &str) -> String {
    let is_ours = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=');
    let seen = received.chars().filter(|c| !is_unseen(*c));
    seen.take_while(is_ours).collect()
}

fn decode(engine: &GeneralPurpose, text: &str) -> Result<Vec<u8>, Damage> {
    engine.decode(text).map_err(|_| Damage::NotBase64)
}

/// The bytes of a `1-` link.
pub struct Plain(Vec<u8>);

impl Plain {
    /// Reads the payload without any proof of where it comes from: only for a service that has no key.
    ///
    /// # Errors
    /// [`Damage::Content`].
    pub fn trust_without_key(&self) -> Result<Opened, Damage> {
        open_json(&self.0)
    }
}

/// Reads the payload of a link that has no keys of its own.
///
/// # Errors
/// [`Damage::Content`].
pub fn open_json(payload: &[u8]) -> Result<Opened, Damage> {
    Ok(Opened {
        payload: json_form::read(payload)?,
        nonce: nonce_of_json(payload),
        webhook_key: None,
    })
}

/// Where there is no secret, the payload is one as far as those go who do not have the link: this stops blind posts,
/// and no more (docs/FORMAT.md, "Form nonce").
fn nonce_of_json(payload: &[u8]) -> NonceKey {
    let sum = digest(&SHA256, payload);
    let secret = hkdf::Secret::extract(HKDF_SHA256, &[], sum.as_ref());
    NonceKey::new(&secret.expand(&[sealed::DOMAIN, b" nonce"]), payload)
}

/// The `1-` link of a payload, for a service that has no key.
pub fn plain(payload: &Payload) -> String {
    format!("1-{}", UNPADDED.encode(json_form::write(payload)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(data: &str) -> Result<u8, Damage> {
        Untrusted::parse(data).map(|untrusted| untrusted.format())
    }

    #[test]
    fn formats_are_told_apart_by_their_prefix() {
        assert_eq!(parse("1-e30"), Ok(1));
        assert_eq!(parse("2-AgV4"), Ok(2));
        for data in [
            "", "3", "4-AAAA", "0-AAAA", "33AAAA", "-", "é-AAAA", "AgV4", "11-AAAA",
        ] {
            assert_eq!(parse(data), Err(Damage::UnknownFormat), "{data}");
        }
    }

    #[test]
    fn old_links_come_with_padding_and_without() {
        for data in ["1-e30", "1-e30=", "2-AQ==", "2-AQ"] {
            assert!(parse(data).is_ok(), "{data}");
        }
        for data in ["1-e31", "2-AR==", "2-A", "2-A=Q=", "2-AR+/", "2-A R", "3-AQ=="] {
            assert_eq!(parse(data), Err(Damage::NotBase64), "{data}");
        }
    }

    /// What [`Untrusted::parse`] makes of it, bytes included.
    fn parsed(data: &str) -> Result<(u8, Vec<u8>), Damage> {
        Untrusted::parse(data).map(|untrusted| match untrusted {
            Untrusted::Plain(Plain(bytes)) => (1, bytes),
            Untrusted::Legacy(bytes) => (2, bytes),
            Untrusted::Sealed(_) => (3, Vec::new()),
        })
    }

    #[test]
    fn what_mail_programs_glue_on_is_taken_off() {
        for glue in [
            ".",
            ",",
            ";",
            ":",
            "!",
            "?",
            ")",
            "]",
            "}",
            ">",
            "'",
            "\"",
            " ",
            ">).",
            "\". ",
            "*",
            "/",
            "&",
            "%",
            "(",
            "。",
            "、",
            "」",
            "）",
            "”",
            "»",
            "…",
            "।",
            "😀",
            "\u{fe0f}",
            "\u{fffd}",
            ". See you",
            "。次の文",
            "?utm_source=x",
            "*AAAA",
            "+",
        ] {
            for link in ["2-AgV4", "1-e30", "1-e30=", "2-AgV4-_-_"] {
                assert_eq!(parsed(&format!("{link}{glue}")), parsed(link), "{link}{glue}");
            }
        }
        // What belongs to the alphabet cannot be told from the link.
        for glue in ["-", "_", "A", "="] {
            assert_ne!(parsed(&format!("2-AgV4{glue}")), parsed("2-AgV4"), "{glue}");
        }
        // Nor can anything be told from what comes before the prefix.
        for before in ["<", "\"", "(", "「", "a", "😀"] {
            assert_eq!(
                parse(&format!("{before}2-AgV4")),
                Err(Damage::UnknownFormat),
                "{before}"
            );
        }
    }

    #[test]
    fn what_nobody_sees_is_taken_out() {
        for unseen in [
            " ",
            "\t",
            "\n",
            "\r\n",
            "\r\n\t",
            "\u{b}",
            "\u{c}",
            "\0",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{ad}",
            "\u{1680}",
            "\u{200b}",
            "\u{200d}",
            "\u{200e}",
            "\u{2028}",
            "\u{2029}",
            "\u{202e}",
            "\u{2060}",
            "\u{2066}",
            "\u{3000}",
            "\u{feff}",
            "\u{e0001}",
        ] {
            for (link, same) in [
                (format!("{unseen}2-AgV4"), "2-AgV4"),
                (format!("2{unseen}-AgV4"), "2-AgV4"),
                (format!("2-{unseen}AgV4"), "2-AgV4"),
                (format!("2-Ag{unseen}V4{unseen}"), "2-AgV4"),
                (format!("1-e{unseen}30{unseen}="), "1-e30="),
                (format!("{unseen}.2-AgV4"), ".2-AgV4"),
                (format!("2-AgV4{unseen}. AgV4"), "2-AgV4"),
                (format!("2-AgV4{unseen}AgV4"), "2-AgV4AgV4"),
                (format!("3-{unseen}AA=="), "3-AA=="),
            ] {
                assert_eq!(parsed(&link), parsed(same), "{link:?}");
            }
        }
    }

    #[test]
    fn lengths_over_the_limit_are_refused() {
        assert_eq!(
            parse(&format!("3-{}", "A".repeat(MAX_SEALED_CHARS + 1))),
            Err(Damage::TooLong)
        );
        assert_eq!(
            parse(&format!("3-{}", "A".repeat(MAX_SEALED_CHARS))),
            Err(Damage::UnknownSuite)
        );
        assert_eq!(
            parse(&format!("2-{}", "A".repeat(MAX_OLD_CHARS - 1))),
            Err(Damage::TooLong)
        );
        assert_eq!(parse(&format!("2-{}", "A".repeat(MAX_OLD_CHARS - 2))), Ok(2));
        assert_eq!(
            parse(&format!("1-{}", "A".repeat(MAX_OLD_CHARS - 1))),
            Err(Damage::TooLong)
        );
        // As received, in characters.
        let longest = format!("2-{}", "A".repeat(MAX_OLD_CHARS - 3));
        assert_eq!(parse(&format!("{longest}。")), parse(&longest));
        assert_eq!(parse(&format!("{longest}。 ")), Err(Damage::TooLong));
        let longest = format!("3-{}", "A".repeat(MAX_SEALED_CHARS - 1));
        assert_eq!(parse(&format!("\u{feff}{longest}")), parse(&longest));
        assert_eq!(parse(&format!("\n\n{longest}")), Err(Damage::TooLong));
        assert_eq!(
            parse(&format!("3-AQ{}", " ".repeat(MAX_SEALED_CHARS))),
            Err(Damage::TooLong)
        );
    }
}
