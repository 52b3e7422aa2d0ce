//! Links for machines: how a sender proves who it is, and what it may send.

use super::{
    HEARTBEAT, Keys, Made, TOKEN, bstr, content, deflate, map, payload, payload_json, plain_link, refused,
    salt_of, tstr, uint, with,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const OUTCOMES: &str = r#"[{"name":"o","type":"heartbeat","schema":{}}]"#;
const POST: &str =
    r#"{"name":"approve","type":"post","outcomes":[{"name":"o","type":"heartbeat","schema":{}}]}"#;
const GITHUB: &str = r#"{"scheme":"github","secret":["It's a Secret to Everybody"]}"#;
const STRIPE: &str = r#"{"scheme":"stripe","secret":["whsec_1","whsec_2"],"tolerance":300}"#;
const SENDGRID: &str = r#"{"scheme":"sendgrid","secret":["MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERxw+dYxJBChbun5TEY7Q9SSt6wdX0lvS+Oew1236cUzdUg96yoqLkXrMN/Ud6PDJu+OthYOC5wLcJaEtCfeoWA=="]}"#;
const TWILIO: &str = r#"{"scheme":"twilio","secret":["12345"],"url":"https://example.com/v1"}"#;
const GENERIC: &str = r#"{"scheme":"generic","secret":["6b6579"],"tolerance":60,"header":"X-Sig","prefix":"v1=","parts":["{ts}",".","{body}"],"ts_key":"t","ts_unit":"ms","algo":"sha512","encoding":"base64","key":"hex"}"#;
const SEPARATED: &str = r#"{"scheme":"generic","secret":["s"],"header":"X-Sig","prefix":"v1=","separator":",","parts":["{body}"],"algo":"sha256","encoding":"hex","key":"utf8"}"#;
const DATED: &str = r#"{"scheme":"generic","secret":["s"],"tolerance":300,"header":"X-Sig","parts":["{ts}","{body}"],"ts_header":"X-Time","ts_unit":"rfc3339","algo":"sha256","encoding":"base64","key":"utf8"}"#;
const FRONTED: &str = r#"{"scheme":"generic","secret":["s"],"tolerance":300,"header":"X-Sig","parts":["{ts}",".","{body}"],"ts_separator":".","ts_unit":"s","algo":"sha256","encoding":"hex","key":"utf8"}"#;
const ADDRESSED: &str = r#"{"scheme":"generic","secret":["s"],"header":"X-Sig","parts":["{address}","{body}"],"algo":"sha256","encoding":"base64","key":"utf8","url":"https://example.com/v1"}"#;
const SQUARE: &str = r#"{"scheme":"square","secret":["asdf1234"],"url":"https://example.com/v1"}"#;
const DROPBOX_SIGN: &str = r#"{"scheme":"dropbox-sign","secret":["key"],"tolerance":86400}"#;
const GENERATE: &str = r#"{"scheme":"standard-webhooks","secret":"generate","tolerance":300}"#;
const TEXTS: &str = r#"{"bodies":["json","text-json"],"answer":"text"}"#;
const RESPONSE: &str = r#"{"text":"Hello API Event Received"}"#;
const INTAKE: &str = r#"{"bodies":["json","form"],"unwrap":"payload","accept_raw":true,"cloudevents":true}"#;

pub fn all() -> Vec<Made> {
    let mut all = Vec::new();
    all.extend(opened());
    all.extend(opened_in_json());
    all.extend(refused_verify());
    all.extend(refused_elsewhere());
    all.extend(refused_in_json());
    all
}

/// The payload of a post action with these further fields.
fn posting(more: &[(u64, Vec<u8>)]) -> Vec<u8> {
    with(&[&[(6, uint(3)), (11, tstr(OUTCOMES))], more].concat())
}

fn ok(name: &str, comment: &str, payload: Vec<u8>, expect: String) -> Made {
    let link = Keys::local().link(name, &payload);
    Made::sealed(name, comment, Keys::local(), link, expect)
}

/// What a link holds beside what the JSON of formats 1 and 2 can say.
fn proving(json: &str, verify: &str) -> String {
    format!(r#"{{"payload": {json}, "verify": {verify}, "written": true}}"#)
}

fn opened() -> Vec<Made> {
    let plain = payload_json(TOKEN, POST);
    let with_intake = format!("{},\"webhook\":{INTAKE}}}", &plain[..plain.len() - 1]);
    let each = [
        ("ok_verify", "A secret of GitHub.", GITHUB),
        (
            "ok_verify_two_secrets",
            "Two secrets, of which one is enough, and a tolerance.",
            STRIPE,
        ),
        (
            "ok_verify_without_tolerance",
            "A scheme that signs a time, at whatever time.",
            SENDGRID,
        ),
        (
            "ok_verify_twilio",
            "A scheme that signs the address, and where the link points.",
            TWILIO,
        ),
        (
            "ok_verify_generic",
            "Every field that the author's own scheme can have.",
            GENERIC,
        ),
        (
            "ok_verify_separator",
            "Several signatures in one header, without a time.",
            SEPARATED,
        ),
        ("ok_verify_rfc3339", "A time as a date.", DATED),
        (
            "ok_verify_ts_separator",
            "A time and a signature in one header.",
            FRONTED,
        ),
        (
            "ok_verify_address",
            "An author's own scheme that signs the address, and where the link points.",
            ADDRESSED,
        ),
        (
            "ok_verify_square",
            "A sender that signs the address, and where the link points.",
            SQUARE,
        ),
        (
            "ok_verify_dropbox_sign",
            "A signature in the body, of the event's time.",
            DROPBOX_SIGN,
        ),
    ];
    let mut made: Vec<Made> = each
        .into_iter()
        .map(|(name, comment, verify)| {
            ok(
                name,
                comment,
                posting(&[(17, tstr(verify))]),
                proving(&plain, verify),
            )
        })
        .collect();
    let secret = Keys::local().expand(&salt_of("ok_verify_generate"), b" webhook", 2);
    made.push(ok(
        "ok_verify_generate",
        "A secret of the link's own.",
        posting(&[(17, tstr(GENERATE))]),
        format!(
            r#"{{"payload": {plain}, "verify": {GENERATE}, "generated": "whsec_{}", "written": true}}"#,
            STANDARD.encode(secret)
        ),
    ));
    made.push(ok(
        "ok_intake",
        "What may be sent, without a proof.",
        posting(&[(18, tstr(INTAKE))]),
        payload(&with_intake, true),
    ));
    let answered = format!("{},\"response\":{RESPONSE}}}", &POST[..POST.len() - 1]);
    let answered = payload_json(TOKEN, &answered);
    let answered = format!("{},\"webhook\":{TEXTS}}}", &answered[..answered.len() - 1]);
    made.push(ok(
        "ok_intake_texts",
        "JSON in a text, and a text as the answer.",
        posting(&[(10, tstr(RESPONSE)), (18, tstr(TEXTS))]),
        payload(&answered, true),
    ));
    made.push(ok(
        "ok_verify_and_intake",
        "A proof, and what may be sent.",
        posting(&[(17, tstr(GITHUB)), (18, tstr(INTAKE))]),
        proving(&with_intake, GITHUB),
    ));
    made
}

fn json(action: &str, more: &str) -> String {
    let json = payload_json(TOKEN, action);
    format!("{},{more}}}", &json[..json.len() - 1])
}

fn opened_in_json() -> Vec<Made> {
    let both = json(POST, &format!(r#""webhook":{INTAKE}"#));
    let inside = POST.replace(
        "\"outcomes\"",
        &format!(r#""verify":{GITHUB},"bodies":["form"],"cloudevents":5,"outcomes""#),
    );
    vec![
        Made::python(
            "ok_plain_webhook",
            "What may be sent stands beside the action.",
            None,
            plain_link(&both),
            payload(&both, true),
        ),
        Made::python(
            "ok_plain_verify_in_action",
            "What stood inside of an action when nobody read it means nothing.",
            None,
            plain_link(&payload_json(TOKEN, &inside)),
            payload(&payload_json(TOKEN, POST), false),
        ),
    ]
}

fn refused_verify() -> Vec<Made> {
    const FAULTY: &str = "verify or intake";
    const OTHER: &str = "verify is not canonical";
    let secrets = |count: usize| {
        let list = vec!["\"s\""; count].join(",");
        format!(r#"{{"scheme":"github","secret":[{list}]}}"#)
    };
    let generic = |more: &str| format!(r#"{{"scheme":"generic","secret":["s"],"header":"X"{more}}}"#);
    let whole = r#""algo":"sha256","encoding":"hex","key":"utf8""#;
    let each: Vec<(&str, &str, String, &str)> = vec![
        ("verify_not_json", "No JSON.", "{".into(), FAULTY),
        (
            "verify_not_an_object",
            "JSON, but no object.",
            "[]".into(),
            FAULTY,
        ),
        (
            "verify_unknown_field",
            "A field that nobody has defined, which may restrict who is believed.",
            GITHUB.replace('}', r#","strict":true}"#),
            FAULTY,
        ),
        (
            "verify_duplicate_field",
            "Two schemes.",
            GITHUB.replace('{', r#"{"scheme":"gitlab","#),
            FAULTY,
        ),
        (
            "verify_null",
            "A field that is null instead of absent.",
            STRIPE.replace("300", "null"),
            FAULTY,
        ),
        ("verify_white_space", "A blank.", GITHUB.replace(':', ": "), OTHER),
        (
            "verify_order",
            "Fields in another order.",
            r#"{"secret":["s"],"scheme":"github"}"#.into(),
            OTHER,
        ),
        (
            "verify_escape",
            "An escape that is not needed.",
            GITHUB.replace("It", "\\u0049t"),
            OTHER,
        ),
        (
            "verify_secret_alone",
            "One secret without a list.",
            r#"{"scheme":"github","secret":"s"}"#.into(),
            OTHER,
        ),
        (
            "verify_unknown_scheme",
            "A scheme of the future.",
            GITHUB.replace("github", "fusionauth"),
            FAULTY,
        ),
        (
            "verify_alias",
            "A name that requests may use; links have one for each scheme.",
            GENERATE.replace("standard-webhooks", "openai"),
            OTHER,
        ),
        ("verify_no_secret", "No secret at all.", secrets(0), FAULTY),
        (
            "verify_six_secrets",
            "More secrets than are tried.",
            secrets(6),
            FAULTY,
        ),
        (
            "verify_secret_empty",
            "A secret that everybody knows.",
            r#"{"scheme":"github","secret":[""]}"#.into(),
            FAULTY,
        ),
        (
            "verify_secret_too_long",
            "A secret of 1,025 bytes.",
            format!(r#"{{"scheme":"github","secret":["{}"]}}"#, "s".repeat(1_025)),
            FAULTY,
        ),
        (
            "verify_secret_form",
            "A secret that is none of the scheme's.",
            r#"{"scheme":"discord","secret":["0011"],"tolerance":300}"#.into(),
            FAULTY,
        ),
        (
            "verify_generate_in_list",
            "The word that stands for the link's own secret, as a secret.",
            r#"{"scheme":"github","secret":["generate"]}"#.into(),
            FAULTY,
        ),
        (
            "verify_generate_of_sender",
            "A secret of the link's own, where the sender makes it.",
            r#"{"scheme":"stripe","secret":"generate","tolerance":300}"#.into(),
            FAULTY,
        ),
        (
            "verify_tolerance_zero",
            "No time at all.",
            STRIPE.replace("300", "0"),
            FAULTY,
        ),
        (
            "verify_tolerance_too_long",
            "A second more than a day.",
            STRIPE.replace("300", "86401"),
            FAULTY,
        ),
        (
            "verify_tolerance_without_time",
            "A tolerance where no time is signed.",
            GITHUB.replace('}', r#","tolerance":300}"#),
            FAULTY,
        ),
        (
            "verify_foreign_field",
            "A field of another scheme.",
            GITHUB.replace('}', r#","header":"X"}"#),
            FAULTY,
        ),
        (
            "verify_header_without_name",
            "A secret in a header that has no name.",
            r#"{"scheme":"header","secret":["s"]}"#.into(),
            FAULTY,
        ),
        (
            "verify_generic_without_body",
            "A signature over something else than the body.",
            generic(&format!(r#","parts":["x"],{whole}"#)),
            FAULTY,
        ),
        (
            "verify_generic_unsigned_time",
            "A time that is not signed.",
            generic(&format!(
                r#","parts":["{{body}}"],"ts_header":"T","ts_unit":"s",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_generic_defaults",
            "Fields left out that links always have.",
            generic(r#","parts":["{body}"]"#),
            OTHER,
        ),
        (
            "verify_twilio_without_url",
            "A scheme that signs the address, without one.",
            r#"{"scheme":"twilio","secret":["s"]}"#.into(),
            "verify without an address",
        ),
        (
            "verify_square_without_url",
            "The same of another sender.",
            r#"{"scheme":"square","secret":["s"]}"#.into(),
            "verify without an address",
        ),
        (
            "verify_address_without_url",
            "The same in an author's own scheme.",
            generic(&format!(r#","parts":["{{address}}","{{body}}"],{whole}"#)),
            "verify without an address",
        ),
        (
            "verify_url_without_address",
            "Where the link points, which is not signed.",
            generic(&format!(
                r#","parts":["{{body}}"],{whole},"url":"https://example.com/v1""#
            )),
            FAULTY,
        ),
        (
            "verify_address_twice",
            "The address in two places.",
            generic(&format!(
                r#","parts":["{{address}}",".","{{address}}","{{body}}"],{whole},"url":"https://example.com/v1""#
            )),
            FAULTY,
        ),
        (
            "verify_address_at_header",
            "A header that nothing separates from the address.",
            generic(&format!(
                r#","parts":["{{header:y}}","{{address}}","{{body}}"],{whole},"url":"https://example.com/v1""#
            )),
            FAULTY,
        ),
        (
            "verify_separator_unknown",
            "A separator that nobody has defined.",
            generic(&format!(r#","separator":"|","parts":["{{body}}"],{whole}"#)),
            FAULTY,
        ),
        (
            "verify_separator_in_prefix",
            "A prefix that the separator would end.",
            generic(&format!(
                r#","prefix":"a,b","separator":",","parts":["{{body}}"],{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_separator_beside_key",
            "Two ways to take one header apart.",
            generic(&format!(
                r#","prefix":"v=","separator":",","parts":["{{ts}}","{{body}}"],"ts_key":"t","ts_unit":"s",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_separator_beside_ts_separator",
            "The same.",
            generic(&format!(
                r#","separator":",","parts":["{{ts}}","{{body}}"],"ts_separator":".","ts_unit":"s",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_two_times",
            "A time in two places.",
            generic(&format!(
                r#","parts":["{{ts}}","{{body}}"],"ts_header":"T","ts_separator":".","ts_unit":"s",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_ts_separator_digit",
            "A separator that may be a part of the time.",
            generic(&format!(
                r#","parts":["{{ts}}","{{body}}"],"ts_separator":"0","ts_unit":"s",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_ts_separator_dot",
            "The same: a date may have a fraction.",
            generic(&format!(
                r#","parts":["{{ts}}","{{body}}"],"ts_separator":".","ts_unit":"rfc3339",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_ts_separator_too_long",
            "Nine characters.",
            generic(&format!(
                r#","parts":["{{ts}}","{{body}}"],"ts_separator":".........","ts_unit":"s",{whole}"#
            )),
            FAULTY,
        ),
        (
            "verify_separator_of_sender",
            "A field of the author's own scheme in another.",
            r#"{"scheme":"pagerduty","secret":["s"],"separator":","}"#.into(),
            FAULTY,
        ),
    ];
    each.into_iter()
        .map(|(name, comment, verify, log)| refused(name, comment, posting(&[(17, tstr(&verify))]), log))
        .collect()
}

fn refused_elsewhere() -> Vec<Made> {
    const FOREIGN: &str = "fields that do not belong to the type";
    const FAULTY: &str = "verify or intake";
    let redirect = OUTCOMES.replace("{}", r#"{},"response":{"redirect":"https://example.com/"}"#);
    let intake = |text: &str| posting(&[(18, tstr(text))]);
    let both = |text: &str| posting(&[(17, tstr(GITHUB)), (18, tstr(text))]);
    vec![
        refused(
            "verify_on_heartbeat",
            "Only what is posted has a sender.",
            with(&[(17, tstr(GITHUB))]),
            FOREIGN,
        ),
        refused(
            "intake_on_form",
            "A form takes what its page sends.",
            with(&[
                (6, uint(4)),
                (11, tstr(&format!("{{\"outcomes\":{OUTCOMES}}}"))),
                (18, tstr(INTAKE)),
            ]),
            FOREIGN,
        ),
        refused(
            "verify_not_text",
            "A byte string.",
            posting(&[(17, bstr(GITHUB.as_bytes()))]),
            "a text is not text",
        ),
        refused(
            "intake_not_text",
            "A number.",
            posting(&[(18, uint(1))]),
            "a text is not text",
        ),
        refused(
            "static_verify",
            "A secret that was compressed.",
            with(&[
                (6, uint(3)),
                (
                    15,
                    bstr(&deflate(&map(&[(11, tstr(OUTCOMES)), (17, tstr(GITHUB))]))),
                ),
            ]),
            "unknown static part",
        ),
        refused(
            "verify_with_redirect",
            "An answer that senders do not follow.",
            posting(&[
                (10, tstr(r#"{"redirect":"https://example.com/"}"#)),
                (17, tstr(GITHUB)),
            ]),
            FAULTY,
        ),
        refused(
            "intake_with_outcome_redirect",
            "The same in an outcome.",
            with(&[(6, uint(3)), (11, tstr(&redirect)), (18, tstr(INTAKE))]),
            FAULTY,
        ),
        refused("intake_empty", "Nothing said.", intake("{}"), "an empty intake"),
        refused(
            "intake_empty_beside_verify",
            "Nothing said.",
            both("{}"),
            "intake is not canonical",
        ),
        refused(
            "intake_false",
            "What is absent, said.",
            both(r#"{"accept_raw":false}"#),
            "intake is not canonical",
        ),
        refused(
            "intake_unknown_field",
            "A field that nobody has defined.",
            intake(r#"{"strict":true}"#),
            FAULTY,
        ),
        refused(
            "intake_unknown_kind",
            "A kind that nobody has defined.",
            intake(r#"{"bodies":["xml"]}"#),
            FAULTY,
        ),
        refused(
            "intake_no_kind",
            "A link that takes nothing.",
            intake(r#"{"bodies":[]}"#),
            FAULTY,
        ),
        refused(
            "intake_order",
            "Kinds in another order.",
            intake(r#"{"bodies":["form","json"]}"#),
            "intake is not canonical",
        ),
        refused(
            "intake_kind_twice",
            "One kind twice.",
            intake(r#"{"bodies":["json","json"]}"#),
            "intake is not canonical",
        ),
        refused(
            "intake_unwrap_without_form",
            "A field of forms, which are not taken.",
            intake(r#"{"bodies":["json"],"unwrap":"payload"}"#),
            FAULTY,
        ),
        refused(
            "intake_text_twice",
            "One content type of two kinds.",
            intake(r#"{"bodies":["text","text-json"]}"#),
            FAULTY,
        ),
        refused(
            "intake_answer_unknown",
            "An answer that nobody has defined.",
            posting(&[(10, tstr(RESPONSE)), (18, tstr(r#"{"answer":"json"}"#))]),
            FAULTY,
        ),
        refused(
            "intake_answer_without_text",
            "An answer that nobody has written.",
            intake(r#"{"answer":"text"}"#),
            FAULTY,
        ),
        refused(
            "intake_unwrap_empty",
            "A field without a name.",
            intake(r#"{"bodies":["form"],"unwrap":""}"#),
            FAULTY,
        ),
    ]
}

fn refused_in_json() -> Vec<Made> {
    let made = |name: &str, comment: &str, json: &str, log: &str| {
        Made::python(name, comment, None, plain_link(json), content(log))
    };
    vec![
        made(
            "plain_verify",
            "A secret that everybody can read.",
            &json(POST, &format!(r#""verify":{GITHUB}"#)),
            "a secret in a link without encryption",
        ),
        made(
            "plain_webhook_on_heartbeat",
            "Only a post action takes a body.",
            &json(HEARTBEAT, &format!(r#""webhook":{INTAKE}"#)),
            "what webhooks may send, in a link that is for none",
        ),
        made(
            "plain_webhook_unknown_kind",
            "A kind that nobody has defined.",
            &json(POST, r#""webhook":{"bodies":["xml"]}"#),
            "webhook.bodies[0]: must be one of `json`, `form`, `multipart`, `text`, `empty`, `text-json`",
        ),
    ]
}
