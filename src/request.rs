//! A request to create links, checked in full before anything is done.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

mod targets;
mod webhooks;

use crate::action::{self, Action, ActionKind, Notes, Outcome, OutcomeKind, OutputFrom, Source, wire};
use crate::config::Config;
use crate::deliver::{self, Delivery, Person};
use crate::expiration::{self, Expiration, Lifetime};
use crate::form::Fields;
use crate::json::{self, JsonText};
use crate::language::Language;
use crate::link::BaseUrl;
use crate::rejection::{Fault, Rejection};
use crate::target;
use crate::template;
use crate::unevaluated;
use std::collections::HashSet;

/// Largest request, in bytes.
const MAX_REQUEST_BYTES: usize = 1 << 20;
/// Most links of one request: for each action, and for each recipient if there are any.
const MAX_LINKS: usize = 1_000;
/// Most people who get links of their own from one request.
const MAX_RECIPIENTS: usize = 100;

/// A request that is valid in shape: every field is there, every limit kept, every path and schema readable.
#[derive(Debug)]
pub struct CreateUrls {
    /// What waits, and until when.
    pub target: target::Read,
    /// At least one, with names of their own.
    pub actions: Vec<Action>,
    /// Whether query parameters are filled in.
    pub parameters: bool,
    /// Where the links point, if not to this deployment.
    pub base_url: Option<BaseUrl>,
    /// What the author may want to mend.
    pub notes: Notes,
    /// Whether outputs tell who answered.
    pub callback: bool,
    /// Who gets links of their own; empty: one set of links for whoever has them.
    pub recipients: Vec<Person>,
    /// Where the links are sent.
    pub deliveries: Vec<Delivery>,
    /// Whether the answer has the links.
    pub returns_urls: bool,
    /// Language of the pages, if not the visitor's.
    pub locale: Option<Language>,
    end: End,
}

/// When the links shall stop working.
#[derive(Debug)]
enum End {
    Unsaid,
    At(String),
    In(String),
}

/// Whether a request asks that a refusal be raised as an error of its invocation. Looked for apart from the rest, because a
/// request that cannot be read may ask for it, too.
pub fn raises_errors(body: &[u8]) -> bool {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut delivers, mut raises) = (false, false);
    let is_object = json::each_member(text, |name, value| match name {
        "deliver" => delivers = true,
        "raise_errors" => raises = value.get() == "true",
        _ => {}
    });
    is_object && (delivers || raises)
}

impl CreateUrls {
    /// Reads a request. Of the settings count the region, for a `base_url` that names none, and whether links ask that
    /// say nothing of it.
    ///
    /// # Errors
    /// `InvalidJSON`, `DuplicateActionName`, `InvalidPostActionOutcome` or `InvalidJsonPath`, with the field.
    pub fn parse(body: &[u8], config: &Config) -> Result<Self, Rejection> {
        let invalid = |at: &str, what: &str| Rejection::InvalidJson(Fault::at(at, what));
        if body.len() > MAX_REQUEST_BYTES {
            return Err(invalid("", "the request is larger than 1 MiB"));
        }
        let text = std::str::from_utf8(body).map_err(|_| invalid("", "the request is not UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !json::is_shallow(text) {
            return Err(invalid("", "the request is nested too deep"));
        }
        Self::read(text, config).map_err(|rejection| match rejection {
            Rejection::InvalidJson(fault) => Rejection::InvalidJson(unevaluated::explained(fault, text)),
            other => other,
        })
    }

    fn read(text: &str, config: &Config) -> Result<Self, Rejection> {
        let invalid = |at: &str, what: &str| Rejection::InvalidJson(Fault::at(at, what));
        let wire: wire::CreateUrls = action::read_text(text, |_| ()).map_err(Rejection::InvalidJson)?;
        let target = targets::read(wire.token, wire.target.as_deref())?;
        let notes = Notes::default();
        targets::check_token(
            &target.target,
            wire.target.is_some(),
            wire.deliver.is_some(),
            &notes,
        )?;
        if wire.actions.is_empty() {
            return Err(invalid("actions", "must hold at least one action"));
        }
        let people = wire
            .recipients
            .as_ref()
            .map_or(1, Vec::len)
            .clamp(1, MAX_RECIPIENTS);
        if wire.actions.len() * people > MAX_LINKS {
            let what = "the request asks for more than 1,000 links; make several requests";
            return Err(invalid("actions", what));
        }
        let mut actions = Vec::with_capacity(wire.actions.len());
        for (index, raw) in wire.actions.iter().enumerate() {
            actions.push(action::read_action(
                raw,
                &format!("actions[{index}]"),
                Source::Request(config.confirm),
                &notes,
            )?);
        }
        let base_url = wire
            .base_url
            .map(|raw| BaseUrl::requested(&raw, &config.region))
            .transpose()?;
        let parameters = wire.enable_output_parameters == Some(true);
        let mut names = HashSet::new();
        if let Some(index) = actions
            .iter()
            .position(|action| !names.insert(action.name.clone()))
        {
            return Err(Rejection::DuplicateActionName(format!("actions[{index}].name")));
        }
        let end = match (wire.expiration, wire.expires_in) {
            (None, None) => End::Unsaid,
            (Some(at), None) => End::At(at),
            (None, Some(duration)) => End::In(duration),
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "expires_in",
                    "give either `expiration` or `expires_in`, not both",
                ));
            }
        };
        let locale = wire
            .locale
            .map(|tag| Language::of_tag(&tag).ok_or(()))
            .transpose();
        let locale = locale.map_err(|()| {
            let tags: Vec<&str> = Language::ALL.into_iter().map(Language::tag).collect();
            Rejection::InvalidJson(Fault::at("locale", format!("must be one of {}", tags.join(", "))))
        })?;
        let recipients = wire
            .recipients
            .map(|recipients| deliver::people(recipients, MAX_RECIPIENTS))
            .transpose()
            .map_err(Rejection::InvalidJson)?
            .unwrap_or_default();
        let deliveries = wire
            .deliver
            .map(|raw| deliver::read(&raw, &recipients))
            .transpose()
            .map_err(Rejection::InvalidJson)?
            .unwrap_or_default();
        let callback = wire.include_callback == Some(true);
        if !recipients.is_empty() && !callback {
            notes.add("recipients: without include_callback only the log tells whose link answered");
        }
        let request = Self {
            target,
            actions,
            parameters,
            base_url,
            notes,
            callback,
            recipients,
            returns_urls: deliveries.is_empty() || wire.return_urls == Some(true),
            deliveries,
            locale,
            end,
        };
        request.note_outputs_without_callback();
        request.check_forms()?;
        request.check_reports()?;
        request.check_placeholders()?;
        let found = unevaluated::in_request(text, parameters);
        for warning in unevaluated::warnings(&found) {
            request.notes.add(warning);
        }
        Ok(request)
    }

    /// Checks what depends on the stack and the time; gives the expiration, which the stack may have made earlier.
    ///
    /// # Errors
    /// `InvalidDate`, `ParametersDisabled`, `PostActionsDisabled`, `TargetDisabled`, `UnsafeDelivery` or
    /// `DeliveryDisabled`.
    pub fn permitted(&self, config: &Config, now: u64) -> Result<Option<Expiration>, Rejection> {
        let wanted = self.end.expiration(now).map_err(Rejection::InvalidDate)?;
        // A lifetime that ends behind the calendar caps nothing.
        let cap = config.max_lifetime.and_then(|lifetime| lifetime.end(now).ok());
        let (expiration, was_capped) = expiration::capped(wanted, cap);
        if was_capped {
            let field = self.end.field();
            self.notes.add(format!(
                "{field}: the links end earlier, as this stack demands (MaxLinkLifetime)"
            ));
        }
        let expiration = self.within_target(expiration, now)?;
        let is_post = |action: &Action| matches!(action.kind, ActionKind::Post(_) | ActionKind::Form(_));
        if self.parameters && !config.switches.output_parameters && !self.actions.iter().all(is_post) {
            return Err(Rejection::ParametersDisabled);
        }
        if !config.switches.post_actions && self.actions.iter().any(is_post) {
            return Err(Rejection::PostActionsDisabled);
        }
        self.check_target(config)?;
        deliver::permitted(&self.deliveries, &self.actions, &config.permits)?;
        Ok(expiration)
    }

    /// Notes outputs that can never tell who answered, because they are no objects.
    fn note_outputs_without_callback(&self) {
        if !self.callback {
            return;
        }
        let kind = self.target.target.kind();
        if !kind.takes_callback() {
            self.notes.add(format!(
                "include_callback: a target of type {} takes a short comment, which gets no `_callback`",
                kind.as_str()
            ));
            return;
        }
        const NO_OBJECT: &str = "is no object, so it gets no `_callback`";
        let is_object = |output: &JsonText| output.as_str().starts_with('{');
        let never = |outcome: &Outcome| match &outcome.kind {
            OutcomeKind::Success(OutputFrom::Fixed(output)) => !is_object(output),
            OutcomeKind::Success(OutputFrom::Matches(_)) => true,
            OutcomeKind::Success(OutputFrom::Body) | OutcomeKind::Failure(..) | OutcomeKind::Heartbeat => {
                false
            }
        };
        for (index, action) in self.actions.iter().enumerate() {
            let outcomes = match &action.kind {
                ActionKind::Success { output } if !is_object(output) => {
                    self.notes.add(format!("actions[{index}].output: {NO_OBJECT}"));
                    continue;
                }
                ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat => continue,
                ActionKind::Post(action::Post { outcomes, .. })
                | ActionKind::Form(action::Form { outcomes, .. }) => outcomes,
            };
            for (place, outcome) in outcomes.list.iter().enumerate() {
                if never(outcome) {
                    self.notes.add(format!(
                        "actions[{index}].outcomes[{place}]: the output {NO_OBJECT}"
                    ));
                }
            }
        }
    }

    /// Every field of a form must be one that a page can ask for.
    fn check_forms(&self) -> Result<(), Rejection> {
        for (index, action) in self.actions.iter().enumerate() {
            if let ActionKind::Form(form) = &action.kind {
                let at = format!("actions[{index}].outcomes");
                Fields::of(&form.outcomes)
                    .map_err(|fault| Rejection::InvalidPostActionOutcome(fault.under(&at)))?;
            }
        }
        Ok(())
    }

    /// Refuses parameters that could change a host, and notes placeholders that can never be filled.
    fn check_placeholders(&self) -> Result<(), Rejection> {
        if !self.parameters {
            return Ok(());
        }
        for (index, action) in self.actions.iter().enumerate() {
            let malformed = |field: &str| {
                let text = "a `$` begins no placeholder, so every use would be refused (OutputFormatting)";
                self.notes.add(format!("actions[{index}].{field}: {text}"));
            };
            let check = |field: &str, text: Option<&String>| {
                if text.is_some_and(|text| !template::is_well_formed(text)) {
                    malformed(field);
                }
            };
            match &action.kind {
                ActionKind::Success { output } => check("output", unreadable(Some(output)).as_ref()),
                ActionKind::Failure { error, cause } => {
                    check("error", error.as_ref());
                    check("cause", cause.as_ref());
                }
                ActionKind::Heartbeat => {}
                ActionKind::Post(_) | ActionKind::Form(_) => continue,
            }
            let response = &action.response;
            check("response.json", unreadable(response.json.as_ref()).as_ref());
            check("response.html", response.html.as_ref());
            check("response.text", response.text.as_ref());
            if response
                .redirect
                .as_ref()
                .is_some_and(action::Redirect::has_parameter_in_host)
            {
                let at = format!("actions[{index}].response.redirect");
                let what = "a parameter may stand in the path or the query only, not in the host";
                return Err(Rejection::InvalidJson(Fault::at(at, what)));
            }
        }
        Ok(())
    }
}

impl End {
    /// What was wanted, if anything was.
    fn expiration(&self, now: u64) -> Result<Option<Expiration>, String> {
        match self {
            End::Unsaid => Ok(None),
            End::At(text) => {
                let explained = |what: &str| unevaluated::explained_text(what.to_owned(), "expiration", text);
                let expiration = Expiration::parse(text).map_err(explained)?;
                match u64::try_from(expiration.unix_seconds()) {
                    Ok(end) if now < end => Ok(Some(expiration)),
                    _ => Err("expiration: is in the past".to_owned()),
                }
            }
            End::In(text) => {
                let end = Lifetime::parse(text).and_then(|lifetime| lifetime.end(now));
                end.map(Some).map_err(|what| {
                    let what = format!("expires_in: {what}");
                    unevaluated::explained_text(what, "expires_in", text)
                })
            }
        }
    }

    const fn field(&self) -> &'static str {
        match self {
            End::Unsaid | End::At(_) => "expiration",
            End::In(_) => "expires_in",
        }
    }
}

/// The first string of a value whose placeholders cannot be read.
fn unreadable(json: Option<&JsonText>) -> Option<String> {
    let found = json?.map_strings(
        |text| {
            if template::is_well_formed(text) {
                Ok(String::new())
            } else {
                Err(Some(text.to_owned()))
            }
        },
        || None,
    );
    found.err().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CreateUrls, Rejection> {
        CreateUrls::parse(text.as_bytes(), &config(&[]))
    }

    fn config(vars: &[(&str, &str)]) -> Config {
        let all = [vars, &[("AWS_REGION", "eu-central-1")]].concat();
        Config::from_vars(|name| {
            all.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    const NOW: u64 = 1_790_000_000;
    const HEARTBEAT: &str = r#"{"name":"a","type":"heartbeat"}"#;

    fn request(actions: &str, more: &str) -> String {
        format!(r#"{{"token":"t","actions":[{actions}]{more}}}"#)
    }

    #[test]
    fn requests_of_another_shape_are_refused_by_field() {
        for (text, message) in [
            (
                String::new(),
                "not valid JSON: EOF while parsing a value at line 1 column 0",
            ),
            (
                "{".to_owned(),
                "not valid JSON: EOF while parsing an object at line 1 column 1",
            ),
            ("[]".to_owned(), "must be an object"),
            ("5".to_owned(), "must be an object"),
            ("{}".to_owned(), "missing field `actions`"),
            (r#"{"token":"t"}"#.to_owned(), "missing field `actions`"),
            (
                r#"{"actions":[]}"#.to_owned(),
                "token: is missing; give `token` or `target`",
            ),
            (
                r#"{"token":5,"actions":[]}"#.to_owned(),
                "token: must be a string",
            ),
            (
                r#"{"token":"","actions":[{}]}"#.to_owned(),
                "token: must have 1 to 2,048 characters",
            ),
            (request("", ""), "actions: must hold at least one action"),
            (
                request(HEARTBEAT, r#","expiration":5"#),
                "expiration: must be a string",
            ),
            (
                request(HEARTBEAT, r#","expiration":null"#),
                "expiration: must be a string",
            ),
            (
                request(HEARTBEAT, r#","enable_output_parameters":"true""#),
                "enable_output_parameters: must be a boolean",
            ),
            (
                request(HEARTBEAT, r#","base_url":"http://x""#),
                "base_url: must be an https URL",
            ),
            (
                request(&format!("{HEARTBEAT},5"), ""),
                "actions[1]: must be an object",
            ),
        ] {
            let rejection = parse(&text).expect_err(&text);
            assert_eq!(
                (rejection.code(), rejection.to_string().as_str()),
                ("InvalidJSON", message),
                "{text}"
            );
        }
        for text in [
            request(HEARTBEAT, r#","tokens":1"#),
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
            request(r#"{"name":"a","type":"success","output":NaN}"#, ""),
            request(HEARTBEAT, "") + "x",
        ] {
            assert_eq!(parse(&text).unwrap_err().code(), "InvalidJSON");
        }
        assert_eq!(
            CreateUrls::parse(b"\xff\xfe", &config(&[])).unwrap_err().code(),
            "InvalidJSON"
        );
    }

    #[test]
    fn two_actions_of_one_name_are_refused() {
        let rejection = parse(&request(&format!("{HEARTBEAT},{HEARTBEAT}"), "")).unwrap_err();
        assert_eq!(
            rejection,
            Rejection::DuplicateActionName("actions[1].name".to_owned())
        );
    }

    #[test]
    fn dates_must_be_readable_and_to_come() {
        let check = |expiration: &str| {
            let request = parse(&request(HEARTBEAT, &format!(r#","expiration":"{expiration}""#))).unwrap();
            request.permitted(&config(&[]), NOW)
        };
        assert!(check("2026-12-24T18:00:00+01:00").is_ok());
        for expiration in [
            "soon",
            "2020-01-01",
            "2026-09-21T14:13:20Z",
            "1960-01-01",
            "2026-09-21T16:13:20+02:00",
        ] {
            assert_eq!(
                check(expiration).unwrap_err().code(),
                "InvalidDate",
                "{expiration}"
            );
        }
        assert!(check("2026-09-21T14:13:21Z").is_ok());
    }

    #[test]
    fn switched_off_features_are_refused() {
        const POST: &str =
            r#"{"name":"p","type":"post","outcomes":[{"name":"o","type":"heartbeat","schema":{}}]}"#;
        let with_parameters = r#","enable_output_parameters":true"#;
        let check = |actions: &str, more: &str, vars: &[(&str, &str)]| {
            parse(&request(actions, more))
                .unwrap()
                .permitted(&config(vars), NOW)
                .map_err(|rejection| rejection.code())
        };
        let posts_on = [("ENABLE_POST_ACTIONS", "true")];
        assert_eq!(check(HEARTBEAT, with_parameters, &[]), Err("ParametersDisabled"));
        assert_eq!(
            check(&format!("{POST},{HEARTBEAT}"), with_parameters, &posts_on),
            Err("ParametersDisabled")
        );
        assert_eq!(check(POST, "", &[]), Err("PostActionsDisabled"));
        assert_eq!(check(POST, with_parameters, &posts_on), Ok(None));
        assert_eq!(
            check(
                HEARTBEAT,
                with_parameters,
                &[("ENABLE_OUTPUT_PARAMETERS", "true")]
            ),
            Ok(None)
        );
        assert_eq!(
            check(HEARTBEAT, r#","enable_output_parameters":false"#, &[]),
            Ok(None)
        );
    }

    #[test]
    fn placeholders_are_looked_at_when_they_count() {
        let action = r#"{"name":"a","type":"success","output":{"$1":"$ok"},"response":{"html":"$"}}"#;
        let noted = parse(&request(action, r#","enable_output_parameters":true"#))
            .unwrap()
            .notes
            .list();
        assert!(
            noted.len() == 2 && noted[0].starts_with("actions[0].output: "),
            "{noted:?}"
        );
        assert!(noted[1].starts_with("actions[0].response.html: "), "{noted:?}");
        assert!(parse(&request(action, "")).unwrap().notes.list().is_empty());
        let host = r#"{"name":"a","type":"heartbeat","response":{"redirect":"https://$x.example.com/"}}"#;
        let rejection = parse(&request(host, r#","enable_output_parameters":true"#)).unwrap_err();
        assert_eq!(rejection.code(), "InvalidJSON");
        assert!(
            rejection
                .to_string()
                .starts_with("actions[0].response.redirect: "),
            "{rejection}"
        );
        assert!(parse(&request(host, "")).is_ok());
    }

    fn notes(text: &str) -> Vec<String> {
        parse(text)
            .unwrap_or_else(|rejection| panic!("{text}: {rejection}"))
            .notes
            .list()
    }

    #[test]
    fn a_token_that_nobody_filled_in_is_granted_with_a_warning_and_not_delivered() {
        const ASKS: &str = r#"{"name":"a","type":"heartbeat","confirm":true}"#;
        for (token, start) in [
            ("$$.Task.Token", "is an expression or a placeholder"),
            ("$states.context.Task.Token", "is an expression or a placeholder"),
            (
                "{% $states.context.Task.Token %}",
                "is an expression or a placeholder",
            ),
            ("{{token}}", "is an expression or a placeholder"),
            ("<token>", "is an expression or a placeholder"),
            ("{token}", "is an expression or a placeholder"),
            ("${Token}", "is an expression or a placeholder"),
            ("canary AAAA", "holds white space or a control character"),
            ("AAAA\\n", "holds white space or a control character"),
            ("AAAA\\u0000", "holds white space or a control character"),
        ] {
            for (at, target) in [
                ("token", format!(r#""token":"{token}""#)),
                (
                    "target.token",
                    format!(r#""target":{{"type":"step-functions","token":"{token}"}}"#),
                ),
            ] {
                let granted = notes(&format!(r#"{{{target},"actions":[{ASKS}]}}"#));
                assert_eq!(granted.len(), 1, "{granted:?}");
                assert!(granted[0].starts_with(&format!("{at}: {start}")), "{granted:?}");
                let meant = [
                    r#""token.$": "$$.Task.Token""#,
                    r#""token": "{% $states.context.Task.Token %}""#,
                ];
                assert!(
                    meant.iter().all(|meant| granted[0].contains(meant)),
                    "{granted:?}"
                );
                assert!(!granted[0].contains("canary"), "{granted:?}");
                let topic = r#""deliver":{"sns":{"topic_arn":"arn:aws:sns:eu-central-1:123456789012:a"}}"#;
                let refused = parse(&format!(r#"{{{target},"actions":[{ASKS}],{topic}}}"#)).unwrap_err();
                assert_eq!(
                    (refused.code(), refused.to_string()),
                    ("InvalidJSON", granted[0].clone())
                );
            }
        }
        for token in [
            "AAAAKgAAAAIAAAAAAAAAAQ+/=",
            "6f1c9f0e-6c8c-4a9e-9f0e-6c8c4a9e9f0e",
            "t",
            "a:b#c%d",
            "é",
        ] {
            assert_eq!(
                notes(&format!(r#"{{"token":"{token}","actions":[{ASKS}]}}"#)),
                [""; 0],
                "{token}"
            );
        }
    }

    #[test]
    fn fields_that_nobody_evaluated_are_named_and_honest_texts_are_not() {
        let page = r#"{"title":"$.title","text":"{% $states.input.text %}","facts":[["Amount","$.amount"],["By","$$.Execution.Name"]]}"#;
        let action = format!(r#"{{"name":"a","type":"success","output":{{"by":"$.by"}},"confirm":{page}}}"#);
        let more = r#","recipients":[{"id":"$.id"}],"include_callback":true"#;
        let found = notes(&request(&action, more));
        let at: Vec<&str> = found
            .iter()
            .map(|note| note.split(": ").next().unwrap())
            .collect();
        let expected = [
            "actions[0].output.by",
            "actions[0].confirm.title",
            "actions[0].confirm.text",
            "actions[0].confirm.facts[0][1]",
            "actions[0].confirm.facts[1][1]",
            "recipients[0].id",
        ];
        assert_eq!(at, expected, "{found:?}");
        assert!(
            found
                .iter()
                .all(|note| note.contains("nobody evaluated this expression")),
            "{found:?}"
        );
        let honest = r#"{"title":"$5 off","text":"Costs $.50, {{really}}","facts":[["Price","$.50"],["Name","$name"],["a","100%"],["$","US$"]],"label":"Pay $"}"#;
        let action = format!(r#"{{"name":"a","type":"success","output":"$","confirm":{honest}}}"#);
        assert_eq!(notes(&request(&action, "")), [""; 0]);
        // Parameters have dollar signs of their own, and paths their place.
        let filled = r#"{"name":"a","type":"success","output":{"by":"$name","price":"$$.x"},"response":{"text":"$name"}}"#;
        assert_eq!(
            notes(&request(filled, r#","enable_output_parameters":true"#)),
            [""; 0]
        );
        let post = r#"{"name":"a","type":"post","outcomes":[{"name":"o","type":"success","schema":{"const":"$.x"},"output_path":"$.x"}]}"#;
        assert_eq!(notes(&request(post, "")), [""; 0]);
    }

    #[test]
    fn a_refused_expression_is_explained() {
        let now = |text: &str| {
            let request = parse(text).unwrap();
            request.permitted(&config(&[]), NOW).unwrap_err().to_string()
        };
        let date = now(&request(HEARTBEAT, r#","expiration":"$.canary""#));
        assert!(
            date.starts_with("expiration: ") && date.contains(r#""expiration.$": "$.…""#),
            "{date}"
        );
        let duration = now(&request(HEARTBEAT, r#","expires_in":"{% $canary %}""#));
        assert!(
            duration.starts_with("expires_in: ") && duration.contains("QueryLanguage is JSONata"),
            "{duration}"
        );
        for (text, start) in [
            (
                request("\"$.canary\"", ""),
                "actions[0]: must be an object; nobody evaluated",
            ),
            (
                request(HEARTBEAT, r#","enable_output_parameters":"$.canary""#),
                "enable_output_parameters: must be a boolean; nobody",
            ),
            (
                request(HEARTBEAT, r#","base_url":"{% $canary %}""#),
                "base_url: is not an absolute URL; nobody evaluated",
            ),
            (
                request(HEARTBEAT, r#","locale":"$.canary""#),
                "locale: must be one of ",
            ),
            (
                request(HEARTBEAT, r#","expires_in.$":"$.canary""#),
                "expires_in.$: nobody evaluated this.",
            ),
            (
                request(
                    HEARTBEAT,
                    r#","deliver":{"ses":{"from":"a@example.com","to":["$.canary"]}}"#,
                ),
                "deliver.ses.to[0]: must be a mail",
            ),
            (
                request(HEARTBEAT, r#","deliver":{"sns":{"topic_arn":"{% $canary %}"}}"#),
                "deliver.sns.topic_arn: must be the ARN",
            ),
        ] {
            let message = parse(&text).unwrap_err().to_string();
            assert!(
                message.starts_with(start) && message.contains("nobody evaluated"),
                "{message}"
            );
            assert!(!message.contains("canary"), "{message}");
        }
    }
}
