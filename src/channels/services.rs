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
        let client = match bus.second_endpoint() {
            None => self.shared.events(bus.region(), self.endpoints.events.as_deref()),
            Some(usual) => {
                let endpoint = self.endpoints.second_events.as_deref().unwrap_or(&usual);
                self.shared.second_events(bus.region(), endpoint)
            }
        };
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
    use super::super::secrets::Secrets;
    use super::*;
    use crate::config::Config;
    use crate::outbound::Outbound;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use aws_smithy_types::body::SdkBody;
    use std::sync::{Arc, Mutex};

    /// What a service answers, one after the other, and what it was asked.
    #[derive(Clone, Debug)]
    struct Service(Arc<Mutex<State>>);

    #[derive(Debug)]
    struct State {
        answers: Vec<Given>,
        asked: Vec<Asked>,
    }

    /// Status and body.
    type Given = (u16, Vec<u8>);

    #[derive(Clone, Debug)]
    struct Asked {
        uri: String,
        protocol: String,
        signed_for: String,
        body: Vec<u8>,
    }

    impl HttpClient for Service {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for Service {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
            let mut state = self.0.lock().unwrap();
            state.asked.push(Asked {
                uri: request.uri().to_owned(),
                protocol: header("smithy-protocol"),
                signed_for: header("authorization"),
                body: request.body().bytes().unwrap().to_vec(),
            });
            let (status, body) = state.answers.remove(0);
            let answer = http::Response::builder()
                .status(status)
                .header("smithy-protocol", "rpc-v2-cbor")
                .header("content-type", "application/cbor")
                .body(SdkBody::from(body));
            HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer.unwrap()).unwrap()))
        }
    }

    fn adapters(answers: Vec<Given>) -> (Adapters, Service) {
        let config =
            Config::from_vars(|name| (name == "AWS_REGION").then(|| "eu-west-1".to_owned())).unwrap();
        let service = Service(Arc::new(Mutex::new(State {
            answers,
            asked: Vec::new(),
        })));
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let credentials = Some(SharedCredentialsProvider::new(credentials));
        let adapters = Adapters {
            shared: crate::aws::Shared::with_http(
                &config,
                SharedHttpClient::new(service.clone()),
                credentials,
            ),
            endpoints: config.aws.deliver.clone(),
            outbound: Outbound::new(config.outbound),
            secrets: Secrets::default(),
        };
        (adapters, service)
    }

    /// `{"FailedEntryCount": …, "Entries": [{<field>: <value>}]}`
    fn answered(failed: u8, field: &str, value: &str) -> Vec<u8> {
        let mut encoder = minicbor::Encoder::new(Vec::new());
        encoder.map(2).unwrap();
        encoder.str("FailedEntryCount").unwrap().u8(failed).unwrap();
        encoder.str("Entries").unwrap().array(1).unwrap().map(1).unwrap();
        encoder.str(field).unwrap().str(value).unwrap();
        encoder.into_writer()
    }

    fn error(code: &str) -> Vec<u8> {
        let mut encoder = minicbor::Encoder::new(Vec::new());
        encoder.map(1).unwrap().str("__type").unwrap();
        encoder
            .str(&format!("com.amazonaws.eventbridgev2#{code}"))
            .unwrap();
        encoder.into_writer()
    }

    const SECOND: &str = "arn:aws:events:eu-west-1:210987654321:event-busv2/ours/0123456789abcdefghijklmno";

    async fn put(answers: Vec<Given>) -> (Result<Receipt, Failure>, Vec<Asked>, Vec<String>) {
        let (adapters, service) = adapters(answers);
        let (bus, calls) = (Arn::bus(SECOND).unwrap(), Calls::default());
        let (doubt, detail) = (Doubt::default(), r#"{"urls":{}}"#);
        let done = adapters
            .event(&bus, "source", "type", detail, &doubt, &calls)
            .await;
        let asked = service.0.lock().unwrap().asked.clone();
        let outcomes = calls.list().into_iter().map(|call| call.outcome).collect();
        (done, asked, outcomes)
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_of_the_second_api_gets_its_event_there() {
        let (done, asked, outcomes) = put(vec![(200, answered(0, "EventId", "e-1"))]).await;
        let id = Some("e-1".to_owned());
        assert_eq!((done, outcomes), (Ok(Receipt { id }), vec!["ok".to_owned()]));
        let [asked] = asked.as_slice() else {
            panic!("one call")
        };
        assert!(
            asked
                .uri
                .starts_with("https://210987654321.eventsv2.eu-west-1.amazonaws.com/"),
            "the account is that of the bus: {}",
            asked.uri
        );
        assert_eq!(asked.protocol, "rpc-v2-cbor");
        assert!(
            asked.signed_for.contains("/eu-west-1/events/aws4_request"),
            "{}",
            asked.signed_for
        );
        let holds = |part: &str| asked.body.windows(part.len()).any(|it| it == part.as_bytes());
        for part in [SECOND, "source", "type", r#"{"urls":{}}"#] {
            assert!(holds(part), "{part}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_entry_is_repeated_and_a_refused_one_is_not() {
        let throttled = || (200, answered(1, "ErrorCode", "ThrottlingException"));
        let (done, asked, _) = put(vec![throttled(), (200, answered(0, "EventId", "e-2"))]).await;
        assert!(done.is_ok() && asked.len() == 2);
        let refused = Err(Failure::NotSent("InvalidArgument".to_owned()));
        let (done, asked, _) = put(vec![(200, answered(1, "ErrorCode", "InvalidArgument"))]).await;
        assert_eq!((done, asked.len()), (refused, 1));
        for (status, code, repeats) in [
            (403, "AccessDeniedException", 1),
            (404, "ResourceNotFoundException", 1),
            (409, "InvalidStateException", 1),
            (429, "ThrottlingException", 3),
        ] {
            let (done, asked, outcomes) = put(vec![(status, error(code)); 3]).await;
            assert_eq!(done, Err(Failure::NotSent(code.to_owned())));
            assert_eq!((asked.len(), outcomes), (repeats, vec![code.to_owned(); repeats]));
        }
        let (done, asked, _) = put(vec![(500, error("InternalException"))]).await;
        assert!(matches!(done, Err(Failure::Unknown(_))) && asked.len() == 1);
    }

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
