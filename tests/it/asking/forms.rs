//! Forms: a page for a decision; and what holds for everything that asks.

use super::*;

#[test]
fn each_outcome_of_a_form_reports_its_own() {
    for (entries, told) in [
        (
            vec![
                ("f.when", "now"),
                ("f.tell", "true"),
                ("f.hosts", "12"),
                ("outcome", "approve"),
            ],
            r#"success {"when":"now","tell":true,"hosts":12}"#,
        ),
        (
            vec![
                ("f.when", "tonight"),
                ("f.hosts", ""),
                ("f.reason", "x"),
                ("outcome", "approve"),
            ],
            r#"success {"when":"tonight","tell":false}"#,
        ),
        (
            vec![("f.reason", "too late"), ("outcome", "reject")],
            "failure rejected too late",
        ),
        (vec![("outcome", "later")], "heartbeat at 1790000002"),
    ] {
        set_clock(NOW);
        let stack = Stack::new(FEATURES);
        let url = stack.link(decision(), nothing());
        let done = answer(&stack, &url, &entries);
        assert_eq!(
            (done.status, stack.told()),
            (200, vec![told.to_owned()]),
            "{}",
            done.body
        );
    }
}

#[test]
fn a_form_shows_everything_that_it_asks() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(decision(), nothing());
    let page = open(&stack, &url).body;
    for part in [
        "<h1 dir=\"auto\">Deploy?</h1>",
        "900",
        "Yes, deploy",
        ">reject<",
        "needed for: Yes, deploy",
        "only for: Yes, deploy",
        "needed for: reject",
        "name=\"f.reason\"",
        "inputmode=\"numeric\"",
        "maxlength=\"20\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(page.matches("name=\"f.reason\"").count(), 1);
    let described = stack.get(&url).json();
    assert_eq!(described["state"], "awaiting_decision");
    assert_eq!(described["outcomes"][1]["schema"]["required"][0], "reason");
    assert_eq!(
        described["outcomes"][2],
        json!({"name": "later", "type": "heartbeat", "schema": {}})
    );
    assert!(
        !described.to_string().contains("cause_path"),
        "only what the page shows"
    );
}

#[test]
fn what_is_wrong_is_said_beside_its_field_and_nothing_is_lost() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(decision(), nothing());
    let reason = "<b>\"too\" much of it</b> & more";
    let again = answer(
        &stack,
        &url,
        &[("f.reason", reason), ("f.when", "now"), ("outcome", "reject")],
    );
    assert_eq!(again.status, 400);
    assert!(again.body.contains("Up to 20 characters."), "{}", again.body);
    assert!(again.body.contains("aria-invalid=\"true\"") && again.body.contains("role=\"alert\""));
    assert!(
        again
            .body
            .contains("value=\"&#60;b&#62;&#34;too&#34; much of it&#60;/b&#62; &#38; more\"")
    );
    assert!(again.body.contains("value=\"now\" checked"), "{}", again.body);
    untouched(&stack);
    // The page that is shown again can be answered.
    let nonce = hidden(&again, "nonce");
    set_clock(NOW + 4);
    let entries = [
        ("nonce", nonce.as_str()),
        ("f.reason", "short"),
        ("outcome", "reject"),
    ];
    assert_eq!(submit(&stack, &url, &entries).status, 200);
    assert_eq!(stack.told(), ["failure rejected short"]);
}

#[test]
fn wrong_submissions_are_refused_with_a_sentence() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(decision(), nothing());
    let nonce = hidden(&open(&stack, &url), "nonce");
    set_clock(NOW + 2);
    let long = format!("outcome=reject&f.reason={}", "x".repeat(65_536));
    for (body, says) in [
        ("outcome=approve", "Please choose."),
        (
            "outcome=approve&f.when=never",
            "Please choose one of the options.",
        ),
        ("outcome=approve&f.when=now&f.hosts=0", "Please enter 1 or more."),
        (
            "outcome=approve&f.when=now&f.hosts=many",
            "Please enter a number.",
        ),
        (
            "outcome=approve&f.when=now&f.hosts=1.5",
            "Please enter a whole number.",
        ),
        ("outcome=approve&f.when=now&f.when=now", "This was sent twice."),
        (
            "outcome=approve&f.when=now&f.other=1",
            "this page does not ask for",
        ),
        ("outcome=approve&f.when=now&other=1", "this page does not ask for"),
        ("outcome=reject&f.reason=", "Please fill this in."),
        ("outcome=reject&f.reason=+%0D%0A", "Please fill this in."),
        ("outcome=reject&f.reason=%FF", "This could not be read."),
        (long.as_str(), "Up to 20 characters."),
        ("f.when=now", "Please press one of the buttons."),
        ("outcome=no&f.when=now", "Please press one of the buttons."),
        (
            "outcome=approve&outcome=reject&f.when=now",
            "This was sent twice.",
        ),
    ] {
        let again = send(&stack, &url, format!("nonce={nonce}&{body}").as_bytes());
        assert_eq!(again.status, 400, "{body:.60}");
        assert!(
            again.body.contains(says),
            "{says} after {body:.60} in {}",
            again.body
        );
    }
    let much = format!("nonce={nonce}&outcome=reject&f.reason={}", "x".repeat(1 << 20));
    assert!(
        send(&stack, &url, much.as_bytes())
            .body
            .contains("more than can be sent")
    );
    for (content_type, body) in [
        ("text/plain", "x"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("", "x"),
    ] {
        let headers = [("accept", PAGE), ("content-type", content_type)];
        let again = stack.visit("POST", &url, &headers, body.as_bytes());
        assert!(
            again.status == 415 && again.body.contains("<button"),
            "{content_type}"
        );
    }
    untouched(&stack);
}

#[test]
fn the_names_that_a_stranger_sends_are_not_repeated() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(decision(), nothing());
    let nonce = hidden(&open(&stack, &url), "nonce");
    set_clock(NOW + 2);
    let body = format!("nonce={nonce}&outcome=approve&f.when=now&f.canary=%FF&canary2=1&f.canary3=x");
    let headers = [("content-type", FORM)];
    let program = stack.visit("POST", &url, &headers, body.as_bytes());
    assert_eq!(program.refusal(), (400, "InvalidPostActionBody".to_owned()));
    let page = send(&stack, &url, body.as_bytes());
    let json = stack.post(&url, r#"{"outcome":"later","fields":{"canary4":1}}"#);
    for text in [program.body, page.body, json.body, stack.log_text()] {
        assert!(!text.contains("canary"), "{text}");
    }
    untouched(&stack);
}

#[test]
fn programs_answer_forms_in_json() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(decision(), nothing());
    for (body, message) in [
        ("", "body: is missing; send a JSON body"),
        ("[]", "body: must be an object"),
        (
            "{}",
            "body.outcome: is missing; name one of the outcomes of this link",
        ),
        (
            r#"{"outcome":"no"}"#,
            "body.outcome: must be the name of an outcome of this link",
        ),
        (r#"{"outcome":5}"#, "body.outcome: must be a string"),
        (r#"{"outcome":"reject"}"#, "body.fields.reason: is missing"),
        (
            r#"{"outcome":"reject","reason":"x"}"#,
            "body: must hold `outcome` and `fields`, and nothing else",
        ),
        (
            r#"{"outcome":"reject","fields":[]}"#,
            "body.fields: must be an object",
        ),
        (
            r#"{"outcome":"reject","fields":{"reason":5}}"#,
            "body.fields.reason: is not what this link takes",
        ),
        (
            r#"{"outcome":"reject","fields":{"reason":"x","when":"now"}}"#,
            "body: is not asked for by this link",
        ),
        (
            r#"{"outcome":"approve","fields":{"when":"now","hosts":0}}"#,
            "body.fields.hosts: is smaller than 1",
        ),
        (
            r#"{"outcome":"approve","fields":{"when":"now","hosts":-12345678901234567890123}}"#,
            "body.fields.hosts: is smaller than 1",
        ),
        (
            r#"{"outcome":"approve","fields":{"when":"now","when":"now"}}"#,
            "body: holds an object with the same key twice",
        ),
    ] {
        let refused = stack.post(&url, body);
        assert_eq!(
            refused.refusal(),
            (400, "InvalidPostActionBody".to_owned()),
            "{body}"
        );
        assert_eq!(refused.json()["message"], message, "{body}");
    }
    untouched(&stack);
    let done = stack.post(
        &url,
        r#"{"outcome":"approve","fields":{"when":"now","hosts":18446744073709551615}}"#,
    );
    assert_eq!(done.keys(), ["transaction_id", "action"]);
    assert_eq!(
        stack.told(),
        [r#"success {"when":"now","hosts":18446744073709551615}"#]
    );
    let again = stack.post(&url, r#"{"outcome":"later"}"#);
    assert_eq!(again.code(), "StepFunctionsError");
}

#[test]
fn a_strict_form_wants_its_box_ticked() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(with(decision(), json!({"confirm": "strict"})), nothing());
    let again = answer(&stack, &url, &[("outcome", "later")]);
    assert!(
        again.status == 400 && again.body.contains("Please tick this box."),
        "{}",
        again.body
    );
    untouched(&stack);
    set_clock(NOW);
    assert_eq!(
        answer(&stack, &url, &[("outcome", "later"), ("sure", "true")]).status,
        200
    );
}

#[test]
fn forms_are_on_when_post_actions_are() {
    let stack = Stack::new(PLAIN);
    let refused = stack.create(&json!({"token": "t", "actions": [decision()]}));
    assert_eq!(refused.refusal(), (400, "PostActionsDisabled".to_owned()));
    let on = Stack::new(FEATURES);
    let url = on.link(decision(), nothing());
    let off = on.updated(Stack::keys(7), PLAIN);
    for method in ["GET", "POST"] {
        let refused = off.visit(method, &url, &[], b"");
        assert_eq!(refused.refusal(), (400, "PostActionsDisabled".to_owned()));
    }
    untouched(&on);
}

#[test]
fn other_methods_are_refused_with_those_that_there_are() {
    let stack = Stack::new(FEATURES);
    for action in [confirming(json!(true)), decision()] {
        let url = stack.link(action, nothing());
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let refused = stack.visit(method, &url, &[], b"");
            assert_eq!(
                (refused.status, refused.header("allow")),
                (405, "GET, HEAD, POST")
            );
        }
    }
    untouched(&stack);
}

/// Browsers that fetch a page beforehand say so; a link that acts on GET does not act then.
#[test]
fn nothing_acts_on_a_prefetch() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(success(json!(1)), nothing());
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("purpose", "Preview"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ] {
        let refused = stack.visit("GET", &url, &[(name, value)], b"");
        assert_eq!(
            refused.refusal(),
            (403, "Prefetched".to_owned()),
            "{name}: {value}"
        );
    }
    untouched(&stack);
    assert_eq!(
        stack.visit("GET", &url, &[("sec-purpose", "other")], b"").status,
        200
    );
}

#[test]
fn the_log_tells_who_was_asked_and_who_was_refused() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(decision(), nothing());
    answer(
        &stack,
        &url,
        &[("outcome", "reject"), ("f.reason", "a secret reason")],
    );
    open(&stack, &url);
    send(&stack, &url, b"outcome=reject");
    let outcomes: Vec<_> = stack
        .log()
        .iter()
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["created", "asked", "recorded", "asked", "refused"]);
    assert_eq!(stack.log()[2]["chosen"], "reject");
    assert_eq!(stack.log()[4]["error"], "ConfirmationRequired");
    assert!(!stack.log_text().contains("a secret reason"));
}
