//! Which calls to AWS one request has made, for its log line and for the metrics.

use serde::Serialize;
use std::sync::atomic::{AtomicU32, Ordering};
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

/// The calls of one request, in order, and those that memory saved.
#[derive(Debug, Default)]
pub struct Calls {
    made: Mutex<Vec<Call>>,
    keys_from_memory: AtomicU32,
}

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
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call);
    }

    /// All of them.
    pub fn list(&self) -> Vec<Call> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// A data key was had without a call.
    pub fn key_from_memory(&self) {
        self.keys_from_memory.fetch_add(1, Ordering::Relaxed);
    }

    /// How many data keys were had without a call.
    pub fn keys_from_memory(&self) -> u32 {
        self.keys_from_memory.load(Ordering::Relaxed)
    }
}
