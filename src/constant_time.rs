//! Comparison of secrets.

use ring::hmac;

/// Compares in a time that does not depend on where two texts differ. ring offers no such comparison to others, but that
/// of two HMACs: under one key they are equal exactly when their messages are.
pub fn are_equal(expected: &[u8], received: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, expected);
    hmac::verify(&key, expected, hmac::sign(&key, received).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::are_equal;

    #[test]
    fn only_the_same_bytes_are_equal() {
        assert!(are_equal(b"", b"") && are_equal(b"abc", b"abc"));
        for other in [b"abd".as_slice(), b"ab", b"abcd", b"", b"abc\0"] {
            assert!(
                !are_equal(b"abc", other) && !are_equal(other, b"abc"),
                "{other:?}"
            );
        }
    }
}
