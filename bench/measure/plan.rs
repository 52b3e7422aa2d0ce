//! What is measured, as `bench/run` writes it.

use crate::support::events::Door;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How often each role is started.
    pub starts: usize,
    /// Calls of each kind that count, to an instance that is warm.
    pub calls: usize,
    /// Calls of each kind before those.
    pub warm_up: usize,
    /// How long KMS and Step Functions take for an answer, in milliseconds.
    pub kms_latency: u64,
    pub states_latency: u64,
    /// The front door of the callbacks.
    door: DoorName,
    /// For the whole run, in seconds.
    limit: u64,
    pub subjects: Vec<Subject>,
}

/// A thing to measure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub label: String,
    pub program: String,
    #[serde(default)]
    pub create_arguments: Vec<String>,
    #[serde(default)]
    pub process_arguments: Vec<String>,
    /// `_HANDLER` of each role.
    pub create_handler: String,
    pub process_handler: String,
    /// Of both roles. `{key}`, `{endpoint}` and `{ca_file}` stand for what is known only here.
    pub environment: BTreeMap<String, String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum DoorName {
    Rest,
    Http,
    FunctionUrl,
}

impl Plan {
    pub fn door(&self) -> Door {
        match self.door {
            DoorName::Rest => Door::Rest,
            DoorName::Http => Door::HttpApi,
            DoorName::FunctionUrl => Door::FunctionUrl,
        }
    }

    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.limit)
    }
}
