//! `confirm`: a page with one button.

use super::*;

#[test]
fn a_link_that_asks_acts_on_its_button_alone() {
    for confirm in [json!(true), json!({"title": "Really?"}), json!({"strict": false})] {
        let stack = Stack::new(PLAIN);
        let url = stack.link(confirming(confirm), nothing());
        for method in ["GET", "HEAD"] {
            for accept in [PAGE, "*/*", "text/plain", "application/json"] {
                assert_eq!(stack.visit(method, &url, &[("accept", accept)], b"").status, 200);
            }
        }
        untouched(&stack);
        let done = answer(&stack, &url, &[]);
        assert_eq!(
            (done.status, stack.told()),
            (200, vec![r#"success {"ok":true}"#.to_owned()])
        );
        assert!(done.body.contains("Thank you"), "{}", done.body);
        set_clock(NOW);
    }
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let stack = Stack::new(FEATURES);
    let redirecting = with(
        heartbeat(),
        json!({"response": {"redirect": "https://example.com/next"}}),
    );
    let own = with(heartbeat(), json!({"response": {"html": "<p>own</p>"}}));
    for action in [confirming(json!(true)), decision(), heartbeat(), redirecting, own] {
        let url = stack.link(action, nothing());
        for accept in [PAGE, "application/json", "text/plain"] {
            let head = stack.visit("HEAD", &url, &[("accept", accept)], b"");
            assert!(head.body.is_empty());
            let told = stack.told();
            let get = stack.get_as(&url, accept);
            assert_eq!(
                (head.status, &head.headers),
                (get.status, &get.headers),
                "{accept}"
            );
            assert_eq!(told.last().unwrap(), "waiting", "HEAD told the task something");
            stack.links(json!([heartbeat()]), nothing()); // so that the last task waits again
        }
    }
}

#[test]
fn programs_learn_what_is_asked() {
    let stack = Stack::new(PLAIN);
    let confirm = json!({"title": "Really?", "text": "It is final.", "facts": [["Amount", "€ 900"]]});
    let url = stack.link(confirming(confirm), json!({"expiration": "2026-12-24T18:00:00Z"}));
    let described = stack.get_as(&url, "application/json").json();
    let transaction = described["transaction_id"].clone();
    assert_eq!(transaction.as_str().unwrap().len(), 32);
    assert_eq!(
        described,
        json!({"state": "awaiting_confirmation", "transaction_id": transaction,
               "action": {"name": "a", "type": "success"}, "title": "Really?", "text": "It is final.",
               "facts": [["Amount", "€ 900"]], "expiration": "2026-12-24T18:00:00Z"})
    );
    let bare = stack.link(confirming(json!(true)), nothing());
    assert_eq!(stack.get(&bare).keys(), ["state", "transaction_id", "action"]);
    let text = stack.get_as(&bare, "text/plain");
    assert_eq!(text.json(), stack.get(&bare).json());
}

#[test]
fn a_post_without_the_page_is_refused() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(confirming(json!(true)), nothing());
    let json = ("content-type", "application/json");
    let form = ("content-type", FORM);
    for (headers, body) in [
        (vec![], ""),
        (vec![("accept", "application/json")], ""),
        (vec![json], "{}"),
        (vec![json, ("accept", "*/*")], "{}"),
        (vec![json, ("accept", PAGE)], "{}"),
        (vec![json, ("accept", "application/json")], ""),
        (vec![json, ("accept", "application/json")], "[]"),
        (vec![json, ("accept", "application/json")], "1"),
        (vec![json, ("accept", "application/json")], "not json"),
        (vec![("accept", "application/json")], "{}"),
        (
            vec![("content-type", "text/plain"), ("accept", "application/json")],
            "{}",
        ),
        (vec![form, ("accept", "application/json")], ""),
        (vec![form], "nonce="),
        (vec![form], "nonce=AAAA"),
        (vec![form], "a=b"),
        (vec![("content-type", "multipart/form-data; boundary=x")], "--x--"),
    ] {
        let refused = stack.visit("POST", &url, &headers, body.as_bytes());
        assert_eq!(refused.status, 400, "{headers:?} {body}");
        if headers.iter().all(|(_, value)| *value != PAGE) {
            assert_eq!(refused.code(), "ConfirmationRequired", "{headers:?} {body}");
        }
    }
    untouched(&stack);
    let meant = [json, ("accept", "application/json")];
    let done = stack.visit("POST", &url, &meant, b"{}");
    assert_eq!(
        (done.status, done.keys()),
        (200, vec!["transaction_id".to_owned(), "action".to_owned()])
    );
}

#[test]
fn a_nonce_counts_from_a_second_to_a_day_and_for_its_link_alone() {
    let stack = Stack::new(PLAIN);
    let url = stack.link(confirming(json!(true)), nothing());
    let other = stack.link(confirming(json!(true)), nothing());
    let nonce = hidden(&open(&stack, &url), "nonce");
    let foreign = hidden(&open(&stack, &other), "nonce");
    let day = 24 * 3_600;
    for (after, nonce, says) in [
        (0, &nonce, "faster than anybody can read"),
        (-1, &nonce, "faster than anybody can read"),
        (day + 1, &nonce, "open for more than a day"),
        (2, &foreign, "did not come from this page"),
        (2, &format!("{nonce}A"), "did not come from this page"),
        (2, &String::new(), "did not come from this page"),
    ] {
        set_clock(NOW + after);
        let again = submit(&stack, &url, &[("nonce", nonce)]);
        assert_eq!(again.status, 400);
        assert!(
            again.body.contains(says) && again.body.contains("<button"),
            "{}",
            again.body
        );
    }
    untouched(&stack);
    set_clock(NOW + 2);
    let twice = submit(&stack, &url, &[("nonce", &nonce), ("nonce", &nonce)]);
    assert_eq!(twice.status, 400);
    untouched(&stack);
    set_clock(NOW + day);
    assert_eq!(submit(&stack, &url, &[("nonce", &nonce)]).status, 200);
    set_clock(NOW + day);
    let again = submit(&stack, &url, &[("nonce", &nonce)]);
    assert!(
        again.status == 400 && again.body.contains("Already answered or closed"),
        "{}",
        again.body
    );
}

#[test]
fn a_strict_link_wants_its_box_ticked() {
    for confirm in [json!("strict"), json!({"strict": true, "label": "Go"})] {
        set_clock(NOW);
        let stack = Stack::new(PLAIN);
        let url = stack.link(confirming(confirm), nothing());
        let page = open(&stack, &url);
        assert!(page.body.contains("type=\"checkbox\" id=\"sure\"") && !page.body.contains("checked"));
        for entries in [&[][..], &[("sure", "false")], &[("sure", "")], &[("sure", "on")]] {
            let again = answer(&stack, &url, entries);
            assert!(
                again.status == 400 && again.body.contains("Please tick this box."),
                "{}",
                again.body
            );
            set_clock(NOW);
        }
        untouched(&stack);
        assert_eq!(answer(&stack, &url, &[("sure", "true")]).status, 200);
        assert_ne!(stack.told(), ["waiting"]);
    }
}

#[test]
fn the_stack_decides_for_links_that_say_nothing() {
    for (setting, asks) in [("false", false), ("true", true), ("strict", true)] {
        let stack = Stack::new(&[("CONFIRM_ACTIONS", setting)]);
        let url = stack.link(heartbeat(), nothing());
        let page = stack.get_as(&url, PAGE);
        assert_eq!(page.body.contains("<button"), asks, "{setting}");
        assert_eq!(
            page.body.contains("id=\"sure\""),
            setting == "strict",
            "{setting}"
        );
        let own = stack.link(with(heartbeat(), json!({"confirm": false})), nothing());
        assert!(!stack.get_as(&own, PAGE).body.contains("<button"), "{setting}");
        // It is sealed: a later change of the stack does not alter links that are out.
        let later = stack.updated(Stack::keys(7), PLAIN);
        assert_eq!(
            later.get_as(&url, PAGE).body.contains("<button"),
            asks,
            "{setting}"
        );
    }
}

#[test]
fn links_without_encryption_ask_as_well() {
    for action in [
        confirming(json!({"title": "Really?", "strict": true})),
        decision(),
    ] {
        set_clock(NOW);
        let stack = Stack::without_key(FEATURES);
        let url = stack.link(action.clone(), nothing());
        assert!(data(&url).starts_with("1-"));
        assert_eq!(send(&stack, &url, b"").status, 400);
        untouched(&stack);
        let entries = [("sure", "true"), ("outcome", "later")];
        let entries = if action["type"] == "form" {
            &entries[1..]
        } else {
            &entries[..1]
        };
        assert_eq!(answer(&stack, &url, entries).status, 200);
    }
}

#[test]
fn a_confirm_that_the_python_application_sealed_means_nothing() {
    let stack = Stack::without_key(PLAIN);
    let action = with(heartbeat(), json!({"confirm": true}));
    let url = old_link(&json!({"token": stack.task(), "tid": "0".repeat(32), "iat": 1, "action": action}));
    assert_eq!(stack.get(&url).json()["action"]["type"], "heartbeat");
    assert_ne!(stack.told(), ["waiting"]);
}

#[test]
fn parameters_are_filled_in_when_the_button_is_pressed() {
    let stack = Stack::new(FEATURES);
    let action = with(success(json!("$v")), json!({"confirm": true}));
    let url = stack.link(action, parameters());
    let missing = stack.get_as(&url, "application/json");
    assert_eq!(missing.refusal(), (400, "OutputFormatting".to_owned()));
    assert_eq!(answer(&stack, &format!("{url}&v=x"), &[]).status, 200);
    assert_eq!(stack.told(), [r#"success "x""#]);
}

#[test]
fn a_redirect_is_allowed_by_the_policy_of_the_page_before() {
    let stack = Stack::new(FEATURES);
    let next = json!({"response": {"redirect": "https://example.com:8443/next?x=1"}});
    let url = stack.link(with(confirming(json!(true)), next), nothing());
    let policy = open(&stack, &url).header("content-security-policy").to_owned();
    assert!(
        policy.contains("form-action 'self' https://example.com:8443;"),
        "{policy}"
    );
    let done = answer(&stack, &url, &[]);
    assert_eq!(
        (done.status, done.header("location")),
        (303, "https://example.com:8443/next?x=1")
    );
    set_clock(NOW);
    let mut form = decision();
    form["outcomes"][0]["response"] = json!({"redirect": "https://b.example/"});
    form["outcomes"][1]["response"] = json!({"redirect": "https://a.example/x"});
    form["outcomes"][2]["response"] = json!({"redirect": "https://a;script-src/"});
    let policy = open(&stack, &stack.link(form, nothing()))
        .header("content-security-policy")
        .to_owned();
    assert!(
        policy.contains("form-action 'self' https://a.example https://b.example;"),
        "{policy}"
    );
}
