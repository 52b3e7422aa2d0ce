//! Task tokens, and how a link carries them in fewer bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Longest task token that Step Functions gives or takes, in characters
/// (API reference of `SendTaskSuccess`, `taskToken`).
pub const MAX_TOKEN_CHARS: usize = 2_048;

/// The token of a waiting task: whoever has it may answer the task, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct TaskToken(Zeroizing<String>);

impl TaskToken {
    /// Takes 1 to [`MAX_TOKEN_CHARS`] characters; gives `None` for any other length.
    pub fn new(text: String) -> Option<Self> {
        let text = Zeroizing::new(text);
        let within = !text.is_empty() && text.chars().nth(MAX_TOKEN_CHARS).is_none();
        within.then_some(Self(text))
    }

    /// The token itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The shortest form that gives back exactly this token.
    pub fn packed(&self) -> PackedToken {
        match base64_segments(&self.0) {
            Some(segments) => PackedToken::Segments(segments),
            None => PackedToken::Text(self.0.to_string()),
        }
    }
}

impl std::fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TaskToken(redacted)")
    }
}

/// A task token as it is written into a payload (docs/FORMAT.md, "Token").
#[derive(Clone, PartialEq, Eq)]
pub enum PackedToken {
    /// One to four runs of bytes whose base64 texts, joined, are the token.
    Segments(Vec<Vec<u8>>),
    /// The token verbatim.
    Text(String),
}

/// Most base64 texts that a token is split into.
pub const MAX_SEGMENTS: usize = 4;

impl PackedToken {
    /// The token again; `None` when it has an impossible length or number of segments.
    pub fn unpack(self) -> Option<TaskToken> {
        match self {
            PackedToken::Text(text) => TaskToken::new(text),
            PackedToken::Segments(segments) if (1..=MAX_SEGMENTS).contains(&segments.len()) => {
                TaskToken::new(segments.iter().map(|segment| STANDARD.encode(segment)).collect())
            }
            PackedToken::Segments(_) => None,
        }
    }
}

/// Real tokens are mostly two padded base64 texts joined: a cut behind each run of `=` finds them.
fn base64_segments(token: &str) -> Option<Vec<Vec<u8>>> {
    let mut segments = Vec::new();
    let mut rest = token;
    while !rest.is_empty() {
        let padding = rest.find('=').unwrap_or(rest.len());
        let run = rest
            .bytes()
            .skip(padding)
            .take_while(|byte| *byte == b'=')
            .count();
        let (segment, after) = rest.split_at_checked(padding + run)?;
        segments.push(STANDARD.decode(segment).ok()?);
        rest = after;
    }
    let joined: String = segments.iter().map(|segment| STANDARD.encode(segment)).collect();
    ((1..=MAX_SEGMENTS).contains(&segments.len()) && joined == token).then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(text: &str) -> PackedToken {
        let token = TaskToken::new(text.to_owned()).expect("a token of allowed length");
        let packed = token.packed();
        assert!(
            packed.clone().unpack().is_some_and(|back| back.expose() == text),
            "{text}"
        );
        packed
    }

    fn segment_lengths(text: &str) -> Vec<usize> {
        match round_trip(text) {
            PackedToken::Segments(segments) => segments.iter().map(Vec::len).collect(),
            PackedToken::Text(_) => Vec::new(),
        }
    }

    #[test]
    fn base64_tokens_are_carried_as_bytes() {
        assert_eq!(segment_lengths(&STANDARD.encode([7; 500])), [500]);
        let joined = format!("{}{}", STANDARD.encode([1; 100]), STANDARD.encode([2; 399]));
        assert_eq!(segment_lengths(&joined), [100, 399]);
        assert_eq!(segment_lengths("QQ==QUI=QUJD"), [1, 2, 3]);
    }

    #[test]
    fn other_tokens_are_carried_as_text() {
        for text in [
            "abc",
            "a-b_",
            "QR==",
            "=",
            "A===",
            "QQ==QQ==QQ==QQ==QQ==",
            "日本",
            "QQ==",
        ] {
            let as_text = matches!(round_trip(text), PackedToken::Text(_));
            assert_eq!(as_text, text != "QQ==", "{text}");
        }
    }

    #[test]
    fn lengths_outside_of_the_limits_are_refused() {
        assert!(TaskToken::new(String::new()).is_none());
        assert!(TaskToken::new("é".repeat(MAX_TOKEN_CHARS)).is_some());
        assert!(TaskToken::new("a".repeat(MAX_TOKEN_CHARS + 1)).is_none());
        assert!(PackedToken::Segments(Vec::new()).unpack().is_none());
        assert!(
            PackedToken::Segments(vec![vec![1]; MAX_SEGMENTS + 1])
                .unpack()
                .is_none()
        );
        assert!(PackedToken::Segments(vec![Vec::new()]).unpack().is_none());
    }

    #[test]
    fn debug_does_not_show_the_token() {
        let token = TaskToken::new("secret-token".to_owned()).unwrap();
        assert_eq!(format!("{token:?}"), "TaskToken(redacted)");
    }

    proptest! {
        #[test]
        fn every_token_comes_back(text in "[ -~]{1,80}|[A-Za-z0-9+/]{4,60}={0,2}[A-Za-z0-9+/]{4,60}={0,2}") {
            round_trip(&text);
        }
    }
}
