//! The fuzzer. `TARGET` names what is fuzzed; `fuzz/run` sets it. With `SEEDS` it writes the first inputs into that folder
//! instead. (No second program does that: without libFuzzer, nothing that is instrumented can be linked.)
#![no_main]

use sfn_callback_urls_fuzz::{Target, seeds};
use std::path::Path;
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    Target::of_name(&name).unwrap_or_else(|| panic!("TARGET must be one of {:?}", Target::names()))
});

libfuzzer_sys::fuzz_target!(
    init: {
        if let Ok(folder) = std::env::var("SEEDS") {
            write_seeds(Path::new(&folder)).expect("the folder can be written");
            std::process::exit(0);
        }
    },
    |data: &[u8]| TARGET.check(data)
);

fn write_seeds(folder: &Path) -> std::io::Result<()> {
    for target in Target::names() {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (place, seed) in seeds(target).iter().enumerate() {
            std::fs::write(folder.join(format!("{place:04}")), seed)?;
        }
    }
    Ok(())
}
