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

    /// The settings of the environment, with those of the command line before them.
    fn config(&self, region: Option<String>, more: &[(&str, Option<String>)]) -> Result<Config, String> {
        let region = region.or_else(|| self.kms_key.is_none().then(|| Self::ANY_REGION.to_owned()));
        let region = region.ok_or("no region is known; set AWS_REGION or a profile with a region")?;
        // Without --kms-key the settings of a deployment that happen to be in the environment mean nothing here.
        let mut own = vec![
            ("AWS_REGION", Some(region)),
            ("KEY_ID", self.kms_key.clone()),
            ("MAC_KEY_ID", self.mac_key.clone()),
            ("COMPACT_LINKS", None),
            ("AUDIENCE", self.audience.clone()),
            ("API_ID", None),
            ("STAGE", None),
            ("BASE_URL", None),
            ("ENABLE_OUTPUT_PARAMETERS", None),
            ("ENABLE_POST_ACTIONS", None),
            ("CORS_ALLOW_ORIGIN", None),
            ("LOG_LEVEL", None),
            ("METRICS", None),
            ("VERBOSE_LOGGING", None),
            ("CONFIRM_ACTIONS", None),
            ("MAX_LINK_LIFETIME", None),
            ("BRAND_NAME", None),
            ("BRAND_COLOR", None),
        ];
        if self.kms_key.is_none() {
            own.push(("DECRYPT_KEY_IDS", None));
            // Nobody delivers anything without AWS.
            own.extend(
                [
                    "DELIVER_TOPIC_ARNS",
                    "DELIVER_IDENTITY_ARNS",
                    "DELIVER_EVENT_BUS_ARNS",
                    "DELIVER_SECRET_ARNS",
                    "DELIVER_PARAMETER_ARNS",
                    "DELIVER_HOSTS",
                ]
                .map(|name| (name, None)),
            );
        }
        for (name, value) in more {
            own.retain(|(own, _)| own != name);
            own.push((name, value.clone()));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the command line stands before the environment"
        )]
        let variable = |name: &str| match own.iter().find(|(own, _)| *own == name) {
            Some((_, value)) => value.clone(),
            None => std::env::var(name).ok(),
        };
        Config::from_vars(variable).map_err(|problems| {
            let list: Vec<String> = problems.iter().map(Problem::to_string).collect();
            list.join("\n  ")
        })
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
