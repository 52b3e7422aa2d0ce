//! A request as its sender made it, before anybody believes it.

use crate::rejection::Unproven;
use serde::{Deserialize, Serialize};

/// Longest header that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 4_096;

/// Names in lower case, and values as they came.
pub type Headers<'a> = [(&'a str, &'a [u8])];

/// What signatures are over, and where they stand.
pub struct Received<'a> {
    /// All of them, repeated ones too.
    pub headers: &'a Headers<'a>,
    /// As it was sent, behind the base64 of events.
    pub body: &'a [u8],
    /// Of the body.
    pub content_type: Option<&'a str>,
    /// Addresses under which the sender may know the link, for schemes that sign it.
    pub urls: Vec<String>,
    /// Unix milliseconds.
    pub now_ms: u64,
}

/// What a time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum TimeUnit {
    /// Unix seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Unix milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
}

impl TimeUnit {
    /// Digits of every time until the year 2286. With another number, digits could move between a time and a body
    /// that nothing separates.
    const fn digits(self) -> usize {
        match self {
            TimeUnit::Seconds => 10,
            TimeUnit::Milliseconds => 13,
        }
    }

    const fn milliseconds(self) -> u64 {
        match self {
            TimeUnit::Seconds => 1_000,
            TimeUnit::Milliseconds => 1,
        }
    }
}

impl<'a> Received<'a> {
    /// Whether there is such a header.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(other, _)| name.eq_ignore_ascii_case(other))
    }

    /// The one value of a header, without white space around it.
    ///
    /// # Errors
    /// There is none, more than one, or one that no sender makes.
    pub(super) fn header(&self, name: &str) -> Result<&'a str, Unproven> {
        let mut values = self
            .headers
            .iter()
            .filter(|(other, _)| name.eq_ignore_ascii_case(other));
        let (_, value) = values.next().ok_or_else(|| Unproven::Missing(name.to_owned()))?;
        if values.next().is_some() {
            return Err(Unproven::Repeated(name.to_owned()));
        }
        if value.len() > MAX_HEADER_BYTES {
            return Err(Unproven::TooLong(name.to_owned()));
        }
        match std::str::from_utf8(value) {
            Ok(text) if text.is_ascii() => Ok(text.trim_matches([' ', '\t'])),
            _ => Err(Unproven::Unreadable(format!("header {name}"))),
        }
    }

    /// Whether a time is written as times are, and within the tolerance on both sides, if there is one.
    pub(super) fn check_time(
        &self,
        text: &str,
        unit: TimeUnit,
        tolerance: Option<u64>,
    ) -> Result<(), Unproven> {
        let unreadable = || Unproven::Unreadable("the time".to_owned());
        if text.len() != unit.digits() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(unreadable());
        }
        let time: u64 = text.parse().map_err(|_| unreadable())?;
        let time = time.saturating_mul(unit.milliseconds());
        let Some(tolerance) = tolerance else {
            return Ok(());
        };
        // A time in whole seconds is compared with whole seconds.
        let now = self.now_ms - self.now_ms % unit.milliseconds();
        let tolerance = tolerance.saturating_mul(1_000);
        if now > time.saturating_add(tolerance) {
            Err(Unproven::Stale)
        } else if time > now.saturating_add(tolerance) {
            Err(Unproven::Future)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received<'a>(headers: &'a Headers<'a>) -> Received<'a> {
        Received {
            headers,
            body: b"",
            content_type: None,
            urls: Vec::new(),
            now_ms: 1_700_000_000_999,
        }
    }

    #[test]
    fn a_header_is_there_once_and_readable() {
        let long = vec![b'a'; MAX_HEADER_BYTES + 1];
        let headers: &Headers<'_> = &[
            ("one", b" a b "),
            ("two", b"a"),
            ("two", b"a"),
            ("foreign", "é".as_bytes()),
            ("long", &long),
            ("longest", &long[1..]),
        ];
        let header = |name: &str| received(headers).header(name);
        assert_eq!(header("One"), Ok("a b"));
        assert_eq!(header("longest").map(str::len), Ok(MAX_HEADER_BYTES));
        assert_eq!(header("none"), Err(Unproven::Missing("none".to_owned())));
        assert_eq!(header("two"), Err(Unproven::Repeated("two".to_owned())));
        assert_eq!(header("long"), Err(Unproven::TooLong("long".to_owned())));
        assert_eq!(
            header("foreign"),
            Err(Unproven::Unreadable("header foreign".to_owned()))
        );
    }

    #[test]
    fn times_count_up_to_the_tolerance_on_both_sides() {
        let check = |text: &str, unit, tolerance| received(&[]).check_time(text, unit, tolerance);
        let (seconds, milliseconds) = (TimeUnit::Seconds, TimeUnit::Milliseconds);
        for (text, unit, expected) in [
            ("1700000000", seconds, Ok(())),
            ("1699999700", seconds, Ok(())),
            ("1699999699", seconds, Err(Unproven::Stale)),
            ("1700000300", seconds, Ok(())),
            ("1700000301", seconds, Err(Unproven::Future)),
            ("1699999700999", milliseconds, Ok(())),
            ("1699999700998", milliseconds, Err(Unproven::Stale)),
            ("1700000300999", milliseconds, Ok(())),
            ("1700000301000", milliseconds, Err(Unproven::Future)),
            ("9999999999", seconds, Err(Unproven::Future)),
            ("0000000000", seconds, Err(Unproven::Stale)),
        ] {
            assert_eq!(check(text, unit, Some(300)), expected, "{text}");
        }
        assert_eq!(check("9999999999", seconds, None), Ok(()));
        for text in [
            "",
            "170000000",
            "17000000000",
            "1700000000000",
            "+170000000",
            "-170000000",
            "1.70000000",
            "1700000 00",
            "17000000é",
        ] {
            assert!(
                matches!(check(text, seconds, None), Err(Unproven::Unreadable(_))),
                "{text}"
            );
        }
    }
}
