//! Tokens in the shape of those of Step Functions, since others must carry them byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use super::TaskId;

pub(super) const SERIES_BYTES: usize = 16;
/// Opens the first text of a token: its version.
const TOKEN_VERSION: u8 = 1;
/// Follows the length in tokens of today.
const TOKEN_MARK: [u8; 16] = [0, 0, 0, 0x2a, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1];
/// Bytes of the first text, after version and length; 128 to 176 characters of base64, as seen.
const FIRST_BYTES: std::ops::RangeInclusive<usize> = 94..=132;
/// Bytes of the second text: 532 characters of base64, the last of them `=` or not.
const SECOND_BYTES: std::ops::RangeInclusive<usize> = 397..=399;

/// What a token of ours says. It has the shape of a real one, since others must carry it byte for byte:
///
/// base64(`1` | length of the rest of this text, u16 | rest) base64(second part), so that `=` may stand in the
/// middle. The rest begins with a constant; then, ours alone, series, number and random bytes. The second part is
/// random bytes and the SHA-256 of everything before.
pub(super) struct Token {
    pub(super) series: [u8; SERIES_BYTES],
    pub(super) id: TaskId,
}

impl Token {
    pub(super) fn write(&self, random: &[u8; 64]) -> String {
        let [one, other]: [u8; 2] = expand(random, "lengths");
        let first_bytes = FIRST_BYTES.start() + usize::from(one) % FIRST_BYTES.count();
        let second_bytes = SECOND_BYTES.start() + usize::from(other) % SECOND_BYTES.count();

        let mut rest = Vec::with_capacity(first_bytes);
        rest.extend(TOKEN_MARK);
        rest.extend(self.series);
        rest.extend(self.id.0.to_be_bytes());
        rest.extend(
            expand::<132>(random, "first")
                .iter()
                .take(first_bytes - rest.len()),
        );
        let rest_chars = u16::try_from(rest.len().div_ceil(3) * 4).unwrap_or(u16::MAX);

        let mut first = vec![TOKEN_VERSION];
        first.extend(rest_chars.to_be_bytes());
        first.extend(rest);
        let mut second = Vec::with_capacity(second_bytes);
        second.extend(
            expand::<399>(random, "second")
                .iter()
                .take(second_bytes - SHA256_OUTPUT_LEN),
        );
        let sum = sha256(&[first.as_slice(), second.as_slice()].concat());
        second.extend(sum);
        STANDARD.encode(first) + &STANDARD.encode(second)
    }

    /// `None` unless every character is as [`Token::write`] makes it.
    pub(super) fn read(token: &str) -> Option<Self> {
        let (version_and_length, _) = token.split_at_checked(4)?;
        let head = STANDARD.decode(version_and_length).ok()?;
        let [TOKEN_VERSION, high, low] = *head.as_slice() else {
            return None;
        };
        let rest_chars = usize::from(u16::from_be_bytes([high, low]));
        let (first_text, second_text) = token.split_at_checked(rest_chars.checked_add(4)?)?;
        let (first, second) = (
            STANDARD.decode(first_text).ok()?,
            STANDARD.decode(second_text).ok()?,
        );
        let (second_random, sum) = second.split_at_checked(second.len().checked_sub(SHA256_OUTPUT_LEN)?)?;
        if sum != sha256(&[first.as_slice(), second_random].concat()) {
            return None;
        }
        let rest = first.get(3..)?.strip_prefix(&TOKEN_MARK)?;
        let (series, rest) = rest.split_first_chunk::<SERIES_BYTES>()?;
        let (id, _) = rest.split_first_chunk::<8>()?;
        Some(Self {
            series: *series,
            id: TaskId(u64::from_be_bytes(*id)),
        })
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut sum = [0; SHA256_OUTPUT_LEN];
    sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
    sum
}

/// `N` bytes that tell nothing about `random` or about those of another label.
pub(super) fn expand<const N: usize>(random: &[u8; 64], label: &str) -> [u8; N] {
    let mut out = [0; N];
    for (counter, block) in (0_u32..).zip(out.chunks_mut(SHA256_OUTPUT_LEN)) {
        let sum = sha256(&[random.as_slice(), label.as_bytes(), &counter.to_be_bytes()].concat());
        for (to, from) in block.iter_mut().zip(sum) {
            *to = from;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(seed: u64) -> String {
        let mut random = [7; 64];
        for (to, from) in random.iter_mut().zip(seed.to_be_bytes()) {
            *to = from;
        }
        Token {
            series: [3; SERIES_BYTES],
            id: TaskId(seed),
        }
        .write(&random)
    }

    /// The shape that is documented at [`Token`], told with plain text operations.
    #[test]
    fn tokens_look_like_real_ones() {
        let (mut padded, mut seen) = ([0; 3], std::collections::BTreeSet::new());
        for seed in 0..500 {
            let token = token(seed);
            let head = STANDARD.decode(&token[..4]).expect("three bytes");
            let length = usize::from(u16::from_be_bytes([head[1], head[2]]));
            assert!(
                token.starts_with("AQ") && (664..=712).contains(&token.len()),
                "{}",
                token.len()
            );
            assert_eq!(4 + length + 532, token.len());
            let (first, second) = token.split_at(4 + length);
            assert!(first[4..].starts_with("AAAAKgAAAAM"));
            for text in [first, second] {
                let bytes = STANDARD.decode(text).expect("canonical base64");
                assert_eq!(STANDARD.encode(bytes), text);
            }
            assert_eq!(
                STANDARD.decode(&token).is_err(),
                first.contains('='),
                "`=` stands in the middle"
            );
            padded[first.len() - first.trim_end_matches('=').len()] += 1;
            seen.insert(token);
        }
        assert_eq!(seen.len(), 500);
        assert!(padded.iter().all(|count| *count > 100), "{padded:?}");
    }

    #[test]
    fn tokens_depend_on_nothing_but_the_arguments() {
        assert_eq!(token(1), token(1));
        assert_ne!(token(1), token(2));
    }

    #[test]
    fn what_was_written_is_read() {
        for seed in 0..300 {
            let read = Token::read(&token(seed)).expect("a token");
            assert_eq!((read.series, read.id), ([3; SERIES_BYTES], TaskId(seed)));
        }
    }

    #[test]
    fn texts_of_the_right_shape_with_another_content_are_refused() {
        let good = token(1);
        assert!(Token::read(&good).is_some());
        let rewritten = |change: &dyn Fn(&mut Vec<u8>, &mut Vec<u8>)| {
            let head = STANDARD.decode(&good[..4]).expect("three bytes");
            let (first, second) = good.split_at(4 + usize::from(u16::from_be_bytes([head[1], head[2]])));
            let mut first = STANDARD.decode(first).expect("base64");
            let mut second = STANDARD.decode(second).expect("base64");
            second.truncate(second.len() - SHA256_OUTPUT_LEN);
            change(&mut first, &mut second);
            let sum = sha256(&[first.as_slice(), second.as_slice()].concat());
            second.extend(sum);
            Token::read(&(STANDARD.encode(first) + &STANDARD.encode(second)))
        };
        assert!(rewritten(&|_, _| {}).is_some(), "nothing changed");
        assert!(
            rewritten(&|_, second| second.clear()).is_some(),
            "the random bytes are free"
        );
        assert!(rewritten(&|first, _| first[0] = 2).is_none(), "another version");
        assert!(rewritten(&|first, _| first[2] = 0).is_none(), "another length");
        assert!(
            rewritten(&|first, _| first[1] = 0xff).is_none(),
            "a length beyond the token"
        );
        assert!(rewritten(&|first, _| first[6] = 0x2b).is_none(), "another mark");
        let shortened = |length: usize, chars: u8| {
            rewritten(&move |first, _| {
                first.truncate(length);
                first[2] = chars;
            })
        };
        assert!(shortened(3 + 16 + 16 + 8, 56).is_some(), "just long enough");
        assert!(shortened(3 + 16 + 16 + 7, 52).is_none(), "no number");
        assert!(shortened(3 + 16 + 2, 24).is_none(), "no series");
        assert!(shortened(3, 0).is_none(), "nothing");
    }
}
