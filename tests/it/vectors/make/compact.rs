//! Compact links (suite 0x03): the epoch's key is made here from an HMAC key, as KMS and a reader together make it.

use super::{
    AUDIENCE, DATA_KEY, DOMAIN, HEARTBEAT, ISSUED_AT, Keys, Length32, Made, Reference, TOKEN, TRANSACTION,
    damage, finish, payload_json, salt_of, text, tstr, uint, with,
};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;

/// Of the HMAC key of all vectors; KMS never shows it.
const MAC_KEY: [u8; 32] = DATA_KEY;
/// The hour of [`ISSUED_AT`].
const EPOCH: u32 = 497_222;
const BEGINS: u64 = EPOCH as u64 * 3_600;
const DAY: u64 = 86_400;

pub fn all() -> Vec<Made> {
    let mut all = opened();
    all.extend(out_of_range());
    all.extend(cut_short());
    all.extend(foreign());
    all
}

impl Keys {
    /// Of an epoch, for an audience.
    fn epoch(epoch: u32, audience: &str) -> Self {
        Self::of_mac_key(&MAC_KEY, epoch, audience)
    }

    fn of_mac_key(mac_key: &[u8; 32], epoch: u32, audience: &str) -> Self {
        let length = u16::try_from(audience.len()).unwrap().to_be_bytes();
        let message = [
            DOMAIN,
            b" epoch",
            length.as_slice(),
            audience.as_bytes(),
            epoch.to_be_bytes().as_slice(),
        ]
        .concat();
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, mac_key), &message);
        let mut data_key = [0; 32];
        let prk = Salt::new(HKDF_SHA256, &[]).extract(mac.as_ref());
        let info = [DOMAIN, b" epoch key"];
        prk.expand(&info, Length32).unwrap().fill(&mut data_key).unwrap();
        Self {
            data_key,
            reference: Reference::Epoch {
                epoch,
                mac_key: *mac_key,
            },
        }
    }
}

fn made(name: &str, comment: &str, link: String, now: u64, expect: String) -> Made {
    Made {
        now: Some(now),
        ..Made::sealed(name, comment, Keys::epoch(EPOCH, AUDIENCE), link, expect)
    }
}

fn opened() -> Vec<Made> {
    let opens = |name: &str, comment: &str, now: u64| {
        let link = Keys::epoch(EPOCH, AUDIENCE).link(name, &with(&[]));
        let payload = payload_json(TOKEN, HEARTBEAT);
        let expect = format!(r#"{{"payload": {payload}, "expired": false, "written": true}}"#);
        made(name, comment, link, now, expect)
    };
    let success = [
        (3, uint(BEGINS + 365 * DAY)),
        (6, uint(0)),
        (7, tstr(r#"{"approved":true}"#)),
    ];
    let name = "ok_compact_success";
    let opened = format!(
        r#"{{"token":"{TOKEN}","iat":{ISSUED_AT},"tid":"{TRANSACTION}","exp":{},"action":{{"name":"approve","type":"success","output":{{"approved":true}}}}}}"#,
        BEGINS + 365 * DAY
    );
    vec![
        opens(
            "ok_compact",
            "Suite 0x03: the hour names the data key.",
            ISSUED_AT + 60,
        ),
        opens(
            "ok_compact_hour_to_come",
            "The clock of the writer was an hour ahead.",
            BEGINS - 3_600,
        ),
        opens(
            "ok_compact_oldest",
            "The last second in which KMS is asked about this hour.",
            BEGINS + 366 * DAY,
        ),
        made(
            name,
            "A success that waits for a year, on its last day.",
            Keys::epoch(EPOCH, AUDIENCE).link(name, &with(&success)),
            BEGINS + 365 * DAY - 1,
            format!(r#"{{"payload": {opened}, "expired": false, "written": true}}"#),
        ),
    ]
}

fn out_of_range() -> Vec<Made> {
    let refused = |name: &str, comment: &str, epoch: u32, now: u64| {
        let keys = Keys::epoch(epoch, AUDIENCE);
        let link = keys.link(name, &with(&[]));
        Made {
            now: Some(now),
            ..Made::sealed(name, comment, keys, link, over())
        }
    };
    vec![
        refused(
            "compact_to_come",
            "More than an hour before the hour of the link.",
            EPOCH,
            BEGINS - 3_601,
        ),
        refused(
            "compact_too_old",
            "A second more than 366 days after the hour began.",
            EPOCH,
            BEGINS + 366 * DAY + 1,
        ),
        refused("compact_first_hour", "The first hour of 1970.", 0, ISSUED_AT),
        refused(
            "compact_last_hour",
            "The last hour that four bytes can name.",
            u32::MAX,
            ISSUED_AT,
        ),
        refused(
            "compact_little_endian",
            "The right hour, with its bytes the wrong way round.",
            EPOCH.swap_bytes(),
            ISSUED_AT,
        ),
    ]
}

fn over() -> String {
    damage("Epoch", "sealed in an hour that is too long ago or still to come")
}

fn cut_short() -> Vec<Made> {
    let name = "truncated_epoch";
    let whole = Keys::epoch(EPOCH, AUDIENCE).message(&salt_of(name), &[]);
    let cut = |name: &str, comment: &str, length: usize| {
        let link = text(&whole[..length]);
        made(name, comment, link, ISSUED_AT, damage("Truncated", "cut short"))
    };
    vec![
        cut(name, "Three bytes of the hour.", 4),
        cut(
            "truncated_compact_header",
            "The commitment lacks its last byte.",
            1 + 4 + 16 + 31,
        ),
        cut(
            "truncated_compact_tag",
            "Fewer bytes behind the header than a tag has.",
            1 + 4 + 16 + 32 + 15,
        ),
    ]
}

/// Authentic links of somebody else, and ours with something changed.
fn foreign() -> Vec<Made> {
    let keys = || Keys::epoch(EPOCH, AUDIENCE);
    let differs = || damage("Commitment", "key commitment differs");
    let refused = |name: &str, comment: &str, message: Vec<u8>, expect: String| {
        made(name, comment, text(&message), ISSUED_AT, expect)
    };
    let of = |name: &str, keys: Keys| keys.message(&salt_of(name), &with(&[]));
    let mut all = Vec::new();
    let name = "compact_other_audience";
    all.push(refused(
        name,
        "Sealed for another audience: its data key is another.",
        of(name, Keys::epoch(EPOCH, "stack-2")),
        differs(),
    ));
    let name = "compact_other_mac_key";
    all.push(refused(
        name,
        "Sealed under another HMAC key.",
        of(name, Keys::of_mac_key(&[7; 32], EPOCH, AUDIENCE)),
        differs(),
    ));
    let name = "compact_other_epoch";
    let mut moved = of(name, Keys::epoch(EPOCH - 1, AUDIENCE));
    moved[1..5].copy_from_slice(&EPOCH.to_be_bytes());
    all.push(refused(
        name,
        "Sealed in the hour before, and says this one.",
        moved,
        differs(),
    ));
    let name = "compact_mac_as_data_key";
    let with_mac = {
        let message = [
            DOMAIN,
            b" epoch",
            [0, 7].as_slice(),
            AUDIENCE.as_bytes(),
            EPOCH.to_be_bytes().as_slice(),
        ]
        .concat();
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &MAC_KEY), &message);
        keys().with_data_key(mac.as_ref().try_into().unwrap())
    };
    all.push(refused(
        name,
        "The MAC itself served as the data key.",
        of(name, with_mac),
        differs(),
    ));
    let name = "compact_keys_of_other_suite";
    let salt = salt_of(name);
    let start = [
        keys().start().as_slice(),
        &salt,
        &keys().expand(&salt, b" commit", 1),
    ]
    .concat();
    let message = finish(
        &start,
        keys().expand(&salt, b" key", 1),
        [0; 12],
        AUDIENCE,
        &with(&[]),
    );
    all.push(refused(
        name,
        "The keys are derived for suite 0x01.",
        message,
        differs(),
    ));
    let name = "compact_bad_tag";
    let mut message = of(name, keys());
    *message.last_mut().unwrap() ^= 1;
    let fails = damage("Authentication", "authentication failed");
    all.push(refused(
        name,
        "The last bit of the tag is flipped.",
        message,
        fails.clone(),
    ));
    let name = "compact_header_not_covered";
    let salt = salt_of(name);
    let header = keys().header(&salt);
    let sealed = finish(
        &[],
        keys().expand(&salt, b" key", 3),
        [0; 12],
        AUDIENCE,
        &with(&[]),
    );
    all.push(refused(
        name,
        "The header is not among the additional data.",
        [header, sealed].concat(),
        fails,
    ));
    let name = "compact_payload_unknown_field";
    let link = keys().message(&salt_of(name), &with(&[(23, uint(1))]));
    all.push(refused(
        name,
        "Payloads are the same in all suites.",
        link,
        damage("Content", "payload: unknown critical field"),
    ));
    all
}
