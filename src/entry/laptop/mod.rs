//! A laptop: the same service on 127.0.0.1, and a look into links.

mod home;
mod key_file;
mod open;
mod server;

use crate::config::{Config, Problem};
use crate::entry::process;
use crate::web::App;
use aws_credential_types::provider::SharedCredentialsProvider;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Links that finish a waiting AWS Step Functions task.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  Try it, with no account and no configuration; open the link that it prints:
    sfn-callback-urls serve

  The same with output parameters, and with the pages in your own name:
    sfn-callback-urls serve --enable-output-parameters --brand-name 'Example Ltd' --brand-color '#7a1fa2'

  Against your own KMS key and your own state machines:
    AWS_PROFILE=dev sfn-callback-urls serve --kms-key arn:aws:kms:eu-central-1:123456789012:key/...

  What does this link do?
    sfn-callback-urls open 'http://127.0.0.1:8080/respond?action=approve&type=success&data=3-...'

In Lambda the executable needs no arguments: the Handler of the function, create_urls or process_callback, says what
it does, and its settings come from the environment (docs/CONFIGURATION.md).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers links on 127.0.0.1, with a list of waiting tasks in place of Step Functions.
    Serve(Serve),
    /// Shows what a link holds, but never the task token.
    Open(Open),
}

#[derive(Debug, Args)]
struct Serve {
    /// Where to listen on 127.0.0.1; 0 takes any free port.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where links point, when visitors reach this server by another address.
    #[arg(long)]
    base_url: Option<String>,
    /// Lets links fill query parameters into what they report.
    #[arg(long)]
    enable_output_parameters: bool,
    /// Refuses post actions and forms, as a stack does that has not switched them on.
    #[arg(long)]
    no_post_actions: bool,
    /// Whether links ask before they act, unless their action says otherwise: false, true or strict.
    #[arg(long, value_name = "WHETHER")]
    confirm: Option<String>,
    /// No link lives longer than this ISO 8601 duration, such as P14D.
    #[arg(long, value_name = "DURATION")]
    max_link_lifetime: Option<String>,
    /// Name of whoever asks, on the pages.
    #[arg(long, value_name = "NAME")]
    brand_name: Option<String>,
    /// Colour of the pages, as #rrggbb.
    #[arg(long, value_name = "COLOR")]
    brand_color: Option<String>,
    /// Makes compact links, under the HMAC key.
    #[arg(long, requires = "mac_key")]
    compact: bool,
    /// Logs more about each request.
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    keys: KeyOptions,
}

#[derive(Debug, Args)]
struct Open {
    /// The whole address of the link, or its `data` alone.
    url: String,
    #[command(flatten)]
    keys: KeyOptions,
}

/// The variables of the environment that count: how AWS is reached, and what is kept in memory. All others are those of a
/// deployment.
const OF_THE_ENVIRONMENT: &[&str] = &[
    "ACCEPT_LEGACY_URLS",
    "DATA_KEY_MAX_AGE",
    "DATA_KEY_MAX_USES",
    "DECRYPT_CACHE_MAX_AGE",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_SFN",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_CODEPIPELINE",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SNS",
    "AWS_ENDPOINT_URL_SESV2",
    "AWS_ENDPOINT_URL_EVENTBRIDGE",
    "AWS_ENDPOINT_URL_EVENTBRIDGEV2",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
];
/// Those that count beside `--kms-key`; without it there is no other key, and nothing is delivered.
const WITH_KMS_KEY: &[&str] = &[
    "DECRYPT_KEY_IDS",
    "DELIVER_TOPIC_ARNS",
    "DELIVER_IDENTITY_ARNS",
    "DELIVER_EVENT_BUS_ARNS",
    "DELIVER_SECRET_ARNS",
    "DELIVER_PARAMETER_ARNS",
    "DELIVER_HOSTS",
];

#[derive(Debug, Args)]
struct KeyOptions {
    /// KMS key (ARN or id): uses KMS and Step Functions of your AWS account instead of what is built in.
    #[arg(long, value_name = "KEY")]
    kms_key: Option<String>,
    /// HMAC key of KMS (ARN or id), whose compact links open.
    #[arg(long, value_name = "KEY", requires = "kms_key")]
    mac_key: Option<String>,
    /// Audience of the links, as in the stack (parameter Audience).
    #[arg(long, requires = "kms_key")]
    audience: Option<String>,
    /// File of the local key; made when it is not there.
    #[arg(long, value_name = "FILE", conflicts_with = "kms_key")]
    key_file: Option<PathBuf>,
}

/// Does what the command line says.
pub async fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run().await,
        Command::Open(open) => open.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("sfn-callback-urls: {problem}");
            ExitCode::FAILURE
        }
    }
}

impl KeyOptions {
    /// The region that stands in links of a laptop that names none: it only matters for a `base_url` without one.
    const ANY_REGION: &str = "us-east-1";

    /// The settings of the command line, with the few of the environment that count beside them.
    fn config(&self, region: Option<String>, more: &[(&str, Option<String>)]) -> Result<Config, String> {
        let region = region.or_else(|| self.kms_key.is_none().then(|| Self::ANY_REGION.to_owned()));
        let region = region.ok_or("no region is known; set AWS_REGION or a profile with a region")?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the command line stands before the environment"
        )]
        let environment = |name: &str| std::env::var(name).ok();
        let variable = |name: &str| self.variable(name, &region, more, environment);
        Config::from_vars(variable).map_err(|problems| {
            let list: Vec<String> = problems.iter().map(Problem::to_string).collect();
            list.join("\n  ")
        })
    }

    /// The value of a setting. Of those of a deployment that happen to be in the environment, most mean nothing here.
    fn variable(
        &self,
        name: &str,
        region: &str,
        more: &[(&str, Option<String>)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        if let Some((_, value)) = more.iter().find(|(own, _)| *own == name) {
            return value.clone();
        }
        match name {
            "AWS_REGION" => Some(region.to_owned()),
            "KEY_ID" => self.kms_key.clone(),
            "MAC_KEY_ID" => self.mac_key.clone(),
            "AUDIENCE" => self.audience.clone(),
            // All visitors come from this machine, whatever is in front of it, and would share its buckets.
            "ADDRESS_BUCKETS" => Some("false".to_owned()),
            _ if OF_THE_ENVIRONMENT.contains(&name) => environment(name),
            _ if self.kms_key.is_some() && WITH_KMS_KEY.contains(&name) => environment(name),
            _ => None,
        }
    }

    /// A service on KMS and Step Functions, with the credentials and the region that the AWS CLI would use.
    async fn aws_app(&self, more: &[(&str, Option<String>)]) -> Result<App, String> {
        let http = crate::aws::Shared::new(&self.config(Some(Self::ANY_REGION.to_owned()), more)?, None)?;
        let loader = aws_config::defaults(crate::aws::behavior_version()).http_client(http.http_client());
        let aws = loader.load().await;
        let config = self.config(aws.region().map(ToString::to_string), more)?;
        let credentials: Option<SharedCredentialsProvider> = aws.credentials_provider();
        process::app(config, credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    fn options(kms_key: bool) -> KeyOptions {
        let text = |it: &str| kms_key.then(|| it.to_owned());
        KeyOptions {
            kms_key: text("0f0e0d0c-0b0a-4908-8706-050403020100"),
            mac_key: None,
            audience: None,
            key_file: None,
        }
    }

    /// Every variable that the settings are read from.
    fn known() -> BTreeSet<String> {
        let asked = RefCell::new(BTreeSet::new());
        let read = Config::from_vars(|name| {
            asked.borrow_mut().insert(name.to_owned());
            // What is asked for only then.
            (name == "METRICS").then(|| "true".to_owned())
        });
        assert!(read.is_err());
        asked.into_inner()
    }

    /// The known variables whose values in the environment reach the settings.
    fn counting(kms_key: bool) -> BTreeSet<String> {
        let options = options(kms_key);
        let own = known().into_iter().filter(|name| {
            let environment = |asked: &str| (asked == name).then(|| "of the environment".to_owned());
            let value = options.variable(name, "eu-west-1", &[], environment);
            value.as_deref() == Some("of the environment")
        });
        own.collect()
    }

    #[test]
    fn only_variables_of_the_lists_count() {
        let set = |lists: &[&[&str]]| -> BTreeSet<String> {
            lists.concat().into_iter().map(str::to_owned).collect()
        };
        assert!(known().len() > 50, "{:?}", known());
        assert_eq!(counting(false), set(&[OF_THE_ENVIRONMENT]));
        assert_eq!(counting(true), set(&[OF_THE_ENVIRONMENT, WITH_KMS_KEY]));
        for name in [
            "ENABLE_WAIT_CONDITIONS",
            "ENABLE_CUSTOM_RESOURCES",
            "ENABLE_DURABLE_EXECUTIONS",
            "ENABLE_CODEPIPELINE_APPROVALS",
            "ENABLE_AUTOMATION_APPROVALS",
            "ALLOW_PRIVATE_ADDRESSES",
            "HTTPS_CONNECT_TO",
            "KEY_ID",
            "AUDIENCE",
            "WARM_UP",
        ] {
            assert!(known().contains(name) && !counting(true).contains(name), "{name}");
        }
    }

    #[test]
    fn a_whole_deployment_in_the_environment_stops_nothing() {
        let options = options(false);
        let environment = |name: &str| (!OF_THE_ENVIRONMENT.contains(&name)).then(|| "?".to_owned());
        let config = Config::from_vars(|name| options.variable(name, "eu-west-1", &[], environment));
        let plain = Config::from_vars(|name| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "ADDRESS_BUCKETS" => Some("false".to_owned()),
            _ => None,
        });
        assert_eq!(config, plain);
    }

    #[test]
    fn the_document_names_the_variables_that_count() {
        let text = include_str!("../../../docs/CONFIGURATION.md");
        let text = text.split("### `serve`\n").nth(1).unwrap();
        let text = text.split("count, for `serve` and for `open`:").nth(1).unwrap();
        let text = text.split("Everything else").next().unwrap();
        let (always, with_key) = text.split_once("with `--kms-key`").unwrap();
        let words = |text: &'static str| text.split('`').skip(1).step_by(2).collect::<Vec<_>>();
        assert_eq!(words(always), OF_THE_ENVIRONMENT);
        assert_eq!(words(with_key), WITH_KMS_KEY);
    }
}
