//! Numbers as people type them: read so that no separator of any language changes a value, and written so that what the
//! page fills in comes back as the same number.

use super::Issue;

/// Longest entry, in characters.
pub const MAX_CHARS: usize = 40;
/// Digits of an exponent.
const MAX_EXPONENT_DIGITS: usize = 3;

/// The parts of a number in the order in which they stand, all of them ASCII.
struct Parts<'t> {
    is_negative: bool,
    whole: &'t str,
    /// After a point or a comma; `None` without one.
    fraction: Option<&'t str>,
    /// With its `e`.
    exponent: &'t str,
}

impl<'t> Parts<'t> {
    /// `[+-]?(D+([.,]D*)?|[.,]D+)([eE][+-]?D{1,3})?`
    fn of(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, rest) = digits(unsigned);
        let (fraction, exponent) = match rest.strip_prefix(['.', ',']) {
            Some(rest) => {
                let (fraction, rest) = digits(rest);
                (Some(fraction), rest)
            }
            None => (None, rest),
        };
        let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
        (has_digits && is_exponent(exponent)).then_some(Self {
            is_negative: text.starts_with('-'),
            whole,
            fraction,
            exponent,
        })
    }

    /// One to three digits, the first not 0, a separator, exactly three digits: a group of thousands, or a fraction.
    fn has_two_readings(&self) -> bool {
        (1..=3).contains(&self.whole.len())
            && !self.whole.starts_with('0')
            && self.fraction.is_some_and(|fraction| fraction.len() == 3)
    }

    /// As JSON, with every digit but zeros in front.
    fn json(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        let whole = match self.whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let (point, fraction) = match self.fraction {
            None | Some("") => ("", ""),
            Some(fraction) => (".", fraction),
        };
        format!("{sign}{whole}{point}{fraction}{}", self.exponent)
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Nothing, or `[eE][+-]?D{1,3}`.
fn is_exponent(text: &str) -> bool {
    let Some(power) = text.strip_prefix(['e', 'E']) else {
        return text.is_empty();
    };
    let (digits, rest) = digits(power.strip_prefix(['+', '-']).unwrap_or(power));
    rest.is_empty() && (1..=MAX_EXPONENT_DIGITS).contains(&digits.len())
}

/// Full-width digits and signs, and the minus sign, as ASCII.
fn folded(c: char) -> char {
    match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '＋' => '+',
        '－' | '\u{2212}' => '-',
        _ => c,
    }
}

/// What was typed, as JSON.
///
/// # Errors
/// Not a number, not one that this field takes, or one that can be read in two ways.
pub fn read(text: &str, is_integer: bool) -> Result<String, Issue> {
    let text: String = text.trim().chars().map(folded).collect();
    let parts = Parts::of(&text).ok_or(Issue::NotANumber)?;
    if text.chars().nth(MAX_CHARS).is_some() {
        return Err(Issue::TooManyDigits);
    }
    if parts.has_two_readings() {
        return Err(match is_integer {
            true => Issue::TwoReadingsOfWhole,
            false => Issue::TwoReadings,
        });
    }
    let parts = match parts.fraction {
        Some(fraction) if is_integer => {
            let is_zero = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
            match (is_zero, fraction.len()) {
                (true, 3) => return Err(Issue::TwoReadingsOfWhole),
                (true, _) => Parts {
                    fraction: None,
                    ..parts
                },
                (false, _) => return Err(Issue::NotWhole),
            }
        }
        _ => parts,
    };
    let json = parts.json();
    // Beyond the range of a double there is no number that a state machine could take.
    match serde_json::from_str::<serde_json::Number>(&json) {
        Ok(_) => Ok(json),
        Err(_) => Err(Issue::NotANumber),
    }
}

/// A number of JSON as an entry that [`read`] takes for the same number.
pub fn written(json: &str, is_integer: bool) -> String {
    let Some(parts) = Parts::of(json) else {
        return json.to_owned();
    };
    let fraction = parts.fraction.unwrap_or_default();
    if is_integer && let Some(integer) = integer(&parts, fraction) {
        return integer;
    }
    match parts.has_two_readings() {
        true => {
            let fraction = format!("{fraction}0");
            let fraction = Some(fraction.as_str());
            Parts { fraction, ..parts }.json()
        }
        false => json.to_owned(),
    }
}

/// A whole number without a separator: digits, and an exponent where there must be one.
fn integer(parts: &Parts<'_>, fraction: &str) -> Option<String> {
    let exponent: i32 = match parts.exponent.get(1..) {
        Some(power) => power.parse().ok()?,
        None => 0,
    };
    let fraction = fraction.trim_end_matches('0');
    let power = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits = format!("{}{fraction}", parts.whole);
    let plain = Parts {
        is_negative: parts.is_negative,
        whole: &digits,
        fraction: None,
        exponent: "",
    };
    match power {
        0 => Some(plain.json()),
        1.. => {
            let long = format!("{}{}", plain.json(), "0".repeat(usize::try_from(power).ok()?));
            let short = format!("{}e{power}", plain.json());
            Some(if long.len() <= MAX_CHARS { long } else { short })
        }
        ..0 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Read = Result<&'static str, Issue>;

    const NOT: Read = Err(Issue::NotANumber);
    const TWO: Read = Err(Issue::TwoReadings);
    const WHOLE: Read = Err(Issue::TwoReadingsOfWhole);
    const FRACTION: Read = Err(Issue::NotWhole);
    const LONG: Read = Err(Issue::TooManyDigits);

    /// What was typed, as a number, as a whole number.
    const TABLE: &[(&str, Read, Read)] = &[
        ("0", Ok("0"), Ok("0")),
        ("7", Ok("7"), Ok("7")),
        ("12345", Ok("12345"), Ok("12345")),
        ("-12", Ok("-12"), Ok("-12")),
        ("+5", Ok("5"), Ok("5")),
        ("-0", Ok("-0"), Ok("-0")),
        ("007", Ok("7"), Ok("7")),
        ("-007", Ok("-7"), Ok("-7")),
        ("00", Ok("0"), Ok("0")),
        (" 42\t", Ok("42"), Ok("42")),
        ("\u{a0}42\u{202f}", Ok("42"), Ok("42")),
        (
            "12345678901234567890123",
            Ok("12345678901234567890123"),
            Ok("12345678901234567890123"),
        ),
        // A point or a comma, and what stands around it.
        (".5", Ok("0.5"), FRACTION),
        (",5", Ok("0.5"), FRACTION),
        ("-.5", Ok("-0.5"), FRACTION),
        ("+,5", Ok("0.5"), FRACTION),
        ("5.", Ok("5"), FRACTION),
        ("5,", Ok("5"), FRACTION),
        ("12.50", Ok("12.50"), FRACTION),
        ("12,50", Ok("12.50"), FRACTION),
        ("1.5", Ok("1.5"), FRACTION),
        ("1,5", Ok("1.5"), FRACTION),
        ("0,1", Ok("0.1"), FRACTION),
        ("007,50", Ok("7.50"), FRACTION),
        (
            "2.7182818284590452353602874",
            Ok("2.7182818284590452353602874"),
            FRACTION,
        ),
        // A group of thousands, or a fraction.
        ("1.000", TWO, WHOLE),
        ("1,000", TWO, WHOLE),
        ("-1.000", TWO, WHOLE),
        ("+1,000", TWO, WHOLE),
        ("12.345", TWO, WHOLE),
        ("1,234", TWO, WHOLE),
        ("999.999", TWO, WHOLE),
        ("100,000", TWO, WHOLE),
        ("１.０００", TWO, WHOLE),
        ("\u{2212}1,000", TWO, WHOLE),
        ("1.234e5", TWO, WHOLE),
        // Neither.
        ("0.125", Ok("0.125"), FRACTION),
        ("0,125", Ok("0.125"), FRACTION),
        (".125", Ok("0.125"), FRACTION),
        (",125", Ok("0.125"), FRACTION),
        ("-0.125", Ok("-0.125"), FRACTION),
        ("012.345", Ok("12.345"), FRACTION),
        ("1234.567", Ok("1234.567"), FRACTION),
        ("1234,567", Ok("1234.567"), FRACTION),
        ("12.3450", Ok("12.3450"), FRACTION),
        ("1.0000", Ok("1.0000"), Ok("1")),
        ("1.00", Ok("1.00"), Ok("1")),
        ("1,0", Ok("1.0"), Ok("1")),
        // Whole numbers with a fraction of zeros.
        ("5000.00", Ok("5000.00"), Ok("5000")),
        ("5000,0", Ok("5000.0"), Ok("5000")),
        ("5000.0000", Ok("5000.0000"), Ok("5000")),
        ("5000.000", Ok("5000.000"), WHOLE),
        ("0.000", Ok("0.000"), WHOLE),
        ("0.00", Ok("0.00"), Ok("0")),
        (".000", Ok("0.000"), WHOLE),
        (",0", Ok("0.0"), Ok("0")),
        ("-5,00", Ok("-5.00"), Ok("-5")),
        ("5000.01", Ok("5000.01"), FRACTION),
        // Exponents.
        ("1e3", Ok("1e3"), Ok("1e3")),
        ("1E3", Ok("1E3"), Ok("1E3")),
        ("1e+3", Ok("1e+3"), Ok("1e+3")),
        ("2.5e-3", Ok("2.5e-3"), FRACTION),
        ("5,e2", Ok("5e2"), FRACTION),
        (".5e1", Ok("0.5e1"), FRACTION),
        ("5.0e1", Ok("5.0e1"), Ok("5e1")),
        ("1e308", Ok("1e308"), Ok("1e308")),
        ("1e400", NOT, NOT),
        ("-1e999", NOT, NOT),
        ("1e1000", NOT, NOT),
        ("1e", NOT, NOT),
        ("e3", NOT, NOT),
        ("1e+", NOT, NOT),
        ("1e3.5", NOT, NOT),
        ("1ee3", NOT, NOT),
        // Signs and digits of other keyboards.
        ("１２３", Ok("123"), Ok("123")),
        ("－５", Ok("-5"), Ok("-5")),
        ("＋５", Ok("5"), Ok("5")),
        ("\u{2212}5", Ok("-5"), Ok("-5")),
        ("１２,５０", Ok("12.50"), FRACTION),
        ("1e\u{2212}3", Ok("1e-3"), Ok("1e-3")),
        ("１２．５", NOT, NOT),
        ("１２，５", NOT, NOT),
        ("\u{2013}5", NOT, NOT),
        ("\u{ff0d}\u{2212}5", NOT, NOT),
        ("٥", NOT, NOT),
        ("१२", NOT, NOT),
        ("²", NOT, NOT),
        ("五", NOT, NOT),
        ("1٫5", NOT, NOT),
        // What is not one number.
        ("1 000", NOT, NOT),
        ("1\u{a0}000", NOT, NOT),
        ("1\u{202f}000", NOT, NOT),
        ("1'000", NOT, NOT),
        ("1’000", NOT, NOT),
        ("1_000", NOT, NOT),
        ("1.234,50", NOT, NOT),
        ("1,234.50", NOT, NOT),
        ("1,234,567", NOT, NOT),
        ("1.2.3", NOT, NOT),
        ("1..2", NOT, NOT),
        ("1 .5", NOT, NOT),
        ("- 5", NOT, NOT),
        ("--5", NOT, NOT),
        ("+-5", NOT, NOT),
        ("5-", NOT, NOT),
        (".", NOT, NOT),
        (",", NOT, NOT),
        ("-", NOT, NOT),
        ("-.", NOT, NOT),
        (".e3", NOT, NOT),
        ("", NOT, NOT),
        ("€5", NOT, NOT),
        ("5%", NOT, NOT),
        ("0x10", NOT, NOT),
        ("Infinity", NOT, NOT),
        ("NaN", NOT, NOT),
        ("5\u{200b}", NOT, NOT),
        ("(5)", NOT, NOT),
        // Forty characters, and one more.
        (
            "1234567890123456789012345678901234567890",
            Ok("1234567890123456789012345678901234567890"),
            Ok("1234567890123456789012345678901234567890"),
        ),
        ("12345678901234567890123456789012345678901", LONG, LONG),
        ("0.3333333333333333333333333333333333333333", LONG, LONG),
        ("00000000000000000000000000000000000000001", LONG, LONG),
    ];

    #[test]
    fn every_entry_is_one_number_or_none() {
        for (text, number, integer) in TABLE {
            let owned = |result: &Read| result.clone().map(str::to_owned);
            assert_eq!(read(text, false), owned(number), "{text:?} as a number");
            assert_eq!(read(text, true), owned(integer), "{text:?} as a whole number");
        }
    }

    #[test]
    fn what_the_page_writes_is_short() {
        for (json, number, integer) in [
            ("1.125", "1.1250", "1.1250"),
            ("-1.000", "-1.0000", "-1"),
            ("0.125", "0.125", "0.125"),
            ("1000.0", "1000.0", "1000"),
            ("1234.567", "1234.567", "1234.567"),
            ("1.125e20", "1.1250e20", "112500000000000000000"),
            ("1.5e300", "1.5e300", "15e299"),
            ("1e22", "1e22", "10000000000000000000000"),
            (
                "1.2345678901234568e22",
                "1.2345678901234568e22",
                "12345678901234568000000",
            ),
            (
                "12345678901234567890123",
                "12345678901234567890123",
                "12345678901234567890123",
            ),
            ("1e-7", "1e-7", "1e-7"),
            ("-0.0", "-0.0", "-0"),
        ] {
            assert_eq!(
                (written(json, false).as_str(), written(json, true).as_str()),
                (number, integer),
                "{json}"
            );
        }
    }

    fn double(json: &str) -> f64 {
        serde_json::from_str(json).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn defaults_come_back_as_the_same_number(
            number in prop_oneof![
                any::<f64>().prop_filter("JSON has only finite numbers", |number| number.is_finite()),
                (any::<i32>(), 0_i32..8).prop_map(|(digits, places)| f64::from(digits) / 10_f64.powi(places)),
                (-999_999_i32..=999_999).prop_map(|thousandths| f64::from(thousandths) / 1_000.0),
            ],
        ) {
            let json = serde_json::Value::from(number).to_string();
            let entry = written(&json, false);
            prop_assert_eq!(read(&entry, false).map(|back| double(&back)), Ok(number), "{}", entry);
            if number.fract() == 0.0 {
                let entry = written(&json, true);
                prop_assert_eq!(read(&entry, true).map(|back| double(&back)), Ok(number), "{}", entry);
            }
        }

        #[test]
        fn whole_defaults_come_back_digit_for_digit(number in any::<i64>(), large in any::<u64>()) {
            for json in [number.to_string(), large.to_string()] {
                for is_integer in [false, true] {
                    prop_assert_eq!(read(&written(&json, is_integer), is_integer), Ok(json.clone()));
                }
            }
        }

        /// Whatever is taken means what its digits say: the same with a point as with a comma.
        #[test]
        fn no_separator_changes_a_value(text in "[+-]?[0-9]{0,5}[.,]?[0-9]{0,5}(e[0-9])?") {
            let swapped = |from, to| read(&text.replace(from, to), false);
            prop_assert_eq!(swapped(",", "."), swapped(".", ","));
            if let Ok(json) = read(&text, false) {
                let plain = text.replace(',', ".");
                prop_assert_eq!(double(&json), plain.parse::<f64>().unwrap());
                prop_assert_eq!(read(&written(&json, false), false).map(|back| double(&back)), Ok(double(&json)));
            }
        }
    }
}
