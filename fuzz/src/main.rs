//! The fuzzer. `TARGET` names what is fuzzed; `fuzz/run` sets it.
#![no_main]

use sfn_callback_urls_fuzz::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    Target::of_name(&name).unwrap_or_else(|| panic!("TARGET must be one of {:?}", Target::names()))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET.check(data));
