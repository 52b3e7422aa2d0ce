//! What only a real process has: a clock, randomness, standard output and clients of AWS.

use crate::aws::Shared;
use crate::channels::Channels;
use crate::config::Config;
use crate::keys::Keys;
use crate::keys::kms::KmsKeys;
use crate::log::Ids;
use crate::tasks::Tasks;
use crate::tasks::services::Services;
use crate::web::App;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use std::io::Write;
use std::panic::PanicHookInfo;

/// As large as glibc lets the blocks be that share pages, less what it needs itself.
const LARGEST_BLOCK: usize = (32 << 20) - (64 << 10);

/// A service that talks to AWS. Clients are built here, and connect when they are first needed.
///
/// # Errors
/// What keeps it from starting, with the name of the variable.
pub fn app(config: Config, credentials: Option<SharedCredentialsProvider>) -> Result<App, String> {
    let shared = Shared::new(&config, credentials)?;
    let keys = match config.opening_keys() {
        keys if keys.is_empty() => Keys::Off,
        keys => {
            let client = shared.kms(config.aws.kms_endpoint.as_deref());
            let keys = KmsKeys::new(client, keys, config.audience.clone(), config.caches);
            Keys::Kms(Box::new(match &config.mac_key {
                Some(mac) => keys.with_mac(mac.clone(), config.compact_links, config.caches),
                None => keys,
            }))
        }
    };
    let tasks = Services::new(shared.clone(), config.aws.clone(), config.outbound.clone(), below);
    let channels = Channels::new(&config, shared);
    Ok(with(config, keys, Tasks::Aws(Box::new(tasks)), channels))
}

/// A service with the clock, the randomness and the log of this process.
pub fn with(config: Config, keys: Keys, tasks: Tasks, channels: Channels) -> App {
    App {
        channels,
        config,
        keys,
        tasks,
        clock,
        random,
        log: Box::new(write_line),
    }
}

/// The credentials that Lambda puts into the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "secrets do not pass through the settings"
)]
pub fn environment_credentials() -> Option<SharedCredentialsProvider> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment");
    Some(SharedCredentialsProvider::new(credentials))
}

/// The time of the system.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Random bytes of the system.
#[expect(clippy::disallowed_methods, reason = "the one place where randomness is made")]
pub fn random(bytes: &mut [u8]) {
    SystemRandom::new()
        .fill(bytes)
        .expect("the system has randomness");
}

/// A number below `limit`, or 0: for pauses, not for secrets.
fn below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    random(&mut bytes);
    u64::from_be_bytes(bytes).checked_rem(limit).unwrap_or(0)
}

/// Lets one event's large blocks lie where those of the last one lay. glibc gives a block that is larger than all before
/// it pages of its own, beside those that it keeps of the smaller ones (mallopt(3), `M_MMAP_THRESHOLD`); from one block
/// that nobody writes into it learns how large blocks may be.
pub fn keep_memory_together() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST_BLOCK)));
}

/// One line on standard output, where Lambda collects the log. A log that cannot be written stops nothing.
pub fn write_line(line: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}");
}

/// Panics tell where and for which request, never what: a panic's text may quote a value.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| write_line(&panic_line(panic))));
}

/// The log line of a panic.
pub fn panic_line(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let mut line = serde_json::json!({
        "timestamp": clock().to_string(),
        "level": "ERROR",
        "message": "Panicked.",
        "at": place,
    });
    if let (Value::Object(line), Ok(Value::Object(ids))) = (&mut line, serde_json::to_value(Ids::known())) {
        line.extend(ids);
    }
    line.to_string()
}
