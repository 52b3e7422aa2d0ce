//! Bodies that repeat something small: what they take is what the estimate says, and no more.

use super::{bounded, within};
use serde_json::value::RawValue;
use sfn_callback_urls::json::tree;
use sfn_callback_urls::select::{Body, MAX_BODY_BYTES};

/// Bytes of a body here: large enough that what is repeated decides, and soon read.
const BYTES: usize = 64 << 10;
/// What an execution takes besides: the stack of what is open, and rounding.
const BESIDES: usize = 64 << 10;

/// The input is a text that is repeated, between brackets and as it is, and a value at the end.
pub fn check(data: &[u8]) {
    let Ok(piece) = std::str::from_utf8(data) else {
        return;
    };
    let times = BYTES / piece.len().max(1);
    let repeated = piece.repeat(times);
    for text in [
        piece.to_owned(),
        format!("[{repeated}0]"),
        format!("{{{repeated}\"\":0}}"),
        format!("\"{repeated}\""),
    ] {
        one(&text);
    }
}

fn one(text: &str) {
    let Ok(raw) = serde_json::from_str::<&RawValue>(text) else {
        let refused = within(text.len() + BESIDES, || Body::parse(text).is_err());
        assert!(refused, "it is not JSON");
        return;
    };
    let Ok(estimate) = within(4 * text.len() + BESIDES, || tree::estimate(raw)) else {
        return;
    };
    // Beside the tree: how many values each array and object has.
    let most = estimate + 4 * text.len() + BESIDES;
    let built = within(most, || tree::tree(raw));
    assert!(estimate <= tree::MAX_TREE_BYTES && text.len() <= MAX_BODY_BYTES);
    let keys = bounded(|| tree::check_keys(raw));
    // A number that is too large for any is found when it is built.
    assert!(built.is_ok() <= keys.is_ok());
    assert_eq!(
        built.err() == Some(tree::TreeFault::SameKey),
        keys == Err(tree::TreeFault::SameKey)
    );
}
