//! The HTTPS client of the AWS SDK, and what its errors mean.

mod deliver;
mod https;
mod proven;
mod second_events;

use crate::config::Config;
use crate::tls;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use https::Https;
use proven::NeverSent;
use std::error::Error;
use std::time::Duration;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(1);
/// How long one attempt to reach KMS may take, and all of them together.
const KMS_ATTEMPT: Duration = Duration::from_millis(900);
const KMS_TOTAL: Duration = Duration::from_secs(2);
/// How long one attempt to tell something that waits may take.
const REPORT_ATTEMPT: Duration = Duration::from_secs(2);

/// The roots under which AWS's endpoints have their certificates (docs/decisions/002-embedded-roots.md).
pub const EMBEDDED_ROOTS: &str = include_str!("aws/roots.pem");

/// A client that makes one attempt, for calls that must not be repeated blindly. The crates of the SDK have no common
/// type for this.
macro_rules! reporting_client {
    ($shared:expr, $sdk:ident, $endpoint:expr, [$($interceptor:expr),*]) => {{
        let mut config = $sdk::Config::builder()
            .behavior_version(behavior_version())
            .region($sdk::config::Region::new($shared.region.clone()))
            .http_client($shared.report.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT)
                    .operation_attempt_timeout(REPORT_ATTEMPT)
                    .build(),
            )
            $(.interceptor($interceptor))*;
        config.set_credentials_provider($shared.credentials.clone());
        config.set_endpoint_url($endpoint.map(str::to_owned));
        $sdk::Client::from_conf(config.build())
    }};
}

/// What all clients of a process share.
#[derive(Clone)]
pub struct Shared {
    region: String,
    /// With a pool, for what may be repeated.
    http: SharedHttpClient,
    /// Over connections that proved themselves.
    report: SharedHttpClient,
    /// Without a pool.
    deliver: SharedHttpClient,
    credentials: Option<SharedCredentialsProvider>,
}

impl Shared {
    /// Prepares the TLS client; nothing is connected yet.
    ///
    /// # Errors
    /// A CA bundle that cannot be read, by the name of its variable.
    pub fn new(config: &Config, credentials: Option<SharedCredentialsProvider>) -> Result<Self, String> {
        let roots = match &config.aws.ca_bundle {
            None => tls::roots(EMBEDDED_ROOTS.as_bytes()).expect("a test reads them"),
            Some(path) => tls::bundle(path)?,
        };
        let http = Https::new(tls::client(roots)?);
        Ok(Self {
            report: http.proven().into_shared(),
            deliver: http.without_pool().into_shared(),
            ..Self::with_http(config, http.into_shared(), credentials)
        })
    }

    /// With an HTTP client of one's own, and the same clients on top of it.
    pub fn with_http(
        config: &Config,
        http: SharedHttpClient,
        credentials: Option<SharedCredentialsProvider>,
    ) -> Self {
        Self {
            region: config.region.clone(),
            report: http.clone(),
            deliver: http.clone(),
            http,
            credentials,
        }
    }

    /// The HTTPS client itself, for others that talk to AWS.
    #[cfg(feature = "laptop")]
    pub fn http_client(&self) -> SharedHttpClient {
        self.http.clone()
    }

    /// A KMS client: its calls have no side effect, so the SDK may repeat them.
    pub fn kms(&self, endpoint: Option<&str>) -> aws_sdk_kms::Client {
        let mut config = aws_sdk_kms::Config::builder()
            .behavior_version(behavior_version())
            .region(aws_sdk_kms::config::Region::new(self.region.clone()))
            .http_client(self.http.clone())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(3)
                    .with_initial_backoff(Duration::from_millis(50))
                    .with_max_backoff(Duration::from_millis(200)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT)
                    .operation_attempt_timeout(KMS_ATTEMPT)
                    .operation_timeout(KMS_TOTAL)
                    .build(),
            )
            .retry_classifier(Unreadable);
        config.set_credentials_provider(self.credentials.clone());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        aws_sdk_kms::Client::from_conf(config.build())
    }

    /// A Step Functions client that tries once: [`crate::tasks`] decides what may be repeated.
    pub fn states(&self, endpoint: Option<&str>) -> aws_sdk_sfn::Client {
        reporting_client!(self, aws_sdk_sfn, endpoint, [OnlyJson])
    }

    /// A Lambda client that tries once. Its successes are empty, so there is nothing to look at.
    pub fn lambda(&self, endpoint: Option<&str>) -> aws_sdk_lambda::Client {
        reporting_client!(self, aws_sdk_lambda, endpoint, [])
    }

    /// A CodePipeline client that tries once.
    pub fn codepipeline(&self, endpoint: Option<&str>) -> aws_sdk_codepipeline::Client {
        reporting_client!(self, aws_sdk_codepipeline, endpoint, [])
    }

    /// A Systems Manager client that tries once.
    pub fn systems_manager(&self, endpoint: Option<&str>) -> aws_sdk_ssm::Client {
        reporting_client!(self, aws_sdk_ssm, endpoint, [OnlyJson])
    }
}

/// Turns a request into one that asks for nothing: whatever the service answers, there is a connection to it afterwards.
pub fn as_ping(request: &mut HttpRequest) {
    let _ = request.set_method("GET");
    let address = format!("{}/ping", request.uri().trim_end_matches('/'));
    let _ = request.set_uri(address);
    for name in ["content-length", "content-type", "x-amz-target"] {
        request.headers_mut().remove(name);
    }
    *request.body_mut() = SdkBody::empty();
}

/// Takes a success for one only when it speaks the protocol of the service: the SDK does not look at answers whose
/// content it does not need, and a page of something in between would count as a confirmation.
#[derive(Debug)]
struct OnlyJson;

#[dyn_dispatch_hint]
impl Intercept for OnlyJson {
    fn name(&self) -> &'static str {
        "OnlyJson"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        let content_type = answer.headers().get("content-type").unwrap_or_default();
        let is_json = content_type.starts_with("application/x-amz-json")
            || content_type.starts_with("application/json");
        match answer.status().is_success() && !is_json {
            true => Err("a success that is not JSON".into()),
            false => Ok(()),
        }
    }
}

/// Has a call of KMS repeated whose success cannot be read: cut short, or not from KMS at all. The SDK takes such an
/// answer for final; asking KMS again does no harm.
#[derive(Debug)]
struct Unreadable;

impl ClassifyRetry for Unreadable {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let is_success = context
            .response()
            .is_some_and(|answer| answer.status().is_success());
        match context.output_or_error() {
            Some(Err(_)) if is_success => RetryAction::transient_error(),
            Some(_) | None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Unreadable"
    }
}

/// The defaults of the SDK that this code was tried with.
pub fn behavior_version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// What an error says about how far a call got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written to the service.
    NotSent,
    /// The request may have been taken, and no answer says so.
    MaybeSent,
    /// The service answered with an error of its own below 500.
    Answered,
    /// The request was never built; no fault of the service.
    Ours,
}

/// How far a failed call got. Whatever is not certain counts as sent.
pub fn fault<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Fault {
    match error {
        SdkError::ConstructionFailure(_) => Fault::Ours,
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) if was_never_sent(error) => Fault::NotSent,
            Some(error) if error.is_user() => Fault::Ours,
            _ => Fault::MaybeSent,
        },
        SdkError::ServiceError(answer) => match answer.raw().status().as_u16() {
            500.. => Fault::MaybeSent,
            _ if answer.err().code().is_none() => Fault::MaybeSent,
            _ => Fault::Answered,
        },
        _ => Fault::MaybeSent,
    }
}

/// The code of the service's error, or the kind of failure; never a value of the request.
pub fn error_name<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    match error {
        SdkError::ConstructionFailure(_) => {
            "not sent (no credentials, or a request that cannot be built)".to_owned()
        }
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) if was_never_sent(error) => "no connection".to_owned(),
            Some(error) if error.is_timeout() => "timeout".to_owned(),
            _ => "connection broken".to_owned(),
        },
        SdkError::ResponseError(_) => "unreadable answer".to_owned(),
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some(code) => code
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(64)
                .collect(),
            None => "unreadable error".to_owned(),
        },
        _ => "unknown failure".to_owned(),
    }
}

/// Whether certainly nothing was written: no connection came about, or the one that did ended before its request began.
fn was_never_sent(error: &ConnectorError) -> bool {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<NeverSent>() || crate::connect::was_never_sent(error) {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    #[test]
    fn every_embedded_root_is_one_that_mozilla_trusts() {
        let roots: Vec<_> = CertificateDer::pem_slice_iter(EMBEDDED_ROOTS.as_bytes())
            .map(Result::unwrap)
            .collect();
        assert_eq!(roots.len(), 7);
        for (number, root) in roots.iter().enumerate() {
            assert!(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.contains(root),
                "root {number}"
            );
        }
    }
}
