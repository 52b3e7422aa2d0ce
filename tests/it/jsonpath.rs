//! JSONPath against jsonpath-rw, whose results are frozen in `tests/vectors/jsonpath_rw.json`, and against
//! serde_json_path, which has no part in the evaluation.

use serde_json::Value;
use serde_json_path::JsonPath;
use sfn_callback_urls::select::path::{Location, Path, Step};

#[derive(Debug, PartialEq)]
enum Outcome {
    Refused,
    Matches(Vec<Value>),
}

#[test]
fn expressions_mean_what_they_mean_in_jsonpath_rw() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../vectors/jsonpath_rw.json")).unwrap();
    let mut failures = Vec::new();
    let mut differing = 0;
    for case in &cases {
        let path = case["path"].as_str().unwrap();
        let theirs = outcome(case.get("matches"));
        let expected = match case.get("differs") {
            None => theirs,
            Some(reason) => {
                assert!(
                    reason.as_str().is_some_and(|reason| !reason.is_empty()),
                    "{path}: no reason"
                );
                let ours = match &case["ours"] {
                    Value::String(refused) if refused == "refused" => Outcome::Refused,
                    ours => outcome(Some(ours)),
                };
                differing += 1;
                ours
            }
        };
        let found = match Path::parse(path) {
            Err(_) => Outcome::Refused,
            Ok(parsed) => Outcome::Matches(values(&parsed.locate(&case["body"]).unwrap(), &case["body"])),
        };
        if found.as_text() != expected.as_text() {
            failures.push(format!(
                "{path}\n  of {}\n  is {found:?}\n not {expected:?}",
                case["body"]
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    assert!(
        cases.len() > 1_000 && differing > 250,
        "{differing} of {} differ: is the file whole?",
        cases.len()
    );
}

#[test]
fn filters_mean_what_they_mean_in_serde_json_path() {
    // Not used here, since it errs: whole numbers beyond 2^53 are equal to their neighbours there, 1 and 1.0
    // are different inside of arrays, and `@[-1]` in a comparison is nothing.
    let body: Value = serde_json::from_str(
        r#"[
            {"a": [3, 5, 1, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}], "o": {"p": 1}, "e": "f"},
            {"a": [0, -0.0, 1, 1.0, 1e0, 2.5, -7, 1e300], "o": null, "e": ""},
            {"a": [[], {}, [[]], [{}], null, true, false, "", "a", {"b": null}, {"b": [1, {"c": 2}]}]},
            [[1, 2, [3]], [1, 2, [3]], "ab", {"b": 1, "a": [2]}, {"a": [2], "b": 1}, {"b": "ab", "a": "b"}],
            {"b": "f"}
        ]"#,
    )
    .unwrap();
    let operands = "@ ; @.b ; @.b[1].c ; @['a'] ; @[0] ; $[0].e ; $[4].b ; 1 ; 1.0 ; -0 ; 2.5e0 ; \
        'k' ; \"f\" ; '' ; null ; true ; false ; length(@) ; length(@.b) ; count(@.*) ; \
        count(@[1:]) ; value(@.*) ; length(value(@.b)) ; '\\u00e9'";
    let selections = "0 ; 1, 0 ; 0, 0 ; *, 0 ; 'a', 'b' ; ::2 ; ::-1 ; 1::2 ; -2::-2 ; 5:0:-3 ; :-3:2 ; \
        ::0 ; ?@.b ; ?!@.b ; ?@[0] ; ?@[-1] ; ?@.* ; ?@[?@.c] ; ?!(@.a || @.b) ; \
        ?@.a && !@.c || @[0] == 1 ; ?@[::2] ; ?$[1].o ; ?@[1, 0] ; \
        ?(@.a || @.b) && @.b == 1";
    let mut pairs: Vec<(String, String)> = selections
        .split(" ; ")
        .map(|text| (text.to_owned(), text.to_owned()))
        .collect();
    for left in operands.split(" ; ") {
        for right in operands.split(" ; ") {
            for sign in ["==", "!=", "<"] {
                pairs.push((format!("?{left} {sign}{right}"), format!("?{left} {sign}{right}")));
            }
            // Its `>` holds for any two objects, arrays or booleans, and its `<=` does not hold for two absent
            // values; section 2.3.5.2.2 of the RFC derives both from `<` and `==`.
            pairs.push((format!("?{left}>{right}"), format!("?{right}<{left}")));
            pairs.push((
                format!("?{left}<={right}"),
                format!("?{left}<{right}||{left}=={right}"),
            ));
            pairs.push((
                format!("?{left}>= {right}"),
                format!("?{right}<{left}||{left}=={right}"),
            ));
        }
    }
    let (mut tried, mut matched) = (0, 0);
    for (ours, theirs) in &pairs {
        // A plain `[0]` is read as jsonpath-rw, and means the same.
        for prefix in ["$[2].a", "$.."] {
            let text = format!("{prefix}[{ours}]");
            let mut found = places(&Path::parse(&text).unwrap().locate(&body).unwrap());
            let theirs = JsonPath::parse(&format!("{prefix}[{theirs}]"))
                .unwrap()
                .query_located(&body);
            let mut expected: Vec<String> = theirs.locations().map(ToString::to_string).collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{text}");
            tried += 1;
            matched += found.len();
        }
    }
    assert!(
        tried > 6_000 && matched > 40_000,
        "{tried} tried, {matched} matched"
    );
}

impl Outcome {
    /// `Value`s are equal if their members are in another order, or 1 if it is 1.0; texts are not.
    fn as_text(&self) -> String {
        match self {
            Outcome::Refused => "refused".to_owned(),
            Outcome::Matches(values) => serde_json::to_string(values).unwrap(),
        }
    }
}

/// An outcome in the file: without a list it is an error.
fn outcome(matches: Option<&Value>) -> Outcome {
    matches.map_or(Outcome::Refused, |matches| {
        Outcome::Matches(matches.as_array().unwrap().clone())
    })
}

fn values(locations: &[Location<'_>], body: &Value) -> Vec<Value> {
    let at = |location: &Location<'_>| {
        location.iter().fold(body, |value, step| match step {
            Step::Key(name) => &value[name],
            Step::Index(index) => &value[index],
        })
    };
    locations.iter().map(|location| at(location).clone()).collect()
}

/// Locations as normalized paths; the names in these tests need no escapes.
fn places(locations: &[Location<'_>]) -> Vec<String> {
    let step = |step: &Step<'_>| match step {
        Step::Key(name) => format!("['{name}']"),
        Step::Index(index) => format!("[{index}]"),
    };
    locations
        .iter()
        .map(|location| format!("${}", location.iter().map(step).collect::<String>()))
        .collect()
}
