//! JSONPath: what an author writes, evaluated on what a stranger posts.

use super::bounded;
use serde_json::Value;
use serde_json::value::RawValue;
use sfn_callback_urls::json;
use sfn_callback_urls::select::path::{Location, MAX_CHARS, Path, Step};

/// The first line of the input is a path, the rest a body.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (path, body) = text.split_once('\n').unwrap_or((text, "null"));
    let Ok(path) = bounded(|| Path::parse(path)) else {
        return;
    };
    assert!(text.split('\n').next().unwrap_or_default().chars().count() <= MAX_CHARS);
    let (Ok(value), Ok(raw)) = (
        serde_json::from_str::<Value>(body),
        serde_json::from_str::<&RawValue>(body),
    ) else {
        return;
    };
    let Ok(found) = bounded(|| path.locate(&value)) else {
        return;
    };
    assert!(found.len() <= 10_000);
    let parts = bounded(|| json::parts_at(raw, &found));
    assert_eq!(parts.len(), found.len());
    for (location, part) in found.iter().zip(parts) {
        // Of a key that occurs twice, the value has the last, and so must the text.
        let part: Value = serde_json::from_str(part.get()).expect("a part of JSON is JSON");
        assert_eq!(Some(&part), at(&value, location), "{location:?}");
    }
}

fn at<'v>(value: &'v Value, location: &Location<'_>) -> Option<&'v Value> {
    location.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_object()?.get(*key),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}
