//! The number that joins a request, its links, their uses and the log lines of all.

use std::fmt;

/// 16 random bytes, shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId([u8; 16]);

impl TransactionId {
    /// From the bytes of a random source or of a payload.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 hex digits; hyphens as in a UUID are allowed, because old payloads may hold them.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = text.chars().filter(|digit| *digit != '-');
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let high = digits.next()?.to_digit(16)?;
            let low = digits.next()?.to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        digits.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree() {
        let id = TransactionId::new([0xab; 16]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(TransactionId::parse(&id.to_string()), Some(id));
        assert_eq!(
            TransactionId::parse("abababab-abab-abab-abab-abababababab"),
            Some(id)
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "ab", &"ab".repeat(17), &"zz".repeat(16), &"é".repeat(32)] {
            assert_eq!(TransactionId::parse(text), None, "{text}");
        }
    }
}
