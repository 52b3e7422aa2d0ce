//! A service for one test: real keys, a real list of tasks, a clock that the test sets, and the log in memory.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use sfn_callback_urls::channels::Channels;
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::Keys;
use sfn_callback_urls::keys::local::LocalKeys;
use sfn_callback_urls::seal::DataKey;
use sfn_callback_urls::tasks::{TaskList, TaskSpec, TaskState, Tasks};
use sfn_callback_urls::web::{App, Caller, Door};
use std::cell::Cell;
use std::sync::{Arc, Mutex};

/// When every test begins: 2026-09-21T14:13:20Z.
pub const NOW: i64 = 1_790_000_000;
/// Where links point, unless a test says otherwise.
pub const BASE: &str = "https://abc123.execute-api.eu-central-1.amazonaws.com/v1";
/// Both features are on.
pub const FEATURES: &[(&str, &str)] = &[
    ("ENABLE_OUTPUT_PARAMETERS", "true"),
    ("ENABLE_POST_ACTIONS", "true"),
];
/// Nothing is on.
pub const PLAIN: &[(&str, &str)] = &[];

thread_local! {
    static CLOCK: Cell<i64> = const { Cell::new(NOW) };
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// Sets the clock of this test.
pub fn set_clock(unix_seconds: i64) {
    CLOCK.set(unix_seconds);
}

fn clock() -> jiff::Timestamp {
    jiff::Timestamp::from_second(CLOCK.get()).unwrap()
}

/// Different bytes each time, and the same ones in each run.
fn random(bytes: &mut [u8]) {
    for byte in bytes {
        DRAWN.set(DRAWN.get() + 1);
        let mixed = DRAWN.get().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *byte = (mixed ^ (mixed >> 29)).to_be_bytes()[1];
    }
}

/// The same, but the gate before KMS, which draws single bytes, lets nobody through by luck.
fn unlucky(bytes: &mut [u8]) {
    match bytes {
        [byte] => *byte = 1,
        bytes => random(bytes),
    }
}

/// A service, its tasks and its log.
pub struct Stack {
    pub app: Arc<App>,
    tasks: Arc<Mutex<TaskList>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Stack {
    /// Links are encrypted under a local key.
    pub fn new(vars: &[(&str, &str)]) -> Self {
        Self::with_keys(Self::keys(7), vars)
    }

    /// Links are not encrypted.
    pub fn without_key(vars: &[(&str, &str)]) -> Self {
        Self::with_keys(Keys::Off, vars)
    }

    /// A file with one key.
    pub fn keys(seed: u8) -> Keys {
        Keys::Local(LocalKeys::parse(&LocalKeys::line(&DataKey::new([seed; 32]))).unwrap())
    }

    /// A service without any setting that a test does not name, but for region, API and stage.
    pub fn with_keys(keys: Keys, vars: &[(&str, &str)]) -> Self {
        let here = [
            ("AWS_REGION", "eu-central-1"),
            ("API_ID", "abc123"),
            ("STAGE", "v1"),
        ];
        let all = [vars, &here].concat();
        let variable = |name: &str| all.iter().find(|(key, _)| *key == name);
        let config = Config::from_vars(|name| variable(name).map(|(_, value)| (*value).to_owned()));
        let tasks = Arc::new(Mutex::new(TaskList::new()));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = lines.clone();
        let app = App {
            config: config.unwrap(),
            keys,
            tasks: Tasks::Listed(tasks.clone()),
            channels: Channels::Off,
            clock,
            random,
            log: Box::new(move |line| log.lock().unwrap().push(line.to_owned())),
        };
        Self {
            app: Arc::new(app),
            tasks,
            lines,
        }
    }

    /// The same tasks and log under other settings or keys: an update of the stack.
    pub fn updated(&self, keys: Keys, vars: &[(&str, &str)]) -> Self {
        let mut other = Self::with_keys(keys, vars);
        let app = Arc::get_mut(&mut other.app).unwrap();
        app.tasks = Tasks::Listed(self.tasks.clone());
        other.tasks = self.tasks.clone();
        other
    }

    /// The same service, where the gate before KMS lets nobody through by luck.
    pub fn unlucky(mut self) -> Self {
        Arc::get_mut(&mut self.app).unwrap().random = unlucky;
        self
    }

    /// A task begins to wait; gives its token.
    pub fn task(&self) -> String {
        let mut seed = [0; 64];
        random(&mut seed);
        self.tasks
            .lock()
            .unwrap()
            .start(TaskSpec::default(), seed, clock())
            .1
    }

    /// What the tasks were told, in the order in which they began to wait.
    pub fn told(&self) -> Vec<String> {
        let mut tasks = self.tasks.lock().unwrap();
        tasks.tasks(clock()).map(|task| told(&task.state)).collect()
    }

    /// Every line of the log so far; each must be one line of JSON.
    pub fn log(&self) -> Vec<Value> {
        let lines = self.lines.lock().unwrap();
        assert!(lines.iter().all(|line| !line.contains(['\n', '\r'])), "{lines:?}");
        lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The lines of the log as they were written.
    pub fn log_text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// `POST /urls` through a REST API.
    pub fn create(&self, request: &Value) -> Answer {
        self.create_text(&request.to_string())
    }

    /// `POST /urls` with any text as JSON.
    pub fn create_text(&self, body: &str) -> Answer {
        let headers = [("content-type", "application/json")];
        self.create_with("POST", &headers, body.as_bytes())
    }

    /// Any request to `/urls`.
    pub fn create_with(&self, method: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let request = request(method, "/urls", headers, body);
        Answer::of(block_on(self.app.create(&caller(Door::RestApi), request)))
    }

    /// `lambda:Invoke` of CreateUrls.
    pub fn invoke(&self, payload: &[u8]) -> Answer {
        let request = request("POST", "/events", &[], payload);
        Answer::of(block_on(self.app.create(&caller(Door::Direct), request)))
    }

    /// Creates links that must be granted, for a token of its own; gives the answer.
    #[track_caller]
    pub fn links(&self, actions: Value, more: Value) -> Answer {
        let mut request = json!({"token": self.task(), "actions": actions});
        for (key, value) in more.as_object().unwrap() {
            request[key] = value.clone();
        }
        let answer = self.create(&request);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// The link of one action.
    #[track_caller]
    pub fn link(&self, action: Value, more: Value) -> String {
        let name = action["name"].as_str().unwrap().to_owned();
        self.links(json!([action]), more).url(&name)
    }

    /// Opens a link as a browser or script does.
    pub fn visit(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let request = request(method, url, headers, body);
        Answer::of(block_on(self.app.process(&caller(Door::HttpApi), request)))
    }

    /// Opens a link from an address.
    pub fn get_from(&self, address: Option<&str>, url: &str) -> Answer {
        let caller = Caller {
            source_ip: address.map(str::to_owned),
            ..caller(Door::HttpApi)
        };
        let request = request("GET", url, &[], b"");
        Answer::of(block_on(self.app.process(&caller, request)))
    }

    /// Opens a link without any header.
    pub fn get(&self, url: &str) -> Answer {
        self.visit("GET", url, &[], b"")
    }

    /// Opens a link for someone who likes a type best.
    pub fn get_as(&self, url: &str, accept: &str) -> Answer {
        self.visit("GET", url, &[("accept", accept)], b"")
    }

    /// Sends a JSON body to a link.
    pub fn post(&self, url: &str, body: &str) -> Answer {
        self.visit(
            "POST",
            url,
            &[("content-type", "application/json")],
            body.as_bytes(),
        )
    }
}

fn told(state: &TaskState) -> String {
    match state {
        TaskState::Waiting { last_heartbeat: None } => "waiting".to_owned(),
        TaskState::Waiting {
            last_heartbeat: Some(at),
        } => format!("heartbeat at {}", at.as_second()),
        TaskState::Succeeded { output, .. } => format!("success {output}"),
        TaskState::Failed { error, cause, .. } => {
            let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            format!("failure {} {}", part(error), part(cause))
        }
        TaskState::TimedOut { .. } => "timed out".to_owned(),
        TaskState::Stopped { .. } => "stopped".to_owned(),
    }
}

/// Who calls, by which door.
pub fn caller(door: Door) -> Caller {
    Caller {
        door,
        source_ip: Some("192.0.2.1".to_owned()),
        request_id: Some("request-1".to_owned()),
    }
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body)).unwrap()
}

/// Runs what would wait, on this thread, so that it sees the clock of this test.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// An answer in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn of(reply: http::Response<String>) -> Self {
        let (parts, body) = reply.into_parts();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// The body, which must be JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    /// The keys of the body, in order.
    #[track_caller]
    pub fn keys(&self) -> Vec<String> {
        self.json().as_object().unwrap().keys().cloned().collect()
    }

    /// A header that is there once; empty when it is not there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert!(values.len() < 2, "{name}: {values:?}");
        values.first().map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a refusal.
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The link of an action.
    #[track_caller]
    pub fn url(&self, action: &str) -> String {
        self.json()["urls"][action].as_str().expect(action).to_owned()
    }

    /// Status and code, for refusals whose text is asserted elsewhere.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.code())
    }
}

/// The query of a URL, decoded.
pub fn query(url: &str) -> Vec<(String, String)> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// The sealed part of a link.
pub fn data(url: &str) -> String {
    let data = query(url).into_iter().find(|(name, _)| name == "data");
    data.unwrap().1
}

/// A `1-` link as the Python application wrote it, for a service without a key.
pub fn old_link(payload: &Value) -> String {
    let text = base64::engine::general_purpose::URL_SAFE.encode(payload.to_string());
    format!("{BASE}/respond?data={}", encode(&format!("1-{text}")))
}

/// The JSON inside a `1-` link of ours.
#[track_caller]
pub fn opened(url: &str) -> Value {
    let data = data(url);
    let text = data.strip_prefix("1-").expect(&data);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

/// A value as part of a query.
pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Standard base64, as events carry binary bodies.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `{"name": "a", "type": "success", "output": …}`
pub fn success(output: Value) -> Value {
    json!({"name": "a", "type": "success", "output": output})
}

/// `{"name": "a", "type": "heartbeat"}`
pub fn heartbeat() -> Value {
    json!({"name": "a", "type": "heartbeat"})
}

/// A post action with these outcomes.
pub fn post(outcomes: Value) -> Value {
    json!({"name": "a", "type": "post", "outcomes": outcomes})
}

/// `param` is on.
pub fn parameters() -> Value {
    json!({"enable_output_parameters": true})
}

/// Nothing besides token and actions.
pub fn nothing() -> Value {
    json!({})
}

/// The same value with some fields replaced or added.
pub fn with(mut value: Value, more: Value) -> Value {
    for (key, field) in more.as_object().unwrap() {
        value[key] = field.clone();
    }
    value
}

/// Begins the randomness of this test again, so that two services make the same tokens and links.
pub fn rewind() {
    DRAWN.set(0);
}
