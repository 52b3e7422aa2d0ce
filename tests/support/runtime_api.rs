//! A Lambda Runtime API on 127.0.0.1 that runs an executable as Lambda would, one event at a time.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

/// Lambda's limit for a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;
const VERSION_PREFIX: &str = "/2018-06-01/runtime/";

/// How an executable is started.
#[derive(Clone, Debug)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Besides (or instead of) those that Lambda sets itself; the test's own are not passed on.
    pub environment: BTreeMap<String, String>,
    /// The function's name, also in its ARN.
    pub name: String,
    /// The function's `Timeout`: how long one event may take, and the start.
    pub timeout: Duration,
    /// What the caller of each invocation says of itself, `ClientContext`.
    pub client_context: Option<String>,
}

/// A running function. Dropping it ends its process.
pub struct Function {
    shared: Arc<Shared>,
    child: Child,
    timeout: Duration,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// What a function made of one event.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub request_id: String,
    pub result: Result<Value, FunctionError>,
    /// From the moment that the executable fetched the event to its answer.
    pub took: Duration,
}

/// An error that the executable reported.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionError {
    /// The header `Lambda-Runtime-Function-Error-Type`.
    pub kind: Option<String>,
    /// `errorType`, `errorMessage`, …; `Null` if it is no JSON.
    pub body: Value,
}

/// Why there is no answer to an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// It took longer than the function's timeout.
    TimedOut,
    /// The process ended, with this code unless by a signal.
    Exited(Option<i32>),
    /// The executable reported that it cannot start.
    Init(FunctionError),
    /// The answer was longer than Lambda takes, or not JSON.
    BadResponse(String),
}

/// Times since the process was started.
#[derive(Clone, Copy, Debug, Default)]
pub struct StartTimes {
    /// It asked for an event: Lambda's `Init Duration`, roughly.
    pub ready: Option<Duration>,
    /// Its first answer arrived.
    pub first_response: Option<Duration>,
}

/// What a process left behind.
#[derive(Debug)]
pub struct Remains {
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    /// What it did against the rules of the API, such as answering twice.
    pub violations: Vec<String>,
}

struct Shared {
    state: Mutex<State>,
    /// The state changed; for the threads of tests.
    changed: Condvar,
    /// There may be an event; for the server.
    event: Notify,
    arn: String,
    client_context: Option<String>,
    timeout: Duration,
    started: Instant,
}

#[derive(Default)]
struct State {
    waiting_event: Option<(String, Bytes)>,
    /// The executable asks for an event.
    asks: bool,
    /// The event that was fetched, and when.
    current: Option<(String, Instant)>,
    finished: Option<Invocation>,
    bad_response: Option<String>,
    init_error: Option<FunctionError>,
    times: StartTimes,
    stdout: Vec<String>,
    stderr: Vec<String>,
    violations: Vec<String>,
}

impl Launch {
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            name: "function-under-test".to_owned(),
            timeout: Duration::from_secs(15),
            client_context: None,
        }
    }

    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    #[must_use]
    pub fn client_context(mut self, context: &Value) -> Self {
        self.client_context = Some(context.to_string());
        self
    }

    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Starts the API and the process.
    pub fn start(&self) -> Function {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            event: Notify::new(),
            arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{}", self.name),
            client_context: self.client_context.clone(),
            timeout: self.timeout,
            started: Instant::now(),
        });
        let (stop, stopped) = watch::channel(false);
        let for_server = Arc::clone(&shared);
        let server = std::thread::spawn(move || run(listener, &for_server, stopped));

        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.own_variables(address))
            .envs(&self.environment);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("an executable");
        let stdout = collect_lines(child.stdout.take(), &shared, |state| &mut state.stdout);
        let stderr = collect_lines(child.stderr.take(), &shared, |state| &mut state.stderr);
        Function {
            shared,
            child,
            timeout: self.timeout,
            stop,
            threads: vec![server, stdout, stderr],
        }
    }

    /// The variables that Lambda sets.
    fn own_variables(&self, address: SocketAddr) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_LAMBDA_RUNTIME_API", address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", self.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.name)),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/01/01/[$LATEST]0123456789abcdef".to_owned(),
            ),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIDOFTHEROLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "not-a-secret".to_owned()),
            ("AWS_SESSION_TOKEN", "session-of-the-role".to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
            ("LAMBDA_TASK_ROOT", "/var/task".to_owned()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("TZ", ":UTC".to_owned()),
        ])
    }
}

impl Function {
    /// Hands over one event and waits for the answer, no longer than the function's timeout and a second.
    ///
    /// After a [`Failure`] a process is in an unknown state: start another.
    pub fn invoke(&mut self, event: &Value) -> Result<Invocation, Failure> {
        self.invoke_text(&event.to_string())
    }

    /// The same with an event that need not be JSON.
    pub fn invoke_text(&mut self, event: &str) -> Result<Invocation, Failure> {
        let request_id = next_request_id();
        {
            let mut state = self.shared.state();
            (state.finished, state.bad_response) = (None, None);
            state.waiting_event = Some((request_id.clone(), Bytes::copy_from_slice(event.as_bytes())));
        }
        self.shared.event.notify_one();
        let outcome = self.wait(self.timeout + Duration::from_secs(1), |state| {
            if let Some(reason) = state.bad_response.take() {
                return Some(Err(Failure::BadResponse(reason)));
            }
            let finished = state
                .finished
                .take_if(|finished| finished.request_id == request_id);
            finished.map(Ok)
        });
        let mut state = self.shared.state();
        state.waiting_event = None;
        state.current = None;
        outcome
    }

    /// Waits until the executable asks for its first event; gives the time that it took.
    pub fn wait_until_ready(&mut self) -> Result<Duration, Failure> {
        self.wait(self.timeout, |state| state.times.ready.map(Ok))
    }

    /// Waits until a line was written (to standard output or standard error) for which `found` holds.
    pub fn wait_for_line(&mut self, found: impl Fn(&str) -> bool) -> Result<String, Failure> {
        self.wait(self.timeout, |state| {
            let line = state.stdout.iter().chain(&state.stderr).find(|line| found(line));
            line.map(|line| Ok(line.clone()))
        })
    }

    pub fn times(&self) -> StartTimes {
        self.shared.state().times
    }

    /// The lines of standard output so far. A line may come a moment later than the answer of its event.
    pub fn stdout(&self) -> Vec<String> {
        self.shared.state().stdout.clone()
    }

    pub fn stderr(&self) -> Vec<String> {
        self.shared.state().stderr.clone()
    }

    /// The most memory that the process ever had, in KiB (`VmHWM`); `None` where the system does not say.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Freezes the process between two events, as Lambda does: once it asks for the next one, it is stopped.
    pub fn freeze(&mut self) -> Result<(), Failure> {
        self.wait(self.timeout, |state| state.asks.then_some(Ok(())))?;
        self.signal("STOP", true);
        Ok(())
    }

    /// Lets a frozen process go on.
    pub fn thaw(&mut self) {
        self.signal("CONT", false);
    }

    /// Sends a signal, and waits until the process is stopped or is not (`/proc/<id>/stat`).
    fn signal(&self, name: &str, stopped: bool) {
        let id = self.child.id();
        let kill = Command::new("kill")
            .args([format!("-{name}"), id.to_string()])
            .status();
        assert!(kill.expect("kill").success(), "SIG{name}");
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a process");
            let (_, after_name) = stat.rsplit_once(") ").expect("a name in brackets");
            if after_name.starts_with('T') == stopped {
                return;
            }
            assert!(Instant::now() < deadline, "after SIG{name}: {stat}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends the process and gives all that it wrote.
    pub fn finish(mut self) -> Remains {
        self.end();
        let mut state = self.shared.state();
        Remains {
            stdout: std::mem::take(&mut state.stdout),
            stderr: std::mem::take(&mut state.stderr),
            violations: std::mem::take(&mut state.violations),
        }
    }

    /// Waits until `look` finds something, the process ends or reports an error, or time is up.
    fn wait<T>(
        &mut self,
        patience: Duration,
        mut look: impl FnMut(&mut State) -> Option<Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + patience;
        let mut exited: Option<ExitStatus> = None;
        loop {
            let mut state = self.shared.state();
            if let Some(found) = look(&mut state) {
                return found;
            }
            if let Some(error) = &state.init_error {
                return Err(Failure::Init(error.clone()));
            }
            // Looked at once more after the end: its last words may have been on their way.
            if let Some(status) = exited {
                return Err(Failure::Exited(status.code()));
            }
            if Instant::now() >= deadline {
                return Err(Failure::TimedOut);
            }
            let turn = self.shared.changed.wait_timeout(state, Duration::from_millis(20));
            drop(turn.unwrap_or_else(PoisonError::into_inner));
            if let Ok(Some(status)) = self.child.try_wait() {
                std::thread::sleep(Duration::from_millis(50));
                exited = Some(status);
            }
        }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.stop.send(true);
        // A process that it started may hold its pipes open for longer than we wait.
        let deadline = Instant::now() + Duration::from_secs(1);
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }
}

fn next_request_id() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-0000-4000-8000-{number:012x}", std::process::id())
}

fn collect_lines(
    source: Option<impl Read + Send + 'static>,
    shared: &Arc<Shared>,
    lines: fn(&mut State) -> &mut Vec<String>,
) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(source.expect("a pipe"));
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
            shared.change(|state| lines(state).push(text));
            line.clear();
        }
    })
}

fn run(listener: TcpListener, shared: &Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stopped.changed() => return,
            };
            let Ok((stream, _)) = accepted else { continue };
            let _ = stream.set_nodelay(true);
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let shared = Arc::clone(&shared);
                    async move { answer(&shared, request).await }
                });
                // A process that is killed breaks its connections.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}

type Answer = Response<Full<Bytes>>;

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Answer, http::Error> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix(VERSION_PREFIX).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    match (&head.method, parts.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(shared).await,
        (&Method::POST, ["invocation", request_id, "response"]) => {
            let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await;
            let parsed = match body.map(|body| serde_json::from_slice(&body.to_bytes())) {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => Err(format!("not JSON: {error}")),
                Err(_) => Err(format!("longer than {MAX_RESPONSE_BYTES} bytes")),
            };
            match parsed {
                Ok(value) => finish(shared, request_id, Ok(value)),
                Err(reason) => {
                    shared.change(|state| state.bad_response = Some(reason));
                    refusal(StatusCode::PAYLOAD_TOO_LARGE, "Function.ResponseSizeTooLarge")
                }
            }
        }
        (&Method::POST, ["invocation", request_id, "error"]) => {
            let error = function_error(&head.headers, body).await;
            finish(shared, request_id, Err(error))
        }
        (&Method::POST, ["init", "error"]) => {
            let error = function_error(&head.headers, body).await;
            shared.change(|state| state.init_error = Some(error));
            accepted()
        }
        (_, _) => {
            let text = format!("unknown call: {} {}", head.method, head.uri.path());
            shared.change(|state| state.violations.push(text));
            refusal(StatusCode::NOT_FOUND, "UnknownPath")
        }
    }
}

/// Waits for an event; Lambda lets the process wait here, too.
async fn next(shared: &Shared) -> Result<Answer, http::Error> {
    shared.change(|state| {
        state.asks = true;
        state.times.ready.get_or_insert_with(|| shared.started.elapsed());
        if let Some((request_id, _)) = &state.current {
            state
                .violations
                .push(format!("asked for an event before answering {request_id}"));
        }
    });
    loop {
        let event = shared.state().waiting_event.take();
        if let Some((request_id, event)) = event {
            shared.change(|state| {
                state.asks = false;
                state.current = Some((request_id.clone(), Instant::now()));
            });
            let deadline = SystemTime::now() + shared.timeout;
            let deadline = deadline
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis();
            let mut response = Response::builder();
            if let Some(context) = &shared.client_context {
                response = response.header("Lambda-Runtime-Client-Context", context);
            }
            return response
                .header("Content-Type", "application/json")
                .header("Lambda-Runtime-Aws-Request-Id", request_id)
                .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
                .header("Lambda-Runtime-Invoked-Function-Arn", &shared.arn)
                .header(
                    "Lambda-Runtime-Trace-Id",
                    "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
                )
                .body(Full::new(event));
        }
        shared.event.notified().await;
    }
}

fn finish(
    shared: &Shared,
    request_id: &str,
    result: Result<Value, FunctionError>,
) -> Result<Answer, http::Error> {
    let mut known = false;
    shared.change(|state| {
        let current = state.current.take_if(|(current, _)| current == request_id);
        known = current.is_some();
        match current {
            Some((request_id, fetched)) => {
                state
                    .times
                    .first_response
                    .get_or_insert_with(|| shared.started.elapsed());
                state.finished = Some(Invocation {
                    request_id,
                    result,
                    took: fetched.elapsed(),
                });
            }
            None => state
                .violations
                .push(format!("answered {request_id}, which is not its event")),
        }
    });
    if known {
        accepted()
    } else {
        refusal(StatusCode::BAD_REQUEST, "InvalidRequestID")
    }
}

async fn function_error(headers: &HeaderMap, body: Incoming) -> FunctionError {
    let kind = headers
        .get("Lambda-Runtime-Function-Error-Type")
        .and_then(|value| value.to_str().ok());
    let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await;
    let parsed = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    FunctionError {
        kind: kind.map(str::to_owned),
        body: parsed.unwrap_or_default(),
    }
}

fn accepted() -> Result<Answer, http::Error> {
    json_answer(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn refusal(status: StatusCode, kind: &str) -> Result<Answer, http::Error> {
    json_answer(status, &json!({ "errorType": kind, "errorMessage": kind }))
}

fn json_answer(status: StatusCode, body: &Value) -> Result<Answer, http::Error> {
    let body = Full::new(Bytes::from(body.to_string()));
    Response::builder()
        .status(status)
        .header("Content-Type", "application/json")
        .body(body)
}
