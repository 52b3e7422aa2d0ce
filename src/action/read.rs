//! From JSON text to checked actions. Names the field that is wrong and never shows a value.

use super::face::{Confirm, Face, Question, read_confirm};
use super::outcomes::{Unknown, form_outcomes, post_outcomes};
use super::webhook;
use super::{
    Action, ActionKind, ActionType, Form, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_OUTPUT_BYTES, Name, Post,
    ReplySpec, wire,
};
use crate::json::JsonText;
use crate::rejection::{Fault, Rejection};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::cell::RefCell;

/// What is worth telling the author though the request is granted.
#[derive(Debug, Default)]
pub struct Notes(RefCell<Vec<String>>);

/// Most warnings of one request: more than a person reads, and each unknown field of a large request would be one.
const MAX_NOTES: usize = 100;

impl Notes {
    /// Adds a sentence.
    pub fn add(&self, note: impl Into<String>) {
        let mut notes = self.0.borrow_mut();
        match notes.len() {
            0..MAX_NOTES => notes.push(note.into()),
            MAX_NOTES => notes.push("further warnings are left out".to_owned()),
            _ => {}
        }
    }

    /// All of them, in order.
    pub fn list(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    pub(super) fn ignored(&self, at: &str, field: &str) {
        let short: String = field.chars().filter(|c| !c.is_control()).take(64).collect();
        self.add(format!("{at}.{short}: unknown, ignored"));
    }
}

/// Where an action is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A request to create: schemas must compile, and `confirm` counts; without it, this stack's default.
    Request(Confirm),
    /// A link that was sealed before. Its schemas are compiled when they are needed, and whether it asks stands
    /// outside of its action: that of an old link may hold a `confirm` that never meant anything.
    Sealed,
}

/// Reads JSON text into a type of [`wire`], and reports fields that it does not know.
///
/// # Errors
/// The field that is wrong; the value is not in the text.
pub fn read_text<'de, T: Deserialize<'de>>(
    text: &'de str,
    mut ignored: impl FnMut(&str),
) -> Result<T, Fault> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let read = serde_ignored::deserialize(tracked, |path| ignored(&path.to_string()));
    read.and_then(|value| json.end().map(|()| value))
        .map_err(|error| {
            let path = track.path().to_string();
            let path = match path.as_str() {
                "." => "",
                path if error.is_data() => path,
                // The text ended before the name of a field was complete.
                path => path.trim_end_matches('?').trim_end_matches('.'),
            };
            Fault::at(short(path), sentence(&error))
        })
}

/// A path whose last part may be a key of the author's. A long one is no typing error, and may be a secret.
pub(super) fn short(path: &str) -> String {
    const MAX: usize = 32;
    let part = |part: &str| match part.char_indices().nth(MAX) {
        None => part.to_owned(),
        Some(_) => "(a long name)".to_owned(),
    };
    path.split('.').map(part).collect::<Vec<_>>().join(".")
}

/// serde's words, without the value that they quote.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    if !error.is_data() {
        return format!(
            "not valid JSON: {text} at line {} column {}",
            error.line(),
            error.column()
        );
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("must be {}", expected.replace("a sequence", "an array")),
        None if text.starts_with("missing field") || text.starts_with("duplicate field") => text.to_owned(),
        None => "is not what is expected here".to_owned(),
    }
}

/// Reads one action; faults are relative to it.
///
/// # Errors
/// `InvalidJSON` for its shape and limits, `InvalidPostActionOutcome` and `InvalidJsonPath` for outcomes.
pub fn read_action(raw: &RawValue, at: &str, source: Source, notes: &Notes) -> Result<Action, Rejection> {
    let text = raw.get();
    let ignored = |field: &str| notes.ignored(at, field);
    let invalid = |fault: Fault| Rejection::InvalidJson(fault.under(at));
    let outcomes_at = format!("{at}.outcomes");
    let kind: wire::Kind = read_text(text, |_| ()).map_err(invalid)?;
    let (name, kind, response, confirm) = match kind.kind {
        ActionType::Success => {
            let wire: wire::Success = read_text(text, ignored).map_err(invalid)?;
            let output = output(&wire.output).map_err(invalid)?;
            (
                wire.name,
                ActionKind::Success { output },
                wire.response,
                wire.confirm,
            )
        }
        ActionType::Failure => {
            let wire: wire::Failure = read_text(text, ignored).map_err(invalid)?;
            let error = within(wire.error, "error", MAX_ERROR_CHARS).map_err(invalid)?;
            let cause = within(wire.cause, "cause", MAX_CAUSE_CHARS).map_err(invalid)?;
            let kind = ActionKind::Failure { error, cause };
            (wire.name, kind, wire.response, wire.confirm)
        }
        ActionType::Heartbeat => {
            let wire: wire::Heartbeat = read_text(text, ignored).map_err(invalid)?;
            (wire.name, ActionKind::Heartbeat, wire.response, wire.confirm)
        }
        ActionType::Post => {
            let wire: wire::Post = read_text(text, ignored).map_err(invalid)?;
            let outcomes = post_outcomes(&wire.outcomes, &outcomes_at, source, notes)?;
            let webhook = match source {
                Source::Request(_) => webhook::read(&wire, at, &outcomes, notes).map_err(invalid)?,
                Source::Sealed => None,
            };
            let post = ActionKind::Post(Post { outcomes, webhook });
            (wire.name, post, wire.response, wire.confirm)
        }
        ActionType::Form => {
            let mut unknown = Unknown::default();
            let wire: wire::Form = read_text(text, |field| unknown.note(field)).map_err(invalid)?;
            unknown.refuse().map_err(invalid)?;
            let face = Face::read(wire.title, wire.text, wire.facts).map_err(invalid)?;
            let outcomes = form_outcomes(&wire.outcomes, &outcomes_at, source)?;
            let form = ActionKind::Form(Form { face, outcomes });
            (wire.name, form, wire.response, wire.confirm)
        }
    };
    let name = Name::new(name).map_err(|what| invalid(Fault::at("name", what)))?;
    let response = response_of(response).map_err(invalid)?.unwrap_or_default();
    let (confirm, question) = match source {
        Source::Request(default) => {
            asked(&kind, confirm.as_deref(), default).map_err(|fault| invalid(fault.under("confirm")))?
        }
        Source::Sealed => (Confirm::Off, Question::default()),
    };
    Ok(Action {
        name,
        kind,
        response,
        confirm,
        question,
    })
}

/// Whether and how a new link asks.
fn asked(
    kind: &ActionKind,
    confirm: Option<&RawValue>,
    default: Confirm,
) -> Result<(Confirm, Question), Fault> {
    let given = confirm.map(read_confirm).transpose()?;
    match kind {
        ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat => {
            Ok(given.unwrap_or((default, Question::default())))
        }
        ActionKind::Post(_) => match given {
            None | Some((Confirm::Off, _)) => Ok((Confirm::Off, Question::default())),
            Some(_) => Err(Fault::at(
                "",
                "is not for post actions, which act on POST alone; leave it out, or make a form",
            )),
        },
        ActionKind::Form(_) => match (given, default) {
            (Some((_, question)), _) if question != Question::default() => Err(Fault::at(
                "",
                "must be true or \"strict\"; a form has title, text and facts of its own",
            )),
            (Some((Confirm::Off, _)), _) => Err(Fault::at("", "cannot be false; a form always asks")),
            (Some((Confirm::Strict, _)), _) | (None, Confirm::Strict) => {
                Ok((Confirm::Strict, Question::default()))
            }
            (Some((Confirm::Page, _)), _) | (None, Confirm::Off | Confirm::Page) => {
                Ok((Confirm::Page, Question::default()))
            }
        },
    }
}

pub(super) fn response_of(wire: Option<wire::Response>) -> Result<Option<ReplySpec>, Fault> {
    wire.map(ReplySpec::read)
        .transpose()
        .map_err(|fault| fault.under("response"))
}

pub(super) fn output(raw: &RawValue) -> Result<JsonText, Fault> {
    let output = JsonText::compact(raw).map_err(|fault| Fault::at("output", fault))?;
    match output.as_str().len() {
        ..=MAX_OUTPUT_BYTES => Ok(output),
        _ => Err(Fault::at("output", "is larger than 262,144 bytes")),
    }
}

pub(super) fn within(text: Option<String>, field: &str, max: usize) -> Result<Option<String>, Fault> {
    match text {
        Some(text) if text.chars().nth(max).is_some() => {
            Err(Fault::at(field, format!("is longer than {max} characters")))
        }
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Action, Vec<String>), Rejection> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let notes = Notes::default();
        let action = read_action(&raw, "actions[1]", Source::Request(Confirm::Off), &notes)?;
        Ok((action, notes.list()))
    }

    #[track_caller]
    fn refused(text: &str, code: &str, message: &str) {
        let rejection = read(text).expect_err(text);
        assert_eq!(
            (rejection.code(), rejection.to_string().as_str()),
            (code, message),
            "{text}"
        );
    }

    #[test]
    fn warnings_are_few_however_many_fields_are_unknown() {
        let notes = Notes::default();
        for number in 0..100_000 {
            notes.ignored("actions[0]", &number.to_string());
        }
        let list = notes.list();
        assert_eq!(list.len(), MAX_NOTES + 1);
        assert_eq!(
            list.last().map(String::as_str),
            Some("further warnings are left out")
        );
    }

    #[test]
    fn an_output_of_null_is_an_output() {
        let (action, notes) = read(r#"{"name":"a","type":"success","output":null}"#).unwrap();
        assert_eq!(
            action.kind,
            ActionKind::Success {
                output: JsonText::parse("null").unwrap()
            }
        );
        assert!(notes.is_empty());
        let post = r#"{"name":"a","type":"post","outcomes":[{"name":"o","type":"success","schema":{},"output":null}]}"#;
        assert!(read(post).is_ok());
    }

    #[test]
    fn unknown_fields_are_named_and_ignored() {
        let (_, notes) = read(r#"{"name":"a","type":"failure","casue":"x","response":{"htm":"y"}}"#).unwrap();
        let expected = [
            "actions[1].casue: unknown, ignored",
            "actions[1].response.htm: unknown, ignored",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn faults_name_the_field_and_never_the_value() {
        for (text, message) in [
            ("5", "actions[1]: must be an object"),
            (r#"{"name":"a"}"#, "actions[1]: missing field `type`"),
            (
                r#"{"name":"a","type":"secret"}"#,
                "actions[1].type: must be one of `success`, `failure`, `heartbeat`, `post`, `form`",
            ),
            (r#"{"type":"heartbeat"}"#, "actions[1]: missing field `name`"),
            (
                r#"{"name":"a b","type":"heartbeat"}"#,
                "actions[1].name: must be one or more letters, digits or underscores",
            ),
            (
                r#"{"name":"a","type":"success"}"#,
                "actions[1]: missing field `output`",
            ),
            (
                r#"{"name":"a","type":"success","output":"\ud800"}"#,
                "actions[1].output: holds a string that is not valid Unicode (half of a surrogate pair)",
            ),
            (
                r#"{"name":"a","type":"failure","error":5}"#,
                "actions[1].error: must be a string",
            ),
            (
                r#"{"name":"a","type":"failure","error":null}"#,
                "actions[1].error: must be a string",
            ),
            (
                r#"{"name":"a","type":"post"}"#,
                "actions[1]: missing field `outcomes`",
            ),
            (
                r#"{"name":"a","type":"post","outcomes":{}}"#,
                "actions[1].outcomes: must be an array",
            ),
            (
                r#"{"name":"a","type":"post","outcomes":[]}"#,
                "actions[1].outcomes: must hold at least one outcome",
            ),
            (
                r#"{"name":"a","type":"heartbeat","response":{"redirect":5}}"#,
                "actions[1].response.redirect: must be a string",
            ),
            (
                r#"{"name":"a","type":"heartbeat","response":{"redirect":"secret:x"}}"#,
                "actions[1].response.redirect: must be an absolute http or https URL",
            ),
            (
                r#"{"name":"a","type":"heartbeat","response":{"json":[]}}"#,
                "actions[1].response.json: must be an object",
            ),
            (
                r#"{"name":"a","type":"heartbeat","response":7}"#,
                "actions[1].response: must be an object",
            ),
        ] {
            refused(text, "InvalidJSON", message);
        }
    }

    #[test]
    fn outcomes_are_checked_in_full() {
        let post = |outcome: &str| format!(r#"{{"name":"a","type":"post","outcomes":[{outcome}]}}"#);
        for (outcome, code, message) in [
            (
                r#"{"name":"o","type":"success","output":1}"#,
                "InvalidJSON",
                "actions[1].outcomes[0]: missing field `schema`",
            ),
            (
                r#"{"name":"o","type":"success","schema":true,"output":1}"#,
                "InvalidJSON",
                "actions[1].outcomes[0].schema: must be an object",
            ),
            (
                r#"{"name":"o","type":"success","schema":{}}"#,
                "InvalidJSON",
                "actions[1].outcomes[0]: must have exactly one of output, output_body and output_path",
            ),
            (
                r#"{"name":"o","type":"success","schema":{},"output":1,"output_body":true}"#,
                "InvalidJSON",
                "actions[1].outcomes[0]: must have exactly one of output, output_body and output_path",
            ),
            (
                r#"{"name":"o","type":"success","schema":{},"output_body":false}"#,
                "InvalidJSON",
                "actions[1].outcomes[0].output_body: must be true",
            ),
            (
                r#"{"name":"o","type":"failure","schema":{},"error":"e","error_path":"$.e"}"#,
                "InvalidJSON",
                "actions[1].outcomes[0]: must not have both error and error_path",
            ),
            (
                r#"{"name":"o","type":"post","schema":{}}"#,
                "InvalidJSON",
                "actions[1].outcomes[0].type: must be success, failure or heartbeat",
            ),
        ] {
            refused(&post(outcome), code, message);
        }
        let path = post(r#"{"name":"o","type":"failure","schema":{},"cause_path":"$.["}"#);
        let rejection = read(&path).unwrap_err();
        assert_eq!(rejection.code(), "InvalidJsonPath");
        assert!(
            rejection
                .to_string()
                .starts_with("actions[1].outcomes[0].cause_path: "),
            "{rejection}"
        );
        let schema = post(r#"{"name":"o","type":"heartbeat","schema":{"type":"strin"}}"#);
        let rejection = read(&schema).unwrap_err();
        assert_eq!(rejection.code(), "InvalidPostActionOutcome");
        assert!(
            rejection
                .to_string()
                .starts_with("actions[1].outcomes[0].schema: "),
            "{rejection}"
        );
    }

    #[test]
    fn limits_are_kept_on_both_sides() {
        let failure = |field: &str, chars: usize| {
            read(&format!(
                r#"{{"name":"a","type":"failure","{field}":"{}"}}"#,
                "é".repeat(chars)
            ))
        };
        assert!(failure("error", MAX_ERROR_CHARS).is_ok());
        assert_eq!(
            failure("error", MAX_ERROR_CHARS + 1).unwrap_err().code(),
            "InvalidJSON"
        );
        assert!(failure("cause", MAX_CAUSE_CHARS).is_ok());
        assert_eq!(
            failure("cause", MAX_CAUSE_CHARS + 1).unwrap_err().code(),
            "InvalidJSON"
        );
        let success = |bytes: usize| {
            read(&format!(
                r#"{{"name":"a","type":"success","output":"{}"}}"#,
                "a".repeat(bytes - 2)
            ))
        };
        assert!(success(MAX_OUTPUT_BYTES).is_ok());
        assert_eq!(success(MAX_OUTPUT_BYTES + 1).unwrap_err().code(), "InvalidJSON");
    }

    #[test]
    fn sealed_outcomes_hold_the_known_fields_only() {
        let text = r#"{"name":"a","type":"post","outcomes":[{"name":"o","type":"heartbeat","schema":{"type":"object"},"x":1}]}"#;
        let (action, notes) = read(text).unwrap();
        let ActionKind::Post(Post { outcomes, .. }) = action.kind else {
            panic!("a post action")
        };
        assert_eq!(
            outcomes.sealed.as_str(),
            r#"[{"name":"o","type":"heartbeat","schema":{"type":"object"}}]"#
        );
        assert_eq!(notes, ["actions[1].outcomes[0].x: unknown, ignored"]);
        let again =
            crate::action::outcomes::read_sealed(outcomes.sealed.as_str(), &Notes::default()).unwrap();
        assert_eq!(again.sealed, outcomes.sealed);
    }

    #[test]
    fn each_kind_asks_in_its_own_way() {
        let kinds = [
            r#""type":"success","output":1"#,
            r#""type":"failure""#,
            r#""type":"heartbeat""#,
            r#""type":"post","outcomes":[{"name":"o","type":"heartbeat","schema":{}}]"#,
            r#""type":"form","outcomes":[{"name":"o","type":"heartbeat"}]"#,
        ];
        let asks = |kind: &str, confirm: &str, default: Confirm| {
            let text = format!(r#"{{"name":"a",{kind}{confirm}}}"#);
            let raw: Box<RawValue> = serde_json::from_str(&text).unwrap();
            read_action(&raw, "actions[1]", Source::Request(default), &Notes::default())
                .map(|action| action.confirm)
                .map_err(|rejection| rejection.to_string())
        };
        use Confirm::{Off, Page, Strict};
        for (confirm, default, expected) in [
            ("", Off, [Off, Off, Off, Off, Page]),
            ("", Page, [Page, Page, Page, Off, Page]),
            ("", Strict, [Strict, Strict, Strict, Off, Strict]),
        ] {
            assert_eq!(kinds.map(|kind| asks(kind, confirm, default).unwrap()), expected);
        }
        for (confirm, expected) in [
            ("true", Page),
            (r#""strict""#, Strict),
            (r#"{"title":"T"}"#, Page),
        ] {
            let confirm = format!(r#","confirm":{confirm}"#);
            for kind in &kinds[..3] {
                assert_eq!(asks(kind, &confirm, Off), Ok(expected));
            }
        }
        let off = r#","confirm":false"#;
        assert_eq!(asks(kinds[0], off, Strict), Ok(Off));
        assert_eq!(asks(kinds[3], off, Strict), Ok(Off));
        const POST: &str = "actions[1].confirm: is not for post actions, which act on POST alone; leave it out, or make a form";
        const OWN: &str =
            "actions[1].confirm: must be true or \"strict\"; a form has title, text and facts of its own";
        for (kind, confirm, message) in [
            (kinds[3], "true", POST),
            (kinds[3], r#""strict""#, POST),
            (
                kinds[4],
                "false",
                "actions[1].confirm: cannot be false; a form always asks",
            ),
            (kinds[4], r#"{"title":"T"}"#, OWN),
        ] {
            let confirm = format!(r#","confirm":{confirm}"#);
            assert_eq!(asks(kind, &confirm, Off), Err(message.to_owned()));
        }
        assert_eq!(asks(kinds[4], r#","confirm":"strict""#, Off), Ok(Strict));
    }

    #[test]
    fn forms_are_strict() {
        let form = |more: &str, outcome: &str| {
            format!(
                r#"{{"name":"a","type":"form"{more},"outcomes":[{{"name":"o","type":"success","output":1{outcome}}}]}}"#
            )
        };
        assert!(read(&form("", "")).is_ok());
        for (more, outcome, message) in [
            (
                r#","titel":"x""#,
                "",
                "actions[1].titel: must be one of `name`, `type`, `title`, `text`, `facts`, `outcomes`, `confirm`, `response`",
            ),
            (
                r#","title":"""#,
                "",
                "actions[1].title: must hold something that can be seen",
            ),
            (
                r#","response":{"htm":"x"}"#,
                "",
                "actions[1].response.htm: is not known here; check its name, or leave it out",
            ),
            (
                "",
                r#","lable":"x""#,
                "actions[1].outcomes[0].lable: is not known here; check its name, or leave it out",
            ),
            (
                "",
                r#","response":{"htm":"x"}"#,
                "actions[1].outcomes[0].response.htm: is not known here; check its name, or leave it out",
            ),
            (
                "",
                r#","label":5"#,
                "actions[1].outcomes[0].label: must be a string",
            ),
            (
                "",
                r#","label":" ""#,
                "actions[1].outcomes[0].label: must hold something that can be seen",
            ),
            (
                "",
                r#","style":"loud""#,
                "actions[1].outcomes[0].style: must be primary, danger or secondary",
            ),
            (
                "",
                r#","label":"x","label":"y""#,
                "actions[1].outcomes[0]: has the same key twice",
            ),
            (
                "",
                r#","output_body":true"#,
                "actions[1].outcomes[0]: must have exactly one of output, output_body and output_path",
            ),
        ] {
            refused(&form(more, outcome), "InvalidJSON", message);
        }
        refused(
            r#"{"name":"a","type":"form","outcomes":[]}"#,
            "InvalidJSON",
            "actions[1].outcomes: must hold at least one outcome",
        );
        refused(
            r#"{"name":"a","type":"form","outcomes":[{"name":"o","type":"heartbeat"},{"name":"o","type":"heartbeat"}]}"#,
            "InvalidJSON",
            "actions[1].outcomes[1].name: another outcome has the same name; give each button its own",
        );
    }
}
