//! A KMS in memory, behind the real client: it keeps its keys, refuses what is not under them, and counts.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::hmac;
use serde_json::{Value, json};
use sfn_callback_urls::config::Config;
use sfn_callback_urls::keys::Keys;
use sfn_callback_urls::keys::kms::KmsKeys;
use std::sync::{Arc, Mutex};

pub const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef";
pub const MAC_KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/76543210-89ab-cdef-0123-456789abcdef";

/// The settings of a stack with both keys; new links are compact.
pub const COMPACT: &[(&str, &str)] = &[
    ("KEY_ID", KEY),
    ("MAC_KEY_ID", MAC_KEY),
    ("COMPACT_LINKS", "true"),
    ("AUDIENCE", "stack-1"),
];
/// The same where no more compact links are made.
pub const ACCEPTING: &[(&str, &str)] = &[
    ("KEY_ID", KEY),
    ("MAC_KEY_ID", MAC_KEY),
    ("COMPACT_LINKS", "false"),
    ("AUDIENCE", "stack-1"),
];
/// Without an HMAC key.
pub const USUAL: &[(&str, &str)] = &[("KEY_ID", KEY), ("AUDIENCE", "stack-1")];

#[derive(Debug, Clone, Default)]
pub struct Kms(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    asked: Vec<(String, Value)>,
    /// Every call is answered with this error.
    error: Option<String>,
    /// Bytes of a MAC, instead of 32.
    mac_bytes: Option<usize>,
    /// Wrapped keys, with their data keys and contexts.
    wrapped: Vec<(String, String, Value)>,
}

impl Kms {
    /// The keys of an instance that has just started.
    pub fn keys(&self, vars: &[(&str, &str)]) -> Keys {
        let all = [vars, &[("AWS_REGION", "eu-central-1")]].concat();
        let variable = |name: &str| all.iter().find(|(key, _)| *key == name);
        let config = Config::from_vars(|name| variable(name).map(|(_, value)| (*value).to_owned())).unwrap();
        let connector = SharedHttpConnector::new(self.clone());
        let client = aws_sdk_kms::Config::builder()
            .behavior_version(sfn_callback_urls::aws::behavior_version())
            .region(aws_sdk_kms::config::Region::new("eu-central-1"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .build();
        let client = aws_sdk_kms::Client::from_conf(client);
        let keys = KmsKeys::new(
            client,
            config.opening_keys(),
            config.audience.clone(),
            config.caches,
        );
        Keys::Kms(Box::new(match config.mac_key.clone() {
            Some(mac) => keys.with_mac(mac, config.compact_links, config.caches),
            None => keys,
        }))
    }

    /// Everything that was asked so far, operation and parameters.
    pub fn asked(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().asked.clone()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }

    /// From now on, every call fails so.
    pub fn fail(&self, code: &str) {
        self.0.lock().unwrap().error = Some(code.to_owned());
    }

    /// From now on, calls are answered again.
    pub fn work(&self) {
        self.0.lock().unwrap().error = None;
    }

    /// From now on, MACs have so many bytes.
    pub fn shorten_macs(&self, bytes: usize) {
        self.0.lock().unwrap().mac_bytes = Some(bytes);
    }
}

impl HttpConnector for Kms {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.strip_prefix("TrentService.").unwrap().to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        state.asked.push((operation.clone(), body.clone()));
        let answer = match &state.error {
            Some(code) => Err(code.clone()),
            None => state.answer(&operation, &body),
        };
        let (status, answer) = match answer {
            Ok(answer) => (200, answer),
            Err(code) => {
                let status = if code == "KMSInternalException" { 500 } else { 400 };
                (status, json!({"__type": code, "message": "a secret detail"}))
            }
        };
        let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(answer.to_string()));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl State {
    fn answer(&mut self, operation: &str, body: &Value) -> Result<Value, String> {
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        match (operation, text("KeyId").as_str()) {
            ("GenerateDataKey", KEY) => {
                let number = self.wrapped.len().to_be_bytes();
                let plain = STANDARD.encode(digest(&SHA256, &number));
                let wrapped = [&[1, 2], number.as_slice(), &[9; 174]].concat();
                let wrapped = STANDARD.encode(wrapped);
                let context = body["EncryptionContext"].clone();
                self.wrapped.push((wrapped.clone(), plain.clone(), context));
                Ok(json!({"KeyId": KEY, "Plaintext": plain, "CiphertextBlob": wrapped}))
            }
            ("Decrypt", KEY) => {
                let blob = text("CiphertextBlob");
                let found = self.wrapped.iter().find(|(wrapped, _, _)| *wrapped == blob);
                match found {
                    Some((_, plain, context)) if *context == body["EncryptionContext"] => {
                        Ok(json!({"KeyId": KEY, "Plaintext": plain}))
                    }
                    Some(_) | None => Err("InvalidCiphertextException".to_owned()),
                }
            }
            ("GenerateMac", MAC_KEY) if body["MacAlgorithm"] == "HMAC_SHA_256" => {
                let message = STANDARD.decode(text("Message")).unwrap();
                let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[5; 32]), &message);
                let bytes = self.mac_bytes.unwrap_or(32);
                let mac: Vec<u8> = mac.as_ref().iter().cycle().take(bytes).copied().collect();
                Ok(json!({"KeyId": MAC_KEY, "Mac": STANDARD.encode(mac), "MacAlgorithm": "HMAC_SHA_256"}))
            }
            (_, KEY | MAC_KEY) => Err("InvalidKeyUsageException".to_owned()),
            (_, _) => Err("NotFoundException".to_owned()),
        }
    }
}
