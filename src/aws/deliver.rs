//! The clients of the services that deliver. A message is sent once by each call: whether it may be sent again is decided
//! in [`crate::channels`]. Reading a secret changes nothing, so the SDK may repeat that (three attempts, its standard).

use super::{CONNECT, Shared, behavior_version, second_events};
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

/// How long one call may take.
const ATTEMPT: Duration = Duration::from_secs(3);

macro_rules! client {
    ($(#[$doc:meta])* $name:ident, $sdk:ident, $retry:expr) => {
        $(#[$doc])*
        pub fn $name(&self, region: &str, endpoint: Option<&str>) -> $sdk::Client {
            let mut config = $sdk::Config::builder()
                .behavior_version(behavior_version())
                .region($sdk::config::Region::new(region.to_owned()))
                .http_client(self.deliver.clone())
                .retry_config($retry)
                .timeout_config(
                    TimeoutConfig::builder()
                        .connect_timeout(CONNECT)
                        .operation_attempt_timeout(ATTEMPT)
                        .build(),
                );
            config.set_credentials_provider(self.credentials.clone());
            config.set_endpoint_url(endpoint.map(str::to_owned));
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl Shared {
    /// A client of EventBridge for a bus of the second API, in its region and at this endpoint.
    pub fn second_events(&self, region: &str, endpoint: &str) -> aws_sdk_eventbridge::Client {
        let second = Self {
            deliver: second_events::Translated::new(self.deliver.clone()).into_shared(),
            ..self.clone()
        };
        let config = second.events(region, Some(endpoint)).config().to_builder();
        aws_sdk_eventbridge::Client::from_conf(config.interceptor(second_events::Rewritten).build())
    }

    client!(
        /// A client of SNS, in the region of a topic.
        topics,
        aws_sdk_sns,
        RetryConfig::disabled()
    );
    client!(
        /// A client of SES, in the region of an identity.
        mails,
        aws_sdk_sesv2,
        RetryConfig::disabled()
    );
    client!(
        /// A client of EventBridge, in the region of a bus.
        events,
        aws_sdk_eventbridge,
        RetryConfig::disabled()
    );
    client!(
        /// A client of Secrets Manager, in the region of a secret.
        secrets,
        aws_sdk_secretsmanager,
        RetryConfig::standard()
    );
    client!(
        /// A client of Systems Manager, in the region of a parameter.
        parameters,
        aws_sdk_ssm,
        RetryConfig::standard()
    );
}
