//! What the services of AWS know their waiting things by.

use std::fmt;
use zeroize::Zeroizing;

/// Longest callback id, in characters (API model of SendDurableExecutionCallbackSuccess).
pub const MAX_CALLBACK_ID_CHARS: usize = 1_024;
/// Longest name in CodePipeline, in characters (API model of PutApprovalResult).
const MAX_PIPELINE_NAME_CHARS: usize = 100;

/// A callback of a durable execution. Whoever has the right to call Lambda may answer it, and only with this.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackId(Zeroizing<String>);

impl CallbackId {
    /// 1 to 1,024 characters of base64.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn new(text: String) -> Result<Self, &'static str> {
        let text = Zeroizing::new(text);
        let letters = text
            .strip_suffix("==")
            .or_else(|| text.strip_suffix('='))
            .unwrap_or(&text);
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
        let fits = !letters.is_empty() && text.len() <= MAX_CALLBACK_ID_CHARS;
        match fits && letters.bytes().all(is_letter) {
            true => Ok(Self(text)),
            false => Err("must have 1 to 1,024 characters of base64"),
        }
    }

    /// The id itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CallbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackId(redacted)")
    }
}

/// 16 bytes, written as `8-4-4-4-12` hex digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// From its bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the one way of writing it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = text.chars().filter(|c| *c != '-');
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let high = digits.next()?.to_digit(16)?;
            let low = digits.next()?.to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        let uuid = Self(bytes);
        (uuid.to_string() == text).then_some(uuid)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A manual approval of CodePipeline, of one run of the pipeline.
#[derive(Clone, PartialEq, Eq)]
pub struct PipelineApproval {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage.
    pub stage: String,
    /// Name of the action.
    pub action: String,
    /// Of this approval; the next run has another.
    pub token: Uuid,
}

impl PipelineApproval {
    /// Checks the names.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn new(pipeline: String, stage: String, action: String, token: Uuid) -> Result<Self, &'static str> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
        for (field, name) in [("pipeline", &pipeline), ("stage", &stage), ("action", &action)] {
            let fits = (1..=MAX_PIPELINE_NAME_CHARS).contains(&name.len());
            if !fits || !name.bytes().all(is_letter) {
                return Err(field);
            }
        }
        Ok(Self {
            pipeline,
            stage,
            action,
            token,
        })
    }
}
