//! The figures of one subject. Times are in milliseconds unless a name says otherwise.

use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
pub struct Figures {
    pub label: String,
    pub create: Start,
    pub process: Start,
    /// Requests for two links.
    pub create_two: Warm,
    /// Requests for five links.
    pub create_five: Warm,
    /// Uses of an approve link, each for a task of its own.
    pub callback: Warm,
    /// The most memory that any process of it had, in KiB.
    pub peak_memory_kib: u64,
    /// Of an approve link for a task token of 712 characters.
    pub link_characters: usize,
}

/// Starts of one role, from spawn.
#[derive(Serialize)]
pub struct Start {
    pub ready: Spread,
    pub first_answer: Spread,
    /// CPU time up to the first answer; `None` where the system does not say.
    pub cpu: Option<Spread>,
}

#[derive(Serialize)]
pub struct Spread {
    pub count: usize,
    pub min: f64,
    pub median: f64,
    pub p90: f64,
}

/// Calls of one kind to a warm instance, one after the other.
#[derive(Serialize)]
pub struct Warm {
    pub count: usize,
    pub p50: f64,
    pub p99: f64,
    /// Answers in a second, the way over the Runtime API included.
    pub per_second: f64,
    pub cpu_seconds_per_1000: f64,
    /// Calls to KMS for each of these.
    pub kms_calls: f64,
}

pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The value below which this share of the sorted times lies, by the nearest rank.
pub fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().map_or(f64::NAN, milliseconds)
}

impl Spread {
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self {
            count: times.len(),
            min: percentile(&times, 0),
            median: percentile(&times, 50),
            p90: percentile(&times, 90),
        }
    }
}
