//! Pages, forms, recipients and languages that are refused.

use super::{
    ASKS, CALLBACK, FORM, OUTCOMES, PARAMETERS, QUESTION, SMALL_FORM, STRICT, flagged, form_action, json,
    made_plain,
};
use crate::vectors::make::{
    HEARTBEAT, Made, TOKEN, bstr, content, deflate, map, payload_json, refused, tstr, uint, with,
};

pub fn all() -> Vec<Made> {
    let mut all = Vec::new();
    all.extend(flags());
    all.extend(questions());
    all.extend(forms());
    all.extend(recipients_and_languages());
    all.extend(refused_in_json());
    all
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
