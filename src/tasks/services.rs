//! What waits in AWS: each kind with its own call, all with the same honesty about what became of it.

use super::attempts::{Attempt, Attempts, Next, Repeat};
use super::step_functions::StepFunctions;
use super::{NotTold, Report, Told, automation, codepipeline, durable, presigned};
use crate::aws::Shared;
use crate::calls::Calls;
use crate::config::{AwsSettings, OutboundSettings};
use crate::outbound::Outbound;
use crate::rejection::Sent;
use crate::target::{About, CallbackId, PipelineApproval, PresignedUrl, Target, Uuid, wait_condition};
use crate::token::TaskToken;
use bytes::Bytes;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::Instant;

/// The clients. Those that most deployments never need are made when they are first used.
pub struct Services {
    shared: Shared,
    settings: AwsSettings,
    /// A number below the given one, for pauses of different lengths.
    below: fn(u64) -> u64,
    states: StepFunctions,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    codepipeline: OnceLock<aws_sdk_codepipeline::Client>,
    systems_manager: OnceLock<aws_sdk_ssm::Client>,
    outbound: Outbound,
}

impl Services {
    /// Nothing is connected yet.
    pub fn new(
        shared: Shared,
        settings: AwsSettings,
        outbound: OutboundSettings,
        below: fn(u64) -> u64,
    ) -> Self {
        let (lazily, endpoint) = (shared.clone(), settings.states_endpoint.clone());
        let states = StepFunctions::new(move || lazily.states(endpoint.as_deref()));
        Self {
            shared,
            settings,
            below,
            states,
            lambda: OnceLock::new(),
            codepipeline: OnceLock::new(),
            systems_manager: OnceLock::new(),
            outbound: Outbound::new(outbound),
        }
    }

    /// The same with another client of Step Functions, so that tests can try one that lies.
    #[must_use]
    pub fn with_states(mut self, client: aws_sdk_sfn::Client) -> Self {
        self.states = StepFunctions::new(move || client);
        self
    }

    /// Has a connection to Step Functions, which nearly all links are for.
    pub(super) async fn connect(&self) {
        self.states.connect().await;
    }

    pub(super) async fn report(
        &self,
        target: &Target,
        report: &Report,
        about: About<'_>,
        calls: &Calls,
    ) -> Result<Told, NotTold> {
        let message = match target {
            Target::StepFunctions(token) => Message::Task(token, report),
            Target::WaitCondition(url) => Message::Put {
                url,
                body: wait_condition::signal(report, about).into(),
                operation: "SignalWaitCondition",
            },
            Target::CustomResource(resource) => {
                let body = resource.response(report, about);
                let body = body.map_err(|what| NotTold::Unexpected(what.to_owned(), Sent::NotSent))?;
                return self.respond(&resource.url, body, calls).await;
            }
            Target::DurableExecution(id) => Message::Callback(id, report),
            Target::PipelineApproval(approval) => Message::Approval(approval, report, about),
            Target::Automation(execution) => Message::Signal(*execution, report, about),
        };
        self.until_told(&message, calls).await
    }

    /// Sends the response of a custom resource.
    ///
    /// # Errors
    /// As [`super::Tasks::report`].
    pub async fn respond(&self, url: &PresignedUrl, body: String, calls: &Calls) -> Result<Told, NotTold> {
        let message = Message::Put {
            url,
            body: body.into(),
            operation: "AnswerCustomResource",
        };
        self.until_told(&message, calls).await
    }

    async fn until_told(&self, message: &Message<'_>, calls: &Calls) -> Result<Told, NotTold> {
        let start = Instant::now();
        let mut attempts = Attempts::new(message.repeat());
        loop {
            // The calls of five services in one future would be large in every request that needs none of them.
            let attempt = Box::pin(self.attempt(message, calls)).await;
            match attempts.after(attempt, start.elapsed()) {
                Next::Done(done) => return done,
                Next::Again(pause) => {
                    let millis = u64::try_from(pause.as_millis()).unwrap_or(1_000);
                    tokio::time::sleep(Duration::from_millis(millis / 2 + (self.below)(millis / 2))).await;
                }
            }
        }
    }

    async fn attempt(&self, message: &Message<'_>, calls: &Calls) -> Attempt {
        match message {
            Message::Task(token, report) => self.states.attempt(token, report, calls).await,
            Message::Put { url, body, operation } => {
                presigned::attempt(&self.outbound, url, body.clone(), operation, calls).await
            }
            Message::Callback(id, report) => durable::attempt(self.lambda(), id, report, calls).await,
            Message::Approval(approval, report, about) => {
                codepipeline::attempt(self.codepipeline(), approval, report, *about, calls).await
            }
            Message::Signal(execution, report, about) => {
                automation::attempt(self.systems_manager(), *execution, report, *about, calls).await
            }
        }
    }

    fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda
            .get_or_init(|| self.shared.lambda(self.settings.lambda_endpoint.as_deref()))
    }

    fn codepipeline(&self) -> &aws_sdk_codepipeline::Client {
        self.codepipeline.get_or_init(|| {
            self.shared
                .codepipeline(self.settings.codepipeline_endpoint.as_deref())
        })
    }

    fn systems_manager(&self) -> &aws_sdk_ssm::Client {
        self.systems_manager
            .get_or_init(|| self.shared.systems_manager(self.settings.ssm_endpoint.as_deref()))
    }
}

/// One report, as its service takes it.
enum Message<'a> {
    Task(&'a TaskToken, &'a Report),
    Put {
        url: &'a PresignedUrl,
        body: Bytes,
        operation: &'static str,
    },
    Callback(&'a CallbackId, &'a Report),
    Approval(&'a PipelineApproval, &'a Report, About<'a>),
    Signal(Uuid, &'a Report, About<'a>),
}

impl Message<'_> {
    const fn repeat(&self) -> Repeat {
        match self {
            // The second one is refused, because the first one closed what waited.
            Message::Task(..) | Message::Callback(..) | Message::Approval(..) => Repeat::Harmless,
            // The second one is the same object in the same place.
            Message::Put { .. } => Repeat::Harmless,
            Message::Signal(..) => Repeat::Never,
        }
    }
}
