//! What is told to a waiting task.

use crate::action::{MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_OUTPUT_BYTES};
use crate::json::JsonText;

/// Largest result of a callback of a durable execution, in bytes (Lambda API Reference,
/// SendDurableExecutionCallbackSuccess).
pub const MAX_RESULT_BYTES: usize = 1_048_576;

/// How large an output that is worked out when a link is used may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputLimit {
    /// What Step Functions takes, and for everybody else.
    StepFunctions,
    /// What Lambda takes as the result of a callback.
    DurableExecution,
}

impl OutputLimit {
    /// In bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::StepFunctions => MAX_OUTPUT_BYTES,
            Self::DurableExecution => MAX_RESULT_BYTES,
        }
    }

    /// For a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StepFunctions => "262,144 bytes",
            Self::DurableExecution => "1,048,576 bytes",
        }
    }

    const fn exceeded(self) -> &'static str {
        match self {
            Self::StepFunctions => "the output is larger than the 262,144 bytes that Step Functions takes",
            Self::DurableExecution => "the output is larger than the 1,048,576 bytes that Lambda takes",
        }
    }
}

/// The arguments of one of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat, within their limits.
#[derive(Clone, PartialEq, Eq)]
pub enum Report {
    /// Ends the task with an output.
    Success {
        /// JSON text, within its [`OutputLimit`].
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
    pub fn success(output: JsonText, limit: OutputLimit) -> Result<Self, &'static str> {
        if output.as_str().len() > limit.bytes() {
            return Err(limit.exceeded());
        }
        Ok(Report::Success {
            output: output.into_string(),
        })
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
        for limit in [OutputLimit::StepFunctions, OutputLimit::DurableExecution] {
            assert!(Report::success(output(limit.bytes()), limit).is_ok());
            let exceeded = Report::success(output(limit.bytes() + 1), limit).unwrap_err();
            assert!(exceeded.contains(limit.as_str()), "{exceeded}");
            let digits: String = limit.as_str().chars().filter(char::is_ascii_digit).collect();
            assert_eq!(digits, limit.bytes().to_string());
        }
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
