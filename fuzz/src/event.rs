//! Events of Lambda, as JSON: those of the front doors, and whatever else somebody invokes the functions with.

use super::bounded;
use super::service::{Service, block_on};
use lambda_http::Service as _;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;
use sfn_callback_urls::entry::lambda::{Event, Role, service};

/// The input is the text of an event.
pub fn check(data: &[u8]) {
    for role in [Role::Create, Role::Process] {
        // Lambda gives nothing but JSON.
        let Ok(event) = serde_json::from_slice::<Event>(data) else {
            return;
        };
        let used = Service::new();
        let mut service = service(role, used.app.clone());
        let call = async { service.call(LambdaEvent::new(event, Context::default())).await };
        // A refusal that is raised is an answer, too.
        let Ok(answer) = bounded(|| block_on(call)) else {
            assert!(used.is_untold());
            continue;
        };
        let answer: Value = serde_json::to_value(answer).expect("an answer is JSON");
        match answer["statusCode"].as_u64() {
            Some(status) => assert!((200..500).contains(&status), "{answer}"),
            None => assert_ne!(answer["error"], "ServiceError"),
        }
        assert!(used.log().len() <= 1);
        // No input knows a link for the task.
        assert!(used.is_untold());
    }
}
