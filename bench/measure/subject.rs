//! One thing to measure, with a KMS key and Step Functions of its own.

use crate::plan::{Plan, Subject};
use crate::support::aws::{FakeAws, Fault, Identity, Operation};
use crate::support::events::{Door, HttpRequest};
use crate::support::runtime_api::{Failure, Function, Launch};
use serde_json::{Value, json};
use sfn_callback_urls::tasks::{TaskId, TaskState};
use std::time::Duration;

/// How long one call may take: a Lambda function has `Timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);

pub struct Stage<'a> {
    subject: &'a Subject,
    door: Door,
    aws: FakeAws,
    key: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Create,
    Process,
}

impl<'a> Stage<'a> {
    pub fn new(plan: &Plan, subject: &'a Subject) -> Self {
        let aws = FakeAws::start_tls(Identity::Trusted);
        for operation in Operation::ALL {
            let is_kms = matches!(operation, Operation::GenerateDataKey | Operation::Decrypt);
            let latency = if is_kms {
                plan.kms_latency
            } else {
                plan.states_latency
            };
            if latency > 0 {
                aws.fault_always(operation, Fault::Late(Duration::from_millis(latency)));
            }
        }
        // A connection to Step Functions is asked before a report.
        aws.pings_take(Duration::from_millis(plan.states_latency));
        let key = aws.make_key();
        Self {
            subject,
            door: plan.door(),
            aws,
            key,
        }
    }

    pub fn start(&self, role: Role) -> Function {
        let (arguments, handler) = match role {
            Role::Create => (&self.subject.create_arguments, &self.subject.create_handler),
            Role::Process => (&self.subject.process_arguments, &self.subject.process_handler),
        };
        let mut launch = Launch::new(&self.subject.program)
            .timeout(TIMEOUT)
            .variable("_HANDLER", handler);
        launch.arguments.clone_from(arguments);
        for (name, value) in &self.subject.environment {
            launch = launch.variable(name, self.filled(value));
        }
        launch.start()
    }

    fn filled(&self, value: &str) -> String {
        value
            .replace("{key}", &self.key)
            .replace("{endpoint}", &self.aws.https_url())
            .replace("{ca_file}", &self.aws.authority_file().to_string_lossy())
    }

    pub fn waiting_task(&self) -> (TaskId, String) {
        self.aws.waiting_task()
    }

    /// A task with a token of this length, which is within what real tokens have.
    pub fn task_with_token_of(&self, characters: usize) -> String {
        loop {
            let (id, token) = self.aws.waiting_task();
            if token.len() == characters {
                return token;
            }
            self.aws.stop_task(id);
        }
    }

    pub fn kms_calls(&self) -> usize {
        let calls = self.aws.calls();
        let is_kms = |operation| matches!(operation, Some(Operation::GenerateDataKey | Operation::Decrypt));
        calls.iter().filter(|call| is_kms(call.operation)).count()
    }

    pub fn forget_calls(&self) {
        self.aws.forget_calls();
    }

    /// Makes the links of a request; gives the first one.
    pub fn create(
        &self,
        function: &mut Function,
        token: &str,
        links: usize,
    ) -> Result<(String, Duration), String> {
        let wanted = links;
        let answer = self.call(function, &creation(token, links))?;
        let urls = answer.0.get("urls").and_then(Value::as_object);
        let url = urls
            .filter(|urls| urls.len() == wanted)
            .and_then(|urls| urls.get("approve")?.as_str());
        match url {
            Some(url) => Ok((url.to_owned(), answer.1)),
            None => Err(self.complaint("did not answer with the links that were asked for", &answer.0)),
        }
    }

    /// Opens a link; the task must have been told of it.
    pub fn open(&self, function: &mut Function, url: &str, task: TaskId) -> Result<Duration, String> {
        let (answer, took) = self.call(function, &self.door.event(&HttpRequest::for_url("GET", url)))?;
        if answer.get("statusCode").and_then(Value::as_u64) != Some(200) {
            return Err(self.complaint("did not answer a link with status 200", &answer));
        }
        match self.aws.task_state(task) {
            Some(TaskState::Succeeded { .. }) => Ok(took),
            _ => Err(self.complaint("answered a link with 200 and told the task nothing", &answer)),
        }
    }

    fn call(&self, function: &mut Function, event: &Value) -> Result<(Value, Duration), String> {
        let label = &self.subject.label;
        let done = function.invoke(event).map_err(|failure| {
            let what = match failure {
                Failure::TimedOut => format!("no answer within {} s", TIMEOUT.as_secs()),
                Failure::Exited(code) => format!("its process ended with {code:?}"),
                Failure::Init(error) => format!("it cannot start: {}", error.body),
                Failure::BadResponse(reason) => reason,
            };
            let mut said = function.stdout();
            said.extend(function.stderr());
            let last = said.split_off(said.len().saturating_sub(10)).join("\n");
            format!("{label}: {what}; its last lines:\n{last}")
        })?;
        match done.result {
            Ok(answer) => Ok((answer, done.took)),
            Err(error) => Err(self.complaint("reported an error", &error.body)),
        }
    }

    /// Links and tokens are those of the stand-ins and worth nothing.
    fn complaint(&self, what: &str, answer: &Value) -> String {
        let text: String = answer.to_string().chars().take(600).collect();
        format!("{} {what}: {text}", self.subject.label)
    }
}

fn creation(token: &str, links: usize) -> Value {
    let approve = json!({"name": "approve", "type": "success", "output": {"name_in_output": "Ann"}});
    let reject = |number: usize| json!({"name": format!("reject{number}"), "type": "failure", "error": "rejected", "cause": "Ann rejected it"});
    let mut actions = vec![approve];
    actions.extend((1..links).map(reject));
    json!({"token": token, "actions": actions})
}
