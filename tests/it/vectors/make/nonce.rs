//! Nonces of pages, made by hand as docs/FORMAT.md describes them ("Form nonce").

use super::{
    ASKING_IN_ACTION, DOMAIN, HEARTBEAT, Keys, Length32, TOKEN, payload_json, plain_link, salt_of, uint, with,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use serde_json::json;

/// When the page is shown, in Unix milliseconds.
const SHOWN: u64 = 1_790_000_000_123;
const DAY: u64 = 86_400_000;

/// A nonce, and what becomes of it, as they are written to a file.
pub struct Made {
    /// Folder and name, as docs/FORMAT.md has them.
    pub name: String,
    comment: &'static str,
    link: Link,
    shown: Option<u64>,
    nonce: String,
    now: u64,
    expect: &'static str,
}

impl Made {
    /// The content of the file.
    pub fn text(&self) -> String {
        let mut fields = vec![("comment", json!(self.comment).to_string())];
        if let Some((keys, audience)) = &self.link.keys {
            fields.push(("key", keys.clone()));
            fields.extend(audience.map(|audience| ("audience", json!(audience).to_string())));
        }
        fields.push(("link", json!(self.link.text).to_string()));
        fields.extend(self.shown.map(|shown| ("shown", shown.to_string())));
        fields.push(("nonce", json!(self.nonce).to_string()));
        fields.push(("now", self.now.to_string()));
        fields.push(("expect", json!(self.expect).to_string()));
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, value)| format!("  \"{name}\": {value}"))
            .collect();
        format!("{{\n{}\n}}\n", fields.join(",\n"))
    }
}

/// A link, and what its nonces are made of.
#[derive(Clone)]
struct Link {
    text: String,
    /// As they are written to the file, with the audience.
    keys: Option<(String, Option<&'static str>)>,
    key: [u8; 32],
    payload: Vec<u8>,
}

impl Link {
    fn sealed(name: &str, keys: &Keys) -> Self {
        let payload = with(&[(4, uint(2))]);
        Self {
            text: keys.link(name, &payload),
            keys: Some((keys.json(), Some(super::AUDIENCE))),
            key: keys.expand(&salt_of(name), b" nonce", keys.suite()),
            payload,
        }
    }

    fn json(text: String, keys: Option<String>, json: &str) -> Self {
        Self {
            text,
            keys: keys.map(|keys| (keys, None)),
            key: key_of_payload(json.as_bytes()),
            payload: json.as_bytes().to_vec(),
        }
    }

    /// Time and MAC, whole.
    fn signed(&self, shown: u64) -> Vec<u8> {
        mac(&self.key, &self.payload, &shown.to_be_bytes()[2..])
    }

    fn bytes(&self, shown: u64) -> Vec<u8> {
        self.signed(shown)[..22].to_vec()
    }
}

/// Of a link without keys of its own.
fn key_of_payload(payload: &[u8]) -> [u8; 32] {
    let prk = Salt::new(HKDF_SHA256, &[]).extract(digest(&SHA256, payload).as_ref());
    let mut key = [0; 32];
    let info = [DOMAIN, b" nonce"];
    prk.expand(&info, Length32).unwrap().fill(&mut key).unwrap();
    key
}

fn mac(key: &[u8; 32], payload: &[u8], time: &[u8]) -> Vec<u8> {
    let message = [digest(&SHA256, payload).as_ref(), time].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message);
    [time, mac.as_ref()].concat()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// All vectors of nonces. `existing` gives the link of a vector that is made elsewhere.
pub fn all(existing: &dyn Fn(&str) -> String) -> Vec<Made> {
    let mut all = taken(existing);
    all.extend(times());
    all.extend(foreign());
    all.extend(texts());
    all
}

/// A nonce that was made for the page of its link, and what the clock makes of it.
fn shown(name: &str, comment: &'static str, link: Link, now: u64, expect: &'static str) -> Made {
    Made {
        name: format!("nonce/{name}"),
        comment,
        shown: Some(SHOWN),
        nonce: text(&link.bytes(SHOWN)),
        link,
        now,
        expect,
    }
}

fn taken(existing: &dyn Fn(&str) -> String) -> Vec<Made> {
    let json = super::payload_json(TOKEN, HEARTBEAT).replace("}}", r#"},"confirm":"page"}"#);
    let plain = Link::json(plain_link(&json), None, &json);
    let message = Link::json(
        existing("python/ok_confirm_in_action"),
        Some(Keys::old().json()),
        ASKING_IN_ACTION,
    );
    let ok = |name, comment, link| shown(name, comment, link, SHOWN + 10_000, "ok");
    vec![
        ok(
            "ok_local",
            "The page of a link of suite 0x02, answered after ten seconds.",
            Link::sealed("nonce/ok_local", &Keys::local()),
        ),
        ok(
            "ok_kms",
            "The page of a link of suite 0x01.",
            Link::sealed("nonce/ok_kms", &Keys::kms()),
        ),
        ok("ok_plain", "The page of a link of format 1.", plain),
        ok(
            "ok_message",
            "A nonce for a link of format 2. This one does not ask; its nonces are defined all the same.",
            message,
        ),
    ]
}

fn times() -> Vec<Made> {
    let at = |name: &str, comment, now, expect| {
        let link = Link::sealed(&format!("nonce/{name}"), &Keys::local());
        shown(name, comment, link, now, expect)
    };
    let last = |name: &str, comment, time: u64, expect| {
        let made = at(name, comment, SHOWN, expect);
        Made {
            shown: Some(time),
            nonce: text(&made.link.bytes(time)),
            ..made
        }
    };
    vec![
        at(
            "ok_first_moment",
            "Answered after 1,000 milliseconds.",
            SHOWN + 1_000,
            "ok",
        ),
        at(
            "ok_last_moment",
            "Answered after 24 hours, to the millisecond.",
            SHOWN + DAY,
            "ok",
        ),
        at(
            "too_young",
            "Answered after 999 milliseconds.",
            SHOWN + 999,
            "TooYoung",
        ),
        at(
            "same_moment",
            "Answered in the millisecond in which it was shown.",
            SHOWN,
            "TooYoung",
        ),
        at(
            "future",
            "Answered a millisecond before it was shown.",
            SHOWN - 1,
            "TooYoung",
        ),
        last(
            "far_future",
            "The last time that a nonce can hold.",
            (1 << 48) - 1,
            "TooYoung",
        ),
        at(
            "too_old",
            "Answered after 24 hours and a millisecond.",
            SHOWN + DAY + 1,
            "TooOld",
        ),
        last("time_zero", "Shown in 1970.", 0, "TooOld"),
    ]
}

/// Of a link of suite 0x02: what is sent instead of its nonce.
fn sent(name: &str, comment: &'static str, nonce: impl FnOnce(&Link) -> String) -> Made {
    let link = Link::sealed(&format!("nonce/{name}"), &Keys::local());
    Made {
        name: format!("nonce/{name}"),
        comment,
        shown: None,
        nonce: nonce(&link),
        link,
        now: SHOWN + 10_000,
        expect: "Foreign",
    }
}

fn foreign() -> Vec<Made> {
    let time = &SHOWN.to_be_bytes()[2..];
    let under = |name: &str, comment, key: [u8; 32]| {
        sent(name, comment, |link| text(&mac(&key, &link.payload, time)[..22]))
    };
    let keys = Keys::local();
    let payload = with(&[(4, uint(2))]);
    let salt = |name: &str| salt_of(&format!("nonce/{name}"));
    let changed = |name: &str, comment, place: usize| {
        sent(name, comment, |link| {
            let mut bytes = link.bytes(SHOWN);
            bytes[place] ^= 1;
            text(&bytes)
        })
    };
    let at = |made: Made, now: u64| Made { now, ..made };
    let json = payload_json(TOKEN, HEARTBEAT).replace("}}", r#"},"confirm":"page"}"#);
    let spaced = json.replace(',', ", ");
    let other_json = Link::json(String::new(), None, &spaced);
    vec![
        sent(
            "other_link",
            "The nonce of another link with the same payload.",
            |_| text(&Link::sealed("nonce/ok_local", &Keys::local()).bytes(SHOWN)),
        ),
        sent(
            "other_payload",
            "The key of the link, and another payload.",
            |link| text(&mac(&link.key, &with(&[]), time)[..22]),
        ),
        under(
            "other_suite",
            "Under the key that the other suite would give.",
            keys.expand(&salt("other_suite"), b" nonce", 1),
        ),
        under(
            "sealing_key",
            "Under the key that sealed the link.",
            keys.expand(&salt("sealing_key"), b" key", 2),
        ),
        under(
            "commitment_as_key",
            "Under the commitment, which stands in the link for everybody to read.",
            keys.commitment(&salt("commitment_as_key")),
        ),
        under(
            "key_of_payload",
            "Under the key of a link without keys of its own.",
            key_of_payload(&payload),
        ),
        under("key_of_zeros", "Under a key of zeros.", [0; 32]),
        Made {
            name: "nonce/other_json".to_owned(),
            comment: "Of a link of format 1 with the same JSON, but for white space.",
            nonce: text(&other_json.bytes(SHOWN)),
            link: Link::json(plain_link(&json), None, &json),
            shown: None,
            now: SHOWN + 10_000,
            expect: "Foreign",
        },
        changed("changed_time", "The last bit of the time is flipped.", 5),
        changed("changed_mac", "The first bit of the MAC is flipped.", 6),
        changed("changed_end", "The last bit of the MAC is flipped.", 21),
        at(
            changed("foreign_and_too_young", "A changed MAC, and too young.", 6),
            SHOWN,
        ),
        at(
            changed("foreign_and_too_old", "A changed MAC, and too old.", 6),
            SHOWN + 2 * DAY,
        ),
        sent("mac_of_zeros", "A time, and no proof of it.", |_| {
            text(&[time, &[0; 16]].concat())
        }),
        sent("time_only", "The MAC of the time alone.", |link| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &link.key);
            text(&[time, &hmac::sign(&key, time).as_ref()[..16]].concat())
        }),
        sent(
            "time_little_endian",
            "The time with its last byte first.",
            |link| {
                let backwards: Vec<u8> = time.iter().rev().copied().collect();
                let mac = mac(&link.key, &link.payload, time);
                text(&[backwards.as_slice(), &mac[6..22]].concat())
            },
        ),
        sent("mac_first", "The MAC before the time.", |link| {
            let bytes = link.bytes(SHOWN);
            text(&[&bytes[6..], &bytes[..6]].concat())
        }),
    ]
}

fn texts() -> Vec<Made> {
    let whole = |link: &Link| link.bytes(SHOWN);
    vec![
        sent("empty", "No nonce in the field.", |_| String::new()),
        sent("no_time", "The MAC alone.", |link| text(&whole(link)[6..])),
        sent("no_mac", "The time alone.", |link| text(&whole(link)[..6])),
        sent("one_byte_less", "The last byte of the MAC is missing.", |link| {
            text(&whole(link)[..21])
        }),
        sent("one_byte_more", "One byte more of the MAC.", |link| {
            text(&link.signed(SHOWN)[..23])
        }),
        sent("whole_mac", "All 32 bytes of the MAC.", |link| {
            text(&link.signed(SHOWN))
        }),
        sent("padding", "Base64url with padding.", |link| {
            URL_SAFE.encode(whole(link))
        }),
        sent("standard_alphabet", "Base64 of the other alphabet.", |link| {
            // A time whose text has one of the two characters that differ.
            let differs = |time: &u64| STANDARD_NO_PAD.encode(link.bytes(*time)).contains(['+', '/']);
            let time = (SHOWN..).find(differs).unwrap();
            STANDARD_NO_PAD.encode(link.bytes(time))
        }),
        sent("hex", "The same bytes in hex.", |link| super::hex(&whole(link))),
        sent(
            "loose_bits",
            "The last character holds bits that belong to no byte.",
            |link| {
                let mut loose = text(&whole(link));
                let last = loose.pop().unwrap();
                let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                loose.push(char::from(alphabet.as_bytes()[alphabet.find(last).unwrap() + 1]));
                loose
            },
        ),
        sent("white_space", "White space behind it.", |link| {
            text(&whole(link)) + " "
        }),
        sent("glue", "Nothing is taken off the end of a nonce.", |link| {
            text(&whole(link)) + "."
        }),
        sent("twice", "The nonce twice in a row.", |link| {
            text(&whole(link)).repeat(2)
        }),
    ]
}
