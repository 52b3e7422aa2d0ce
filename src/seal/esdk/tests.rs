#![allow(
    clippy::disallowed_methods,
    reason = "signers of test messages need randomness"
)]

use std::sync::LazyLock;

use ring::{
    aead,
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};

use super::*;
use ring::hmac;

const DATA_KEY: [u8; 32] = [0x42; 32];
const SUITES: [Suite; 4] = [
    Suite::HkdfSha256,
    Suite::HkdfSha384Signed,
    Suite::HkdfSha512Committed,
    Suite::HkdfSha512CommittedSigned,
];

/// Every reason, in the order of the enum. `provoke` has no `_`: a new variant does not compile until it is
/// provoked, and does not pass until it is listed here.
const REASONS: [Damage; 29] = [
    Damage::Truncated,
    Damage::TrailingBytes,
    Damage::UnknownVersion,
    Damage::UnknownType,
    Damage::UnsupportedSuite,
    Damage::SuiteOfOtherVersion,
    Damage::ContextLength,
    Damage::ContextWithoutEntries,
    Damage::ContextNotText,
    Damage::ContextKeyTwice,
    Damage::ContextOutOfOrder,
    Damage::VerificationKeyMissing,
    Damage::VerificationKeyUnexpected,
    Damage::VerificationKeyEncoding,
    Damage::VerificationKeyPoint,
    Damage::NoDataKey,
    Damage::TooManyDataKeys,
    Damage::UnknownContentType,
    Damage::ReservedBytes,
    Damage::IvLength,
    Damage::FrameLength,
    Damage::FrameSequence,
    Damage::FrameIv,
    Damage::FinalFrameLength,
    Damage::ContentTooLong,
    Damage::Commitment,
    Damage::Header,
    Damage::Frame,
    Damage::Signature,
];

#[test]
fn every_reason_is_given_for_its_damage() {
    assert_eq!(
        REASONS.len(),
        Damage::Signature as usize + 1,
        "`Signature` is the last reason"
    );
    for (place, reason) in REASONS.into_iter().enumerate() {
        assert_eq!(reason as usize, place);
        match provoke(reason) {
            Provoked::Parse(bytes) => assert_eq!(Message::parse(&bytes).unwrap_err(), reason),
            Provoked::Open(bytes) => {
                assert_eq!(
                    Message::parse(&bytes).unwrap().open(&DATA_KEY).unwrap_err(),
                    reason
                )
            }
        }
    }
}

/// Where a message is refused: without or with the data key.
enum Provoked {
    Parse(Vec<u8>),
    Open(Vec<u8>),
}

/// A message that has this fault and no other: its tags and its signature are made over the fault.
fn provoke(reason: Damage) -> Provoked {
    let one = Recipe::new(Suite::HkdfSha256);
    let two = Recipe::new(Suite::HkdfSha512Committed);
    let signed = Recipe::new(Suite::HkdfSha512CommittedSigned);
    Provoked::Parse(match reason {
        Damage::Truncated => {
            let mut bytes = one.seal();
            bytes.pop();
            bytes
        }
        Damage::TrailingBytes => [signed.seal(), vec![0]].concat(),
        Damage::UnknownVersion => Recipe {
            version: vec![3],
            ..two
        }
        .seal(),
        Damage::UnknownType => Recipe {
            version: vec![1, 0x81],
            ..one
        }
        .seal(),
        Damage::UnsupportedSuite => Recipe {
            suite_id: 0x0114,
            ..one
        }
        .seal(),
        Damage::SuiteOfOtherVersion => Recipe {
            suite_id: 0x0478,
            ..one
        }
        .seal(),
        Damage::ContextLength => Recipe {
            context: [context(&[("a", "1")]), vec![0]].concat(),
            ..two
        }
        .seal(),
        Damage::ContextWithoutEntries => Recipe {
            context: vec![0, 0],
            ..two
        }
        .seal(),
        Damage::ContextNotText => {
            let mut context = context(&[("a", "1")]);
            *context.last_mut().unwrap() = 0xff;
            Recipe { context, ..two }.seal()
        }
        Damage::ContextKeyTwice => Recipe {
            context: context(&[("a", "1"), ("a", "1")]),
            ..two
        }
        .seal(),
        Damage::ContextOutOfOrder => Recipe {
            context: context(&[("b", "1"), ("a", "1")]),
            ..two
        }
        .seal(),
        Damage::VerificationKeyMissing => Recipe {
            context: context(&[("a", "1")]),
            ..signed
        }
        .seal(),
        Damage::VerificationKeyUnexpected => Recipe {
            context: context(&[(PUBLIC_KEY, &public_key(&SIGNER))]),
            ..two
        }
        .seal(),
        Damage::VerificationKeyEncoding => {
            let unpadded = public_key(&SIGNER).replace('=', "");
            Recipe {
                context: context(&[(PUBLIC_KEY, &unpadded)]),
                ..signed
            }
            .seal()
        }
        Damage::VerificationKeyPoint => {
            // The curve has no point at x = 1.
            let mut point = [0; 49];
            (point[0], point[48]) = (2, 1);
            Recipe {
                context: context(&[(PUBLIC_KEY, &STANDARD.encode(point))]),
                ..signed
            }
            .seal()
        }
        Damage::NoDataKey => Recipe {
            data_keys: vec![0, 0],
            ..one
        }
        .seal(),
        Damage::TooManyDataKeys => Recipe {
            data_keys: data_keys(9),
            ..one
        }
        .seal(),
        Damage::UnknownContentType => Recipe {
            content_type: 3,
            ..one
        }
        .seal(),
        Damage::ReservedBytes => Recipe { reserved: 1, ..one }.seal(),
        Damage::IvLength => Recipe { iv_length: 16, ..one }.seal(),
        Damage::FrameLength => Recipe {
            frame_length: 0,
            ..one
        }
        .seal(),
        Damage::FrameSequence => Recipe {
            pieces: one.pieces[1..].to_vec(),
            ..one
        }
        .seal(),
        Damage::FrameIv => {
            let mut recipe = one;
            recipe.pieces[1].iv = sequence_iv(7);
            recipe.seal()
        }
        Damage::FinalFrameLength => Recipe {
            frame_length: 4,
            pieces: vec![Piece::last(1, b"five!")],
            ..two
        }
        .seal(),
        Damage::ContentTooLong => Recipe::new(Suite::HkdfSha256)
            .non_framed(&[0; PLAINTEXT_MAX + 1])
            .seal(),
        Damage::Commitment => {
            return Provoked::Open(
                Recipe {
                    commitment: Some([0; 32]),
                    ..two
                }
                .seal(),
            );
        }
        Damage::Header => {
            let bytes = one.seal();
            let tag_end = bytes.len() - one.seal_body().len();
            return Provoked::Open(flipped(&bytes, 8 * tag_end - 1));
        }
        Damage::Frame => {
            let bytes = one.seal();
            return Provoked::Open(flipped(&bytes, 8 * bytes.len() - 1));
        }
        Damage::Signature => {
            return Provoked::Open(
                Recipe {
                    signer: Some(&OTHER_SIGNER),
                    ..signed
                }
                .seal(),
            );
        }
    })
}

#[test]
fn texts_are_distinct_and_name_the_limits() {
    let texts: Vec<String> = REASONS.iter().map(Damage::to_string).collect();
    let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
    assert_eq!(distinct.len(), REASONS.len());
    assert_eq!(
        Damage::TooManyDataKeys.to_string(),
        "more than 8 encrypted data keys"
    );
    assert_eq!(
        Damage::ContentTooLong.to_string(),
        "more than 65536 bytes of content"
    );
}

/// Messages of the Python SDK: versions 1.4.0 (format 1) and 4.0.7 (format 2), data key `00 01 … 1f`.
const PYTHON: [(Suite, &str); 4] = [
    (
        Suite::HkdfSha256,
        "AYABeG7kY/xxZPHx+aYISsoNyHYAAAABAAdhd3Mta21zAEthcm46YXdzOmttczpldS13ZXN0LTE6MTExMTIyMjIzMzMzOmtl\
         eS8wMTIzNDU2Ny04OWFiLWNkZWYtMDEyMy00NTY3ODlhYmNkZWYAuAECAQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM\
         09rh6O/2/QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzusHIz9bd5Ovy+QAHDhUcIyoxOD9GTVRbYmlwd36FjJOaoaivtr3E\
         y9LZ4Ofu9fwDChEYHyYtNDtCSVBXXmVsc3qBiI+WnaSrsrnAx87V3OPq8fj/Bg0UGyIpMDc+RUxTWmFob3Z9hIuSmaCnrrW8\
         w8rR2N/m7fQCAAAAAAwAABAAAAAAAAAAAAAAAAAACu1ipTUjZcJtcvmi2uJgHf////8AAAABAAAAAAAAAAAAAAABAAAAMJxq\
         GRAr0tab0IfY4GLrnuof0AZsq0FwcbtUN6QD9ZCqoeC+u0Yifz+nDkohPWKM0FfH+/5sBc/LFjhP9TL4r/8=",
    ),
    (
        Suite::HkdfSha384Signed,
        "AYADeEjv0n1y931UKpwA0ZDWNOIAXwABABVhd3MtY3J5cHRvLXB1YmxpYy1rZXkAREEvTHg3Q3BVcnVyZTluYUE4aDFrMDlH\
         eUg0MFdlbGdsZHBCd2JlKzRQbGxnNFNWRXdyVGw4TDI3TmNuTjVzS1Brdz09AAEAB2F3cy1rbXMAS2Fybjphd3M6a21zOmV1\
         LXdlc3QtMToxMTExMjIyMjMzMzM6a2V5LzAxMjM0NTY3LTg5YWItY2RlZi0wMTIzLTQ1Njc4OWFiY2RlZgC4AQIBCA8WHSQr\
         MjlAR05VXGNqcXh/ho2Um6KpsLe+xczT2uHo7/b9BAsSGSAnLjU8Q0pRWF9mbXR7gomQl56lrLO6wcjP1t3k6/L5AAcOFRwj\
         KjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tng5+71/AMKERgfJi00O0JJUFdeZWxzeoGIj5adpKuyucDHztXc4+rx+P8GDRQb\
         IikwNz5FTFNaYWhvdn2Ei5KZoKeutbzDytHY3+bt9AIAAAAADAAAEAAAAAAAAAAAAAAAAACqUV5a5BF/FavY82G71zMw////\
         /wAAAAEAAAAAAAAAAAAAAAEAAAAwRp79Yshhdi4HPfcL5apFQz3VJZ4jMzYmgVGhONIv1VEkHIUCI+QlYReJh5R0ZFSBtCVx\
         byQIHnu3TfgF7/4g/QBnMGUCMQCl4DbzdE90KIYJxytlXpVbudwNqmXKmo5WGWzGHo8/oGhzmcEgmkRJgPV14sSqOEgCMGxK\
         kcwChaGakaGXI+BHlNeAz4dRSQ0AuE5C0IqM9xYuh/i2hvEFqzwResgOTZZnsQ==",
    ),
    (
        Suite::HkdfSha512Committed,
        "AgR4gEYTuHgKKaJBcUbe8gbBp21oZ5+Foc1etIxgtSeqGwkAAAABAAdhd3Mta21zAEthcm46YXdzOmttczpldS13ZXN0LTE6\
         MTExMTIyMjIzMzMzOmtleS8wMTIzNDU2Ny04OWFiLWNkZWYtMDEyMy00NTY3ODlhYmNkZWYAuAECAQgPFh0kKzI5QEdOVVxj\
         anF4f4aNlJuiqbC3vsXM09rh6O/2/QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzusHIz9bd5Ovy+QAHDhUcIyoxOD9GTVRb\
         Ymlwd36FjJOaoaivtr3Ey9LZ4Ofu9fwDChEYHyYtNDtCSVBXXmVsc3qBiI+WnaSrsrnAx87V3OPq8fj/Bg0UGyIpMDc+RUxT\
         WmFob3Z9hIuSmaCnrrW8w8rR2N/m7fQCAAAQAC4x89gpshjIFEL5llWQ8WOAK5bXTmS05hH+E+gvHrIUPpS0Wett9MGIf+I1\
         2tPEdv////8AAAABAAAAAAAAAAAAAAABAAAAMPV9EaIBEtHPazIri7LdFYlKqMShxe/bjbz09Gg/cv6mZj89FVESY39tyWpU\
         N/3sicdgY/U5Z7myVZjTDNDs4to=",
    ),
    (
        Suite::HkdfSha512CommittedSigned,
        "AgV4eaVj/PIWiZjHTUrv8c9tv/MAb3C6BKp4aeBZvLsa9GUAXwABABVhd3MtY3J5cHRvLXB1YmxpYy1rZXkAREF4d1dhTTlk\
         Umx0cTRIWnlyR0ovWTFqSnNrb0pZRkZCK09IaVh6SzdhdDMxWlN3K0tqWGt5SzY3U2hUSDh5aVhVZz09AAEAB2F3cy1rbXMA\
         S2Fybjphd3M6a21zOmV1LXdlc3QtMToxMTExMjIyMjMzMzM6a2V5LzAxMjM0NTY3LTg5YWItY2RlZi0wMTIzLTQ1Njc4OWFi\
         Y2RlZgC4AQIBCA8WHSQrMjlAR05VXGNqcXh/ho2Um6KpsLe+xczT2uHo7/b9BAsSGSAnLjU8Q0pRWF9mbXR7gomQl56lrLO6\
         wcjP1t3k6/L5AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tng5+71/AMKERgfJi00O0JJUFdeZWxzeoGIj5adpKuy\
         ucDHztXc4+rx+P8GDRQbIikwNz5FTFNaYWhvdn2Ei5KZoKeutbzDytHY3+bt9AIAABAAoH2hiqDxegL3K6ZJiNuAgSRFt5KT\
         OBwA41dVx7divao+Zqv+vPnA1bEtAh/VTQRR/////wAAAAEAAAAAAAAAAAAAAAEAAAAwMwikV/c9GiEHDq0VnDjHsxfxl7OF\
         SlJvzFWqFeUsUyVDUXsdaqYJsgDYLdz6lDykZBJeQ/S/mk3wKynFxRpEGABnMGUCMQCNXUD2g2+qdsui4Itz7Q5jlCfj/q09\
         dK+ZMv4FMnzfF/Jdy1haTwPks+zy3EsdlkMCMC8zNm87ctSi1YYUeh3ZOHHIZd/ZXgPEyA6ySvZZikkPx/QHGWPNhCTttPrB\
         lu/Jww==",
    ),
];
const PYTHON_PLAINTEXT: &[u8] = br#"{"token": "AAAA", "action": {"type": "success"}}"#;
const PYTHON_KEY_INFO: &[u8] = b"arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef";

#[test]
fn messages_of_the_python_sdk_open() {
    for (suite, bytes) in python_messages() {
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.suite(), suite);
        let keys: Vec<&str> = message.encryption_context().keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            if suite.is_signed() {
                vec!["aws-crypto-public-key"]
            } else {
                vec![]
            }
        );
        let [data_key] = message.data_keys() else {
            panic!("one data key")
        };
        assert_eq!(data_key.provider(), b"aws-kms");
        assert_eq!(data_key.key_info(), PYTHON_KEY_INFO);
        assert_eq!(data_key.blob().len(), 184);
        assert_eq!(data_key.blob()[..4], [1, 2, 1, 8]);
        assert_eq!(
            message.open(&python_data_key()).unwrap().as_slice(),
            PYTHON_PLAINTEXT
        );
    }
}

#[test]
fn every_shape_opens() {
    for recipe in shapes() {
        let bytes = recipe.seal();
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.suite(), recipe.suite);
        assert_eq!(*message.open(&DATA_KEY).unwrap(), recipe.plaintext());
    }
}

#[test]
fn every_bit_flip_of_0178_is_refused() {
    check_bit_flips(Suite::HkdfSha256);
}

#[test]
fn every_bit_flip_of_0378_is_refused() {
    check_bit_flips(Suite::HkdfSha384Signed);
}

#[test]
fn every_bit_flip_of_0478_is_refused() {
    check_bit_flips(Suite::HkdfSha512Committed);
}

#[test]
fn every_bit_flip_of_0578_is_refused() {
    check_bit_flips(Suite::HkdfSha512CommittedSigned);
}

fn check_bit_flips(suite: Suite) {
    let mut samples = samples();
    samples.retain(|(bytes, _)| Message::parse(bytes).unwrap().suite() == suite);
    assert_eq!(samples.len(), 4, "a real message and three shapes of our own");
    for (bytes, key) in samples {
        for bit in 0..8 * bytes.len() {
            assert!(
                read(&flipped(&bytes, bit), &key).is_err(),
                "bit {bit} of {} bytes",
                bytes.len()
            );
        }
    }
}

#[test]
fn every_truncation_is_refused_without_a_key() {
    for (bytes, _) in samples() {
        for length in 0..bytes.len() {
            assert_eq!(
                Message::parse(&bytes[..length]).unwrap_err(),
                Damage::Truncated,
                "{length} bytes"
            );
        }
    }
}

#[test]
fn every_byte_appended_is_refused_without_a_key() {
    for (bytes, _) in samples() {
        for byte in 0..=u8::MAX {
            let extended = [&bytes[..], &[byte]].concat();
            assert_eq!(
                Message::parse(&extended).unwrap_err(),
                Damage::TrailingBytes,
                "{byte:02x}"
            );
        }
    }
}

#[test]
fn a_byte_inserted_or_removed_anywhere_is_refused() {
    let key = python_data_key();
    for (_, bytes) in python_messages() {
        for at in 0..bytes.len() {
            let (before, after) = bytes.split_at(at);
            assert!(
                read(&[before, &[0], after].concat(), &key).is_err(),
                "inserted at {at}"
            );
            assert!(
                read(&[before, &after[..1], after].concat(), &key).is_err(),
                "doubled at {at}"
            );
            assert!(
                read(&[before, &after[1..]].concat(), &key).is_err(),
                "removed at {at}"
            );
        }
    }
}

/// Under one data key, with one signer, of one layout: the most favourable case for whoever cuts them up.
#[test]
fn splices_of_two_messages_are_refused() {
    for suite in SUITES {
        let one = Recipe::new(suite);
        let other = Recipe::new(suite).with_message_id(0x77).with_content(b'B');
        let (one, other) = (one.seal(), other.seal());
        let mut spliced = 0;
        for (front, back) in [(&one, &other), (&other, &one)] {
            for at in 1..front.len().min(back.len()) {
                let message = [&front[..at], &back[at..]].concat();
                if message != one && message != other {
                    assert!(read(&message, &DATA_KEY).is_err(), "{suite:?} spliced at {at}");
                    spliced += 1;
                }
            }
        }
        assert!(spliced > one.len(), "{spliced} splices of {suite:?}");
    }
}

/// Every frame is sealed right for its own place, and the message signed with the frames as they lie.
#[test]
fn frames_keep_their_places() {
    for suite in SUITES {
        let check = |order: &[usize], expected: Damage| {
            let mut recipe = Recipe::new(suite);
            recipe.pieces = order.iter().map(|&place| recipe.pieces[place].clone()).collect();
            assert_eq!(
                Message::parse(&recipe.seal()).unwrap_err(),
                expected,
                "{suite:?} {order:?}"
            );
        };
        check(&[1, 0, 2], Damage::FrameSequence);
        check(&[1, 2], Damage::FrameSequence);
        check(&[0, 2], Damage::FrameSequence);
        check(&[2], Damage::FrameSequence);
        check(&[0, 0, 1, 2], Damage::FrameSequence);
        check(&[0, 1, 1, 2], Damage::FrameSequence);
        // Where the next frame should begin, a reader finds the end or a signature.
        check(
            &[0, 1],
            if suite.is_signed() {
                Damage::FrameSequence
            } else {
                Damage::Truncated
            },
        );
        check(
            &[0, 1, 2, 2],
            if suite.is_signed() {
                Damage::Truncated
            } else {
                Damage::TrailingBytes
            },
        );
    }
}

#[test]
fn numbering_begins_at_one() {
    for first in [0, 2, u32::MAX] {
        let recipe = Recipe {
            pieces: vec![Piece::last(first, b"x")],
            ..Recipe::new(Suite::HkdfSha256)
        };
        assert_eq!(
            Message::parse(&recipe.seal()).unwrap_err(),
            Damage::FrameSequence,
            "{first}"
        );
    }
}

#[test]
fn a_frame_does_not_change_its_kind() {
    for suite in SUITES {
        for (sealed_as, written_as) in [
            (BlockKind::Frame, BlockKind::FinalFrame),
            (BlockKind::Single, BlockKind::FinalFrame),
            (BlockKind::FinalFrame, BlockKind::Single),
            (BlockKind::Frame, BlockKind::Single),
        ] {
            let piece = Piece {
                sealed_as,
                written_as,
                ..Piece::last(1, b"text")
            };
            let recipe = match written_as {
                BlockKind::Single => Recipe::new(suite).non_framed(b""),
                BlockKind::Frame | BlockKind::FinalFrame => Recipe::new(suite),
            };
            let bytes = Recipe {
                pieces: vec![piece],
                ..recipe
            }
            .seal();
            assert_eq!(read(&bytes, &DATA_KEY), Err(Damage::Frame), "{suite:?}");
        }
        let mut recipe = Recipe::new(suite);
        recipe.pieces[0].sealed_as = BlockKind::FinalFrame;
        assert_eq!(read(&recipe.seal(), &DATA_KEY), Err(Damage::Frame), "{suite:?}");
    }
}

/// Every nonce that is not the sequence number, although the frame is authentic under it.
#[test]
fn frame_ivs_are_sequence_numbers() {
    for suite in SUITES {
        for bit in 0..8 * NONCE {
            let iv: [u8; NONCE] = flipped(&sequence_iv(1), bit).try_into().unwrap();
            let framed = Recipe {
                pieces: vec![Piece {
                    iv,
                    ..Piece::last(1, b"x")
                }],
                ..Recipe::new(suite)
            };
            assert_eq!(Message::parse(&framed.seal()).unwrap_err(), Damage::FrameIv);
            let mut non_framed = Recipe::new(suite).non_framed(b"x");
            non_framed.pieces[0].iv = iv;
            assert_eq!(Message::parse(&non_framed.seal()).unwrap_err(), Damage::FrameIv);
        }
    }
}

#[test]
fn final_frames_have_every_length_up_to_the_frame_length() {
    for length in 0..=17 {
        let content = vec![b'x'; length];
        let recipe = Recipe {
            frame_length: 16,
            pieces: vec![Piece::last(1, &content)],
            ..Recipe::new(Suite::HkdfSha512Committed)
        };
        let expected = if length <= 16 {
            Ok(content)
        } else {
            Err(Damage::FinalFrameLength)
        };
        assert_eq!(read(&recipe.seal(), &DATA_KEY), expected, "{length}");
    }
}

#[test]
fn content_is_capped_at_64_kib() {
    let frames = |frame_length: usize, last_length: usize, count: u32| {
        let mut pieces: Vec<Piece> = (1..count)
            .map(|sequence| Piece::frame(sequence, &vec![b'x'; frame_length]))
            .collect();
        pieces.push(Piece::last(count, &vec![b'x'; last_length]));
        let frame_length = u32::try_from(frame_length).unwrap();
        let recipe = Recipe {
            frame_length,
            pieces,
            ..Recipe::new(Suite::HkdfSha512Committed)
        };
        read(&recipe.seal(), &DATA_KEY).map(|plaintext| plaintext.len())
    };
    assert_eq!(frames(1024, 1024, 64), Ok(65_536));
    assert_eq!(frames(1024, 1, 65), Err(Damage::ContentTooLong));
    assert_eq!(frames(1024, 0, 65), Ok(65_536));
    assert_eq!(frames(65_536, 65_536, 1), Ok(65_536));
    assert_eq!(frames(65_537, 65_537, 1), Err(Damage::ContentTooLong));
    assert_eq!(frames(65_537, 0, 2), Err(Damage::ContentTooLong));

    let non_framed = |length| {
        let recipe = Recipe::new(Suite::HkdfSha256).non_framed(&vec![b'x'; length]);
        read(&recipe.seal(), &DATA_KEY).map(|plaintext| plaintext.len())
    };
    assert_eq!(non_framed(65_536), Ok(65_536));
    assert_eq!(non_framed(65_537), Err(Damage::ContentTooLong));
}

/// The claim is judged, not the bytes that follow: there are none.
#[test]
fn claims_of_huge_lengths_cost_nothing() {
    let check = |recipe: &Recipe, body: &[u8], expected| {
        let bytes = [&recipe.seal_header()[..], body].concat();
        assert_eq!(Message::parse(&bytes).unwrap_err(), expected);
    };
    let iv = sequence_iv(1);
    let non_framed = Recipe::new(Suite::HkdfSha256).non_framed(b"");
    for length in [65_537, u64::from(u32::MAX), u64::MAX - 15, u64::MAX] {
        check(
            &non_framed,
            &[&iv[..], &length.to_be_bytes()].concat(),
            Damage::ContentTooLong,
        );
    }
    for length in [1, 65_536] {
        check(
            &non_framed,
            &[&iv[..], &u64::to_be_bytes(length)].concat(),
            Damage::Truncated,
        );
    }
    let framed = Recipe {
        frame_length: u32::MAX,
        ..Recipe::new(Suite::HkdfSha256)
    };
    check(
        &framed,
        &[&[0, 0, 0, 1], &iv[..]].concat(),
        Damage::ContentTooLong,
    );
    let last = [&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1], &iv[..], &[0xff; 4]].concat();
    check(&framed, &last, Damage::ContentTooLong);

    let empty_lists: &[&[u8]] = &[
        &[0xff, 0xff],
        &[0, 8, 0xff, 0xff],
        &[0, 8, 0, 0, 0, 0, 0xff, 0xff],
    ];
    for (list, expected) in
        empty_lists
            .iter()
            .zip([Damage::TooManyDataKeys, Damage::Truncated, Damage::Truncated])
    {
        let header = Recipe {
            context: vec![],
            ..Recipe::new(Suite::HkdfSha256)
        }
        .seal_header();
        let bytes = [&header[..4 + 16 + 2], list].concat();
        assert_eq!(Message::parse(&bytes).unwrap_err(), expected);
    }
}

#[test]
fn one_to_eight_data_keys() {
    for count in 0..=16 {
        let recipe = Recipe {
            data_keys: data_keys(count),
            ..Recipe::new(Suite::HkdfSha512Committed)
        };
        let bytes = recipe.seal();
        match count {
            0 => assert_eq!(Message::parse(&bytes).unwrap_err(), Damage::NoDataKey),
            1..=8 => {
                let message = Message::parse(&bytes).unwrap();
                assert_eq!(message.data_keys().len(), usize::from(count));
                assert_eq!(message.data_keys()[0].key_info(), b"key 0");
                assert_eq!(
                    message.data_keys().last().unwrap().key_info(),
                    format!("key {}", count - 1).as_bytes()
                );
            }
            9.. => assert_eq!(Message::parse(&bytes).unwrap_err(), Damage::TooManyDataKeys),
        }
    }
}

#[test]
fn contexts() {
    let check = |context: Vec<u8>, expected: Result<&[(&str, &str)], Damage>| {
        let bytes = Recipe {
            context,
            ..Recipe::new(Suite::HkdfSha512Committed)
        }
        .seal();
        let expected = expected.map(|entries| {
            entries
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect()
        });
        assert_eq!(
            Message::parse(&bytes).map(|message| message.encryption_context().clone()),
            expected
        );
        if expected.is_ok() {
            Message::parse(&bytes).unwrap().open(&DATA_KEY).unwrap();
        }
    };
    check(vec![], Ok(&[]));
    for entries in [
        &[("", "")][..],
        &[("a", "")],
        &[("a", "2"), ("b", "1")],
        // Order is that of the bytes: upper case first, the shorter first, and not that of UTF-16.
        &[("B", ""), ("a", ""), ("aa", "")],
        &[("\u{ffff}", "ä"), ("\u{10000}", "ö")],
    ] {
        check(context(entries), Ok(entries));
    }
    check(context(&[("b", ""), ("a", "")]), Err(Damage::ContextOutOfOrder));
    check(context(&[("aa", ""), ("a", "")]), Err(Damage::ContextOutOfOrder));
    check(context(&[("a", "1"), ("a", "2")]), Err(Damage::ContextKeyTwice));
    check(
        context(&[("a", "1"), ("b", ""), ("a", "2")]),
        Err(Damage::ContextOutOfOrder),
    );
    check(vec![0], Err(Damage::ContextLength));
    check(vec![0, 1], Err(Damage::ContextLength));
    check(vec![0, 1, 0, 0, 0], Err(Damage::ContextLength));
    check(vec![0, 1, 0, 0, 0, 1], Err(Damage::ContextLength));
    check(vec![0, 1, 0xff, 0xff], Err(Damage::ContextLength));
    check(
        [context(&[("a", "1")]), vec![0]].concat(),
        Err(Damage::ContextLength),
    );
    let mut one_too_many = context(&[("a", "1")]);
    one_too_many[1] = 2;
    check(one_too_many, Err(Damage::ContextLength));
    let mut one_too_few = context(&[("a", "1"), ("b", "2")]);
    one_too_few[1] = 1;
    check(one_too_few, Err(Damage::ContextLength));
    check(vec![0, 1, 0, 1, 0xff, 0, 0], Err(Damage::ContextNotText));
    check(vec![0, 1, 0, 0, 0, 1, 0xc3], Err(Damage::ContextNotText));
}

#[test]
fn verification_keys() {
    let right = public_key(&SIGNER);
    let point = STANDARD.decode(&right).unwrap();
    let check = |text: &str, expected| {
        let context = context(&[(PUBLIC_KEY, text)]);
        let bytes = Recipe {
            context,
            ..Recipe::new(Suite::HkdfSha384Signed)
        }
        .seal();
        assert_eq!(read(&bytes, &DATA_KEY).map(|_| ()), expected);
    };
    check(&right, Ok(()));
    check(&public_key(&OTHER_SIGNER), Err(Damage::Signature));
    // The same x with the other y.
    let mut negative = point.clone();
    negative[0] ^= 1;
    check(&STANDARD.encode(&negative), Err(Damage::Signature));

    check("", Err(Damage::VerificationKeyEncoding));
    check(&format!("{right} "), Err(Damage::VerificationKeyEncoding));
    check(&right.replace("==", "="), Err(Damage::VerificationKeyEncoding));
    check(
        &STANDARD.encode(&point[..48]),
        Err(Damage::VerificationKeyEncoding),
    );
    check(
        &STANDARD.encode([&point[..], &[0]].concat()),
        Err(Damage::VerificationKeyEncoding),
    );
    check(
        &STANDARD.encode(SIGNER.public_key().as_ref()),
        Err(Damage::VerificationKeyEncoding),
    );
    // The bits behind the last byte have to be zero, or one key would have several texts.
    let (digits, _) = right.split_at(66);
    let (front, last) = digits.split_at(65);
    let next = char::from(last.as_bytes()[0] + 1);
    check(&format!("{front}{next}=="), Err(Damage::VerificationKeyEncoding));

    for first in [0, 1, 4, 5, 6, 7] {
        let mut other_form = point.clone();
        other_form[0] = first;
        check(&STANDARD.encode(&other_form), Err(Damage::VerificationKeyPoint));
    }
    let beyond_the_field = [&[2][..], &[0xff; 48]].concat();
    check(
        &STANDARD.encode(&beyond_the_field),
        Err(Damage::VerificationKeyPoint),
    );
}

#[test]
fn another_data_key_is_refused() {
    for suite in SUITES {
        let bytes = Recipe::new(suite).seal();
        let expected = match suite.format() {
            Format::One => Damage::Header,
            Format::Two => Damage::Commitment,
        };
        for bit in 0..8 * DATA_KEY.len() {
            let key: [u8; 32] = flipped(&DATA_KEY, bit).try_into().unwrap();
            assert_eq!(read(&bytes, &key), Err(expected), "{suite:?}");
        }
    }
}

/// Everything else fits: the header's tag and all frames are made with the key that the reader derives.
#[test]
fn the_commitment_is_compared_whole_and_first() {
    for suite in [Suite::HkdfSha512Committed, Suite::HkdfSha512CommittedSigned] {
        let right = Recipe::new(suite).right_commitment();
        for bit in 0..8 * right.len() {
            let commitment: [u8; 32] = flipped(&right, bit).try_into().unwrap();
            let bytes = Recipe {
                commitment: Some(commitment),
                ..Recipe::new(suite)
            }
            .seal();
            assert_eq!(read(&bytes, &DATA_KEY), Err(Damage::Commitment), "bit {bit}");
        }
        // With everything behind it broken as well, the commitment is still what is named.
        let mut bytes = Recipe {
            commitment: Some([0; 32]),
            ..Recipe::new(suite)
        }
        .seal();
        let header = Recipe::new(suite).seal_header().len();
        let (_, behind) = bytes.split_at_mut(header - TAG);
        let (tag, _) = behind.split_at_mut(TAG);
        tag.fill(0);
        assert_eq!(read(&bytes, &DATA_KEY), Err(Damage::Commitment));
    }
}

/// Whoever can only decrypt cannot rewrite a signed message as one of the unsigned suite.
#[test]
fn a_signature_cannot_be_stripped() {
    for (signed, unsigned) in [
        (Suite::HkdfSha384Signed, Suite::HkdfSha256),
        (Suite::HkdfSha512CommittedSigned, Suite::HkdfSha512Committed),
    ] {
        let renamed = Recipe {
            suite_id: unsigned.id(),
            signer: None,
            ..Recipe::new(signed)
        };
        assert_eq!(
            read(&renamed.seal(), &DATA_KEY),
            Err(Damage::VerificationKeyUnexpected)
        );
        let without_key = Recipe {
            context: vec![],
            ..renamed
        };
        assert_eq!(read(&without_key.seal(), &DATA_KEY), Err(Damage::Header));
        let without_footer = Recipe {
            signer: None,
            ..Recipe::new(signed)
        };
        assert_eq!(read(&without_footer.seal(), &DATA_KEY), Err(Damage::Truncated));
        let empty_footer = [without_footer.seal(), vec![0, 0]].concat();
        assert_eq!(read(&empty_footer, &DATA_KEY), Err(Damage::Signature));
    }
}

#[test]
fn every_other_suite_is_refused() {
    for id in (0..=u16::MAX).filter(|id| !matches!(id, 0x0178 | 0x0378 | 0x0478 | 0x0578)) {
        for version in [&[1, 0x80][..], &[2]] {
            let bytes = [version, &id.to_be_bytes()].concat();
            assert_eq!(
                Message::parse(&bytes).unwrap_err(),
                Damage::UnsupportedSuite,
                "{id:04x}"
            );
        }
    }
}

#[test]
fn suites_keep_to_their_format() {
    for suite in SUITES {
        let (version, own): (&[u8], _) = match suite.format() {
            Format::One => (&[2], 1),
            Format::Two => (&[1, 0x80], 2),
        };
        let bytes = [version, &suite.id().to_be_bytes()].concat();
        assert_eq!(
            Message::parse(&bytes).unwrap_err(),
            Damage::SuiteOfOtherVersion,
            "{suite:?} is of {own}"
        );
    }
}

#[test]
fn fixed_fields_have_one_value() {
    let version_one = || Recipe::new(Suite::HkdfSha256);
    let refused = |recipe: Recipe| Message::parse(&recipe.seal()).unwrap_err();
    for value in (0..=u8::MAX).filter(|value| !matches!(value, 1 | 2)) {
        assert_eq!(
            refused(Recipe {
                version: vec![value],
                ..version_one()
            }),
            Damage::UnknownVersion
        );
        assert_eq!(
            refused(Recipe {
                content_type: value,
                ..version_one()
            }),
            Damage::UnknownContentType
        );
    }
    for value in (0..=u8::MAX).filter(|value| *value != 0x80) {
        assert_eq!(
            refused(Recipe {
                version: vec![1, value],
                ..version_one()
            }),
            Damage::UnknownType
        );
    }
    for value in (0..=u8::MAX).filter(|value| *value != 12) {
        assert_eq!(
            refused(Recipe {
                iv_length: value,
                ..version_one()
            }),
            Damage::IvLength
        );
    }
    for bit in 0..32 {
        assert_eq!(
            refused(Recipe {
                reserved: 1 << bit,
                ..version_one()
            }),
            Damage::ReservedBytes
        );
        let non_framed = Recipe {
            frame_length: 1 << bit,
            ..version_one().non_framed(b"")
        };
        assert_eq!(refused(non_framed), Damage::FrameLength);
    }
    for suite in SUITES {
        assert_eq!(
            refused(Recipe {
                frame_length: 0,
                ..Recipe::new(suite)
            }),
            Damage::FrameLength
        );
    }
}

/// Format 1 sends the nonce of its header; the specification takes any, and the tag speaks for it.
#[test]
fn the_header_iv_of_format_1_is_free() {
    let recipe = Recipe {
        header_iv: [0xa5; NONCE],
        ..Recipe::new(Suite::HkdfSha384Signed)
    };
    assert_eq!(read(&recipe.seal(), &DATA_KEY), Ok(recipe.plaintext()));
}

/// A vector that grows leaves its old content behind, where nobody wipes it.
#[test]
fn plaintext_stays_where_it_was_decrypted() {
    for recipe in shapes() {
        let plaintext = Message::parse(&recipe.seal()).unwrap().open(&DATA_KEY).unwrap();
        assert_eq!(
            plaintext.capacity(),
            plaintext.len() + TAG,
            "room for the last tag and no more"
        );
    }
}

#[test]
fn debug_shows_nothing_of_the_message() {
    let [_, (_, bytes), ..] = python_messages();
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(
        format!("{message:?}"),
        "Message { suite: HkdfSha384Signed, data_keys: 1, content_length: 48, .. }",
    );
    assert_eq!(
        format!("{:?}", message.data_keys()),
        "[EncryptedDataKey { blob_length: 184, .. }]"
    );
}

static SIGNER: LazyLock<EcdsaKeyPair> = LazyLock::new(generate_signer);
static OTHER_SIGNER: LazyLock<EcdsaKeyPair> = LazyLock::new(generate_signer);

fn generate_signer() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn public_key(signer: &EcdsaKeyPair) -> String {
    let uncompressed = signer.public_key().as_ref();
    STANDARD.encode([&[2 + (uncompressed[96] & 1)][..], &uncompressed[1..49]].concat())
}

fn read(bytes: &[u8], data_key: &[u8; 32]) -> Result<Vec<u8>, Damage> {
    Message::parse(bytes)?
        .open(data_key)
        .map(|plaintext| plaintext.to_vec())
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
    bytes
}

/// Real messages and our own of every shape, with their data keys.
fn samples() -> Vec<(Vec<u8>, [u8; 32])> {
    let python = python_messages().map(|(_, bytes)| (bytes, python_data_key()));
    python
        .into_iter()
        .chain(shapes().map(|recipe| (recipe.seal(), DATA_KEY)))
        .collect()
}

fn shapes() -> impl Iterator<Item = Recipe> {
    SUITES.into_iter().flat_map(|suite| {
        [
            Recipe::new(suite),
            Recipe {
                pieces: vec![Piece::last(1, b"")],
                ..Recipe::new(suite)
            },
            Recipe::new(suite).non_framed(b"all in one block"),
        ]
    })
}

fn python_messages() -> [(Suite, Vec<u8>); 4] {
    PYTHON.map(|(suite, text)| (suite, STANDARD.decode(text).unwrap()))
}

fn python_data_key() -> [u8; 32] {
    std::array::from_fn(|place| u8::try_from(place).unwrap())
}

fn context(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = u16::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
    for (key, value) in entries {
        bytes.extend(field(key.as_bytes()));
        bytes.extend(field(value.as_bytes()));
    }
    bytes
}

fn data_keys(count: u16) -> Vec<u8> {
    let mut bytes = count.to_be_bytes().to_vec();
    for place in 0..count {
        bytes.extend(field(b"aws-kms"));
        bytes.extend(field(format!("key {place}").as_bytes()));
        bytes.extend(field(b"blob"));
    }
    bytes
}

fn field(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// Writes messages. Each field is written as it stands, right or wrong; tags and signature are made over it.
struct Recipe {
    /// Whose key schedule and layout is used, whatever `suite_id` says.
    suite: Suite,
    version: Vec<u8>,
    suite_id: u16,
    message_id: Vec<u8>,
    context: Vec<u8>,
    data_keys: Vec<u8>,
    content_type: u8,
    reserved: u32,
    iv_length: u8,
    frame_length: u32,
    /// In place of the right one.
    commitment: Option<[u8; 32]>,
    header_iv: [u8; NONCE],
    pieces: Vec<Piece>,
    signer: Option<&'static LazyLock<EcdsaKeyPair>>,
}

#[derive(Clone)]
struct Piece {
    sealed_as: BlockKind,
    written_as: BlockKind,
    sequence: u32,
    iv: [u8; NONCE],
    content: Vec<u8>,
}

impl Recipe {
    /// Two regular frames of four bytes and a final one of two.
    fn new(suite: Suite) -> Self {
        let (version, message_id) = match suite.format() {
            Format::One => (vec![1, 0x80], vec![0x11; 16]),
            Format::Two => (vec![2], vec![0x11; 32]),
        };
        let signer = suite.is_signed().then_some(&SIGNER);
        Self {
            suite,
            version,
            suite_id: suite.id(),
            message_id,
            context: signer
                .map(|signer| context(&[(PUBLIC_KEY, &public_key(signer))]))
                .unwrap_or_default(),
            data_keys: data_keys(1),
            content_type: 2,
            reserved: 0,
            iv_length: 12,
            frame_length: 4,
            commitment: None,
            header_iv: [0; NONCE],
            pieces: vec![
                Piece::frame(1, b"aaaa"),
                Piece::frame(2, b"aaaa"),
                Piece::last(3, b"aa"),
            ],
            signer,
        }
    }

    fn non_framed(self, content: &[u8]) -> Self {
        let kind = BlockKind::Single;
        let piece = Piece {
            sealed_as: kind,
            written_as: kind,
            ..Piece::last(1, content)
        };
        Self {
            content_type: 1,
            frame_length: 0,
            pieces: vec![piece],
            ..self
        }
    }

    fn with_message_id(mut self, byte: u8) -> Self {
        self.message_id.fill(byte);
        self
    }

    fn with_content(mut self, byte: u8) -> Self {
        for piece in &mut self.pieces {
            piece.content.fill(byte);
        }
        self
    }

    fn plaintext(&self) -> Vec<u8> {
        self.pieces
            .iter()
            .flat_map(|piece| piece.content.clone())
            .collect()
    }

    fn seal(&self) -> Vec<u8> {
        let mut bytes = [self.seal_header(), self.seal_body()].concat();
        if let Some(signer) = self.signer {
            let signature = signer.sign(&SystemRandom::new(), &bytes).unwrap();
            bytes.extend(field(signature.as_ref()));
        }
        bytes
    }

    fn seal_header(&self) -> Vec<u8> {
        let mut bytes = self.version.clone();
        bytes.extend(self.suite_id.to_be_bytes());
        bytes.extend(&self.message_id);
        bytes.extend(field(&self.context));
        bytes.extend(&self.data_keys);
        bytes.push(self.content_type);
        match self.suite.format() {
            Format::One => {
                bytes.extend(self.reserved.to_be_bytes());
                bytes.push(self.iv_length);
                bytes.extend(self.frame_length.to_be_bytes());
                let tag = self.encrypt(self.header_iv, &bytes, b"");
                bytes.extend(self.header_iv);
                bytes.extend(tag);
            }
            Format::Two => {
                bytes.extend(self.frame_length.to_be_bytes());
                bytes.extend(self.commitment.unwrap_or_else(|| self.right_commitment()));
                let tag = self.encrypt([0; NONCE], &bytes, b"");
                bytes.extend(tag);
            }
        }
        bytes
    }

    fn seal_body(&self) -> Vec<u8> {
        self.pieces
            .iter()
            .flat_map(|piece| self.seal_piece(piece))
            .collect()
    }

    fn seal_piece(&self, piece: &Piece) -> Vec<u8> {
        let text = match piece.sealed_as {
            BlockKind::Frame => "AWSKMSEncryptionClient Frame",
            BlockKind::FinalFrame => "AWSKMSEncryptionClient Final Frame",
            BlockKind::Single => "AWSKMSEncryptionClient Single Block",
        };
        let length = u64::try_from(piece.content.len()).unwrap().to_be_bytes();
        let sequence = piece.sequence.to_be_bytes();
        let aad = [&self.message_id[..], text.as_bytes(), &sequence, &length].concat();
        let sealed = self.encrypt(piece.iv, &aad, &piece.content);
        match piece.written_as {
            BlockKind::Frame => [&sequence[..], &piece.iv, &sealed].concat(),
            BlockKind::FinalFrame => [&[0xff; 4], &sequence[..], &piece.iv, &length[4..], &sealed].concat(),
            BlockKind::Single => [&piece.iv[..], &length, &sealed].concat(),
        }
    }

    fn encrypt(&self, nonce: [u8; NONCE], aad: &[u8], content: &[u8]) -> Vec<u8> {
        let key = match self.suite.format() {
            Format::One => self.derive(
                &[],
                &[&self.suite_id.to_be_bytes(), &self.message_id[..]].concat(),
            ),
            Format::Two => self.derive(
                &self.message_id,
                &[&self.suite.id().to_be_bytes()[..], b"DERIVEKEY"].concat(),
            ),
        };
        let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, &key).unwrap());
        let mut bytes = content.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, aead::Aad::from(aad), &mut bytes)
            .unwrap();
        bytes
    }

    fn right_commitment(&self) -> [u8; 32] {
        self.derive(&self.message_id, b"COMMITKEY")
    }

    /// HKDF by its definition (RFC 5869), one block: not with the code that the reader uses.
    fn derive(&self, salt: &[u8], info: &[u8]) -> [u8; 32] {
        let hash = match self.suite {
            Suite::HkdfSha256 => hmac::HMAC_SHA256,
            Suite::HkdfSha384Signed => hmac::HMAC_SHA384,
            Suite::HkdfSha512Committed | Suite::HkdfSha512CommittedSigned => hmac::HMAC_SHA512,
        };
        let extracted = hmac::sign(&hmac::Key::new(hash, salt), &DATA_KEY);
        let expanded = hmac::sign(&hmac::Key::new(hash, extracted.as_ref()), &[info, &[1]].concat());
        expanded.as_ref()[..32].try_into().unwrap()
    }
}

impl Piece {
    fn frame(sequence: u32, content: &[u8]) -> Self {
        let kind = BlockKind::Frame;
        Self {
            sealed_as: kind,
            written_as: kind,
            ..Self::last(sequence, content)
        }
    }

    fn last(sequence: u32, content: &[u8]) -> Self {
        let kind = BlockKind::FinalFrame;
        let content = content.to_vec();
        Self {
            sealed_as: kind,
            written_as: kind,
            sequence,
            iv: sequence_iv(sequence),
            content,
        }
    }
}
