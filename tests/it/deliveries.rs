//! How much a delivery may be, and how long it may take: in process, on a paused clock that jumps over every wait.

mod size;
mod times;

use crate::support::{Answer, Stack, caller};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sfn_callback_urls::aws::Shared;
use sfn_callback_urls::channels::Channels;
use sfn_callback_urls::tasks::Tasks;
use sfn_callback_urls::tasks::services::Services;
use sfn_callback_urls::web::Door;
use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What SES does with a call.
#[derive(Clone, Copy)]
enum Fate {
    /// Takes the mail.
    Taken,
    /// Says after so long that it has too much to do.
    Busy(Duration),
    /// Never answers.
    Silent,
}

/// SES, which does the same with each mail and notes how large it was.
#[derive(Clone)]
struct Ses {
    fate: Fate,
    mails: Arc<Mutex<Vec<usize>>>,
}

impl fmt::Debug for Ses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ses")
    }
}

impl HttpClient for Ses {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Ses {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert!(
            request.uri().ends_with("/v2/email/outbound-emails"),
            "nothing else is called"
        );
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let mail = body.pointer("/Content/Raw/Data").and_then(Value::as_str).unwrap();
        self.mails
            .lock()
            .unwrap()
            .push(STANDARD.decode(mail).unwrap().len());
        let fate = self.fate;
        HttpConnectorFuture::new(async move {
            let (status, kind, body) = match fate {
                Fate::Taken => (200, "", r#"{"MessageId":"m"}"#),
                Fate::Busy(after) => {
                    sleep(after).await;
                    (429, "TooManyRequestsException", r#"{"message":"no"}"#)
                }
                Fate::Silent => std::future::pending().await,
            };
            let answer = http::Response::builder().status(status);
            let answer = answer.header("x-amzn-errortype", kind).body(SdkBody::from(body));
            Ok(HttpResponse::try_from(answer.unwrap()).unwrap())
        })
    }
}

/// A service that may send mails and answer stacks. No other host ever shows who it is.
struct World {
    stack: Stack,
    ses: Ses,
    _mute: TcpListener,
}

/// What came of a request.
struct Done {
    answer: Answer,
    took: Duration,
}

impl World {
    fn new(fate: Fate) -> Self {
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stack = Stack::new(&[
            (
                "DELIVER_IDENTITY_ARNS",
                "arn:aws:ses:eu-central-1:123456789012:identity/example.com",
            ),
            ("ENABLE_CUSTOM_RESOURCES", "true"),
            ("ENABLE_CODEPIPELINE_APPROVALS", "true"),
            ("HTTPS_CONNECT_TO", &mute.local_addr().unwrap().to_string()),
        ]);
        let ses = Ses {
            fate,
            mails: Arc::default(),
        };
        let app = Arc::get_mut(&mut stack.app).unwrap();
        let credentials =
            SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"));
        let shared = Shared::with_http(&app.config, SharedHttpClient::new(ses.clone()), Some(credentials));
        // Pauses are as long as they can be.
        let (aws, outbound) = (app.config.aws.clone(), app.config.outbound.clone());
        let services = Services::new(shared.clone(), aws, outbound, |end| end.saturating_sub(1));
        app.tasks = Tasks::Aws(Box::new(services));
        app.channels = Channels::new(&app.config, shared);
        Self {
            stack,
            ses,
            _mute: mute,
        }
    }

    /// Invokes CreateUrls directly, at the beginning of a clock of its own.
    fn invoked(&self, payload: &Value) -> Done {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = Instant::now();
            let request = Request::new(Bytes::from(payload.to_string()));
            let reply = self.stack.app.create(&caller(Door::Direct), request).await;
            Done {
                answer: Answer::of(reply),
                took: start.elapsed(),
            }
        })
    }

    fn mails(&self) -> Vec<usize> {
        self.ses.mails.lock().unwrap().clone()
    }
}

/// Mails to these addresses.
fn mails(to: &[&str]) -> Value {
    json!({"ses": {"from": "us@example.com", "to": to}})
}

impl Done {
    /// Code and message of a refusal.
    #[track_caller]
    fn refusal(&self) -> (String, String) {
        let message = self.answer.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (self.answer.code(), message)
    }

    /// The service counts from when it began, which it reads from a clock that does not stand still.
    #[track_caller]
    fn took(&self, expected: Duration) {
        let end = expected + Duration::from_millis(400);
        assert!((expected..end).contains(&self.took), "{:?}", self.took);
    }
}
