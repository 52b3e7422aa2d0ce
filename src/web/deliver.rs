//! Links that were made are delivered: all messages are composed, then sent, what the request insists on first.

use super::App;
use crate::calls::Calls;
use crate::channels::{Begun, Deadline, Failure, Outcome};
use crate::deliver::{Parcel, Room, Sealed, UrlSet, compose};
use crate::log::{Level, Line};
use crate::rejection::{Fault, Rejection, Sent};
use crate::reply::{Created, Delivered, Links, RecipientSecrets};
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
        deadline: Deadline,
        calls: &Calls,
        line: &mut Line,
    ) -> Result<(), Rejection> {
        let mut lost = Vec::new();
        for order in &orders {
            let begun = match order.optional {
                true => Begun::All,
                false => Begun::UntilFailure,
            };
            let outcome = self.channels.send(&order.parcels, begun, deadline, calls).await;
            let tally = Tally::of(&outcome);
            let delivered = delivered(order, &outcome);
            let sent = line.messages.get_or_insert(0);
            *sent = sent.saturating_add(delivered.messages);
            created.is_out |= tally.sent + tally.unknown > 0;
            let before = summary(&created.delivered, &delivered, tally);
            created
                .delivered
                .extend((delivered.messages > 0).then_some(delivered));
            match (failure(order, &outcome), order.optional) {
                (None, _) => {}
                (Some(what), true) => lost.push(format!("{}: {what}{}", order.at, others(tally))),
                (Some(what), false) => {
                    let fault = Fault::at(&order.at, format!("{what}; {before}"));
                    return Err(Rejection::DeliveryFailed(fault, how_far(created)));
                }
            }
        }
        if let (Some(first), true, Links::Delivered(_)) =
            (lost.first(), created.delivered.is_empty(), &created.links)
        {
            let what = format!("the answer has no links, and no message was sent for certain; {first}");
            return Err(Rejection::DeliveryFailed(
                Fault::at("deliver", what),
                how_far(created),
            ));
        }
        if !lost.is_empty() {
            line.level = line.level.max(Level::Warn);
            line.cause = Some(lost.join("; "));
            created.warnings.extend(lost);
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
        let (permits, warnings) = (&self.config.permits, &mut created.warnings);
        let mut room = Room::default();
        let mut orders = Vec::with_capacity(request.deliveries.len());
        for delivery in &request.deliveries {
            orders.push(Order {
                at: delivery.at.clone(),
                channel: delivery.channel.name(),
                optional: delivery.optional,
                parcels: compose(delivery, &sealed, permits, &mut room, warnings)?,
            });
        }
        orders.sort_by_key(|order| order.optional);
        if !request.returns_urls {
            let links = Links::Delivered(created.links.len());
            if let Links::Own(own) = std::mem::replace(&mut created.links, links) {
                // Secrets that were generated are told once, here; the links are not.
                let told = own.into_iter().filter(|own| !own.secrets.is_empty());
                created.recipients = told.map(RecipientSecrets::of).collect();
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

/// Whether all of it may be tried again.
fn how_far(created: &Created) -> Sent {
    match created.is_out {
        true => Sent::Unknown,
        false => Sent::NotSent,
    }
}

/// What became of the messages of one order, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    sent: usize,
    unknown: usize,
    not_sent: usize,
    not_tried: usize,
}

impl Tally {
    fn of(outcome: &Outcome) -> Self {
        let mut tally = Self::default();
        for message in &outcome.messages {
            let count = match message {
                Some(Ok(_)) => &mut tally.sent,
                Some(Err(Failure::Unknown(_))) => &mut tally.unknown,
                Some(Err(Failure::NotSent(_))) => &mut tally.not_sent,
                None => &mut tally.not_tried,
            };
            *count += 1;
        }
        tally
    }
}

/// What became of the message that failed worst: one that somebody may have matters more than one that nobody has.
fn failure(order: &Order, outcome: &Outcome) -> Option<String> {
    let failures = || {
        let messages = outcome.messages.iter().enumerate();
        messages.filter_map(|(place, message)| match message {
            Some(Err(failure)) => Some((place + 1, failure)),
            Some(Ok(_)) | None => None,
        })
    };
    let unknown = failures().find(|(_, failure)| matches!(failure, Failure::Unknown(_)));
    let (place, failure) = unknown.or_else(|| failures().next())?;
    let which = match order.parcels.len() {
        1 => "the message".to_owned(),
        all => format!("message {place} of {all}"),
    };
    Some(match failure {
        Failure::NotSent(what) => format!("{which} was not sent ({what})"),
        Failure::Unknown(what) => format!("{which} may have been sent or not ({what})"),
    })
}

/// What became of the other messages that were not sent for certain; `failure` tells one.
fn others(tally: Tally) -> String {
    let (unknown, not_sent) = match tally.unknown {
        0 => (0, tally.not_sent.saturating_sub(1)),
        unknown => (unknown - 1, tally.not_sent),
    };
    [
        (unknown, "may have been sent or not"),
        (not_sent, "not sent"),
        (tally.not_tried, "not tried"),
    ]
    .into_iter()
    .filter(|(messages, _)| *messages > 0)
    .map(|(messages, what)| format!("; {messages} more {what}"))
    .collect()
}

/// Who has links by now, and what became of the others.
fn summary(before: &[Delivered], own: &Delivered, tally: Tally) -> String {
    let sent: Vec<String> = before
        .iter()
        .chain([own])
        .filter(|delivered| delivered.messages > 0)
        .map(|delivered| match delivered.messages {
            1 => format!("1 message by {}", delivered.channel),
            messages => format!("{messages} messages by {}", delivered.channel),
        })
        .collect();
    let sent = match (sent.is_empty(), tally.unknown) {
        (true, 0) => "nothing else was sent".to_owned(),
        (true, _) => "nothing was sent for certain".to_owned(),
        (false, _) => format!("sent before: {}", sent.join(", ")),
    };
    format!("{sent}{}", others(tally))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::Receipt;

    fn told(messages: Vec<Option<Result<Receipt, Failure>>>) -> String {
        let parcel = |_| Parcel::Event {
            bus: crate::deliver::permits::Arn::bus("arn:aws:events:eu-west-1:123456789012:event-bus/b")
                .unwrap(),
            source: String::new(),
            detail_type: String::new(),
            detail: String::new(),
        };
        let order = Order {
            at: "deliver.ses".to_owned(),
            channel: "ses",
            optional: false,
            parcels: messages.iter().map(parcel).collect(),
        };
        let outcome = Outcome { messages };
        let own = delivered(&order, &outcome);
        let failure = failure(&order, &outcome).unwrap();
        format!("{failure}; {}", summary(&[], &own, Tally::of(&outcome)))
    }

    #[test]
    fn what_somebody_may_have_is_told_before_what_nobody_has() {
        let not_sent = || Some(Err(Failure::NotSent("Throttled".to_owned())));
        let unknown = || Some(Err(Failure::Unknown("timeout".to_owned())));
        let sent = || Some(Ok(Receipt { id: None }));
        for (messages, text) in [
            (
                vec![not_sent(), unknown()],
                "message 2 of 2 may have been sent or not (timeout); nothing was sent for certain; 1 more not sent",
            ),
            (
                vec![unknown(), not_sent(), unknown(), sent(), None, None],
                "message 1 of 6 may have been sent or not (timeout); sent before: 1 message by ses; 1 more may have been \
                 sent or not; 1 more not sent; 2 more not tried",
            ),
            (
                vec![not_sent()],
                "the message was not sent (Throttled); nothing else was sent",
            ),
            (
                vec![not_sent(), None, None],
                "message 1 of 3 was not sent (Throttled); nothing else was sent; 2 more not tried",
            ),
            (
                vec![unknown()],
                "the message may have been sent or not (timeout); nothing was sent for certain",
            ),
        ] {
            assert_eq!(told(messages), text);
        }
    }
}
