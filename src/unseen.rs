//! Characters that leave no mark of their own.

use unicode_general_category::{GeneralCategory, get_general_category};

/// White space (`White_Space`), format characters (`Cf`) and controls (`Cc`), as Unicode names them.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_format(c)
}

/// Joiners, marks of direction, soft hyphens and the like (`Cf`).
pub fn is_format(c: char) -> bool {
    !c.is_ascii() && get_general_category(c) == GeneralCategory::Format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_properties_of_unicode_are_told() {
        for c in [
            ' ',
            '\t',
            '\n',
            '\u{b}',
            '\u{c}',
            '\r',
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9f}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{1680}',
            '\u{180e}',
            '\u{2000}',
            '\u{200a}',
            '\u{200b}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{202f}',
            '\u{205f}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{206f}',
            '\u{3000}',
            '\u{feff}',
            '\u{fff9}',
            '\u{110bd}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e007f}',
        ] {
            assert!(is_unseen(c), "{c:?}");
        }
        for c in [
            '!',
            'A',
            '-',
            '_',
            '=',
            '~',
            '\u{a1}',
            'é',
            '。',
            '\u{2010}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{fffd}',
            '😀',
            '\u{10ffff}',
            '\u{e000}',
            '\u{301}',
        ] {
            assert!(!is_unseen(c), "{c:?}");
        }
    }
}
