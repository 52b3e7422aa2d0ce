//! Secrets of chats and receivers: read when they are needed, kept for a while, read again when they do not work.

use super::Adapters;
use crate::aws;
use crate::calls::Calls;
use crate::deliver::{Secret, SecretRef};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How long a secret is kept. For so long, one that was changed may be used on, unless its receiver refuses it.
const MAX_AGE: Duration = Duration::from_secs(300);
/// Most secrets that are kept.
const MAX_KEPT: usize = 64;

/// The text of a secret, wiped when nobody needs it any more.
pub type Text = Arc<Zeroizing<String>>;

/// Secrets that were read. Each has a lock of its own, which is held while it is read: none is read twice at the same time,
/// and none waits for another one.
#[derive(Default)]
pub struct Secrets(Mutex<HashMap<Secret, Arc<Slot>>>);

/// A secret and when it was read, once it was.
type Slot = tokio::sync::Mutex<Option<(Text, Instant)>>;

impl Secrets {
    /// The place of a secret. Where there are too many, all are forgotten; those that are being read are given to those who wait
    /// for them, and not kept.
    fn slot(&self, secret: &Secret) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_KEPT && !slots.contains_key(secret) {
            slots.clear();
        }
        slots.entry(secret.clone()).or_default().clone()
    }
}

impl Adapters {
    /// The text of a secret. `refused` is the one that its receiver has just refused: it is not given again, unless it is
    /// still the one that counts.
    pub(super) async fn secret(
        &self,
        secret: &Secret,
        refused: Option<&Text>,
        calls: &Calls,
    ) -> Result<Text, String> {
        let slot = self.secrets.slot(secret);
        let mut kept = slot.lock().await;
        if let Some((text, since)) = kept.as_ref()
            && since.elapsed() < MAX_AGE
            && refused.is_none_or(|refused| refused != text)
        {
            return Ok(text.clone());
        }
        let whole = Zeroizing::new(self.read(secret, calls).await?);
        let text = match &secret.reference {
            SecretRef::SecretsManager(_, Some(key)) => &*part(&whole, key)?,
            SecretRef::SecretsManager(_, None) | SecretRef::Parameter(_) => whole.as_str(),
        };
        // The line break of a file belongs to no secret.
        let text = text.trim().to_owned();
        let text = Arc::new(Zeroizing::new(text));
        *kept = Some((text.clone(), Instant::now()));
        Ok(text)
    }

    async fn read(&self, secret: &Secret, calls: &Calls) -> Result<String, String> {
        let start = Instant::now();
        let (arn, took) = (&secret.arn, || start.elapsed());
        match &secret.reference {
            SecretRef::SecretsManager(..) => {
                let client = self
                    .shared
                    .secrets(arn.region(), self.endpoints.secrets.as_deref());
                let answer = client.get_secret_value().secret_id(arn.as_str()).send().await;
                let answer = answer.map_err(|error| {
                    let name = aws::error_name(&error);
                    calls.add("GetSecretValue", name.clone(), took(), None);
                    format!("Secrets Manager: {name}")
                })?;
                calls.add("GetSecretValue", "ok", took(), None);
                let text = answer.secret_string.ok_or("the secret holds no text")?;
                Ok(text)
            }
            SecretRef::Parameter(_) => {
                let client = self
                    .shared
                    .parameters(arn.region(), self.endpoints.parameters.as_deref());
                let answer = client
                    .get_parameter()
                    .name(arn.as_str())
                    .with_decryption(true)
                    .send()
                    .await;
                let answer = answer.map_err(|error| {
                    let name = aws::error_name(&error);
                    calls.add("GetParameter", name.clone(), took(), None);
                    format!("Systems Manager: {name}")
                })?;
                calls.add("GetParameter", "ok", took(), None);
                let value = answer.parameter.and_then(|parameter| parameter.value);
                Ok(value.ok_or("the parameter holds no text")?)
            }
        }
    }
}

/// One string of a JSON object.
fn part(whole: &str, key: &str) -> Result<Zeroizing<String>, String> {
    let mut parts: HashMap<String, serde_json::Value> =
        serde_json::from_str(whole).map_err(|_| "the secret is not a JSON object, so it has no `key`")?;
    match parts.remove(key) {
        Some(serde_json::Value::String(text)) => Ok(Zeroizing::new(text)),
        Some(_) => Err("the `key` of the secret is no string".to_owned()),
        None => Err("the secret has no such `key`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Shared;
    use crate::config::Config;
    use crate::deliver::permits::Arn;
    use crate::outbound::Outbound;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use aws_smithy_types::body::SdkBody;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const SLOW: Duration = Duration::from_secs(1);

    /// Secrets Manager, where every secret holds how often any was read before. Those whose names end with 9 take a second.
    #[derive(Clone, Debug, Default)]
    struct Manager(Arc<AtomicUsize>);

    impl HttpClient for Manager {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for Manager {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let read = self.0.fetch_add(1, Ordering::Relaxed);
            let body = SdkBody::from(format!(r#"{{"SecretString":"{read}"}}"#));
            let answer = HttpResponse::try_from(http::Response::new(body));
            let asked = String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned();
            let takes = match asked.contains("9-AbCdEf") {
                true => SLOW,
                false => Duration::ZERO,
            };
            HttpConnectorFuture::new(async move {
                tokio::time::sleep(takes).await;
                Ok(answer.unwrap())
            })
        }
    }

    fn adapters() -> (Adapters, Manager) {
        let config =
            Config::from_vars(|name| (name == "AWS_REGION").then(|| "eu-west-1".to_owned())).unwrap();
        let manager = Manager::default();
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let credentials = Some(SharedCredentialsProvider::new(credentials));
        let adapters = Adapters {
            shared: Shared::with_http(&config, SharedHttpClient::new(manager.clone()), credentials),
            endpoints: config.aws.deliver.clone(),
            outbound: Outbound::new(config.outbound),
            secrets: Secrets::default(),
        };
        (adapters, manager)
    }

    fn secret(number: usize) -> Secret {
        let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat{number}-AbCdEf");
        Secret {
            arn: Arn::secret(&arn).unwrap(),
            reference: SecretRef::SecretsManager(arn, None),
        }
    }

    async fn text(adapters: &Adapters, number: usize) -> String {
        let text = adapters.secret(&secret(number), None, &Calls::default()).await;
        text.unwrap().to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_is_kept_for_300_seconds() {
        let (adapters, manager) = adapters();
        for (second, read) in [(0, "0"), (299, "0"), (300, "1"), (599, "1"), (600, "2")] {
            let start = Instant::now();
            assert_eq!(text(&adapters, 1).await, read, "after {second} s");
            assert_eq!(start.elapsed(), Duration::ZERO, "nothing waits");
            let until_next = if second % 300 == 0 { 299 } else { 1 };
            tokio::time::advance(Duration::from_secs(until_next)).await;
        }
        // One that its receiver has just refused is read again at once.
        let refused: Text = Arc::new(Zeroizing::new("2".to_owned()));
        tokio::time::advance(Duration::from_secs(1)).await;
        let fresh = adapters
            .secret(&secret(1), Some(&refused), &Calls::default())
            .await;
        assert_eq!(fresh.unwrap().as_str(), "3");
        assert_eq!(manager.0.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn sixty_four_secrets_are_kept() {
        let (adapters, manager) = adapters();
        let reads = || manager.0.load(Ordering::Relaxed);
        for number in 0..64 {
            text(&adapters, number).await;
        }
        for number in 0..64 {
            assert_eq!(text(&adapters, number).await, number.to_string());
        }
        assert_eq!(reads(), 64);
        // With another one, those before are forgotten: they are wiped, and read again when they are needed.
        text(&adapters, 64).await;
        assert_eq!(adapters.secrets.0.lock().unwrap().len(), 1);
        assert_eq!((text(&adapters, 0).await.as_str(), reads()), ("65", 66));
    }

    /// How long something takes, by the paused clock.
    async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
        let start = Instant::now();
        let done = work.await;
        (done, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_secret_delays_no_other_one() {
        let (adapters, manager) = adapters();
        let kept = text(&adapters, 3).await;
        let (slow, quick, again, other_slow) = tokio::join!(
            timed(text(&adapters, 9)),
            timed(text(&adapters, 1)),
            timed(text(&adapters, 3)),
            timed(text(&adapters, 19)),
        );
        assert_eq!([quick.1, again.1], [Duration::ZERO; 2]);
        assert_eq!([slow.1, other_slow.1], [SLOW; 2], "at the same time");
        assert_eq!(again.0, kept);
        assert_eq!(manager.0.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn one_secret_is_read_once_for_all_who_wait_for_it() {
        let (adapters, manager) = adapters();
        let texts = tokio::join!(text(&adapters, 9), text(&adapters, 9), text(&adapters, 9));
        assert_eq!(texts, ("0".to_owned(), "0".to_owned(), "0".to_owned()));
        assert_eq!(manager.0.load(Ordering::Relaxed), 1);
    }

    /// A delivery that runs out of time while its secret is read leaves nothing locked.
    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_the_secret_to_the_next() {
        let (adapters, _) = adapters();
        let given_up = tokio::time::timeout(SLOW / 2, text(&adapters, 9)).await;
        assert!(given_up.is_err());
        let (read, took) = timed(text(&adapters, 9)).await;
        assert_eq!((read.as_str(), took), ("1", SLOW));
    }

    /// Others may be forgotten while one is read; it arrives all the same.
    #[tokio::test(start_paused = true)]
    async fn a_secret_that_is_forgotten_while_it_is_read_arrives() {
        let (adapters, _) = adapters();
        let many = async {
            for number in (100..400).filter(|number| number % 10 != 9) {
                text(&adapters, number).await;
            }
        };
        let (slow, ()) = tokio::join!(timed(text(&adapters, 9)), many);
        assert_eq!(slow, ("0".to_owned(), SLOW));
        assert!(adapters.secrets.0.lock().unwrap().len() <= MAX_KEPT);
    }
}
