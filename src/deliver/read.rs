//! From JSON text to checked deliveries. Names the field that is wrong, never its value.

use super::permits::Arn;
use super::{Channel, Delivery, MAX_CHANNELS, Person, SecretRef, SlackDoor};
use crate::action::{self, Recipient, wire};
use crate::https_url::HttpsUrl;
use crate::rejection::Fault;
use crate::unseen::is_visible;
use lettre::Address;
use lettre::message::Mailbox;
use serde_json::value::RawValue;

/// Most addresses of one channel.
const MAX_ADDRESSES: usize = 50;
/// Longest subject, in characters; the title of a page has the same limit.
const MAX_SUBJECT_CHARS: usize = 200;
/// Longest subject of SNS, in bytes of ASCII (API reference of `Publish`: "less than 100 characters").
const MAX_SNS_SUBJECT: usize = 99;
/// Longest detail type of EventBridge (API reference of `PutEvents`).
const MAX_DETAIL_TYPE_CHARS: usize = 128;
/// Longest id of a channel or member of Slack; theirs have 11 characters.
const MAX_SLACK_ID_CHARS: usize = 64;
/// Longest `source` of an event.
const MAX_SOURCE_CHARS: usize = 256;
/// Longest mail address with its name, and longest name of a secret.
const MAX_NAME_BYTES: usize = 512;

/// `deliver`: one channel, or a list of them.
///
/// # Errors
/// The field that is wrong.
pub fn read(raw: &RawValue, people: &[Person]) -> Result<Vec<Delivery>, Fault> {
    let text = raw.get();
    if text.starts_with('{') {
        return Ok(vec![delivery(text, "deliver", people)?]);
    }
    let list: Vec<Box<RawValue>> = serde_json::from_str(text).map_err(|_| {
        Fault::at(
            "deliver",
            "must be a channel, as {\"sns\": {…}}, or a list of channels",
        )
    })?;
    if !(1..=MAX_CHANNELS).contains(&list.len()) {
        return Err(Fault::at(
            "deliver",
            format!("must hold 1 to {MAX_CHANNELS} channels"),
        ));
    }
    let each = list.iter().enumerate();
    each.map(|(index, raw)| delivery(raw.get(), &format!("deliver[{index}]"), people))
        .collect()
}

fn delivery(text: &str, at: &str, people: &[Person]) -> Result<Delivery, Fault> {
    let wire: wire::Delivery = action::read_text(text, |_| ()).map_err(|fault| fault.under(at))?;
    let optional = wire.optional == Some(true);
    let channel = match (
        wire.sns,
        wire.ses,
        wire.slack,
        wire.teams,
        wire.webhook,
        wire.eventbridge,
    ) {
        (Some(wire), None, None, None, None, None) => sns(wire),
        (None, Some(wire), None, None, None, None) => ses(wire, people),
        (None, None, Some(wire), None, None, None) => slack(wire, people),
        (None, None, None, Some(wire), None, None) => teams(wire),
        (None, None, None, None, Some(wire), None) => webhook(&wire.url, wire.secret),
        (None, None, None, None, None, Some(wire)) => eventbridge(wire),
        _ => {
            let what = "must have exactly one of `sns`, `ses`, `slack`, `teams`, `webhook`, `eventbridge`";
            return Err(Fault::at(at, what));
        }
    };
    // A fault of a recipient stands beside the channel, not below it.
    let name = || wire_name(text).map_or_else(|| at.to_owned(), |name| format!("{at}.{name}"));
    let channel = channel.map_err(|fault| match fault.at.starts_with("recipients") {
        true => fault,
        false => fault.under(&name()),
    })?;
    Ok(Delivery {
        at: format!("{at}.{}", channel.name()),
        channel,
        optional,
    })
}

/// The name of the one channel that is there.
fn wire_name(text: &str) -> Option<&'static str> {
    let fields: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    ["sns", "ses", "slack", "teams", "webhook", "eventbridge"]
        .into_iter()
        .find(|name| fields.contains_key(*name))
}

fn sns(wire: wire::Sns) -> Result<Channel, Fault> {
    let topic = Arn::topic(&wire.topic_arn).map_err(|what| Fault::at("topic_arn", what))?;
    if let Some(subject) = &wire.subject
        && !is_sns_subject(subject)
    {
        let what = "must be 1 to 99 characters of ASCII without line breaks, and not begin with a blank, as SNS demands";
        return Err(Fault::at("subject", what));
    }
    Ok(Channel::Sns {
        topic,
        subject: wire.subject,
    })
}

/// What SNS takes as the subject of mails.
pub(super) fn is_sns_subject(text: &str) -> bool {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    (1..=MAX_SNS_SUBJECT).contains(&text.len()) && printable && !text.starts_with(' ')
}

fn ses(wire: wire::Ses, people: &[Person]) -> Result<Channel, Fault> {
    let from = mailbox(&wire.from, "from")?;
    let reply_to = wire.reply_to.map(|text| mailbox(&text, "reply_to")).transpose()?;
    let subject = subject(wire.subject)?;
    let to = wire.to.unwrap_or_default();
    match (people, to.len()) {
        ([], 1..=MAX_ADDRESSES) => {}
        ([], _) => {
            return Err(Fault::at(
                "to",
                format!("must hold 1 to {MAX_ADDRESSES} addresses"),
            ));
        }
        (_, 1..) => {
            let what = "is left out with `recipients`: each gets their own links at their own `email`";
            return Err(Fault::at("to", what));
        }
        (people, 0) => {
            if let Some(index) = people.iter().position(|person| person.email.is_none()) {
                let what = "is missing: deliver.ses sends the links of this recipient there";
                return Err(Fault::at(format!("recipients[{index}].email"), what));
            }
        }
    }
    let to = to.iter().enumerate();
    let to = to.map(|(index, text)| mailbox(text, &format!("to[{index}]")));
    Ok(Channel::Ses {
        from: Box::new(from),
        to: to.collect::<Result<_, _>>()?,
        reply_to: reply_to.map(Box::new),
        subject,
    })
}

/// An address with or without a name. lettre checks and encodes both; what it could misread is refused here.
fn mailbox(text: &str, at: &str) -> Result<Mailbox, Fault> {
    let wrong = || {
        Fault::at(
            at,
            "must be a mail address of ASCII, as ann@example.com or Ann <ann@example.com>",
        )
    };
    if text.len() > MAX_NAME_BYTES || text.chars().any(char::is_control) {
        return Err(wrong());
    }
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    let address: &str = mailbox.email.as_ref();
    match address.is_ascii() && !mailbox.email.domain().starts_with('[') {
        true => Ok(mailbox),
        false => Err(wrong()),
    }
}

fn slack(wire: wire::Slack, people: &[Person]) -> Result<Channel, Fault> {
    let subject = subject(wire.subject)?;
    let door = match (wire.webhook, wire.bot_token) {
        (Some(webhook), None) => SlackDoor::Webhook(secret(webhook, "webhook")?),
        (None, Some(token)) => SlackDoor::Bot(secret(token, "bot_token")?),
        _ => return Err(Fault::at("", "must have either `webhook` or `bot_token`")),
    };
    match (&door, &wire.channel) {
        (SlackDoor::Webhook(_), Some(_)) => {
            let what = "is for a bot; an incoming webhook belongs to one channel";
            return Err(Fault::at("channel", what));
        }
        (SlackDoor::Bot(_), Some(channel)) if !is_slack_id(channel) => {
            return Err(Fault::at("channel", SLACK_ID));
        }
        (SlackDoor::Bot(_), None) => {
            let missing = people.iter().position(|person| person.slack.is_none());
            match (people, missing) {
                ([], _) => return Err(Fault::at("channel", "is missing: the bot posts there")),
                (_, Some(index)) => {
                    let what = "is missing, and deliver.slack has no `channel` either";
                    return Err(Fault::at(format!("recipients[{index}].slack"), what));
                }
                (_, None) => {}
            }
        }
        (SlackDoor::Webhook(_), None) | (SlackDoor::Bot(_), Some(_)) => {}
    }
    Ok(Channel::Slack {
        door,
        channel: wire.channel,
        subject,
    })
}

const SLACK_ID: &str = "must be the id of a channel or member, as C0123ABCD or U0123ABCD";

fn is_slack_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    (1..=MAX_SLACK_ID_CHARS).contains(&text.len()) && text.bytes().all(plain)
}

fn teams(wire: wire::Teams) -> Result<Channel, Fault> {
    Ok(Channel::Teams {
        workflow: secret(wire.workflow_url, "workflow_url")?,
        subject: subject(wire.subject)?,
    })
}

fn webhook(url: &str, key: wire::Secret) -> Result<Channel, Fault> {
    Ok(Channel::Webhook {
        url: HttpsUrl::parse(url).map_err(|what| Fault::at("url", what))?,
        secret: secret(key, "secret")?,
    })
}

fn eventbridge(wire: wire::EventBridge) -> Result<Channel, Fault> {
    let bus = Arn::bus(&wire.event_bus_arn).map_err(|what| Fault::at("event_bus_arn", what))?;
    let source = wire.source.unwrap_or_else(|| "sfn-callback-urls".to_owned());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if !(1..=MAX_SOURCE_CHARS).contains(&source.len())
        || !source.bytes().all(plain)
        || source.starts_with("aws.")
    {
        let what = format!(
            "must have 1 to {MAX_SOURCE_CHARS} letters, digits, dots, hyphens or underscores, and not begin with `aws.`"
        );
        return Err(Fault::at("source", what));
    }
    let detail_type = wire.detail_type.unwrap_or_else(|| super::event::TYPE.to_owned());
    let length = detail_type.chars().count();
    if !(1..=MAX_DETAIL_TYPE_CHARS).contains(&length) || detail_type.chars().any(char::is_control) {
        let what = format!("must have 1 to {MAX_DETAIL_TYPE_CHARS} characters, and no control characters");
        return Err(Fault::at("detail_type", what));
    }
    Ok(Channel::EventBridge {
        bus,
        source,
        detail_type,
    })
}

fn secret(wire: wire::Secret, at: &str) -> Result<SecretRef, Fault> {
    let is_name = |text: &String| {
        (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    };
    let name = |text: String, field: &str| match is_name(&text) {
        true => Ok(text),
        false => Err(Fault::at(format!("{at}.{field}"), "must be an ARN or a name")),
    };
    match (wire.secretsmanager, wire.ssm, wire.key) {
        (Some(text), None, key) => {
            if key.as_deref() == Some("") {
                return Err(Fault::at(
                    format!("{at}.key"),
                    "must be the name of a key in the secret's JSON",
                ));
            }
            Ok(SecretRef::SecretsManager(name(text, "secretsmanager")?, key))
        }
        (None, Some(text), None) => Ok(SecretRef::Parameter(name(text, "ssm")?)),
        (None, Some(_), Some(_)) => Err(Fault::at(format!("{at}.key"), "belongs to `secretsmanager` only")),
        (Some(_), Some(_), _) | (None, None, _) => {
            Err(Fault::at(at, "must have either `secretsmanager` or `ssm`"))
        }
    }
}

fn subject(text: Option<String>) -> Result<Option<String>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let is_long = text.chars().nth(MAX_SUBJECT_CHARS).is_some();
    if text.is_empty() || is_long || text.chars().any(char::is_control) {
        return Err(Fault::at("subject", "must have 1 to 200 characters on one line"));
    }
    match text.chars().any(is_visible) {
        true => Ok(Some(text)),
        false => Err(Fault::at("subject", "must hold something that can be seen")),
    }
}

/// The people of a request. An id that is a mail address is also one to write to.
///
/// # Errors
/// The field that is wrong.
pub fn people(wire: Vec<wire::Recipient>, max: usize) -> Result<Vec<Person>, Fault> {
    if !(1..=max).contains(&wire.len()) {
        return Err(Fault::at(
            "recipients",
            format!("must hold 1 to {max} recipients"),
        ));
    }
    let mut people: Vec<Person> = Vec::with_capacity(wire.len());
    for (index, recipient) in wire.into_iter().enumerate() {
        let at = |field: &str| format!("recipients[{index}].{field}");
        let id = Recipient::new(recipient.id).map_err(|what| Fault::at(at("id"), what))?;
        if people.iter().any(|person| person.id == id) {
            return Err(Fault::at(at("id"), "another recipient has the same id"));
        }
        let email = match recipient.email {
            Some(text) => Some(mailbox(&text, &at("email"))?),
            None => id
                .as_str()
                .parse::<Address>()
                .ok()
                .and_then(|_| mailbox(id.as_str(), "").ok()),
        };
        if recipient.slack.as_deref().is_some_and(|id| !is_slack_id(id)) {
            return Err(Fault::at(at("slack"), SLACK_ID));
        }
        people.push(Person {
            id,
            email,
            slack: recipient.slack,
        });
    }
    Ok(people)
}
