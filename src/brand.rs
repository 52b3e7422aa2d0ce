//! The owner's name and colour on the pages.

/// What the pages show of their owner. (Stack parameters BrandName and BrandColor.)
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    /// Above the heading, and in the title of the window.
    pub name: Option<String>,
    /// Of buttons and of the line at the top.
    pub color: Option<Color>,
}

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 60;

/// Reads a name.
///
/// # Errors
/// A sentence for the operator.
pub fn read_name(text: String) -> Result<String, &'static str> {
    let plain = !text.chars().any(char::is_control) && text.trim() == text;
    match text.chars().nth(MAX_NAME_CHARS) {
        None if plain && !text.is_empty() => Ok(text),
        _ => Err("must be 1 to 60 characters without control characters and blanks at its ends"),
    }
}

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    /// Reads `#rrggbb`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be a colour as #rrggbb, such as #0b5fff";
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = u32::from_str_radix(digits.ok_or(WRONG)?, 16).map_err(|_| WRONG)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }

    /// As a style sheet writes it.
    pub fn css(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Black or white, whichever is read more easily on this colour: at least 4.58 to 1.
    pub fn ink(self) -> &'static str {
        let luminance = self.luminance();
        let on_white = 1.05 / (luminance + 0.05);
        let on_black = (luminance + 0.05) / 0.05;
        if on_white >= on_black { "#fff" } else { "#000" }
    }

    /// Relative luminance (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_one_form() {
        assert_eq!(Color::parse("#0B5Fff").map(Color::css), Ok("#0b5fff".to_owned()));
        for text in [
            "", "#", "red", "0b5fff", "#fff", "#0b5ff", "#0b5fffa", "#0b5ffg", "#+b5fff", "#é5fff",
        ] {
            assert!(Color::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_colour_has_an_ink_that_can_be_read() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let color = Color([red, green, blue]);
                    let ink = match color.ink() {
                        "#fff" => 1.0,
                        _ => 0.0,
                    };
                    let (a, b) = (color.luminance() + 0.05, ink + 0.05);
                    assert!(f64::max(a / b, b / a) >= 4.5, "{color:?}");
                }
            }
        }
        assert_eq!(Color([0; 3]).ink(), "#fff");
        assert_eq!(Color([255; 3]).ink(), "#000");
    }

    #[test]
    fn names_are_short_and_plain() {
        assert_eq!(
            read_name("Müller & Söhne".to_owned()),
            Ok("Müller & Söhne".to_owned())
        );
        assert!(read_name("é".repeat(60)).is_ok());
        for text in ["", " a", "a ", "a\nb", "a\u{0}b", &"é".repeat(61)] {
            assert!(read_name(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
