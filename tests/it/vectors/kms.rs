//! What KMS is asked, and what its answers become, by a stand-in for its endpoint. The links are vectors.

use super::{VECTORS, Vector, unhex};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sfn_callback_urls::calls::Calls;
use sfn_callback_urls::channels::Channels;
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::kms::KmsKeys;
use sfn_callback_urls::keys::local::LocalKeys;
use sfn_callback_urls::keys::{Address, Asker, KeyFailure, Keys};
use sfn_callback_urls::payload::Payload;
use sfn_callback_urls::rejection::{Damage, Rejection};
use sfn_callback_urls::seal::{DataKey, KeyRef, Untrusted};
use sfn_callback_urls::tasks::{TaskList, Tasks};
use sfn_callback_urls::web::{App, Caller, Door};
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

/// Of the messages of the Python SDK.
const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef";
const OTHER_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/00000000-89ab-cdef-0123-456789abcdef";
const NOW: u64 = 1_790_000_060;

/// Answers in the order in which it was told to, and notes what it was asked.
#[derive(Debug, Clone, Default)]
struct StandIn(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Result<(u16, Value), ConnectorError>>,
    asked: Vec<(String, Value)>,
}

impl HttpConnector for StandIn {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        let operation = request.headers().get("x-amz-target").unwrap().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        state.asked.push((operation, body));
        let answer = state.answers.pop_front().expect("no further question");
        HttpConnectorFuture::ready(answer.map(|(status, body)| {
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()))
        }))
    }
}

impl StandIn {
    fn answering(answers: impl IntoIterator<Item = Result<(u16, Value), ConnectorError>>) -> Self {
        let stand_in = Self::default();
        stand_in.0.lock().unwrap().answers.extend(answers);
        stand_in
    }

    fn asked(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().asked.clone()
    }

    fn keys(&self, config: &Config) -> Keys {
        let connector = SharedHttpConnector::new(self.clone());
        let client = aws_sdk_kms::Config::builder()
            .behavior_version(sfn_callback_urls::aws::behavior_version())
            .region(aws_sdk_kms::config::Region::new("eu-west-1"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .build();
        let client = aws_sdk_kms::Client::from_conf(client);
        let (keys, audience) = (config.opening_keys(), config.audience.clone());
        Keys::Kms(Box::new(KmsKeys::new(client, keys, audience, config.caches)))
    }
}

type Answer = Result<(u16, Value), ConnectorError>;

/// The data key of the vectors.
fn key() -> Answer {
    plaintext(&DATA_KEY)
}

const DATA_KEY: [u8; 32] = {
    let mut bytes = [0; 32];
    let mut place = 0;
    while place < 32 {
        bytes[place] = place as u8;
        place += 1;
    }
    bytes
};

fn plaintext(bytes: &[u8]) -> Answer {
    Ok((200, json!({"KeyId": ARN, "Plaintext": STANDARD.encode(bytes)})))
}

fn error(code: &str) -> Answer {
    let status = match code {
        "KMSInternalException" | "KeyUnavailableException" | "DependencyTimeoutException" => 500,
        _ => 400,
    };
    Ok((status, json!({"__type": code, "message": "a secret detail"})))
}

fn config(more: &[(&str, &str)]) -> Config {
    let fixed = [
        ("AWS_REGION", "eu-west-1"),
        ("KEY_ID", ARN),
        ("AUDIENCE", "stack-1"),
    ];
    let vars: Vec<(&str, &str)> = more.iter().copied().chain(fixed).collect();
    Config::from_vars(|name| Some(vars.iter().find(|(other, _)| *other == name)?.1.to_owned())).unwrap()
}

fn app(config: Config, keys: Keys) -> App {
    App {
        config,
        keys,
        tasks: Tasks::Listed(Arc::new(Mutex::new(TaskList::default()))),
        clock: || jiff::Timestamp::UNIX_EPOCH,
        channels: Channels::Off,
        random: |_| (),
        log: Box::new(|_| ()),
    }
}

fn vector(name: &str) -> &'static Vector {
    &VECTORS[name]
}

async fn open(app: &App, link: &str) -> Result<Payload, Rejection> {
    let untrusted = Untrusted::parse(link).map_err(Rejection::InvalidPayload)?;
    let asker = Asker {
        address: None,
        now: NOW,
        random: app.random,
    };
    let opened = app.open(untrusted, &asker, &Calls::default()).await;
    Ok(opened?.payload)
}

/// Opens a link where KMS gives these answers, and says how often it was asked.
async fn open_with(
    settings: &[(&str, &str)],
    link: &str,
    answers: impl IntoIterator<Item = Answer>,
) -> (Result<Payload, Rejection>, usize) {
    let (config, kms) = (config(settings), StandIn::answering(answers));
    let app = app(config.clone(), kms.keys(&config));
    (open(&app, link).await, kms.asked().len())
}

fn message(name: &str) -> Vec<u8> {
    URL_SAFE
        .decode(vector(name).link.strip_prefix("2-").unwrap())
        .unwrap()
}

fn link_of(message: &[u8]) -> String {
    format!("2-{}", URL_SAFE.encode(message))
}

#[tokio::test]
async fn a_link_is_opened_under_our_key_and_context() {
    let (config, kms) = (config(&[]), StandIn::answering([key()]));
    let app = app(config.clone(), kms.keys(&config));
    let vector = vector("sealed/ok_minimal");
    for _ in 0..2 {
        assert!(open(&app, &vector.link).await.is_ok());
    }
    let wrapped = unhex(vector.key.as_ref().unwrap().wrapped_key.as_ref().unwrap());
    let question = json!({
        "KeyId": ARN,
        "CiphertextBlob": STANDARD.encode(wrapped),
        "EncryptionContext": {"app": "sfn-callback-urls", "fmt": "3", "aud": "stack-1"},
    });
    assert_eq!(kms.asked(), [("TrentService.Decrypt".to_owned(), question)]);
}

#[tokio::test]
async fn a_data_key_is_made_under_our_key_and_context() {
    let answer = json!({"KeyId": ARN, "Plaintext": STANDARD.encode(DATA_KEY), "CiphertextBlob": "AQID"});
    let kms = StandIn::answering([Ok((200, answer))]);
    let settings = config(&[("DECRYPT_KEY_IDS", OTHER_ARN)]);
    let keys = kms.keys(&settings);
    for _ in 0..2 {
        let sealing = keys.sealing(1, NOW, &Calls::default()).await.unwrap();
        assert_eq!(sealing.reference, KeyRef::Kms(vec![1, 2, 3]));
    }
    let question = json!({
        "KeyId": ARN,
        "KeySpec": "AES_256",
        "EncryptionContext": {"app": "sfn-callback-urls", "fmt": "3", "aud": "stack-1"},
    });
    assert_eq!(
        kms.asked(),
        [("TrentService.GenerateDataKey".to_owned(), question)]
    );
}

#[tokio::test]
async fn an_old_link_is_opened_under_its_own_context() {
    for (name, signed) in [("python/ok_0378", true), ("python/ok_0478", false)] {
        let (config, kms) = (
            config(&[("DECRYPT_KEY_IDS", OTHER_ARN)]),
            StandIn::answering([key()]),
        );
        let app = app(config.clone(), kms.keys(&config));
        assert!(open(&app, &vector(name).link).await.is_ok(), "{name}");
        let (operation, question) = kms.asked().remove(0);
        assert_eq!(operation, "TrentService.Decrypt");
        assert_eq!(question["KeyId"], ARN);
        let context = question["EncryptionContext"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let keys: Vec<&str> = context.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            if signed {
                vec!["aws-crypto-public-key"]
            } else {
                vec![]
            },
            "{name}"
        );
    }
}

/// A message that says nothing but the truth about its keys costs one question, and every other costs none.
#[tokio::test]
async fn foreign_messages_are_refused_before_kms_is_asked() {
    let (unsigned, context_at) = (message("python/ok_0478"), 35);
    assert_eq!(unsigned[context_at..context_at + 2], [0, 0]);
    let entry = [0, 8, 0, 1, 0, 1, b'a', 0, 1, b'b'];
    let with_context = [&unsigned[..context_at], &entry, &unsigned[context_at + 2..]].concat();
    let provider_at = unsigned
        .windows(7)
        .position(|window| window == b"aws-kms")
        .unwrap();
    let mut other_provider = unsigned.clone();
    other_provider[provider_at + 6] = b'x';
    for (settings, message, damage) in [
        (vec![], with_context, Damage::ForeignContext),
        (vec![], other_provider, Damage::ForeignKey),
        (vec![("KEY_ID", OTHER_ARN)], unsigned.clone(), Damage::ForeignKey),
    ] {
        let (opened, asked) = open_with(&settings, &link_of(&message), []).await;
        assert_eq!((opened, asked), (Err(Rejection::InvalidPayload(damage)), 0));
    }
    let off = open_with(&[("ACCEPT_LEGACY_URLS", "false")], &link_of(&unsigned), []).await;
    assert_eq!(off, (Err(Rejection::InvalidPayload(Damage::LegacyOff)), 0));
}

/// However many of its wrapped keys claim to be ours, and it is charged as one.
#[tokio::test]
async fn a_message_with_several_wrapped_keys_costs_one_question() {
    let plain = message("python/ok_0478");
    let (count_at, entry_at) = (37, 39);
    assert_eq!(plain[count_at..entry_at], [0, 1]);
    // Provider, key and blob, each with its length before it.
    let end = (0..3).fold(entry_at, |at, _| {
        at + 2 + usize::from(u16::from_be_bytes([plain[at], plain[at + 1]]))
    });
    let config = config(&[("DECRYPT_KEY_IDS", OTHER_ARN)]);
    let kms = StandIn::answering((0..10).map(|_| error("InvalidCiphertextException")));
    let app = app(config.clone(), kms.keys(&config));
    let asker = Asker {
        address: Address::parse("203.0.113.7"),
        now: NOW,
        random: |bytes| bytes.fill(1),
    };
    let mut codes = Vec::new();
    for number in 1..=12 {
        let mut entry = plain[entry_at..end].to_vec();
        *entry.last_mut().unwrap() ^= number;
        let message = [&plain[..count_at], &[0, 8], &entry.repeat(8), &plain[end..]].concat();
        let untrusted = Untrusted::parse(&link_of(&message)).unwrap();
        let opened = app.open(untrusted, &asker, &Calls::default()).await;
        codes.push(opened.map(|_| ()).unwrap_err().code());
    }
    let expected = [["InvalidPayload"; 10].as_slice(), &["TooManyRequests"; 2]].concat();
    assert_eq!((codes, kms.asked().len()), (expected, 10));
}

#[tokio::test]
async fn each_key_is_pinned_in_turn() {
    let settings = [("DECRYPT_KEY_IDS", OTHER_ARN)];
    let link = &vector("sealed/ok_minimal").link;
    let config = config(&settings);
    let kms = StandIn::answering([error("IncorrectKeyException"), key()]);
    let app = app(config.clone(), kms.keys(&config));
    assert!(open(&app, link).await.is_ok());
    let pinned: Vec<Value> = kms
        .asked()
        .into_iter()
        .map(|(_, question)| question["KeyId"].clone())
        .collect();
    assert_eq!(pinned, [ARN, OTHER_ARN]);
    for (first, second, code, asked) in [
        (
            "IncorrectKeyException",
            Some("IncorrectKeyException"),
            "InvalidPayload",
            2,
        ),
        ("InvalidCiphertextException", None, "InvalidPayload", 1),
        (
            "DisabledException",
            Some("IncorrectKeyException"),
            "ServiceUnavailable",
            2,
        ),
        (
            "IncorrectKeyException",
            Some("NotFoundException"),
            "KeyDeleted",
            2,
        ),
        (
            "NotFoundException",
            Some("IncorrectKeyException"),
            "KeyDeleted",
            2,
        ),
        ("ThrottlingException", None, "ServiceUnavailable", 1),
    ] {
        let answers = [Some(first), second].into_iter().flatten().map(error);
        let (opened, times) = open_with(&settings, link, answers).await;
        assert_eq!(
            (opened.unwrap_err().code(), times),
            (code, asked),
            "{first} {second:?}"
        );
    }
}

#[tokio::test]
async fn failures_of_kms_have_these_answers() {
    for (code, answer, status, retry_after) in [
        ("InvalidCiphertextException", "InvalidPayload", 400, None),
        ("IncorrectKeyException", "InvalidPayload", 400, None),
        ("NotFoundException", "KeyDeleted", 410, None),
        ("DisabledException", "ServiceUnavailable", 503, Some(300)),
        ("KMSInvalidStateException", "ServiceUnavailable", 503, Some(300)),
        ("AccessDeniedException", "ServiceUnavailable", 503, Some(300)),
        ("InvalidKeyUsageException", "ServiceUnavailable", 503, Some(300)),
        ("InvalidGrantTokenException", "ServiceUnavailable", 503, Some(300)),
        ("ThrottlingException", "ServiceUnavailable", 503, Some(5)),
        ("TooManyRequestsException", "ServiceUnavailable", 503, Some(5)),
        ("LimitExceededException", "ServiceUnavailable", 503, Some(5)),
        ("KeyUnavailableException", "ServiceUnavailable", 503, Some(5)),
        ("DependencyTimeoutException", "ServiceUnavailable", 503, Some(5)),
        ("KMSInternalException", "ServiceUnavailable", 503, Some(5)),
        ("SomethingNewException", "ServiceError", 500, None),
    ] {
        let rejection = open_with(&[], &vector("sealed/ok_minimal").link, [error(code)])
            .await
            .0
            .unwrap_err();
        assert_eq!(rejection.code(), answer, "{code}");
        assert_eq!(rejection.status().as_u16(), status, "{code}");
        assert_eq!(rejection.retry_after_seconds(), retry_after, "{code}");
        assert!(!rejection.to_string().contains("secret"), "{code}");

        let settings = config(&[]);
        let keys = StandIn::answering([error(code)]).keys(&settings);
        let failure = keys.sealing(1, NOW, &Calls::default()).await.unwrap_err();
        assert_eq!(failure.when_sealing().code(), "EncryptionFailed", "{code}");
    }
    let gate = KeyFailure::TooMany.when_opening();
    assert_eq!((gate.code(), gate.status().as_u16()), ("TooManyRequests", 429));
    assert_eq!(gate.retry_after_seconds(), Some(1));
}

#[tokio::test]
async fn a_broken_connection_to_kms_can_be_tried_again() {
    let broken = || std::io::Error::other("broken");
    for failure in [
        ConnectorError::io(broken().into()),
        ConnectorError::timeout(broken().into()),
        ConnectorError::other(broken().into(), None),
    ] {
        let (opened, asked) = open_with(&[], &vector("sealed/ok_minimal").link, [Err(failure)]).await;
        let rejection = opened.unwrap_err();
        assert_eq!((rejection.code(), asked), ("ServiceUnavailable", 1));
        assert_eq!(rejection.retry_after_seconds(), Some(5));
    }
}

#[tokio::test]
async fn other_than_32_bytes_are_no_data_key() {
    let (opened, _) = open_with(&[], &vector("sealed/ok_minimal").link, [plaintext(&[1; 16])]).await;
    let no_key = Damage::KeyRefused("not a data key".to_owned());
    assert_eq!(opened, Err(Rejection::InvalidPayload(no_key)));
    let settings = config(&[]);
    for (plain, wrapped) in [(16, 184), (33, 184), (32, 0), (32, 1_025)] {
        let answer = json!({
            "Plaintext": STANDARD.encode(vec![1; plain]),
            "CiphertextBlob": STANDARD.encode(vec![1; wrapped]),
        });
        let keys = StandIn::answering([Ok((200, answer))]).keys(&settings);
        let failure = keys.sealing(1, NOW, &Calls::default()).await.unwrap_err();
        assert_eq!(
            failure.when_sealing().code(),
            "EncryptionFailed",
            "{plain} {wrapped}"
        );
    }
}

#[tokio::test]
async fn the_wrong_data_key_of_kms_opens_nothing() {
    let (opened, _) = open_with(&[], &vector("sealed/ok_minimal").link, [plaintext(&[1; 32])]).await;
    assert_eq!(opened, Err(Rejection::InvalidPayload(Damage::Commitment)));
}

/// Which formats a service takes is decided by the keys that it has, and by nothing in the link.
#[tokio::test]
async fn a_service_takes_the_links_of_its_own_kind() {
    let kms = || StandIn::default().keys(&config(&[]));
    let local = || Keys::Local(LocalKeys::parse(&LocalKeys::line(&DataKey::new(DATA_KEY))).unwrap());
    let other = || Keys::Local(LocalKeys::parse(&LocalKeys::line(&DataKey::new([1; 32]))).unwrap());
    let damaged = |damage| Err(Rejection::InvalidPayload(damage));
    let (plain, old) = ("python/ok_plain", "python/ok_0378");
    let (sealed, sealed_local) = ("sealed/ok_minimal", "sealed/ok_local");
    for (keys, name, expected) in [
        (Keys::Off, plain, Ok(())),
        (Keys::Off, old, Err(Rejection::DecryptionUnsupported)),
        (Keys::Off, sealed, Err(Rejection::DecryptionUnsupported)),
        (Keys::Off, sealed_local, Err(Rejection::DecryptionUnsupported)),
        (kms(), plain, Err(Rejection::EncryptionRequired)),
        (kms(), sealed_local, damaged(Damage::OtherKeyKind)),
        (local(), plain, Err(Rejection::EncryptionRequired)),
        (local(), sealed_local, Ok(())),
        (local(), sealed, damaged(Damage::OtherKeyKind)),
        (local(), old, damaged(Damage::OtherKeyKind)),
        (other(), sealed_local, damaged(Damage::UnknownLocalKey)),
    ] {
        let opened = open(&app(config(&[]), keys), &vector(name).link).await;
        assert_eq!(opened.map(|_| ()), expected, "{name}");
    }
}

/// Two links of one request, and one of the next, under one data key.
#[tokio::test]
async fn each_link_has_a_salt_of_its_own() {
    static DRAWN: AtomicU8 = AtomicU8::new(0);
    let random = |bytes: &mut [u8]| bytes.fill(DRAWN.fetch_add(1, Ordering::Relaxed));
    let keys = Keys::Local(LocalKeys::parse(&LocalKeys::line(&DataKey::new(DATA_KEY))).unwrap());
    let settings = config(&[("BASE_URL", "https://example.com")]);
    let app = App {
        random,
        ..app(settings, keys)
    };
    let caller = Caller {
        door: Door::Direct,
        source_ip: None,
        request_id: None,
    };
    let mut salts = BTreeSet::new();
    for names in [["a", "b"], ["c", "d"]] {
        let actions = names.map(|name| json!({"name": name, "type": "heartbeat"}));
        let request = json!({"token": "token", "actions": actions}).to_string();
        let reply = app.create(&caller, http::Request::new(request.into())).await;
        let body: Value = serde_json::from_str(reply.body()).unwrap();
        for name in names {
            let (_, data) = body["urls"][name]
                .as_str()
                .unwrap()
                .split_once("data=3-")
                .unwrap();
            let message = URL_SAFE_NO_PAD.decode(data).unwrap();
            salts.insert(message[9..25].to_vec());
        }
    }
    assert_eq!(salts.len(), 4);
    assert!(
        salts.iter().all(|salt| salt.iter().all(|byte| *byte == salt[0])),
        "all bytes are random ones"
    );
}

/// Every damaged vector, through the whole way of a request: one answer for all, whatever is wrong.
#[tokio::test]
async fn damaged_links_have_one_answer() {
    let mut texts = Vec::new();
    for (name, vector) in VECTORS.iter() {
        let Some(key) = vector.key.as_ref().filter(|_| vector.expect.damage.is_some()) else {
            continue;
        };
        let settings = config(&[("AUDIENCE", vector.audience.as_deref().unwrap_or_default())]);
        let keys = match key.local_id {
            Some(_) => Keys::Local(LocalKeys::parse(&LocalKeys::line(&key.data_key())).unwrap()),
            None => StandIn::answering([plaintext(&key.bytes())]).keys(&settings),
        };
        let rejection = open(&app(settings, keys), &vector.link).await.unwrap_err();
        assert_eq!(
            (rejection.code(), rejection.status().as_u16()),
            ("InvalidPayload", 400),
            "{name}"
        );
        texts.push(rejection.to_string());
    }
    assert!(texts.len() > 100, "{}", texts.len());
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}
