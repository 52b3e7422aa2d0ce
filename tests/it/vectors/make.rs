//! What the vectors are made of. Nothing here calls the code that they are for: text, layout, keys and CBOR are
//! put together by hand, as docs/FORMAT.md describes them.
//!
//! The messages of the Python SDK are made by tests/vectors/python/make_messages.py; here they are only damaged.

mod compact;
pub mod nonce;
mod pages;
mod targets;
mod webhooks;

use super::{hex, unhex};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use serde_json::json;

/// DS.
const DOMAIN: &[u8] = b"sfn-callback-urls/3";
/// The data key of all vectors that open, and of most that do not.
const DATA_KEY: [u8; 32] = counting(0x00);
const AUDIENCE: &str = "stack-1";
const TRANSACTION: &str = "00112233445566778899aabbccddeeff";
/// Base64 of the bytes 0 to 59.
const TOKEN: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7";
const ISSUED_AT: u64 = 1_790_000_000;
const EXPIRES_AT: u64 = 1_800_000_000;
/// Longest text behind `3-`, in characters.
const MAX_TEXT: usize = 8_192;

/// A vector as it is written to its file.
pub struct Made {
    /// Folder and name, as docs/FORMAT.md has them.
    pub name: String,
    comment: String,
    keys: Option<Keys>,
    audience: Option<&'static str>,
    now: Option<u64>,
    link: String,
    /// JSON text: the digits of a payload must not be read and written again.
    expect: String,
}

impl Made {
    /// The content of the file.
    pub fn text(&self) -> String {
        let quoted = |text: &str| json!(text).to_string();
        let mut fields = vec![("comment", quoted(&self.comment))];
        fields.extend(self.keys.as_ref().map(|keys| ("key", keys.json())));
        fields.extend(self.audience.map(|audience| ("audience", quoted(audience))));
        fields.extend(self.now.map(|now| ("now", now.to_string())));
        fields.push(("link", quoted(&self.link)));
        fields.push(("expect", self.expect.clone()));
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, value)| format!("  \"{name}\": {value}"))
            .collect();
        format!("{{\n{}\n}}\n", fields.join(",\n"))
    }

    fn sealed(name: &str, comment: &str, keys: Keys, link: String, expect: String) -> Self {
        Self {
            name: format!("sealed/{name}"),
            comment: comment.to_owned(),
            keys: Some(keys),
            audience: Some(AUDIENCE),
            now: None,
            link,
            expect,
        }
    }

    fn python(name: &str, comment: &str, keys: Option<Keys>, link: String, expect: String) -> Self {
        Self {
            name: format!("python/{name}"),
            comment: comment.to_owned(),
            keys,
            audience: None,
            now: None,
            link,
            expect,
        }
    }
}

/// All vectors that come from here. `existing` gives the link of a vector that is made elsewhere.
pub fn all(existing: &dyn Fn(&str) -> String) -> Vec<Made> {
    let mut all = Vec::new();
    all.extend(published());
    all.extend(opened());
    all.extend(texts());
    all.extend(layouts());
    all.extend(authentication());
    all.extend(encodings());
    all.extend(fields());
    all.extend(tokens());
    all.extend(contents());
    all.extend(static_parts());
    all.extend(pages::all());
    all.extend(compact::all());
    all.extend(webhooks::all());
    all.extend(targets::all());
    all.extend(plain());
    all.extend(damaged_messages(existing));
    all
}

// ---- what a vector expects ----

fn damage(class: &str, log: &str) -> String {
    json!({"damage": class, "log": log}).to_string()
}

fn content(log: &str) -> String {
    damage("Content", &format!("payload: {log}"))
}

/// The payload of an opened link, in the JSON that `1-` and `2-` links hold.
fn payload_json(token: &str, action: &str) -> String {
    format!(r#"{{"token":"{token}","iat":{ISSUED_AT},"tid":"{TRANSACTION}","action":{action}}}"#)
}

/// `written`: whether the service's own writer makes exactly this link of the payload.
fn payload(payload: &str, written: bool) -> String {
    format!(r#"{{"payload": {payload}, "written": {written}}}"#)
}

fn opens(action: &str) -> String {
    payload(&payload_json(TOKEN, action), true)
}

// ---- keys, layout and text ----

#[derive(Clone)]
struct Keys {
    data_key: [u8; 32],
    reference: Reference,
}

#[derive(Clone)]
enum Reference {
    Kms(Vec<u8>),
    Local([u8; 8]),
    Epoch {
        epoch: u32,
        mac_key: [u8; 32],
    },
    /// Of a message of the AWS Encryption SDK.
    Old,
}

impl Keys {
    fn kms() -> Self {
        Self::wrapped(184)
    }

    fn wrapped(length: u32) -> Self {
        let wrapped = (0..length).map(|i| low_byte(7 * i + 1)).collect();
        let reference = Reference::Kms(wrapped);
        Self {
            data_key: DATA_KEY,
            reference,
        }
    }

    fn local() -> Self {
        let id = digest(&SHA256, &[DOMAIN, b" kid", &DATA_KEY].concat());
        let mut first = [0; 8];
        first.copy_from_slice(&id.as_ref()[..8]);
        let reference = Reference::Local(first);
        Self {
            data_key: DATA_KEY,
            reference,
        }
    }

    fn old() -> Self {
        let reference = Reference::Old;
        Self {
            data_key: DATA_KEY,
            reference,
        }
    }

    fn with_data_key(self, data_key: [u8; 32]) -> Self {
        Self { data_key, ..self }
    }

    fn json(&self) -> String {
        let data_key = hex(&self.data_key);
        match &self.reference {
            Reference::Kms(wrapped) => json!({"data_key": data_key, "wrapped_key": hex(wrapped)}),
            Reference::Local(id) => json!({"data_key": data_key, "local_id": hex(id)}),
            Reference::Epoch { epoch, mac_key } => {
                json!({"data_key": data_key, "mac_key": hex(mac_key), "epoch": epoch})
            }
            Reference::Old => json!({"data_key": data_key}),
        }
        .to_string()
    }

    fn suite(&self) -> u8 {
        match self.reference {
            Reference::Kms(_) => 1,
            Reference::Local(_) => 2,
            Reference::Epoch { .. } => 3,
            Reference::Old => unreachable!("has no suite of ours"),
        }
    }

    /// Suite and key reference.
    fn start(&self) -> Vec<u8> {
        match &self.reference {
            Reference::Kms(wrapped) => {
                let length = u16::try_from(wrapped.len()).unwrap().to_be_bytes();
                [&[1], length.as_slice(), wrapped].concat()
            }
            Reference::Local(id) => [&[2], id.as_slice()].concat(),
            Reference::Epoch { epoch, .. } => [&[3], epoch.to_be_bytes().as_slice()].concat(),
            Reference::Old => unreachable!("has no header of ours"),
        }
    }

    fn expand(&self, salt: &[u8; 16], purpose: &[u8], suite: u8) -> [u8; 32] {
        let prk = Salt::new(HKDF_SHA256, salt).extract(&self.data_key);
        let mut bytes = [0; 32];
        let info = [DOMAIN, purpose, &[suite]];
        prk.expand(&info, Length32).unwrap().fill(&mut bytes).unwrap();
        bytes
    }

    fn commitment(&self, salt: &[u8; 16]) -> [u8; 32] {
        self.expand(salt, b" commit", self.suite())
    }

    fn header(&self, salt: &[u8; 16]) -> Vec<u8> {
        [self.start().as_slice(), salt, self.commitment(salt).as_slice()].concat()
    }

    fn message(&self, salt: &[u8; 16], payload: &[u8]) -> Vec<u8> {
        let key = self.expand(salt, b" key", self.suite());
        finish(&self.header(salt), key, [0; 12], AUDIENCE, payload)
    }

    fn link(&self, name: &str, payload: &[u8]) -> String {
        text(&self.message(&salt_of(name), payload))
    }
}

struct Length32;

impl KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

/// Header, ciphertext and tag.
fn finish(header: &[u8], key: [u8; 32], nonce: [u8; 12], audience: &str, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(audience.len()).unwrap().to_be_bytes();
    let additional = [DOMAIN, &[0], length.as_slice(), audience.as_bytes(), header].concat();
    let mut sealed = payload.to_vec();
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap())
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(additional),
            &mut sealed,
        )
        .unwrap();
    [header, &sealed].concat()
}

fn text(message: &[u8]) -> String {
    format!("3-{}", URL_SAFE_NO_PAD.encode(message))
}

/// A salt of its own for each vector.
fn salt_of(name: &str) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(&digest(&SHA256, name.as_bytes()).as_ref()[..16]);
    salt
}

const fn counting(from: u8) -> [u8; 32] {
    let mut bytes = [from; 32];
    let (mut place, mut byte) = (0, from);
    while place < bytes.len() {
        bytes[place] = byte;
        place += 1;
        byte += 1;
    }
    bytes
}

fn low_byte(number: u32) -> u8 {
    number.to_be_bytes()[3]
}

// ---- CBOR (RFC 8949), shortest forms ----

fn head(major: u8, number: u64) -> Vec<u8> {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    match number {
        0..24 => vec![major | bytes[7]],
        24..0x100 => vec![major | 24, bytes[7]],
        0x100..0x1_0000 => [&[major | 25], &bytes[6..]].concat(),
        0x1_0000..0x1_0000_0000 => [&[major | 26], &bytes[4..]].concat(),
        _ => [&[major | 27], bytes.as_slice()].concat(),
    }
}

fn uint(number: u64) -> Vec<u8> {
    head(0, number)
}

fn bstr(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len() as u64).as_slice(), bytes].concat()
}

fn tstr(text: &str) -> Vec<u8> {
    [head(3, text.len() as u64).as_slice(), text.as_bytes()].concat()
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len() as u64), items.concat()].concat()
}

type Field = (u64, Vec<u8>);

/// A map with its keys in the given order.
fn map(fields: &[Field]) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = fields
        .iter()
        .map(|(key, value)| [uint(*key).as_slice(), value].concat())
        .collect();
    [head(5, fields.len() as u64), entries.concat()].concat()
}

fn token_bytes() -> Vec<u8> {
    STANDARD.decode(TOKEN).unwrap()
}

/// The fields that every payload has, of a heartbeat.
fn minimal() -> Vec<Field> {
    vec![
        (0, bstr(&token_bytes())),
        (1, bstr(&unhex(TRANSACTION))),
        (2, uint(ISSUED_AT)),
        (5, tstr("approve")),
        (6, uint(2)),
    ]
}

/// Fields instead of or besides those of [`minimal`], in the right order.
fn minimal_with(more: &[Field]) -> Vec<Field> {
    let mut fields = minimal();
    fields.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    fields.extend(more.iter().cloned());
    fields.sort_by_key(|(key, _)| *key);
    fields
}

fn version_1(cbor: &[u8]) -> Vec<u8> {
    [&[1], cbor].concat()
}

fn with(more: &[Field]) -> Vec<u8> {
    version_1(&map(&minimal_with(more)))
}

// ---- the vectors ----

/// Those that were computed twice before there was a program. What they seal is no payload.
fn published() -> Vec<Made> {
    let salt: [u8; 16] = *counting(0xa0).first_chunk().unwrap();
    let plain = b"hello sealed url";
    let no_payload = content("unknown encoding version");
    let local = Keys {
        data_key: DATA_KEY,
        reference: Reference::Local(*b"KID_8BYT"),
    };
    let key = local.expand(&salt, b" key", 2);
    let local_link = text(&finish(&local.header(&salt), key, [0; 12], "", plain));
    let kms = Made::sealed(
        "published_kms",
        "The published vector of suite 0x01: authentic, and its plaintext is no payload.",
        Keys::kms(),
        text(&Keys::kms().message(&salt, plain)),
        no_payload.clone(),
    );
    let local = Made::sealed(
        "published_local",
        "The published vector of suite 0x02, with a made-up key id and an empty audience.",
        local,
        local_link,
        no_payload,
    );
    let local = Made {
        audience: Some(""),
        ..local
    };
    vec![kms, local]
}

const HEARTBEAT: &str = r#"{"name":"approve","type":"heartbeat"}"#;
/// The JSON in the message of `python/ok_confirm_in_action`, as Python wrote it.
const ASKING_IN_ACTION: &str = r#"{"token": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7", "iat": 1600000000, "tid": "00112233445566778899aabbccddeeff", "iss": "arn:aws:lambda:eu-west-1:111122223333:function:CreateUrls", "action": {"name": "approve", "type": "success", "output": {"approved": true}, "confirm": true}}"#;
const RESPONSE: &str =
    r#"{"redirect":"https://example.com/done","json":{"ok":true},"html":"<p>Done</p>","text":"Done"}"#;

fn opened() -> Vec<Made> {
    let mut all = Vec::new();
    let mut add = |name: &str, comment: &str, more: &[Field], expect: String| {
        let keys = Keys::kms();
        let link = keys.link(name, &with(more));
        all.push(Made::sealed(name, comment, keys, link, expect));
    };
    add(
        "ok_minimal",
        "The fewest fields that a payload can have.",
        &[],
        opens(HEARTBEAT),
    );
    add(
        "ok_success",
        "A success with its output.",
        &[(6, uint(0)), (7, tstr(r#"{"approved":true}"#))],
        opens(r#"{"name":"approve","type":"success","output":{"approved":true}}"#),
    );
    add(
        "ok_failure",
        "A failure with error and cause.",
        &[(6, uint(1)), (8, tstr("Rejected")), (9, tstr("by the reviewer"))],
        opens(r#"{"name":"approve","type":"failure","error":"Rejected","cause":"by the reviewer"}"#),
    );
    add(
        "ok_failure_without_texts",
        "A failure needs neither error nor cause.",
        &[(6, uint(1))],
        opens(r#"{"name":"approve","type":"failure"}"#),
    );
    add(
        "ok_heartbeat",
        "A heartbeat with a response.",
        &[(10, tstr(r#"{"text":"Thank you."}"#))],
        opens(r#"{"name":"approve","type":"heartbeat","response":{"text":"Thank you."}}"#),
    );
    let outcomes = r#"[{"name":"yes","type":"success","schema":{"type":"object"},"output_body":true},{"name":"no","type":"failure","schema":{},"error":"No","cause_path":"$.why"}]"#;
    add(
        "ok_post",
        "A post action with two outcomes.",
        &[(6, uint(3)), (11, tstr(outcomes))],
        opens(&format!(
            r#"{{"name":"approve","type":"post","outcomes":{outcomes}}}"#
        )),
    );
    add(
        "ok_output_text_is_kept",
        "The output is text: order of keys, digits of numbers and escapes come back as they were.",
        &[
            (6, uint(0)),
            (7, tstr(r#"{"b":12345678901234567890.10,"a":"caf\u00e9 é"}"#)),
        ],
        opens(
            r#"{"name":"approve","type":"success","output":{"b":12345678901234567890.10,"a":"caf\u00e9 é"}}"#,
        ),
    );
    add(
        "ok_unicode_name",
        "Any letter and digit of Unicode may stand in a name.",
        &[(5, tstr("承認_1"))],
        opens(r#"{"name":"承認_1","type":"heartbeat"}"#),
    );
    let (long_name, long_error) = ("n".repeat(256), "é".repeat(256));
    add(
        "ok_limits",
        "A name and an error of 256 characters each.",
        &[(5, tstr(&long_name)), (6, uint(1)), (8, tstr(&long_error))],
        opens(&format!(
            r#"{{"name":"{long_name}","type":"failure","error":"{long_error}"}}"#
        )),
    );
    let last = 253_402_300_799_u64;
    add(
        "ok_times_of_the_year_9999",
        "The last second that there is.",
        &[(2, uint(last)), (3, uint(last))],
        payload(
            &format!(
                r#"{{"token":"{TOKEN}","iat":{last},"tid":"{TRANSACTION}","exp":{last},"action":{HEARTBEAT}}}"#
            ),
            true,
        ),
    );
    let token = |token: &str| payload(&payload_json(token, HEARTBEAT), true);
    add(
        "ok_token_text",
        "A token that is not base64 is carried as text.",
        &[(0, tstr("a-token_that~is not base64"))],
        token("a-token_that~is not base64"),
    );
    let segments = |count: u8| -> (Vec<u8>, String) {
        let segments: Vec<Vec<u8>> = (0..count).map(|n| vec![n; 4]).collect();
        let text = segments.iter().map(|segment| STANDARD.encode(segment)).collect();
        (array(&segments.iter().map(|s| bstr(s)).collect::<Vec<_>>()), text)
    };
    let (two, two_text) = segments(2);
    add(
        "ok_token_two_segments",
        "A token of two padded base64 texts.",
        &[(0, two)],
        token(&two_text),
    );
    let (four, four_text) = segments(4);
    add(
        "ok_token_four_segments",
        "A token of four padded base64 texts, the most that are split.",
        &[(0, four)],
        token(&four_text),
    );
    let not_written = payload(&payload_json(TOKEN, HEARTBEAT), false);
    let nested = array(&[tstr("x"), array(&[bstr(&[0]), uint(1_000_000)])]);
    add(
        "ok_ignorable_field",
        "Keys from 24 on may be unknown.",
        &[(24, uint(1)), (70_000, nested)],
        not_written.clone(),
    );
    add(
        "ok_not_deflated",
        "Static parts that deflating would not make 64 bytes smaller stand in the map itself.",
        &[(10, tstr(RESPONSE))],
        opens(&format!(
            r#"{{"name":"approve","type":"heartbeat","response":{RESPONSE}}}"#
        )),
    );
    let html = format!(
        r#"{{"html":"{}"}}"#,
        "<p>Thank you, your answer was recorded.</p>".repeat(6)
    );
    add(
        "ok_deflated",
        "Static parts that repeat themselves are deflated. The choice of the compressor is free.",
        &[(15, bstr(&deflate(&map(&[(10, tstr(&html))]))))],
        format!(
            r#"{{"payload": {}}}"#,
            payload_json(
                TOKEN,
                &format!(r#"{{"name":"approve","type":"heartbeat","response":{html}}}"#),
            )
        ),
    );
    all.extend(opened_with_other_keys());
    all.extend(opened_at_times());
    all.extend(opened_with_glue());
    all
}

fn opened_with_other_keys() -> Vec<Made> {
    let made = |name: &str, comment: &str, keys: Keys| {
        let link = keys.link(name, &with(&[]));
        Made::sealed(name, comment, keys, link, opens(HEARTBEAT))
    };
    vec![
        made("ok_local", "Suite 0x02, under the id of its key.", Keys::local()),
        made(
            "ok_wrapped_key_of_one_byte",
            "The shortest wrapped key.",
            Keys::wrapped(1),
        ),
        made(
            "ok_wrapped_key_longest",
            "The longest wrapped key, 1,024 bytes.",
            Keys::wrapped(1_024),
        ),
    ]
}

fn opened_at_times() -> Vec<Made> {
    let link = |name: &str, comment: &str, now: u64, expired: bool| {
        let more = [
            (3, uint(EXPIRES_AT)),
            (4, uint(1)),
            (5, tstr("承認_1")),
            (6, uint(1)),
            (8, tstr("Rejected")),
            (9, tstr("by $who")),
            (10, tstr(RESPONSE)),
        ];
        let action = format!(
            r#"{{"name":"承認_1","type":"failure","error":"Rejected","cause":"by $who","response":{RESPONSE}}}"#
        );
        let opened = format!(
            r#"{{"token":"{TOKEN}","iat":{ISSUED_AT},"tid":"{TRANSACTION}","exp":{EXPIRES_AT},"action":{action},"param":true}}"#
        );
        let expect = format!(r#"{{"payload": {opened}, "expired": {expired}, "written": true}}"#);
        let link = Keys::kms().link(name, &with(&more));
        Made {
            now: Some(now),
            ..Made::sealed(name, comment, Keys::kms(), link, expect)
        }
    };
    vec![
        link(
            "ok_all_fields",
            "Every field that a failure can have.",
            ISSUED_AT + 60,
            false,
        ),
        link(
            "ok_last_second",
            "The second before the expiration.",
            EXPIRES_AT - 1,
            false,
        ),
        link(
            "expired",
            "It opens, and from the second of its expiration on it does nothing.",
            EXPIRES_AT,
            true,
        ),
    ]
}

fn opened_with_glue() -> Vec<Made> {
    let made = |name: &str, comment: &str, glue: &str| {
        let link = Keys::local().link(name, &with(&[])) + glue;
        let expect = payload(&payload_json(TOKEN, HEARTBEAT), false);
        Made::sealed(name, comment, Keys::local(), link, expect)
    };
    // Once these were refused, under names without `ok_`; the links are those.
    let renamed = |name: &str, comment: &str, link: String| {
        let expect = payload(&payload_json(TOKEN, HEARTBEAT), false);
        Made::sealed(name, comment, Keys::local(), link, expect)
    };
    let mut broken = Keys::local().link("white_space_inside", &with(&[]));
    broken.insert(78, ' ');
    let with_inside = |name: &str, comment: &str, inside: &str| {
        let mut link = Keys::local().link(name, &with(&[]));
        link.insert_str(76, inside);
        let expect = payload(&payload_json(TOKEN, HEARTBEAT), false);
        Made::sealed(name, comment, Keys::local(), link, expect)
    };
    let before = |name: &str, comment: &str, before: &str| {
        let link = before.to_owned() + &Keys::local().link(name, &with(&[]));
        let expect = payload(&payload_json(TOKEN, HEARTBEAT), false);
        Made::sealed(name, comment, Keys::local(), link, expect)
    };
    let (link, cause) = longest_link("ok_longest_text", 0);
    assert_eq!(link.len(), MAX_TEXT + 2);
    let action = format!(r#"{{"name":"approve","type":"failure","cause":"{cause}"}}"#);
    vec![
        made(
            "ok_mail_glue",
            "A mail program took the end of the sentence for a part of the address.",
            ">).",
        ),
        made(
            "ok_mail_glue_each",
            "Every character that is taken off.",
            " .,;:!?)]}>'\"",
        ),
        renamed(
            "ok_glue_other",
            "Every character outside of the alphabet ends the link.",
            Keys::local().link("glue_other", &with(&[])) + "*",
        ),
        made(
            "ok_glue_sentence",
            "An auto-linker took an ideographic full stop for a part of the address, and the next sentence.",
            "。次の文 3-AAAA",
        ),
        made(
            "ok_no_break_space",
            "A no-break space at the end, and a line break.",
            "\u{a0}\r\n",
        ),
        renamed(
            "ok_glue_before",
            "White space before the prefix is taken off.",
            format!(" {}", Keys::local().link("glue_before", &with(&[]))),
        ),
        before(
            "ok_unseen_before",
            "A byte order mark and a line break before the prefix.",
            "\u{feff}\r\n",
        ),
        renamed(
            "ok_white_space_inside",
            "A mail program broke the address.",
            broken,
        ),
        with_inside(
            "ok_line_break_inside",
            "A mail program wrapped the address and indented the next line.",
            "\r\n\t",
        ),
        with_inside(
            "ok_unseen_inside",
            "A soft hyphen, a zero width space, a word joiner, a mark of direction, a line separator and a control.",
            "\u{ad}\u{200b}\u{2060}\u{202e}\u{2028}\u{7f}",
        ),
        Made::sealed(
            "ok_longest_text",
            "8,192 characters behind the prefix.",
            Keys::local(),
            link,
            opens(&action),
        ),
    ]
}

/// A link of a failure that fills the text to the last character, and `more` bytes on top.
fn longest_link(name: &str, more: usize) -> (String, String) {
    let keys = Keys::local();
    let cause = |length: usize| "c".repeat(length);
    let payload = |length: usize| with(&[(6, uint(1)), (9, tstr(&cause(length)))]);
    let some = 1_000;
    let fixed = keys.message(&[0; 16], &payload(some)).len() - some;
    let length = MAX_TEXT / 4 * 3 - fixed + more;
    (keys.link(name, &payload(length)), cause(length))
}

fn texts() -> Vec<Made> {
    let keys = Keys::local();
    let message = |name: &str| keys.message(&salt_of(name), &with(&[]));
    let behind_prefix = |name: &str| URL_SAFE_NO_PAD.encode(message(name));
    let made = |name: &str, comment: &str, link: String, expect: String| {
        Made::sealed(name, comment, keys.clone(), link, expect)
    };
    let unknown = || damage("UnknownFormat", "unknown format");
    let not_base64 = || damage("NotBase64", "not canonical base64url");
    let padded = URL_SAFE.encode(message("padding"));
    assert!(padded.ends_with('='), "a message whose text has padding");
    let mut loose = behind_prefix("non_canonical_base64");
    let last = loose.pop().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    loose.push(char::from(alphabet.as_bytes()[alphabet.find(last).unwrap() + 1]));
    let standard = STANDARD_NO_PAD.encode(message("standard_alphabet"));
    assert!(standard.contains(['+', '/']), "a message whose text differs");
    let mut equals = behind_prefix("padding_in_the_middle");
    equals.insert(76, '=');
    vec![
        made("empty", "No data at all.", String::new(), unknown()),
        made(
            "one_character",
            "Shorter than a prefix.",
            "3".to_owned(),
            unknown(),
        ),
        made(
            "unknown_format",
            "A format of the future.",
            format!("4-{}", behind_prefix("unknown_format")),
            unknown(),
        ),
        made(
            "no_prefix",
            "The prefix is cut off.",
            behind_prefix("no_prefix"),
            unknown(),
        ),
        made(
            "glue_seen_before",
            "What can be seen before the prefix is not taken off.",
            format!("<3-{}", behind_prefix("glue_seen_before")),
            unknown(),
        ),
        made(
            "padding",
            "Base64url with padding.",
            format!("3-{padded}"),
            not_base64(),
        ),
        made(
            "non_canonical_base64",
            "The last character holds bits that belong to no byte.",
            format!("3-{loose}"),
            not_base64(),
        ),
        made(
            "standard_alphabet",
            "Base64 of the other alphabet: the link ends where it begins.",
            format!("3-{standard}"),
            damage("Truncated", "cut short"),
        ),
        made(
            "padding_in_the_middle",
            "An equals sign between two characters.",
            format!("3-{equals}"),
            not_base64(),
        ),
        made(
            "too_long_with_glue",
            "As ok_longest_text, with a full stop: what is received is too long.",
            longest_link("too_long_with_glue", 0).0 + ".",
            damage("TooLong", "data is too long"),
        ),
        made(
            "too_long",
            "As ok_longest_text, with one byte more.",
            longest_link("too_long", 1).0,
            damage("TooLong", "data is too long"),
        ),
    ]
}

fn layouts() -> Vec<Made> {
    let cut_short = || damage("Truncated", "cut short");
    let unknown_suite = || damage("UnknownSuite", "unknown suite");
    let (kms, local) = (Keys::kms(), Keys::local());
    let whole = |name: &str| local.message(&salt_of(name), &with(&[]));
    let cut = |name: &str, length: usize| whole(name)[..length].to_vec();
    let suite = |name: &str, suite: u8| [&[suite], &whole(name)[1..]].concat();
    let wrapped = |name: &str, length: u32| Keys::wrapped(length).message(&salt_of(name), &with(&[]));
    let made = |name: &str, comment: &str, keys: &Keys, message: Vec<u8>, expect: String| {
        Made::sealed(name, comment, keys.clone(), text(&message), expect)
    };
    let kms_start = wrapped("truncated_wrapped_key", 184);
    vec![
        made(
            "no_bytes",
            "Nothing behind the prefix.",
            &local,
            Vec::new(),
            cut_short(),
        ),
        made(
            "suite_zero",
            "Suite 0x00.",
            &local,
            suite("suite_zero", 0),
            unknown_suite(),
        ),
        made(
            "suite_reserved_3",
            "The bytes of a local link, called suite 0x03: the hour that they begin with is far away.",
            &local,
            suite("suite_reserved_3", 3),
            damage("Epoch", "sealed in an hour that is too long ago or still to come"),
        ),
        made(
            "unknown_suite",
            "A suite of the future.",
            &local,
            suite("unknown_suite", 4),
            unknown_suite(),
        ),
        made(
            "truncated_wrapped_key_length",
            "It ends within the length of the wrapped key.",
            &kms,
            kms_start[..2].to_vec(),
            cut_short(),
        ),
        made(
            "truncated_wrapped_key",
            "It ends within the wrapped key.",
            &kms,
            kms_start[..100].to_vec(),
            cut_short(),
        ),
        made(
            "wrapped_key_empty",
            "A wrapped key of no bytes.",
            &kms,
            wrapped("wrapped_key_empty", 0),
            cut_short(),
        ),
        made(
            "wrapped_key_too_long",
            "A wrapped key of 1,025 bytes, and all of them are there.",
            &kms,
            wrapped("wrapped_key_too_long", 1_025),
            cut_short(),
        ),
        made(
            "truncated_local_id",
            "It ends within the id of the local key.",
            &local,
            cut("truncated_local_id", 8),
            cut_short(),
        ),
        made(
            "truncated_salt",
            "It ends within the salt.",
            &local,
            cut("truncated_salt", 9 + 15),
            cut_short(),
        ),
        made(
            "truncated_header",
            "It ends within the commitment.",
            &local,
            cut("truncated_header", 9 + 16 + 31),
            cut_short(),
        ),
        made(
            "truncated_tag",
            "One byte less than header and tag have.",
            &local,
            cut("truncated_tag", 9 + 16 + 32 + 15),
            cut_short(),
        ),
    ]
}

fn authentication() -> Vec<Made> {
    let commitment = || damage("Commitment", "key commitment differs");
    let authentication = || damage("Authentication", "authentication failed");
    let kms = Keys::kms();
    let whole = |name: &str| kms.message(&salt_of(name), &with(&[]));
    let (salt, commit, sealed) = (187, 203, 235);
    let flipped = |name: &str, place: usize| {
        let mut message = whole(name);
        message[place] ^= 1;
        message
    };
    let made = |name: &str, comment: &str, message: Vec<u8>, expect: String| {
        Made::sealed(name, comment, kms.clone(), text(&message), expect)
    };
    let end = whole("bad_tag").len();
    let other = kms.clone().with_data_key(counting(1));
    let own_key = kms.expand(&salt_of("bad_commit_authenticated"), b" key", 1);
    let other_header = other.header(&salt_of("bad_commit_authenticated"));
    let local = Keys::local();
    let crossed_salt = salt_of("keys_of_other_suite");
    let crossed_commit = local.expand(&crossed_salt, b" commit", 1);
    let crossed_header = [local.start().as_slice(), &crossed_salt, crossed_commit.as_slice()].concat();
    let crossed_key = local.expand(&crossed_salt, b" key", 1);
    let crossed = finish(&crossed_header, crossed_key, [0; 12], AUDIENCE, &with(&[]));
    let nonce_salt = salt_of("nonce_not_zero");
    let with_nonce = finish(
        &kms.header(&nonce_salt),
        kms.expand(&nonce_salt, b" key", 1),
        [1; 12],
        AUDIENCE,
        &with(&[]),
    );
    vec![
        Made {
            keys: Some(other),
            ..made(
                "wrong_key",
                "Another data key than that of the link.",
                whole("wrong_key"),
                commitment(),
            )
        },
        made(
            "bad_commit",
            "A bit of the commitment is flipped.",
            flipped("bad_commit", commit),
            commitment(),
        ),
        made(
            "bad_commit_authenticated",
            "The commitment is that of another data key; the tag is right, also over this header.",
            finish(&other_header, own_key, [0; 12], AUDIENCE, &with(&[])),
            commitment(),
        ),
        made(
            "bad_salt",
            "A bit of the salt is flipped, so that other keys come out.",
            flipped("bad_salt", salt),
            commitment(),
        ),
        Made {
            keys: Some(local),
            ..made(
                "keys_of_other_suite",
                "Suite 0x02 with the keys of suite 0x01.",
                crossed,
                commitment(),
            )
        },
        Made {
            audience: Some("stack-2"),
            ..made(
                "wrong_audience",
                "Opened under another audience.",
                whole("wrong_audience"),
                authentication(),
            )
        },
        Made {
            audience: Some(""),
            ..made(
                "wrong_audience_empty",
                "Opened without an audience.",
                whole("wrong_audience_empty"),
                authentication(),
            )
        },
        Made {
            keys: Some(with_last_bit_of_wrapped_key(kms.clone())),
            ..made(
                "bad_wrapped_key",
                "A bit of the wrapped key is flipped, and yet the right data key is there.",
                flipped("bad_wrapped_key", 186),
                authentication(),
            )
        },
        made(
            "bad_ciphertext",
            "A bit of the ciphertext is flipped.",
            flipped("bad_ciphertext", sealed),
            authentication(),
        ),
        made(
            "bad_tag",
            "The last bit of the tag is flipped.",
            flipped("bad_tag", end - 1),
            authentication(),
        ),
        made(
            "byte_appended",
            "A byte behind the tag.",
            [whole("byte_appended").as_slice(), &[0]].concat(),
            authentication(),
        ),
        made(
            "nonce_not_zero",
            "Sealed under another nonce.",
            with_nonce,
            authentication(),
        ),
    ]
}

fn with_last_bit_of_wrapped_key(keys: Keys) -> Keys {
    let Reference::Kms(mut wrapped) = keys.reference else {
        unreachable!("a key of KMS")
    };
    *wrapped.last_mut().unwrap() ^= 1;
    Keys {
        reference: Reference::Kms(wrapped),
        ..keys
    }
}

/// An authentic link whose payload is refused.
fn refused(name: &str, comment: &str, payload: Vec<u8>, log: &str) -> Made {
    let keys = Keys::local();
    let link = keys.link(name, &payload);
    Made::sealed(name, comment, keys, link, content(log))
}

fn encodings() -> Vec<Made> {
    let canonical = "not the canonical encoding";
    let ascending = "keys are not ascending";
    let no_number = "a key is not a number";
    let no_type = "a type that payloads do not have";
    let definite = "not a map of definite length";
    let ignorable = |value: &[u8]| with(&[(24, value.to_vec())]);
    let body = |count: u64| {
        let entries = map(&minimal());
        version_1(&[head(5, count).as_slice(), &entries[1..]].concat())
    };
    let doubled = [minimal(), vec![(24, uint(1)), (24, uint(1))]].concat();
    let mut unsorted = minimal();
    unsorted.swap(3, 4);
    let long_key = [body(6).as_slice(), &[0x19, 0, 24], &uint(1)].concat();
    let indefinite = [&[1, 0xbf], &map(&minimal())[1..], &[0xff]].concat();
    vec![
        refused("payload_empty", "No plaintext at all.", Vec::new(), "empty"),
        refused(
            "unknown_encoding_version",
            "An encoding of the future.",
            [&[2], map(&minimal()).as_slice()].concat(),
            "unknown encoding version",
        ),
        refused("not_a_map", "An array.", version_1(&array(&[uint(1)])), definite),
        refused(
            "indefinite_map",
            "A map of indefinite length.",
            indefinite,
            definite,
        ),
        refused(
            "map_cut_short",
            "The map says that it has one field more.",
            body(6),
            no_number,
        ),
        refused(
            "trailing_bytes",
            "A byte behind the map.",
            [with(&[]).as_slice(), &[0]].concat(),
            canonical,
        ),
        refused(
            "duplicate_key",
            "The same key twice.",
            version_1(&map(&doubled)),
            ascending,
        ),
        refused(
            "unsorted_keys",
            "Type before name.",
            version_1(&map(&unsorted)),
            ascending,
        ),
        refused(
            "key_text",
            "A key that is text.",
            [body(6), tstr("24"), uint(1)].concat(),
            no_number,
        ),
        refused(
            "key_negative",
            "A key below zero.",
            [body(6).as_slice(), &[0x20], &uint(1)].concat(),
            no_number,
        ),
        refused(
            "non_shortest_int",
            "Type 2 in two bytes.",
            with(&[(6, vec![0x18, 2])]),
            canonical,
        ),
        refused("non_shortest_key", "Key 24 in three bytes.", long_key, canonical),
        refused(
            "non_shortest_length",
            "The length of the name in two bytes.",
            with(&[(5, [&[0x78, 7], b"approve".as_slice()].concat())]),
            canonical,
        ),
        refused(
            "indefinite_length",
            "A name in pieces.",
            with(&[(5, [&[0x7f, 0x67], b"approve".as_slice(), &[0xff]].concat())]),
            "a text is not text",
        ),
        refused(
            "indefinite_array",
            "An array of indefinite length in an ignorable field.",
            ignorable(&[0x9f, 1, 0xff]),
            no_type,
        ),
        refused(
            "text_not_utf8",
            "A name that is not UTF-8.",
            with(&[(5, vec![0x61, 0xff])]),
            "a text is not text",
        ),
        refused(
            "float",
            "A floating-point number.",
            ignorable(&[0xf9, 0, 0]),
            no_type,
        ),
        refused("tag", "A tag.", ignorable(&[0xc0, 1]), no_type),
        refused("negative", "A negative number.", ignorable(&[0x20]), no_type),
        refused("boolean", "A truth value.", ignorable(&[0xf5]), no_type),
        refused("null", "A null.", ignorable(&[0xf6]), no_type),
        refused("map_inside", "A map in a map.", ignorable(&[0xa0]), no_type),
    ]
}

fn fields() -> Vec<Made> {
    let critical = "unknown critical field";
    let foreign = "fields that do not belong to the type";
    let flags = "unknown flags";
    let without = |missing: u64| {
        let mut fields = minimal();
        fields.retain(|(key, _)| *key != missing);
        version_1(&map(&fields))
    };
    let typed = |kind: u64, more: &[Field]| with(&[&[(6, uint(kind))], more].concat());
    let outcomes = r#"[{"name":"o","type":"heartbeat","schema":{}}]"#;
    vec![
        refused("missing_token", "Key 0 is not there.", without(0), "no token"),
        refused(
            "missing_transaction",
            "Key 1 is not there.",
            without(1),
            "no transaction id",
        ),
        refused(
            "missing_issued_at",
            "Key 2 is not there.",
            without(2),
            "no issue time",
        ),
        refused("missing_name", "Key 5 is not there.", without(5), "no name"),
        refused("missing_type", "Key 6 is not there.", without(6), "no type"),
        refused(
            "unknown_critical_field",
            "Key 19, which nobody has defined.",
            with(&[(19, uint(1))]),
            critical,
        ),
        refused(
            "unknown_critical_field_23",
            "Key 23, the last critical one.",
            with(&[(23, uint(1))]),
            critical,
        ),
        refused(
            "reserved_key_12",
            "Key 12 is reserved.",
            with(&[(12, uint(1))]),
            critical,
        ),
        refused(
            "reserved_key_13",
            "Key 13 is reserved.",
            with(&[(13, tstr("eu-west-1"))]),
            critical,
        ),
        refused(
            "reserved_key_14",
            "Key 14 is reserved.",
            with(&[(14, uint(1))]),
            critical,
        ),
        refused(
            "unknown_flag",
            "Flag 32 beside a known one.",
            with(&[(4, uint(33))]),
            flags,
        ),
        refused(
            "reserved_flag_4",
            "Flag 4 is reserved.",
            with(&[(4, uint(4))]),
            flags,
        ),
        refused(
            "flags_zero",
            "Flags are left out when none is set.",
            with(&[(4, uint(0))]),
            flags,
        ),
        refused("unknown_type", "A type of the future.", typed(5, &[]), foreign),
        refused(
            "transaction_of_15_bytes",
            "A transaction id has 16 bytes.",
            with(&[(1, bstr(&[0; 15]))]),
            "transaction id",
        ),
        refused(
            "issued_at_text",
            "A time is a number.",
            with(&[(2, tstr("1790000000"))]),
            "issue time",
        ),
        refused(
            "expires_at_negative",
            "A time is not negative.",
            with(&[(3, vec![0x20])]),
            "expiration",
        ),
        refused(
            "issued_at_year_10000",
            "Times end with the year 9999.",
            with(&[(2, uint(253_402_300_800))]),
            "issue time",
        ),
        refused(
            "expires_at_year_10000",
            "Times end with the year 9999.",
            with(&[(3, uint(253_402_300_800))]),
            "expiration",
        ),
        refused(
            "foreign_output",
            "A heartbeat with an output.",
            with(&[(7, tstr("1"))]),
            foreign,
        ),
        refused(
            "foreign_error",
            "A success with an error.",
            typed(0, &[(7, tstr("1")), (8, tstr("e"))]),
            foreign,
        ),
        refused(
            "foreign_cause",
            "A success with a cause.",
            typed(0, &[(7, tstr("1")), (9, tstr("c"))]),
            foreign,
        ),
        refused(
            "foreign_outcomes",
            "A failure with outcomes.",
            typed(1, &[(11, tstr(outcomes))]),
            foreign,
        ),
        refused(
            "success_without_output",
            "A success needs its output.",
            typed(0, &[]),
            foreign,
        ),
        refused(
            "post_without_outcomes",
            "A post action needs its outcomes.",
            typed(3, &[]),
            foreign,
        ),
    ]
}

fn tokens() -> Vec<Made> {
    let shortest = "token is not in its shortest form";
    let length = "token of a wrong length";
    let token = |value: Vec<u8>| with(&[(0, value)]);
    let halves = token_bytes();
    let (first, second) = halves.split_at(30);
    let five: Vec<Vec<u8>> = (0..5).map(|n| bstr(&[n; 4])).collect();
    vec![
        refused(
            "token_not_shortest",
            "A token that is base64, as text.",
            token(tstr(TOKEN)),
            shortest,
        ),
        refused(
            "token_not_shortest_array",
            "A token that is one base64 text, in two segments.",
            token(array(&[bstr(first), bstr(second)])),
            shortest,
        ),
        refused(
            "token_empty_segment",
            "A segment of no bytes.",
            token(array(&[bstr(&halves), bstr(&[])])),
            shortest,
        ),
        refused(
            "token_array_of_one",
            "An array of one segment.",
            token(array(&[bstr(&halves)])),
            "token",
        ),
        refused(
            "token_array_of_five",
            "An array of five segments.",
            token(array(&five)),
            "token",
        ),
        refused(
            "token_number",
            "A token that is a number.",
            token(uint(7)),
            "token",
        ),
        refused(
            "token_empty",
            "A token of no characters.",
            token(tstr("")),
            length,
        ),
        refused(
            "token_too_long",
            "A token of 2,049 characters.",
            token(tstr(&"-".repeat(2_049))),
            length,
        ),
    ]
}

fn contents() -> Vec<Made> {
    let name = |text: &str| with(&[(5, tstr(text))]);
    let output = |text: &str| with(&[(6, uint(0)), (7, tstr(text))]);
    let response = |text: &str| with(&[(10, tstr(text))]);
    let outcomes = |text: &str| with(&[(6, uint(3)), (11, tstr(text))]);
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let unknown = "outcomes have unknown fields";
    vec![
        refused("name_empty", "A name of no characters.", name(""), "name"),
        refused("name_characters", "A name with a space.", name("a b"), "name"),
        refused(
            "name_too_long",
            "A name of 257 characters.",
            name(&"n".repeat(257)),
            "name",
        ),
        refused(
            "error_too_long",
            "An error of 257 characters.",
            with(&[(6, uint(1)), (8, tstr(&"é".repeat(257)))]),
            "error or cause over its limit",
        ),
        refused(
            "output_not_json",
            "Half an object.",
            output("{"),
            "output is not JSON",
        ),
        refused(
            "output_half_surrogate",
            "Half of a surrogate pair.",
            output(r#""\ud800""#),
            "output is not JSON",
        ),
        refused(
            "output_nested_too_deep",
            "Arrays in arrays, 130 of them.",
            output(&deep),
            "output is not JSON",
        ),
        refused(
            "output_not_compact",
            "White space between two values.",
            output("[1, 2]"),
            "output is not compact or over its limit",
        ),
        refused("response_not_an_object", "A number.", response("5"), "response"),
        refused(
            "response_unknown_field",
            "A field that this version does not know.",
            response(r#"{"text":"t","pdf":"x"}"#),
            "response has unknown fields",
        ),
        refused(
            "response_duplicate_field",
            "A field twice.",
            response(r#"{"text":"t","text":"u"}"#),
            "response",
        ),
        refused(
            "response_null",
            "A field that is null instead of not there.",
            response(r#"{"text":null}"#),
            "response",
        ),
        refused(
            "redirect_javascript",
            "A redirect that is no http or https URL.",
            response(r#"{"redirect":"javascript:alert(1)"}"#),
            "response",
        ),
        refused(
            "redirect_relative",
            "A redirect without scheme and host.",
            response(r#"{"redirect":"//example.com"}"#),
            "response",
        ),
        refused(
            "response_nested_too_deep",
            "Arrays in arrays, 130 of them.",
            response(&format!(r#"{{"json":{{"a":{deep}}}}}"#)),
            "response",
        ),
        refused("outcomes_empty", "No outcome.", outcomes("[]"), "outcomes"),
        refused(
            "outcomes_nested_too_deep",
            "Arrays in arrays, 130 of them.",
            outcomes(&deep),
            "outcomes nested too deep",
        ),
        refused(
            "outcome_unknown_field",
            "A field that this version does not know.",
            outcomes(r#"[{"name":"o","type":"heartbeat","schema":{},"when":1}]"#),
            unknown,
        ),
        refused(
            "outcome_response_unknown_field",
            "A field in the response of an outcome that this version does not know.",
            outcomes(r#"[{"name":"o","type":"heartbeat","schema":{},"response":{"pdf":"x"}}]"#),
            unknown,
        ),
        refused(
            "outcome_without_schema",
            "An outcome needs a schema.",
            outcomes(r#"[{"name":"o","type":"heartbeat"}]"#),
            "outcomes",
        ),
        refused(
            "outcome_of_type_post",
            "An outcome is no post action.",
            outcomes(r#"[{"name":"o","type":"post","schema":{}}]"#),
            "outcomes",
        ),
        refused(
            "outcome_two_outputs",
            "Two of output, output_body and output_path.",
            outcomes(r#"[{"name":"o","type":"success","schema":{},"output":1,"output_body":true}]"#),
            "outcomes",
        ),
        refused(
            "outcome_path",
            "A JSONPath that cannot be read.",
            outcomes(r#"[{"name":"o","type":"success","schema":{},"output_path":"$.["}]"#),
            "outcomes",
        ),
    ]
}

fn static_parts() -> Vec<Made> {
    let inflate = "static parts do not inflate";
    let unknown = "unknown static part";
    let response = tstr(r#"{"text":"t"}"#);
    let packed = |fields: &[Field]| with(&[(15, bstr(&deflate(&map(fields))))]);
    let both = with(&[
        (10, response.clone()),
        (15, bstr(&deflate(&map(&[(10, response.clone())])))),
    ]);
    let bomb = tstr(&format!(r#"{{"text":"{}"}}"#, "a".repeat(60_000)));
    vec![
        refused(
            "static_not_deflated",
            "Bytes that are no deflate stream.",
            with(&[(15, bstr(&[0xff; 16]))]),
            inflate,
        ),
        refused(
            "static_bomb",
            "60,000 times the same character.",
            packed(&[(10, bomb)]),
            inflate,
        ),
        refused(
            "static_too_large",
            "65,537 bytes when inflated, less than 50 times what they are deflated.",
            with(&[(15, bstr(&too_large()))]),
            inflate,
        ),
        refused(
            "static_unknown_part",
            "An output among the static parts.",
            packed(&[(7, tstr("1"))]),
            unknown,
        ),
        refused(
            "static_ignorable_part",
            "No field is ignored among the static parts.",
            packed(&[(10, response.clone()), (24, uint(1))]),
            unknown,
        ),
        refused(
            "static_twice",
            "A response beside the static parts.",
            both,
            "static parts given twice",
        ),
        refused(
            "static_not_canonical",
            "A byte behind the map of the static parts.",
            with(&[(
                15,
                bstr(&deflate(&[map(&[(10, response)]).as_slice(), &[0]].concat())),
            )]),
            "not the canonical encoding",
        ),
    ]
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, 9)
}

/// Static parts of 65,537 bytes, of which enough does not compress to stay within the ratio.
fn too_large() -> Vec<u8> {
    let noise: String = (0..48u8).map(|n| hex(digest(&SHA256, &[n]).as_ref())).collect();
    let parts = |fill: usize| {
        let text = format!(r#"{{"text":"{noise}{}"}}"#, "a".repeat(fill));
        map(&[(10, tstr(&text))])
    };
    let fixed = parts(60_000).len() - 60_000;
    let parts = parts(65_537 - fixed);
    let small = deflate(&parts);
    assert!(parts.len() == 65_537 && small.len() * 50 > parts.len());
    small
}

// ---- formats 1 and 2 ----

fn plain_link(json: &str) -> String {
    format!("1-{}", URL_SAFE_NO_PAD.encode(json))
}

fn plain() -> Vec<Made> {
    let json = payload_json(TOKEN, HEARTBEAT);
    let unpadded = plain_link(&json);
    let spaced = json.replace(":", ": ").replace(",", ", ");
    let padded = URL_SAFE.encode(format!("{spaced} "));
    assert!(padded.ends_with('='), "a text with padding");
    let wrapped = padded.trim_end_matches('=').replace('J', "\r\nJ");
    let made = |name: &str, comment: &str, link: String, expect: String| {
        Made::python(name, comment, None, link, expect)
    };
    let timeless = json.replace(&format!(r#""iat":{ISSUED_AT}"#), r#""exp":null"#);
    let twice = json.replacen('{', r#"{"token":"other","#, 1);
    let nan = payload_json(TOKEN, r#"{"name":"a","type":"success","output":NaN}"#);
    let redirect = payload_json(
        TOKEN,
        r#"{"name":"a","type":"heartbeat","response":{"redirect":"javascript:alert(1)"}}"#,
    );
    vec![
        made(
            "ok_plain",
            "Format 1: JSON that anybody can have written, for a service without a key.",
            unpadded.clone(),
            opens(HEARTBEAT),
        ),
        made(
            "ok_plain_padding",
            "As Python wrote it: with padding, and white space in the JSON.",
            format!("1-{padded}"),
            payload(&json, false),
        ),
        made(
            "ok_plain_mail_glue",
            "What mail programs glue on is taken off.",
            format!("{unpadded}>."),
            payload(&json, false),
        ),
        made(
            "ok_plain_unseen",
            "Line breaks and white space in the text and its padding, and a sentence after it.",
            format!("\u{feff}1\n-{}\u{a0}=。次の文", wrapped),
            payload(&json, false),
        ),
        made(
            "ok_plain_without_times",
            "Neither the time of issue nor the expiration has to be there.",
            format!("1-{}", URL_SAFE.encode(timeless)),
            payload(&json.replace(&ISSUED_AT.to_string(), "0"), false),
        ),
        made(
            "plain_duplicate_key",
            "Two tokens, and no way to tell which is meant.",
            format!("1-{}", URL_SAFE.encode(twice)),
            content("duplicate field `token`"),
        ),
        made(
            "plain_nan",
            "NaN is not JSON.",
            format!("1-{}", URL_SAFE.encode(&nan)),
            content("action: not valid JSON: expected value at line 1 column 198"),
        ),
        made(
            "plain_redirect_javascript",
            "A redirect that is no http or https URL.",
            format!("1-{}", URL_SAFE.encode(&redirect)),
            content("action.response.redirect: must be an absolute http or https URL"),
        ),
        made(
            "plain_not_base64",
            "Padding before the end.",
            format!("1-={}", URL_SAFE.encode(&json)),
            damage("NotBase64", "not canonical base64url"),
        ),
        made(
            "plain_too_long",
            "10,241 characters with the prefix.",
            format!("1-{}", "A".repeat(10_239)),
            damage("TooLong", "data is too long"),
        ),
    ]
}

fn damaged_messages(existing: &dyn Fn(&str) -> String) -> Vec<Made> {
    let message = |suite: &str| {
        let link = existing(&format!("python/ok_{suite}"));
        URL_SAFE.decode(link.strip_prefix("2-").unwrap()).unwrap()
    };
    let made = |name: &str, comment: &str, message: Vec<u8>, log: &str| {
        let link = format!("2-{}", URL_SAFE.encode(message));
        let expect = damage("Legacy", &format!("AWS Encryption SDK message: {log}"));
        Made::python(name, comment, Some(Keys::old()), link, expect)
    };
    let wrong_key = |made: Made| Made {
        keys: Some(Keys::old().with_data_key(counting(1))),
        ..made
    };
    let changed = |suite: &str, place: usize, byte: u8| {
        let mut message = message(suite);
        message[place] = byte;
        message
    };
    let flipped = |suite: &str, place: usize| {
        let byte = message(suite)[place] ^ 1;
        changed(suite, place, byte)
    };
    // The final frame begins with this mark and its number; header tag and commitment stand before it.
    let frame = |suite: &str| {
        let mark = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1];
        message(suite)
            .windows(8)
            .position(|window| window == mark)
            .unwrap()
    };
    let last = |suite: &str| message(suite).len() - 1;
    let signature_length = 2 + 103;
    let unsigned = message("0378");
    let unsigned = unsigned[..unsigned.len() - signature_length].to_vec();
    let suite = |name: &str, id: [u8; 2]| {
        let mut bytes = message(name);
        let place = if bytes[0] == 1 { 2 } else { 1 };
        bytes[place..place + 2].copy_from_slice(&id);
        bytes
    };
    let text = |name: &str, comment: &str, link: String, class: &str, log: &str| {
        Made::python(name, comment, Some(Keys::old()), link, damage(class, log))
    };
    vec![
        wrong_key(made(
            "wrong_key_0178",
            "Another data key, and a suite without commitment.",
            message("0178"),
            "the header is not authentic under the data key",
        )),
        wrong_key(made(
            "wrong_key_0578",
            "Another data key, and a suite with commitment.",
            message("0578"),
            "the key commitment does not match the data key",
        )),
        made(
            "bad_commitment",
            "A bit of the commitment is flipped.",
            flipped("0478", frame("0478") - 17),
            "the key commitment does not match the data key",
        ),
        made(
            "bad_message_id",
            "A bit of the message id is flipped.",
            flipped("0378", 10),
            "the header is not authentic under the data key",
        ),
        made(
            "bad_header_tag",
            "A bit of the header's tag is flipped.",
            flipped("0578", frame("0578") - 1),
            "the header is not authentic under the data key",
        ),
        made(
            "bad_frame",
            "A bit of the frame's tag is flipped.",
            flipped("0478", last("0478")),
            "a frame is not authentic under the data key",
        ),
        made(
            "bad_sequence",
            "The first frame says that it is the second.",
            changed("0478", frame("0478") + 7, 2),
            "a frame is out of sequence",
        ),
        made(
            "bad_signature",
            "A bit of the signature is flipped.",
            flipped("0578", last("0578")),
            "the signature does not verify",
        ),
        made(
            "signature_removed",
            "The signature of a signed suite is cut off.",
            unsigned,
            "the message ends before it is complete",
        ),
        made(
            "unsigned_suite_in_signed_message",
            "A signed message that says it is of suite 0178.",
            suite("0378", [0x01, 0x78]),
            "an unsigned suite with a verification key in the encryption context",
        ),
        made(
            "truncated",
            "The last byte is missing.",
            message("0178")[..last("0178")].to_vec(),
            "the message ends before it is complete",
        ),
        made(
            "trailing_byte",
            "A byte behind the message.",
            [message("0178").as_slice(), &[0]].concat(),
            "bytes follow the end of the message",
        ),
        made(
            "unknown_version",
            "A message format of the future.",
            changed("0478", 0, 3),
            "the message format version is neither 1 nor 2",
        ),
        made(
            "unknown_message_type",
            "A type that does not exist.",
            changed("0378", 1, 0x81),
            "the message type is not 'customer authenticated encrypted data'",
        ),
        made(
            "unsupported_suite",
            "Suite 0014, which derives no key.",
            suite("0178", [0x00, 0x14]),
            "the algorithm suite is not one of 0178, 0378, 0478, 0578",
        ),
        made(
            "suite_of_other_version",
            "Suite 0478 in message format 1.",
            suite("0178", [0x04, 0x78]),
            "the algorithm suite belongs to the other message format version",
        ),
        made(
            "no_message",
            "Nothing behind the prefix.",
            Vec::new(),
            "the message ends before it is complete",
        ),
        text(
            "not_base64",
            "Padding before the end.",
            existing("python/ok_0478").replacen("2-", "2-=", 1),
            "NotBase64",
            "not canonical base64url",
        ),
        text(
            "non_canonical_base64",
            "The last character holds bits that belong to no byte.",
            "2-AR==".to_owned(),
            "NotBase64",
            "not canonical base64url",
        ),
        text(
            "too_long",
            "10,241 characters with the prefix.",
            format!("2-{}", "A".repeat(10_239)),
            "TooLong",
            "data is too long",
        ),
    ]
}
