//! `multipleOf`, where doubles are too coarse: whole numbers are divided as such, by fractions as well.

use super::counted::{Counted, CountedJson, whole};
use super::numbers::Decimal;
use jsonschema::{Draft, Keyword, ValidationError};
use serde_json::{Value, json};

/// What begins the error that says so, before the divisor.
pub const NOT_A_MULTIPLE: &str = "is not a multiple of ";

/// `digits × 10^power`
struct Divisor {
    digits: u128,
    power: i64,
}

impl Divisor {
    fn of(value: &Value) -> Option<Self> {
        let decimal = Decimal::of(&value.as_number()?.to_string());
        let (digits, power) = decimal.scaled()?;
        (digits > 0).then_some(Self { digits, power })
    }

    /// Whether it divides a whole number. A divisor has at most 64 bits of digits, so no product here has more than 128.
    fn divides(&self, number: i128) -> bool {
        let number = number.unsigned_abs();
        if self.power < 0 {
            let rest =
                (0..self.power.unsigned_abs()).fold(number % self.digits, |rest, _| rest * 10 % self.digits);
            return rest == 0;
        }
        let power = u32::try_from(self.power)
            .ok()
            .and_then(|power| 10_u128.checked_pow(power));
        match power.and_then(|power| power.checked_mul(self.digits)) {
            Some(divisor) => number.is_multiple_of(divisor),
            None => number == 0,
        }
    }
}

struct Multiple {
    divisor: Option<Divisor>,
    error: String,
    /// For fractions, and what is not a number.
    plain: super::Validator,
}

impl Multiple {
    fn says(&self, instance: &Counted<'_>) -> Option<bool> {
        let number = whole(instance.value().as_number()?)?;
        Some(self.divisor.as_ref()?.divides(number))
    }
}

impl<'i> Keyword<'i, CountedJson> for Multiple {
    fn validate(&self, instance: Counted<'i>) -> Result<(), ValidationError<'i>> {
        instance.spend(1);
        match self.says(&instance) {
            Some(true) => Ok(()),
            Some(false) => Err(ValidationError::custom(self.error.as_str())),
            None => self.plain.validate(instance),
        }
    }

    fn is_valid(&self, instance: Counted<'i>) -> bool {
        instance.spend(1);
        self.says(&instance)
            .unwrap_or_else(|| self.plain.is_valid(instance))
    }
}

/// The keyword, with this value.
///
/// # Errors
/// The keyword cannot be compiled alone.
pub fn keyword(
    draft: Draft,
    value: &Value,
) -> Result<Box<dyn for<'i> Keyword<'i, CountedJson>>, ValidationError<'_>> {
    let plain = jsonschema::options_for::<CountedJson>()
        .with_draft(draft)
        .offline()
        .build(&json!({"multipleOf": value}))?;
    Ok(Box::new(Multiple {
        divisor: Divisor::of(value),
        error: format!("{NOT_A_MULTIPLE}{value}"),
        plain,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{Formats, MAX_STEPS, Steps, compile};
    use super::*;

    #[test]
    fn whole_numbers_are_divided_exactly() {
        for (divisor, number, expected) in [
            ("1.5", "9007199254740995", false),
            ("1.5", "9007199254740993", true),
            ("1.5", "-9007199254740993", true),
            ("1.5", "9007199254740992", false),
            ("2.5", "18446744073709551615", true),
            ("2.5", "18446744073709551613", false),
            ("0.3", "9223372036854775807", false),
            ("0.7", "9223372036854775807", true),
            ("0.1", "9007199254740993", true),
            ("0.01", "7", true),
            ("1e-300", "18446744073709551615", true),
            ("1e300", "5", false),
            ("1e300", "0", true),
            ("3", "9007199254740993", true),
            ("3.0", "9007199254740995", false),
            ("18446744073709551615", "18446744073709551615", true),
            ("18446744073709551615", "18446744073709551614", false),
            ("1.5", "4.5", true),
            ("1.5", "4.6", false),
            ("1.5", "\"x\"", true),
        ] {
            let schema = serde_json::from_str(&format!("{{\"multipleOf\": {divisor}}}")).unwrap();
            let value: Value = serde_json::from_str(number).unwrap();
            let validator = compile(&schema, Formats::Ignored).unwrap();
            let steps = Steps::new(MAX_STEPS);
            assert_eq!(
                validator.is_valid(Counted::new(&value, &steps)),
                expected,
                "{divisor} {number}"
            );
            let error = validator.iter_errors(Counted::new(&value, &steps)).next();
            assert_eq!(error.is_none(), expected, "{divisor} {number}");
        }
    }
}
