//! The executable in both of its roles, between the stand-ins. Whatever an instance writes is looked through
//! when it ends: one line for each event, and no secret in any of them. So are its answers: no token in any of them, and
//! no secret of any kind in a refusal.

use std::collections::HashSet;
use std::sync::Mutex;

use serde_json::{Value, json};
use sfn_callback_urls::entry::process;

use crate::support::aws::{Call, FakeAws, Operation};
use crate::support::emf;
use crate::support::events::{Door, HttpAnswer, HttpRequest, direct_event};
use crate::support::runtime_api::{Function, Launch, Remains};

/// What a visitor may see of the start of every link.
pub const BASE: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/v1";

/// Secrets are recognised by pieces of this length, wherever they were cut.
const PIECE: usize = 24;

/// What the role of every instance has from Lambda (`tests/support/runtime_api.rs`).
const CREDENTIALS: [&str; 3] = ["AKIDOFTHEROLE", "not-a-secret", "session-of-the-role"];

/// Instances that run beside each other in [`in_parallel`]: most of them only wait.
const BESIDE_EACH_OTHER: usize = 12;

pub fn launch(handler: &str) -> Launch {
    Launch::new(env!("CARGO_BIN_EXE_sfn-callback-urls"))
        .variable("_HANDLER", handler)
        .variable("API_ID", "a1b2c3d4e5")
        .variable("STAGE", "v1")
        .variable("VERBOSE_LOGGING", "true")
        .variable("METRICS", "true")
        // Most tests count calls and connections, and have some of them broken; tests/real/warm.rs has it on.
        .variable("WARM_UP", "false")
}

/// AWS with one key.
pub struct Stage {
    pub aws: FakeAws,
    pub key: String,
}

impl Stage {
    pub fn new() -> Self {
        Self::with(FakeAws::start())
    }

    pub fn with(aws: FakeAws) -> Self {
        let key = aws.make_key();
        Self { aws, key }
    }

    /// An instance of this role that talks to the stand-in; `more` wins over the usual settings.
    pub fn start(&self, handler: &str, more: &[(&str, &str)]) -> Instance<'_> {
        let launch = launch(handler)
            .variable("KEY_ID", &self.key)
            .variable("AWS_ENDPOINT_URL", self.aws.http_url());
        let launch = more
            .iter()
            .fold(launch, |launch, (name, value)| launch.variable(*name, *value));
        Instance {
            aws: &self.aws,
            function: Some(launch.start()),
            secrets: Vec::new(),
            answers: Vec::new(),
            refusals: Vec::new(),
            events: 0,
        }
    }

    pub fn create(&self, more: &[(&str, &str)]) -> Instance<'_> {
        self.start("create_urls", more)
    }

    pub fn process(&self, more: &[(&str, &str)]) -> Instance<'_> {
        self.start("process_callback", more)
    }

    /// A waiting task and a link for it.
    pub fn link(&self, action: &Value) -> (String, String) {
        let (_, token) = self.aws.waiting_task();
        let url = self
            .create(&[])
            .urls(&token, &json!([action]))
            .pop()
            .expect("a link");
        (token, url)
    }

    pub fn count(&self, operation: Operation) -> usize {
        self.aws.calls_of(operation).len()
    }
}

/// A running process. Its output is checked when it ends.
pub struct Instance<'a> {
    aws: &'a FakeAws,
    function: Option<Function>,
    secrets: Vec<String>,
    answers: Vec<String>,
    refusals: Vec<String>,
    events: usize,
}

impl Instance<'_> {
    /// The raw answer to a raw event.
    #[track_caller]
    pub fn invoke(&mut self, event: &Value) -> Value {
        self.events += 1;
        let function = self.function.as_mut().expect("it runs");
        let invocation = function.invoke(event).expect("an answer");
        let answer = invocation.result.expect("no error of the function");
        let is_refused = |status: &Value| status.as_u64().is_some_and(|status| status >= 400);
        if answer.get("error").is_some() || answer.get("statusCode").is_some_and(is_refused) {
            self.refusals.push(answer.to_string());
        }
        self.answers.push(answer.to_string());
        answer
    }

    /// Links for these actions, in their order, by a direct invocation.
    #[track_caller]
    pub fn urls(&mut self, token: &str, actions: &Value) -> Vec<String> {
        self.keep_secret(token);
        let answer = self.invoke(&direct_event(token, actions));
        self.urls_of(&answer)
    }

    /// The links of an answer.
    #[track_caller]
    pub fn urls_of(&mut self, answer: &Value) -> Vec<String> {
        let urls = answer
            .get("urls")
            .and_then(Value::as_object)
            .unwrap_or_else(|| panic!("no links: {answer}"));
        let urls: Vec<String> = urls.values().map(text).collect();
        urls.iter().for_each(|url| self.keep_secret(data(url)));
        urls
    }

    #[track_caller]
    pub fn visit(&mut self, door: Door, request: &HttpRequest) -> HttpAnswer {
        if let Some((_, data)) = request.raw_query.split_once("data=") {
            self.keep_secret(data);
        }
        let answer = self.invoke(&door.event(request));
        door.read(&answer).expect("an answer that the door takes")
    }

    /// Opens a link as a browser does.
    #[track_caller]
    pub fn open(&mut self, url: &str) -> HttpAnswer {
        self.visit(Door::Rest, &HttpRequest::for_url("GET", url))
    }

    /// Freezes the process between two events.
    #[track_caller]
    pub fn freeze(&mut self) {
        self.function
            .as_mut()
            .expect("it runs")
            .freeze()
            .expect("it waits");
    }

    /// Lets it go on.
    pub fn thaw(&mut self) {
        self.function.as_mut().expect("it runs").thaw();
    }

    /// Must not come out.
    pub fn keep_secret(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
    }

    /// Ends the process; gives its lines.
    pub fn lines(mut self) -> Vec<Value> {
        self.check()
    }

    fn check(&mut self) -> Vec<Value> {
        let Some(function) = self.function.take() else {
            return Vec::new();
        };
        let remains = function.finish();
        let tokens = tokens(&self.aws.calls());
        self.secrets.extend(CREDENTIALS.map(str::to_owned));
        self.secrets.extend_from_slice(&tokens);
        assert_eq!(leak(&remains, &self.secrets), None);
        assert_eq!(leak_in(&self.answers, &tokens), None, "in an answer");
        assert_eq!(
            leak_in(&self.answers, &CREDENTIALS.map(str::to_owned)),
            None,
            "in an answer"
        );
        assert_eq!(leak_in(&self.refusals, &self.secrets), None, "in a refusal");
        assert_eq!(remains.violations, Vec::<String>::new());
        assert_eq!(remains.stderr, Vec::<String>::new());
        let lines = json_lines(&remains);
        assert_eq!(lines.len(), self.events, "one line for each event");
        let ids: HashSet<String> = self.aws.calls().into_iter().map(|call| call.request_id).collect();
        for line in &lines {
            let metrics = emf::read(&line.to_string(), process::clock().as_millisecond());
            let metrics = metrics.unwrap_or_else(|why| panic!("{why}: {line}"));
            // What LOG_LEVEL leaves of a line is its metrics.
            match line.get("level") {
                Some(_) => check_line(line, &ids),
                None => assert!(!metrics.is_empty(), "{line}"),
            }
        }
        lines
    }
}

impl Drop for Instance<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        }
    }
}

fn json_lines(remains: &Remains) -> Vec<Value> {
    let line = |line: &String| serde_json::from_str(line).expect("a line of JSON");
    remains.stdout.iter().map(line).collect()
}

/// The fields that an operator searches by.
#[track_caller]
fn check_line(line: &Value, request_ids: &HashSet<String>) {
    let outcome = line.get("outcome").map(text).expect("an outcome");
    let known = [
        "created",
        "recorded",
        "closed_during_retry",
        "answer_lost",
        "answered",
        "inert",
        "refused",
    ];
    assert!(known.contains(&outcome.as_str()), "{line}");
    assert!(line.get("duration_ms").is_some_and(Value::is_number), "{line}");
    let status = line.get("status").and_then(Value::as_u64).expect("a status");
    let transaction = line.get("transaction_id").map(text);
    let is_id = |id: &String| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(transaction.as_ref().is_none_or(is_id), "{line}");
    assert!(
        transaction.is_some() || outcome == "refused",
        "a transaction: {line}"
    );
    assert_eq!(outcome == "refused", status >= 400, "{line}");
    assert_eq!(outcome == "refused", line.get("error").is_some(), "{line}");
    let calls = line.get("calls").and_then(Value::as_array);
    for call in calls.into_iter().flatten() {
        assert!(call.get("duration_ms").is_some_and(Value::is_u64), "{line}");
        assert!(call.get("operation").is_some(), "{line}");
        let id = call.get("request_id").map(text);
        assert!(
            id.as_ref().is_none_or(|id| request_ids.contains(id)),
            "an id of AWS: {line}"
        );
        let outcome = call.get("outcome").map(text).expect("an outcome");
        // Other hosts than the stand-in for AWS give none that it knows.
        let is_of_aws = |known: &Operation| {
            call.get("operation")
                .is_some_and(|it| *it == format!("{known:?}"))
        };
        let was_answered =
            (outcome == "ok" || outcome.ends_with("Exception")) && Operation::ALL.iter().any(is_of_aws);
        assert!(
            id.is_some() || !was_answered,
            "an id for what was answered: {line}"
        );
    }
}

/// Says which line holds a piece of a secret, without repeating the secret.
pub fn leak(remains: &Remains, secrets: &[String]) -> Option<String> {
    leak_in(remains.stdout.iter().chain(&remains.stderr), secrets)
}

fn leak_in<'a>(lines: impl IntoIterator<Item = &'a String>, secrets: &[String]) -> Option<String> {
    let mut pieces = HashSet::new();
    for secret in secrets {
        let bytes = secret.as_bytes();
        assert!(bytes.len() >= 6, "too short to be told from anything else");
        if bytes.len() < PIECE {
            pieces.insert(bytes);
        }
        pieces.extend(bytes.chunks_exact(PIECE));
    }
    let lengths: HashSet<usize> = pieces.iter().map(|piece| piece.len()).collect();
    for (number, line) in lines.into_iter().enumerate() {
        for length in &lengths {
            if line.as_bytes().windows(*length).any(|part| pieces.contains(part)) {
                return Some(format!("a secret in line {number}"));
            }
        }
    }
    None
}

fn tokens(calls: &[Call]) -> Vec<String> {
    let token = |call: &Call| call.body.get("taskToken").map(text);
    calls.iter().filter_map(token).collect()
}

/// The sealed part of a link.
#[track_caller]
pub fn data(url: &str) -> &str {
    url.split_once("data=").expect("data in a link").1
}

/// A link with other data.
pub fn with_data(url: &str, data: &str) -> String {
    let (start, _) = url.split_once("data=").expect("data in a link");
    format!("{start}data={data}")
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

pub fn approve() -> Value {
    json!({ "name": "approve", "type": "success", "output": { "answer": "approved-by-link" } })
}

pub fn reject() -> Value {
    json!({ "name": "reject", "type": "failure", "error": "rejected", "cause": "somebody rejected it" })
}

pub fn beat() -> Value {
    json!({ "name": "beat", "type": "heartbeat" })
}

/// Runs the cases beside each other; a case that fails fails the test, with its own words.
pub fn in_parallel<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    let next = Mutex::new(cases.iter());
    std::thread::scope(|scope| {
        for _ in 0..BESIDE_EACH_OTHER.min(cases.len()) {
            scope.spawn(|| {
                loop {
                    let case = next.lock().expect("no panic inside").next();
                    match case {
                        Some(case) => run(case),
                        None => return,
                    }
                }
            });
        }
    });
}
