//! A request as its sender made it, before anybody believes it.

use crate::rejection::Unproven;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest header that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 4_096;
/// What a time of RFC 3339 begins with; `0` is any digit.
const DATE_AND_TIME: &str = "0000-00-00T00:00:00";
const DAY_SECONDS: i64 = 86_400;

/// Names in lower case, and values as they came.
pub type Headers<'a> = [(&'a str, &'a [u8])];

/// What signatures are over, and where they stand.
pub struct Received<'a> {
    /// All of them, repeated ones too.
    pub headers: &'a Headers<'a>,
    /// As it was sent, without the base64 of events.
    pub body: &'a [u8],
    /// Of the body.
    pub content_type: Option<&'a str>,
    /// Whether a body of `text/*` is read as JSON.
    pub text_is_json: bool,
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
    /// A date and time of day (RFC 3339, section 5.6).
    #[serde(rename = "rfc3339")]
    Rfc3339,
}

/// A time as a sender wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Time {
    /// Unix milliseconds.
    at: u64,
    /// To how many milliseconds it is given.
    step: u64,
}

impl TimeUnit {
    /// `None`: not written as such times are. Every form shows where it ends, so that no digit can move between a time and a
    /// body that nothing separates: Unix times have the number of digits that they have until the year 2286.
    fn read(self, text: &str) -> Option<Time> {
        match self {
            TimeUnit::Seconds => unix(text, 10, 1_000),
            TimeUnit::Milliseconds => unix(text, 13, 1),
            TimeUnit::Rfc3339 => rfc3339(text),
        }
    }
}

fn unix(text: &str, digits: usize, step: u64) -> Option<Time> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let at = text.parse::<u64>().ok()?.saturating_mul(step);
    Some(Time { at, step })
}

/// `2026-11-29T10:00:00Z`: `T` and `Z` in either case, up to nine digits of a fraction, an offset of less than a day. A leap
/// second counts as the second after it.
fn rfc3339(text: &str) -> Option<Time> {
    let (date_and_time, rest) = text.split_at_checked(DATE_AND_TIME.len())?;
    let fits = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte.to_ascii_uppercase() == form,
    };
    if !date_and_time.bytes().zip(DATE_AND_TIME.bytes()).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| date_and_time.get(from..to)?.parse::<i16>().ok();
    let small = |from| number(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(number(0, 4)?, small(5)?, small(8)?).ok()?;
    let (hour, minute, second) = (small(11)?, small(14)?, small(17)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (None, rest),
        Some(after) => {
            let (digits, zone) = after.split_at_checked(after.find(|c: char| !c.is_ascii_digit())?)?;
            (
                Some(digits).filter(|digits| (1..=9).contains(&digits.len())),
                zone,
            )
        }
    };
    if fraction.is_none() && zone.len() != rest.len() {
        return None;
    }
    let days = (date - Date::constant(1970, 1, 1)).get_days();
    let minutes = (i64::from(days) * 24 + i64::from(hour)) * 60 + i64::from(minute) - offset(zone)?;
    let seconds = minutes * 60 + i64::from(second);
    // There are leap seconds at the end of a day of UTC alone.
    if second == 60 && seconds % DAY_SECONDS != 0 {
        return None;
    }
    let milliseconds: String = fraction
        .unwrap_or_default()
        .chars()
        .chain("000".chars())
        .take(3)
        .collect();
    let seconds = u64::try_from(seconds).unwrap_or_default();
    Some(Time {
        at: seconds * 1_000 + milliseconds.parse::<u64>().ok()?,
        step: if fraction.is_some() { 1 } else { 1_000 },
    })
}

/// Minutes by which a clock is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let digits = |tens: u8, ones: u8| -> Option<i64> {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from((tens - b'0') * 10 + ones - b'0'))
    };
    let (sign, hours, minutes) = match *zone.as_bytes() {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h, i, b':', m, n] => (1, digits(h, i)?, digits(m, n)?),
        [b'-', h, i, b':', m, n] => (-1, digits(h, i)?, digits(m, n)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * (hours * 60 + minutes))
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
        let time = unit.read(text);
        let time = time.ok_or_else(|| Unproven::Unreadable("the time".to_owned()))?;
        let Some(tolerance) = tolerance else {
            return Ok(());
        };
        // A time in whole seconds is compared with whole seconds.
        let now = self.now_ms - self.now_ms % time.step;
        let time = time.at;
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
            text_is_json: false,
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

    #[test]
    fn dates_are_those_of_rfc_3339() {
        let read = |text: &str| TimeUnit::Rfc3339.read(text).map(|time| (time.at, time.step));
        let at = 1_700_000_000_000;
        for (text, expected) in [
            ("2023-11-14T22:13:20Z", (at, 1_000)),
            ("2023-11-14t22:13:20z", (at, 1_000)),
            ("2023-11-14T23:43:20+01:30", (at, 1_000)),
            ("2023-11-14T14:13:20-08:00", (at, 1_000)),
            ("2023-11-14T22:13:20-00:00", (at, 1_000)),
            ("2023-11-15T22:12:20+23:59", (at, 1_000)),
            ("2023-11-14T22:13:20.5Z", (at + 500, 1)),
            ("2023-11-14T22:13:20.000Z", (at, 1)),
            ("2023-11-14T22:13:20.123456789+00:00", (at + 123, 1)),
            ("2016-12-31T23:59:60Z", (1_483_228_800_000, 1_000)),
            ("2016-12-31T15:59:60-08:00", (1_483_228_800_000, 1_000)),
            ("2016-12-31T23:59:60.25Z", (1_483_228_800_250, 1)),
            ("1969-12-31T23:59:59Z", (0, 1_000)),
            ("0000-01-01T00:00:00Z", (0, 1_000)),
            ("2024-02-29T00:00:00Z", (1_709_164_800_000, 1_000)),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13Z",
            "20231114T221320Z",
            "2023-11-14T22:13:20,5Z",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.1234567890Z",
            "2023-11-14T22:13:20.5",
            "2023-11-14T22:13:20+01",
            "2023-11-14T22:13:20+0100",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20+01:60",
            "2023-11-14T22:13:20+1:00",
            "2023-11-14T22:13:20+01:00:00",
            "2023-11-14T22:13:20UTC",
            "2023-11-14T22:13:20Z[UTC]",
            "2023-11-14T22:13:20ZZ",
            "2023-11-14T22:13:20Z ",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-11-31T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:60:00Z",
            "2023-11-14T22:13:61Z",
            "2023-11-14T22:13:60Z",
            "2016-12-31T22:59:60Z",
            "2016-12-31T23:59:60+01:00",
            "+2023-11-14T22:13:20Z",
            "12023-11-14T22:13:20Z",
            "1700000000",
            "2023-11-14T22:13:2\u{661}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn dates_count_up_to_the_tolerance_on_both_sides() {
        // Now is 22:13:20.999.
        for (text, expected) in [
            ("2023-11-14T22:08:20Z", Ok(())),
            ("2023-11-14T22:08:19Z", Err(Unproven::Stale)),
            ("2023-11-14T22:18:20Z", Ok(())),
            ("2023-11-14T22:18:21Z", Err(Unproven::Future)),
            ("2023-11-14T22:08:20.999Z", Ok(())),
            ("2023-11-14T22:08:20.998Z", Err(Unproven::Stale)),
            ("2023-11-14T22:18:20.999999Z", Ok(())),
            ("2023-11-14T22:18:21.000Z", Err(Unproven::Future)),
            ("2023-11-14T22:13:20+01:00", Err(Unproven::Stale)),
            ("2023-11-14T22:13:20-01:00", Err(Unproven::Future)),
            ("9999-12-31T23:59:59Z", Err(Unproven::Future)),
            ("0001-01-01T00:00:00Z", Err(Unproven::Stale)),
        ] {
            let found = received(&[]).check_time(text, TimeUnit::Rfc3339, Some(300));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn no_time_is_the_beginning_of_another() {
        // Then nothing has to stand between a time and a body.
        let times = [
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20z",
            "2023-11-14T22:13:20.1Z",
            "2023-11-14T22:13:20.12Z",
            "2023-11-14T22:13:20+01:00",
            "2023-11-14T22:13:20.1+01:00",
        ];
        for time in times {
            assert!(TimeUnit::Rfc3339.read(time).is_some());
            for end in 0..time.len() {
                assert_eq!(TimeUnit::Rfc3339.read(&time[..end]), None, "{}", &time[..end]);
            }
            for more in ["0", "5", "Z", ":00", ".5", "-", "+"] {
                assert_eq!(
                    TimeUnit::Rfc3339.read(&format!("{time}{more}")),
                    None,
                    "{time}{more}"
                );
            }
        }
    }
}
