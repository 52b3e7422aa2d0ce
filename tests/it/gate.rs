//! Honest visitors beside strangers that have KMS asked for nothing, on a simulated clock: how many are answered at their
//! first try, and what the strangers can buy. The table of docs/SECURITY.md; `--nocapture` shows it.
//!
//! Each honest visitor has an address and a link of its own, whose key the instance does not know yet. `bench/gate` does
//! the same in real time with an executable.

use crate::kms::{COMPACT, Kms, MAC_KEY, USUAL};
use crate::support::{BASE, NOW, Stack, data, encode, set_clock};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What the strangers send.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Garbage {
    /// A link that has done what it can do, with another wrapped key each time that begins as the real one does.
    Used,
    /// The same of a link that is over.
    Expired,
    /// Bytes in the shape of a link, by somebody who has none.
    Anonymous,
    /// Compact links of hours, by somebody who has none.
    Hours,
}

impl Garbage {
    const fn vars(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Used | Self::Expired | Self::Anonymous => USUAL,
            Self::Hours => COMPACT,
        }
    }
}

/// Numbers that look random, the same ones in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

struct Scene {
    kms: Kms,
    create: Stack,
    process: Stack,
    garbage: Garbage,
    /// A link that strangers have.
    theirs: Vec<u8>,
    sent: u32,
    honest: u32,
}

fn beat() -> serde_json::Value {
    json!({"name": "beat", "type": "heartbeat"})
}

fn bytes(url: &str) -> Vec<u8> {
    let sealed = data(url);
    URL_SAFE_NO_PAD
        .decode(sealed.strip_prefix("3-").unwrap())
        .unwrap()
}

fn with_bytes(bytes: &[u8]) -> String {
    let sealed = format!("3-{}", URL_SAFE_NO_PAD.encode(bytes));
    format!("{BASE}/respond?data={}", encode(&sealed))
}

impl Scene {
    fn new(garbage: Garbage, is_warm: bool, more: &[(&str, &str)]) -> Self {
        set_clock(NOW - DAY);
        let kms = Kms::default();
        let vars = [garbage.vars(), more, &[("DATA_KEY_MAX_AGE", "0")]].concat();
        let create = Stack::with_keys(kms.keys(&vars), &vars);
        let process = create.updated(kms.keys(&vars), &vars);
        let theirs = match garbage {
            Garbage::Used => {
                let done = json!({"name": "done", "type": "success", "output": 1});
                let url = create.link(done, json!({}));
                let elsewhere = create.updated(kms.keys(&vars), &vars);
                assert_eq!(elsewhere.get(&url).status, 200);
                bytes(&url)
            }
            Garbage::Expired => {
                let url = create.link(beat(), json!({"expires_in": "PT1H"}));
                set_clock(NOW);
                let elsewhere = create.updated(kms.keys(&vars), &vars);
                assert_eq!(elsewhere.get(&url).code(), "ExpiredPayload");
                bytes(&url)
            }
            Garbage::Anonymous => [&[1, 0, 184, 1, 2], [7; 600].as_slice()].concat(),
            Garbage::Hours => [&[3], [7; 300].as_slice()].concat(),
        };
        set_clock(NOW);
        let mut scene = Self {
            kms,
            create,
            process,
            garbage,
            theirs,
            sent: 0,
            honest: 0,
        };
        if is_warm {
            assert!(scene.honest_visit(NOW));
        }
        scene
    }

    /// One more request of a stranger; whether KMS was asked.
    fn stranger(&mut self, address: Option<&str>) -> bool {
        self.sent += 1;
        let mut bytes = self.theirs.clone();
        match self.garbage {
            Garbage::Used | Garbage::Expired => bytes[60..64].copy_from_slice(&self.sent.to_be_bytes()),
            Garbage::Anonymous => bytes[5..9].copy_from_slice(&self.sent.to_be_bytes()),
            Garbage::Hours => {
                // All hours of a year in an order that does not repeat soon.
                let back = self.sent.wrapping_mul(1_777) % 8_760;
                let hour = u32::try_from(NOW / HOUR).unwrap() - back;
                bytes[1..5].copy_from_slice(&hour.to_be_bytes());
            }
        }
        let before = self.kms.count();
        let answer = self.process.get_from(address, &with_bytes(&bytes));
        assert!([400, 429].contains(&answer.status), "{}", answer.body);
        let asked = self.kms.count() - before;
        assert!(asked <= 1 && (answer.status == 400 || asked == 0));
        asked == 1
    }

    /// Somebody's first visit with a link of theirs, compact ones from days ago; whether it was answered.
    fn honest_visit(&mut self, now: i64) -> bool {
        self.honest += 1;
        if self.garbage == Garbage::Hours {
            set_clock(now - 3 * DAY - i64::from(self.honest) * HOUR);
        }
        let url = self.create.link(beat(), json!({}));
        set_clock(now);
        let address = format!("198.51.{}.{}", 100 + self.honest / 200, self.honest % 200);
        let answer = self.process.get_from(Some(&address), &url);
        assert!([200, 429].contains(&answer.status), "{}", answer.body);
        answer.status == 200
    }
}

/// What came of a time beside strangers.
struct Seen {
    answered: u32,
    honest: u32,
    /// Of the strangers' requests.
    asked: u32,
    sent: u32,
}

/// For so many seconds the strangers are alone, until they have used up what they have at once.
const LEAD: u32 = 6;

/// Then each second one honest visit, somewhere between those of the strangers; who these are is said for each second.
fn beside(
    scene: &mut Scene,
    seconds: u32,
    dice: &mut Dice,
    mut strangers: impl FnMut(&mut Dice) -> Vec<String>,
) -> Seen {
    let mut seen = Seen {
        answered: 0,
        honest: 0,
        asked: 0,
        sent: 0,
    };
    for second in 0..LEAD + seconds {
        let now = NOW + i64::from(second);
        set_clock(now);
        let addresses = strangers(dice);
        let turn = dice.below(addresses.len() as u64 + 1);
        for (number, address) in addresses.iter().map(Some).chain([None]).enumerate() {
            if number as u64 == turn && second >= LEAD {
                seen.answered += u32::from(scene.honest_visit(now));
                seen.honest += 1;
            }
            if let Some(address) = address {
                seen.asked += u32::from(scene.stranger(Some(address)));
                seen.sent += 1;
            }
        }
    }
    seen
}

fn percent(part: u32, whole: u32) -> u32 {
    part * 100 / whole
}

fn report(who: &str, garbage: Garbage, is_warm: bool, seen: &Seen) {
    let start = if is_warm { "warm" } else { "cold" };
    println!(
        "| {who} | {garbage:?} | {start} | {} of {} ({} %) | {} of {} |",
        seen.answered,
        seen.honest,
        percent(seen.answered, seen.honest),
        seen.asked,
        seen.sent
    );
}

fn beside_one_address(garbage: Garbage) {
    const SECONDS: u32 = 20;
    for address in ["203.0.113.7", "2001:db8::7"] {
        for rate in [2, 5, 20, 50] {
            for is_warm in [false, true] {
                // To the gate, an expired link is a used one, and a line of IPv6 is an address.
                let is_once = garbage == Garbage::Expired || address.contains(':');
                if is_once && (rate != 50 || is_warm) {
                    continue;
                }
                let mut scene = Scene::new(garbage, is_warm, &[]);
                let seen = beside(&mut scene, SECONDS, &mut Dice(rate), |_| {
                    vec![address.to_owned(); usize::try_from(rate).unwrap()]
                });
                report(&format!("one address, {rate} a second"), garbage, is_warm, &seen);
                assert!(percent(seen.answered, seen.honest) >= 95, "{rate} {is_warm}");
                // Its own bucket, and about an eighth of the rest (a sixth leaves room for luck).
                let paid = 10 + LEAD + SECONDS;
                assert!(
                    seen.asked <= paid + seen.sent.saturating_sub(paid) / 6 + 8,
                    "{rate} {is_warm}: {}",
                    seen.asked
                );
                assert!(seen.asked >= paid.min(seen.sent) * 9 / 10, "{}", seen.asked);
            }
        }
    }
}

#[test]
fn first_visits_are_answered_beside_one_address_with_a_used_link() {
    beside_one_address(Garbage::Used);
}

#[test]
fn first_visits_are_answered_beside_one_address_with_an_expired_link() {
    beside_one_address(Garbage::Expired);
}

#[test]
fn first_visits_are_answered_beside_one_address_without_a_link() {
    beside_one_address(Garbage::Anonymous);
}

#[test]
fn first_visits_of_compact_links_are_answered_beside_one_address_with_made_up_hours() {
    beside_one_address(Garbage::Hours);
}

/// Each of two hundred addresses asks every ten seconds or so.
#[test]
fn first_visits_are_answered_beside_two_hundred_addresses() {
    const SECONDS: u32 = 60;
    for (number, garbage) in [Garbage::Used, Garbage::Anonymous, Garbage::Hours]
        .into_iter()
        .enumerate()
    {
        for is_warm in [false, true] {
            let mut scene = Scene::new(garbage, is_warm, &[]);
            let mut dice = Dice(number as u64);
            let seen = beside(&mut scene, SECONDS, &mut dice, |dice| {
                let asks = |_: &u32| dice.below(10) == 0;
                let which = (0..200).filter(asks).map(|which| format!("203.0.113.{which}"));
                let which: Vec<_> = which.collect();
                which
            });
            report("200 addresses, 20 a second", garbage, is_warm, &seen);
            assert!(seen.sent.abs_diff(20 * (LEAD + SECONDS)) < 200, "{}", seen.sent);
            assert!(percent(seen.answered, seen.honest) >= 80);
            let paid = 50 + 20 * (LEAD + SECONDS);
            assert!(seen.asked <= paid, "{}", seen.asked);
        }
    }
}

/// Beyond what an instance may spend, one in eight is still answered at once, and KMS is asked no more than is said.
#[test]
fn a_flood_of_many_addresses_buys_what_is_said_and_keeps_nobody_out_for_good() {
    const SECONDS: u32 = 16;
    for garbage in [Garbage::Anonymous, Garbage::Hours] {
        let mut scene = Scene::new(garbage, false, &[]);
        let mut dice = Dice(3);
        let mut next = 0_u32;
        let seen = beside(&mut scene, SECONDS, &mut dice, |_| {
            let address = |_| {
                next += 1;
                let [_, a, b, c] = next.to_be_bytes();
                format!("10.{a}.{b}.{c}")
            };
            (0..100).map(address).collect()
        });
        report("new addresses, 100 a second", garbage, false, &seen);
        let paid = 50 + 20 * (LEAD + SECONDS);
        let lucky = seen.sent.saturating_sub(paid) / 8;
        assert!(
            seen.asked.abs_diff(paid + lucky) < lucky / 4 + 25,
            "{}",
            seen.asked
        );
        assert!(seen.answered >= 2, "{}", seen.answered);
    }
}

/// What KMS has said already is known: it costs no call, and takes nothing from those at the same address.
#[test]
fn links_that_were_seen_before_cost_nothing() {
    for garbage in [Garbage::Used, Garbage::Expired] {
        let mut scene = Scene::new(garbage, false, &[]);
        scene.process = scene.process.unlucky();
        let link = with_bytes(&scene.theirs);
        let mut damaged = scene.theirs.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let before = scene.kms.count();
        for number in 0..2_000 {
            let at = if number % 2 == 0 { &scene.theirs } else { &damaged };
            let refused = scene.process.get_from(Some("203.0.113.7"), &with_bytes(at));
            assert_eq!(refused.status, 400);
        }
        assert_eq!(scene.kms.count() - before, 1, "{link:.0}{garbage:?}");
        // One that KMS refused, again and again, by everybody.
        assert!(scene.stranger(Some("203.0.113.7")));
        for number in 0..500 {
            scene.sent -= 1;
            let address = format!("203.0.113.{}", number % 2 + 7);
            assert!(!scene.stranger(Some(&address)), "{number}");
        }
        let bought = (0..50).filter(|_| scene.stranger(Some("203.0.113.7"))).count();
        assert_eq!(bought, 9);
        let bought = (0..50).filter(|_| scene.stranger(Some("203.0.113.8"))).count();
        assert_eq!(bought, 10);
    }
}

/// Who shares an address with a stranger waits for a free second, or for one lucky try in eight.
#[test]
fn a_visitor_at_the_address_of_a_stranger_gets_through_in_a_while() {
    let here = Some("203.0.113.7");
    let mut scene = Scene::new(Garbage::Used, false, &[]);
    scene.process = scene.process.unlucky();
    let url = scene.create.link(beat(), json!({}));
    for _ in 0..50 {
        scene.stranger(here);
    }
    let refused = scene.process.get_from(here, &url);
    assert_eq!(refused.refusal(), (429, "TooManyRequests".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(
        scene.process.log().last().unwrap()["outcome"],
        "refused",
        "as before"
    );
    set_clock(NOW + 1);
    assert_eq!(scene.process.get_from(here, &url).status, 200);
    set_clock(NOW);

    let mut scene = Scene::new(Garbage::Used, false, &[]);
    for _ in 0..50 {
        scene.stranger(here);
    }
    let mut tries = 0;
    for _ in 0..200 {
        let url = scene.create.link(beat(), json!({}));
        tries += u32::from(scene.process.get_from(here, &url).status == 200);
    }
    assert!((10..=45).contains(&tries), "{tries} of 200: about one in eight");
}

#[test]
fn without_buckets_of_addresses_the_instance_alone_counts() {
    let off = [("ADDRESS_BUCKETS", "false")];
    for (more, addresses, bought) in [
        (off.as_slice(), Some("203.0.113.7"), 50),
        (&[("ADDRESS_BUCKETS", "true")], Some("203.0.113.7"), 10),
        (&[], Some("203.0.113.7"), 10),
        (&[], Some("203.0.113.7:5678"), 10),
        (&[], Some("fe80::1%eth0"), 10),
        (&[], Some("not an address"), 50),
        (&[], Some(""), 50),
        (&[], None, 50),
    ] {
        for garbage in [Garbage::Used, Garbage::Hours] {
            let mut scene = Scene::new(garbage, false, more);
            scene.process = scene.process.unlucky();
            let asked = (0..100).filter(|_| scene.stranger(addresses)).count();
            assert_eq!(asked, bought, "{addresses:?} {more:?}");
        }
    }
}

/// One address in all its forms, and the line of one that has many.
#[test]
fn an_address_is_the_same_in_every_form() {
    for forms in [
        [
            "203.0.113.7",
            "::ffff:203.0.113.7",
            "::FFFF:cb00:7107",
            "203.0.113.7:1",
        ],
        [
            "2001:db8::1",
            "2001:DB8:0:0:5::",
            "[2001:db8::ffff]:443",
            "2001:db8::2%1",
        ],
    ] {
        let mut scene = Scene::new(Garbage::Anonymous, false, &[]);
        scene.process = scene.process.unlucky();
        let asked = (0..100).filter(|number| scene.stranger(Some(forms[number % 4])));
        assert_eq!(asked.count(), 10, "{forms:?}");
    }
}

/// Senders of CloudEvents ask for permission with OPTIONS, and that has KMS asked, too.
#[test]
fn a_handshake_is_charged_like_a_visit() {
    let mut scene = Scene::new(Garbage::Anonymous, false, &[]);
    scene.process = scene.process.unlucky();
    let before = scene.kms.count();
    for number in 0..100_u32 {
        let mut bytes = scene.theirs.clone();
        bytes[5..9].copy_from_slice(&number.to_be_bytes());
        let headers = [("webhook-request-origin", "example.com")];
        let answer = scene.process.visit("OPTIONS", &with_bytes(&bytes), &headers, b"");
        assert_eq!(answer.status, if number < 10 { 405 } else { 429 }, "{number}");
    }
    assert_eq!(scene.kms.count() - before, 10);
}

/// With several keys, each is asked about a link of another account; all of these calls count.
#[test]
fn a_link_that_no_key_knows_is_charged_for_each_of_them() {
    // This stand-in refuses the second key as one of the wrong kind, which is charged as a key that is off.
    let more = [("DECRYPT_KEY_IDS", MAC_KEY)];
    let mut scene = Scene::new(Garbage::Used, false, &more);
    scene.process = scene.process.unlucky();
    scene.kms.fail("IncorrectKeyException");
    let before = scene.kms.count();
    let mut answers = Vec::new();
    for number in 0..20_u32 {
        let mut bytes = scene.theirs.clone();
        bytes[60..64].copy_from_slice(&number.to_be_bytes());
        answers.push(
            scene
                .process
                .get_from(Some("203.0.113.7"), &with_bytes(&bytes))
                .status,
        );
    }
    assert_eq!(answers, [[400; 5].as_slice(), &[429; 15]].concat());
    assert_eq!(scene.kms.count() - before, 10);
}

/// While the key is off every visitor has it asked for; nobody is told that it is their fault.
#[test]
fn while_the_key_is_off_the_gate_answers_503() {
    for garbage in [Garbage::Used, Garbage::Hours] {
        let mut scene = Scene::new(garbage, false, &[]);
        scene.process = scene.process.unlucky();
        let url = scene.create.link(beat(), json!({}));
        scene.kms.fail("DisabledException");
        let before = scene.kms.count();
        for number in 0..200 {
            let address = format!("198.51.100.{}", number % 20);
            let refused = scene.process.get_from(Some(&address), &url);
            assert_eq!(refused.refusal(), (503, "ServiceUnavailable".to_owned()));
            let wait = if number < 50 { "300" } else { "5" };
            assert_eq!(refused.header("retry-after"), wait, "{number}");
        }
        assert_eq!(scene.kms.count() - before, 50);
        scene.kms.work();
        set_clock(NOW + 1);
        assert_eq!(scene.process.get_from(Some("198.51.100.1"), &url).status, 200);
        set_clock(NOW);
    }
}
