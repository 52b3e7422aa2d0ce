//! Links that ask before they act: confirmation and forms, through the front door.

use crate::support::*;
use serde_json::{Value, json};

const PAGE: &str = "text/html";
const FORM: &str = "application/x-www-form-urlencoded";

fn confirming(confirm: Value) -> Value {
    with(success(json!({"ok": true})), json!({"confirm": confirm}))
}

fn decision() -> Value {
    json!({"name": "decide", "type": "form", "title": "Deploy?", "facts": [["Amount", 900]], "outcomes": [
        {"name": "approve", "type": "success", "label": "Yes, deploy", "style": "primary", "output_body": true,
         "schema": {"type": "object", "properties": {
             "when": {"enum": ["now", "tonight"]}, "tell": {"type": "boolean"}, "hosts": {"type": "integer", "minimum": 1}},
             "required": ["when"]}},
        {"name": "reject", "type": "failure", "error": "rejected", "cause_path": "$.reason",
         "schema": {"type": "object", "properties": {"reason": {"type": "string", "maxLength": 20}}, "required": ["reason"]}},
        {"name": "later", "type": "heartbeat"}]})
}

/// What a page's form would send, in its order.
fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&start).expect(&page.body);
    rest.split('"').next().unwrap().to_owned()
}

fn open(stack: &Stack, url: &str) -> Answer {
    let page = stack.get_as(url, PAGE);
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// Posts a page's form as a browser does.
fn submit(stack: &Stack, url: &str, entries: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(entries);
    send(stack, url, body.finish().as_bytes())
}

fn send(stack: &Stack, url: &str, body: &[u8]) -> Answer {
    stack.visit("POST", url, &[("accept", PAGE), ("content-type", FORM)], body)
}

/// Opens the page, waits, and answers it.
fn answer(stack: &Stack, url: &str, entries: &[(&str, &str)]) -> Answer {
    let nonce = hidden(&open(stack, url), "nonce");
    set_clock(NOW + 2);
    submit(stack, url, &[&[("nonce", nonce.as_str())], entries].concat())
}

#[track_caller]
fn untouched(stack: &Stack) {
    let told = stack.told();
    assert!(told.iter().all(|told| told == "waiting"), "{told:?}");
}

// --- confirmation ---

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

// --- forms ---

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
        "min=\"1\"",
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
    assert!(
        again.body.contains("Maximum number of characters: 20."),
        "{}",
        again.body
    );
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
        ("outcome=approve&f.when=now&f.hosts=0", "1 or more, please."),
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
        (long.as_str(), "Maximum number of characters: 20."),
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
        r#"{"outcome":"approve","fields":{"when":"now","hosts":12345678901234567890123}}"#,
    );
    assert_eq!(done.keys(), ["transaction_id", "action"]);
    assert_eq!(
        stack.told(),
        [r#"success {"when":"now","hosts":12345678901234567890123}"#]
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
