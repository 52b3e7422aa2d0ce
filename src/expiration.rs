//! When links stop working: `expiration` in the ISO 8601 forms that existing requests use, and `expires_in`.

use jiff::civil::{DateTime, date};
use jiff::fmt::temporal::{DateTimeParser, SpanParser};
use jiff::tz::Offset;
use jiff::{SignedDuration, SpanFieldwise, ToSpan as _};
use std::borrow::Cow;
use std::fmt;

/// A date and time after which links do nothing. Without a zone it is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiration {
    local: DateTime,
    offset: Option<Offset>,
}

/// Offsets are smaller than a day.
const MAX_OFFSET_SECONDS: i32 = 24 * 3_600;
/// The last second of the year 9999: later ones cannot stand in a link (FORMAT.md, F150).
const LAST_SECOND: i64 = 253_402_300_799;
/// Not a `jiff::Timestamp`: those end a day before the calendar does, so that every zone has them.
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

const LAST: DateTime = date(9999, 12, 31).at(23, 59, 59, 0);

/// A time in UTC; `None` after the year 9999.
pub fn utc(unix_seconds: u64) -> Option<DateTime> {
    let seconds = i64::try_from(unix_seconds).ok()?;
    EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()
}

impl Expiration {
    /// Reads the extended and basic forms of ISO 8601, a blank for the `T`, a date alone (midnight).
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const UNREADABLE: &str =
            "expiration: is not an ISO 8601 date and time, such as 2026-12-24T18:00:00+01:00";
        const PARSER: DateTimeParser = DateTimeParser::new();
        if text.contains('[') || !text.is_ascii() {
            return Err(UNREADABLE);
        }
        let text = without_space_before_offset(text.trim());
        if has_leap_second(&text) {
            return Err(UNREADABLE);
        }
        let (text, is_midnight_after) = without_hour_24(&text);
        let local = PARSER.parse_datetime(text.as_ref()).or_else(|_| {
            // A `Z` is refused by the civil parser, because a civil time would lose it; here it is kept below.
            let without_zulu = text.strip_suffix(['Z', 'z']).unwrap_or(&text);
            PARSER.parse_datetime(without_zulu)
        });
        let days = i64::from(is_midnight_after).days();
        let local = local.map_err(|_| UNREADABLE)?;
        // There is no day after the last one: it ends with its last second.
        let local = local.checked_add(days).unwrap_or(LAST);
        let offset = offset(&text).ok_or(UNREADABLE)?;
        Ok(Self { local, offset })
    }

    /// Unix seconds, rounded down: the first second in which the link is expired. An offset can put the last hours of
    /// the year 9999 into the next year of UTC; what no link can hold ends with the last second that it can.
    pub fn unix_seconds(&self) -> i64 {
        let since = self.local.duration_since(EPOCH);
        let floor = since.as_secs() - i64::from(since.subsec_nanos() < 0);
        let offset = self.offset.map_or(0, Offset::seconds);
        (floor - i64::from(offset)).min(LAST_SECOND)
    }

    /// The instant as a UTC time, in whole seconds.
    pub fn at(unix_seconds: u64) -> Option<Self> {
        Some(Self {
            local: utc(unix_seconds)?,
            offset: Some(Offset::UTC),
        })
    }
}

/// How long links live: an ISO 8601 duration such as `P3D`, `P2W` or `PT12H`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(SpanFieldwise);

impl Lifetime {
    /// Reads a duration; days, weeks, months and years are those of the UTC calendar.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const PARSER: SpanParser = SpanParser::new();
        let span = PARSER.parse_span(text);
        let span = span.map_err(|_| "is not an ISO 8601 duration, such as P3D or PT12H")?;
        if !span.is_positive() {
            return Err("must be longer than nothing");
        }
        Ok(Self(span.fieldwise()))
    }

    /// The end of a life that begins at `now` (Unix seconds): a UTC time in whole seconds.
    ///
    /// # Errors
    /// A sentence: the end would be now, or after the year 9999.
    pub fn end(&self, now: u64) -> Result<Expiration, &'static str> {
        const TOO_LATE: &str = "is after the year 9999";
        let end = utc(now).and_then(|start| start.checked_add(self.0.0).ok());
        let end = end.ok_or(TOO_LATE)?.duration_since(EPOCH).as_secs();
        let end = u64::try_from(end).map_err(|_| TOO_LATE)?;
        if end <= now {
            return Err("is shorter than a second");
        }
        Expiration::at(end).ok_or(TOO_LATE)
    }
}

/// The earlier of two ends, and whether the first one had to give way.
pub fn capped(wanted: Option<Expiration>, cap: Option<Expiration>) -> (Option<Expiration>, bool) {
    match (wanted, cap) {
        (Some(wanted), Some(cap)) if cap.unix_seconds() < wanted.unix_seconds() => (Some(cap), true),
        (Some(wanted), _) => (Some(wanted), false),
        (None, cap) => (cap, false),
    }
}

/// `2026-12-24 18:00 +01:00`: a space before the offset, as many programs write it.
fn without_space_before_offset(text: &str) -> Cow<'_, str> {
    match text.rsplit_once(' ') {
        Some((time, offset))
            if time.contains(['T', 't', ' ']) && offset.starts_with(['+', '-', 'Z', 'z']) =>
        {
            Cow::Owned(format!("{time}{offset}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// ISO 8601 calls the end of a day 24:00. With an hour that the parser knows, and whether a day must be added.
fn without_hour_24(text: &str) -> (Cow<'_, str>, bool) {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return (Cow::Borrowed(text), false);
    };
    let clock = time.split(['+', '-', 'Z', 'z']).next().unwrap_or_default();
    let is_end = time.strip_prefix("24").zip(clock.strip_prefix("24"));
    match is_end {
        Some((rest, minutes)) if minutes.chars().all(|c| matches!(c, '0' | ':' | '.' | ',')) => {
            (Cow::Owned(format!("{date}T00{rest}")), true)
        }
        _ => (Cow::Borrowed(text), false),
    }
}

/// The parser reads a second 60 as 59; version 1 refused it.
fn has_leap_second(text: &str) -> bool {
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    let clock = time
        .split(['+', '-', 'Z', 'z', '.', ','])
        .next()
        .unwrap_or_default();
    let digits: String = clock.chars().filter(char::is_ascii_digit).collect();
    digits.get(4..) == Some("60")
}

/// `None`: an offset that cannot be read. `Some(None)`: no offset.
fn offset(text: &str) -> Option<Option<Offset>> {
    if text.ends_with(['Z', 'z']) {
        return Some(Some(Offset::UTC));
    }
    let time = text
        .find(['T', 't', ' '])
        .map_or("", |start| text.get(start + 1..).unwrap_or_default());
    let Some(sign) = time.find(['+', '-']) else {
        return Some(None);
    };
    let (_, signed) = time.split_at_checked(sign)?;
    let digits: String = signed.chars().filter(char::is_ascii_digit).collect();
    let number = |from: usize| {
        digits
            .get(from..from + 2)
            .map_or(Some(0), |two| two.parse::<i32>().ok())
    };
    let seconds = number(0)? * 3_600 + number(2)? * 60 + number(4)?;
    let signed = if signed.starts_with('-') {
        -seconds
    } else {
        seconds
    };
    (seconds < MAX_OFFSET_SECONDS)
        .then(|| Offset::from_seconds(signed).ok())
        .flatten()
        .map(Some)
}

impl fmt::Display for Expiration {
    /// `YYYY-MM-DDTHH:MM:SS[.ffffff][zone]`, with a zone only if one was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local.strftime("%Y-%m-%dT%H:%M:%S"))?;
        let micros = self.local.subsec_nanosecond() / 1_000;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        let Some(offset) = self.offset else { return Ok(()) };
        let seconds = offset.seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let (hours, minutes, rest) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60, seconds.abs() % 60);
        write!(f, "{sign}{hours:02}:{minutes:02}")?;
        if rest != 0 {
            write!(f, ":{rest:02}")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_echoed() {
        for (given, echoed, unix) in [
            (
                "2026-12-24T18:00:00+01:00",
                "2026-12-24T18:00:00+01:00",
                1_798_131_600,
            ),
            ("2026-12-24T17:00:00Z", "2026-12-24T17:00:00+00:00", 1_798_131_600),
            ("2026-12-24T17:00:00z", "2026-12-24T17:00:00+00:00", 1_798_131_600),
            ("2026-12-24Z", "2026-12-24T00:00:00+00:00", 1_798_070_400),
            ("2026-12-24T17:00:00", "2026-12-24T17:00:00", 1_798_131_600),
            ("2026-12-24 17:00:00", "2026-12-24T17:00:00", 1_798_131_600),
            ("2026-12-24T17:00", "2026-12-24T17:00:00", 1_798_131_600),
            ("2026-12-24T17", "2026-12-24T17:00:00", 1_798_131_600),
            ("20261224T170000", "2026-12-24T17:00:00", 1_798_131_600),
            ("20261224T170000Z", "2026-12-24T17:00:00+00:00", 1_798_131_600),
            ("20261224T180000+0100", "2026-12-24T18:00:00+01:00", 1_798_131_600),
            (
                "2026-12-24T12:00:00-05",
                "2026-12-24T12:00:00-05:00",
                1_798_131_600,
            ),
            (
                "2026-12-24T22:30:00+05:30",
                "2026-12-24T22:30:00+05:30",
                1_798_131_600,
            ),
            ("2026-12-24", "2026-12-24T00:00:00", 1_798_070_400),
            ("20261224", "2026-12-24T00:00:00", 1_798_070_400),
            (
                "2026-12-24T17:00:00.5",
                "2026-12-24T17:00:00.500000",
                1_798_131_600,
            ),
            (
                "2026-12-24T17:00:00,123456789Z",
                "2026-12-24T17:00:00.123456+00:00",
                1_798_131_600,
            ),
        ] {
            let expiration = Expiration::parse(given).expect(given);
            assert_eq!(
                (expiration.to_string().as_str(), expiration.unix_seconds()),
                (echoed, unix),
                "{given}"
            );
        }
    }

    #[test]
    fn the_calendar_ends_with_the_year_9999_and_not_before() {
        const LAST_DAY: i64 = 253_402_214_400;
        for (given, echoed, unix) in [
            ("9999-12-31", "9999-12-31T00:00:00", LAST_DAY),
            ("99991231", "9999-12-31T00:00:00", LAST_DAY),
            (
                "9999-12-30T22:00:01Z",
                "9999-12-30T22:00:01+00:00",
                LAST_DAY - 7_199,
            ),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00", LAST_SECOND),
            (
                "9999-12-31T23:59:59.999999",
                "9999-12-31T23:59:59.999999",
                LAST_SECOND,
            ),
            (
                "9999-12-31T23:59:59+14:00",
                "9999-12-31T23:59:59+14:00",
                LAST_SECOND - 14 * 3_600,
            ),
            // The year 10000 in UTC: a link ends with the last second that it can hold.
            (
                "9999-12-31T23:59:59-01:00",
                "9999-12-31T23:59:59-01:00",
                LAST_SECOND,
            ),
            (
                "9999-12-31T23:59:59-23:59",
                "9999-12-31T23:59:59-23:59",
                LAST_SECOND,
            ),
            ("9999-12-30T24:00", "9999-12-31T00:00:00", LAST_DAY),
            ("9999-12-31T24:00", "9999-12-31T23:59:59", LAST_SECOND),
            ("9999-12-31T24:00Z", "9999-12-31T23:59:59+00:00", LAST_SECOND),
            (
                "9999-12-31T24:00+01:00",
                "9999-12-31T23:59:59+01:00",
                LAST_SECOND - 3_600,
            ),
            ("9999-12-31T24:00-01:00", "9999-12-31T23:59:59-01:00", LAST_SECOND),
        ] {
            let expiration = Expiration::parse(given).expect(given);
            let told = (expiration.to_string(), expiration.unix_seconds());
            assert_eq!(told, (echoed.to_owned(), unix), "{given}");
        }
        for text in [
            "9999-12-31T24:01",
            "10000-01-01",
            "+010000-01-01",
            "9999-13-01",
            "9999-12-32",
        ] {
            assert!(Expiration::parse(text).is_err(), "{text}");
        }
        for text in ["0001-01-01", "0001-01-01T00:00+14:00", "1969-12-31T23:59:59.5"] {
            assert!(Expiration::parse(text).expect(text).unix_seconds() < 0, "{text}");
        }
        assert_eq!(
            utc(253_402_300_799).map(|time| time.to_string()),
            Some("9999-12-31T23:59:59".to_owned())
        );
        assert_eq!(utc(253_402_300_800), None);
        let end = Lifetime::parse("PT1S").unwrap().end(253_402_300_798).unwrap();
        assert_eq!(end.to_string(), "9999-12-31T23:59:59+00:00");
    }

    #[test]
    fn the_end_of_a_day_and_a_space_before_an_offset_are_read() {
        for (given, echoed) in [
            ("2026-12-24T24:00", "2026-12-25T00:00:00"),
            ("2026-12-24T24", "2026-12-25T00:00:00"),
            ("20261224T240000Z", "2026-12-25T00:00:00+00:00"),
            ("2026-12-31 24:00:00.0-05:00", "2027-01-01T00:00:00-05:00"),
            ("2026-12-24 18:00:00 +01:00", "2026-12-24T18:00:00+01:00"),
            ("2026-12-24T18:00 -0530", "2026-12-24T18:00:00-05:30"),
            ("2026-12-24 18:00 Z", "2026-12-24T18:00:00+00:00"),
        ] {
            let told = Expiration::parse(given).map(|expiration| expiration.to_string());
            assert_eq!(told.as_deref(), Ok(echoed), "{given}");
        }
        for text in [
            "2026-12-24T24:01",
            "2026-12-24T24:00:01",
            "2026-12-24T24:00:00.5",
            "2026-12-24 Z",
            "2026-12-24 +01:00",
        ] {
            assert!(Expiration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-12-24T25:00:00",
            "2026-12-24T17:61:00",
            "2026-12-24T18:00:60Z",
            "2026-12-31T23:59:60",
            "20261224T180060+0100",
            "2026-12-24 18:00:60.5 -05:00",
            "2026-12-24T17:00:00+25:00",
            "2026-12-24T17:00:00+24:00",
            "2026-12-24T17:00:00+",
            "2026-12-24T17:00:00 CET",
            "2026-12-24T17:00:00[Europe/Berlin]",
            "2026-12-24T18:00:00+01:00[Europe/Berlin]",
            "2026-12-24TT17:00:00",
            "1798131600",
            "２０２６-12-24",
            "2026-12-24T17:00:00ZZ",
            "12/24/2026",
        ] {
            assert!(
                Expiration::parse(text).is_err(),
                "{text}: {:?}",
                Expiration::parse(text)
            );
        }
    }

    const NOW: u64 = 1_790_000_000; // 2026-09-21T14:13:20Z

    #[test]
    fn durations_begin_now_and_follow_the_calendar() {
        for (text, end) in [
            ("P3D", "2026-09-24T14:13:20+00:00"),
            ("PT12H", "2026-09-22T02:13:20+00:00"),
            ("P1DT30M", "2026-09-22T14:43:20+00:00"),
            ("P2W", "2026-10-05T14:13:20+00:00"),
            ("P1M", "2026-10-21T14:13:20+00:00"),
            ("P1Y", "2027-09-21T14:13:20+00:00"),
            ("PT90S", "2026-09-21T14:14:50+00:00"),
            ("PT1.5H", "2026-09-21T15:43:20+00:00"),
            ("p3d", "2026-09-24T14:13:20+00:00"),
        ] {
            let lifetime = Lifetime::parse(text).unwrap();
            assert_eq!(lifetime.end(NOW).unwrap().to_string(), end, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in [
            "",
            "P",
            "PT",
            "3D",
            "3 days",
            "P3",
            "PD",
            "P3X",
            "P3D ",
            "12:00",
            "2026-12-24",
        ] {
            assert_eq!(
                Lifetime::parse(text),
                Err("is not an ISO 8601 duration, such as P3D or PT12H"),
                "{text}"
            );
        }
        for text in ["P0D", "PT0S", "-P1D", "-PT1S"] {
            assert_eq!(
                Lifetime::parse(text),
                Err("must be longer than nothing"),
                "{text}"
            );
        }
        let end = |text: &str| Lifetime::parse(text).unwrap().end(NOW);
        assert_eq!(end("PT0.5S"), Err("is shorter than a second"));
        assert_eq!(end("P9000Y"), Err("is after the year 9999"));
        assert_eq!(
            Lifetime::parse("P1D").unwrap().end(u64::MAX),
            Err("is after the year 9999")
        );
    }

    #[test]
    fn the_earlier_end_counts() {
        let at = |text: &str| Some(Expiration::parse(text).unwrap());
        let (early, late) = (at("2026-12-24T18:00:00+01:00"), at("2026-12-24T17:00:01Z"));
        assert_eq!(capped(late, early), (early, true));
        assert_eq!(capped(early, late), (early, false));
        assert_eq!(capped(None, late), (late, false));
        assert_eq!(capped(early, None), (early, false));
        assert_eq!(capped(None, None), (None, false));
    }
}
