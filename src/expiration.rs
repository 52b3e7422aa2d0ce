//! When links stop working: `expiration` in the ISO 8601 forms that existing requests use, and `expires_in`.

use jiff::civil::DateTime;
use jiff::fmt::temporal::{DateTimeParser, SpanParser};
use jiff::tz::{Offset, TimeZone};
use jiff::{SpanFieldwise, Timestamp};
use std::fmt;

/// A date and time after which links do nothing. Without a zone it is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiration {
    local: DateTime,
    offset: Option<Offset>,
}

/// Offsets are smaller than a day.
const MAX_OFFSET_SECONDS: i32 = 24 * 3_600;

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
        let text = text.trim();
        let local = PARSER.parse_datetime(text).or_else(|_| {
            // A `Z` is refused by the civil parser, because a civil time would lose it; here it is kept below.
            let without_zulu = text.strip_suffix(['Z', 'z']).unwrap_or(text);
            PARSER.parse_datetime(without_zulu)
        });
        let local = local.map_err(|_| UNREADABLE)?;
        let offset = offset(text).ok_or(UNREADABLE)?;
        let expiration = Self { local, offset };
        expiration.instant().ok_or(UNREADABLE)?;
        Ok(expiration)
    }

    /// Unix seconds, rounded down: the first second in which the link is expired.
    pub fn unix_seconds(&self) -> i64 {
        self.instant().map_or(0, |instant| instant.as_second())
    }

    /// The instant as a UTC time, in whole seconds.
    pub fn at(unix_seconds: u64) -> Option<Self> {
        let unix_seconds = i64::try_from(unix_seconds).ok()?;
        let instant = Timestamp::from_second(unix_seconds).ok()?;
        Some(Self {
            local: Offset::UTC.to_datetime(instant),
            offset: Some(Offset::UTC),
        })
    }

    fn instant(&self) -> Option<Timestamp> {
        let zone = TimeZone::fixed(self.offset.unwrap_or(Offset::UTC));
        zone.to_timestamp(self.local).ok()
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
    /// A sentence: the end would be now, or behind the year 9999.
    pub fn end(&self, now: u64) -> Result<Expiration, &'static str> {
        const TOO_LATE: &str = "ends behind the year 9999";
        let now = i64::try_from(now).map_err(|_| TOO_LATE)?;
        let start = Timestamp::from_second(now).map_err(|_| TOO_LATE)?;
        let end = start.to_zoned(TimeZone::UTC).checked_add(self.0.0);
        let end = end.map_err(|_| TOO_LATE)?.timestamp().as_second();
        if end <= now {
            return Err("is shorter than a second");
        }
        u64::try_from(end).ok().and_then(Expiration::at).ok_or(TOO_LATE)
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

/// `None`: an offset that cannot be read. `Some(None)`: no offset.
fn offset(text: &str) -> Option<Option<Offset>> {
    let time = text
        .find(['T', 't', ' '])
        .map_or("", |start| text.get(start + 1..).unwrap_or_default());
    if time.ends_with(['Z', 'z']) {
        return Some(Some(Offset::UTC));
    }
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
    fn everything_else_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-12-24T25:00:00",
            "2026-12-24T17:61:00",
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
        assert_eq!(end("P9000Y"), Err("ends behind the year 9999"));
        assert_eq!(
            Lifetime::parse("P1D").unwrap().end(u64::MAX),
            Err("ends behind the year 9999")
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
