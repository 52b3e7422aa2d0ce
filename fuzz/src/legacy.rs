//! Messages of the AWS Encryption SDK, which `2-` links hold.

use super::bounded;
use super::service::DATA_KEY;
use sfn_callback_urls::seal::esdk::{Damage, Message};

/// The input is a message, behind a byte that says where it is cut.
pub fn check(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else {
        return;
    };
    let Ok(message) = bounded(|| Message::parse(bytes)) else {
        return;
    };
    // No message is the beginning of another.
    let longer = [bytes, &[0]].concat();
    assert_eq!(Message::parse(&longer).err(), Some(Damage::TrailingBytes));
    let shorter = &bytes[..bytes.len() * usize::from(*cut) / 256];
    assert!(Message::parse(shorter).is_err(), "cut to {} bytes", shorter.len());

    assert!((1..=8).contains(&message.data_keys().len()));
    let context: usize = message
        .encryption_context()
        .iter()
        .map(|(k, v)| 4 + k.len() + v.len())
        .sum();
    assert!(context <= bytes.len());
    assert!(!format!("{message:?}").contains("aws-crypto"));
    match bounded(|| message.open(&DATA_KEY)) {
        Ok(plaintext) => {
            assert!(
                super::seeds::messages().contains(bytes),
                "a message was forged: {plaintext:?}"
            );
        }
        Err(Damage::Commitment | Damage::Header | Damage::Frame | Damage::Signature) => {}
        Err(damage) => panic!("{damage:?} must be seen before the key is asked for"),
    }
}
