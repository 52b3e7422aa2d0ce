//! A strict stand-in of KMS and Step Functions on 127.0.0.1.
//!
//! It refuses what the real ones refuse, breaks on demand, and remembers every call, so that tests can compare
//! what a visitor was told with what really happened.

mod error;
mod fault;
mod in_process;
mod kms;
mod operation;
mod server;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Map, Value, json};
use sfn_callback_urls::tasks::{Report, TaskId, TaskList, TaskSpec, TaskState};
use tokio::sync::watch;

pub use super::tls::Identity;
pub use error::{ApiError, AwsError};
pub use fault::{Commit, Fault};
pub use in_process::{Fate, Plan};
pub use kms::{BLOB_BYTES, BLOB_PREFIX_BYTES, KeyState};
pub use operation::{Operation, Service};

use super::tls::{self, AuthorityFile};
use kms::{Kms, only_fields, string};

/// The region of the keys.
pub const REGION: &str = "us-east-1";
/// The account of the keys.
pub const ACCOUNT: &str = "123456789012";

/// One call as it arrived, and what came of it.
#[derive(Clone)]
pub struct Call {
    /// `None` for a request that is no call of ours, such as a GET.
    pub operation: Option<Operation>,
    /// The parsed body; `Null` if it was not read or is no JSON.
    pub body: Value,
    /// Whether it had its effect: a key was given, a task was told.
    pub committed: bool,
    /// The name of the error, if it was refused for a reason of its own (and not by a fault).
    pub refused: Option<&'static str>,
    /// What went wrong on purpose.
    pub fault: Fault,
    /// When its head was read.
    pub at: Instant,
    /// Who signed it, and for which region.
    pub signer: Option<Signer>,
    /// `x-amzn-requestid` of the answer.
    pub request_id: String,
}

impl std::fmt::Debug for Call {
    /// Leaves the body out: it holds tokens and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .field("committed", &self.committed)
            .field("refused", &self.refused)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// What the scope of a signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    pub access_key: String,
    pub region: String,
}

/// The running stand-in. Dropping it stops it.
pub struct FakeAws {
    shared: Arc<Shared>,
    http: Option<SocketAddr>,
    https: Option<(SocketAddr, AuthorityFile)>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
}

struct State {
    kms: Kms,
    tasks: TaskList,
    faults: BTreeMap<Operation, VecDeque<Fault>>,
    standing_faults: BTreeMap<Operation, Fault>,
    connections_to_reset: usize,
    connections: usize,
    pings: usize,
    ping_time: Duration,
    calls: Vec<Call>,
    clock_offset: SignedDuration,
}

impl FakeAws {
    /// Serves HTTP.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Serves HTTP, and HTTPS with such a certificate.
    pub fn start_tls(identity: Identity) -> Self {
        Self::start_with(Some(identity))
    }

    /// Serves only clients of [`FakeAws::in_process`].
    pub fn without_sockets() -> Self {
        Self {
            shared: Arc::new(Shared::new()),
            http: None,
            https: None,
            stop: watch::channel(false).0,
            thread: None,
        }
    }

    fn start_with(identity: Option<Identity>) -> Self {
        let shared = Arc::new(Shared::new());
        let (http_listener, http) = server::listen();
        let (tls, https) = match identity {
            None => (None, None),
            Some(identity) => {
                let (acceptor, authority) = tls::acceptor(&["localhost", "127.0.0.1"], identity);
                let (listener, address) = server::listen();
                (Some((listener, acceptor)), Some((address, authority)))
            }
        };
        let (stop, stopped) = watch::channel(false);
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || server::run(http_listener, tls, &for_thread, &stopped));
        Self {
            shared,
            http: Some(http),
            https,
            stop,
            thread: Some(thread),
        }
    }

    /// `http://127.0.0.1:<port>`, for `AWS_ENDPOINT_URL`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http_address())
    }

    /// `https://localhost:<port>`; only after [`FakeAws::start_tls`].
    pub fn https_url(&self) -> String {
        format!("https://localhost:{}", self.https_address().port())
    }

    pub fn http_address(&self) -> SocketAddr {
        self.http.expect("started with sockets")
    }

    pub fn https_address(&self) -> SocketAddr {
        self.https.as_ref().expect("started with TLS").0
    }

    /// The trusted authority, for `SSL_CERT_FILE`; only after [`FakeAws::start_tls`].
    pub fn authority_file(&self) -> &Path {
        self.https.as_ref().expect("started with TLS").1.path()
    }

    /// Makes an enabled symmetric key; gives its ARN.
    pub fn make_key(&self) -> String {
        let arn = new_arn();
        self.add_key(&arn);
        arn
    }

    /// Makes an enabled HMAC key; gives its ARN.
    pub fn make_mac_key(&self) -> String {
        let arn = new_arn();
        self.state().kms.add_mac_key(&arn);
        arn
    }

    /// Makes an enabled symmetric key with this ARN.
    pub fn add_key(&self, arn: &str) {
        self.state().kms.add_key(arn);
    }

    pub fn set_key_state(&self, arn: &str, state: KeyState) {
        self.state().kms.set_state(arn, state);
    }

    /// Makes `blob` decrypt to `plaintext` under a key and a context, as if it had been given out earlier.
    pub fn register_data_key<'a>(
        &self,
        arn: &str,
        blob: &[u8],
        plaintext: &[u8],
        context: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
        let context = context
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        self.state().kms.register(arn, blob, plaintext, context);
    }

    /// Starts a task that waits; gives its number and its token.
    pub fn start_task(&self, spec: TaskSpec) -> (TaskId, String) {
        let mut state = self.state();
        let now = state.now();
        state.tasks.start(spec, random(), now)
    }

    /// Starts a task that waits without end.
    pub fn waiting_task(&self) -> (TaskId, String) {
        self.start_task(TaskSpec {
            name: "waiting".to_owned(),
            timeout: None,
            heartbeat: None,
        })
    }

    /// What has become of a task; `None` when it is forgotten.
    pub fn task_state(&self, id: TaskId) -> Option<TaskState> {
        let mut state = self.state();
        let now = state.now();
        state.tasks.task(id, now).map(|task| task.state.clone())
    }

    pub fn stop_task(&self, id: TaskId) -> bool {
        let mut state = self.state();
        let now = state.now();
        state.tasks.stop(id, now)
    }

    /// Moves the clock of the tasks forward.
    pub fn advance(&self, time: Duration) {
        let mut state = self.state();
        let time = SignedDuration::try_from(time).expect("a reasonable time");
        state.clock_offset = state.clock_offset.saturating_add(time);
    }

    /// The next calls of this operation go wrong so, one after the other; then all is well again.
    pub fn fault(&self, operation: Operation, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.entry(operation).or_default().extend(faults);
    }

    /// Every call of this operation goes wrong so, once the faults in the queue are used up.
    /// [`Fault::None`] ends it.
    pub fn fault_always(&self, operation: Operation, fault: Fault) {
        self.state().standing_faults.insert(operation, fault);
    }

    /// How many faults wait in the queue of this operation.
    pub fn faults_left(&self, operation: Operation) -> usize {
        self.state().faults.get(&operation).map_or(0, VecDeque::len)
    }

    /// The next `count` connections are reset as soon as they are accepted, before a byte is read.
    pub fn reset_connections(&self, count: usize) {
        self.state().connections_to_reset = count;
    }

    /// How many connections were accepted, reset ones included.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// How long an answer to such a request takes; nothing at first.
    pub fn pings_take(&self, time: Duration) {
        self.state().ping_time = time;
    }

    /// How many requests asked for nothing; they are no calls.
    pub fn pings(&self) -> usize {
        self.state().pings
    }

    /// Every call so far, in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    pub fn calls_of(&self, operation: Operation) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| call.operation == Some(operation))
            .collect()
    }

    /// The request ids and bodies of calls that told a task this token, and had their effect.
    pub fn effects_of(&self, token: &str) -> Vec<Call> {
        let told = |call: &Call| call.committed && call.body.get("taskToken").is_some_and(|own| own == token);
        self.calls().into_iter().filter(told).collect()
    }

    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn new() -> Self {
        Self {
            state: Mutex::new(State {
                kms: Kms::default(),
                tasks: TaskList::new(),
                faults: BTreeMap::new(),
                standing_faults: BTreeMap::new(),
                connections_to_reset: 0,
                connections: 0,
                pings: 0,
                ping_time: Duration::ZERO,
                calls: Vec::new(),
                clock_offset: SignedDuration::ZERO,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn now(&self) -> Timestamp {
        Timestamp::now()
            .checked_add(self.clock_offset)
            .expect("a reasonable time")
    }

    fn next_fault(&mut self, operation: Operation) -> Fault {
        let queued = self.faults.get_mut(&operation).and_then(VecDeque::pop_front);
        queued
            .or_else(|| self.standing_faults.get(&operation).cloned())
            .unwrap_or(Fault::None)
    }

    /// The record of the call that is answered with this request id; gone after `forget_calls`.
    fn call(&mut self, request_id: &str) -> Option<&mut Call> {
        self.calls.iter_mut().rfind(|call| call.request_id == request_id)
    }

    fn note_refusal(&mut self, request_id: &str, error: AwsError) {
        if let Some(call) = self.call(request_id) {
            call.refused = Some(error.name());
        }
    }

    /// Does what the call asks for, and writes it down in the same moment.
    fn commit(&mut self, operation: Operation, body: &[u8], request_id: &str) -> Result<Value, ApiError> {
        let result = self.perform(operation, body);
        match (&result, self.call(request_id)) {
            (Ok(_), Some(call)) => call.committed = true,
            (Err(refusal), Some(call)) => call.refused = Some(refusal.error.name()),
            (Ok(_) | Err(_), None) => {}
        }
        result
    }

    fn perform(&mut self, operation: Operation, body: &[u8]) -> Result<Value, ApiError> {
        let request: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| ApiError::from(AwsError::Serialization))?;
        let required = |field| string(&request, field)?.ok_or_else(|| missing(field));
        let report = match operation {
            Operation::GenerateDataKey => return self.kms.generate_data_key(&request),
            Operation::Decrypt => return self.kms.decrypt(&request),
            Operation::GenerateMac => return self.kms.generate_mac(&request),
            Operation::SendTaskSuccess => {
                only_fields(&request, &["taskToken", "output"])?;
                Report::Success {
                    output: required("output")?.to_owned(),
                }
            }
            Operation::SendTaskFailure => {
                only_fields(&request, &["taskToken", "error", "cause"])?;
                let optional = |field| Ok::<_, ApiError>(string(&request, field)?.map(str::to_owned));
                Report::Failure {
                    error: optional("error")?,
                    cause: optional("cause")?,
                }
            }
            Operation::SendTaskHeartbeat => {
                only_fields(&request, &["taskToken"])?;
                Report::Heartbeat
            }
        };
        let now = self.now();
        match self.tasks.report(required("taskToken")?, &report, now) {
            Ok(()) => Ok(json!({})),
            Err(refusal) => Err(AwsError::Task(refusal).into()),
        }
    }
}

fn missing(field: &str) -> ApiError {
    ApiError::new(
        AwsError::Validation,
        format!(
            "1 validation error detected: Value at '{field}' failed to satisfy constraint: \
             Member must not be null"
        ),
    )
}

fn new_arn() -> String {
    let id = u128::from_be_bytes(random());
    format!(
        "arn:aws:kms:{REGION}:{ACCOUNT}:key/{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        id >> 96,
        (id >> 80) & 0xffff,
        (id >> 64) & 0xffff,
        (id >> 48) & 0xffff,
        id & 0xffff_ffff_ffff
    )
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("randomness of the system");
    bytes
}
