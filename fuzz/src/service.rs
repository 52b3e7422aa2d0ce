//! A service in memory, for one input: real keys of a key file, a list of tasks in place of Step Functions, a clock that
//! stands still.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use sfn_callback_urls::channels::Channels;
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::Keys;
use sfn_callback_urls::keys::local::LocalKeys;
use sfn_callback_urls::seal::DataKey;
use sfn_callback_urls::tasks::{TaskList, TaskSpec, TaskState, Tasks};
use sfn_callback_urls::web::{App, Caller, Door};
use std::cell::Cell;
use std::sync::{Arc, LazyLock, Mutex};

/// The data key of the vectors in tests/vectors, `00 01 … 1f`.
pub const DATA_KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut place = 0;
    while place < 32 {
        key[place] = place as u8;
        place += 1;
    }
    key
};
/// The audience of the vectors.
pub const AUDIENCE: &str = "stack-1";
/// Links in this service are used now: 2026-09-21T14:13:20Z.
pub const NOW: i64 = 1_790_000_000;
/// Links of this service begin so.
pub const BASE: &str = "https://abc123.execute-api.eu-central-1.amazonaws.com/v1";

thread_local! {
    static CLOCK: Cell<i64> = const { Cell::new(NOW) };
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
}

/// Sets what time it is.
pub fn set_clock(unix_seconds: i64) {
    CLOCK.set(unix_seconds);
}

pub fn data_key() -> DataKey {
    DataKey::new(DATA_KEY)
}

/// Runs what would wait, on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A service, its one waiting task and its log.
pub struct Service {
    pub app: Arc<App>,
    /// Of the task.
    pub token: String,
    tasks: Arc<Mutex<TaskList>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Links are sealed under [`DATA_KEY`]; both features are on.
    pub fn new() -> Self {
        Self::with_keys(|| {
            Keys::Local(LocalKeys::parse(&LocalKeys::line(&data_key())).expect("a line is a key file"))
        })
    }

    /// Links are not sealed, so that anything that a stranger writes is taken for one.
    pub fn without_key() -> Self {
        Self::with_keys(|| Keys::Off)
    }

    fn with_keys(keys: impl Fn() -> Keys) -> Self {
        let tasks = Arc::new(Mutex::new(TaskList::new()));
        let started = jiff::Timestamp::from_second(NOW - 3_600).expect("a time");
        let token = tasks
            .lock()
            .expect("one thread")
            .start(TaskSpec::default(), [42; 64], started)
            .1;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = lines.clone();
        let app = App {
            config: Config::from_vars(variable).expect("the settings are right"),
            keys: keys(),
            channels: Channels::Off,
            tasks: Tasks::Listed(tasks.clone()),
            clock: || jiff::Timestamp::from_second(CLOCK.get()).expect("a time"),
            random: |bytes| bytes.fill(42),
            log: Box::new(move |line| log.lock().expect("one thread").push(line.to_owned())),
        };
        Self {
            app: Arc::new(app),
            token,
            tasks,
            lines,
        }
    }

    /// Whether the task was told nothing at all.
    pub fn is_untold(&self) -> bool {
        let now = (self.app.clock)();
        let mut tasks = self.tasks.lock().expect("one thread");
        tasks
            .tasks(now)
            .all(|task| matches!(task.state, TaskState::Waiting { last_heartbeat: None }))
    }

    /// The lines of the log, which must be JSON, each on one line, and without the task's token.
    pub fn log(&self) -> Vec<serde_json::Value> {
        let lines = self.lines.lock().expect("one thread");
        let read = |line: &String| {
            assert!(!line.contains(['\n', '\r']) && !line.contains(&self.token));
            serde_json::from_str(line).expect("a line of the log is JSON")
        };
        lines.iter().map(read).collect()
    }

    /// `POST /urls`, or an invocation if `door` is that.
    pub fn create(&self, door: Door, body: &[u8]) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri("/urls")
            .header("content-type", "application/json")
            .body(Bytes::copy_from_slice(body))
            .expect("a request");
        Answer::of(block_on(self.app.create(&caller(door), request)))
    }

    /// A request for a link; `None` when HTTP has no such request.
    pub fn process(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).ok()?;
            request = request.header(name, HeaderValue::from_str(value).ok()?);
        }
        let request = request.body(Bytes::copy_from_slice(body)).ok()?;
        Some(Answer::of(block_on(
            self.app.process(&caller(Door::HttpApi), request),
        )))
    }
}

fn caller(door: Door) -> Caller {
    Caller {
        door,
        source_ip: Some("192.0.2.1".to_owned()),
        request_id: Some("request-1".to_owned()),
    }
}

fn variable(name: &str) -> Option<String> {
    static VARIABLES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        vec![
            ("AWS_REGION", "eu-central-1"),
            ("API_ID", "abc123"),
            ("STAGE", "v1"),
            ("AUDIENCE", AUDIENCE),
            ("ENABLE_OUTPUT_PARAMETERS", "true"),
            ("ENABLE_POST_ACTIONS", "true"),
        ]
    });
    let found = VARIABLES.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| (*value).to_owned())
}

/// What a caller gets.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    fn of(reply: http::Response<String>) -> Self {
        let (parts, body) = reply.into_parts();
        for (name, value) in &parts.headers {
            assert!(value.to_str().is_ok(), "{name} is no text");
        }
        Self {
            status: parts.status.as_u16(),
            body,
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the answer is JSON")
    }
}

/// A request as text: what comes before the first empty line, and the bytes behind it.
pub fn split_head(data: &[u8]) -> Option<(&str, &[u8])> {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, &[][..]),
    };
    Some((std::str::from_utf8(head).ok()?, body))
}
