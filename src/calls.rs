//! Which calls to AWS one request has made, for its log line.

use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One call, with all that finds it again at AWS.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// As the API names it.
    pub operation: &'static str,
    /// `ok`, or the error's code or kind.
    pub outcome: String,
    /// From the request to the answer, in milliseconds.
    pub duration_ms: u64,
    /// AWS's id of the request, when an answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The calls of one request, in order.
#[derive(Debug, Default)]
pub struct Calls(Mutex<Vec<Call>>);

impl Calls {
    /// Adds one.
    pub fn add(
        &self,
        operation: &'static str,
        outcome: impl Into<String>,
        took: Duration,
        request_id: Option<&str>,
    ) {
        let call = Call {
            operation,
            outcome: outcome.into(),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            request_id: request_id.map(str::to_owned),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// All of them.
    pub fn list(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
