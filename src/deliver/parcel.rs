//! Messages as they are handed to whoever sends them: complete, within the limits of their channel.

use super::message::{Message, Sealed, UrlSet};
use super::permits::Arn;
use super::{Channel, Delivery, Permits, SecretRef, event, is_for_a_person, mail, read, slack, teams};
use crate::https_url::HttpsUrl;
use crate::rejection::{Fault, Rejection};
use lettre::message::Mailbox;
use std::fmt;

/// Longest line that Exchange leaves whole (RFC 5322, 2.1.1), less the angle brackets.
const MAX_TEXT_URL: usize = 996;
/// Largest message of SNS, for a topic whose `MaximumMessageSize` says so (Amazon SNS Developer Guide, "Publishing large
/// messages").
const MAX_SNS_BYTES: usize = 1_048_576;
/// What a topic takes whose `MaximumMessageSize` nobody has changed.
const USUAL_SNS_BYTES: usize = 262_144;
/// Largest entry of EventBridge (EventBridge API Reference, PutEvents).
const MAX_EVENT_BYTES: usize = 1_048_576;
/// Longest URL of a button (Slack's reference of block elements).
const MAX_SLACK_URL: usize = 3_000;
/// Largest message of a workflow (Microsoft's reference of Teams' limits).
const MAX_TEAMS_BYTES: usize = 28 * 1_024;
/// Largest sum of all messages of a request: each of them is in memory before the first one is sent, and texts of one
/// request can be in a thousand mails. The function may have no more than 128 MB.
const MAX_COMPOSED_BYTES: usize = 16 << 20;

/// How a message gets into Slack. The secret is `S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlackDoor<S> {
    /// An incoming webhook, whose address is the secret.
    Webhook(S),
    /// A bot, whose token is the secret.
    Bot(S),
}

/// How many bytes the messages of a request may still have.
#[derive(Debug)]
pub struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(MAX_COMPOSED_BYTES)
    }
}

impl Room {
    fn take(&mut self, parcel: &Parcel, at: &str) -> Result<(), Rejection> {
        let left = self.0.checked_sub(parcel.size());
        self.0 = left.ok_or_else(|| {
            let mebibytes = MAX_COMPOSED_BYTES >> 20;
            let what = format!(
                "all messages of the request together would have more than {mebibytes} MiB; make several requests, or \
                 shorten the texts"
            );
            Rejection::InvalidJson(Fault::at(at, what))
        })?;
        Ok(())
    }
}

/// A message that only has to be sent.
pub enum Parcel {
    /// `Publish` of SNS.
    Topic {
        /// The topic.
        topic: Arn,
        /// Of mails.
        subject: String,
        /// The message.
        text: String,
    },
    /// `SendEmail` of SES.
    Mail {
        /// Where its identity is.
        region: String,
        /// Who sends, as an address.
        from: String,
        /// Who gets it, as an address.
        to: String,
        /// The whole mail, headers and all.
        raw: Vec<u8>,
    },
    /// A POST to Slack.
    Slack {
        /// How it gets in.
        door: SlackDoor<Secret>,
        /// JSON.
        body: String,
    },
    /// A POST to a workflow.
    Teams {
        /// Its address.
        workflow: Secret,
        /// JSON.
        body: String,
    },
    /// A POST to a program.
    Webhook {
        /// Where to.
        url: HttpsUrl,
        /// Of the signature.
        secret: Secret,
        /// The same for each attempt, so that the program can tell them.
        id: String,
        /// Unix seconds.
        timestamp: u64,
        /// JSON.
        body: String,
    },
    /// `PutEvents` of EventBridge.
    Event {
        /// The bus.
        bus: Arn,
        /// Who says it.
        source: String,
        /// What it is.
        detail_type: String,
        /// JSON.
        detail: String,
    },
}

/// A secret that may be read: which one, and how it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Secret {
    /// One of the stack's list.
    pub arn: Arn,
    /// As the request has it.
    pub reference: SecretRef,
}

impl Parcel {
    /// Bytes of what is composed.
    pub const fn size(&self) -> usize {
        match self {
            Parcel::Topic { subject, text, .. } => subject.len() + text.len(),
            Parcel::Mail { raw, .. } => raw.len(),
            Parcel::Slack { body, .. } | Parcel::Teams { body, .. } | Parcel::Webhook { body, .. } => {
                body.len()
            }
            Parcel::Event { detail, .. } => detail.len(),
        }
    }
}

impl fmt::Debug for Parcel {
    /// Its links are secrets, its texts the owner's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Parcel::Topic { .. } => "Topic(..)",
            Parcel::Mail { .. } => "Mail(..)",
            Parcel::Slack { .. } => "Slack(..)",
            Parcel::Teams { .. } => "Teams(..)",
            Parcel::Webhook { .. } => "Webhook(..)",
            Parcel::Event { .. } => "Event(..)",
        })
    }
}

/// All messages of one delivery. Nothing is sent before those of all deliveries are there.
///
/// # Errors
/// `UrlTooLong` for a link that the channel does not carry, `InvalidJSON` for a message over its limit, for messages that
/// have no room, and for a message without a link.
pub fn compose(
    delivery: &Delivery,
    sealed: &Sealed<'_>,
    permits: &Permits,
    room: &mut Room,
    warnings: &mut Vec<String>,
) -> Result<Vec<Parcel>, Rejection> {
    let at = &delivery.at;
    if delivery.channel.is_for_people() && !sealed.actions.iter().any(is_for_a_person) {
        let what = "has no link for a person: post actions are for programs; add a form, or an action with `confirm`";
        return Err(Rejection::InvalidJson(Fault::at(at, what)));
    }
    let secret = |reference: &SecretRef| {
        // Looked for before; a list does not change while a process runs.
        let arn = reference.arn(permits).cloned();
        let arn = arn.ok_or_else(|| Rejection::DeliveryDisabled(Fault::at(at, "names another secret")))?;
        Ok::<_, Rejection>(Secret {
            arn,
            reference: reference.clone(),
        })
    };
    let mut parcels = Vec::with_capacity(sealed.sets.len());
    let mut add = |parcel: Parcel| {
        room.take(&parcel, at)?;
        parcels.push(parcel);
        Ok::<_, Rejection>(())
    };
    for (number, set) in sealed.sets.iter().enumerate() {
        match &delivery.channel {
            Channel::Sns { topic, subject } => {
                let message = Message::new(sealed, set, subject.as_deref());
                warn_of_long_lines(&message, at, warnings);
                let text = message.text();
                check_size(&text, MAX_SNS_BYTES, at)?;
                warn_of_large_messages(&text, at, warnings);
                let subject = match read::is_sns_subject(message.heading.as_str()) {
                    true => message.heading.to_string(),
                    false => super::texts::of(crate::language::Language::English)
                        .heading
                        .to_owned(),
                };
                add(Parcel::Topic {
                    topic: topic.clone(),
                    subject,
                    text,
                })?;
            }
            Channel::Ses {
                from,
                to,
                reply_to,
                subject,
            } => {
                let message = Message::new(sealed, set, subject.as_deref());
                let own = set.person.and_then(|person| person.email.as_ref());
                let region = permits.sends_in(from.email.as_ref()).unwrap_or_default();
                let mails = match own {
                    Some(own) => std::slice::from_ref(own),
                    None => to.as_slice(),
                };
                for (copy, to) in mails.iter().enumerate() {
                    let boundary = format!("{}-{number}-{copy}", sealed.transaction);
                    let raw = mail::compose(&message, from, to, reply_to.as_deref(), &boundary, sealed.now)?;
                    add(Parcel::Mail {
                        region: region.clone(),
                        from: address(from),
                        to: address(to),
                        raw,
                    })?;
                }
            }
            Channel::Slack {
                door,
                channel,
                subject,
            } => {
                let message = Message::new(sealed, set, subject.as_deref());
                check_buttons(&message, MAX_SLACK_URL, "a button of Slack")?;
                let own = set.person.and_then(|person| person.slack.as_deref());
                let (door, channel) = match door {
                    SlackDoor::Webhook(reference) => (SlackDoor::Webhook(secret(reference)?), None),
                    SlackDoor::Bot(reference) => {
                        (SlackDoor::Bot(secret(reference)?), own.or(channel.as_deref()))
                    }
                };
                let body = slack::compose(&message, channel);
                slack::check(&body).map_err(|what| Rejection::InvalidJson(Fault::at(at, what)))?;
                add(Parcel::Slack {
                    door,
                    body: body.to_string(),
                })?;
            }
            Channel::Teams { workflow, subject } => {
                let message = Message::new(sealed, set, subject.as_deref());
                let body = teams::compose(&message).to_string();
                check_size(&body, MAX_TEAMS_BYTES, at)?;
                add(Parcel::Teams {
                    workflow: secret(workflow)?,
                    body,
                })?;
            }
            Channel::Webhook { url, secret: key } => add(Parcel::Webhook {
                url: url.clone(),
                secret: secret(key)?,
                id: webhook_id(sealed, set, number),
                timestamp: sealed.now,
                body: event::body(sealed, set),
            })?,
            Channel::EventBridge {
                bus,
                source,
                detail_type,
            } => {
                let detail = event::detail(sealed, set);
                // The size of an entry counts its source and type, too.
                check_size(&detail, MAX_EVENT_BYTES - source.len() - detail_type.len(), at)?;
                add(Parcel::Event {
                    bus: bus.clone(),
                    source: source.clone(),
                    detail_type: detail_type.clone(),
                    detail,
                })?;
            }
        }
    }
    Ok(parcels)
}

fn address(mailbox: &Mailbox) -> String {
    mailbox.email.to_string()
}

fn webhook_id(sealed: &Sealed<'_>, set: &UrlSet<'_>, number: usize) -> String {
    match set.person {
        None => format!("msg_{}", sealed.transaction),
        Some(_) => format!("msg_{}_{number}", sealed.transaction),
    }
}

fn check_size(text: &str, max: usize, at: &str) -> Result<(), Rejection> {
    match text.len() {
        length if length > max => {
            let what = format!("the message would have {length} bytes; {max} are allowed");
            Err(Rejection::InvalidJson(Fault::at(at, what)))
        }
        _ => Ok(()),
    }
}

fn check_buttons(message: &Message<'_>, max: usize, of: &str) -> Result<(), Rejection> {
    match message.buttons().find(|button| button.url.len() > max) {
        Some(button) => {
            let length = button.url.len();
            let what = format!("the URL would have {length} characters; {of} takes {max}");
            Err(Rejection::UrlTooLong(Fault::at(
                format!("actions[{}]", button.index),
                what,
            )))
        }
        None => Ok(()),
    }
}

/// Only SNS knows whether its topic takes them: whether it does is an attribute of the topic, which we have no right to read.
fn warn_of_large_messages(text: &str, at: &str, warnings: &mut Vec<String>) {
    let about = format!("{at}: the message has more than {USUAL_SNS_BYTES} bytes");
    if text.len() > USUAL_SNS_BYTES && !warnings.iter().any(|warning| warning.starts_with(&about)) {
        warnings.push(format!(
            "{about}; SNS refuses it unless the topic's MaximumMessageSize is larger"
        ));
    }
}

fn warn_of_long_lines(message: &Message<'_>, at: &str, warnings: &mut Vec<String>) {
    for button in message.buttons() {
        let about = format!("actions[{}]: {at} sends its URL as a line of ", button.index);
        // Once for each action, however many recipients there are.
        if button.url.len() > MAX_TEXT_URL && !warnings.iter().any(|warning| warning.starts_with(&about)) {
            warnings.push(format!(
                "{about}{} characters; mail programs may break lines of more than 998, so use SES for mails, or a form in \
                 place of several links",
                button.url.len() + 2
            ));
        }
    }
}
