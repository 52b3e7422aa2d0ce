//! The settings, read once. Every problem is reported, with the name of its variable.

mod deliver;

use crate::action::Confirm;
use crate::brand::{self, Brand, Color};
use crate::decide::Switches;
use crate::deliver::Permits;
use crate::expiration::Lifetime;
use crate::link::{BaseUrl, is_region};
use crate::log::Level;
use crate::origin::AllowedOrigin;
use crate::target::EnabledTargets;
use std::fmt;
use std::net::SocketAddr;

pub use deliver::DeliverEndpoints;

/// Everything that the environment decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `BASE_URL`, or made from `API_ID`, `STAGE` and the region. Needed to create, not to process.
    pub base_url: Option<BaseUrl>,
    /// `AWS_REGION`.
    pub region: String,
    /// `KEY_ID`: absent means that links are not encrypted.
    pub key: Option<KmsKeyId>,
    /// `DECRYPT_KEY_IDS`: further keys whose links still open.
    pub further_keys: Vec<KmsKeyId>,
    /// `MAC_KEY_ID`: the HMAC key of compact links.
    pub mac_key: Option<KmsKeyId>,
    /// `COMPACT_LINKS`: new links are compact.
    pub compact_links: bool,
    /// `AUDIENCE`: links of one audience do not open under another.
    pub audience: String,
    /// `ENABLE_OUTPUT_PARAMETERS`, `ENABLE_POST_ACTIONS`, and which targets are on.
    pub switches: Switches,
    /// `CONFIRM_ACTIONS`: whether links that say nothing of it ask before they act.
    pub confirm: Confirm,
    /// `MAX_LINK_LIFETIME`: no link lives longer.
    pub max_lifetime: Option<Lifetime>,
    /// `BRAND_NAME` and `BRAND_COLOR`.
    pub brand: Brand,
    /// `ACCEPT_LEGACY_URLS`: links of the Python application open.
    pub accept_legacy: bool,
    /// `CORS_ALLOW_ORIGIN`: whose scripts may follow links; absent means nobody's.
    pub cors_allow_origin: Option<AllowedOrigin>,
    /// `DELIVER_…`: what links may be delivered to.
    pub permits: Permits,
    /// `LOG_LEVEL`: lines below it are not written.
    pub log_level: Level,
    /// `VERBOSE_LOGGING`.
    pub verbose: bool,
    /// `METRICS`: the function whose metrics lines carry; absent means that they carry none.
    pub metrics: Option<String>,
    /// `DATA_KEY_MAX_AGE`, `DATA_KEY_MAX_USES` and `DECRYPT_CACHE_MAX_AGE`.
    pub caches: CacheSettings,
    /// `ADDRESS_BUCKETS`: KMS calls for links that do not open are counted by the address that they come from.
    pub address_buckets: bool,
    /// `WARM_UP`: connections are made before the first event.
    pub warm_up: bool,
    /// How hosts that are no service of AWS are reached.
    pub outbound: OutboundSettings,
    /// Where KMS and Step Functions are, if not where the SDK thinks, and whom TLS trusts.
    pub aws: AwsSettings,
}

/// How long data keys are kept in memory (docs/FORMAT.md, "Caches").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Seconds for which a data key seals further links; 0 asks for one key a request.
    pub data_key_max_age: u32,
    /// Links that one data key seals.
    pub data_key_max_uses: u32,
    /// Seconds for which an opened data key opens further links; 0 keeps none.
    pub decrypt_max_age: u32,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            data_key_max_age: 300,
            data_key_max_uses: 100,
            decrypt_max_age: 300,
        }
    }
}

/// The SDK's own variables, as far as we read them ourselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsSettings {
    /// `AWS_ENDPOINT_URL_KMS` or `AWS_ENDPOINT_URL`.
    pub kms_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SFN` or `AWS_ENDPOINT_URL`.
    pub states_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_LAMBDA` or `AWS_ENDPOINT_URL`.
    pub lambda_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_CODEPIPELINE` or `AWS_ENDPOINT_URL`.
    pub codepipeline_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM` or `AWS_ENDPOINT_URL`.
    pub ssm_endpoint: Option<String>,
    /// Those of the services that deliver.
    pub deliver: DeliverEndpoints,
    /// `AWS_CA_BUNDLE`, else `SSL_CERT_FILE`: a PEM file that replaces the embedded roots.
    pub ca_bundle: Option<String>,
}

/// How hosts that are no service of AWS are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundSettings {
    /// `HTTPS_CONNECT_TO`, for tests: this address is connected to instead, whatever the host; its name stays as it is.
    pub connect_to: Option<SocketAddr>,
    /// `ALLOW_PRIVATE_ADDRESSES`: names may lead into a private network.
    pub private_addresses: bool,
    /// As in [`AwsSettings::ca_bundle`], but it replaces Mozilla's roots.
    pub ca_bundle: Option<String>,
}

/// A problem with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.what)
    }
}

/// Longest audience, in bytes.
const MAX_AUDIENCE: usize = 128;
/// Longest name of a Lambda function, in bytes; Lambda's own limit is below it.
const MAX_FUNCTION_NAME: usize = 140;

impl Config {
    /// Reads the settings through `variable`. An empty variable counts as absent.
    ///
    /// # Errors
    /// Every problem, by name.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        Self::read(variable, false)
    }

    fn read(variable: impl Fn(&str) -> Option<String>, creates: bool) -> Result<Self, Vec<Problem>> {
        let read = Reader {
            variable: &variable,
            problems: Vec::new().into(),
        };
        let region = read
            .text("AWS_REGION")
            .or_else(|| read.text("AWS_DEFAULT_REGION"));
        let region = match region {
            Some(region) if is_region(&region) => region,
            Some(_) => read.problem("AWS_REGION", "is not the name of a region"),
            None => read.problem("AWS_REGION", "is missing; name the region of this deployment"),
        };
        let key = read.text("KEY_ID").and_then(|text| read.key("KEY_ID", &text));
        let further = read.text("DECRYPT_KEY_IDS").unwrap_or_default();
        let further = further.split(',').map(str::trim).filter(|text| !text.is_empty());
        let further_keys: Vec<_> = further
            .filter_map(|text| read.key("DECRYPT_KEY_IDS", text))
            .collect();
        if key.is_none() && !further_keys.is_empty() {
            read.problem::<()>("DECRYPT_KEY_IDS", "needs KEY_ID; without it nothing is decrypted");
        }
        let mac_key = read
            .text("MAC_KEY_ID")
            .and_then(|text| read.key("MAC_KEY_ID", &text));
        let compact_links = read.switch("COMPACT_LINKS", false);
        if read.text("MAC_KEY_ID").is_some() && read.text("KEY_ID").is_none() {
            read.problem::<()>(
                "MAC_KEY_ID",
                "needs KEY_ID; links that are not compact are sealed under that",
            );
        }
        if compact_links && read.text("MAC_KEY_ID").is_none() {
            read.problem::<()>("COMPACT_LINKS", "needs MAC_KEY_ID, the HMAC key of compact links");
        }
        let config = Self {
            base_url: read.base_url(&region, creates),
            key,
            further_keys,
            mac_key,
            compact_links,
            audience: read.audience(),
            switches: Switches {
                output_parameters: read.switch("ENABLE_OUTPUT_PARAMETERS", false),
                post_actions: read.switch("ENABLE_POST_ACTIONS", false),
                targets: EnabledTargets {
                    wait_conditions: read.switch("ENABLE_WAIT_CONDITIONS", false),
                    custom_resources: read.switch("ENABLE_CUSTOM_RESOURCES", false),
                    durable_executions: read.switch("ENABLE_DURABLE_EXECUTIONS", false),
                    pipeline_approvals: read.switch("ENABLE_CODEPIPELINE_APPROVALS", false),
                    automations: read.switch("ENABLE_AUTOMATION_APPROVALS", false),
                },
            },
            confirm: read.confirm(),
            max_lifetime: read.parsed("MAX_LINK_LIFETIME", |text| Lifetime::parse(&text)),
            brand: Brand {
                name: read.parsed("BRAND_NAME", brand::read_name),
                color: read.parsed("BRAND_COLOR", |text| Color::parse(&text)),
            },
            accept_legacy: read.switch("ACCEPT_LEGACY_URLS", true),
            cors_allow_origin: read.parsed("CORS_ALLOW_ORIGIN", |text| AllowedOrigin::parse(&text)),
            permits: read.permits(),
            log_level: read.level("LOG_LEVEL"),
            verbose: read.switch("VERBOSE_LOGGING", false),
            warm_up: read.switch("WARM_UP", true),
            metrics: read.metrics(),
            caches: CacheSettings {
                data_key_max_age: read.number("DATA_KEY_MAX_AGE", 300, 0, 3_600),
                data_key_max_uses: read.number("DATA_KEY_MAX_USES", 100, 1, 10_000),
                decrypt_max_age: read.number("DECRYPT_CACHE_MAX_AGE", 300, 0, 900),
            },
            address_buckets: read.switch("ADDRESS_BUCKETS", true),
            outbound: OutboundSettings {
                connect_to: read.parsed("HTTPS_CONNECT_TO", |text| {
                    text.parse()
                        .map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8443")
                }),
                private_addresses: read.switch("ALLOW_PRIVATE_ADDRESSES", false),
                ca_bundle: read.ca_bundle(),
            },
            aws: AwsSettings {
                kms_endpoint: read.endpoint("AWS_ENDPOINT_URL_KMS"),
                states_endpoint: read.endpoint("AWS_ENDPOINT_URL_SFN"),
                lambda_endpoint: read.endpoint("AWS_ENDPOINT_URL_LAMBDA"),
                codepipeline_endpoint: read.endpoint("AWS_ENDPOINT_URL_CODEPIPELINE"),
                ssm_endpoint: read.endpoint("AWS_ENDPOINT_URL_SSM"),
                deliver: read.deliver_endpoints(),
                ca_bundle: read.ca_bundle(),
            },
            region,
        };
        match read.problems.into_inner() {
            problems if problems.is_empty() => Ok(config),
            problems => Err(problems),
        }
    }

    /// From the environment of this process. Who `creates` links needs to know where they point.
    ///
    /// # Errors
    /// As [`Config::from_vars`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the environment is read"
    )]
    pub fn from_env(creates: bool) -> Result<Self, Vec<Problem>> {
        Self::read(|name| std::env::var(name).ok(), creates)
    }

    /// The keys whose links open, the one that seals first.
    pub fn opening_keys(&self) -> Vec<KmsKeyId> {
        self.key.iter().chain(&self.further_keys).cloned().collect()
    }
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: std::cell::RefCell<Vec<Problem>>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|text| !text.is_empty())
    }

    /// Notes the problem and goes on with a value that is never used.
    fn problem<T: Default>(&self, variable: &'static str, what: impl fmt::Display) -> T {
        self.problems.borrow_mut().push(Problem {
            variable,
            what: what.to_string(),
        });
        T::default()
    }

    fn switch(&self, name: &'static str, default: bool) -> bool {
        match self.text(name).as_deref() {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(_) => self.problem(name, "must be true or false"),
        }
    }

    fn confirm(&self) -> Confirm {
        match self.text("CONFIRM_ACTIONS").as_deref() {
            None | Some("false") => Confirm::Off,
            Some("true") => Confirm::Page,
            Some("strict") => Confirm::Strict,
            Some(_) => self.problem("CONFIRM_ACTIONS", "must be false, true or strict"),
        }
    }

    fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(String) -> Result<T, &'static str>,
    ) -> Option<T> {
        let text = self.text(name)?;
        parse(text).map_err(|what| self.problem::<()>(name, what)).ok()
    }

    fn number(&self, name: &'static str, default: u32, min: u32, max: u32) -> u32 {
        match self.text(name).map(|text| text.parse::<u32>()) {
            None => default,
            Some(Ok(number)) if (min..=max).contains(&number) => number,
            Some(_) => self.problem(name, format_args!("must be a whole number from {min} to {max}")),
        }
    }

    fn key(&self, name: &'static str, text: &str) -> Option<KmsKeyId> {
        KmsKeyId::parse(text).or_else(|| {
            let what = "must be the ARN or the id of a KMS key (an alias may come to mean another key, \
                        and its links would not open any more)";
            self.problem(name, what)
        })
    }

    fn audience(&self) -> String {
        match self.text("AUDIENCE") {
            None => "default".to_owned(),
            Some(text) if text.len() <= MAX_AUDIENCE && text.chars().all(|c| c.is_ascii_graphic()) => text,
            Some(_) => self.problem("AUDIENCE", "must be 1 to 128 visible ASCII characters"),
        }
    }

    fn level(&self, name: &'static str) -> Level {
        match self.text(name) {
            None => Level::Info,
            Some(text) => Level::parse(&text)
                .unwrap_or_else(|| self.problem(name, format_args!("must be one of {}", Level::NAMES))),
        }
    }

    fn metrics(&self) -> Option<String> {
        if !self.switch("METRICS", false) {
            return None;
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match self.text("AWS_LAMBDA_FUNCTION_NAME") {
            Some(name) if name.len() <= MAX_FUNCTION_NAME && name.chars().all(plain) => Some(name),
            Some(_) => self.problem("AWS_LAMBDA_FUNCTION_NAME", "is not the name of a Lambda function"),
            None => self.problem(
                "AWS_LAMBDA_FUNCTION_NAME",
                "is missing; METRICS counts by the name of the function, which Lambda sets",
            ),
        }
    }

    fn base_url(&self, region: &str, is_needed: bool) -> Option<BaseUrl> {
        if let Some(text) = self.text("BASE_URL") {
            return BaseUrl::https_or_local(&text)
                .map_err(|what| self.problem::<()>("BASE_URL", what))
                .ok();
        }
        match (self.text("API_ID"), self.text("STAGE")) {
            (None, None) if is_needed => self.problem("BASE_URL", "is missing; set it, or API_ID and STAGE"),
            (None, None) => None,
            (Some(_), None) => self.problem("STAGE", "is missing; API_ID needs the name of its stage"),
            (None, Some(_)) => self.problem("API_ID", "is missing; STAGE needs the id of its API"),
            (Some(api_id), Some(stage)) => BaseUrl::api_stage(&api_id, &stage, region)
                .map_err(|fault| match fault.at.as_str() {
                    "api_id" => self.problem("API_ID", &fault.what),
                    "stage" => self.problem("STAGE", &fault.what),
                    _ => {} // the region was looked at before
                })
                .ok(),
        }
    }

    fn ca_bundle(&self) -> Option<String> {
        self.text("AWS_CA_BUNDLE").or_else(|| self.text("SSL_CERT_FILE"))
    }

    fn endpoint(&self, name: &'static str) -> Option<String> {
        let ignored = self.switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", false);
        let (name, text) = match self.text(name) {
            Some(text) => (name, text),
            None => ("AWS_ENDPOINT_URL", self.text("AWS_ENDPOINT_URL")?),
        };
        let is_http = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        match (ignored, is_http) {
            (true, _) => None,
            (false, true) => Some(text),
            (false, false) => self.problem(name, "must be an http or https URL"),
        }
    }
}

/// A KMS key by ARN or id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyId(String);

impl KmsKeyId {
    /// Accepts `arn:<partition>:kms:<region>:<account>:key/<id>` and `<id>`.
    pub fn parse(text: &str) -> Option<Self> {
        let id = match text.split(':').collect::<Vec<_>>().as_slice() {
            [id] => id,
            ["arn", partition, "kms", region, account, resource]
                if partition.starts_with("aws")
                    && is_region(region)
                    && account.len() == 12
                    && account.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                resource.strip_prefix("key/")?
            }
            _ => return None,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        ((8..=64).contains(&id.len()) && id.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn id(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, id)| id)
    }

    /// Whether an ARN means this key. A multi-Region key (`mrk-`) is the same key in every region.
    pub fn is_meant_by(&self, arn: &str) -> bool {
        let Some(other) = Self::parse(arn).filter(|other| other.0.contains(':')) else {
            return false;
        };
        let same_id = other.id() == self.id();
        same_id && (!self.0.contains(':') || self.id().starts_with("mrk-") || other == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const ARN: &str = "arn:aws:kms:eu-central-1:123456789012:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f";

    fn read(vars: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let vars: HashMap<&str, &str> = [("AWS_REGION", "eu-central-1")]
            .into_iter()
            .chain(vars.iter().copied())
            .collect();
        Config::from_vars(|name| vars.get(name).map(|text| (*text).to_owned()))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_defaults_are_those_of_the_documents() {
        let config = read(&[]).unwrap();
        assert_eq!(
            (config.key, config.mac_key, config.compact_links),
            (None, None, false)
        );
        assert_eq!(config.audience, "default");
        assert_eq!(
            config.switches,
            Switches {
                output_parameters: false,
                post_actions: false,
                targets: EnabledTargets::default(),
            }
        );
        assert!(config.accept_legacy && config.address_buckets && !config.verbose);
        assert_eq!((config.cors_allow_origin, config.log_level), (None, Level::Info));
        let caches = CacheSettings {
            data_key_max_age: 300,
            data_key_max_uses: 100,
            decrypt_max_age: 300,
        };
        assert_eq!(config.caches, caches);
        assert_eq!(config.aws, AwsSettings::default());
        assert_eq!((config.confirm, config.max_lifetime), (Confirm::Off, None));
        assert_eq!(config.brand, Brand::default());
    }

    #[test]
    fn the_base_is_given_or_made_from_api_and_stage() {
        let base = |vars: &[(&str, &str)]| read(vars).unwrap().base_url.unwrap().as_str().to_owned();
        assert_eq!(
            base(&[("BASE_URL", "https://links.example.com/")]),
            "https://links.example.com"
        );
        let api = [("API_ID", "abc"), ("STAGE", "v1")];
        assert_eq!(
            base(&api),
            "https://abc.execute-api.eu-central-1.amazonaws.com/v1"
        );
        let china = [("API_ID", "abc"), ("STAGE", "v1"), ("AWS_REGION", "cn-north-1")];
        assert_eq!(
            base(&china),
            "https://abc.execute-api.cn-north-1.amazonaws.com.cn/v1"
        );
    }

    #[test]
    fn all_problems_are_reported_by_name() {
        let problems = read(&[
            ("AWS_REGION", "nowhere"),
            ("KEY_ID", "alias/links"),
            ("DECRYPT_KEY_IDS", "x, y"),
            ("MAC_KEY_ID", "alias/links"),
            ("COMPACT_LINKS", "on"),
            ("AUDIENCE", "with space"),
            ("BASE_URL", "http://example.com"),
            ("ENABLE_OUTPUT_PARAMETERS", "yes"),
            ("ENABLE_POST_ACTIONS", "True"),
            ("ENABLE_WAIT_CONDITIONS", "yes"),
            ("ENABLE_CUSTOM_RESOURCES", "1"),
            ("ENABLE_DURABLE_EXECUTIONS", "on"),
            ("ENABLE_CODEPIPELINE_APPROVALS", "True"),
            ("ENABLE_AUTOMATION_APPROVALS", "x"),
            ("ACCEPT_LEGACY_URLS", "1"),
            ("ADDRESS_BUCKETS", "off"),
            ("VERBOSE_LOGGING", "on"),
            ("CORS_ALLOW_ORIGIN", "https://app.example.com/"),
            ("LOG_LEVEL", "info"),
            ("METRICS", "yes"),
            ("DATA_KEY_MAX_AGE", "3601"),
            ("DATA_KEY_MAX_USES", "0"),
            ("DECRYPT_CACHE_MAX_AGE", "-1"),
            ("AWS_ENDPOINT_URL_KMS", "127.0.0.1:5000"),
            ("AWS_ENDPOINT_URL", "ftp://127.0.0.1"),
        ])
        .unwrap_err();
        for name in [
            "AWS_REGION: ",
            "KEY_ID: ",
            "DECRYPT_KEY_IDS: ",
            "MAC_KEY_ID: ",
            "COMPACT_LINKS: ",
            "AUDIENCE: ",
            "BASE_URL: ",
            "ENABLE_OUTPUT_PARAMETERS: ",
            "ENABLE_POST_ACTIONS: ",
            "ENABLE_WAIT_CONDITIONS: ",
            "ENABLE_CUSTOM_RESOURCES: ",
            "ENABLE_DURABLE_EXECUTIONS: ",
            "ENABLE_CODEPIPELINE_APPROVALS: ",
            "ENABLE_AUTOMATION_APPROVALS: ",
            "ACCEPT_LEGACY_URLS: ",
            "ADDRESS_BUCKETS: ",
            "VERBOSE_LOGGING: ",
            "CORS_ALLOW_ORIGIN: ",
            "LOG_LEVEL: ",
            "METRICS: ",
            "DATA_KEY_MAX_AGE: ",
            "DATA_KEY_MAX_USES: ",
            "DECRYPT_CACHE_MAX_AGE: ",
            "AWS_ENDPOINT_URL_KMS: ",
            "AWS_ENDPOINT_URL: ",
        ] {
            assert!(
                problems.iter().any(|problem| problem.starts_with(name)),
                "{name} in {problems:?}"
            );
        }
    }

    #[test]
    fn incomplete_settings_are_refused() {
        for (vars, problem) in [
            (vec![("AWS_REGION", "")], "AWS_REGION: is missing"),
            (vec![("API_ID", "abc")], "STAGE: is missing"),
            (vec![("STAGE", "v1")], "API_ID: is missing"),
            (vec![("API_ID", "a/b"), ("STAGE", "v1")], "API_ID: must be"),
            (vec![("API_ID", "abc"), ("STAGE", "v 1")], "STAGE: must be"),
            (vec![("DECRYPT_KEY_IDS", ARN)], "DECRYPT_KEY_IDS: needs KEY_ID"),
            (vec![("MAC_KEY_ID", ARN)], "MAC_KEY_ID: needs KEY_ID"),
            (
                vec![("KEY_ID", ARN), ("COMPACT_LINKS", "true")],
                "COMPACT_LINKS: needs MAC_KEY_ID",
            ),
        ] {
            let problems = read(&vars).unwrap_err();
            assert!(
                problems.len() == 1 && problems[0].starts_with(problem),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn endpoints_come_from_the_service_or_for_all() {
        let aws = |vars: &[(&str, &str)]| read(vars).unwrap().aws;
        let all = aws(&[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SFN", "http://127.0.0.1:2"),
        ]);
        assert_eq!(all.kms_endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(all.states_endpoint.as_deref(), Some("http://127.0.0.1:2"));
        let ignored = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ];
        assert_eq!(aws(&ignored).kms_endpoint, None);
        let bundles = aws(&[("AWS_CA_BUNDLE", "/a.pem"), ("SSL_CERT_FILE", "/b.pem")]);
        assert_eq!(bundles.ca_bundle.as_deref(), Some("/a.pem"));
    }

    #[test]
    fn keys_are_arns_or_ids_of_any_partition() {
        for text in [
            ARN,
            "b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "mrk-1234567890abcdef1234567890abcdef",
            "arn:aws-cn:kms:cn-north-1:123456789012:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234567890abcdef1234567890abcdef",
        ] {
            assert!(KmsKeyId::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "x",
            "alias/links",
            "arn:aws:kms:eu-central-1:123456789012:alias/links",
            "arn:aws:s3:eu-central-1:123456789012:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "arn:aws:kms:eu-central-1:12345:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "arn:other:kms:eu-central-1:123456789012:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "b3537ef1 d8dc",
        ] {
            assert!(KmsKeyId::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn metrics_need_the_name_of_the_function() {
        let metrics = |switch: &str, name: &str| {
            read(&[("METRICS", switch), ("AWS_LAMBDA_FUNCTION_NAME", name)]).map(|config| config.metrics)
        };
        assert_eq!(metrics("true", "links-Fn_1"), Ok(Some("links-Fn_1".to_owned())));
        // Without metrics, nobody looks at the name.
        assert_eq!(metrics("", "links"), Ok(None));
        assert_eq!(metrics("false", "no name"), Ok(None));
        for (name, what) in [
            ("", "is missing"),
            ("a name", "is not the name"),
            ("é", "is not the name"),
            (&"x".repeat(MAX_FUNCTION_NAME + 1), "is not the name"),
        ] {
            let problems = metrics("true", name).unwrap_err();
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            assert!(
                problems[0].starts_with(&format!("AWS_LAMBDA_FUNCTION_NAME: {what}")),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn an_arn_means_one_key() {
        let by_arn = KmsKeyId::parse(ARN).unwrap();
        let by_id = KmsKeyId::parse("b3537ef1-d8dc-4780-9f5a-55776cbb2f7f").unwrap();
        assert!(by_arn.is_meant_by(ARN) && by_id.is_meant_by(ARN));
        for other in [
            "",
            "b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "arn:aws:kms:eu-west-1:123456789012:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "arn:aws:kms:eu-central-1:999999999999:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
            "arn:aws:kms:eu-central-1:123456789012:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f70",
        ] {
            assert!(!by_arn.is_meant_by(other), "{other}");
        }
        let replica = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234567890abcdef1234567890abcdef";
        let primary =
            KmsKeyId::parse("arn:aws:kms:us-east-1:123456789012:key/mrk-1234567890abcdef1234567890abcdef");
        assert!(primary.unwrap().is_meant_by(replica));
    }
}
