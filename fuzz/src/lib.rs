//! What is fuzzed. Each target takes bytes of a stranger and asserts what must hold for any of them; a panic, its own
//! or one of the service, is a finding.

mod create;
mod deep;
mod event;
mod form;
mod jsonpath;
mod legacy;
mod link;
mod memory;
mod payload;
mod planted;
mod process;
mod seeds;
mod service;
mod webhook;

pub use seeds::seeds;
use service::split_head;

use cpu_time::ThreadTime;
use peak_alloc::PeakAlloc;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// CPU time that one input may take. The time of the clock would fail on a busy machine.
const MAX_TIME: Duration = Duration::from_millis(100);
/// Memory that one input may take.
const MAX_BYTES: usize = 64 << 20;

/// A door for bytes of strangers, and what is checked behind it.
#[derive(Clone, Copy)]
pub struct Target {
    name: &'static str,
    check: fn(&[u8]),
}

/// All of them. `planted` has a fault of its own, by which `fuzz/run` sees that faults are found.
pub const TARGETS: [Target; 12] = [
    Target {
        name: "link",
        check: link::check,
    },
    Target {
        name: "legacy",
        check: legacy::check,
    },
    Target {
        name: "payload",
        check: payload::check,
    },
    Target {
        name: "create",
        check: create::check,
    },
    Target {
        name: "process",
        check: process::check,
    },
    Target {
        name: "event",
        check: event::check,
    },
    Target {
        name: "form",
        check: form::check,
    },
    Target {
        name: "jsonpath",
        check: jsonpath::check,
    },
    Target {
        name: "webhook",
        check: webhook::check,
    },
    Target {
        name: "deep",
        check: deep::check,
    },
    Target {
        name: "memory",
        check: memory::check,
    },
    Target {
        name: "planted",
        check: planted::check,
    },
];

impl Target {
    /// The target of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// The names of all.
    pub fn names() -> Vec<&'static str> {
        TARGETS.iter().map(|target| target.name).collect()
    }

    /// Runs one input.
    pub fn check(&self, data: &[u8]) {
        (self.check)(data);
    }
}

/// Runs code of the service, which must end in time and without much memory.
fn bounded<T>(run: impl FnOnce() -> T) -> T {
    within(MAX_BYTES, run)
}

/// The same, without more memory than this.
fn within<T>(most: usize, run: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let start = ThreadTime::now();
    let result = run();
    let time = start.elapsed();
    assert!(time <= MAX_TIME, "took {time:?} of CPU time");
    let bytes = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(bytes <= most, "took {bytes} bytes");
    result
}
