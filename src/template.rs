//! Output parameters: the substitution of Python's `string.Template`, which existing requests rely on.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

use std::collections::HashMap;
use std::fmt;

/// The query parameters that may be filled in, decoded. Of a name that occurs twice, the last value.
#[derive(Clone, Default)]
pub struct Parameters(HashMap<String, String>);

impl Parameters {
    /// From decoded pairs, in the order of the query.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Parameters {
    /// Names and values are the visitor's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameters({} values)", self.0.len())
    }
}

/// Largest filled text, in bytes as an answer carries it ([`carried_bytes`]): a placeholder may stand many times in a text,
/// and a value be long. Lambda takes answers of six megabytes, and JSON within JSON at most doubles this.
pub const MAX_FILLED_BYTES: usize = 1 << 20;

/// Bytes of a text in an answer, which Lambda takes as JSON: `\u0001` for one byte of a control character.
pub fn carried_bytes(text: &str) -> usize {
    let of_byte = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | b'\x08' | b'\x0c' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    text.bytes().map(of_byte).sum()
}

/// Why a text cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// The query does not have it. The name is the author's, not the visitor's.
    #[error("the parameter {0} is missing in the query")]
    Missing(String),
    /// A `$` that begins no placeholder.
    #[error("a `$` begins no placeholder; write $name, ${{name}}, or $$ for a dollar sign")]
    Malformed,
    /// The result grows over [`MAX_FILLED_BYTES`].
    #[error("grows over 1 MiB with the parameters of the query")]
    TooLong,
}

/// Fills `$name` and `${name}` with the value of the parameter, changed by `encode`; `$$` gives `$`.
///
/// One pass: what a value contains is never looked at again.
///
/// # Errors
/// The first missing parameter or malformed placeholder.
pub fn fill(
    text: &str,
    parameters: &Parameters,
    encode: impl Fn(&str) -> String,
) -> Result<String, TemplateFault> {
    let mut filled = String::with_capacity(text.len());
    let mut carried = 0;
    for part in parts(text) {
        let before = filled.len();
        match part? {
            Part::Literal(literal) => filled.push_str(literal),
            Part::Placeholder(name) => match parameters.0.get(name) {
                Some(value) => filled.push_str(&encode(value)),
                None => return Err(TemplateFault::Missing(name.to_owned())),
            },
        }
        carried += filled.get(before..).map_or(0, carried_bytes);
        if carried > MAX_FILLED_BYTES {
            return Err(TemplateFault::TooLong);
        }
    }
    Ok(filled)
}

/// Whether every `$` of a text is one that [`fill`] can read.
pub fn is_well_formed(text: &str) -> bool {
    parts(text).all(|part| part.is_ok())
}

enum Part<'a> {
    Literal(&'a str),
    Placeholder(&'a str),
}

fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, TemplateFault>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(behind_dollar) = rest.strip_prefix('$') else {
            let (literal, after) = rest.split_at(rest.find('$').unwrap_or(rest.len()));
            rest = after;
            return Some(Ok(Part::Literal(literal)));
        };
        let part = match behind_dollar.strip_prefix('$') {
            Some(after) => {
                rest = after;
                Some(Part::Literal("$"))
            }
            None => placeholder(behind_dollar).map(|(name, after)| {
                rest = after;
                Part::Placeholder(name)
            }),
        };
        if part.is_none() {
            rest = "";
        }
        Some(part.ok_or(TemplateFault::Malformed))
    })
}

/// The identifier behind a `$`, braced or not, and what follows it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('{') {
        Some(braced) => {
            let (name, after) = identifier(braced)?;
            Some((name, after.strip_prefix('}')?))
        }
        None => identifier(text),
    }
}

/// `[_a-zA-Z][_a-zA-Z0-9]*`, ASCII only.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    name.starts_with(|c: char| !c.is_ascii_digit())
        .then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(text: &str) -> Result<String, TemplateFault> {
        let pairs = [
            ("a", "1"),
            ("long_name9", "2"),
            ("dollar", "$a ${a} $$"),
            ("_", "3"),
            ("action", "approve"),
        ];
        let parameters =
            Parameters::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fill(text, &parameters, str::to_owned)
    }

    #[test]
    fn placeholders_are_filled_as_python_does() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("$a", "1"),
            ("${a}b", "1b"),
            ("$a-$a.$a", "1-1.1"),
            ("$long_name9!", "2!"),
            ("$_", "3"),
            ("$$a", "$a"),
            ("$$$a", "$1"),
            ("a$$", "a$"),
            ("$dollar", "$a ${a} $$"),
            ("$aé", "1é"),
            ("$action", "approve"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn missing_parameters_are_named() {
        for (text, name) in [
            ("$b", "b"),
            ("${b}", "b"),
            ("$a $ab", "ab"),
            ("$data", "data"),
            ("$A", "A"),
        ] {
            assert_eq!(
                filled(text),
                Err(TemplateFault::Missing(name.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn other_dollars_are_malformed() {
        for text in [
            "$", "a$", "$ a", "$1", "${", "${}", "${a", "${1}", "${a b}", "$é", "$-", "${é}", "$$$",
        ] {
            assert_eq!(filled(text), Err(TemplateFault::Malformed), "{text}");
            assert!(!is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn of_two_values_the_last_counts() {
        let pairs = [("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        assert_eq!(
            fill("$a", &Parameters::from_pairs(pairs), str::to_owned).as_deref(),
            Ok("2")
        );
    }

    #[test]
    fn what_grows_too_large_for_an_answer_is_refused() {
        for (value, most) in [
            ("x", 1 << 20),
            ("\u{1}", 174_762),
            ("\"", 1 << 19),
            ("\\", 1 << 19),
            ("é", 1 << 19),
        ] {
            let parameters = Parameters::from_pairs([("a".to_owned(), value.to_owned())]);
            let fill = |times: usize| fill(&"$a".repeat(times), &parameters, str::to_owned);
            assert_eq!(
                fill(most).map(|text| text.len()),
                Ok(most * value.len()),
                "{value:?}"
            );
            assert_eq!(fill(most + 1), Err(TemplateFault::TooLong), "{value:?}");
        }
    }

    #[test]
    fn the_bytes_of_an_answer_are_those_of_its_json() {
        for text in ["", "a\u{0}\u{1f}\u{7f}\"\\/\n\r\t\u{8}\u{c}é\u{2028}😀<&>'"] {
            let written = serde_json::to_string(text).unwrap();
            assert_eq!(carried_bytes(text) + 2, written.len());
        }
    }

    proptest! {
        #[test]
        fn a_value_is_never_read_again(value in ".{0,40}") {
            let parameters = Parameters::from_pairs([("a".to_owned(), value.clone())]);
            prop_assert_eq!(fill("<$a>", &parameters, str::to_owned), Ok(format!("<{value}>")));
        }
    }
}
