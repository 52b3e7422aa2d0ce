//! Whatever goes wrong on the way, what the visitor is told agrees with what happened to the task.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic, that is how it fails"
)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use sfn_callback_urls::tasks::Refusal;

use crate::stage::{Stage, approve, beat, data, in_parallel, reject, text, with_data};
use crate::support::aws::{AwsError, Commit, Fault, KeyState, Operation};
use crate::support::events::{Door, HttpAnswer, HttpRequest, direct_event};

use Commit::{After, Before};

/// What the visitor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// 200.
    Recorded,
    /// 202: the task is closed, and the confirmation got lost.
    Unconfirmed,
    /// 200 or 202, as it happens.
    RecordedOrUnconfirmed,
    /// 400 with the words of Step Functions.
    Refused(Refusal),
    /// 500.
    NotPermitted,
    /// 503, certainly nothing was sent.
    NotSent,
    /// 503, nobody knows.
    Unknown,
}

struct Case {
    faults: Vec<Fault>,
    /// For success and failure.
    told: Told,
    /// For a heartbeat, which may be repeated.
    beaten: Told,
    /// The effects on the task: of success and failure, of a heartbeat.
    effects: (usize, usize),
}

fn case(faults: impl Into<Vec<Fault>>, told: Told, effects: usize) -> Case {
    Case {
        faults: faults.into(),
        told,
        beaten: told,
        effects: (effects, effects),
    }
}

/// The first attempt is taken and its answer lost: a heartbeat is simply taken again.
fn lost(faults: impl Into<Vec<Fault>>) -> Case {
    Case {
        faults: faults.into(),
        told: Told::Unconfirmed,
        beaten: Told::Recorded,
        effects: (1, 2),
    }
}

fn actions() -> [(Operation, Value); 3] {
    [
        (Operation::SendTaskSuccess, approve()),
        (Operation::SendTaskFailure, reject()),
        (Operation::SendTaskHeartbeat, beat()),
    ]
}

#[track_caller]
fn check_answer(answer: &HttpAnswer, told: Told, what: &str) {
    let body = answer.json();
    let field = |name: &str| body.get(name).map(text);
    match told {
        Told::Recorded => {
            assert_eq!(answer.status, 200, "{what}: {body}");
            let keys: Vec<&String> = body.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["transaction_id", "action"], "{what}");
        }
        Told::Unconfirmed => {
            assert_eq!(answer.status, 202, "{what}: {body}");
            assert_eq!(body["confirmed"], false, "{what}");
            assert_eq!(body["reason"], "closed_during_retry", "{what}");
            assert!(
                body["transaction_id"].is_string() && body["action"].is_object(),
                "{what}"
            );
        }
        Told::RecordedOrUnconfirmed => assert!([200, 202].contains(&answer.status), "{what}: {body}"),
        Told::Refused(refusal) => {
            assert_eq!(answer.status, 400, "{what}: {body}");
            let expected = format!("{}:{}", refusal.code(), refusal.message());
            assert_eq!(
                body,
                json!({ "error": "StepFunctionsError", "message": expected }),
                "{what}"
            );
        }
        Told::NotPermitted => {
            assert_eq!(answer.status, 500, "{what}: {body}");
            assert_eq!(field("error").as_deref(), Some("ServiceError"), "{what}");
            assert!(
                !body.to_string().contains("Exception"),
                "{what}: the cause is for the log"
            );
        }
        Told::NotSent | Told::Unknown => {
            assert_eq!(answer.status, 503, "{what}: {body}");
            assert_eq!(field("error").as_deref(), Some("ServiceUnavailable"), "{what}");
            let outcome = if told == Told::NotSent {
                "not_sent"
            } else {
                "unknown"
            };
            assert_eq!(field("outcome").as_deref(), Some(outcome), "{what}");
            assert_eq!(answer.header("retry-after"), Some("5"), "{what}");
        }
    }
}

/// The promise of all answers, whatever the table says.
#[track_caller]
fn check_honesty(answer: &HttpAnswer, effects: usize, what: &str) {
    let body = answer.json();
    let not_sent = body.get("outcome").is_some_and(|outcome| outcome == "not_sent");
    if answer.status == 200 {
        assert!(effects > 0, "{what}: recorded, it says, but nothing was");
    }
    if not_sent {
        assert_eq!(effects, 0, "{what}: not sent, it says, but it was");
    }
    let message = body.get("message").map(text).unwrap_or_default();
    if message.contains("nothing was sent") {
        assert_eq!(effects, 0, "{what}: {message}");
    }
}

/// Every case with every kind of action, each on instances of its own.
fn check_states(cases: &[Case]) {
    let runs: Vec<(&Case, usize)> = cases
        .iter()
        .flat_map(|case| (0..actions().len()).map(move |kind| (case, kind)))
        .collect();
    in_parallel(&runs, |&(case, kind)| {
        let (operation, action) = actions().swap_remove_at(kind);
        let is_beat = operation == Operation::SendTaskHeartbeat;
        let (told, effects) = if is_beat {
            (case.beaten, case.effects.1)
        } else {
            (case.told, case.effects.0)
        };
        let what = format!("{operation:?} with {:?}", case.faults);
        let stage = Stage::new();
        let (token, url) = stage.link(&action);
        let mut process = stage.process(&[]);
        stage.aws.fault(operation, case.faults.clone());
        let started = Instant::now();
        let answer = process.open(&url);
        assert!(
            started.elapsed() < Duration::from_secs(12),
            "{what}: {:?}",
            started.elapsed()
        );
        let done = stage.aws.effects_of(&token).len();
        check_honesty(&answer, done, &what);
        check_answer(&answer, told, &what);
        assert_eq!(done, effects, "{what}: effects");
        assert_eq!(stage.aws.faults_left(operation), 0, "{what}: all were met");
    });
}

/// Takes one element out of an array.
trait Pick<T> {
    fn swap_remove_at(self, index: usize) -> T;
}

impl<T, const N: usize> Pick<T> for [T; N] {
    fn swap_remove_at(self, index: usize) -> T {
        self.into_iter().nth(index).expect("an index in range")
    }
}

// --- Step Functions ---

#[test]
fn an_attempt_without_effect_is_repeated() {
    let error = |error| case([Fault::Error(error)], Told::Recorded, 1);
    check_states(&[
        case([], Told::Recorded, 1),
        case([Fault::ResetBeforeRead], Told::Recorded, 1),
        case([Fault::Reset(Before)], Told::Recorded, 1),
        case([Fault::Status(500, Before)], Told::Recorded, 1),
        case([Fault::Status(502, Before)], Told::Recorded, 1),
        case([Fault::Status(503, Before)], Told::Recorded, 1),
        case([Fault::Hang(Before)], Told::Recorded, 1),
        error(AwsError::Throttling),
        error(AwsError::SfnKmsThrottling),
        error(AwsError::InternalFailure),
        error(AwsError::ServiceUnavailable),
        case(
            [Fault::Reset(Before), Fault::Status(500, Before)],
            Told::Recorded,
            1,
        ),
        case(
            [Fault::Error(AwsError::Throttling), Fault::Reset(Before)],
            Told::Recorded,
            1,
        ),
    ]);
}

#[test]
fn a_slow_answer_is_waited_for() {
    check_states(&[
        case([Fault::Late(Duration::from_millis(1_200))], Told::Recorded, 1),
        case([Fault::SlowBody(Duration::from_millis(300))], Told::Recorded, 1),
    ]);
}

#[test]
fn an_effect_whose_answer_got_lost_is_told_as_such() {
    check_states(&[
        lost([Fault::Reset(After)]),
        lost([Fault::Status(500, After)]),
        lost([Fault::Status(502, After)]),
        lost([Fault::Status(503, After)]),
        lost([Fault::Hang(After)]),
        lost([Fault::BrokenBody]),
        lost([Fault::SlowBody(Duration::from_secs(4))]),
        lost([Fault::Reset(After), Fault::Error(AwsError::Throttling)]),
        lost([Fault::Error(AwsError::Throttling), Fault::Hang(After)]),
        lost([Fault::Reset(Before), Fault::Reset(After)]),
    ]);
}

#[test]
fn an_effect_with_an_unreadable_answer_is_never_denied() {
    in_parallel(&actions(), |(operation, action)| {
        for fault in [Fault::WrongContentType(After), Fault::TruncatedJson] {
            let stage = Stage::new();
            let (token, url) = stage.link(action);
            stage.aws.fault(*operation, [fault]);
            let answer = stage.process(&[]).open(&url);
            check_answer(&answer, Told::RecordedOrUnconfirmed, "unreadable");
            assert!(!stage.aws.effects_of(&token).is_empty());
        }
    });
}

#[test]
fn a_page_of_something_in_between_is_no_confirmation() {
    let page = || Fault::WrongContentType(Before);
    check_states(&[
        case([page()], Told::Recorded, 1),
        case([page(), page(), page()], Told::Unknown, 0),
    ]);
}

#[test]
fn an_effect_that_comes_late_counts_once() {
    let cases = [
        (Operation::SendTaskSuccess, approve()),
        (Operation::SendTaskFailure, reject()),
    ];
    in_parallel(&cases, |(operation, action)| {
        let stage = Stage::new();
        let (token, url) = stage.link(action);
        stage
            .aws
            .fault(*operation, [Fault::Late(Duration::from_millis(2_150))]);
        let answer = stage.process(&[]).open(&url);
        check_answer(&answer, Told::RecordedOrUnconfirmed, "late");
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(stage.aws.effects_of(&token).len(), 1);
    });
}

#[test]
fn a_refusal_is_passed_on_in_the_words_of_step_functions() {
    let refused = |refusal| case([Fault::Error(AwsError::Task(refusal))], Told::Refused(refusal), 0);
    check_states(&[
        refused(Refusal::TaskTimedOut),
        refused(Refusal::TaskDoesNotExist),
        refused(Refusal::InvalidToken),
        case(
            [
                Fault::Error(AwsError::Throttling),
                Fault::Error(AwsError::Task(Refusal::TaskTimedOut)),
            ],
            Told::Refused(Refusal::TaskTimedOut),
            0,
        ),
    ]);
    let stage = Stage::new();
    let (_, url) = stage.link(&approve());
    let refusal = Refusal::InvalidOutput;
    stage.aws.fault(
        Operation::SendTaskSuccess,
        [Fault::Error(AwsError::Task(refusal))],
    );
    check_answer(&stage.process(&[]).open(&url), Told::Refused(refusal), "output");
}

#[test]
fn a_task_that_is_closed_already_is_told_as_such() {
    in_parallel(&actions(), |(operation, action)| {
        for close in [0, 1, 2] {
            let stage = Stage::new();
            let (id, token) = stage.aws.waiting_task();
            let urls = stage
                .create(&[])
                .urls(&token, &json!([action, { "name": "x", "type": "failure" }]));
            let mut process = stage.process(&[]);
            match close {
                0 => assert!(stage.aws.stop_task(id)),
                _ => assert_eq!(process.open(&urls[1]).status, 200),
            }
            let before = stage.aws.effects_of(&token).len();
            let answer = process.open(&urls[0]);
            assert_eq!(answer.status, 400);
            assert_eq!(
                answer.json(),
                json!({
                    "error": "StepFunctionsError",
                    "message": "TaskTimedOut:Task Timed Out: 'Provided task does not exist anymore'",
                }),
                "{operation:?}"
            );
            assert_eq!(stage.aws.effects_of(&token).len(), before);
            let asked = stage.count(*operation);
            assert_eq!(
                asked,
                1 + usize::from(close > 0 && *operation == Operation::SendTaskFailure)
            );
        }
    });
}

#[test]
fn a_denial_is_a_fault_of_the_service_and_is_not_repeated() {
    let denied = |error| case([Fault::Error(error)], Told::NotPermitted, 0);
    check_states(&[
        denied(AwsError::AccessDenied),
        denied(AwsError::SfnKmsAccessDenied),
        denied(AwsError::SfnKmsInvalidState),
        denied(AwsError::ExpiredToken),
        denied(AwsError::MissingAuthenticationToken),
        denied(AwsError::IncompleteSignature),
        denied(AwsError::UnknownOperation),
        denied(AwsError::Serialization),
        denied(AwsError::Validation),
        case(
            [
                Fault::Error(AwsError::Throttling),
                Fault::Error(AwsError::AccessDenied),
            ],
            Told::NotPermitted,
            0,
        ),
        // Maybe taken, and then denied: the answer must say that this is not known.
        case(
            [Fault::Reset(After), Fault::Error(AwsError::AccessDenied)],
            Told::Unknown,
            1,
        ),
        case(
            [Fault::Reset(Before), Fault::Error(AwsError::SfnKmsAccessDenied)],
            Told::Unknown,
            0,
        ),
    ]);
}

#[test]
fn without_a_definite_answer_it_says_what_it_knows() {
    let thrice = |fault: Fault, told, effects| case([fault.clone(), fault.clone(), fault], told, effects);
    let error = Fault::Error;
    let beaten_thrice = |fault: Fault| Case {
        effects: (1, 3),
        ..thrice(fault, Told::Unknown, 1)
    };
    check_states(&[
        thrice(error(AwsError::Throttling), Told::NotSent, 0),
        thrice(error(AwsError::SfnKmsThrottling), Told::NotSent, 0),
        thrice(error(AwsError::InternalFailure), Told::Unknown, 0),
        thrice(error(AwsError::ServiceUnavailable), Told::Unknown, 0),
        thrice(Fault::ResetBeforeRead, Told::Unknown, 0),
        thrice(Fault::Reset(Before), Told::Unknown, 0),
        thrice(Fault::Status(503, Before), Told::Unknown, 0),
        thrice(Fault::Hang(Before), Told::Unknown, 0),
        beaten_thrice(Fault::Reset(After)),
        beaten_thrice(Fault::Status(500, After)),
        beaten_thrice(Fault::Hang(After)),
        case(
            [
                Fault::Reset(After),
                error(AwsError::Throttling),
                error(AwsError::Throttling),
            ],
            Told::Unknown,
            1,
        ),
        case(
            [
                error(AwsError::Throttling),
                error(AwsError::Throttling),
                Fault::Reset(Before),
            ],
            Told::Unknown,
            0,
        ),
    ]);
}

#[test]
fn a_connection_that_never_came_about_sent_nothing() {
    let refusing = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let closed = refusing.local_addr().expect("an address");
    drop(refusing);
    let silent = Silent::listen();
    let endpoints = [closed, silent.address].map(|address| format!("http://{address}"));
    let runs: Vec<(&String, usize)> = endpoints
        .iter()
        .flat_map(|endpoint| (0..actions().len()).map(move |kind| (endpoint, kind)))
        .collect();
    in_parallel(&runs, |&(endpoint, kind)| {
        let (_, action) = actions().swap_remove_at(kind);
        let stage = Stage::new();
        let (token, url) = stage.link(&action);
        let answer = stage.process(&[("AWS_ENDPOINT_URL_SFN", endpoint)]).open(&url);
        check_answer(&answer, Told::NotSent, endpoint);
        assert!(stage.aws.effects_of(&token).is_empty());
        // Nothing stays broken.
        let answer = stage.process(&[]).open(&url);
        check_answer(&answer, Told::Recorded, "afterwards");
    });
}

/// A port whose queue is full, so that further connections wait for ever.
struct Silent {
    address: SocketAddr,
    _listener: tokio::net::TcpListener,
    _waiting: Vec<TcpStream>,
    _runtime: tokio::runtime::Runtime,
}

impl Silent {
    fn listen() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
            socket.listen(1).expect("a listener")
        });
        let address = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300));
        let waiting: Vec<TcpStream> = std::iter::from_fn(|| connect().ok()).take(16).collect();
        assert!(waiting.len() < 16, "the queue is full");
        Self {
            address,
            _listener: listener,
            _waiting: waiting,
            _runtime: runtime,
        }
    }
}

#[test]
fn connections_that_break_at_once_are_made_again() {
    in_parallel(&actions(), |(_, action)| {
        for (breaks, effects) in [(2, 1), (3, 0)] {
            let stage = Stage::new();
            let (token, url) = stage.link(action);
            // By another name, so that no open connection to KMS is used.
            let states = format!("http://localhost:{}", stage.aws.http_address().port());
            let mut process = stage.process(&[("AWS_ENDPOINT_URL_SFN", &states)]);
            // Makes the data key known, so that only Step Functions is asked behind it.
            let inert = process.visit(Door::Rest, &HttpRequest::for_url("HEAD", &url));
            assert_eq!(inert.status, 200);
            stage.aws.reset_connections(breaks);
            let answer = process.open(&url);
            let done = stage.aws.effects_of(&token).len();
            check_honesty(&answer, done, "reset");
            // Behind the last reset it may know or not whether a byte was taken; none was.
            let unknown = answer
                .json()
                .get("outcome")
                .is_some_and(|outcome| outcome == "unknown");
            let told = match (breaks, unknown) {
                (2, _) => Told::Recorded,
                (_, true) => Told::Unknown,
                (_, false) => Told::NotSent,
            };
            check_answer(&answer, told, "reset");
            assert_eq!(done, effects);
        }
    });
}

// --- KMS ---

/// Opens an approve link while Decrypt goes wrong so.
fn open_with(faults: &[Fault]) -> (Stage, String, HttpAnswer, Duration) {
    let stage = Stage::new();
    let (token, url) = stage.link(&approve());
    stage.aws.fault(Operation::Decrypt, faults.iter().cloned());
    let started = Instant::now();
    let answer = stage.process(&[]).open(&url);
    (stage, token, answer, started.elapsed())
}

#[test]
fn a_key_that_is_switched_off_or_gone_is_told_as_such() {
    let cases = [
        (KeyState::Disabled, 503, "ServiceUnavailable"),
        (KeyState::PendingDeletion, 503, "ServiceUnavailable"),
        (KeyState::AccessDenied, 503, "ServiceUnavailable"),
        (KeyState::Deleted, 410, "KeyDeleted"),
    ];
    in_parallel(&cases, |&(key_state, status, code)| {
        for (_, action) in actions() {
            let stage = Stage::new();
            let (token, url) = stage.link(&action);
            let mut process = stage.process(&[]);
            stage.aws.set_key_state(&stage.key, key_state);
            for _ in 0..2 {
                let answer = process.open(&url);
                assert_eq!(answer.status, status, "{key_state:?}");
                assert_eq!(answer.json()["error"], code, "{key_state:?}");
                let off = status == 503;
                assert_eq!(
                    answer.header("retry-after"),
                    off.then_some("300"),
                    "{key_state:?}"
                );
                let outcome = answer.json().get("outcome").map(text);
                assert_eq!(outcome.as_deref(), off.then_some("not_sent"), "{key_state:?}");
            }
            assert_eq!(
                stage.count(Operation::Decrypt),
                2,
                "one a visit, and none is repeated"
            );
            let (_, other) = stage.aws.waiting_task();
            let mut create = stage.create(&[]);
            create.keep_secret(&other);
            let refused = create.invoke(&direct_event(&other, &json!([action])));
            assert_eq!(refused["error"], "EncryptionFailed", "{key_state:?}");
            assert!(refused["transaction_id"].is_string() && refused.get("urls").is_none());

            stage.aws.set_key_state(&stage.key, KeyState::Enabled);
            assert!(stage.aws.effects_of(&token).is_empty());
            assert_eq!(process.open(&url).status, 200, "{key_state:?}: on again");
            create.urls(&other, &json!([action]));
        }
    });
}

#[test]
fn errors_of_decrypt_are_answered_as_the_table_says() {
    let cases = [
        (AwsError::Disabled, 503, Some("300")),
        (AwsError::KmsInvalidState, 503, Some("300")),
        (AwsError::AccessDenied, 503, Some("300")),
        (AwsError::InvalidKeyUsage, 503, Some("300")),
        (AwsError::InvalidGrantToken, 503, Some("300")),
        (AwsError::NotFound, 410, None),
        (AwsError::InvalidCiphertext, 400, None),
        (AwsError::IncorrectKey, 400, None),
    ];
    in_parallel(&cases, |&(error, status, retry_after)| {
        let (stage, token, answer, _) = open_with(&[Fault::Error(error)]);
        assert_eq!(answer.status, status, "{error:?}");
        assert_eq!(answer.header("retry-after"), retry_after, "{error:?}");
        let code = match status {
            400 => "InvalidPayload",
            410 => "KeyDeleted",
            _ => "ServiceUnavailable",
        };
        assert_eq!(answer.json()["error"], code, "{error:?}");
        assert!(!answer.text().contains(error.name()), "the cause is for the log");
        assert_eq!(stage.count(Operation::Decrypt), 1, "{error:?} is not repeated");
        assert!(stage.aws.effects_of(&token).is_empty(), "{error:?}");
    });
}

#[test]
fn what_kms_refused_once_is_not_asked_again() {
    for error in [AwsError::InvalidCiphertext, AwsError::IncorrectKey] {
        let stage = Stage::new();
        let (token, url) = stage.link(&approve());
        stage.aws.fault(Operation::Decrypt, [Fault::Error(error)]);
        let mut process = stage.process(&[]);
        for _ in 0..5 {
            let answer = process.open(&url);
            assert_eq!(
                (answer.status, &answer.json()["error"]),
                (400, &json!("InvalidPayload"))
            );
        }
        assert_eq!(stage.count(Operation::Decrypt), 1, "{error:?}");
        assert!(stage.aws.effects_of(&token).is_empty());
    }
}

fn passing() -> Vec<Fault> {
    vec![
        Fault::Error(AwsError::Throttling),
        Fault::Error(AwsError::KeyUnavailable),
        Fault::Error(AwsError::DependencyTimeout),
        Fault::Error(AwsError::KmsInternal),
        Fault::Error(AwsError::InternalFailure),
        Fault::Error(AwsError::ServiceUnavailable),
        Fault::ResetBeforeRead,
        Fault::Reset(Before),
        Fault::Reset(After),
        Fault::Status(500, Before),
        Fault::Status(502, After),
        Fault::Status(503, Before),
        Fault::Hang(Before),
        Fault::Hang(After),
        Fault::BrokenBody,
    ]
}

/// Answers of 200 that are none.
fn unreadable() -> [Fault; 3] {
    [
        Fault::TruncatedJson,
        Fault::WrongContentType(Before),
        Fault::WrongContentType(After),
    ]
}

#[test]
fn a_passing_fault_of_decrypt_is_not_noticed() {
    in_parallel(&passing(), |fault| {
        let (stage, token, answer, _) = open_with(std::slice::from_ref(fault));
        assert_eq!(answer.status, 200, "{fault:?}: {}", answer.text());
        assert_eq!(stage.aws.effects_of(&token).len(), 1, "{fault:?}");
    });
}

#[test]
fn a_lasting_fault_of_decrypt_is_given_up_in_time() {
    in_parallel(&passing(), |fault| {
        let (stage, token, answer, took) = open_with(&vec![fault.clone(); 9]);
        let what = format!("{fault:?}: {}", answer.text());
        assert_eq!(answer.status, 503, "{what}");
        assert_eq!(answer.header("retry-after"), Some("5"), "{what}");
        assert_eq!(answer.json()["outcome"], "not_sent", "{what}");
        let asked = stage.count(Operation::Decrypt);
        assert!((2..=3).contains(&asked), "{what}: {asked} attempts");
        assert!(took < Duration::from_secs(5), "{what}: {took:?}");
        assert!(stage.aws.effects_of(&token).is_empty(), "{what}");
    });
}

#[test]
fn an_unreadable_answer_of_decrypt_opens_nothing() {
    in_parallel(&unreadable(), |fault| {
        let stage = Stage::new();
        let (token, url) = stage.link(&approve());
        stage.aws.fault_always(Operation::Decrypt, fault.clone());
        let mut process = stage.process(&[]);
        let answer = process.open(&url);
        assert_eq!(answer.status, 503, "{fault:?}: {}", answer.text());
        assert_eq!(answer.header("retry-after"), Some("5"), "{fault:?}");
        assert_eq!(answer.json()["outcome"], "not_sent", "{fault:?}");
        assert!(stage.count(Operation::Decrypt) <= 3, "{fault:?}");
        assert!(stage.aws.effects_of(&token).is_empty(), "{fault:?}");
        stage.aws.fault_always(Operation::Decrypt, Fault::None);
        assert_eq!(process.open(&url).status, 200, "{fault:?}: nothing of it is kept");
    });
}

#[test]
fn no_links_are_made_without_a_data_key() {
    let lasting = [
        AwsError::Disabled,
        AwsError::KmsInvalidState,
        AwsError::AccessDenied,
        AwsError::InvalidKeyUsage,
        AwsError::InvalidGrantToken,
        AwsError::NotFound,
    ];
    let errors = lasting.map(Fault::Error).into_iter();
    let faults: Vec<Fault> = errors.chain(passing()).chain(unreadable()).collect();
    in_parallel(&faults, |fault| {
        let stage = Stage::new();
        stage.aws.fault_always(Operation::GenerateDataKey, fault.clone());
        let (_, token) = stage.aws.waiting_task();
        let mut create = stage.create(&[]);
        create.keep_secret(&token);
        let answer = create.invoke(&direct_event(&token, &json!([approve()])));
        assert_eq!(answer["error"], "EncryptionFailed", "{fault:?}: {answer}");
        assert!(answer["transaction_id"].is_string() && answer.get("urls").is_none());
        let request = HttpRequest::new("POST", "/urls").json(&direct_event(&token, &json!([approve()])));
        stage
            .aws
            .fault_always(Operation::GenerateDataKey, Fault::Error(AwsError::Disabled));
        let over_http = create.visit(Door::Rest, &request);
        assert_eq!(
            (over_http.status, &over_http.json()["error"]),
            (400, &json!("EncryptionFailed"))
        );
        // A failure is not kept.
        stage.aws.fault_always(Operation::GenerateDataKey, Fault::None);
        create.urls(&token, &json!([approve()]));
    });
}

// --- Garbage ---

/// Links that look like this one, each with a wrapped key of its own that nobody made.
fn garbage(url: &str, count: u32, from: usize) -> Vec<String> {
    let sealed = data(url).strip_prefix("3-").expect("format 3");
    let bytes = URL_SAFE_NO_PAD.decode(sealed).expect("base64url");
    (0..count)
        .map(|number| {
            let mut bytes = bytes.clone();
            let noise = digest(&SHA256, &number.to_be_bytes());
            bytes[from..from + 32].copy_from_slice(noise.as_ref());
            with_data(url, &format!("3-{}", URL_SAFE_NO_PAD.encode(bytes)))
        })
        .collect()
}

#[test]
fn garbage_buys_few_calls() {
    // The wrapped key begins at byte 3 of a link; its first 37 bytes are the same for all links of a key.
    for from in [3 + 37, 3] {
        let stage = Stage::new();
        let (token, url) = stage.link(&beat());
        let links = garbage(&url, 300, from);
        assert_eq!(links.len(), 300);
        let mut process = stage.process(&[]);
        assert_eq!(process.open(&url).status, 200);
        let started = Instant::now();
        let mut refused = 0;
        for link in &links {
            refused += usize::from(is_turned_away(&process.open(link)));
        }
        let bought = stage.count(Operation::Decrypt) - 1;
        check_bought(bought, 300, started);
        assert_eq!(refused, 300 - bought);
        assert_eq!(stage.aws.effects_of(&token).len(), 1);
    }
}

/// Of a link that was made up: by the gate, or by KMS.
fn is_turned_away(answer: &HttpAnswer) -> bool {
    match answer.status {
        400 => assert_eq!(answer.json()["error"], "InvalidPayload"),
        429 => {
            assert_eq!(answer.json()["error"], "TooManyRequests");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
        status => panic!("{status}: {}", answer.text()),
    }
    answer.status == 429
}

/// What one address may buy: 10 calls, one for each second that began meanwhile, and an eighth of the rest by chance, of
/// which more than a quarter is out of the question.
fn check_bought(bought: usize, sent: usize, started: Instant) {
    let seconds = usize::try_from(started.elapsed().as_secs()).expect("a short time");
    assert!(
        (10..=11 + seconds + sent / 4).contains(&bought),
        "{bought} calls for {sent} requests in {seconds} s"
    );
}

#[test]
fn no_header_changes_by_which_address_a_visitor_is_counted() {
    let stage = Stage::new();
    let (_, url) = stage.link(&beat());
    let links = garbage(&url, 200, 3 + 37);
    for door in [Door::Rest, Door::HttpApi, Door::FunctionUrl] {
        let mut process = stage.process(&[]);
        let before = stage.count(Operation::Decrypt);
        let started = Instant::now();
        let mut refused = 0;
        for (number, link) in links.iter().enumerate() {
            let address = format!("203.0.113.{number}");
            let mut request = HttpRequest::for_url("GET", link);
            for name in [
                "X-Forwarded-For",
                "X-Real-IP",
                "True-Client-IP",
                "CF-Connecting-IP",
            ] {
                request = request.header(name, &address);
            }
            let request = request
                .header("Forwarded", &format!("for={address}"))
                .header("CloudFront-Viewer-Address", &format!("{address}:443"));
            refused += usize::from(is_turned_away(&process.visit(door, &request)));
        }
        let bought = stage.count(Operation::Decrypt) - before;
        check_bought(bought, 200, started);
        assert_eq!(refused, 200 - bought, "{door:?}");
        // A visitor of another address, who claims to have that one.
        let mut request = HttpRequest::for_url("GET", &url).header("X-Forwarded-For", "198.51.100.7");
        request.source_ip = "192.0.2.77".to_owned();
        assert_eq!(process.visit(door, &request).status, 200, "{door:?}");
    }
}

/// A stack behind CloudFront: what counts is the instance's bucket, of 50 and 20 a second.
#[test]
fn without_buckets_of_addresses_an_instance_buys_more() {
    let stage = Stage::new();
    let (_, url) = stage.link(&beat());
    let mut process = stage.process(&[("ADDRESS_BUCKETS", "false")]);
    // One less than the bucket holds: however fast this goes, the link of ours finds one left.
    for link in garbage(&url, 49, 3 + 37) {
        assert!(!is_turned_away(&process.open(&link)));
    }
    assert_eq!(stage.count(Operation::Decrypt), 49);
    assert_eq!(process.open(&url).status, 200);
}

#[test]
fn garbage_does_not_push_a_known_link_out_of_memory() {
    // Few and many: the memory has room for 256 data keys.
    let cases = [(100, 3 + 37), (100, 3), (300, 3 + 37), (300, 3)];
    in_parallel(&cases, |&(count, from)| {
        let stage = Stage::new();
        let (token, url) = stage.link(&beat());
        let mut process = stage.process(&[]);
        assert_eq!(process.open(&url).status, 200);
        for link in garbage(&url, count, from) {
            process.open(&link);
        }
        let bought = stage.count(Operation::Decrypt);
        let answer = process.open(&url);
        assert_eq!(answer.status, 200, "{count} from {from}: {}", answer.text());
        assert_eq!(
            stage.count(Operation::Decrypt),
            bought,
            "{count} from {from}: asked again"
        );
        assert_eq!(stage.aws.effects_of(&token).len(), 2);
    });
}

#[test]
fn an_honest_link_opens_on_a_cold_instance_beside_garbage() {
    let stage = Stage::new();
    let (token, url) = stage.link(&approve());
    let mut process = stage.process(&[]);
    for link in garbage(&url, 60, 3 + 37) {
        is_turned_away(&process.open(&link));
    }
    let mut request = HttpRequest::for_url("GET", &url);
    request.source_ip = "192.0.2.77".to_owned();
    assert_eq!(process.visit(Door::HttpApi, &request).status, 200);
    assert_eq!(stage.aws.effects_of(&token).len(), 1);
}
