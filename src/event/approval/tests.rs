use super::*;

fn event(message: &Value) -> Value {
    json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message.to_string()}}]})
}

fn message(custom: &str) -> Value {
    json!({
        "region": "eu-central-1", "consoleLink": "https://console.aws.amazon.com/x",
        "approval": {
            "pipelineName": "shop", "stageName": "Release", "actionName": "Approve",
            "token": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11", "expires": "2026-12-24T17:00Z",
            "externalEntityLink": "https://example.com/v2", "approvalReviewLink": "https://console.aws.amazon.com/y",
            "customData": custom
        }
    })
}

fn request(custom: &str, forms: bool) -> Result<Value, String> {
    of(&event(&message(custom)), forms)
        .unwrap()
        .map_err(|fault| fault.to_string())
}

#[test]
fn a_notification_and_who_is_asked_make_a_request() {
    let request = request(r#"{"deliver":{"sns":{}},"locale":"de"}"#, false).unwrap();
    assert_eq!(
        request["target"],
        json!({
            "type": "codepipeline-approval", "pipeline": "shop", "stage": "Release", "action": "Approve",
            "token": "3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11", "expires": "2026-12-24T17:00Z"
        })
    );
    assert_eq!(
        (&request["locale"], &request["deliver"]),
        (&json!("de"), &json!({"sns": {}}))
    );
    assert_eq!(
        request["actions"][0]["confirm"]["facts"][3],
        json!(["For review", "https://example.com/v2"])
    );
}

#[test]
fn the_question_is_one_page_where_forms_are_on() {
    let deliver = r#"{"deliver":{"sns":{}}}"#;
    let names = |actions: &Value| -> Vec<String> {
        let actions = actions.as_array().unwrap().iter();
        actions
            .map(|action| action["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&request(deliver, false).unwrap()["actions"]),
        ["approve", "reject"]
    );
    assert_eq!(names(&request(deliver, true).unwrap()["actions"]), ["decide"]);
    let own = r#"{"deliver":{},"actions":[{"name":"go","type":"success","output":1,"confirm":true}]}"#;
    assert_eq!(names(&request(own, true).unwrap()["actions"]), ["go"]);
}

#[test]
fn notifications_that_say_too_little_or_too_much_are_refused() {
    for (custom, at) in [
        ("", "CustomData: "),
        ("Please approve", "CustomData: "),
        ("[]", "CustomData: "),
        ("{}", "CustomData.deliver: is missing"),
        (
            r#"{"deliver":{},"token":"t"}"#,
            "CustomData.token: must be left out",
        ),
        (
            r#"{"deliver":{},"target":{}}"#,
            "CustomData.target: must be left out",
        ),
        (
            r#"{"deliver":{},"actions":[{"name":"a","type":"post","verify":{"secret":"generate"}}]}"#,
            "CustomData.actions[0].verify.secret: cannot be generated here",
        ),
    ] {
        let fault = request(custom, true).unwrap_err();
        assert!(fault.starts_with(at), "{custom}: {fault}");
    }
    for field in ["pipelineName", "stageName", "actionName", "token"] {
        let mut message = message(r#"{"deliver":{}}"#);
        message["approval"].as_object_mut().unwrap().remove(field);
        let fault = of(&event(&message), true).unwrap().unwrap_err();
        assert_eq!(fault.at, format!("Records[0].Sns.Message.approval.{field}"));
    }
    for message in [json!({}), json!("text"), json!({"approval": "x"})] {
        assert!(of(&event(&message), true).unwrap().is_err());
    }
    let twice =
        json!({"Records": [event(&message("{}"))["Records"][0], event(&message("{}"))["Records"][0]]});
    assert!(of(&twice, true).unwrap().is_err());
}

#[test]
fn other_events_are_not_taken_for_notifications() {
    for event in [
        json!({}),
        json!({"Records": []}),
        json!({"Records": "x"}),
        json!({"Records": [{"EventSource": "aws:s3"}]}),
        json!({"Records": [{"eventSource": "aws:sqs", "body": "x"}]}),
    ] {
        assert!(of(&event, true).is_none(), "{event}");
    }
}
