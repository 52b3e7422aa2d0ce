//! What a person sees before a link acts: title, text, facts, buttons.

use super::wire;
use crate::json::JsonText;
use crate::rejection::Fault;
use crate::unseen::is_visible;
use serde_json::value::RawValue;
use std::fmt;

/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 4_000;
/// Most facts.
pub const MAX_FACTS: usize = 40;
/// Longest term of a fact, in characters.
pub const MAX_TERM_CHARS: usize = 100;
/// Longest value of a fact, in characters.
pub const MAX_VALUE_CHARS: usize = 1_000;
/// Longest text of a button, in characters.
pub const MAX_LABEL_CHARS: usize = 80;

/// Whether a link asks a person before it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirm {
    /// GET acts, as in version 1.
    #[default]
    Off,
    /// GET shows a page, and its button acts.
    Page,
    /// As `Page`, and a box must be ticked before the button counts.
    Strict,
}

/// What is to be decided, in the author's words.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Face {
    /// The heading.
    pub title: Option<String>,
    /// Below it; line breaks are kept.
    pub text: Option<String>,
    /// Terms and their values.
    pub facts: Vec<(String, String)>,
}

/// One way to answer.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Button {
    /// Its text.
    pub label: Option<String>,
    /// Its looks; without them, those of the page.
    pub style: Option<Style>,
}

/// Looks of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// In the colour of the owner.
    Primary,
    /// For what cannot be taken back.
    Danger,
    /// Quiet.
    Secondary,
}

/// What a link shows that asks before it acts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// What is to be decided.
    pub face: Face,
    /// The one button.
    pub button: Button,
}

impl Face {
    /// Checks what was written.
    ///
    /// # Errors
    /// `title`, `text` or `facts[…]`: blank, too long, or not a text.
    pub fn read(
        title: Option<String>,
        text: Option<String>,
        facts: Option<Vec<Vec<Box<RawValue>>>>,
    ) -> Result<Self, Fault> {
        let facts = facts.unwrap_or_default();
        if facts.len() > MAX_FACTS {
            return Err(Fault::at("facts", format!("has more than {MAX_FACTS} pairs")));
        }
        let mut checked = Vec::with_capacity(facts.len());
        for (index, fact) in facts.into_iter().enumerate() {
            let at = |part: u8| format!("facts[{index}][{part}]");
            let [term, value] = <[Box<RawValue>; 2]>::try_from(fact)
                .map_err(|_| Fault::at(format!("facts[{index}]"), "must be a pair: a term and its value"))?;
            let term: String =
                serde_json::from_str(term.get()).map_err(|_| Fault::at(at(0), "must be a string"))?;
            let term = shown(term, MAX_TERM_CHARS).map_err(|what| Fault::at(at(0), what))?;
            let value =
                scalar(&value).ok_or_else(|| Fault::at(at(1), "must be a string, a number or a boolean"))?;
            let value = plain(value, MAX_VALUE_CHARS).map_err(|what| Fault::at(at(1), what))?;
            checked.push((term, value));
        }
        let part = |part: Option<String>, at: &str, max| {
            let checked = part.map(|text| shown(text, max)).transpose();
            checked.map_err(|what| Fault::at(at, what))
        };
        Ok(Self {
            title: part(title, "title", MAX_TITLE_CHARS)?,
            text: part(text, "text", MAX_TEXT_CHARS)?,
            facts: checked,
        })
    }

    /// The parts that there are, as JSON.
    pub(super) fn sealed_parts(&self) -> Vec<(&'static str, JsonText)> {
        let mut parts = Vec::new();
        parts.extend(self.title.as_ref().map(|title| ("title", JsonText::of(title))));
        parts.extend(self.text.as_ref().map(|text| ("text", JsonText::of(text))));
        parts.extend((!self.facts.is_empty()).then(|| ("facts", JsonText::of(&self.facts))));
        parts
    }

    fn facts_json(&self) -> Option<Vec<Vec<Box<RawValue>>>> {
        let raw = |text: &String| JsonText::of(text).into_raw();
        let facts = self.facts.iter().map(|(term, value)| vec![raw(term), raw(value)]);
        (!self.facts.is_empty()).then(|| facts.collect())
    }
}

impl Button {
    /// Checks what was written.
    ///
    /// # Errors
    /// `label`: blank or too long.
    pub fn read(label: Option<String>, style: Option<Style>) -> Result<Self, Fault> {
        let label = label.map(|label| shown(label, MAX_LABEL_CHARS)).transpose();
        Ok(Self {
            label: label.map_err(|what| Fault::at("label", what))?,
            style,
        })
    }
}

impl Question {
    /// Reads what a sealed link shows.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn read(wire: wire::ConfirmPage) -> Result<Self, Fault> {
        Ok(Self {
            face: Face::read(wire.title, wire.text, wire.facts)?,
            button: Button::read(wire.label, wire.style)?,
        })
    }

    /// As it is sealed; `None` when there is nothing to seal.
    pub fn to_json(&self) -> Option<JsonText> {
        let wire = wire::ConfirmPage {
            strict: None,
            title: self.face.title.clone(),
            text: self.face.text.clone(),
            facts: self.face.facts_json(),
            label: self.button.label.clone(),
            style: self.button.style,
        };
        (*self != Self::default()).then(|| JsonText::of(&wire))
    }
}

/// `confirm` of an action: a switch, `"strict"`, or an object with texts.
///
/// # Errors
/// A fault below `confirm`.
pub fn read_confirm(raw: &RawValue) -> Result<(Confirm, Question), Fault> {
    const FORMS: &str = "must be true, false, \"strict\", or an object with texts of the page";
    let bare = |confirm| Ok((confirm, Question::default()));
    match raw.get() {
        "true" => bare(Confirm::Page),
        "false" => bare(Confirm::Off),
        "\"strict\"" => bare(Confirm::Strict),
        text if text.starts_with('{') => {
            let wire: wire::ConfirmPage = super::read_text(text, |_| ())?;
            let confirm = match wire.strict {
                Some(true) => Confirm::Strict,
                Some(false) | None => Confirm::Page,
            };
            Ok((confirm, Question::read(wire)?))
        }
        _ => Err(Fault::at("", FORMS)),
    }
}

/// A text that a person can see at all: without one a button would be found by nobody.
fn shown(text: String, max: usize) -> Result<String, String> {
    match text.chars().any(is_visible) {
        true => plain(text, max),
        false => Err("must hold something that can be seen".to_owned()),
    }
}

fn plain(text: String, max: usize) -> Result<String, String> {
    if text.chars().nth(max).is_some() {
        return Err(format!("is longer than {max} characters"));
    }
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match text.chars().any(control) {
        true => Err("must not hold control characters".to_owned()),
        false => Ok(text),
    }
}

/// The text of a string, a number or a boolean, digit for digit.
fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(raw.get().to_owned()),
    }
}

impl fmt::Debug for Face {
    /// Texts are the owner's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({} facts)", self.facts.len())
    }
}

impl fmt::Debug for Button {
    /// Texts are the owner's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Button({:?})", self.style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confirm(text: &str) -> Result<(Confirm, Question), String> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        read_confirm(raw).map_err(|fault| fault.to_string())
    }

    #[test]
    fn confirm_is_a_switch_a_word_or_a_page() {
        for (text, expected) in [
            ("true", Confirm::Page),
            ("false", Confirm::Off),
            ("\"strict\"", Confirm::Strict),
            ("{}", Confirm::Page),
            (r#"{"strict":true}"#, Confirm::Strict),
            (r#"{"strict":false}"#, Confirm::Page),
        ] {
            assert_eq!(confirm(text), Ok((expected, Question::default())), "{text}");
        }
        let (_, question) = confirm(
            r#"{"title":"T","text":"a\nb","facts":[["A",1.50],["B",true],["C",""]],"label":"L","style":"danger"}"#,
        )
        .unwrap();
        let facts = [("A", "1.50"), ("B", "true"), ("C", "")];
        assert_eq!(
            question.face.facts,
            facts.map(|(term, value)| (term.to_owned(), value.to_owned()))
        );
        assert_eq!(question.button.style, Some(Style::Danger));
        let sealed = question.to_json().unwrap();
        let raw: &RawValue = serde_json::from_str(sealed.as_str()).unwrap();
        assert_eq!(read_confirm(raw).unwrap().1, question);
    }

    #[test]
    fn other_pages_are_refused_by_field() {
        const FORMS: &str = "must be true, false, \"strict\", or an object with texts of the page";
        for text in ["null", "1", "\"yes\"", "\"true\"", "[]"] {
            assert_eq!(confirm(text), Err(FORMS.to_owned()), "{text}");
        }
        for (text, what) in [
            (
                r#"{"titel":"T"}"#,
                "titel: must be one of `strict`, `title`, `text`, `facts`, `label`, `style`",
            ),
            (r#"{"title":5}"#, "title: must be a string"),
            (r#"{"title":""}"#, "title: must hold something that can be seen"),
            (
                r#"{"title":" \u200b\u202e"}"#,
                "title: must hold something that can be seen",
            ),
            (r#"{"label":"\n"}"#, "label: must hold something that can be seen"),
            (r#"{"text":"a\u0000"}"#, "text: must not hold control characters"),
            (
                r#"{"facts":[["A"]]}"#,
                "facts[0]: must be a pair: a term and its value",
            ),
            (
                r#"{"facts":[["A","b","c"]]}"#,
                "facts[0]: must be a pair: a term and its value",
            ),
            (
                r#"{"facts":[["A",null]]}"#,
                "facts[0][1]: must be a string, a number or a boolean",
            ),
            (
                r#"{"facts":[["A",{}]]}"#,
                "facts[0][1]: must be a string, a number or a boolean",
            ),
            (
                r#"{"facts":[[" ","b"]]}"#,
                "facts[0][0]: must hold something that can be seen",
            ),
            (
                r#"{"facts":[["A","\u001b"]]}"#,
                "facts[0][1]: must not hold control characters",
            ),
            (r#"{"strict":"yes"}"#, "strict: must be a boolean"),
        ] {
            assert_eq!(confirm(text), Err(what.to_owned()), "{text}");
        }
    }

    #[test]
    fn texts_hold_something_that_can_be_seen() {
        for empty in [
            "\u{2800}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{fff9}",
            "\u{1d173}",
            "\u{115f}",
            "\u{1160}",
            "\u{fe0f}",
            "\u{34f}",
            "\u{e0041}",
            "\u{61c}",
            "\u{180e}",
            "\u{3000}",
            "\u{200b} \u{2800}\u{fe0f}",
        ] {
            for (at, text) in [
                ("title", format!(r#"{{"title":"{empty}"}}"#)),
                ("label", format!(r#"{{"label":"{empty}"}}"#)),
                ("facts[0][0]", format!(r#"{{"facts":[["{empty}","b"]]}}"#)),
            ] {
                let expected = format!("{at}: must hold something that can be seen");
                assert_eq!(confirm(&text), Err(expected), "{empty:?}");
                assert!(
                    confirm(&text.replace(empty, &format!("{empty}é"))).is_ok(),
                    "{empty:?}"
                );
            }
        }
    }

    #[test]
    fn texts_have_limits_on_both_sides() {
        for (field, max) in [
            ("title", MAX_TITLE_CHARS),
            ("text", MAX_TEXT_CHARS),
            ("label", MAX_LABEL_CHARS),
        ] {
            let with = |chars: usize| confirm(&format!(r#"{{"{field}":"{}"}}"#, "é".repeat(chars)));
            assert!(with(max).is_ok(), "{field}");
            assert_eq!(
                with(max + 1),
                Err(format!("{field}: is longer than {max} characters"))
            );
        }
        let fact = |term: usize, value: usize| {
            confirm(&format!(
                r#"{{"facts":[["{}","{}"]]}}"#,
                "é".repeat(term),
                "é".repeat(value)
            ))
        };
        assert!(fact(MAX_TERM_CHARS, MAX_VALUE_CHARS).is_ok());
        assert!(fact(MAX_TERM_CHARS + 1, 1).is_err() && fact(1, MAX_VALUE_CHARS + 1).is_err());
        let facts = |count: usize| {
            confirm(&format!(
                r#"{{"facts":[{}]}}"#,
                vec![r#"["A",1]"#; count].join(",")
            ))
        };
        assert!(facts(MAX_FACTS).is_ok());
        assert_eq!(
            facts(MAX_FACTS + 1),
            Err("facts: has more than 40 pairs".to_owned())
        );
    }
}
