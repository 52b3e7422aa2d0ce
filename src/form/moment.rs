//! Dates and times as browsers send them and people type them, and as RFC 3339 has them. All of them are in UTC.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, civil};
use std::fmt::Write as _;

/// Digits after the point that a browser's own field can show.
const SHOWN_DECIMALS: usize = 3;

/// `HH:MM[:SS[.f]][Z|±HH:MM]`, with `T` or a space between date and time.
struct Clock<'t> {
    time: Time,
    /// Digits of a second.
    decimals: &'t str,
    /// Seconds east of UTC.
    offset: i64,
}

impl<'t> Clock<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let (text, offset) = match text.strip_suffix(['Z', 'z']) {
            Some(text) => (text, 0),
            None => match text.rfind(['+', '-']) {
                Some(sign) => {
                    let (text, offset) = text.split_at_checked(sign)?;
                    (text, self::offset(offset)?)
                }
                None => (text, 0),
            },
        };
        let (text, decimals) = match text.split_once('.') {
            Some((text, decimals)) => (text, Some(decimals)),
            None => (text, None),
        };
        let is_fraction = |digits: &str| (1..=9).contains(&digits.len()) && is_digits(digits);
        let has_seconds = text.len() == 8;
        if !decimals.is_none_or(|digits| has_seconds && is_fraction(digits)) {
            return None;
        }
        let mut parts = text.split(':');
        let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
        let second = parts.next().map_or(Some(0), two)?;
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            time: Time::new(hour, minute, second, 0).ok()?,
            decimals: decimals.unwrap_or_default(),
            offset,
        })
    }

    /// `HH:MM`, with seconds where there are some or `full` demands them.
    fn text(&self, time: Time, full: bool) -> String {
        let mut text = format!("{:02}:{:02}", time.hour(), time.minute());
        if full || time.second() != 0 || !self.decimals.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(text, ":{:02}", time.second());
        }
        if !self.decimals.is_empty() {
            let _ = write!(text, ".{}", self.decimals);
        }
        text
    }

    fn can_be_shown(&self) -> bool {
        self.decimals.len() <= SHOWN_DECIMALS
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn two(text: &str) -> Option<i8> {
    (text.len() == 2 && is_digits(text))
        .then(|| text.parse().ok())
        .flatten()
}

/// `±HH:MM`
fn offset(text: &str) -> Option<i64> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (i64::from(two(hours)?), i64::from(two(minutes)?));
    let seconds = (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)?;
    Some(if text.starts_with('-') { -seconds } else { seconds })
}

/// `YYYY-MM-DD`
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, two(parts.next()?)?, two(parts.next()?)?);
    let is_date = parts.next().is_none() && year.len() == 4 && is_digits(year);
    is_date
        .then(|| Date::new(year.parse().ok()?, month, day).ok())
        .flatten()
}

fn moment(text: &str) -> Option<(DateTime, Clock<'_>)> {
    let (day, clock) = text.trim().split_once(['T', 't', ' '])?;
    let clock = Clock::of(clock)?;
    let local = date(day)?.to_datetime(clock.time);
    let utc = local.checked_sub(SignedDuration::from_secs(clock.offset)).ok()?;
    (0..=9_999).contains(&utc.year()).then_some((utc, clock))
}

fn time(text: &str) -> Option<(Time, Clock<'_>)> {
    let clock = Clock::of(text.trim())?;
    let utc = clock.time.wrapping_sub(SignedDuration::from_secs(clock.offset));
    Some((utc, clock))
}

/// A `date-time` of RFC 3339; `None`: the entry is not a date and a time.
pub fn read_date_time(text: &str) -> Option<String> {
    let (utc, clock) = moment(text)?;
    Some(format!("{}T{}Z", utc.date(), clock.text(utc.time(), true)))
}

/// A `time` of RFC 3339; `None`: the entry is not a time.
pub fn read_time(text: &str) -> Option<String> {
    let (utc, clock) = time(text)?;
    Some(format!("{}Z", clock.text(utc, true)))
}

/// As a browser's field for a date and a time takes it; `None`: it would drop it.
pub fn shown_date_time(text: &str) -> Option<String> {
    let (utc, clock) = moment(text).filter(|(_, clock)| clock.can_be_shown())?;
    let is_shown = utc >= civil::date(1, 1, 1).at(0, 0, 0, 0);
    is_shown.then(|| format!("{}T{}", utc.date(), clock.text(utc.time(), false)))
}

/// As a browser's field for a time takes it; `None`: it would drop it.
pub fn shown_time(text: &str) -> Option<String> {
    let (utc, clock) = time(text).filter(|(_, clock)| clock.can_be_shown())?;
    Some(clock.text(utc, false))
}

/// As a browser's field for a date takes it; `None`: it would drop it.
pub fn shown_date(text: &str) -> Option<String> {
    let is_shown = date(text).is_some_and(|date| date.year() > 0);
    is_shown.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_and_a_time_are_reported_in_utc() {
        for (entry, reported, shown) in [
            (
                "2026-12-02T05:47",
                "2026-12-02T05:47:00Z",
                Some("2026-12-02T05:47"),
            ),
            (
                "2026-12-02T05:47:00",
                "2026-12-02T05:47:00Z",
                Some("2026-12-02T05:47"),
            ),
            (
                "2026-12-02T05:47:30",
                "2026-12-02T05:47:30Z",
                Some("2026-12-02T05:47:30"),
            ),
            (
                "2026-12-02T05:47:30.5",
                "2026-12-02T05:47:30.5Z",
                Some("2026-12-02T05:47:30.5"),
            ),
            (
                "2026-12-02T05:47:00.123",
                "2026-12-02T05:47:00.123Z",
                Some("2026-12-02T05:47:00.123"),
            ),
            ("2026-12-02T05:47:00.123456", "2026-12-02T05:47:00.123456Z", None),
            (
                "2026-12-02 05:47",
                "2026-12-02T05:47:00Z",
                Some("2026-12-02T05:47"),
            ),
            (
                " 2026-12-02T05:47Z ",
                "2026-12-02T05:47:00Z",
                Some("2026-12-02T05:47"),
            ),
            (
                "2026-12-02t05:47:00z",
                "2026-12-02T05:47:00Z",
                Some("2026-12-02T05:47"),
            ),
            (
                "2026-12-02T05:47:00+01:00",
                "2026-12-02T04:47:00Z",
                Some("2026-12-02T04:47"),
            ),
            (
                "2027-01-01T00:30:00+05:45",
                "2026-12-31T18:45:00Z",
                Some("2026-12-31T18:45"),
            ),
            (
                "2026-12-31T23:30-01:00",
                "2027-01-01T00:30:00Z",
                Some("2027-01-01T00:30"),
            ),
            (
                "2024-02-29T12:00",
                "2024-02-29T12:00:00Z",
                Some("2024-02-29T12:00"),
            ),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", None),
            (
                "9999-12-31T23:59",
                "9999-12-31T23:59:00Z",
                Some("9999-12-31T23:59"),
            ),
        ] {
            assert_eq!(read_date_time(entry).as_deref(), Some(reported), "{entry}");
            assert_eq!(shown_date_time(entry).as_deref(), shown, "{entry}");
            let back = shown.map(|shown| read_date_time(shown).unwrap());
            assert!(back.is_none_or(|back| back == reported), "{entry}");
        }
    }

    #[test]
    fn impossible_dates_and_times_are_refused() {
        for entry in [
            "",
            "tomorrow",
            "2026-12-02",
            "05:47",
            "2026-02-30T05:47",
            "2026-02-29T05:47",
            "2026-13-01T05:47",
            "2026-00-01T05:47",
            "2026-12-00T05:47",
            "2026-12-02T24:00",
            "2026-12-02T05:60",
            "2026-12-02T23:59:60",
            "2026-12-02T5:47",
            "2026-12-02T05",
            "2026-12-02T0547",
            "20261202T0547",
            "12026-12-02T05:47",
            "+2026-12-02T05:47",
            "-2026-12-02T05:47",
            "2026-12-02T05:47:30.",
            "2026-12-02T05:47.5",
            "2026-12-02T05:47:30,5",
            "2026-12-02T05:47:30.1234567890",
            "2026-12-02T05:47+1",
            "2026-12-02T05:47+25:00",
            "2026-12-02T05:47 CET",
            "2026-12-02T05:47[Europe/Berlin]",
            "02.12.2026 05:47",
            "２０２６-12-02T05:47",
            "9999-12-31T23:59-01:00",
            "0000-01-01T00:00+01:00",
        ] {
            assert_eq!(read_date_time(entry), None, "{entry}");
            assert_eq!(shown_date_time(entry), None, "{entry}");
        }
    }

    #[test]
    fn a_time_is_reported_in_utc() {
        for (entry, reported, shown) in [
            ("05:47", "05:47:00Z", Some("05:47")),
            ("05:47:30", "05:47:30Z", Some("05:47:30")),
            ("05:47:30.25", "05:47:30.25Z", Some("05:47:30.25")),
            ("23:59:59.9999", "23:59:59.9999Z", None),
            ("05:47Z", "05:47:00Z", Some("05:47")),
            ("00:30:00+01:00", "23:30:00Z", Some("23:30")),
            ("23:30:00-01:00", "00:30:00Z", Some("00:30")),
        ] {
            assert_eq!(read_time(entry).as_deref(), Some(reported), "{entry}");
            assert_eq!(shown_time(entry).as_deref(), shown, "{entry}");
        }
        for entry in [
            "",
            "24:00",
            "5:47",
            "05:47 pm",
            "05:60",
            "05",
            "05:47:60",
            "05:47:",
            "2026-12-02T05:47",
            "é:47",
        ] {
            assert_eq!(read_time(entry), None, "{entry}");
        }
    }

    #[test]
    fn a_date_is_shown_as_it_is_or_not_at_all() {
        for text in ["2026-12-24", "2024-02-29", "9999-12-31"] {
            assert_eq!(shown_date(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "x",
            "24.12.2026",
            "2026-02-30",
            "2026-12-24T10:00",
            "20261224",
            "2026-1-1",
            "0000-01-01",
        ] {
            assert_eq!(shown_date(text), None, "{text}");
        }
    }
}
