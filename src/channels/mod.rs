//! Who is told the links: messages that are complete already are sent, each at most once as far as that can be known.

mod https;
mod secrets;
mod services;

use crate::aws::Shared;
use crate::calls::Calls;
use crate::config::{Config, DeliverEndpoints};
use crate::deliver::Parcel;
use crate::outbound::Outbound;
use secrets::Secrets;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// When the messages of a request must be sent.
pub type Deadline = Instant;

/// How long after the beginning of a request its messages must be sent; the function has 15 s.
const TOTAL: Duration = Duration::from_secs(9);
/// The same for what CloudFormation or SNS invoke: after it there must be time for the response to CloudFormation.
const TOTAL_OF_EVENTS: Duration = Duration::from_secs(7);
/// Most attempts for one message.
const ATTEMPTS: u32 = 3;
/// Pause before an attempt, times its number.
const PAUSE: Duration = Duration::from_millis(250);

/// For a request that began then.
pub fn deadline(start: std::time::Instant) -> Deadline {
    Instant::from_std(start) + TOTAL
}

/// For an event that came then.
pub fn deadline_of_event(start: std::time::Instant) -> Deadline {
    Instant::from_std(start) + TOTAL_OF_EVENTS
}

/// What delivers links.
pub enum Channels {
    /// Nothing does.
    Off,
    /// The services of AWS, and other hosts.
    On(Box<Adapters>),
}

/// The ways out.
pub struct Adapters {
    shared: Shared,
    endpoints: DeliverEndpoints,
    outbound: Outbound,
    secrets: Secrets,
}

/// A message was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// By what the channel knows it, if it says so.
    pub id: Option<String>,
}

/// Why a message was not taken. The texts are for the author and the log; they hold no secret and no link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Certainly nobody got it.
    NotSent(String),
    /// Somebody may have.
    Unknown(String),
}

/// Whether a message that is under way may have been taken by now. It is not while its secret is read, nor in a pause after
/// a definite no.
#[derive(Debug, Default)]
struct Doubt(AtomicBool);

impl Doubt {
    fn set(&self, is_there: bool) {
        self.0.store(is_there, Ordering::Relaxed);
    }

    fn is_there(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Which messages of a delivery are begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// None after a failure: what was sent already cannot be taken back, and more would be in vain.
    UntilFailure,
    /// All: each is worth something by itself.
    All,
}

/// What became of the messages of one delivery.
#[derive(Debug)]
pub struct Outcome {
    /// For each message in order: taken, failed, or (`None`) not tried because another one had failed.
    pub messages: Vec<Option<Result<Receipt, Failure>>>,
}

impl Channels {
    /// Nothing is connected yet.
    pub fn new(config: &Config, shared: Shared) -> Self {
        Channels::On(Box::new(Adapters {
            shared,
            endpoints: config.aws.deliver.clone(),
            outbound: Outbound::new(config.outbound.clone()),
            secrets: Secrets::default(),
        }))
    }

    /// Sends the messages of one delivery, up to eight at a time.
    pub async fn send(&self, parcels: &[Parcel], begun: Begun, deadline: Deadline, calls: &Calls) -> Outcome {
        let failed = AtomicBool::new(false);
        let stop = match begun {
            Begun::UntilFailure => Some(&failed),
            Begun::All => None,
        };
        let lane = |lane: usize| self.lane(parcels, lane, deadline, stop, calls);
        let (a, b, c, d, e, f, g, h) = tokio::join!(
            lane(0),
            lane(1),
            lane(2),
            lane(3),
            lane(4),
            lane(5),
            lane(6),
            lane(7)
        );
        let mut lanes = [a, b, c, d, e, f, g, h].map(Vec::into_iter);
        let messages =
            (0..parcels.len()).map(|place| lanes.get_mut(place % LANES).and_then(Iterator::next).flatten());
        Outcome {
            messages: messages.collect(),
        }
    }

    async fn lane(
        &self,
        parcels: &[Parcel],
        lane: usize,
        deadline: Deadline,
        failed: Option<&AtomicBool>,
        calls: &Calls,
    ) -> Vec<Option<Result<Receipt, Failure>>> {
        let mut results = Vec::new();
        for parcel in parcels.iter().skip(lane).step_by(LANES) {
            if failed.is_some_and(|failed| failed.load(Ordering::Relaxed)) {
                results.push(None);
                continue;
            }
            let late = || Failure::NotSent("the time for all messages is over".to_owned());
            let result = match Instant::now() < deadline {
                true => {
                    let doubt = Doubt::default();
                    timeout_at(deadline, Box::pin(self.send_one(parcel, &doubt, calls)))
                        .await
                        .unwrap_or_else(|_| match doubt.is_there() {
                            true => Err(Failure::Unknown("timeout".to_owned())),
                            false => Err(late()),
                        })
                }
                false => Err(late()),
            };
            if let (Some(failed), Err(_)) = (failed, &result) {
                failed.store(true, Ordering::Relaxed);
            }
            results.push(Some(result));
        }
        results
    }

    async fn send_one(&self, parcel: &Parcel, doubt: &Doubt, calls: &Calls) -> Result<Receipt, Failure> {
        match self {
            Channels::Off => Err(Failure::NotSent("this process delivers nothing".to_owned())),
            Channels::On(adapters) => match parcel {
                Parcel::Topic { topic, subject, text } => {
                    adapters.publish(topic, subject, text, doubt, calls).await
                }
                Parcel::Mail {
                    region,
                    from,
                    to,
                    raw,
                } => adapters.mail(region, from, to, raw, doubt, calls).await,
                Parcel::Event {
                    bus,
                    source,
                    detail_type,
                    detail,
                } => {
                    adapters
                        .event(bus, source, detail_type, detail, doubt, calls)
                        .await
                }
                Parcel::Slack { door, body } => adapters.slack(door, body, doubt, calls).await,
                Parcel::Teams { workflow, body } => adapters.teams(workflow, body, doubt, calls).await,
                Parcel::Webhook {
                    url,
                    secret,
                    id,
                    timestamp,
                    body,
                } => {
                    adapters
                        .webhook(url, secret, (id, *timestamp), body, doubt, calls)
                        .await
                }
            },
        }
    }
}

/// Messages that are under way at a time.
const LANES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::permits::Arn;

    #[tokio::test]
    async fn after_a_failure_nothing_further_is_begun() {
        let parcel = || Parcel::Topic {
            topic: Arn::topic("arn:aws:sns:eu-west-1:123456789012:t").unwrap(),
            subject: String::new(),
            text: String::new(),
        };
        let parcels: Vec<Parcel> = (0..20).map(|_| parcel()).collect();
        let deadline = Instant::now() + Duration::from_secs(5);
        let outcome = Channels::Off
            .send(&parcels, Begun::UntilFailure, deadline, &Calls::default())
            .await;
        assert_eq!(outcome.messages.len(), 20);
        assert!(matches!(&outcome.messages[0], Some(Err(Failure::NotSent(_)))));
        assert!(
            outcome.messages[LANES..].iter().all(Option::is_none),
            "{outcome:?}"
        );
        let all = Channels::Off
            .send(&parcels, Begun::All, deadline, &Calls::default())
            .await;
        assert!(all.messages.iter().all(Option::is_some), "{all:?}");
        let late = Channels::Off
            .send(
                &parcels[..1],
                Begun::UntilFailure,
                Instant::now(),
                &Calls::default(),
            )
            .await;
        let text = "the time for all messages is over".to_owned();
        assert_eq!(late.messages, [Some(Err(Failure::NotSent(text)))]);
    }
}
