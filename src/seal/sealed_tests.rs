use super::*;
use crate::action::{self, Confirm, Notes, Source};
use crate::seal::Untrusted;
use crate::target::Target;
use crate::token::TaskToken;
use crate::transaction::TransactionId;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn counting(from: u8) -> [u8; 32] {
    std::array::from_fn(|i| from + u8::try_from(i).unwrap())
}

fn kms_key() -> SealingKey {
    let wrapped = (0..184u32)
        .map(|i| u8::try_from((7 * i + 1) % 256).unwrap())
        .collect();
    SealingKey {
        key: DataKey::new(counting(0)),
        reference: KeyRef::Kms(wrapped),
    }
}

fn local_key() -> SealingKey {
    SealingKey {
        key: DataKey::new(counting(0)),
        reference: KeyRef::Local(*b"KID_8BYT"),
    }
}

fn epoch_key() -> SealingKey {
    SealingKey {
        key: DataKey::new(counting(0)),
        reference: KeyRef::Epoch(Epoch::at(1_790_000_000)),
    }
}

fn salt() -> [u8; 16] {
    std::array::from_fn(|i| 0xa0 + u8::try_from(i).unwrap())
}

fn payload(output: &str) -> Payload {
    let text = format!(r#"{{"name":"approve","type":"success","output":{output}}}"#);
    let raw: Box<serde_json::value::RawValue> = serde_json::from_str(&text).unwrap();
    Payload {
        target: Target::StepFunctions(TaskToken::new("QUJDREVGR0hJSktM".to_owned()).unwrap()),
        transaction: TransactionId::new([3; 16]),
        issued_at: 1_790_000_000,
        expires_at: Some(1_800_000_000),
        parameters: false,
        action: action::read_action(&raw, "action", Source::Request(Confirm::Off), &Notes::default())
            .unwrap(),
        callback: false,
        recipient: None,
        locale: None,
    }
}

fn open(link: &str, key: &DataKey, audience: &str) -> Result<Payload, Damage> {
    match Untrusted::parse(link)? {
        Untrusted::Sealed(sealed) => Ok(sealed.open(key, audience)?.payload),
        Untrusted::Plain(_) | Untrusted::Legacy(_) => panic!("a 3- link"),
    }
}

/// Changed bytes as a link again.
fn open_bytes(bytes: &[u8], key: &DataKey, audience: &str) -> Result<Payload, Damage> {
    open(&format!("3-{}", UNPADDED.encode(bytes)), key, audience)
}

fn bytes_of(link: &str) -> Vec<u8> {
    UNPADDED.decode(link.strip_prefix("3-").unwrap()).unwrap()
}

#[test]
fn a_link_tells_by_which_data_key_it_was_sealed() {
    for (key, fingerprint) in [
        (kms_key(), "6351d3ed7f7fef0a"),
        (local_key(), "d03572d6ff39e3d5"),
        (epoch_key(), "epoch-497222"),
    ] {
        let link = seal(&payload("1"), &key, salt(), "default");
        assert_eq!(
            Untrusted::parse(&link).unwrap().fingerprint().as_deref(),
            Some(fingerprint)
        );
    }
    for old in ["1-e30", "2-AgV4"] {
        assert_eq!(Untrusted::parse(old).unwrap().fingerprint(), None);
    }
}

#[test]
fn a_link_without_a_key_says_what_was_written() {
    let payload = payload("1");
    let Ok(Untrusted::Plain(plain)) = Untrusted::parse(&crate::seal::plain(&payload)) else {
        panic!("a 1- link")
    };
    assert_eq!(plain.trust_without_key().unwrap().payload, payload);
}

/// The key schedule and the layout against values that two other implementations agreed on.
#[test]
fn the_key_schedule_gives_the_published_values() {
    for (suite, key, commit) in [
        (
            SUITE_KMS,
            "21aa66e6e0ffa4a5f4937133b55c9ebe145f2ebef7dbb1cb8dfdfa25743ae4cd",
            "66330c99554a15a6b02f8bb75fdb2bc69bff9be99034f1f950c31b6e37c78a12",
        ),
        (
            SUITE_LOCAL,
            "ac11f9be3676e1dcc9786f9405a355ed51b948d0a3d45a903e8369411ca24883",
            "256440e8517146ee11bb4e8a4a93d8a50fb5a9164be232fe78ea78479ff9a51f",
        ),
    ] {
        let keys = LinkKeys::derive(&DataKey::new(counting(0)), &salt(), suite);
        assert_eq!(hex(keys.expand(b" key").as_slice()), key);
        assert_eq!(hex(&keys.commit()), commit);
    }
}

/// Two links whose plaintext is no payload: they open down to the payload's decoder and no further.
#[test]
fn the_published_links_authenticate() {
    let kms = "3-AQC4AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09rh6O_2_QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzusHIz9bd5Ovy-QAHDhUcIyoxOD9GTVRbYmlwd36FjJOaoaivtr3Ey9LZ4Ofu9fwDChEYHyYtNDtCSVBXXmVsc3qBiI-WnaSrsrnAx87V3OPq8fj_Bg0UGyIpMDc-RUxTWmFob3Z9hIuSmaCnrrW8w8rR2N_m7fT7AqChoqOkpaanqKmqq6ytrq9mMwyZVUoVprAvi7df2yvGm_-b6ZA08flQwxtuN8eKEh8lx5iyLBeXsq4HRqKRKQIAVuZrkbhFVqkOBx164_-h";
    let local = "3-AktJRF84QllUoKGio6SlpqeoqaqrrK2uryVkQOhRcUbuEbtOikqT2KUPtakWS-Iy_njqeEef-aUfhCcm0LNfsmMtAt9cmSEbwm4xVonmPw5A-9Z0kZjXAZA";
    let not_a_payload = Err(Damage::Content("unknown encoding version".to_owned()));
    let key = DataKey::new(counting(0));
    assert_eq!(open(kms, &key, "stack-1"), not_a_payload);
    assert_eq!(open(local, &key, ""), not_a_payload);
    assert_eq!(open(kms, &key, "stack-2"), Err(Damage::Authentication));
    assert_eq!(
        open(kms, &DataKey::new(counting(1)), "stack-1"),
        Err(Damage::Commitment)
    );
}

#[test]
fn what_was_sealed_opens() {
    for key in [kms_key(), local_key(), epoch_key()] {
        for output in ["null", r#"{"a":[1,"é",1.50]}"#] {
            let payload = payload(output);
            let link = seal(&payload, &key, salt(), "default");
            assert_eq!(open(&link, &key.key, "default"), Ok(payload));
        }
    }
}

#[test]
fn the_overhead_is_251_and_73_and_69_bytes() {
    let payload = payload("null");
    let inside = packed::write(&payload).len();
    assert_eq!(
        bytes_of(&seal(&payload, &kms_key(), salt(), "default")).len(),
        inside + 251
    );
    assert_eq!(
        bytes_of(&seal(&payload, &local_key(), salt(), "default")).len(),
        inside + 73
    );
    assert_eq!(
        bytes_of(&seal(&payload, &epoch_key(), salt(), "default")).len(),
        inside + 69
    );
}

#[test]
fn another_key_audience_or_link_does_not_open() {
    let key = kms_key();
    let link = seal(&payload("1"), &key, salt(), "default");
    assert_eq!(
        open(&link, &DataKey::new(counting(1)), "default"),
        Err(Damage::Commitment)
    );
    assert_eq!(open(&link, &key.key, "other"), Err(Damage::Authentication));
    assert_eq!(open(&link, &key.key, ""), Err(Damage::Authentication));
    let other = seal(&payload("2"), &key, [7; 16], "default");
    let (one, two) = (bytes_of(&link), bytes_of(&other));
    let header = 1 + 2 + 184 + 16 + 32;
    let spliced = [&one[..header], &two[header..]].concat();
    assert_eq!(
        open_bytes(&spliced, &key.key, "default"),
        Err(Damage::Authentication)
    );
    let salted = [&one[..187], &two[187..203], &one[203..]].concat();
    assert_eq!(open_bytes(&salted, &key.key, "default"), Err(Damage::Commitment));
}

#[test]
fn a_link_of_one_suite_is_none_of_another() {
    let key = local_key();
    let mut bytes = bytes_of(&seal(&payload("1"), &key, salt(), "default"));
    for suite in (0..=u8::MAX).filter(|suite| *suite != SUITE_LOCAL) {
        bytes[0] = suite;
        let expected = match suite {
            SUITE_KMS => Damage::Truncated,
            // Another header, whose commitment is made of ciphertext.
            SUITE_EPOCH => Damage::Commitment,
            _ => Damage::UnknownSuite,
        };
        assert_eq!(open_bytes(&bytes, &key.key, "default"), Err(expected), "{suite}");
    }
}

/// Four bytes name the data key, and nothing else of the link may be looked at before it is there.
#[test]
fn a_compact_link_names_its_hour() {
    let bytes = bytes_of(&seal(&payload("1"), &epoch_key(), salt(), "default"));
    assert_eq!(bytes[..5], [SUITE_EPOCH, 0, 7, 0x96, 0x46]);
    let sealed = Sealed::parse(bytes).unwrap();
    assert_eq!(sealed.reference(), &epoch_key().reference);
    assert_eq!(sealed.reference().fingerprint(), "epoch-497222");
}

#[test]
fn every_flipped_bit_is_refused() {
    for key in [kms_key(), local_key(), epoch_key()] {
        let bytes = bytes_of(&seal(&payload(r#"{"a":1}"#), &key, salt(), "default"));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open_bytes(&flipped, &key.key, "default").is_err(), "bit {bit}");
        }
    }
}

#[test]
fn every_truncation_and_extension_is_refused() {
    for key in [kms_key(), local_key(), epoch_key()] {
        let mut bytes = bytes_of(&seal(&payload("1"), &key, salt(), "default"));
        for length in 0..bytes.len() {
            assert!(
                open_bytes(&bytes[..length], &key.key, "default").is_err(),
                "{length}"
            );
        }
        bytes.push(0);
        assert_eq!(
            open_bytes(&bytes, &key.key, "default"),
            Err(Damage::Authentication)
        );
    }
}

#[test]
fn the_length_of_the_wrapped_key_is_bounded() {
    for length in [0u16, 1_025, u16::MAX] {
        let bytes = [&[SUITE_KMS], length.to_be_bytes().as_slice(), &[0; 3_000]].concat();
        assert_eq!(Sealed::parse(bytes).err(), Some(Damage::Truncated), "{length}");
    }
    for length in [1u16, 1_024] {
        let bytes = [&[SUITE_KMS], length.to_be_bytes().as_slice(), &[0; 3_000]].concat();
        assert!(Sealed::parse(bytes).is_ok(), "{length}");
    }
}

#[test]
fn a_link_has_a_salt_a_commitment_and_a_tag_at_least() {
    for header in [
        [&[SUITE_KMS, 0, 1], [0].as_slice()].concat(),
        [&[SUITE_LOCAL], [0; 8].as_slice()].concat(),
        [&[SUITE_EPOCH], [0; 4].as_slice()].concat(),
    ] {
        let of = |length| Sealed::parse([header.as_slice(), &vec![0; length]].concat());
        for short in [0, 1, 16, 31, 32, 48, 63] {
            assert_eq!(of(short).err(), Some(Damage::Truncated), "{header:?} {short}");
        }
        assert!(of(64).is_ok(), "{header:?}");
    }
}
