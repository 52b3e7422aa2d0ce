//! Links that ask before they act, and what else newer links say: recipients and languages.

mod refused;

use super::{
    EXPIRES_AT, Field, HEARTBEAT, Keys, Made, RESPONSE, TOKEN, array, bstr, deflate, map, payload,
    payload_json, plain_link, tstr, uint, with,
};

/// Bits of the flags.
const PARAMETERS: u64 = 1;
const ASKS: u64 = 2;
const STRICT: u64 = 8;
const CALLBACK: u64 = 16;

const QUESTION: &str = r#"{"title":"Pay?","text":"To Ann.\nBy today.","facts":[["Amount","€ 900"],["Team",""]],"label":"Pay now","style":"danger"}"#;
/// Two outcomes that do not repeat themselves enough to be deflated.
const FORM: &str = r#"{"title":"Deploy?","outcomes":[{"name":"yes","type":"success","schema":{},"output":1},{"name":"no","type":"failure","schema":{},"label":"No"}]}"#;
/// Every field that a form can have.
const WHOLE_FORM: &str = r#"{"title":"Deploy?","text":"By \"Ann\".","facts":[["Services","3"]],"outcomes":[{"name":"yes","type":"success","schema":{"type":"object"},"output_body":true,"label":"Yes","style":"primary"},{"name":"no","type":"failure","schema":{},"error":"No","response":{"text":"Noted"},"style":"secondary"}]}"#;
const SMALL_FORM: &str = r#"{"outcomes":[{"name":"o","type":"heartbeat","schema":{}}]}"#;
const OUTCOMES: &str = r#"[{"name":"o","type":"heartbeat","schema":{}}]"#;

pub fn all() -> Vec<Made> {
    let mut all = Vec::new();
    all.extend(opened());
    all.extend(opened_in_json());
    all.extend(refused::all());
    all
}

/// The JSON of a link with these further keys behind its action.
fn json(action: &str, more: &str) -> String {
    let json = payload_json(TOKEN, action);
    format!("{},{more}}}", &json[..json.len() - 1])
}

fn form_action(form: &str) -> String {
    format!(r#"{{"name":"approve","type":"form",{}"#, &form[1..])
}

fn flagged(flags: u64, more: &[Field]) -> Vec<u8> {
    with(&[&[(4, uint(flags))], more].concat())
}

fn ok(name: &str, comment: &str, payload: Vec<u8>, expect: String) -> Made {
    let link = Keys::local().link(name, &payload);
    Made::sealed(name, comment, Keys::local(), link, expect)
}

fn opened() -> Vec<Made> {
    let written = |json: &str| payload(json, true);
    let read_only = |json: &str| payload(json, false);
    let free = |json: &str| format!(r#"{{"payload": {json}}}"#);
    let success = r#"{"name":"approve","type":"success","output":1}"#;
    let failure = r#"{"name":"approve","type":"failure","error":"Rejected"}"#;
    let page = format!(r#""confirm":"page","page":{QUESTION}"#);
    let long = |length: usize| "x".repeat(length);
    let facts = r#",["a",""]"#.repeat(39);
    let longest = format!(
        r#"{{"title":"{}","text":"{}","facts":[["{}","{}"]{facts}],"label":"{}"}}"#,
        long(200),
        long(4_000),
        long(100),
        long(1_000),
        long(80)
    );
    let repeated = format!(r#"{{"title":"Pay?","text":"{}"}}"#, "Are you sure? ".repeat(20));
    let everything = format!(
        r#"{{"token":"{TOKEN}","iat":1790000000,"tid":"00112233445566778899aabbccddeeff","exp":{EXPIRES_AT},"action":{{"name":"approve","type":"success","output":1,"response":{RESPONSE}}},"param":true,"confirm":"strict","page":{QUESTION},"callback":true,"recipient":"ann@example.com","locale":"pt-BR"}}"#
    );
    vec![
        ok(
            "ok_confirm",
            "A heartbeat that asks before it acts.",
            flagged(ASKS, &[]),
            written(&json(HEARTBEAT, r#""confirm":"page""#)),
        ),
        ok(
            "ok_confirm_strict",
            "A success that asks, with a box that must be ticked.",
            flagged(ASKS | STRICT, &[(6, uint(0)), (7, tstr("1"))]),
            written(&json(success, r#""confirm":"strict""#)),
        ),
        ok(
            "ok_confirm_page",
            "A failure that asks in the author's words.",
            flagged(ASKS, &[(6, uint(1)), (8, tstr("Rejected")), (11, tstr(QUESTION))]),
            written(&json(failure, &page)),
        ),
        ok(
            "ok_confirm_page_deflated",
            "The words of the page are a static part.",
            flagged(ASKS, &[(15, bstr(&deflate(&map(&[(11, tstr(&repeated))]))))]),
            free(&json(
                HEARTBEAT,
                &format!(r#""confirm":"page","page":{repeated}"#),
            )),
        ),
        ok(
            "ok_confirm_page_limits",
            "Title, text, facts and label as long as they may be. They would inflate to more than 50 times.",
            flagged(ASKS, &[(11, tstr(&longest))]),
            written(&json(HEARTBEAT, &format!(r#""confirm":"page","page":{longest}"#))),
        ),
        ok(
            "ok_form",
            "A form with two outcomes.",
            with(&[(6, uint(4)), (11, tstr(FORM))]),
            written(&json(&form_action(FORM), r#""confirm":"page""#)),
        ),
        ok(
            "ok_form_strict",
            "The smallest form, with a box that must be ticked.",
            flagged(STRICT, &[(6, uint(4)), (11, tstr(SMALL_FORM))]),
            written(&json(&form_action(SMALL_FORM), r#""confirm":"strict""#)),
        ),
        ok(
            "ok_form_deflated",
            "A form with every field that it can have; it is a static part.",
            with(&[
                (6, uint(4)),
                (15, bstr(&deflate(&map(&[(11, tstr(WHOLE_FORM))])))),
            ]),
            free(&json(&form_action(WHOLE_FORM), r#""confirm":"page""#)),
        ),
        ok(
            "ok_callback",
            "An output that is an object tells who answered.",
            flagged(CALLBACK, &[(6, uint(0)), (7, tstr("1"))]),
            written(&json(success, r#""callback":true"#)),
        ),
        ok(
            "ok_recipient",
            "A recipient of 256 characters.",
            with(&[(16, tstr(&"é".repeat(256)))]),
            written(&json(HEARTBEAT, &format!(r#""recipient":"{}""#, "é".repeat(256)))),
        ),
        ok(
            "ok_locale",
            "A page in Chinese, in traditional characters.",
            with(&[(24, tstr("zh-Hant"))]),
            written(&json(HEARTBEAT, r#""locale":"zh-Hant""#)),
        ),
        ok(
            "ok_locale_region",
            "A tag that means German; a writer writes the language alone.",
            with(&[(24, tstr("de-AT"))]),
            read_only(&json(HEARTBEAT, r#""locale":"de""#)),
        ),
        ok(
            "ok_locale_unknown",
            "A language that the pages do not speak is that of the visitor.",
            with(&[(24, tstr("tlh"))]),
            read_only(&payload_json(TOKEN, HEARTBEAT)),
        ),
        ok(
            "ok_unknown_ignorable_field",
            "Key 25, the first from 24 on that nobody has defined.",
            with(&[(25, array(&[uint(1), tstr("x")]))]),
            read_only(&payload_json(TOKEN, HEARTBEAT)),
        ),
        ok(
            "ok_all_flags",
            "Every flag at once, and every field that a success can have.",
            flagged(
                PARAMETERS | ASKS | STRICT | CALLBACK,
                &[
                    (3, uint(EXPIRES_AT)),
                    (6, uint(0)),
                    (7, tstr("1")),
                    (10, tstr(RESPONSE)),
                    (11, tstr(QUESTION)),
                    (16, tstr("ann@example.com")),
                    (24, tstr("pt-BR")),
                ],
            ),
            written(&everything),
        ),
    ]
}

fn made_plain(name: &str, comment: &str, json: &str, expect: String) -> Made {
    Made::python(name, comment, None, plain_link(json), expect)
}

fn opened_in_json() -> Vec<Made> {
    let same = |name: &str, comment: &str, more: &str| {
        let json = json(HEARTBEAT, more);
        made_plain(name, comment, &json, payload(&json, true))
    };
    let form = form_action(WHOLE_FORM);
    let post = format!(r#"{{"name":"approve","type":"post","outcomes":{OUTCOMES}}}"#);
    let inside = HEARTBEAT.replace('}', r#","confirm":"strict"}"#);
    vec![
        same(
            "ok_plain_confirm",
            "A heartbeat that asks in the author's words.",
            &format!(r#""confirm":"page","page":{QUESTION}"#),
        ),
        made_plain(
            "ok_plain_page_in_other_words",
            "Fields in another order, white space, an escape, and a fact that is a number.",
            &json(
                HEARTBEAT,
                r#""confirm":"page","page":{"label": "Pay", "facts": [["Amount", 1.50]], "title": "\u0050ay?"}"#,
            ),
            payload(
                &json(
                    HEARTBEAT,
                    r#""confirm":"page","page":{"title":"Pay?","facts":[["Amount","1.50"]],"label":"Pay"}"#,
                ),
                false,
            ),
        ),
        same(
            "ok_plain_strict",
            "A heartbeat that asks, with a box that must be ticked.",
            r#""confirm":"strict""#,
        ),
        same(
            "ok_plain_recipient",
            "Who got the link, that the output tells of it, and a language.",
            r#""callback":true,"recipient":"Ann","locale":"ja""#,
        ),
        made_plain(
            "ok_plain_locale_unknown",
            "A language that the pages do not speak is that of the visitor.",
            &json(HEARTBEAT, r#""locale":"tlh""#),
            payload(&payload_json(TOKEN, HEARTBEAT), false),
        ),
        made_plain(
            "ok_plain_form",
            "A form asks, whether it says so or not.",
            &payload_json(TOKEN, &form),
            payload(&json(&form, r#""confirm":"page""#), false),
        ),
        made_plain(
            "ok_plain_form_strict",
            "A form with a box that must be ticked.",
            &json(&form, r#""confirm":"strict""#),
            payload(&json(&form, r#""confirm":"strict""#), true),
        ),
        made_plain(
            "ok_plain_confirm_in_action",
            "Only what stands beside the action makes a link ask.",
            &payload_json(TOKEN, &inside),
            payload(&payload_json(TOKEN, HEARTBEAT), false),
        ),
        made_plain(
            "ok_plain_confirm_on_post",
            "A post action asks nobody.",
            &json(&post, r#""confirm":"strict""#),
            payload(&payload_json(TOKEN, &post), false),
        ),
    ]
}
