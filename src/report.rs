//! What is told to a waiting task.

use crate::action::{MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_OUTPUT_BYTES};
use crate::json::JsonText;

/// The arguments of one of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat, within their limits.
#[derive(Clone, PartialEq, Eq)]
pub enum Report {
    /// Ends the task with an output.
    Success {
        /// JSON text, at most 262,144 bytes.
        output: String,
    },
    /// Ends the task with an error.
    Failure {
        /// At most 256 characters.
        error: Option<String>,
        /// At most 32,768 characters.
        cause: Option<String>,
    },
    /// Keeps the task waiting.
    Heartbeat,
}

impl Report {
    /// A success.
    ///
    /// # Errors
    /// A sentence, when the output is over its limit.
    pub fn success(output: JsonText) -> Result<Self, &'static str> {
        match output.as_str().len() {
            ..=MAX_OUTPUT_BYTES => Ok(Report::Success {
                output: output.into_string(),
            }),
            _ => Err("the output is larger than the 262,144 bytes that Step Functions takes"),
        }
    }

    /// A failure.
    ///
    /// # Errors
    /// A sentence, when error or cause are over their limits.
    pub fn failure(error: Option<String>, cause: Option<String>) -> Result<Self, &'static str> {
        let over =
            |text: &Option<String>, max| text.as_ref().is_some_and(|text| text.chars().nth(max).is_some());
        if over(&error, MAX_ERROR_CHARS) {
            return Err("the error is longer than the 256 characters that Step Functions takes");
        }
        if over(&cause, MAX_CAUSE_CHARS) {
            return Err("the cause is longer than the 32,768 characters that Step Functions takes");
        }
        Ok(Report::Failure { error, cause })
    }

    /// What it does, for the log.
    pub const fn verb(&self) -> &'static str {
        match self {
            Report::Success { .. } => "success",
            Report::Failure { .. } => "failure",
            Report::Heartbeat => "heartbeat",
        }
    }
}

impl std::fmt::Debug for Report {
    /// Outputs, errors and causes are the owner's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.verb())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_kept_on_both_sides() {
        let output = |bytes: usize| JsonText::parse(&format!("\"{}\"", "a".repeat(bytes - 2))).unwrap();
        assert!(Report::success(output(MAX_OUTPUT_BYTES)).is_ok());
        assert!(Report::success(output(MAX_OUTPUT_BYTES + 1)).is_err());
        let text = |chars: usize| Some("é".repeat(chars));
        assert!(Report::failure(text(MAX_ERROR_CHARS), text(MAX_CAUSE_CHARS)).is_ok());
        assert!(Report::failure(text(MAX_ERROR_CHARS + 1), None).is_err());
        assert!(Report::failure(None, text(MAX_CAUSE_CHARS + 1)).is_err());
    }

    #[test]
    fn debug_does_not_show_the_content() {
        let report = Report::failure(Some("secret".into()), None).unwrap();
        assert_eq!(format!("{report:?}"), "failure");
    }
}
