//! Sending the links: what is asked for, whether the stack lets it, and what each message says. Pure; what is composed
//! here is sent by [`crate::channels`].

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

mod event;
mod line;
mod mail;
mod message;
mod parcel;
pub mod permits;
mod read;
mod slack;
mod teams;
mod texts;

pub use message::{Sealed, UrlSet};
pub use parcel::{Parcel, Room, Secret, SlackDoor, compose};
pub use permits::Permits;
pub use read::{people, read};

use crate::action::{Action, ActionKind, Confirm, Recipient};
use crate::https_url::HttpsUrl;
use crate::rejection::{Fault, Rejection};
use lettre::message::Mailbox;
use permits::Arn;
use std::fmt;

/// Most channels of one request.
pub const MAX_CHANNELS: usize = 10;

/// One channel, as the request asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Where it stands, as in `deliver[1].ses`.
    pub at: String,
    /// Through what.
    pub channel: Channel,
    /// Whether the request is granted although this one fails.
    pub optional: bool,
}

/// Ways to tell somebody the links.
#[derive(Debug, Clone, PartialEq)]
pub enum Channel {
    /// A text, published to a topic.
    Sns {
        /// The topic.
        topic: Arn,
        /// Of mails.
        subject: Option<String>,
    },
    /// Mails, one for each person.
    Ses {
        /// Who sends.
        from: Box<Mailbox>,
        /// Who gets one; empty when recipients have addresses.
        to: Vec<Mailbox>,
        /// Where answers go.
        reply_to: Option<Box<Mailbox>>,
        /// Instead of the title.
        subject: Option<String>,
    },
    /// A message with buttons.
    Slack {
        /// How it gets in.
        door: SlackDoor<SecretRef>,
        /// Where to, for a bot.
        channel: Option<String>,
        /// Instead of the title.
        subject: Option<String>,
    },
    /// A card with buttons.
    Teams {
        /// Where the address of the workflow lies.
        workflow: SecretRef,
        /// Instead of the title.
        subject: Option<String>,
    },
    /// A signed request to a program.
    Webhook {
        /// Where to.
        url: HttpsUrl,
        /// Where the secret of its signature lies.
        secret: SecretRef,
    },
    /// An event on a bus.
    EventBridge {
        /// The bus.
        bus: Arn,
        /// Who says it.
        source: String,
        /// What it is.
        detail_type: String,
    },
}

impl Channel {
    /// As requests and answers name it.
    pub const fn name(&self) -> &'static str {
        match self {
            Channel::Sns { .. } => "sns",
            Channel::Ses { .. } => "ses",
            Channel::Slack { .. } => "slack",
            Channel::Teams { .. } => "teams",
            Channel::Webhook { .. } => "webhook",
            Channel::EventBridge { .. } => "eventbridge",
        }
    }

    /// Whether people read it, and programs that open links on their behalf.
    const fn is_for_people(&self) -> bool {
        match self {
            Channel::Sns { .. } | Channel::Ses { .. } | Channel::Slack { .. } | Channel::Teams { .. } => true,
            Channel::Webhook { .. } | Channel::EventBridge { .. } => false,
        }
    }
}

/// Where a secret lies.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// In Secrets Manager: ARN or name, and the part of its JSON that counts.
    SecretsManager(String, Option<String>),
    /// In Systems Manager: ARN or name of a parameter.
    Parameter(String),
}

impl fmt::Debug for SecretRef {
    /// Its name may be a secret that somebody wrote in the wrong place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SecretRef::SecretsManager(..) => "SecretsManager(..)",
            SecretRef::Parameter(_) => "Parameter(..)",
        })
    }
}

/// A recipient, and where messages for them go.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Whose links they are.
    pub id: Recipient,
    /// For mails.
    pub email: Option<Mailbox>,
    /// Member or channel, for a bot in Slack.
    pub slack: Option<String>,
}

/// Whether everything may be delivered as it is asked: links that people get must be inert, and the stack must let each
/// channel be used.
///
/// # Errors
/// `UnsafeDelivery` or `DeliveryDisabled`, with the field.
pub fn permitted(deliveries: &[Delivery], actions: &[Action], permits: &Permits) -> Result<(), Rejection> {
    if let Some(delivery) = deliveries
        .iter()
        .find(|delivery| delivery.channel.is_for_people())
    {
        check_inert(delivery, actions)?;
    }
    for delivery in deliveries {
        delivery
            .channel
            .permitted(permits)
            .map_err(|fault| Rejection::DeliveryDisabled(fault.under(&delivery.at)))?;
    }
    Ok(())
}

/// What a mail gateway, a preview or a finger opens must not act yet.
fn check_inert(delivery: &Delivery, actions: &[Action]) -> Result<(), Rejection> {
    for (index, action) in actions.iter().enumerate() {
        let acts = match &action.kind {
            ActionKind::Success { .. } | ActionKind::Failure { .. } | ActionKind::Heartbeat => {
                action.confirm == Confirm::Off
            }
            ActionKind::Post(_) | ActionKind::Form(_) => false,
        };
        if acts {
            let what = format!(
                "acts when its link is opened, so it is not sent to people ({}): mail gateways and chats open links by \
                 themselves. Give it \"confirm\": true, or make a form",
                delivery.at
            );
            return Err(Rejection::UnsafeDelivery(Fault::at(
                format!("actions[{index}]"),
                what,
            )));
        }
    }
    Ok(())
}

/// Whether a person may be sent the link of this action. What only programs can use is left out.
fn is_for_a_person(action: &Action) -> bool {
    !matches!(action.kind, ActionKind::Post(_))
}

impl Channel {
    fn permitted(&self, permits: &Permits) -> Result<(), Fault> {
        let secret = |secret: &SecretRef, at: &str| match secret.arn(permits) {
            Some(_) => Ok(()),
            None => Err(Fault::at(
                at,
                match secret {
                    SecretRef::SecretsManager(..) => {
                        "is not among the secrets that this stack may read (parameter DeliverSecretArns)"
                    }
                    SecretRef::Parameter(_) => {
                        "is not among the parameters that this stack may read (parameter DeliverParameterArns)"
                    }
                },
            )),
        };
        match self {
            Channel::Sns { topic, .. } if !permits.topics.contains(topic) => Err(Fault::at(
                "topic_arn",
                "is not among the topics that this stack may publish to (parameter DeliverTopicArns)",
            )),
            Channel::Sns { .. } => Ok(()),
            Channel::Ses { from, .. } if !permits.sends_from(from.email.as_ref()) => Err(Fault::at(
                "from",
                "is not of an identity that this stack may send mails as (parameter DeliverIdentityArns)",
            )),
            Channel::Ses { .. } => Ok(()),
            Channel::Slack { door, .. } => match door {
                SlackDoor::Webhook(reference) => secret(reference, "webhook"),
                SlackDoor::Bot(reference) => secret(reference, "bot_token"),
            },
            Channel::Teams { workflow, .. } => secret(workflow, "workflow_url"),
            Channel::Webhook { url, secret: key } => {
                if !permits
                    .hosts
                    .iter()
                    .any(|permitted| permitted.as_str() == url.host())
                {
                    return Err(Fault::at(
                        "url",
                        "has a host that is not among those that this stack may post to (parameter DeliverHosts)",
                    ));
                }
                secret(key, "secret")
            }
            Channel::EventBridge { bus, .. } if !permits.buses.contains(bus) => Err(Fault::at(
                "event_bus_arn",
                "is not among the buses that this stack may put events on (parameter DeliverEventBusArns)",
            )),
            Channel::EventBridge { .. } => Ok(()),
        }
    }
}

impl SecretRef {
    /// Which of the secrets that the stack may read it means.
    pub fn arn<'a>(&self, permits: &'a Permits) -> Option<&'a Arn> {
        match self {
            SecretRef::SecretsManager(wanted, _) => permits.secret_manager(wanted),
            SecretRef::Parameter(wanted) => permits.parameter(wanted),
        }
    }
}

#[cfg(test)]
mod tests;
