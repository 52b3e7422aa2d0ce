//! Secrets of chats and receivers: read when they are needed, kept for a while, read again when they do not work.

use super::Adapters;
use crate::aws;
use crate::calls::Calls;
use crate::deliver::{Secret, SecretRef};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a secret is kept. For so long, one that was changed may be used on, unless its receiver refuses it.
const MAX_AGE: Duration = Duration::from_secs(300);
/// Most secrets that are kept.
const MAX_KEPT: usize = 64;

/// The text of a secret, wiped when nobody needs it any more.
pub type Text = Arc<Zeroizing<String>>;

/// Secrets that were read. The lock is held while one is read, so that none is read twice at the same time.
#[derive(Default)]
pub struct Secrets(tokio::sync::Mutex<HashMap<Secret, (Text, Instant)>>);

impl Adapters {
    /// The text of a secret. `refused` is the one that its receiver has just refused: it is not given again, unless it is
    /// still the one that counts.
    pub(super) async fn secret(
        &self,
        secret: &Secret,
        refused: Option<&Text>,
        calls: &Calls,
    ) -> Result<Text, String> {
        let mut kept = self.secrets.0.lock().await;
        if let Some((text, since)) = kept.get(secret)
            && since.elapsed() < MAX_AGE
            && refused.is_none_or(|refused| refused != text)
        {
            return Ok(text.clone());
        }
        let whole = Zeroizing::new(self.read(secret, calls).await?);
        let text = match &secret.reference {
            SecretRef::SecretsManager(_, Some(key)) => part(&whole, key)?,
            SecretRef::SecretsManager(_, None) | SecretRef::Parameter(_) => whole.trim().to_owned(),
        };
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let text = Arc::new(Zeroizing::new(text));
        kept.insert(secret.clone(), (text.clone(), Instant::now()));
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
fn part(whole: &str, key: &str) -> Result<String, String> {
    let mut parts: HashMap<String, serde_json::Value> =
        serde_json::from_str(whole).map_err(|_| "the secret is no JSON object, so it has no `key`")?;
    match parts.remove(key) {
        Some(serde_json::Value::String(text)) => Ok(text),
        Some(_) => Err("the `key` of the secret is no string".to_owned()),
        None => Err("the secret has no such `key`".to_owned()),
    }
}
