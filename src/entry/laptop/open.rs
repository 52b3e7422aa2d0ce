//! `open`: what a link holds, for support. The task token is never shown.

use super::{Open, key_file};
use crate::action::{ActionKind, Confirm, Face, Outcome, OutcomeKind};
use crate::calls::Calls;
use crate::channels::Channels;
use crate::entry::process;
use crate::expiration;
use crate::keys::{Asker, Keys};
use crate::link::Query;
use crate::payload::Payload;
use crate::rejection::Rejection;
use crate::seal::{KeyRef, Untrusted};
use crate::web::App;
use crate::webhook::Webhook;
use std::sync::{Arc, Mutex};

impl Open {
    pub(super) async fn run(&self) -> Result<(), String> {
        let data = self.data()?;
        let untrusted =
            Untrusted::parse(&data).map_err(|damage| format!("this is no link of ours: {damage}"))?;
        println!("{:<13}{}", "Format", format_of(&untrusted));
        let opened = match &untrusted {
            Untrusted::Plain(plain) => plain.trust_without_key().map_err(|damage| damage.to_string())?,
            Untrusted::Legacy(_) | Untrusted::Sealed(_) => {
                let app = self.app(&untrusted).await?;
                let asker = Asker {
                    address: None,
                    now: u64::try_from(process::clock().as_second()).unwrap_or(0),
                    random: app.random,
                };
                let opened = app.open(untrusted, &asker, &Calls::default()).await;
                opened.map_err(|rejection| format!("the link does not open: {}", because(&rejection)))?
            }
        };
        print!("{}", describe(&opened.payload, process::clock()));
        Ok(())
    }

    /// The `data` of an address, or what was given if it is a link already.
    fn data(&self) -> Result<String, String> {
        data_of(&self.url)
    }

    async fn app(&self, untrusted: &Untrusted) -> Result<App, String> {
        let is_compact =
            matches!(untrusted, Untrusted::Sealed(sealed) if matches!(sealed.reference(), KeyRef::Epoch(_)));
        if is_compact && self.keys.mac_key.is_none() {
            return Err("the link is compact; name its HMAC key with --mac-key, beside --kms-key".to_owned());
        }
        if self.keys.kms_key.is_some() {
            return self.keys.aws_app(&[]).await;
        }
        match untrusted {
            Untrusted::Sealed(sealed) if matches!(sealed.reference(), KeyRef::Local(_)) => {}
            Untrusted::Sealed(_) | Untrusted::Legacy(_) | Untrusted::Plain(_) => {
                return Err(
                    "the link is sealed under a KMS key; name it with --kms-key to open the link".to_owned(),
                );
            }
        }
        let path = self
            .keys
            .key_file
            .clone()
            .map_or_else(key_file::default_path, Ok)?;
        let keys = key_file::read(&path).map_err(|what| format!("{}: {what}", path.display()))?;
        let keys = keys.ok_or_else(|| {
            format!(
                "{}: there is no such key; name its file with --key-file",
                path.display()
            )
        })?;
        let config = self.keys.config(None, &[])?;
        let no_tasks = crate::tasks::Tasks::Listed(Arc::new(Mutex::new(crate::tasks::TaskList::new())));
        Ok(process::with(config, Keys::Local(keys), no_tasks, Channels::Off))
    }
}

/// See [`Open::data`]. A link may be followed by a question mark, too.
fn data_of(given: &str) -> Result<String, String> {
    let query = match given.split_once('?') {
        Some((_, query)) if Untrusted::parse(given).is_err() => query,
        Some(_) | None => return Ok(given.to_owned()),
    };
    let query = query.split('#').next().unwrap_or_default();
    Query::parse(query)
        .data()
        .map(str::to_owned)
        .map_err(|damage| format!("the address has {damage}"))
}

fn because(rejection: &Rejection) -> String {
    format!("{} ({})", rejection.code(), rejection.log_text())
}

fn format_of(untrusted: &Untrusted) -> String {
    match untrusted {
        Untrusted::Plain(_) => "1- (not encrypted: anybody can have written it)".to_owned(),
        Untrusted::Legacy(_) => "2- (made by the Python application)".to_owned(),
        Untrusted::Sealed(sealed) => match sealed.reference() {
            KeyRef::Kms(_) => format!("3-, data key {} under KMS", sealed.reference().fingerprint()),
            KeyRef::Epoch(epoch) => {
                let begins = time(epoch.begins_at());
                format!("3-, compact: HMAC key of KMS, hour that began at {begins}")
            }
            KeyRef::Local(id) => {
                let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("3-, local key {id}")
            }
        },
    }
}

/// Everything but the token, a line each.
fn describe(payload: &Payload, now: jiff::Timestamp) -> String {
    let mut lines = vec![
        (
            "Action",
            format!(
                "{} ({})",
                payload.action.name,
                payload.action.kind.action_type().as_str()
            ),
        ),
        ("Transaction", payload.transaction.to_string()),
        ("Made", time(payload.issued_at)),
        (
            "Expires",
            payload
                .expires_at
                .map_or("never".to_owned(), |at| expiry(at, now)),
        ),
        ("Answers", payload.target.described()),
    ];
    match payload.action.confirm {
        Confirm::Off => {}
        Confirm::Page => lines.push(("Asks", "a page with a button".to_owned())),
        Confirm::Strict => lines.push(("Asks", "a page with a box to tick and a button".to_owned())),
    }
    lines.extend(
        payload
            .recipient
            .as_ref()
            .map(|recipient| ("Recipient", recipient.as_str().to_owned())),
    );
    lines.extend(payload.locale.map(|locale| ("Language", locale.tag().to_owned())));
    if payload.callback {
        lines.push((
            "Callback",
            "an output that is an object tells who answered".to_owned(),
        ));
    }
    if payload.parameters {
        lines.push(("Parameters", "are filled in from the query".to_owned()));
    }
    match &payload.action.kind {
        ActionKind::Success { output } => lines.push(("Output", output.as_str().to_owned())),
        ActionKind::Failure { error, cause } => {
            lines.extend(error.clone().map(|error| ("Error", error)));
            lines.extend(cause.clone().map(|cause| ("Cause", cause)));
        }
        ActionKind::Heartbeat => {}
        ActionKind::Post(post) => {
            let list = post.outcomes.list.iter();
            lines.extend(list.map(|outcome| ("Outcome", brief(outcome))));
            lines.extend(post.webhook.iter().flat_map(webhook));
        }
        ActionKind::Form(form) => {
            lines.extend(face(&form.face));
            lines.extend(
                form.outcomes
                    .list
                    .iter()
                    .map(|outcome| ("Outcome", brief(outcome))),
            );
        }
    }
    lines.extend(face(&payload.action.question.face));
    let response = payload.action.response.to_json();
    lines.extend(response.map(|response| ("Response", response.into_string())));
    lines
        .into_iter()
        .map(|(name, text)| format!("{name:<13}{}\n", printable(&text)))
        .collect()
}

/// Who may post what; never with what it is proven.
fn webhook(webhook: &Webhook) -> Vec<(&'static str, String)> {
    let verify = webhook
        .verify
        .as_ref()
        .map(|verify| ("Verifies", verify.scheme_text()));
    let intake = webhook.intake.to_json().map(|text| ("Takes", text.into_string()));
    verify.into_iter().chain(intake).collect()
}

fn face(face: &Face) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    lines.extend(face.title.clone().map(|title| ("Title", title)));
    lines.extend(face.text.clone().map(|text| ("Text", text)));
    lines.extend(
        face.facts
            .iter()
            .map(|(term, value)| ("Fact", format!("{term}: {value}"))),
    );
    lines
}

fn brief(outcome: &Outcome) -> String {
    let kind = match outcome.kind {
        OutcomeKind::Success(_) => "success",
        OutcomeKind::Failure(..) => "failure",
        OutcomeKind::Heartbeat => "heartbeat",
    };
    format!("{} ({kind}) for bodies like {}", outcome.name, outcome.schema)
}

fn time(unix_seconds: u64) -> String {
    let time = expiration::utc(unix_seconds);
    time.map_or("unknown".to_owned(), |time| {
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    })
}

fn expiry(at: u64, now: jiff::Timestamp) -> String {
    let is_over = u64::try_from(now.as_second()).is_ok_and(|now| now >= at);
    format!("{}{}", time(at), if is_over { " (expired)" } else { "" })
}

/// Control characters of a link could rewrite the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{self, Confirm, Notes, Source};
    use crate::target::Target;
    use crate::token::TaskToken;
    use crate::transaction::TransactionId;

    #[test]
    fn the_link_is_found_however_it_was_copied() {
        for given in [
            "1-e30",
            "1-e30?",
            " 1-e30。",
            "https://example.com/respond?data=1-e30",
            "<https://example.com/respond?action=a&amp;type=b&amp;data=1-e30>",
            "https://example.com/respond?data=1-e%0D%0A30%E3%80%82#x",
            "https://example.com/respond?data=1-e\n30",
        ] {
            let data = data_of(given).unwrap();
            assert_eq!(
                Untrusted::parse(&data).map(|link| link.format()),
                Ok(1),
                "{given}"
            );
        }
        assert!(data_of("https://example.com/respond?action=a").is_err());
        assert!(data_of("https://example.com/respond?data=1-e30&amp;data=1-e30").is_err());
    }

    #[test]
    fn everything_is_told_but_the_token() {
        let text =
            r#"{"name":"no","type":"failure","error":"E","cause":"C\u001b[2J","response":{"text":"T"}}"#;
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(text).unwrap();
        let payload = Payload {
            target: Target::StepFunctions(TaskToken::new("secret-token".to_owned()).unwrap()),
            transaction: TransactionId::new([0xab; 16]),
            issued_at: 1_790_000_000,
            expires_at: Some(1_790_000_060),
            parameters: true,
            action: action::read_action(&raw, "action", Source::Request(Confirm::Off), &Notes::default())
                .unwrap(),
            callback: false,
            recipient: None,
            locale: None,
        };
        let told = describe(&payload, jiff::Timestamp::from_second(1_790_000_060).unwrap());
        let id = "ab".repeat(16);
        for part in [
            "no (failure)",
            id.as_str(),
            "2026-09-21T14:13:20Z",
            "(expired)",
            "12 characters",
            "E\n",
            r#"{"text":"T"}"#,
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert!(
            !told.contains("secret-token") && !told.contains('\u{1b}'),
            "{told}"
        );
    }
}
