//! Texts of others within a message. A message has a look: a heading, rows of terms and values, buttons, links. Whoever
//! writes a title, a text, a fact or a label may repeat what strangers sent, so none of these may begin a line, or a format,
//! that looks like one of ours. Every channel takes them as [`Line`]s only.

use crate::unseen::is_format;
use std::borrow::Cow;
use std::fmt;

/// Longest line of a text mail, in bytes. Exchange breaks longer ones than 998 (RFC 5322, 2.1.1), and what it breaks off
/// would begin a line.
const MAX_TEXT_LINE: usize = 900;

/// A text that stays on its line: without line breaks, controls, marks that turn the order of characters around, and gaps
/// wide enough to push the rest onto the next line.
#[derive(Clone, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// The text on one line. Every gap becomes one space.
    pub fn new(text: &str) -> Self {
        let mut line = String::with_capacity(text.len());
        let mut gap = None;
        for c in text.chars().filter(|c| !is_hidden(*c)) {
            if is_gap(c) {
                let is_space = gap.is_none() && c.is_whitespace() && !c.is_control() && !is_break(c);
                gap = Some(if is_space { c } else { ' ' });
                continue;
            }
            if let (Some(space), false) = (gap.take(), line.is_empty()) {
                line.push(space);
            }
            line.push(c);
        }
        Self(line)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in a text mail, where `<https://…>` is how we write links.
    pub fn in_text(&self) -> Cow<'_, str> {
        without_links(&self.0)
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

/// White space and controls, and three letters that look like white space.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Format characters, but for those with which languages and flags are written: joiners, plain marks of direction, signs
/// of Arabic, Syriac and Kaithi that can be seen, and tags.
fn is_hidden(c: char) -> bool {
    let is_written = matches!(
        c,
        '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{200c}'..='\u{200f}'
            | '\u{110bd}' | '\u{110cd}' | '\u{e0020}'..='\u{e007f}'
    );
    is_format(c) && !is_written
}

/// The text with other brackets around what looks like a link of ours.
fn without_links(text: &str) -> Cow<'_, str> {
    let mut changed = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        changed.push_str(before);
        rest = after;
        let end = after.find([' ', '>']).unwrap_or(after.len());
        let (inside, tail) = after.split_at(end);
        if !is_address(inside) {
            changed.push('<');
            continue;
        }
        changed.push('‹');
        changed.push_str(inside);
        rest = tail;
        if let Some(tail) = tail.strip_prefix('>') {
            changed.push('›');
            rest = tail;
        }
    }
    if changed.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    changed.push_str(rest);
    Cow::Owned(changed)
}

/// Whether mail programs make a link of it: with a scheme (RFC 3986, 3.1), or as people write addresses.
fn is_address(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let begins = |start: &str| {
        text.get(..start.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(start))
    };
    is_scheme || begins("//") || begins("www.")
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
            "🏴\u{e0067}\u{e007f}",
            "\u{200f}שלום",
            "e\u{301}",
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
    fn links_of_others_do_not_look_like_ours() {
        for (text, shown) in [
            ("<https://evil.example>", "‹https://evil.example›"),
            (
                "Approve <HTTP://evil.example/?a>b> c",
                "Approve ‹HTTP://evil.example/?a›b> c",
            ),
            ("<javascript:x", "‹javascript:x"),
            (
                "<//evil.example> <WWW.evil.example>",
                "‹//evil.example› ‹WWW.evil.example›",
            ),
            ("<<https://evil.example>>", "<‹https://evil.example›>"),
            ("<é", "<é"),
            ("Ann <ann@example.com>", "Ann <ann@example.com>"),
            (
                "1 < 2 <b>x</b> < https://example.com >",
                "1 < 2 <b>x</b> < https://example.com >",
            ),
            ("https://example.com/a", "https://example.com/a"),
            ("<", "<"),
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
