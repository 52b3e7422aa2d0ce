//! The pages themselves: what each looks like, and that nobody's text becomes markup.
//!
//! `UPDATE=1 cargo test --test it pages` rewrites tests/pages.

use crate::support::*;
use proptest::prelude::*;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use sfn_callback_urls::action::{ActionType, Name};
use sfn_callback_urls::brand::Brand;
use sfn_callback_urls::decide::{Receipt, Subject};
use sfn_callback_urls::language::Language;
use sfn_callback_urls::negotiate::Format;
use sfn_callback_urls::rejection::{Rejection, Sent, Unavailable};
use sfn_callback_urls::reply::{self, Visitor};
use sfn_callback_urls::transaction::TransactionId;

const PAGE: (&str, &str) = ("accept", "text/html");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn every_field() -> Value {
    let all = json!({"type": "object", "required": ["line", "one"], "properties": {
        "line": {"type": "string", "title": "A line", "description": "With a description.", "default": "as given",
                 "minLength": 2, "maxLength": 40, "pattern": "^[a-z ]+$"},
        "area": {"type": "string", "maxLength": 500},
        "day": {"type": "string", "format": "date"},
        "mail": {"type": "string", "format": "email"},
        "address": {"type": "string", "format": "uri"},
        "one": {"title": "One of three", "enum": ["red", "green", 3]},
        "list": {"title": "One of six", "enum": ["a", "b", "c", "d", "e", "f"], "default": "b"},
        "many": {"type": "array", "items": {"oneOf": [{"const": "x", "title": "The X"}, {"const": "y"}]}, "default": ["y"]},
        "box": {"type": "boolean", "title": "A box", "default": true},
        "whole": {"type": "integer", "minimum": 1, "maximum": 10},
        "number": {"type": "number", "maximum": 2.5},
        "share": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.25, "default": 1.125},
        "moment": {"type": "string", "format": "date-time", "default": "2026-12-24T18:00:00+01:00"},
        "clock": {"type": "string", "format": "time"},
        "host": {"type": "string", "format": "ipv4"}}});
    json!({"name": "decide", "type": "form", "title": "Every field", "text": "First line.\nSecond line.",
           "facts": [["Amount", "€ 900"], ["Count", 3]], "outcomes": [
        {"name": "yes", "type": "success", "label": "Yes", "style": "primary", "schema": all, "output_body": true},
        {"name": "no", "type": "failure", "label": "No", "style": "danger", "cause_path": "$.why",
         "schema": {"properties": {"why": {"type": "string", "title": "Why not?"}}, "required": ["why"]}},
        {"name": "later", "type": "heartbeat", "label": "Later"}]})
}

fn get(stack: &Stack, url: &str) -> Answer {
    stack.visit("GET", url, &[PAGE], b"")
}

fn send(stack: &Stack, url: &str, body: &str) -> Answer {
    stack.visit("POST", url, &[PAGE, FORM], body.as_bytes())
}

fn attribute(page: &Answer, selector: &str, name: &str) -> String {
    let html = Html::parse_document(&page.body);
    let selector = Selector::parse(selector).unwrap();
    let element = html.select(&selector).next().expect(&page.body);
    element.value().attr(name).unwrap_or_default().to_owned()
}

/// Every page by name.
fn pages() -> Vec<(&'static str, Answer)> {
    rewind();
    set_clock(NOW);
    let stack = Stack::new(
        &[
            FEATURES,
            &[("BRAND_NAME", "Example & Sons"), ("BRAND_COLOR", "#7a1fa2")],
        ]
        .concat(),
    );
    let plain = Stack::new(PLAIN);
    let expiring = json!({"expiration": "2026-12-24T18:00:00Z"});
    let asking = |confirm: Value| with(success(json!(1)), json!({"confirm": confirm}));
    let confirm = json!({"title": "Pay the invoice?", "text": "It is due today.", "facts": [["Amount", "€ 900"]],
                         "label": "Pay", "style": "primary"});
    let titled = stack.link(asking(confirm), expiring.clone());
    let strict = plain.link(asking(json!("strict")), nothing());
    let form = stack.link(every_field(), expiring.clone());
    let mut pages = vec![
        (
            "confirm",
            get(&plain, &plain.link(asking(json!(true)), nothing())),
        ),
        ("confirm_titled", get(&stack, &titled)),
        ("confirm_strict", get(&plain, &strict)),
        ("form", get(&stack, &form)),
        (
            "form_of_one",
            get(
                &stack,
                &stack.link(
                    with(
                        every_field(),
                        json!({"title": "Only later", "outcomes": [
            {"name": "later", "type": "heartbeat"}]}),
                    ),
                    nothing(),
                ),
            ),
        ),
    ];
    let nonce = |page: &Answer| attribute(page, "input[name=nonce]", "value");
    let (of_titled, of_strict, of_form) = (nonce(&pages[1].1), nonce(&pages[2].1), nonce(&pages[3].1));
    pages.push((
        "confirm_too_fast",
        send(&stack, &titled, &format!("nonce={of_titled}")),
    ));
    set_clock(NOW + 2);
    pages.push(("confirm_not_from_page", send(&stack, &titled, "")));
    pages.push((
        "confirm_not_ticked",
        send(&plain, &strict, &format!("nonce={of_strict}")),
    ));
    let wrong = "f.line=A%0D%0A&f.area=one%0D%0Atwo&f.day=x&f.mail=x&f.address=x&f.one=blue&f.list=f&f.many=x&f.whole=11&f.number=x&f.share=1%2C000&f.moment=2026-02-30T10:00&f.clock=noon&f.host=x";
    pages.push((
        "form_wrong",
        send(&stack, &form, &format!("nonce={of_form}&outcome=yes&{wrong}")),
    ));
    pages.push((
        "form_missing",
        send(&stack, &form, &format!("nonce={of_form}&outcome=no&f.line=kept")),
    ));
    pages.push((
        "form_no_button",
        send(&stack, &form, &format!("nonce={of_form}&other=1")),
    ));
    pages.push((
        "form_unreadable",
        stack.visit("POST", &form, &[PAGE, ("content-type", "text/plain")], b"x"),
    ));
    pages.push(("done", send(&stack, &titled, &format!("nonce={of_titled}"))));
    pages.push(("closed", send(&stack, &titled, &format!("nonce={of_titled}"))));
    pages.push((
        "kept",
        send(&stack, &form, &format!("nonce={of_form}&outcome=later")),
    ));
    pages.push((
        "done_form",
        send(&stack, &form, &format!("nonce={of_form}&outcome=no&f.why=x")),
    ));
    pages.push(("done_version_1", get(&plain, &plain.link(heartbeat(), nothing()))));
    pages.push(("damaged", get(&plain, &strict[..strict.len() - 1])));
    pages.push(("switched_off", get(&stack.updated(Stack::keys(7), PLAIN), &form)));
    let hook = post(json!([{"name": "all", "type": "success", "schema": {}, "output_body": true}]));
    pages.push(("program", get(&stack, &stack.link(hook, nothing()))));
    let filled = stack.link(success(json!("$v")), parameters());
    pages.push(("wrong_use", get(&stack, &filled)));
    set_clock(1_800_000_000);
    pages.push(("expired", get(&stack, &titled)));
    set_clock(NOW);
    pages.extend(pages_of_faults());
    pages
}

/// Pages that only faults of AWS lead to, made as the answer to such a fault is.
fn pages_of_faults() -> Vec<(&'static str, Answer)> {
    let brand = Brand::default();
    let visitor = Visitor {
        format: Format::Html,
        language: Language::English,
        brand: &brand,
        manner: reply::Manner::default(),
    };
    let receipt = |keeps_waiting| Receipt {
        subject: Subject {
            transaction: TransactionId::new([0xab; 16]),
            name: Name::new("approve".to_owned()).unwrap(),
            kind: ActionType::Success,
        },
        answer: "approve".to_owned(),
        keeps_waiting,
    };
    let refused = |rejection: Rejection| {
        Answer::of(reply::refused(
            &rejection,
            Some(TransactionId::new([0xab; 16])),
            &visitor,
        ))
    };
    let cause = || "a cause for the log".to_owned();
    let unavailable = |what, sent| refused(Rejection::ServiceUnavailable(what, sent, cause()));
    vec![
        (
            "unconfirmed",
            Answer::of(reply::unconfirmed(&receipt(false), &visitor)),
        ),
        (
            "unconfirmed_kept",
            Answer::of(reply::unconfirmed(&receipt(true), &visitor)),
        ),
        (
            "answer_lost",
            Answer::of(reply::answer_lost(&receipt(false), &visitor)),
        ),
        ("later", unavailable(Unavailable::TaskService, Sent::NotSent)),
        ("unsure", unavailable(Unavailable::TaskService, Sent::Unknown)),
        ("key_off", unavailable(Unavailable::KeySwitchedOff, Sent::NotSent)),
        ("key_gone", refused(Rejection::KeyDeleted)),
        ("fault", refused(Rejection::ServiceError(cause()))),
        ("too_many", refused(Rejection::TooManyRequests)),
    ]
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the switch of a developer, not a setting of the program"
)]
fn every_page_is_as_it_was() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    let update = std::env::var_os("UPDATE").is_some();
    let mut changed = Vec::new();
    let mut files = Vec::new();
    for (name, page) in pages() {
        let (before, style) = page.body.split_once("<style>").unwrap();
        let (_, after) = style.split_once("</style>").unwrap();
        let text = format!("<!-- {} -->\n{before}<style></style>{after}", page.status);
        let file = folder.join(format!("{name}.html"));
        if update {
            std::fs::write(&file, &text).unwrap();
        }
        if std::fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
            changed.push(name);
        }
        files.push(format!("{name}.html"));
    }
    assert!(
        changed.is_empty(),
        "look at these pages, then run again with UPDATE=1: {changed:?}"
    );
    files.sort();
    let mut found: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, files, "files of pages that are no more");
}

#[test]
fn every_page_stands_alone_and_says_so() {
    for (name, page) in pages() {
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{name}: {policy}"
        );
        assert!(
            policy.ends_with("; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
            "{name}: {policy}"
        );
        let html = Html::parse_document(&page.body);
        assert!(html.errors.is_empty(), "{name}: {:?}", html.errors);
        let style = html
            .select(&Selector::parse("style").unwrap())
            .next()
            .unwrap()
            .inner_html();
        let hash = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
        assert!(
            policy.contains(&base64(hash.as_ref())),
            "{name}: the policy allows its style sheet"
        );
        for selector in [
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "[style]",
            "[src]",
            "[onclick]",
            "base",
            "meta[http-equiv]",
        ] {
            let found = html.select(&Selector::parse(selector).unwrap()).count();
            assert_eq!(found, 0, "{name}: {selector}");
        }
        for selector in ["html[lang]", "main", "h1", "title", "meta[name=viewport]"] {
            assert_eq!(
                html.select(&Selector::parse(selector).unwrap()).count(),
                1,
                "{name}: {selector}"
            );
        }
        let elements = html
            .tree
            .root()
            .descendants()
            .filter_map(|node| node.value().as_element());
        for (attribute, value) in elements.flat_map(|element| element.attrs()) {
            assert!(!value.contains("//"), "{name}: {attribute} names another place");
        }
        assert!(!style.contains("url(") && !style.contains("@import"), "{name}");
    }
}

/// Elements with the names of their attributes, in the order of the document.
fn structure(page: &str) -> Vec<String> {
    let html = Html::parse_document(page);
    let elements = html
        .tree
        .root()
        .descendants()
        .filter_map(|node| node.value().as_element().cloned());
    elements
        .map(|element| {
            let mut names: Vec<&str> = element.attrs().map(|(name, _)| name).collect();
            names.sort_unstable();
            format!("{} {names:?}", element.name())
        })
        .collect()
}

fn text_of(page: &str, selector: &str) -> String {
    let html = Html::parse_document(page);
    let selector = Selector::parse(selector).unwrap();
    let element = html.select(&selector).next().expect(page);
    element.text().collect()
}

/// Texts of an author: a page must show them, so something in them can be seen and nothing is a control character.
fn written() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title><h1>",
        "</textarea>",
        "</style>",
        "<!--",
        "-->",
        "]]>",
        "&lt;b&gt;",
        "&#60;",
        "${x}",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "javascript:alert(1)",
        "\u{202e}abc",
        "a&b;c",
        "</bdi></button>",
        "\u{2028}",
        "<a href=x>",
        "{}",
    ]);
    prop_oneof![hostile.prop_map(|text| format!("x{text}")), "x\\PC{0,40}"]
}

/// What strangers send: any bytes that are text.
fn sent() -> impl Strategy<Value = String> {
    prop_oneof![written(), any::<String>(), "\\PC*[\\x00-\\x1f<>&\"']{1,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_an_author_becomes_markup(title in written(), text in written(), term in written(), value in written(), label in written(), brand in written()) {
        let page = |title: &str, text: &str, term: &str, value: &str, label: &str, brand: &str| {
            let stack = Stack::new(&[FEATURES, &[("BRAND_NAME", brand)]].concat());
            let face = json!({"title": title, "text": text, "facts": [[term, value]]});
            let confirm = with(heartbeat(), json!({"confirm": with(face.clone(), json!({"label": label}))}));
            let properties = json!({
                "a": {"type": "string", "title": term, "description": text, "default": value},
                "b": {"enum": [label, "other"], "title": title},
                "c": {"enum": [label, "1", "2", "3", "4", "5"]},
                "d": {"type": "boolean", "title": label},
                "e": {"type": "string", "format": "textarea", "default": value, "maxLength": 9000}});
            let form = with(face, json!({"name": "f", "type": "form", "outcomes": [
                {"name": "o", "type": "heartbeat", "label": label, "schema": {"properties": properties}}]}));
            [confirm, form].map(|action| get(&stack, &stack.link(action, nothing())).body)
        };
        let brand: String = brand.trim().chars().filter(|c| !c.is_control()).take(60).collect();
        let brand = brand.trim().to_owned();
        let short = |text: &str| text.chars().take(80).collect::<String>();
        let (label, term) = (short(&label), short(&term));
        let pages = page(&title, &text, &term, &value, &label, &brand);
        for (page, plain) in pages.iter().zip(page("x", "x", "x", "x", "x", "x")) {
            prop_assert_eq!(structure(page), structure(&plain));
            prop_assert_eq!(text_of(page, "h1"), title.as_str());
            prop_assert_eq!(text_of(page, "p.text"), text.as_str());
            prop_assert_eq!(text_of(page, ".facts dd"), value.as_str());
            prop_assert_eq!(text_of(page, ".buttons button"), label.as_str());
            prop_assert_eq!(text_of(page, "p.brand"), brand.as_str());
        }
    }

    #[test]
    fn no_text_of_a_visitor_becomes_markup(entry in sent(), outcome in sent(), name in sent(), agent in "[ -~]{0,40}") {
        let stack = Stack::new(FEATURES);
        let properties = json!({"a": {"type": "string"}, "e": {"type": "string", "format": "textarea"},
                                "c": {"enum": ["1", "2"]}});
        let form = json!({"name": "f", "type": "form", "outcomes": [
            {"name": "o", "type": "heartbeat", "schema": {"properties": properties, "required": ["c"]}}]});
        let url = stack.link(form, nothing());
        let page = |entry: &str, name: &str, outcome: &str| {
            set_clock(NOW);
            let nonce = attribute(&get(&stack, &url), "input[name=nonce]", "value");
            set_clock(NOW + 2);
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.append_pair("nonce", &nonce).append_pair("f.a", entry).append_pair("f.e", entry);
            body.append_pair("f.c", "none").append_pair("outcome", outcome).append_pair(&format!("x{name}"), entry);
            let more = format!("{url}&{}", encode(name));
            stack.visit("POST", &more, &[PAGE, FORM, ("user-agent", &agent)], body.finish().as_bytes()).body
        };
        let (shown, plain) = (page(&entry, &name, &format!("x{outcome}")), page("x", "x", "x"));
        prop_assert_eq!(structure(&shown), structure(&plain));
        let html = Html::parse_document(&shown);
        let value = html.select(&Selector::parse("input[name='f.a']").unwrap()).next().unwrap();
        // HTML has no NUL, and a field of one line no line breaks in a parsed value that matter to us.
        let same = |text: &str| text.replace(['\0', '\u{fffd}'], "").replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(same(value.value().attr("value").unwrap_or_default()), same(&entry));
        prop_assert_eq!(same(&text_of(&shown, "textarea")), same(&entry));
    }

    #[test]
    fn no_query_becomes_markup(action in sent(), data in sent(), other in sent()) {
        let stack = Stack::new(FEATURES);
        let link = stack.link(heartbeat(), nothing());
        for url in [
            format!("{BASE}/respond?action={}&data={}", encode(&action), encode(&data)),
            format!("{BASE}/respond?{}={}", encode(&action), encode(&other)),
            format!("{link}&action={}&{}", encode(&action), encode(&other)),
        ] {
            let page = get(&stack, &url);
            let plain = match page.body.contains("InvalidPayload") {
                true => get(&stack, &format!("{BASE}/respond?data=x")),
                false => get(&stack, &format!("{link}&action=x")),
            };
            prop_assert_eq!(page.body, plain.body);
        }
    }
}
