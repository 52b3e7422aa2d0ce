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

/// Whether it takes room without a mark: white space, controls, and the letters and signs that fonts leave empty (braille of
/// no dots, the fillers of Hangul, a note without a head, the spaces of hieroglyphs).
pub fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{115f}'
                | '\u{1160}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{ffa0}'
                | '\u{13441}'
                | '\u{13442}'
                | '\u{1d159}'
        )
}

/// Whether it takes no room and leaves no mark by itself: `Default_Ignorable_Code_Point`, and format characters but for the
/// signs of Arabic, Syriac and Kaithi that can be seen.
pub fn is_ignorable(c: char) -> bool {
    let is_sign = matches!(
        c,
        '\u{600}'
            ..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8e2}'
                | '\u{110bd}'
                | '\u{110cd}'
    );
    let is_by_default = matches!(
        c,
        '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    );
    is_by_default || is_format(c) && !is_sign
}

/// Whether a person can see it.
pub fn is_visible(c: char) -> bool {
    !is_gap(c) && !is_ignorable(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_is_told_from_gaps_and_from_what_takes_no_room() {
        for c in ["\t \u{a0}\u{3000}\u{2800}\u{3164}\u{ffa0}\u{115f}\u{1160}\u{1d159}\u{13441}\u{2028}\0"]
            .concat()
            .chars()
        {
            assert!(is_gap(c) && !is_ignorable(c) && !is_visible(c), "{c:?}");
        }
        for c in "\u{ad}\u{34f}\u{61c}\u{17b4}\u{180e}\u{200b}\u{200d}\u{202e}\u{2065}\u{fe0f}\u{feff}\u{fff0}\u{fff9}\u{1bca0}\u{1d173}\u{e0041}\u{e0100}".chars()
        {
            assert!(is_ignorable(c) && !is_gap(c) && !is_visible(c), "{c:?}");
        }
        for c in "a.é東\u{301}😀🏽\u{600}\u{6dd}\u{110bd}⠓한\u{fffd}\u{e000}".chars() {
            assert!(is_visible(c), "{c:?}");
        }
    }

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
