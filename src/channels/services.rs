//! SNS, SES and EventBridge. A call is repeated only when certainly nothing was taken: throttled, or never connected.

use super::{ATTEMPTS, Adapters, Doubt, Failure, PAUSE, Receipt};
use crate::aws;
use crate::calls::Calls;
use crate::deliver::permits::Arn;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::Blob;
use std::time::Instant;
use tokio::time::sleep;

/// How one attempt ended.
enum Attempt {
    Taken(Option<String>),
    /// Certainly not taken, and worth another attempt.
    Again(String),
    Failed(Failure),
}

impl Adapters {
    pub(super) async fn publish(
        &self,
        topic: &Arn,
        subject: &str,
        text: &str,
        doubt: &Doubt,
        calls: &Calls,
    ) -> Result<Receipt, Failure> {
        let client = self.shared.topics(topic.region(), self.endpoints.sns.as_deref());
        let mut attempts = Attempts::default();
        loop {
            let start = Instant::now();
            doubt.set(true);
            let request = client.publish().topic_arn(topic.as_str()).subject(subject);
            let answer = request.message(text).send().await;
            let attempt = judge("Publish", answer, start, calls, |answer| answer.message_id);
            if let Some(done) = attempts.after(attempt, doubt).await {
                return done;
            }
        }
    }

    pub(super) async fn mail(
        &self,
        region: &str,
        from: &str,
        to: &str,
        raw: &[u8],
        doubt: &Doubt,
        calls: &Calls,
    ) -> Result<Receipt, Failure> {
        let client = self.shared.mails(region, self.endpoints.ses.as_deref());
        let raw = RawMessage::builder().data(Blob::new(raw)).build();
        let raw = raw.map_err(|_| Failure::NotSent("a request that cannot be built".to_owned()))?;
        let mut attempts = Attempts::default();
        loop {
            let start = Instant::now();
            doubt.set(true);
            let request = client
                .send_email()
                .from_email_address(from)
                .destination(Destination::builder().to_addresses(to).build())
                .content(EmailContent::builder().raw(raw.clone()).build());
            let answer = request.send().await;
            let attempt = judge("SendEmail", answer, start, calls, |answer| answer.message_id);
            if let Some(done) = attempts.after(attempt, doubt).await {
                return done;
            }
        }
    }

    pub(super) async fn event(
        &self,
        bus: &Arn,
        source: &str,
        detail_type: &str,
        detail: &str,
        doubt: &Doubt,
        calls: &Calls,
    ) -> Result<Receipt, Failure> {
        let client = self.shared.events(bus.region(), self.endpoints.events.as_deref());
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .event_bus_name(bus.as_str())
            .source(source)
            .detail_type(detail_type)
            .detail(detail)
            .build();
        let mut attempts = Attempts::default();
        loop {
            let start = Instant::now();
            doubt.set(true);
            let answer = client.put_events().entries(entry.clone()).send().await;
            // An entry may fail although the call does not.
            let entry = answer
                .as_ref()
                .ok()
                .and_then(|answer| answer.entries().first().cloned());
            let failed = answer
                .as_ref()
                .is_ok_and(|answer| answer.failed_entry_count() > 0);
            let attempt = match entry {
                Some(entry) if failed || entry.event_id().is_none() => {
                    let code = plain(entry.error_code().unwrap_or("an entry failed"));
                    calls.add("PutEvents", code.clone(), start.elapsed(), None);
                    refused(code)
                }
                None if answer.is_ok() => {
                    calls.add("PutEvents", "unreadable answer", start.elapsed(), None);
                    Attempt::Failed(Failure::Unknown("unreadable answer".to_owned()))
                }
                entry => judge("PutEvents", answer, start, calls, |_| {
                    entry.and_then(|entry| entry.event_id().map(str::to_owned))
                }),
            };
            if let Some(done) = attempts.after(attempt, doubt).await {
                return done;
            }
        }
    }
}

/// Tries again as long as certainly nothing was taken.
#[derive(Default)]
struct Attempts(u32);

impl Attempts {
    /// What an attempt means; nothing, after a pause, if there is to be another one.
    async fn after(&mut self, attempt: Attempt, doubt: &Doubt) -> Option<Result<Receipt, Failure>> {
        self.0 += 1;
        match attempt {
            Attempt::Taken(id) => Some(Ok(Receipt { id })),
            Attempt::Failed(failure) => Some(Err(failure)),
            Attempt::Again(what) if self.0 == ATTEMPTS => Some(Err(Failure::NotSent(what))),
            Attempt::Again(_) => {
                doubt.set(false);
                sleep(PAUSE * self.0).await;
                None
            }
        }
    }
}

fn judge<T: RequestId, E: ProvideErrorMetadata>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
    start: Instant,
    calls: &Calls,
    id: impl FnOnce(T) -> Option<String>,
) -> Attempt {
    match answer {
        Ok(answer) => {
            calls.add(operation, "ok", start.elapsed(), answer.request_id());
            Attempt::Taken(id(answer))
        }
        Err(error) => {
            let name = aws::error_name(&error);
            calls.add(operation, name.clone(), start.elapsed(), error.request_id());
            match aws::fault(&error) {
                aws::Fault::NotSent => Attempt::Again(name),
                aws::Fault::MaybeSent => Attempt::Failed(Failure::Unknown(name)),
                aws::Fault::Ours => Attempt::Failed(Failure::NotSent(name)),
                aws::Fault::Answered => refused(name),
            }
        }
    }
}

/// The service said no: for now, or for good.
fn refused(code: String) -> Attempt {
    match code.as_str() {
        // SNS, SES, EventBridge, and what all services say.
        "Throttled"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "ThrottlingException"
        | "Throttling" => Attempt::Again(code),
        _ => Attempt::Failed(Failure::NotSent(code)),
    }
}

fn plain(code: &str) -> String {
    let harmless = |c: &char| c.is_ascii_alphanumeric() || *c == ' ';
    code.chars().filter(harmless).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pause_after_a_definite_no_leaves_no_doubt() {
        let doubt = Doubt::default();
        doubt.set(true);
        let mut attempts = Attempts::default();
        let again = Attempt::Again("Throttled".to_owned());
        assert_eq!(attempts.after(again, &doubt).await, None);
        assert!(!doubt.is_there());
        doubt.set(true);
        let lost = Failure::Unknown("timeout".to_owned());
        let done = attempts.after(Attempt::Failed(lost.clone()), &doubt).await;
        assert_eq!((done, doubt.is_there()), (Some(Err(lost)), true));
    }
}
