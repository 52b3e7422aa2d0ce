//! Payloads, in CBOR and in JSON.

use super::bounded;
use super::service::{AUDIENCE, DATA_KEY, data_key};
use sfn_callback_urls::action::ActionKind;
use sfn_callback_urls::payload::{Payload, json_form, packed};
use sfn_callback_urls::seal::{DataKey, KeyRef, SealingKey, Untrusted, plain, sealed};

/// The input is a payload in one of the two forms: the byte 1 comes first in CBOR, and never in JSON.
pub fn check(data: &[u8]) {
    if let Ok(payload) = bounded(|| packed::read(data)) {
        let written = bounded(|| packed::write(&payload));
        if has_one_text(data, &payload) {
            assert_eq!(written, data);
        }
        comes_back(&payload);
    }
    if let Ok(payload) = bounded(|| json_form::read(data)) {
        comes_back(&payload);
    }
}

fn comes_back(payload: &Payload) {
    assert_eq!(
        packed::read(&packed::write(payload)).as_ref(),
        Ok(payload),
        "as CBOR"
    );
    let key = SealingKey {
        key: DataKey::new(DATA_KEY),
        reference: KeyRef::Local(data_key().local_id()),
    };
    let link = bounded(|| sealed::seal(payload, &key, [7; 16], AUDIENCE));
    match Untrusted::parse(&link) {
        Ok(Untrusted::Sealed(sealed)) => {
            let opened = sealed.open(&data_key(), AUDIENCE).expect("what was sealed opens");
            assert_eq!(&opened.payload, payload);
            assert!(sealed.open(&data_key(), "another").is_err());
        }
        Ok(Untrusted::Plain(_) | Untrusted::Legacy(_)) => panic!("a 3- link"),
        Err(_) => assert!(link.len() > 8_192, "what is not too long is a link"),
    }
    let verifies = payload
        .action
        .webhook()
        .is_some_and(|webhook| webhook.verify.is_some());
    if verifies {
        return; // only what is sealed can hold a secret
    }
    match Untrusted::parse(&bounded(|| plain(payload))) {
        Ok(Untrusted::Plain(plain)) => {
            let opened = plain.trust_without_key().expect("what was written is read");
            assert_eq!(&opened.payload, payload, "as JSON");
        }
        Ok(Untrusted::Sealed(_) | Untrusted::Legacy(_)) => panic!("a 1- link"),
        Err(_) => assert!(plain(payload).len() > 10_240),
    }
}

/// Whether none of what docs/FORMAT.md lists in "What is read though no writer writes it" can be in a payload.
fn has_one_text(data: &[u8], payload: &Payload) -> bool {
    let mut decoder = minicbor::Decoder::new(&data[1..]);
    let count = decoder.map().ok().flatten().expect("it was read");
    let plain = (0..count).all(|_| {
        let key = decoder.u64().expect("it was read");
        decoder.skip().expect("it was read");
        matches!(key, 0..=9 | 11 | 16..=18)
    });
    plain && !matches!(payload.action.kind, ActionKind::Post(_))
}
