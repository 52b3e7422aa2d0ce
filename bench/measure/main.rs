//! Measures executables and Python handlers under a Lambda Runtime API, with stand-ins of KMS and Step Functions behind
//! TLS on 127.0.0.1. `bench/run` starts it with the file of a plan and takes the figures from standard output.
#![allow(
    clippy::disallowed_methods,
    dead_code,
    reason = "it measures time, and shares the stand-ins of the tests"
)]

#[path = "../../tests/support/mod.rs"]
mod support;

mod figures;
mod plan;
mod reading;
mod rounds;
mod subject;

use plan::Plan;
use rounds::Rounds;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let file = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let Some(file) = file else {
        eprintln!("measure: no plan is named; start bench/run instead");
        return ExitCode::FAILURE;
    };
    match measured(&file) {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("measure: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measured(file: &str) -> Result<String, Box<dyn Error>> {
    let plan: Plan = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let deadline = Instant::now() + plan.limit();
    let mut all: Vec<Rounds<'_>> = plan
        .subjects
        .iter()
        .map(|subject| Rounds::new(&plan, subject, deadline))
        .collect();
    // In turns, so that what else the machine does meets all of them.
    for number in 0..plan.starts {
        for rounds in &mut all {
            rounds.cold_start()?;
        }
        eprint!("\rstarts: {} of {}", number + 1, plan.starts);
    }
    eprintln!();
    for rounds in &mut all {
        rounds.warm_up()?;
    }
    let mut left = plan.calls;
    while left > 0 {
        let count = left.min(rounds::BATCH);
        for rounds in &mut all {
            rounds.batch(count)?;
        }
        left -= count;
        eprint!("\rcalls of each kind: {} of {}", plan.calls - left, plan.calls);
    }
    eprintln!();
    let figures = all
        .into_iter()
        .map(Rounds::finish)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(serde_json::to_string(&figures)?)
}
