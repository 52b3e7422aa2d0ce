//! The stand-in of AWS, asked over plain sockets.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sfn_callback_urls::tasks::{Refusal, TaskId, TaskSpec, TaskState};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

use super::client::{Got, PATIENCE, call, exchange, request, request_with, send, signature};
use crate::support::aws::{
    AwsError, BLOB_BYTES, BLOB_PREFIX_BYTES, Commit, FakeAws, Fault, Identity, KeyState, Operation,
};

const SHORT: Duration = Duration::from_millis(300);

fn refused(name: &str) -> (u16, String) {
    (400, name.to_owned())
}

fn accepted() -> (u16, String) {
    (200, String::new())
}

fn success(token: &str) -> Value {
    json!({ "taskToken": token, "output": "{\"answer\":true}" })
}

/// A data key with a context of two entries: its blob, and the plaintext.
fn data_key(aws: &FakeAws, key: &str) -> (String, String) {
    let body =
        json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": { "app": "x", "aud": "stack" } });
    let answer = call(aws, Operation::GenerateDataKey, &body).answer().json();
    let text = |field: &str| {
        answer
            .get(field)
            .and_then(Value::as_str)
            .expect("base64")
            .to_owned()
    };
    (text("CiphertextBlob"), text("Plaintext"))
}

fn decrypt(aws: &FakeAws, blob: &str, key: Option<&str>, context: Value) -> Got {
    let body = match key {
        None => json!({ "CiphertextBlob": blob, "EncryptionContext": context }),
        Some(key) => json!({ "CiphertextBlob": blob, "EncryptionContext": context, "KeyId": key }),
    };
    call(aws, Operation::Decrypt, &body)
}

fn waits(aws: &FakeAws, id: TaskId) -> bool {
    matches!(aws.task_state(id), Some(TaskState::Waiting { .. }))
}

// --- KMS ---

#[test]
fn a_data_key_is_given_and_decrypted() {
    let aws = FakeAws::start();
    let key = aws.make_key();
    let context = || json!({ "aud": "stack", "app": "x" });
    let (blob, plaintext) = data_key(&aws, &key);
    let id = key.rsplit('/').next().expect("an id");
    for named in [None, Some(key.as_str()), Some(id)] {
        let answer = decrypt(&aws, &blob, named, context()).answer();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(answer.json()["Plaintext"], plaintext);
        assert_eq!(answer.json()["KeyId"], key);
    }
    assert_eq!(STANDARD.decode(plaintext).expect("base64").len(), 32);
    assert!(aws.calls().iter().all(|call| call.committed));
}

#[test]
fn blobs_have_the_size_and_the_beginning_of_real_ones() {
    let aws = FakeAws::start();
    let keys = [aws.make_key(), aws.make_key()];
    assert!(keys.iter().all(|key| key.len() == 75), "{keys:?}");
    let blobs: Vec<Vec<u8>> = [&keys[0], &keys[0], &keys[1]]
        .into_iter()
        .map(|key| STANDARD.decode(data_key(&aws, key).0).expect("base64"))
        .collect();
    for blob in &blobs {
        assert_eq!(blob.len(), BLOB_BYTES);
        assert!(blob.starts_with(&[1, 2]));
    }
    assert_eq!(blobs[0][..BLOB_PREFIX_BYTES], blobs[1][..BLOB_PREFIX_BYTES]);
    assert_ne!(blobs[0][BLOB_PREFIX_BYTES..], blobs[1][BLOB_PREFIX_BYTES..]);
    assert_ne!(blobs[0][..BLOB_PREFIX_BYTES], blobs[2][..BLOB_PREFIX_BYTES]);
}

#[test]
fn a_changed_blob_context_or_key_does_not_decrypt() {
    let aws = FakeAws::start();
    let (key, other) = (aws.make_key(), aws.make_key());
    let (blob, _) = data_key(&aws, &key);
    let context = || json!({ "app": "x", "aud": "stack" });
    let bytes = STANDARD.decode(&blob).expect("base64");
    let invalid = || refused("InvalidCiphertextException");

    for wrong in [
        json!({}),
        json!({ "app": "x" }),
        json!({ "app": "x", "aud": "other" }),
        json!({ "app": "x", "aud": "stack", "more": "" }),
        json!({ "APP": "x", "aud": "stack" }),
    ] {
        assert_eq!(
            decrypt(&aws, &blob, Some(&key), wrong.clone()).verdict(),
            invalid(),
            "{wrong}"
        );
    }
    for position in 0..BLOB_BYTES {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        let changed = STANDARD.encode(changed);
        assert_eq!(
            decrypt(&aws, &changed, Some(&key), context()).verdict(),
            invalid(),
            "byte {position}"
        );
    }
    for length in [1, 36, 37, 183] {
        let shortened = STANDARD.encode(&bytes[..length]);
        assert_eq!(
            decrypt(&aws, &shortened, None, context()).verdict(),
            invalid(),
            "{length} bytes"
        );
    }
    let longer = STANDARD.encode([bytes.as_slice(), &[0]].concat());
    assert_eq!(decrypt(&aws, &longer, None, context()).verdict(), invalid());
    assert_eq!(
        decrypt(&aws, "AQIDBA==", None, context()).verdict(),
        invalid(),
        "garbage"
    );

    assert_eq!(
        decrypt(&aws, &blob, Some(&other), context()).verdict(),
        refused("IncorrectKeyException")
    );
    let unknown = key.replace("key/", "key/0");
    assert_eq!(
        decrypt(&aws, &blob, Some(&unknown), context()).verdict(),
        refused("NotFoundException")
    );
    let without_message = decrypt(&aws, "AQIDBA==", None, context()).answer().json();
    assert_eq!(without_message, json!({ "__type": "InvalidCiphertextException" }));
}

#[test]
fn requests_of_the_wrong_form_are_refused_by_kms() {
    let aws = FakeAws::start();
    let key = aws.make_key();
    let (validation, serialization) = (refused("ValidationException"), refused("SerializationException"));
    for (body, expected) in [
        (json!({ "KeySpec": "AES_256" }), &validation),
        (json!({ "KeyId": key }), &validation),
        (
            json!({ "KeyId": key, "KeySpec": "AES_256", "NumberOfBytes": 32 }),
            &validation,
        ),
        (json!({ "KeyId": key, "KeySpec": "RSA_2048" }), &validation),
        (json!({ "KeyId": key, "NumberOfBytes": 0 }), &validation),
        (json!({ "KeyId": key, "NumberOfBytes": 1_025 }), &validation),
        (
            json!({ "KeyId": key, "KeySpec": "AES_256", "Context": {} }),
            &validation,
        ),
        (json!({ "KeyId": 5, "KeySpec": "AES_256" }), &serialization),
        (
            json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": { "a": 1 } }),
            &serialization,
        ),
        (
            json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": [] }),
            &serialization,
        ),
        (json!([]), &serialization),
    ] {
        assert_eq!(
            call(&aws, Operation::GenerateDataKey, &body).verdict(),
            *expected,
            "{body}"
        );
    }
    for (blob, expected) in [
        ("", &validation),
        ("%%%", &serialization),
        ("AQI", &serialization),
    ] {
        assert_eq!(
            decrypt(&aws, blob, None, json!({})).verdict(),
            *expected,
            "{blob}"
        );
    }
    let oversized = STANDARD.encode(vec![1; 6_145]);
    assert_eq!(decrypt(&aws, &oversized, None, json!({})).verdict(), validation);
    let body = json!({ "CiphertextBlob": "AQI=", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256" });
    assert_eq!(
        call(&aws, Operation::Decrypt, &body).verdict(),
        refused("InvalidKeyUsageException")
    );
    let cut = request(Operation::Decrypt, "{\"CiphertextBlob\":");
    assert_eq!(send(&aws, &cut, PATIENCE).verdict(), serialization);
    assert!(
        aws.calls()
            .iter()
            .all(|call| !call.committed && call.refused.is_some())
    );
}

#[test]
fn a_key_works_only_while_it_is_enabled() {
    let aws = FakeAws::start();
    let key = aws.make_key();
    let (blob, _) = data_key(&aws, &key);
    let context = || json!({ "app": "x", "aud": "stack" });
    for (state, error) in [
        (KeyState::Disabled, "DisabledException"),
        (KeyState::PendingDeletion, "KMSInvalidStateException"),
        (KeyState::AccessDenied, "AccessDeniedException"),
        (KeyState::Deleted, "NotFoundException"),
    ] {
        aws.set_key_state(&key, state);
        for named in [None, Some(key.as_str())] {
            assert_eq!(
                decrypt(&aws, &blob, named, context()).verdict(),
                refused(error),
                "{state:?}"
            );
        }
        let body = json!({ "KeyId": key, "KeySpec": "AES_256" });
        assert_eq!(
            call(&aws, Operation::GenerateDataKey, &body).verdict(),
            refused(error),
            "{state:?}"
        );
    }
    aws.set_key_state(&key, KeyState::Enabled);
    assert_eq!(decrypt(&aws, &blob, Some(&key), context()).verdict(), accepted());
}

#[test]
fn an_hmac_key_makes_macs_and_nothing_else() {
    let aws = FakeAws::start();
    let (key, other, symmetric) = (aws.make_mac_key(), aws.make_mac_key(), aws.make_key());
    let body = |key: &str, message: &str, algorithm: &str| json!({ "KeyId": key, "Message": message, "MacAlgorithm": algorithm });
    let ask = |key: &str, message: &str, algorithm: &str| {
        call(&aws, Operation::GenerateMac, &body(key, message, algorithm))
    };
    let mac = |key: &str, message: &str| {
        let answer = ask(key, message, "HMAC_SHA_256").answer().json();
        let mac = answer
            .get("Mac")
            .and_then(Value::as_str)
            .expect("base64")
            .to_owned();
        assert_eq!(STANDARD.decode(&mac).expect("base64").len(), 32);
        mac
    };
    let first = mac(&key, "AQID");
    assert_eq!(mac(&key, "AQID"), first);
    assert_eq!(mac(key.rsplit('/').next().expect("an id"), "AQID"), first);
    assert_ne!(mac(&key, "AQIE"), first);
    assert_ne!(mac(&other, "AQID"), first);

    let usage = refused("InvalidKeyUsageException");
    for (key, message, algorithm, verdict) in [
        (symmetric.as_str(), "AQID", "HMAC_SHA_256", &usage),
        (&key, "AQID", "HMAC_SHA_512", &usage),
        (&key, "AQID", "SHA_256", &refused("ValidationException")),
        (&key, "", "HMAC_SHA_256", &refused("ValidationException")),
        (&key, "!", "HMAC_SHA_256", &refused("SerializationException")),
        ("nobody", "AQID", "HMAC_SHA_256", &refused("NotFoundException")),
    ] {
        assert_eq!(
            ask(key, message, algorithm).verdict(),
            *verdict,
            "{message} {algorithm}"
        );
    }
    let context =
        json!({ "KeyId": key, "Message": "AQID", "MacAlgorithm": "HMAC_SHA_256", "EncryptionContext": {} });
    assert_eq!(
        call(&aws, Operation::GenerateMac, &context).verdict(),
        refused("ValidationException"),
        "there is none for MACs"
    );
    let data_key = json!({ "KeyId": key, "KeySpec": "AES_256" });
    assert_eq!(call(&aws, Operation::GenerateDataKey, &data_key).verdict(), usage);
    assert_eq!(decrypt(&aws, "AQID", Some(&key), json!({})).verdict(), usage);
    for (state, error) in [
        (KeyState::Disabled, "DisabledException"),
        (KeyState::PendingDeletion, "KMSInvalidStateException"),
        (KeyState::AccessDenied, "AccessDeniedException"),
        (KeyState::Deleted, "NotFoundException"),
    ] {
        aws.set_key_state(&key, state);
        assert_eq!(
            ask(&key, "AQID", "HMAC_SHA_256").verdict(),
            refused(error),
            "{state:?}"
        );
    }
}

#[test]
fn a_registered_data_key_decrypts_under_its_own_key_and_context() {
    let aws = FakeAws::start();
    let (key, other) = ("arn:aws:kms:eu-west-1:111122223333:key/old", aws.make_key());
    aws.add_key(key);
    let blob = [9; 167];
    aws.register_data_key(key, &blob, b"an old data key", [("aws-crypto-public-key", "AzX")]);
    let blob = STANDARD.encode(blob);
    let right = || json!({ "aws-crypto-public-key": "AzX" });
    let answer = decrypt(&aws, &blob, Some(key), right()).answer().json();
    assert_eq!(answer["Plaintext"], STANDARD.encode("an old data key"));
    assert_eq!(
        decrypt(&aws, &blob, Some(key), json!({})).verdict(),
        refused("InvalidCiphertextException")
    );
    assert_eq!(
        decrypt(&aws, &blob, Some(&other), right()).verdict(),
        refused("IncorrectKeyException")
    );
    aws.set_key_state(key, KeyState::Disabled);
    assert_eq!(
        decrypt(&aws, &blob, Some(key), right()).verdict(),
        refused("DisabledException")
    );
}

// --- Step Functions ---

#[test]
fn a_token_closes_once_over_the_wire() {
    let aws = FakeAws::start();
    for (operation, body) in [
        (
            Operation::SendTaskSuccess,
            json!({ "output": "{\"answer\":true}" }),
        ),
        (
            Operation::SendTaskFailure,
            json!({ "error": "rejected", "cause": "no" }),
        ),
        (Operation::SendTaskFailure, json!({})),
    ] {
        let (id, token) = aws.waiting_task();
        let with_token = |mut body: Value| {
            body["taskToken"] = token.as_str().into();
            body
        };
        for _ in 0..3 {
            let beat = call(&aws, Operation::SendTaskHeartbeat, &with_token(json!({})));
            assert_eq!(beat.verdict(), accepted());
        }
        let first = call(&aws, operation, &with_token(body.clone())).answer();
        assert_eq!((first.status, first.body.as_str()), (200, "{}"));
        assert_eq!(first.header("content-type"), Some("application/x-amz-json-1.0"));
        let closed = aws.task_state(id);
        for (again, body) in [
            (operation, body.clone()),
            (Operation::SendTaskSuccess, json!({ "output": "1" })),
            (Operation::SendTaskFailure, json!({})),
            (Operation::SendTaskHeartbeat, json!({})),
        ] {
            let second = call(&aws, again, &with_token(body)).answer();
            assert_eq!(second.status, 400);
            assert_eq!(
                second.json(),
                json!({
                    "__type": "com.amazonaws.swf.service.v2.model#TaskTimedOut",
                    "message": "Task Timed Out: 'Provided task does not exist anymore'",
                })
            );
        }
        assert_eq!(aws.task_state(id), closed);
        let effects: Vec<Option<Operation>> =
            aws.effects_of(&token).iter().map(|call| call.operation).collect();
        let beat = Some(Operation::SendTaskHeartbeat);
        assert_eq!(effects, [beat, beat, beat, Some(operation)]);
    }
}

#[test]
fn tasks_that_timed_out_or_were_stopped_take_no_answer() {
    let aws = FakeAws::start();
    let seconds = |count| Some(Duration::from_secs(count));
    let spec = |timeout, heartbeat| TaskSpec {
        name: "t".to_owned(),
        timeout,
        heartbeat,
    };
    let (_, timed) = aws.start_task(spec(seconds(60), None));
    let (_, beaten) = aws.start_task(spec(None, seconds(60)));
    let (stopped_id, stopped) = aws.waiting_task();
    assert!(aws.stop_task(stopped_id) && !aws.stop_task(stopped_id));
    assert_eq!(
        call(&aws, Operation::SendTaskSuccess, &success(&stopped)).verdict(),
        refused("TaskTimedOut")
    );

    aws.advance(Duration::from_secs(40));
    let beat = json!({ "taskToken": beaten });
    assert_eq!(
        call(&aws, Operation::SendTaskHeartbeat, &beat).verdict(),
        accepted()
    );
    aws.advance(Duration::from_secs(40));
    assert_eq!(
        call(&aws, Operation::SendTaskSuccess, &success(&timed)).verdict(),
        refused("TaskTimedOut")
    );
    assert_eq!(
        call(&aws, Operation::SendTaskHeartbeat, &beat).verdict(),
        accepted()
    );
    aws.advance(Duration::from_secs(61));
    assert_eq!(
        call(&aws, Operation::SendTaskHeartbeat, &beat).verdict(),
        refused("TaskTimedOut")
    );
}

#[test]
fn requests_of_the_wrong_form_are_refused_by_step_functions() {
    let aws = FakeAws::start();
    let (id, token) = aws.waiting_task();
    let (_, foreign) = FakeAws::start().waiting_task();
    for (operation, body, error) in [
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": token }),
            "ValidationException",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "output": "1" }),
            "ValidationException",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": "", "output": "1" }),
            "ValidationException",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": token, "output": {} }),
            "SerializationException",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": token, "output": null }),
            "SerializationException",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": token, "output": "{" }),
            "InvalidOutput",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": token, "output": "NaN" }),
            "InvalidOutput",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": token, "output": "1", "error": "e" }),
            "ValidationException",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": "garbage", "output": "1" }),
            "InvalidToken",
        ),
        (
            Operation::SendTaskSuccess,
            json!({ "taskToken": foreign, "output": "1" }),
            "TaskDoesNotExist",
        ),
        (
            Operation::SendTaskFailure,
            json!({ "taskToken": "garbage" }),
            "InvalidToken",
        ),
        (
            Operation::SendTaskFailure,
            json!({ "taskToken": token, "error": "e".repeat(257) }),
            "ValidationException",
        ),
        (
            Operation::SendTaskFailure,
            json!({ "taskToken": token, "cause": "c".repeat(32_769) }),
            "ValidationException",
        ),
        (
            Operation::SendTaskFailure,
            json!({ "taskToken": token, "error": 1 }),
            "SerializationException",
        ),
        (
            Operation::SendTaskHeartbeat,
            json!({ "taskToken": "garbage" }),
            "InvalidToken",
        ),
        (
            Operation::SendTaskHeartbeat,
            json!({ "taskToken": [token] }),
            "SerializationException",
        ),
        (Operation::SendTaskHeartbeat, json!({}), "ValidationException"),
    ] {
        assert_eq!(
            call(&aws, operation, &body).verdict(),
            refused(error),
            "{operation:?}"
        );
    }
    assert!(waits(&aws, id));
    assert!(
        aws.calls()
            .iter()
            .all(|call| !call.committed && call.refused.is_some())
    );
    assert!(aws.effects_of(&token).is_empty());
}

// --- what is no call ---

#[test]
fn what_is_no_call_of_ours_is_refused_and_seen() {
    let aws = FakeAws::start();
    let (_, token) = aws.waiting_task();
    let good = request(Operation::SendTaskSuccess, &success(&token).to_string());
    for (from, to) in [
        ("POST / ", "GET / "),
        ("POST / ", "POST /elsewhere "),
        ("POST / ", "POST /?a=b "),
        ("X-Amz-Target: AWSStepFunctions", "X-Amz-Target: TrentService"),
        ("SendTaskSuccess", "StartExecution"),
        ("X-Amz-Target", "X-Other-Target"),
        ("x-amz-json-1.0", "x-amz-json-1.1"),
        ("application/x-amz-json-1.0", "application/json"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        assert_eq!(
            send(&aws, &changed, PATIENCE).verdict(),
            refused("UnknownOperationException"),
            "{to}"
        );
    }
    let calls = aws.calls();
    assert_eq!(calls.len(), 8);
    assert!(
        calls
            .iter()
            .all(|call| call.operation.is_none() && !call.committed)
    );
}

#[test]
fn calls_without_a_proper_signature_are_refused() {
    let aws = FakeAws::start();
    let (id, token) = aws.waiting_task();
    let body = success(&token).to_string();
    let good = signature("states");
    let (missing, incomplete) = (
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
    );
    for (authorization, error) in [
        (None, missing),
        (Some("Bearer abc".to_owned()), missing),
        (Some("AWS4-HMAC-SHA256 nonsense".to_owned()), incomplete),
        (Some(signature("kms")), incomplete),
        (Some(good.replace("host;", "")), incomplete),
        (Some(good.replace(";x-amz-date", "")), incomplete),
        (Some(good.replace("00000000", "")), incomplete),
        (Some(good.replace("aws4_request", "aws5_request")), incomplete),
        (
            Some(good.replace("Credential=AKIDEXAMPLE/", "Credential=")),
            incomplete,
        ),
    ] {
        let request = request_with(Operation::SendTaskSuccess, &body, authorization.as_deref());
        assert_eq!(
            send(&aws, &request, PATIENCE).verdict(),
            refused(error),
            "{authorization:?}"
        );
    }
    let undated = request(Operation::SendTaskSuccess, &body).replace("X-Amz-Date", "X-Other-Date");
    assert_eq!(send(&aws, &undated, PATIENCE).verdict(), refused(incomplete));
    let session =
        request(Operation::SendTaskSuccess, &body).replace("Host:", "X-Amz-Security-Token: t\r\nHost:");
    assert_eq!(
        send(&aws, &session, PATIENCE).verdict(),
        refused(incomplete),
        "the session token is not signed"
    );
    assert!(waits(&aws, id));
    assert!(
        aws.calls()
            .iter()
            .all(|call| call.signer.is_none() && !call.committed)
    );

    assert_eq!(
        send(&aws, &request(Operation::SendTaskSuccess, &body), PATIENCE).verdict(),
        accepted()
    );
    let signer = aws.calls().pop().and_then(|call| call.signer).expect("a signer");
    assert_eq!(
        (signer.access_key.as_str(), signer.region.as_str()),
        ("AKIDEXAMPLE", "us-east-1")
    );
}

// --- faults ---

/// Sends a success into such a fault; gives what came back, and whether the task was told.
fn into_fault(aws: &FakeAws, fault: Fault) -> (Got, bool) {
    let (id, token) = aws.waiting_task();
    aws.fault(Operation::SendTaskSuccess, [fault.clone()]);
    let patience = match fault {
        Fault::Hang(_) | Fault::SlowBody(_) => SHORT,
        Fault::None
        | Fault::ResetBeforeRead
        | Fault::Reset(_)
        | Fault::Status(..)
        | Fault::Late(_)
        | Fault::TruncatedJson
        | Fault::BrokenBody
        | Fault::WrongContentType(_)
        | Fault::Error(_) => PATIENCE,
    };
    let request = request(Operation::SendTaskSuccess, &success(&token).to_string());
    let got = send(aws, &request, patience);
    let told = !waits(aws, id);
    let record = aws.calls().pop().expect("a record");
    assert_eq!(
        (record.committed, &record.fault),
        (told, &fault),
        "the record tells the truth"
    );
    assert_eq!(aws.faults_left(Operation::SendTaskSuccess), 0);
    (got, told)
}

#[test]
fn resets_are_resets_before_or_after_the_effect() {
    let aws = FakeAws::start();
    assert_eq!(into_fault(&aws, Fault::ResetBeforeRead), (Got::Reset, false));
    assert_eq!(
        aws.calls().pop().expect("a record").body,
        Value::Null,
        "it was never read"
    );
    assert_eq!(
        into_fault(&aws, Fault::Reset(Commit::Before)),
        (Got::Reset, false)
    );
    assert_ne!(
        aws.calls().pop().expect("a record").body,
        Value::Null,
        "it was read"
    );
    assert_eq!(into_fault(&aws, Fault::Reset(Commit::After)), (Got::Reset, true));
}

#[test]
fn statuses_come_before_or_after_the_effect() {
    let aws = FakeAws::start();
    for status in [500, 502, 503] {
        for (commit, expected) in [(Commit::Before, false), (Commit::After, true)] {
            let (got, told) = into_fault(&aws, Fault::Status(status, commit));
            let answer = got.answer();
            assert_eq!(
                (answer.status, answer.body.as_str(), told),
                (status, "", expected)
            );
        }
    }
}

#[test]
fn a_hanging_call_gets_no_answer_and_blocks_no_other() {
    let aws = FakeAws::start();
    assert_eq!(
        into_fault(&aws, Fault::Hang(Commit::Before)),
        (Got::Nothing, false)
    );
    assert_eq!(into_fault(&aws, Fault::Hang(Commit::After)), (Got::Nothing, true));
    assert_eq!(into_fault(&aws, Fault::None).0.verdict(), accepted());
}

#[test]
fn a_late_effect_comes_even_if_the_caller_has_gone() {
    let aws = FakeAws::start();
    let (id, token) = aws.waiting_task();
    aws.fault(
        Operation::SendTaskSuccess,
        [Fault::Late(Duration::from_millis(400))],
    );
    let bytes = request(Operation::SendTaskSuccess, &success(&token).to_string());
    assert_eq!(send(&aws, &bytes, Duration::from_millis(100)), Got::Nothing);
    assert!(waits(&aws, id), "not yet");
    let deadline = Instant::now() + Duration::from_secs(5);
    while waits(&aws, id) {
        assert!(Instant::now() < deadline, "the effect never came");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(aws.effects_of(&token).len(), 1);

    let (_, token) = aws.waiting_task();
    aws.fault(
        Operation::SendTaskSuccess,
        [Fault::Late(Duration::from_millis(100))],
    );
    let patient = call(&aws, Operation::SendTaskSuccess, &success(&token)).answer();
    assert!(patient.status == 200 && patient.took.0 >= Duration::from_millis(100));
}

#[test]
fn a_slow_body_arrives_byte_by_byte() {
    let aws = FakeAws::start();
    let key = aws.make_key();
    aws.fault(
        Operation::GenerateDataKey,
        [Fault::SlowBody(Duration::from_millis(1))],
    );
    let body = json!({ "KeyId": key, "KeySpec": "AES_256" });
    let answer = call(&aws, Operation::GenerateDataKey, &body).answer();
    let (first, last) = answer.took;
    let at_least = Duration::from_millis(u64::try_from(answer.body.len()).expect("a length") - 20);
    assert!(last - first >= at_least, "{first:?} {last:?}");
    assert_eq!(answer.json()["KeyId"], key);
    let (got, told) = into_fault(&aws, Fault::SlowBody(Duration::from_millis(500)));
    assert!(
        matches!(got, Got::Part { promised: 2, .. }) && told,
        "slower than this caller waits"
    );
}

#[test]
fn half_answers_come_after_the_effect() {
    let aws = FakeAws::start();
    assert_eq!(
        into_fault(&aws, Fault::BrokenBody),
        (
            Got::Part {
                received: 1,
                promised: 2
            },
            true
        )
    );
    let (got, told) = into_fault(&aws, Fault::TruncatedJson);
    let answer = got.answer();
    assert_eq!((answer.status, answer.body.as_str(), told), (200, "{", true));
    assert!(serde_json::from_str::<Value>(&answer.body).is_err());
}

#[test]
fn a_page_may_come_instead_of_an_answer() {
    let aws = FakeAws::start();
    for (commit, expected) in [(Commit::Before, false), (Commit::After, true)] {
        let (got, told) = into_fault(&aws, Fault::WrongContentType(commit));
        let answer = got.answer();
        assert_eq!((answer.status, told), (200, expected));
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert!(answer.body.starts_with("<!DOCTYPE html>"));
    }
}

#[test]
fn refusals_on_demand_have_real_names_and_statuses_and_no_effect() {
    let aws = FakeAws::start();
    for (error, status, name) in [
        (
            AwsError::AccessDenied,
            400,
            "com.amazon.coral.service#AccessDeniedException",
        ),
        (
            AwsError::ExpiredToken,
            400,
            "com.amazon.coral.service#ExpiredTokenException",
        ),
        (
            AwsError::InternalFailure,
            500,
            "com.amazon.coral.service#InternalFailure",
        ),
        (
            AwsError::ServiceUnavailable,
            503,
            "com.amazon.coral.service#ServiceUnavailableException",
        ),
        (
            AwsError::Throttling,
            400,
            "com.amazon.coral.service#ThrottlingException",
        ),
        (
            AwsError::Validation,
            400,
            "com.amazon.coral.service#ValidationException",
        ),
        (
            AwsError::SfnKmsAccessDenied,
            400,
            "com.amazonaws.swf.service.v2.model#KmsAccessDeniedException",
        ),
        (
            AwsError::SfnKmsInvalidState,
            400,
            "com.amazonaws.swf.service.v2.model#KmsInvalidStateException",
        ),
        (
            AwsError::SfnKmsThrottling,
            400,
            "com.amazonaws.swf.service.v2.model#KmsThrottlingException",
        ),
        (
            AwsError::Task(Refusal::TaskDoesNotExist),
            400,
            "com.amazonaws.swf.service.v2.model#TaskDoesNotExist",
        ),
    ] {
        let (got, told) = into_fault(&aws, Fault::Error(error));
        let answer = got.answer();
        assert_eq!((answer.status, told), (status, false), "{name}");
        assert_eq!(answer.json()["__type"], name);
        let message = if error == AwsError::AccessDenied {
            "Message"
        } else {
            "message"
        };
        assert!(answer.json()[message].is_string(), "{name}");
    }

    let key = aws.make_key();
    let body = json!({ "KeyId": key, "KeySpec": "AES_256" });
    for (error, status, name) in [
        (AwsError::Throttling, 400, "ThrottlingException"),
        (AwsError::AccessDenied, 400, "AccessDeniedException"),
        (AwsError::InvalidCiphertext, 400, "InvalidCiphertextException"),
        (AwsError::IncorrectKey, 400, "IncorrectKeyException"),
        (AwsError::Disabled, 400, "DisabledException"),
        (AwsError::KmsInvalidState, 400, "KMSInvalidStateException"),
        (AwsError::NotFound, 400, "NotFoundException"),
        (AwsError::InvalidKeyUsage, 400, "InvalidKeyUsageException"),
        (AwsError::InvalidGrantToken, 400, "InvalidGrantTokenException"),
        (AwsError::KeyUnavailable, 500, "KeyUnavailableException"),
        (AwsError::DependencyTimeout, 500, "DependencyTimeoutException"),
        (AwsError::KmsInternal, 500, "KMSInternalException"),
    ] {
        aws.fault(Operation::GenerateDataKey, [Fault::Error(error)]);
        let answer = call(&aws, Operation::GenerateDataKey, &body).answer();
        assert_eq!(
            (answer.status, answer.json()["__type"].as_str()),
            (status, Some(name))
        );
    }
    assert!(
        aws.calls_of(Operation::GenerateDataKey)
            .iter()
            .all(|call| !call.committed)
    );
}

#[test]
fn faults_come_in_order_and_to_their_own_operation() {
    let aws = FakeAws::start();
    let throttled = || Fault::Error(AwsError::Throttling);
    aws.fault(
        Operation::SendTaskHeartbeat,
        [throttled(), Fault::None, Fault::Reset(Commit::Before)],
    );
    aws.fault_always(Operation::SendTaskHeartbeat, Fault::Status(503, Commit::Before));
    let (_, token) = aws.waiting_task();
    let beat = || call(&aws, Operation::SendTaskHeartbeat, &json!({ "taskToken": token }));
    assert_eq!(beat().verdict(), refused("ThrottlingException"));
    assert_eq!(beat().verdict(), accepted());
    assert_eq!(beat(), Got::Reset);
    assert_eq!(beat().answer().status, 503);
    assert_eq!(beat().answer().status, 503);
    assert_eq!(
        call(&aws, Operation::SendTaskSuccess, &success(&token)).verdict(),
        accepted(),
        "untouched"
    );
    aws.fault_always(Operation::SendTaskHeartbeat, Fault::None);
    assert_eq!(beat().verdict(), refused("TaskTimedOut"));
    let committed: Vec<bool> = aws
        .calls_of(Operation::SendTaskHeartbeat)
        .iter()
        .map(|call| call.committed)
        .collect();
    assert_eq!(committed, [false, true, false, false, false, false]);
}

#[test]
fn connections_are_reset_before_a_byte_is_read() {
    let aws = FakeAws::start();
    aws.reset_connections(2);
    let (id, token) = aws.waiting_task();
    for _ in 0..2 {
        assert_eq!(
            call(&aws, Operation::SendTaskSuccess, &success(&token)),
            Got::Reset
        );
    }
    assert!(waits(&aws, id) && aws.calls().is_empty());
    assert_eq!(
        call(&aws, Operation::SendTaskSuccess, &success(&token)).verdict(),
        accepted()
    );
    assert_eq!((aws.connections(), aws.calls().len()), (3, 1));
}

#[test]
fn a_request_over_the_limit_is_cut_off() {
    let aws = FakeAws::start();
    let (id, token) = aws.waiting_task();
    let body = json!({ "taskToken": token, "output": "x".repeat(2 << 20) });
    assert_eq!(call(&aws, Operation::SendTaskSuccess, &body), Got::Reset);
    assert!(waits(&aws, id));
}

#[test]
fn every_answer_has_a_request_id_and_the_record_knows_it() {
    let aws = FakeAws::start();
    let (_, token) = aws.waiting_task();
    let mut seen: Vec<String> = (0..4)
        .map(|_| call(&aws, Operation::SendTaskSuccess, &success(&token)).answer())
        .map(|answer| {
            answer
                .header("x-amzn-requestid")
                .expect("a request id")
                .to_owned()
        })
        .collect();
    let recorded: Vec<String> = aws.calls().into_iter().map(|call| call.request_id).collect();
    assert_eq!(seen, recorded);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
    aws.forget_calls();
    assert!(aws.calls().is_empty());
}

#[test]
fn records_do_not_show_tokens_or_keys() {
    let aws = FakeAws::start();
    let (_, token) = aws.waiting_task();
    assert_eq!(
        call(&aws, Operation::SendTaskSuccess, &success(&token)).verdict(),
        accepted()
    );
    let text = format!("{:?}", aws.calls());
    assert!(
        text.contains("SendTaskSuccess") && !text.contains(&token) && !text.contains("answer"),
        "{text}"
    );
}

#[test]
fn a_dropped_stand_in_is_gone() {
    let aws = FakeAws::start_tls(Identity::Trusted);
    let addresses = [aws.http_address(), aws.https_address()];
    let file = aws.authority_file().to_owned();
    assert!(file.exists());
    drop(aws);
    for address in addresses {
        assert_eq!(how_refused(address), Some(ErrorKind::ConnectionRefused));
    }
    assert!(!file.exists());
}

/// How connections are refused. A process that another test starts has a copy of the socket until it becomes its program, so that
/// some may still be taken.
fn how_refused(address: SocketAddr) -> Option<ErrorKind> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if let Err(error) = TcpStream::connect(address) {
            return Some(error.kind());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

// --- TLS ---

/// Calls over TLS as a client that trusts the authority of the file.
fn call_over_tls(aws: &FakeAws, token: &str) -> Result<Got, String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(aws.authority_file()).expect("PEM"))
        .expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = TcpStream::connect(aws.https_address()).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .expect("a socket");
    client
        .complete_io(&mut stream)
        .map_err(|error| error.to_string())?;
    let request = request(Operation::SendTaskSuccess, &success(token).to_string());
    Ok(exchange(StreamOwned::new(client, stream), &request))
}

#[test]
fn https_answers_with_a_trusted_certificate() {
    let aws = FakeAws::start_tls(Identity::Trusted);
    assert!(
        aws.https_url().starts_with("https://localhost:") && aws.http_url().starts_with("http://127.0.0.1:")
    );
    let (id, token) = aws.waiting_task();
    assert_eq!(
        call_over_tls(&aws, &token).expect("a handshake").verdict(),
        accepted()
    );
    assert!(!waits(&aws, id));
    let again = call(&aws, Operation::SendTaskSuccess, &success(&token));
    assert_eq!(
        again.verdict(),
        refused("TaskTimedOut"),
        "both doors lead to the same list"
    );

    let (_, token) = aws.waiting_task();
    aws.fault(Operation::SendTaskSuccess, [Fault::Reset(Commit::After)]);
    assert_eq!(call_over_tls(&aws, &token).expect("a handshake"), Got::Reset);
    assert_eq!(aws.effects_of(&token).len(), 1);
}

#[test]
fn bad_certificates_are_bad() {
    for (identity, reason) in [
        (Identity::OtherAuthority, "UnknownIssuer"),
        (Identity::WrongName, "not valid for name"),
        (Identity::Expired, "expired"),
    ] {
        let aws = FakeAws::start_tls(identity);
        let (id, token) = aws.waiting_task();
        let error = call_over_tls(&aws, &token).expect_err("no handshake");
        assert!(error.contains(reason), "{identity:?}: {error}");
        assert!(waits(&aws, id) && aws.calls().is_empty());
    }
}
