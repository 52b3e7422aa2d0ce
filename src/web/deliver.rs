//! Links that were made are delivered: all messages are composed, then sent, what the request insists on first.

use super::App;
use crate::calls::Calls;
use crate::channels::{self, Failure, Outcome};
use crate::deliver::{Parcel, Sealed, UrlSet, compose};
use crate::log::Line;
use crate::rejection::{Fault, Rejection, Sent};
use crate::reply::{Created, Delivered, Links};
use crate::request::CreateUrls;

/// The messages of one channel.
pub(super) struct Order {
    at: String,
    channel: &'static str,
    optional: bool,
    parcels: Vec<Parcel>,
}

impl App {
    /// Delivers what was made.
    ///
    /// # Errors
    /// `DeliveryFailed` tells what was sent before. Nothing was sent with any other rejection.
    pub(super) async fn deliver(
        &self,
        orders: Vec<Order>,
        created: &mut Created,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<(), Rejection> {
        let deadline = channels::deadline();
        for order in &orders {
            let outcome = self.channels.send(&order.parcels, deadline, calls).await;
            let delivered = delivered(order, &outcome);
            let sent = line.messages.get_or_insert(0);
            *sent = sent.saturating_add(delivered.messages);
            created.is_out |= tells_somebody(&outcome);
            let before = summary(&created.delivered, &delivered);
            created
                .delivered
                .extend((delivered.messages > 0).then_some(delivered));
            match (failure(order, &outcome), order.optional) {
                (None, _) => {}
                (Some(what), true) => created.warnings.push(format!("{}: {what}", order.at)),
                (Some(what), false) => {
                    let sent = match created.is_out {
                        true => Sent::Unknown,
                        false => Sent::NotSent,
                    };
                    let fault = Fault::at(&order.at, format!("{what}; {before}"));
                    return Err(Rejection::DeliveryFailed(fault, sent));
                }
            }
        }
        Ok(())
    }

    /// All messages, before any of them is sent. What the request insists on is sent first, so that what is optional is not sent in vain.
    ///
    /// # Errors
    /// Those of [`compose`].
    pub(super) fn orders(
        &self,
        request: &CreateUrls,
        created: &mut Created,
        expires_at: Option<u64>,
        now: u64,
    ) -> Result<Vec<Order>, Rejection> {
        let sets = match &created.links {
            Links::Shared(urls) => vec![UrlSet { person: None, urls }],
            Links::Own(own) => {
                let people = request.recipients.iter().zip(own);
                let set = |(person, own)| set(person, own);
                people.map(set).collect()
            }
            Links::Delivered(_) => Vec::new(),
        };
        let sealed = Sealed {
            actions: &request.actions,
            sets,
            transaction: created.transaction_id.clone(),
            expires_at,
            now,
            language: request.locale.unwrap_or_default(),
            brand: &self.config.brand,
        };
        let mut orders = Vec::with_capacity(request.deliveries.len());
        for delivery in &request.deliveries {
            orders.push(Order {
                at: delivery.at.clone(),
                channel: delivery.channel.name(),
                optional: delivery.optional,
                parcels: compose(delivery, &sealed, &self.config.permits, &mut created.warnings)?,
            });
        }
        orders.sort_by_key(|order| order.optional);
        if !request.returns_urls {
            // Secrets that were generated are told once, here.
            let has_secrets =
                matches!(&created.links, Links::Own(own) if own.iter().any(|own| !own.secrets.is_empty()));
            match has_secrets {
                true => created.warnings.push(
                    "deliver: the answer has the links, because it tells the secrets that were generated for each recipient"
                        .to_owned(),
                ),
                false => created.links = Links::Delivered(created.links.len()),
            }
        }
        Ok(orders)
    }
}

fn set<'a>(person: &'a crate::deliver::Person, own: &'a crate::reply::RecipientLinks) -> UrlSet<'a> {
    UrlSet {
        person: Some(person),
        urls: &own.urls,
    }
}

fn delivered(order: &Order, outcome: &Outcome) -> Delivered {
    let taken: Vec<_> = outcome.messages.iter().flatten().flatten().collect();
    Delivered {
        channel: order.channel,
        messages: taken.len(),
        ids: taken
            .into_iter()
            .filter_map(|receipt| receipt.id.clone())
            .collect(),
    }
}

/// Whether a message was taken, or may have been.
fn tells_somebody(outcome: &Outcome) -> bool {
    outcome.messages.iter().flatten().any(|message| match message {
        Ok(_) | Err(Failure::Unknown(_)) => true,
        Err(Failure::NotSent(_)) => false,
    })
}

/// What became of the first message that failed; the others after it were not tried, or failed, too.
fn failure(order: &Order, outcome: &Outcome) -> Option<String> {
    let mut messages = outcome.messages.iter().enumerate();
    let (place, failure) = messages.find_map(|(place, message)| match message {
        Some(Err(failure)) => Some((place + 1, failure)),
        Some(Ok(_)) | None => None,
    })?;
    let which = match order.parcels.len() {
        1 => "the message".to_owned(),
        all => format!("message {place} of {all}"),
    };
    Some(match failure {
        Failure::NotSent(what) => format!("{which} was not sent ({what})"),
        Failure::Unknown(what) => format!("{which} may have been sent or not ({what})"),
    })
}

/// Who has links by now.
fn summary(before: &[Delivered], own: &Delivered) -> String {
    let sent: Vec<String> = before
        .iter()
        .chain([own])
        .filter(|delivered| delivered.messages > 0)
        .map(|delivered| match delivered.messages {
            1 => format!("1 message by {}", delivered.channel),
            messages => format!("{messages} messages by {}", delivered.channel),
        })
        .collect();
    match sent.is_empty() {
        true => "nothing else was sent".to_owned(),
        false => format!("sent before: {}", sent.join(", ")),
    }
}
