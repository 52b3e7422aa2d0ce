//! What people type into the fields of a form, what of it is reported, and what they are told.

use super::*;
use proptest::prelude::*;
use scraper::{Html, Selector};

const LANGUAGES: [&str; 9] = ["en", "de", "es", "fr", "ja", "ko", "pt-BR", "zh-Hans", "zh-Hant"];

/// A form that asks for one thing.
fn asking_for(property: &Value) -> Value {
    json!({"name": "decide", "type": "form", "outcomes": [
        {"name": "send", "type": "success", "output_body": true, "schema": {"properties": {"x": property}}}]})
}

/// What the task is told when this is typed, or what the page says beside the field.
fn typed(property: &Value, entry: &str) -> Result<String, String> {
    typed_in("en", property, entry)
}

fn typed_in(language: &str, property: &Value, entry: &str) -> Result<String, String> {
    set_clock(NOW);
    let stack = Stack::new(FEATURES);
    let url = stack.link(asking_for(property), json!({"locale": language}));
    let nonce = hidden(&open(&stack, &url), "nonce");
    set_clock(NOW + 2);
    let page = submit(
        &stack,
        &url,
        &[("nonce", &nonce), ("f.x", entry), ("outcome", "send")],
    );
    if page.status == 200 {
        let told = stack.told().remove(0);
        let told = told
            .strip_prefix("success {\"x\":")
            .and_then(|told| told.strip_suffix('}'));
        return Ok(told.expect("one entry").to_owned());
    }
    assert_eq!(page.status, 400);
    untouched(&stack);
    let html = Html::parse_document(&page.body);
    let error = html
        .select(&Selector::parse("p.error").unwrap())
        .next()
        .expect(&page.body);
    let kept = html
        .select(&Selector::parse("[name='f.x']").unwrap())
        .next()
        .unwrap();
    if kept.value().name() == "input" && !matches!(kept.value().attr("type"), Some("radio" | "checkbox")) {
        assert_eq!(kept.value().attr("value"), Some(entry), "the entry is kept");
    }
    Err(error.text().collect())
}

fn said(text: &str) -> Result<String, String> {
    Err(text.to_owned())
}

fn told(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// The one control of a page, and its attributes.
fn control(property: &Value) -> (String, Vec<(String, String)>) {
    let stack = Stack::new(FEATURES);
    let page = open(&stack, &stack.link(asking_for(property), nothing()));
    let html = Html::parse_document(&page.body);
    let control = html
        .select(&Selector::parse("[name='f.x']").unwrap())
        .next()
        .unwrap();
    let attributes = control
        .value()
        .attrs()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let described = html.select(&Selector::parse(".hint").unwrap()).next();
    let hint = described.map(|hint| hint.text().collect()).unwrap_or_default();
    (hint, attributes.collect())
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

const WHOLE: &str = "Write 12345: a separator before three digits can be read in two ways.";
const TWO_READINGS: &str = "Write 12345 or 12.3450: a separator before three digits can be read in two ways.";

#[test]
fn no_separator_changes_a_number() {
    let number = json!({"type": "number"});
    let integer = json!({"type": "integer", "minimum": 1, "maximum": 5000});
    for (property, entry, expected) in [
        (&number, ".5", told("0.5")),
        (&number, "-,5", told("-0.5")),
        (&number, "12,50", told("12.50")),
        (&number, "12.50", told("12.50")),
        (&number, "1.234,50", said("Please enter a number.")),
        (&number, "1,234.50", said("Please enter a number.")),
        (&number, "1 234", said("Please enter a number.")),
        (&number, "1,234", said(TWO_READINGS)),
        (&number, "12.345", said(TWO_READINGS)),
        (&number, "0.125", told("0.125")),
        (&number, "1234.567", told("1234.567")),
        (&number, "1e3", told("1e3")),
        (&number, "１２,５", told("12.5")),
        (&number, "\u{2212}5", told("-5")),
        (&number, "1e400", said("Please enter a number.")),
        (
            &number,
            "0.12345678901234567890123456789",
            told("0.12345678901234567890123456789"),
        ),
        (&integer, "1,000", said(WHOLE)),
        (&integer, "1.000", said(WHOLE)),
        (&integer, "5000.000", said(WHOLE)),
        (&integer, "5000.00", told("5000")),
        (&integer, "007", told("7")),
        (&integer, "1,5", said("Please enter a whole number.")),
        (&integer, "1e-1", said("Please enter a whole number.")),
        (&integer, "5.1e3", said("Please enter a whole number.")),
        (&integer, "5001", said("Please enter 5000 or less.")),
        (
            &integer,
            "12345678901234567890123",
            said("Please enter 5000 or less."),
        ),
    ] {
        assert_eq!(typed(property, entry), expected, "{entry}");
    }
}

#[test]
fn a_number_has_a_field_of_text() {
    for (property, keyboard) in [
        (
            json!({"type": "number", "minimum": 0.5, "maximum": 9}),
            Some("decimal"),
        ),
        (
            json!({"type": "integer", "minimum": 1, "multipleOf": 5}),
            Some("numeric"),
        ),
        (json!({"type": "number"}), Some("decimal")),
        // A phone's keys for numbers have no minus sign.
        (json!({"type": "number", "minimum": -5}), None),
    ] {
        let (_, attributes) = control(&property);
        assert_eq!(attribute(&attributes, "type"), Some("text"), "{property}");
        assert_eq!(attribute(&attributes, "inputmode"), keyboard, "{property}");
        for absent in ["min", "max", "step", "pattern"] {
            assert_eq!(attribute(&attributes, absent), None, "{property}: {absent}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the page has filled in is reported as the same number when the button is pressed.
    #[test]
    fn a_default_comes_back_as_the_same_number(
        number in prop_oneof![any::<f64>(), (-9_999_999_i32..=9_999_999).prop_map(|number| f64::from(number) / 1_000.0)],
        integer in any::<i64>(),
    ) {
        prop_assume!(number.is_finite());
        for (kind, default) in [("number", json!(number)), ("number", json!(integer)), ("integer", json!(integer))] {
            let property = json!({"type": kind, "default": default});
            let (_, attributes) = control(&property);
            let entry = attribute(&attributes, "value").unwrap().to_owned();
            let back: Value = serde_json::from_str(&typed(&property, &entry).unwrap()).unwrap();
            prop_assert_eq!(back.as_f64(), default.as_f64(), "{}", entry);
        }
    }
}

#[test]
fn what_the_page_writes_can_be_read_in_one_way() {
    let value = |property: Value| attribute(&control(&property).1, "value").unwrap().to_owned();
    assert_eq!(value(json!({"type": "number", "default": 1.125})), "1.1250");
    assert_eq!(value(json!({"type": "number", "default": 0.125})), "0.125");
    assert_eq!(value(json!({"type": "integer", "default": 1000.0})), "1000");
    let (hint, _) = control(&json!({"type": "number", "minimum": 1.125, "maximum": 12.345}));
    assert_eq!(hint, "From 1.1250 to 12.3450.");
}

/// A program's entries are shown on a page as well, if it asks for one.
#[test]
fn the_entries_of_a_program_are_shown_as_they_can_be_typed() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(asking_for(&json!({"type": "number", "maximum": 1})), nothing());
    let headers = [("accept", PAGE), ("content-type", "application/json")];
    for (sent, shown) in [
        ("1.125", "1.1250"),
        ("98765432109876543210", "98765432109876543210"),
        ("2.50", "2.50"),
    ] {
        let body = format!(r#"{{"outcome":"send","fields":{{"x":{sent}}}}}"#);
        let page = stack.visit("POST", &url, &headers, body.as_bytes());
        assert!(
            page.status == 400 && page.body.contains(&format!("value=\"{shown}\"")),
            "{}",
            page.body
        );
    }
    untouched(&stack);
}

#[test]
fn dates_and_times_are_entered_and_reported_in_utc() {
    let moment = json!({"type": "string", "format": "date-time"});
    let time = json!({"type": "string", "format": "time"});
    let date = json!({"type": "string", "format": "date"});
    const MOMENT: &str = "Please enter a date and a time, for example 2026-12-24 18:00.";
    const TIME: &str = "Please enter a time, for example 18:00.";
    for (property, entry, expected) in [
        (&moment, "2026-12-02T05:47", told(r#""2026-12-02T05:47:00Z""#)),
        (&moment, "2026-12-02T05:47:30", told(r#""2026-12-02T05:47:30Z""#)),
        (
            &moment,
            "2026-12-02T05:47:30.25",
            told(r#""2026-12-02T05:47:30.25Z""#),
        ),
        (&moment, "2026-12-02 05:47", told(r#""2026-12-02T05:47:00Z""#)),
        (
            &moment,
            "2026-12-02T06:47+01:00",
            told(r#""2026-12-02T05:47:00Z""#),
        ),
        (&moment, "2026-02-30T05:47", said(MOMENT)),
        (&moment, "2026-12-02T25:00", said(MOMENT)),
        (&moment, "2026-12-02", said(MOMENT)),
        (&moment, "tomorrow", said(MOMENT)),
        (&time, "05:47", told(r#""05:47:00Z""#)),
        (&time, "23:59:59", told(r#""23:59:59Z""#)),
        (&time, "24:00", said(TIME)),
        (&time, "noon", said(TIME)),
        (&date, "2026-12-02", told(r#""2026-12-02""#)),
        (
            &date,
            "2026-02-30",
            said("Please enter a date as year-month-day, for example 2026-12-24."),
        ),
    ] {
        assert_eq!(typed(property, entry), expected, "{entry}");
    }
    for (default, kind, value) in [
        ("2026-12-02T05:47:00Z", "datetime-local", "2026-12-02T05:47"),
        (
            "2026-12-02T06:47:30+01:00",
            "datetime-local",
            "2026-12-02T05:47:30",
        ),
        (
            "2026-12-02T05:47:00.123456Z",
            "text",
            "2026-12-02T05:47:00.123456Z",
        ),
        ("soon", "text", "soon"),
    ] {
        let (hint, attributes) = control(&with(moment.clone(), json!({"default": default})));
        let shown = (attribute(&attributes, "type"), attribute(&attributes, "value"));
        assert_eq!(shown, (Some(kind), Some(value)));
        assert_eq!(hint, "The time is in UTC.");
        let reported = typed(&moment, value);
        assert!(reported.is_ok() == (default != "soon"), "{reported:?}");
    }
    let (hint, attributes) = control(&json!({"type": "string", "format": "time", "default": "18:00:00Z"}));
    assert_eq!(
        (attribute(&attributes, "type"), attribute(&attributes, "value")),
        (Some("time"), Some("18:00"))
    );
    assert_eq!(hint, "The time is in UTC.");
    // The pattern is asked about what is reported.
    let pattern = with(moment.clone(), json!({"pattern": "^2026-.*:00Z$"}));
    assert!(typed(&pattern, "2026-12-02T05:47").is_ok());
    assert_eq!(
        typed(&pattern, "2027-12-02T05:47"),
        said("Please check the format.")
    );
}

#[test]
fn programs_send_dates_and_times_as_the_schema_has_them() {
    let stack = Stack::new(FEATURES);
    let url = stack.link(
        asking_for(&json!({"type": "string", "format": "date-time"})),
        nothing(),
    );
    let refused = stack.post(&url, r#"{"outcome":"send","fields":{"x":"2026-12-02T05:47"}}"#);
    assert_eq!(
        refused.json()["message"],
        "body.fields.x: must be a date and a time, as in 2026-12-24T18:00:00Z"
    );
    let done = stack.post(
        &url,
        r#"{"outcome":"send","fields":{"x":"2026-12-02T05:47:00+01:00"}}"#,
    );
    assert_eq!(done.status, 200);
    assert_eq!(stack.told(), [r#"success {"x":"2026-12-02T05:47:00+01:00"}"#]);
}

#[test]
fn each_limit_of_one_field_has_a_hint_and_words_of_its_own() {
    for (property, hint, entry, says) in [
        (
            json!({"type": "number", "exclusiveMinimum": 0}),
            "More than 0.",
            "0",
            "Please enter more than 0.",
        ),
        (
            json!({"type": "number", "exclusiveMaximum": 2.5}),
            "Less than 2.5.",
            "2,5",
            "Please enter less than 2.5.",
        ),
        (
            json!({"type": "integer", "exclusiveMaximum": 10}),
            "Less than 10.",
            "10",
            "Please enter less than 10.",
        ),
        (
            json!({"type": "number", "multipleOf": 0.5}),
            "A multiple of 0.5.",
            "1.2",
            "Please enter a multiple of 0.5.",
        ),
        (
            json!({"type": "integer", "multipleOf": 5}),
            "A multiple of 5.",
            "7",
            "Please enter a multiple of 5.",
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 0, "maximum": 10, "multipleOf": 0.25, "description": "In hours."}),
            "In hours. More than 0. At most 10. A multiple of 0.25.",
            "10,5",
            "Please enter 10 or less.",
        ),
        (
            json!({"type": "integer", "minimum": 3}),
            "At least 3.",
            "2",
            "Please enter 3 or more.",
        ),
        (
            json!({"type": "integer", "const": 7}),
            "",
            "8",
            "Please enter exactly this: 7",
        ),
        (
            json!({"type": "string", "const": "DELETE"}),
            "",
            "delete",
            "Please enter exactly this: DELETE",
        ),
        (
            json!({"type": "string", "minLength": 2}),
            "",
            "x",
            "Please enter at least 2 characters.",
        ),
        (
            json!({"type": "string", "maxLength": 2}),
            "Up to 2 characters.",
            "xyz",
            "Up to 2 characters.",
        ),
        (
            json!({"type": "string", "pattern": "^A", "description": "As on your badge."}),
            "As on your badge.",
            "B",
            "Please check the format. As on your badge.",
        ),
        (
            json!({"type": "string", "format": "ipv4"}),
            "For example: 192.0.2.1",
            "192.0.2.256",
            "Please check the format. For example: 192.0.2.1",
        ),
        (
            json!({"type": "string", "format": "hostname"}),
            "For example: www.example.com",
            "-x-",
            "Please check the format. For example: www.example.com",
        ),
        (
            json!({"type": "string", "format": "email"}),
            "",
            "nobody",
            "Please enter an e-mail address.",
        ),
        (
            json!({"type": "boolean", "const": true}),
            "",
            "false",
            "Please tick this box.",
        ),
        (
            json!({"type": "boolean", "const": false}),
            "",
            "true",
            "Please clear this box.",
        ),
        (
            json!({"enum": ["a", "b"]}),
            "",
            "c",
            "Please choose one of the options.",
        ),
        (
            json!({"enum": ["ab", "c"], "minLength": 2}),
            "",
            "c",
            "Please choose one of the options.",
        ),
        (
            json!({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2}),
            "",
            "a",
            "Please choose at least 2.",
        ),
    ] {
        assert_eq!(control(&property).0, hint, "{property}");
        assert_eq!(typed(&property, entry), said(says), "{property}");
    }
}

#[test]
fn no_field_alone_is_said_not_to_fit_together_in_any_language() {
    let properties = [
        (json!({"type": "number", "exclusiveMinimum": 0}), "0"),
        (json!({"type": "number", "exclusiveMaximum": 0}), "0"),
        (json!({"type": "number", "multipleOf": 0.5}), "0.3"),
        (json!({"type": "number", "const": 0.5}), "0.3"),
        (json!({"type": "number"}), "1,000"),
        (
            json!({"type": "integer", "multipleOf": 2}),
            "12345678901234567890123",
        ),
        (json!({"type": "string", "format": "date-time"}), "x"),
        (json!({"type": "string", "format": "time"}), "x"),
        (json!({"type": "string", "format": "ipv6"}), "x"),
        (json!({"type": "boolean", "enum": [false]}), "true"),
    ];
    for (property, entry) in properties {
        let mut seen = Vec::new();
        for language in LANGUAGES {
            let says = typed_in(language, &property, entry).unwrap_err();
            assert!(
                !says.contains("{}") && !seen.contains(&says),
                "{language} {property}: {says}"
            );
            assert!(!says.contains("fit together"), "{property}: {says}");
            seen.push(says);
        }
    }
}

/// Rules for several fields have no field to stand beside.
#[test]
fn rules_for_several_fields_still_say_so() {
    let stack = Stack::new(FEATURES);
    let mut form = asking_for(&json!({"type": "string"}));
    form["outcomes"][0]["schema"] =
        json!({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "minProperties": 2});
    let url = stack.link(form, nothing());
    let page = answer(&stack, &url, &[("f.a", "x"), ("outcome", "send")]);
    assert!(
        page.body.contains("These entries do not fit together."),
        "{}",
        page.body
    );
    untouched(&stack);
}

#[test]
fn the_second_click_does_not_make_anybody_doubt_the_first() {
    let stack = Stack::new(PLAIN);
    for language in LANGUAGES {
        set_clock(NOW);
        let action = with(
            heartbeat(),
            json!({"type": "success", "output": 1, "confirm": true}),
        );
        let url = stack.link(action, json!({"locale": language}));
        let nonce = hidden(&open(&stack, &url), "nonce");
        set_clock(NOW + 2);
        assert_eq!(submit(&stack, &url, &[("nonce", &nonce)]).status, 200);
        let again = submit(&stack, &url, &[("nonce", &nonce)]);
        assert_eq!(again.status, 400);
        assert!(!again.body.contains("This time"), "{}", again.body);
        let now =
            "Someone has already answered, or the time for this request is over. Nothing changed just now.";
        assert_eq!(again.body.contains(now), language == "en", "{}", again.body);
    }
}
