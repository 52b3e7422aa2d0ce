//! One executable: a Lambda function in one of two roles, or a service and a tool on a laptop.

use sfn_callback_urls::config::{Config, Problem};
use sfn_callback_urls::entry::lambda::{self, Role};
use sfn_callback_urls::entry::process;
use std::process::ExitCode;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "the role is what the rest of the settings depend on"
)]
async fn main() -> ExitCode {
    process::quiet_panics();
    process::keep_memory_together();
    match std::env::var("_HANDLER") {
        // On the heap, or the compiler would lay out everything that either may wait for as one.
        Ok(handler) => Box::pin(in_lambda(&handler)).await,
        Err(_) => Box::pin(elsewhere()).await,
    }
}

async fn in_lambda(handler: &str) -> ExitCode {
    match start(handler) {
        Ok((role, app)) => match lambda::run(role, Arc::new(app)).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => cannot_start(&[format!("the Runtime API failed: {error}")]),
        },
        Err(problems) => cannot_start(&problems),
    }
}

fn start(handler: &str) -> Result<(Role, sfn_callback_urls::web::App), Vec<String>> {
    let role = Role::from_handler(handler);
    let role =
        role.ok_or("_HANDLER: must be create_urls or process_callback (the function's Handler)".to_owned());
    let config = Config::from_env(matches!(role, Ok(Role::Create)))
        .map_err(|problems| problems.iter().map(Problem::to_string).collect::<Vec<_>>());
    let (role, config) = match (role, config) {
        (Ok(role), Ok(config)) => (role, config),
        (role, config) => {
            return Err(role
                .err()
                .into_iter()
                .chain(config.err().into_iter().flatten())
                .collect());
        }
    };
    let app = process::app(config, process::environment_credentials()).map_err(|problem| vec![problem])?;
    Ok((role, app))
}

/// One line with all that has to be mended; Lambda shows it where the deployment failed.
fn cannot_start(problems: &[String]) -> ExitCode {
    let line = serde_json::json!({
        "timestamp": process::clock().to_string(),
        "level": "ERROR",
        "message": "The function cannot start.",
        "problems": problems,
    });
    process::write_line(&line.to_string());
    ExitCode::FAILURE
}

#[cfg(feature = "laptop")]
async fn elsewhere() -> ExitCode {
    sfn_callback_urls::entry::laptop::run().await
}

#[cfg(not(feature = "laptop"))]
async fn elsewhere() -> ExitCode {
    cannot_start(&["_HANDLER: is missing; this build only runs as a Lambda function".to_owned()])
}
