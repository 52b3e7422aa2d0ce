//! Secrets of webhooks: as their owner writes them, and as keys.

use crate::unseen::is_unseen;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Most secrets of one action: the one in use, and those before and after it.
pub const MAX_SECRETS: usize = 5;
/// Longest secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 1_024;

/// Base64 as senders write it, with its padding or without; unused bits must be zero.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret as its owner writes it, a public key too. Wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for those who must know it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the scheme makes a key of.
    ///
    /// # Errors
    /// A sentence for the author.
    pub(super) fn bytes(&self, form: KeyForm) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let bytes = match form {
            KeyForm::Utf8 => Ok(self.0.as_bytes().to_vec()),
            KeyForm::Base64 => BASE64.decode(self.0.as_bytes()).map_err(|_| "must be base64"),
            KeyForm::Hex => unhex(&self.0).ok_or("must be hex digits"),
        };
        match bytes.map(Zeroizing::new) {
            Ok(bytes) if bytes.is_empty() => Err("must not be empty"),
            bytes => bytes,
        }
    }

    /// Whether white space, or another character that nobody sees, is at one of its ends: mostly the line break of a file.
    pub fn has_unseen_end(&self) -> bool {
        let ends = [self.0.chars().next(), self.0.chars().next_back()];
        ends.into_iter().flatten().any(is_unseen)
    }

    /// Whether it can stand in a header.
    pub(super) fn is_visible(&self) -> bool {
        let visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        self.0.bytes().all(visible) && self.0.trim() == self.0.as_str()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        crate::constant_time::are_equal(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// How a key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum KeyForm {
    /// The text is the key.
    Utf8,
    /// The key is what the text encodes.
    Base64,
    /// The key is what the text encodes.
    Hex,
}

/// The 32 bytes that a link derives for this purpose from its own key (docs/FORMAT.md, "Key schedule").
pub struct DerivedKey(Zeroizing<[u8; 32]>);

impl DerivedKey {
    /// Takes the bytes over.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Written as keys of this form are.
    pub(super) fn written(&self, form: KeyForm) -> Secret {
        Secret::new(match form {
            KeyForm::Utf8 => general_purpose::URL_SAFE_NO_PAD.encode(self.0.as_slice()),
            KeyForm::Base64 => general_purpose::STANDARD.encode(self.0.as_slice()),
            KeyForm::Hex => hex(self.0.as_slice()),
        })
    }
}

impl std::fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DerivedKey(redacted)")
    }
}

/// Hex digits of either case.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// Hex digits in lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_the_form_that_the_scheme_has() {
        let bytes = |text: &str, form| Secret::new(text.to_owned()).bytes(form).map(|key| key.to_vec());
        assert_eq!(bytes("kéy", KeyForm::Utf8), Ok("kéy".as_bytes().to_vec()));
        assert_eq!(bytes("AQI=", KeyForm::Base64), Ok(vec![1, 2]));
        assert_eq!(bytes("AQI", KeyForm::Base64), Ok(vec![1, 2]));
        assert_eq!(bytes("01fF", KeyForm::Hex), Ok(vec![1, 255]));
        for (text, form) in [
            ("", KeyForm::Utf8),
            ("", KeyForm::Base64),
            ("", KeyForm::Hex),
            ("AQJ=", KeyForm::Base64),
            ("A_I=", KeyForm::Base64),
            ("AQI= ", KeyForm::Base64),
            ("0", KeyForm::Hex),
            ("0g", KeyForm::Hex),
            ("+1", KeyForm::Hex),
            ("é", KeyForm::Hex),
        ] {
            assert!(bytes(text, form).is_err(), "{text} {form:?}");
        }
    }

    #[test]
    fn ends_that_nobody_sees_are_told() {
        for text in [
            "a\n",
            "\na",
            "a\r\n",
            " a",
            "a ",
            "a\t",
            "\u{feff}a",
            "a\u{a0}",
            "a\u{200b}",
            "\n",
            "\0a",
        ] {
            assert!(Secret::new(text.to_owned()).has_unseen_end(), "{text:?}");
        }
        for text in ["a", "a b", "a\nb", "é", "", "-"] {
            assert!(!Secret::new(text.to_owned()).has_unseen_end(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", Secret::new("canary".to_owned())),
            "Secret(redacted)"
        );
        let key = DerivedKey::new(Zeroizing::new([7; 32]));
        assert_eq!(format!("{key:?}"), "DerivedKey(redacted)");
    }

    #[test]
    fn a_derived_key_is_written_so_that_it_is_read_again() {
        let key = DerivedKey::new(Zeroizing::new([0xfb; 32]));
        assert_eq!(
            key.written(KeyForm::Base64)
                .bytes(KeyForm::Base64)
                .unwrap()
                .as_slice(),
            [0xfb; 32]
        );
        assert_eq!(
            key.written(KeyForm::Hex).bytes(KeyForm::Hex).unwrap().as_slice(),
            [0xfb; 32]
        );
        assert_eq!(key.written(KeyForm::Utf8).expose().len(), 43);
        assert!(key.written(KeyForm::Utf8).is_visible());
    }
}
