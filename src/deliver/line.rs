//! Texts of others within a message. A message has a look: a heading, rows of terms and values, buttons, links. Whoever
//! writes a title, a text, a fact or a label may repeat what strangers sent, so none of these may begin a line, or a format,
//! that looks like one of ours. Every channel takes them as [`Line`]s only.

use crate::unseen::{is_gap, is_ignorable, is_visible};
use std::fmt;

/// Longest line of a text mail, in bytes. Exchange breaks longer ones than 998 (RFC 5322, 2.1.1), and what it breaks off
/// would begin a line.
const MAX_TEXT_LINE: usize = 900;

/// A text that stays on its line: without line breaks, controls, marks that turn the order of characters around, and gaps
/// wide enough to push the rest onto the next line.
#[derive(Clone, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// The text on one line. Every gap becomes one space. Of what takes no room, what languages, emoji and flags are written
    /// with stays, where it stands at something that can be seen; the rest goes, and never parts one gap in two.
    pub fn new(text: &str) -> Self {
        let mut line = Self(String::with_capacity(text.len()));
        let mut gap = None;
        // Joiners and marks of direction wait for what follows; nobody writes one twice.
        let mut marks = String::new();
        for c in text.chars() {
            if is_gap(c) {
                if gap.is_none() && !line.0.is_empty() {
                    line.push_directions(&marks);
                }
                marks.clear();
                let is_space = gap.is_none() && c.is_whitespace() && !c.is_control() && !is_break(c);
                gap = Some(if is_space { c } else { ' ' });
            } else if is_joiner(c) || is_direction(c) {
                marks.extend((!marks.contains(c)).then_some(c));
            } else if !is_ignorable(c) {
                let is_inside = gap.is_none() && !line.0.is_empty();
                if let (Some(space), false) = (gap.take(), line.0.is_empty()) {
                    line.0.push(space);
                }
                match is_inside {
                    true => line.0.push_str(&marks),
                    false => line.push_directions(&marks),
                }
                marks.clear();
                line.0.push(c);
            } else if gap.is_none() && marks.is_empty() {
                let is_at_home = line.0.chars().next_back().is_some_and(|last| is_part(last, c));
                line.0.extend(is_at_home.then_some(c));
            }
        }
        if gap.is_none() && !line.0.is_empty() {
            line.push_directions(&marks);
        }
        line
    }

    fn push_directions(&mut self, marks: &str) {
        self.0.extend(marks.chars().filter(|c| is_direction(*c)));
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in a text mail, where `<https://…>` is how we write links and `> ` how we quote.
    pub fn in_text(&self) -> String {
        self.0.replace('<', "‹").replace('>', "›")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Line {
    /// Texts are the owner's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line(..)")
    }
}

/// The lines of a text that may have several. Of empty ones that follow each other one is left, and none at the ends.
pub fn lines(text: &str) -> Vec<Line> {
    let text = text.replace("\r\n", "\n");
    let mut lines: Vec<Line> = Vec::new();
    for line in text.split(is_break).map(Line::new) {
        let is_wanted = !line.0.is_empty() || lines.last().is_some_and(|last| !last.0.is_empty());
        lines.extend(is_wanted.then_some(line));
    }
    if lines.last().is_some_and(|last| last.0.is_empty()) {
        lines.pop();
    }
    lines
}

/// A line of a text mail in pieces that nobody breaks: the first begins with `first`, the others with `next`.
pub fn folded(text: &str, first: &str, next: &str) -> String {
    let mut folded = String::from(first);
    let mut rest = text;
    loop {
        let room = MAX_TEXT_LINE - next.len().max(first.len());
        if rest.len() <= room {
            folded.push_str(rest);
            folded.push('\n');
            return folded;
        }
        let (head, _) = rest.split_at(rest.floor_char_boundary(room));
        let end = head
            .rfind(' ')
            .filter(|end| *end > room / 2)
            .unwrap_or(head.len());
        let (head, tail) = rest.split_at(end);
        folded.push_str(head);
        folded.push('\n');
        folded.push_str(next);
        rest = tail.trim_start();
    }
}

/// What any program takes for the end of a line.
const fn is_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Persian and Indian words and composed emoji have joiners between their letters.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Marks of direction that turn nothing around: they stand beside a word.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// Whether a character that takes no room belongs to the one in front of it: a variation to something that can be seen, a tag
/// to a flag.
fn is_part(last: char, c: char) -> bool {
    let is_tag = |c: char| matches!(c, '\u{e0020}'..='\u{e007f}');
    match c {
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            is_visible(last)
        }
        c if is_tag(c) => last == '🏴' || is_tag(last),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: [&str; 12] = [
        "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}",
        "\n\n\t ",
    ];

    #[test]
    fn a_line_has_no_second_one() {
        for gap in BREAKS {
            assert_eq!(
                Line::new(&format!("{gap}a{gap}b{gap}")).as_str(),
                "a b",
                "{gap:?}"
            );
        }
        for gap in [
            "\t",
            "\0",
            "\u{1b}",
            "  ",
            " \u{a0}",
            "\u{3000}\u{3000}",
            "\u{2800}",
            "\u{3164}\u{3164}",
        ] {
            assert_eq!(Line::new(&format!("a{gap}b")).as_str(), "a b", "{gap:?}");
        }
        for hidden in [
            "\u{ad}",
            "\u{200b}",
            "\u{202a}",
            "\u{202d}",
            "\u{202e}",
            "\u{2060}",
            "\u{2066}",
            "\u{2069}",
            "\u{feff}",
            "\u{e0001}",
        ] {
            assert_eq!(
                Line::new(&format!("{hidden}a{hidden}b")).as_str(),
                "ab",
                "{hidden:?}"
            );
        }
    }

    #[test]
    fn what_languages_are_written_with_stays() {
        for text in [
            "Ann",
            "a b",
            "12\u{a0}000 €",
            "東京\u{3000}大阪",
            "می\u{200c}خواهم",
            "👩\u{200d}💻",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
            "\u{200f}שלום",
            "e\u{301}",
            "שלום!\u{200f}",
            "❤\u{fe0f}\u{200d}🔥 葛\u{e0100}",
            "क्\u{200d}ष",
            "*bold* <b> & :smile:",
        ] {
            assert_eq!(Line::new(text).as_str(), text);
        }
        assert_eq!(Line::new(" \n").as_str(), "");
    }

    #[test]
    fn a_text_has_the_lines_that_anybody_sees() {
        let texts = |text: &str| -> Vec<String> { lines(text).iter().map(ToString::to_string).collect() };
        for gap in &BREAKS[..11] {
            assert_eq!(
                texts(&format!("{gap}a{gap}b {gap}{gap}{gap}\u{202e}c{gap}")),
                ["a", "b", "", "c"],
                "{gap:?}"
            );
        }
        assert_eq!(texts("  a\tb"), ["a b"]);
        assert!(texts("\n \n").is_empty());
    }

    #[test]
    fn what_takes_no_room_does_not_part_a_gap() {
        let ignorable = [
            "\u{200c}",
            "\u{200d}",
            "\u{200e}",
            "\u{200f}",
            "\u{61c}",
            "\u{fe0f}",
            "\u{34f}",
            "\u{e0041}",
            "\u{200b}",
            "\u{180b}",
            "\u{e0100}",
            "\u{fff9}",
            "\u{1d173}",
            "\u{17b4}",
        ];
        for it in ignorable {
            for gap in [" ", "\u{a0}", "\u{115f}", "\u{1160}", "\u{3164}", "\t", "\n"] {
                let long = format!("{gap}{it}").repeat(300);
                let line = Line::new(&format!("mallory{long}{gap}Amount: EUR 10{long}"));
                assert_eq!(
                    line.as_str().trim_start_matches(it),
                    "mallory Amount: EUR 10",
                    "{it:?} {gap:?}"
                );
            }
            let line = Line::new(&format!("a{}b", it.repeat(300)));
            assert!(line.as_str().chars().count() <= 3, "{it:?}");
            assert_eq!(Line::new(&it.repeat(3)).as_str(), "", "{it:?}");
        }
    }

    #[test]
    fn links_and_quotes_of_others_do_not_look_like_ours() {
        let address = "evil.example/respond?data=3-A";
        for inside in [
            "\u{200e}",
            "\u{200c}",
            "\u{200d}",
            "\u{200f}",
            "\u{61c}",
            "\u{fe0f}",
            "\u{34f}",
            "\u{e0041}",
            "\u{200a}",
            "",
        ] {
            for scheme in ["https://", "//", "www.", "javascript:", ""] {
                let shown = Line::new(&format!("Approve <{inside}{scheme}{address}>")).in_text();
                assert!(!shown.contains(['<', '>']), "{shown:?}");
                assert!(
                    shown.starts_with("Approve ‹") && shown.ends_with(&format!("{address}›")),
                    "{shown:?}"
                );
            }
        }
        for (text, shown) in [
            ("> 1 < 2 <b>", "› 1 ‹ 2 ‹b›"),
            ("Ann <ann@example.com>", "Ann ‹ann@example.com›"),
            ("https://example.com/a", "https://example.com/a"),
            ("", ""),
        ] {
            assert_eq!(Line::new(text).in_text(), shown);
        }
    }

    #[test]
    fn no_line_is_so_long_that_it_is_broken() {
        for text in [
            "x".repeat(5_000),
            "😀".repeat(1_000),
            "ab cd ".repeat(700),
            "x".repeat(899),
        ] {
            let text = text.trim_end();
            let folded = folded(text, "", "    ");
            assert!(folded.lines().all(|line| line.len() <= MAX_TEXT_LINE), "{folded}");
            assert!(
                folded
                    .lines()
                    .skip(1)
                    .all(|line| line.starts_with("    ") && line.len() > 4),
                "{folded}"
            );
            let without = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(without(&folded), without(text));
        }
        assert_eq!(folded("a b", "> ", "> "), "> a b\n");
        assert_eq!(folded("", "> ", "> "), "> \n");
    }
}
