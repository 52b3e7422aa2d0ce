use super::*;
use serde_json::json;

const TRANSACTION: TransactionId = TransactionId::new([0xab; 16]);
const RESPONSE_URL: &str = "https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack/shop/5f8a%7CApproval%7Cd9a7?AWSAccessKeyId=AKIDEXAMPLE&Expires=1504199689&Signature=c2ln";

fn event(kind: &str, properties: &Value, more: Value) -> ResourceEvent {
    let mut all = properties.clone();
    all["ServiceToken"] = json!("arn:aws:lambda:eu-west-1:123456789012:function:x");
    let mut event = json!({
        "RequestType": kind, "ResponseURL": RESPONSE_URL, "RequestId": "d9a7", "LogicalResourceId": "Approval",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5f8a", "ResourceProperties": all
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    ResourceEvent::of(&event).unwrap()
}

fn properties() -> Value {
    json!({"actions": [{"name": "a", "type": "success", "output": "x", "confirm": "true"}], "deliver": {"sns": {}}})
}

fn wanted(event: &ResourceEvent) -> Wanted {
    event.wanted(TRANSACTION).unwrap()
}

#[test]
fn properties_are_a_request_and_the_resource_its_target() {
    let event = event("Create", &properties(), json!({}));
    let Wanted::Links {
        request,
        waits: true,
        shows_urls: false,
    } = wanted(&event)
    else {
        panic!("links")
    };
    assert_eq!(request["actions"][0]["confirm"], true);
    assert_eq!(request["target"]["event"]["ResponseURL"], RESPONSE_URL);
    assert_eq!(request.as_object().unwrap().len(), 3, "{request}");
    let physical = request["target"]["physical_resource_id"].as_str().unwrap();
    assert_eq!(physical.len(), 32 + 1 + DIGEST_CHARS);
    assert!(physical.starts_with(&format!("{TRANSACTION}-")));
}

#[test]
fn with_a_target_of_its_own_the_resource_is_there_at_once() {
    let mut properties = properties();
    properties["target"] = json!({"type": "cloudformation-wait-condition", "url": "https://x"});
    let target = properties["target"].clone();
    for (shown, expected) in [("false", false), ("true", true)] {
        properties["return_urls"] = json!(shown);
        let Wanted::Links {
            request,
            waits: false,
            shows_urls,
        } = wanted(&event("Create", &properties, json!({})))
        else {
            panic!("links")
        };
        assert_eq!((&request["target"], shows_urls), (&target, expected));
    }
}

#[test]
fn links_that_nobody_would_get_are_refused() {
    let fault = |properties: &Value| {
        event("Create", properties, json!({}))
            .wanted(TRANSACTION)
            .unwrap_err()
    };
    let mut nowhere = properties();
    nowhere.as_object_mut().unwrap().remove("deliver");
    assert_eq!(fault(&nowhere).at, "deliver");
    nowhere["return_urls"] = json!("true");
    assert_eq!(
        fault(&nowhere).at,
        "return_urls",
        "it has no attributes before it is answered"
    );
    nowhere["target"] = json!({});
    assert!(event("Create", &nowhere, json!({})).wanted(TRANSACTION).is_ok());
    assert_eq!(
        event("Touch", &nowhere, json!({}))
            .wanted(TRANSACTION)
            .unwrap_err()
            .at,
        "RequestType"
    );
}

#[test]
fn a_secret_that_nobody_would_be_told_is_refused() {
    let with_secret = |secret: &str| {
        let mut properties = properties();
        let verify = json!({"scheme": "standard-webhooks", "secret": secret});
        properties["actions"] =
            json!([properties["actions"][0], {"name": "b", "type": "post", "verify": verify}]);
        event("Create", &properties, json!({})).wanted(TRANSACTION)
    };
    assert_eq!(
        with_secret("generate").unwrap_err().at,
        "actions[1].verify.secret"
    );
    assert!(with_secret("whsec_of_my_own").is_ok());
}

#[test]
fn nobody_is_asked_whether_something_may_go() {
    assert_eq!(
        wanted(&event("Delete", &json!({}), json!({"PhysicalResourceId": "x"}))),
        Wanted::Nothing
    );
}

#[test]
fn an_update_asks_only_for_what_nobody_agreed_to() {
    let first = properties();
    let mut second = properties();
    second["locale"] = json!("de");
    let agreed_to = |event: &ResourceEvent| event.physical_id(TRANSACTION);
    let created = agreed_to(&event("Create", &first, json!({})));
    let update = |new: &Value, old: &Value, physical: &str| {
        event(
            "Update",
            new,
            json!({"OldResourceProperties": old, "PhysicalResourceId": physical}),
        )
    };
    assert_eq!(
        wanted(&update(&first, &first, "of another version")),
        Wanted::Nothing,
        "nothing has changed"
    );
    let changed = update(&second, &first, &created);
    assert!(matches!(wanted(&changed), Wanted::Links { .. }));
    // Refused: the id stays, and CloudFormation sends the former properties again.
    assert_eq!(wanted(&update(&first, &second, &created)), Wanted::Nothing);
    // Agreed to, and then rolled back because of something else.
    let updated = agreed_to(&changed);
    assert_ne!(updated, created);
    assert_eq!(wanted(&update(&first, &second, &updated)), Wanted::Nothing);
    // Something that nobody has seen.
    let mut third = properties();
    third["locale"] = json!("fr");
    assert!(matches!(
        wanted(&update(&third, &second, &updated)),
        Wanted::Links { .. }
    ));
    // Twice agreed: what was before both is forgotten.
    let twice = agreed_to(&update(&third, &second, &updated));
    assert!(matches!(
        wanted(&update(&first, &third, &twice)),
        Wanted::Links { .. }
    ));
}

/// A set of properties by its locale.
fn speaking(language: &str) -> Value {
    let mut properties = properties();
    properties["locale"] = json!(language);
    properties
}

/// In hex digits.
fn digest_of(properties: &Value) -> String {
    match properties {
        Value::Object(properties) => fingerprint(properties),
        _ => panic!("an object"),
    }
}

/// As an early 2.0.0 made them: 64 bits of the digest for each set of properties, the last first.
fn short_id(agreed: &[&Value]) -> String {
    let parts = agreed
        .iter()
        .map(|properties| format!("-{}", &digest_of(properties)[..SHORT_DIGEST_CHARS]));
    format!("{TRANSACTION}{}", parts.collect::<String>())
}

fn updated(old: &Value, new: &Value, physical: &str) -> ResourceEvent {
    let more = json!({"OldResourceProperties": old, "PhysicalResourceId": physical});
    event("Update", new, more)
}

#[track_caller]
fn assert_asks(event: &ResourceEvent) {
    assert!(matches!(wanted(event), Wanted::Links { .. }));
}

#[test]
fn ids_carry_whole_digests_and_fit() {
    let created = event("Create", &speaking("de"), json!({})).physical_id(TRANSACTION);
    let again = updated(&speaking("de"), &speaking("fr"), &created).physical_id(TRANSACTION);
    let twice = updated(&speaking("fr"), &speaking("es"), &again).physical_id(TRANSACTION);
    for (id, fingerprints) in [(&created, 1), (&again, 2), (&twice, 2)] {
        let parts: Vec<&str> = id.split('-').skip(1).collect();
        assert_eq!(parts.len(), fingerprints, "{id}");
        assert!(parts.iter().all(|part| part.len() * 4 == 256), "{id}");
        assert!(id.len() < 1_024);
    }
}

#[test]
fn ids_of_early_versions_count_for_a_rollback() {
    let (first, second, third) = (speaking("de"), speaking("fr"), speaking("es"));
    // The id of a resource that was made, and of one that was updated from the third to the first.
    for former in [short_id(&[&first]), short_id(&[&first, &third])] {
        // Refused, and rolled back under the former id.
        assert_asks(&updated(&first, &second, &former));
        assert_eq!(wanted(&updated(&second, &first, &former)), Wanted::Nothing);
        // Agreed to, and rolled back under the new one, which has nothing short any more.
        let agreed = updated(&first, &second, &former).physical_id(TRANSACTION);
        assert_eq!(
            agreed,
            format!("{TRANSACTION}-{}-{}", digest_of(&second), digest_of(&first))
        );
        assert_eq!(wanted(&updated(&second, &first, &agreed)), Wanted::Nothing);
        assert_asks(&updated(&second, &third, &agreed));
    }
    // The update was agreed to by the early version, and is rolled back by this one.
    let both = short_id(&[&second, &first]);
    assert_eq!(wanted(&updated(&second, &first, &both)), Wanted::Nothing);
    // After that the resource has its former properties and the same id.
    assert_asks(&updated(&first, &third, &both));
    assert_eq!(wanted(&updated(&third, &first, &both)), Wanted::Nothing);
    let agreed = updated(&first, &third, &both).physical_id(TRANSACTION);
    assert_eq!(wanted(&updated(&third, &first, &agreed)), Wanted::Nothing);
}

/// Two sets of properties whose digests begin with the same 64 bits; a search of four minutes found them.
fn alike() -> [Value; 2] {
    ["e8d4107bb89006bd", "739136b4a9a35c91"].map(|title| json!({"deliver": {}, "title": title}))
}

#[test]
fn properties_that_look_like_what_was_agreed_to_are_asked_about() {
    let ([first, second], other) = (alike(), speaking("de"));
    let [one, two] = [&first, &second].map(digest_of);
    assert_eq!(one[..SHORT_DIGEST_CHARS], two[..SHORT_DIGEST_CHARS]);
    assert_ne!(one, two);
    let agreed = event("Create", &first, json!({})).physical_id(TRANSACTION);
    for id in [agreed.clone(), short_id(&[&first]), short_id(&[&first, &other])] {
        assert_asks(&updated(&first, &second, &id));
        // By way of something that was agreed to, or refused.
        let by_way = updated(&first, &other, &id).physical_id(TRANSACTION);
        assert_asks(&updated(&other, &second, &by_way));
        assert_eq!(wanted(&updated(&other, &first, &by_way)), Wanted::Nothing);
    }
    assert_asks(&updated(&other, &second, &agreed));
}

#[test]
fn an_id_that_is_not_ours_remembers_nothing() {
    let (first, second) = (speaking("de"), speaking("fr"));
    let whole = digest_of(&first);
    for id in [
        "of-somebody-else".to_owned(),
        format!("{TRANSACTION}-{}", &whole[..15]),
        format!("{TRANSACTION}-{}", &whole[..32]),
        format!("{TRANSACTION}-{whole}0"),
        whole.clone(),
        format!("{TRANSACTION}_{whole}"),
    ] {
        assert_asks(&updated(&second, &first, &id));
    }
}

#[test]
fn the_order_of_properties_means_nothing() {
    let of = |text: &str| match serde_json::from_str(text).unwrap() {
        Value::Object(properties) => fingerprint(&properties),
        _ => panic!("an object"),
    };
    assert_eq!(
        of(r#"{"a":{"x":"1","y":["2"]},"b":""}"#),
        of(r#"{"b":"","a":{"y":["2"],"x":"1"}}"#)
    );
    assert_ne!(of(r#"{"a":["1","2"]}"#), of(r#"{"a":["2","1"]}"#));
    assert_ne!(of(r#"{"a":"1,"}"#), of(r#"{"a":["1"]}"#));
}

#[test]
fn other_invocations_are_no_events() {
    for event in [
        json!({}),
        json!([]),
        json!({"RequestType": "Create"}),
        json!({"RequestType": "Create", "ResponseURL": 5, "StackId": "x"}),
    ] {
        assert!(ResourceEvent::of(&event).is_none(), "{event}");
    }
    let request = json!({"token": "t", "RequestType": "Create", "ResponseURL": "x", "StackId": "x"});
    assert!(crate::event::Event::of(request.to_string().as_bytes(), true).is_none());
}
