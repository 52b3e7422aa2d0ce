//! Links that ask before they act, and what else newer links say: recipients and languages.

use super::{
    EXPIRES_AT, Field, HEARTBEAT, Keys, Made, RESPONSE, TOKEN, array, bstr, content, deflate, map, payload,
    payload_json, plain_link, refused, tstr, uint, with,
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
    all.extend(flags());
    all.extend(questions());
    all.extend(forms());
    all.extend(recipients_and_languages());
    all.extend(refused_in_json());
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

fn flags() -> Vec<Made> {
    let misplaced = "flags that do not belong to the type";
    let foreign = "fields that do not belong to the type";
    let on_post = |flags: u64| flagged(flags, &[(6, uint(3)), (11, tstr(OUTCOMES))]);
    let on_form = |flags: u64| flagged(flags, &[(6, uint(4)), (11, tstr(SMALL_FORM))]);
    vec![
        refused(
            "strict_without_confirm",
            "A box on a page that nobody is shown.",
            flagged(STRICT, &[]),
            misplaced,
        ),
        refused(
            "confirm_on_post",
            "A post action has no page.",
            on_post(ASKS),
            misplaced,
        ),
        refused(
            "strict_on_post",
            "A post action has no box.",
            on_post(STRICT),
            misplaced,
        ),
        refused(
            "confirm_on_form",
            "A form asks anyway, and does not say it twice.",
            on_form(ASKS),
            misplaced,
        ),
        refused(
            "confirm_strict_on_form",
            "A form with a box needs one flag for it, not two.",
            on_form(ASKS | STRICT),
            misplaced,
        ),
        refused(
            "page_without_confirm",
            "Words of a page that nobody is shown.",
            with(&[(11, tstr(QUESTION))]),
            foreign,
        ),
        refused(
            "page_with_other_flags",
            "Words of a page, and flags that do not show one.",
            flagged(PARAMETERS | CALLBACK, &[(11, tstr(QUESTION))]),
            foreign,
        ),
        refused(
            "static_page_without_confirm",
            "Words of a page that nobody is shown, among the static parts.",
            with(&[(15, bstr(&deflate(&map(&[(11, tstr(QUESTION))]))))]),
            foreign,
        ),
        refused(
            "static_page_twice",
            "Words of a page beside the static parts.",
            flagged(
                ASKS,
                &[
                    (11, tstr(QUESTION)),
                    (15, bstr(&deflate(&map(&[(11, tstr(QUESTION))])))),
                ],
            ),
            "static parts given twice",
        ),
        refused(
            "form_without_page",
            "A form needs its outcomes.",
            with(&[(6, uint(4))]),
            foreign,
        ),
        refused(
            "form_with_output",
            "A form with an output of its own.",
            with(&[(6, uint(4)), (7, tstr("1")), (11, tstr(SMALL_FORM))]),
            foreign,
        ),
    ]
}

fn questions() -> Vec<Made> {
    let page = |name: &str, comment: &str, text: &str, log: &str| {
        refused(name, comment, flagged(ASKS, &[(11, tstr(text))]), log)
    };
    let wrong = |name: &str, comment: &str, text: &str| page(name, comment, text, "page");
    let other = |name: &str, comment: &str, text: &str| page(name, comment, text, "page is not canonical");
    let long = |field: &str, length: usize| format!(r#"{{"{field}":"{}"}}"#, "é".repeat(length));
    let fact = |term: usize, value: usize| {
        format!(
            r#"{{"facts":[["{}","{}"]]}}"#,
            "t".repeat(term),
            "v".repeat(value)
        )
    };
    let facts = format!(r#"{{"facts":[["a","b"]{}]}}"#, r#",["a","b"]"#.repeat(40));
    vec![
        wrong("page_not_an_object", "A number.", "5"),
        wrong("page_not_json", "Half an object.", r#"{"title":"T""#),
        wrong(
            "page_unknown_field",
            "A field that this version does not know.",
            r#"{"title":"T","image":"i"}"#,
        ),
        wrong(
            "page_with_outcomes",
            "The page of a form on a heartbeat.",
            SMALL_FORM,
        ),
        wrong(
            "page_duplicate_field",
            "A field twice.",
            r#"{"title":"T","title":"U"}"#,
        ),
        wrong(
            "page_null",
            "A field that is null instead of not there.",
            r#"{"title":null}"#,
        ),
        wrong(
            "page_unknown_style",
            "A style of the future.",
            r#"{"style":"loud"}"#,
        ),
        wrong("page_label_blank", "A button without a text.", r#"{"label":" "}"#),
        wrong(
            "page_label_invisible",
            "A button with a text that nobody sees: U+200B, U+2060.",
            "{\"label\":\"\u{200b}\u{2060}\"}",
        ),
        wrong(
            "page_title_too_long",
            "A title of 201 characters.",
            &long("title", 201),
        ),
        wrong(
            "page_text_too_long",
            "A text of 4,001 characters.",
            &long("text", 4_001).replace('é', "x"),
        ),
        wrong(
            "page_label_too_long",
            "A label of 81 characters.",
            &long("label", 81),
        ),
        wrong(
            "page_control_character",
            "A bell in the title.",
            r#"{"title":"T\u0007"}"#,
        ),
        wrong("page_too_many_facts", "41 facts.", &facts),
        wrong("page_term_too_long", "A term of 101 characters.", &fact(101, 1)),
        wrong(
            "page_term_blank",
            "A fact without a term.",
            r#"{"facts":[["","v"]]}"#,
        ),
        wrong(
            "page_value_too_long",
            "A value of 1,001 characters.",
            &fact(1, 1_001),
        ),
        wrong(
            "page_fact_of_three",
            "A fact of three texts.",
            r#"{"facts":[["a","b","c"]]}"#,
        ),
        wrong(
            "page_fact_null",
            "A value that is null.",
            r#"{"facts":[["a",null]]}"#,
        ),
        other("page_empty", "A page without words is left out.", "{}"),
        other(
            "page_no_facts",
            "Facts are left out when there are none.",
            r#"{"title":"T","facts":[]}"#,
        ),
        other(
            "page_white_space",
            "White space between two parts.",
            r#"{"title": "T"}"#,
        ),
        other(
            "page_order",
            "The label before the title.",
            r#"{"label":"L","title":"T"}"#,
        ),
        other(
            "page_escape",
            "An escape that need not be.",
            r#"{"title":"\u0054"}"#,
        ),
        other(
            "page_fact_number",
            "A value that is no text.",
            r#"{"facts":[["a",1]]}"#,
        ),
        other(
            "page_strict_inside",
            "The box is asked for by a flag, not on the page.",
            r#"{"strict":true,"title":"T"}"#,
        ),
    ]
}

fn forms() -> Vec<Made> {
    let form = |name: &str, comment: &str, text: &str, log: &str| {
        refused(name, comment, with(&[(6, uint(4)), (11, tstr(text))]), log)
    };
    let wrong = |name: &str, comment: &str, text: &str| form(name, comment, text, "form");
    let other = |name: &str, comment: &str, text: &str| form(name, comment, text, "form is not canonical");
    let one = |outcome: &str| format!(r#"{{"outcomes":[{outcome}]}}"#);
    let outcome = r#"{"name":"o","type":"heartbeat","schema":{}}"#;
    let with_field = |field: &str| one(&outcome.replace(r#"{}}"#, &format!(r#"{{}},{field}}}"#)));
    let titled = |title: &str| format!(r#"{{"title":"{title}","outcomes":[{outcome}]}}"#);
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    vec![
        wrong("form_not_an_object", "A number.", "5"),
        wrong(
            "form_array",
            "The outcomes alone, as those of a post action.",
            OUTCOMES,
        ),
        wrong(
            "form_without_outcomes",
            "A title and nothing to choose.",
            r#"{"title":"T"}"#,
        ),
        wrong("form_outcomes_empty", "No outcome.", &one("")),
        wrong(
            "form_unknown_field",
            "A field that this version does not know.",
            &format!(r#"{{"title":"T","image":"i","outcomes":[{outcome}]}}"#),
        ),
        wrong(
            "form_with_label",
            "The buttons of a form are its outcomes.",
            &format!(r#"{{"title":"T","outcomes":[{outcome}],"label":"L"}}"#),
        ),
        wrong("form_title_blank", "A title that nobody sees.", &titled(" ")),
        wrong(
            "form_title_too_long",
            "A title of 201 characters.",
            &titled(&"t".repeat(201)),
        ),
        wrong(
            "form_outcome_unknown_field",
            "A field in an outcome that this version does not know.",
            &with_field(r#""when":1"#),
        ),
        wrong(
            "form_response_unknown_field",
            "A field in the response of an outcome that this version does not know.",
            &with_field(r#""response":{"pdf":"x"}"#),
        ),
        wrong(
            "form_unknown_style",
            "A style of the future.",
            &with_field(r#""style":"loud""#),
        ),
        wrong(
            "form_label_blank",
            "A button without a text.",
            &with_field(r#""label":"""#),
        ),
        wrong(
            "form_label_too_long",
            "A label of 81 characters.",
            &with_field(&format!(r#""label":"{}""#, "l".repeat(81))),
        ),
        wrong(
            "form_outcome_of_type_form",
            "An outcome is no form.",
            &one(r#"{"name":"o","type":"form","schema":{}}"#),
        ),
        wrong(
            "form_same_names",
            "Two outcomes of one name, and no way to tell which button was meant.",
            &one(&format!("{outcome},{outcome}")),
        ),
        form(
            "form_nested_too_deep",
            "Arrays in arrays, 130 of them.",
            &with_field(&format!(r#""label":{deep}"#)),
            "form nested too deep",
        ),
        other(
            "form_white_space",
            "White space between two parts.",
            &format!(r#"{{"outcomes": [{outcome}]}}"#),
        ),
        other(
            "form_order",
            "The outcomes before the title.",
            &format!(r#"{{"outcomes":[{outcome}],"title":"T"}}"#),
        ),
        other("form_escape", "An escape that need not be.", &titled(r"\u0054")),
        other(
            "form_fact_number",
            "A value that is no text.",
            &format!(r#"{{"facts":[["a",1]],"outcomes":[{outcome}]}}"#),
        ),
        other(
            "form_no_facts",
            "Facts are left out when there are none.",
            &format!(r#"{{"facts":[],"outcomes":[{outcome}]}}"#),
        ),
        other(
            "form_outcome_without_schema",
            "A schema that was left out is written as an empty one.",
            &one(r#"{"name":"o","type":"heartbeat"}"#),
        ),
        other(
            "form_outcome_order",
            "The label before the name.",
            &one(r#"{"label":"L","name":"o","type":"heartbeat","schema":{}}"#),
        ),
    ]
}

fn recipients_and_languages() -> Vec<Made> {
    let recipient = |name: &str, comment: &str, text: &str| {
        refused(name, comment, with(&[(16, tstr(text))]), "recipient")
    };
    let no_text = "a text is not text";
    vec![
        refused("recipient_not_text", "A number.", with(&[(16, uint(1))]), no_text),
        recipient("recipient_empty", "A recipient of no characters.", ""),
        recipient("recipient_blank", "A recipient that nobody sees.", " "),
        recipient("recipient_control_character", "A recipient of two lines.", "a\nb"),
        recipient(
            "recipient_too_long",
            "A recipient of 257 characters.",
            &"é".repeat(257),
        ),
        refused(
            "locale_not_utf8",
            "A language whose text is not UTF-8.",
            with(&[(24, vec![0x61, 0xff])]),
            no_text,
        ),
        refused(
            "unknown_field_boolean",
            "A truth value in a field that nobody has defined.",
            with(&[(25, vec![0xf5])]),
            "a type that payloads do not have",
        ),
    ]
}

fn refused_in_json() -> Vec<Made> {
    let bad = |name: &str, comment: &str, more: &str, log: &str| {
        made_plain(name, comment, &json(HEARTBEAT, more), content(log))
    };
    let form = form_action(FORM).replacen('{', r#"{"image":"i","#, 1);
    vec![
        bad(
            "plain_confirm_unknown",
            "A way to ask that this version does not know.",
            r#""confirm":"twice""#,
            "confirm: is not what is expected here",
        ),
        bad(
            "plain_confirm_true",
            "Only a request to create may ask with true.",
            r#""confirm":true"#,
            "confirm: must be a string",
        ),
        bad(
            "plain_confirm_twice",
            "Whether it asks is said twice.",
            r#""confirm":"page","confirm":"strict""#,
            "duplicate field `confirm`",
        ),
        bad(
            "plain_page_unknown_field",
            "A field that this version does not know.",
            r#""confirm":"page","page":{"image":"i"}"#,
            "page.image: must be one of `strict`, `title`, `text`, `facts`, `label`, `style`",
        ),
        bad(
            "plain_page_label_blank",
            "A button without a text.",
            r#""confirm":"page","page":{"label":" "}"#,
            "page.label: must hold something that can be seen",
        ),
        bad(
            "plain_recipient_empty",
            "A recipient of no characters.",
            r#""recipient":"""#,
            "recipient",
        ),
        bad(
            "plain_callback_text",
            "A switch that is text.",
            r#""callback":"true""#,
            "callback: must be a boolean",
        ),
        made_plain(
            "plain_form_unknown_field",
            "A form has no fields that are passed over.",
            &payload_json(TOKEN, &form),
            content(
                "action.image: must be one of `name`, `type`, `title`, `text`, `facts`, `outcomes`, `confirm`, `response`",
            ),
        ),
        made_plain(
            "plain_form_without_outcomes",
            "A title and nothing to choose.",
            &payload_json(TOKEN, r#"{"name":"a","type":"form","title":"T"}"#),
            content("action: missing field `outcomes`"),
        ),
    ]
}
