//! Thousands of callbacks while AWS fails at random, on a clock that jumps over every wait. What each visitor is told is
//! compared with what the stand-in wrote down.
//!
//! `FAULT_CALLBACKS` is how many callbacks each cell of the table gets, `FAULT_SEED` repeats a run: a callback draws its
//! faults from the seed, its cell and its number alone. docs/SECURITY.md has the command for the long run.

mod cells;
mod judge;

use crate::stand_ins::aws::{FakeAws, Fate, Operation, REGION, Service};
use crate::support::{NOW, caller};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::config::retry::RetryPartition;
use aws_smithy_types::retry::RetryConfig;
use bytes::Bytes;
use cells::{Cell, Kind, RATES, Where};
use http::Request;
use judge::{Seen, Tally, judge};
use serde_json::{Value, json};
use sfn_callback_urls::aws::Shared;
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::Keys;
use sfn_callback_urls::keys::kms::KmsKeys;
use sfn_callback_urls::tasks::Tasks;
use sfn_callback_urls::tasks::services::Services;
use sfn_callback_urls::web::{App, Door};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// Callbacks of a cell, unless `FAULT_CALLBACKS` says otherwise.
const CALLBACKS: u64 = 1_000;
const SEED: u64 = 0x5f37_59df;
/// Behind every effect that comes late.
const SETTLED: Duration = Duration::from_secs(20);

/// How Step Functions is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    /// As in the product.
    Ours,
    /// With the retries of the SDK, which forget that an attempt may have been taken.
    OfTheSdk,
    /// Taking any success for one, whoever says so.
    Credulous,
}

#[test]
fn nobody_is_told_a_falsehood_while_step_functions_fails() {
    check(Where::StepFunctions);
}

#[test]
fn nobody_is_told_a_falsehood_while_kms_fails() {
    check(Where::Kms);
}

#[test]
fn nobody_is_told_a_falsehood_while_both_fail() {
    check(Where::Both);
}

fn check(at: Where) {
    let (callbacks, seed) = (number("FAULT_CALLBACKS", CALLBACKS), number("FAULT_SEED", SEED));
    for cell in cells::all(at) {
        let tally = run(&cell, callbacks, seed, Client::Ours);
        println!("{}", tally.row(&cell));
        assert_eq!(
            tally.violations,
            Vec::<String>::new(),
            "FAULT_SEED={seed}, {cell:?}"
        );
        if let Some(definite) = cell.definite() {
            assert!(
                tally.definite() >= definite,
                "{cell:?}: only {} of {callbacks} definite answers (FAULT_SEED={seed})",
                tally.answers_with_certainty()
            );
        }
        let expects_faults = cell.percent > 0;
        assert_eq!(
            tally.faults > 0,
            expects_faults,
            "{cell:?}: {} faults",
            tally.faults
        );
    }
}

/// The harness must be able to fail: these are the defects that the product would have by default.
#[test]
fn a_client_that_repeats_by_itself_is_caught_telling_falsehoods() {
    let cell = Cell {
        at: Where::StepFunctions,
        kind: Kind::ResetBehindRead,
        percent: RATES[1],
    };
    let tally = run(&cell, 300, SEED, Client::OfTheSdk);
    let lies = tally
        .violations
        .iter()
        .filter(|text| text.contains("refused as closed"));
    assert!(lies.count() > 10, "{:?}", tally.violations);
}

#[test]
fn a_client_that_takes_any_success_for_one_is_caught() {
    let cell = Cell {
        at: Where::StepFunctions,
        kind: Kind::WrongContentType,
        percent: RATES[1],
    };
    let tally = run(&cell, 300, SEED, Client::Credulous);
    let lies = tally
        .violations
        .iter()
        .filter(|text| text.contains("recorded without a record"));
    assert!(lies.count() > 10, "{:?}", tally.violations);
}

#[test]
fn a_seed_repeats_its_run() {
    let cell = Cell {
        at: Where::StepFunctions,
        kind: Kind::Any,
        percent: RATES[2],
    };
    let run = |seed| run(&cell, 100, seed, Client::Ours).row(&cell);
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run is decides whoever starts it"
)]
fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().expect("a whole number"),
        Err(_) => default,
    }
}

/// All callbacks of a cell, one after the other.
fn run(cell: &Cell, callbacks: u64, seed: u64, client: Client) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let theatre = Theatre::new(*cell, client);
        let mut tally = Tally::default();
        for index in 0..callbacks {
            let seen = theatre.callback(seed, index).await;
            let violations = judge(cell, &seen);
            let named = |violation| format!("callback {index}: {violation}");
            tally.violations.extend(violations.into_iter().map(named));
            tally.add(&seen);
        }
        tally
    })
}

/// A stand-in of AWS, a service that makes links undisturbed, and one that answers them in trouble.
struct Theatre {
    cell: Cell,
    aws: FakeAws,
    calm: App,
    troubled: App,
    lines: Arc<Mutex<Vec<String>>>,
    faults: Arc<AtomicUsize>,
    sends: Arc<AtomicUsize>,
}

impl Theatre {
    fn new(cell: Cell, client: Client) -> Self {
        let aws = FakeAws::without_sockets();
        let key = aws.make_key();
        let (lines, faults, sends) = (
            Arc::<Mutex<Vec<String>>>::default(),
            Arc::<AtomicUsize>::default(),
            Arc::<AtomicUsize>::default(),
        );
        let calm = app(
            cell.at,
            &aws,
            &key,
            Client::Ours,
            Box::new(|_| cells::WELL),
            Arc::default(),
        );
        let (count, count_sends) = (Arc::clone(&faults), Arc::clone(&sends));
        let plan = Box::new(move |operation: Operation| {
            let fate = cell.fate(operation.service());
            if fate != cells::WELL {
                count.fetch_add(1, Ordering::Relaxed);
            }
            if operation.service() == Service::StepFunctions {
                count_sends.fetch_add(1, Ordering::Relaxed);
            }
            fate
        });
        let troubled = app(cell.at, &aws, &key, client, plan, Arc::clone(&lines));
        Self {
            cell,
            aws,
            calm,
            troubled,
            lines,
            faults,
            sends,
        }
    }

    async fn callback(&self, seed: u64, index: u64) -> Seen {
        cells::begin(seed, &self.cell, index);
        let (_, token) = self.aws.waiting_task();
        let (is_heartbeat, action) = match index % 3 {
            0 => (
                false,
                json!({"name": "a", "type": "success", "output": {"n": index}}),
            ),
            1 => (
                false,
                json!({"name": "a", "type": "failure", "error": "e", "cause": "c"}),
            ),
            _ => (true, json!({"name": "a", "type": "heartbeat"})),
        };
        let create = json!({"token": token, "actions": [action]}).to_string();
        let made = self
            .calm
            .create(&caller(Door::Direct), Request::new(Bytes::from(create)))
            .await;
        let made: Value = serde_json::from_str(made.body()).expect("JSON");
        let url = made["urls"]["a"].as_str().expect("a link").to_owned();
        self.aws.forget_calls();
        self.faults.store(0, Ordering::Relaxed);
        self.sends.store(0, Ordering::Relaxed);

        let visit = Request::get(url).body(Bytes::new()).expect("a request");
        let start = Instant::now();
        let reply = self.troubled.process(&caller(Door::HttpApi), visit).await;
        let took = start.elapsed();
        tokio::time::sleep(SETTLED).await;
        Seen {
            is_heartbeat,
            status: reply.status().as_u16(),
            retry_after: reply.headers().contains_key("retry-after"),
            body: reply.body().clone(),
            took,
            effects: self.aws.effects_of(&token).len(),
            faults: self.faults.load(Ordering::Relaxed),
            sends: self.sends.load(Ordering::Relaxed),
            lines: std::mem::take(&mut self.lines.lock().expect("no panic inside")),
            token,
        }
    }
}

/// A service with the clients of the product, but for the way to AWS.
fn app(
    at: Where,
    aws: &FakeAws,
    key: &str,
    client: Client,
    plan: Box<dyn FnMut(Operation) -> Fate + Send>,
    lines: Arc<Mutex<Vec<String>>>,
) -> App {
    // Where KMS shall be in trouble, each callback must need it.
    let decrypt_max_age = if at == Where::StepFunctions { "300" } else { "0" };
    let variables = [
        ("AWS_REGION", REGION),
        ("API_ID", "a1b2c3d4e5"),
        ("STAGE", "v1"),
        ("KEY_ID", key),
        ("DATA_KEY_MAX_USES", "10000"),
        ("DECRYPT_CACHE_MAX_AGE", decrypt_max_age),
    ];
    let config = Config::from_vars(|name| {
        let variable = variables.iter().find(|(key, _)| *key == name);
        variable.map(|(_, value)| (*value).to_owned())
    });
    let config = config.expect("settings");
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let http = aws.in_process(Box::new(plan));
    let shared = Shared::with_http(&config, http, Some(SharedCredentialsProvider::new(credentials)));
    // The SDK counts retries for all clients of a process together. Lambda gives each instance a process of its own.
    static THEATRES: AtomicUsize = AtomicUsize::new(0);
    let partition = format!("theatre {}", THEATRES.fetch_add(1, Ordering::Relaxed));
    let kms = shared.kms(None);
    let kms = kms
        .config()
        .to_builder()
        .retry_partition(RetryPartition::new(partition));
    let kms = aws_sdk_kms::Client::from_conf(kms.build());
    let states = match client {
        Client::Ours => shared.states(None),
        Client::OfTheSdk => {
            let config = shared.states(None).config().to_builder();
            aws_sdk_sfn::Client::from_conf(config.retry_config(RetryConfig::standard()).build())
        }
        Client::Credulous => {
            let ours = shared.states(None);
            let config = aws_sdk_sfn::Config::builder()
                .behavior_version(sfn_callback_urls::aws::behavior_version())
                .region(ours.config().region().cloned())
                .http_client(ours.config().http_client().expect("ours"))
                .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
                .retry_config(RetryConfig::disabled());
            aws_sdk_sfn::Client::from_conf(config.build())
        }
    };
    let keys = KmsKeys::new(kms, config.opening_keys(), config.audience.clone(), config.caches);
    let tasks = Services::new(shared, config.aws.clone(), config.outbound.clone(), cells::below);
    let tasks = tasks.with_states(states);
    App {
        config,
        keys: Keys::Kms(Box::new(keys)),
        tasks: Tasks::Aws(Box::new(tasks)),
        channels: sfn_callback_urls::channels::Channels::Off,
        clock: || jiff::Timestamp::from_second(NOW).expect("a time"),
        random: cells::random,
        log: Box::new(move |line| lines.lock().expect("no panic inside").push(line.to_owned())),
    }
}
