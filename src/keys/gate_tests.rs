use super::*;
use std::cell::Cell;

const NOW: u64 = 1_790_000_000;

thread_local! {
    static LUCK: Cell<u8> = const { Cell::new(1) };
    static DRAWN: Cell<u32> = const { Cell::new(0) };
}

/// As this test has set it.
fn luck(bytes: &mut [u8]) {
    DRAWN.set(DRAWN.get() + 1);
    bytes.fill(LUCK.get());
}

fn asker(address: &str, now: u64) -> Asker {
    Asker {
        address: Address::parse(address),
        now,
        random: luck,
    }
}

/// Asks, and is charged if KMS was asked.
fn refused(gate: &Gate, asker: &Asker) -> bool {
    asked(gate, asker, Question::Decrypt, Charge::Refused).is_ok()
}

fn asked(gate: &Gate, asker: &Asker, question: Question, why: Charge) -> Result<(), KeyFailure> {
    let pass = gate.admits(asker, question)?;
    gate.charge(asker, question, pass, 1, why);
    Ok(())
}

/// How many of so many questions at the same time are asked.
fn many(gate: &Gate, asker: &Asker, number: u32) -> u32 {
    (0..number).map(|_| u32::from(refused(gate, asker))).sum()
}

#[test]
fn an_address_has_ten_refused_calls_at_once_and_one_more_a_second() {
    let gate = Gate::new();
    for (second, calls) in [
        (0, 10),
        (0, 0),
        (1, 1),
        (2, 1),
        (5, 3),
        (14, 9),
        (25, 10),
        (1_000, 10),
    ] {
        let asker = asker("192.0.2.1", NOW + second);
        assert_eq!(many(&gate, &asker, 100), calls, "after {second} s");
        assert_eq!(gate.admits(&asker, Question::Decrypt), Err(KeyFailure::TooMany));
    }
}

#[test]
fn an_address_of_ipv6_is_its_line_and_a_site_has_ten_times_as_much() {
    let gate = Gate::new();
    let of_line = |line: u32, host: u32, now| asker(&format!("2001:db8:7:{line:x}::{host:x}"), now);
    let calls = (0..100).map(|host| many(&gate, &of_line(0, host, NOW), 1));
    assert_eq!(calls.sum::<u32>(), 10, "one line, a hundred addresses");
    // The instance has 50 tokens and is full again each second; the site has 100, and 10 more.
    let mut calls = 10;
    for line in 1..50 {
        calls += many(&gate, &of_line(line, 1, NOW + u64::from(line) / 5), 100);
    }
    // In the seconds 0 to 9: 100, and 10 for each second that passed.
    assert_eq!(calls, 100 + 90);
    let (site, other) = (of_line(999, 1, NOW + 9), asker("2001:db8:8::1", NOW + 9));
    assert!(gate.admits(&site, Question::Decrypt).is_err());
    assert!(gate.admits(&other, Question::Decrypt).is_ok());
    assert_eq!(many(&gate, &of_line(999, 1, NOW + 10), 100), 10);
}

#[test]
fn an_instance_has_fifty_refused_calls_at_once_and_twenty_more_a_second() {
    let gate = Gate::new();
    let mut next = 0_u32;
    let mut strangers = |number: u32, now| {
        let mut calls = 0;
        for _ in 0..number {
            next += 1;
            let [_, a, b, c] = next.to_be_bytes();
            calls += u32::from(refused(&gate, &asker(&format!("10.{a}.{b}.{c}"), now)));
        }
        calls
    };
    for (second, calls) in [(0, 50), (0, 0), (1, 20), (2, 20), (3, 20), (5, 40), (60, 50)] {
        assert_eq!(strangers(200, NOW + second), calls, "after {second} s");
    }
}

#[test]
fn without_an_address_the_instance_alone_counts() {
    for text in ["", "unknown", "192.0.2.1:x"] {
        let gate = Gate::new();
        assert_eq!(many(&gate, &asker(text, NOW), 200), 50, "{text}");
        assert_eq!(many(&gate, &asker(text, NOW + 1), 200), 20, "{text}");
        assert!(!refused(&gate, &asker("192.0.2.1", NOW + 1)), "they share it");
    }
}

#[test]
fn each_kind_of_question_has_a_bucket_of_the_instance_and_an_address_has_one_for_both() {
    let gate = Gate::new();
    let nowhere = asker("", NOW);
    assert_eq!(many(&gate, &nowhere, 100), 50);
    let mut calls = 0;
    while asked(&gate, &nowhere, Question::GenerateMac, Charge::Refused).is_ok() {
        calls += 1;
    }
    assert_eq!(calls, 50);

    let gate = Gate::new();
    let somewhere = asker("192.0.2.1", NOW);
    assert_eq!(many(&gate, &somewhere, 6), 6);
    for number in 0..10 {
        let asked = asked(&gate, &somewhere, Question::GenerateMac, Charge::Refused);
        assert_eq!(asked.is_ok(), number < 4, "{number}");
    }
    assert!(!refused(&gate, &somewhere));
}

#[test]
fn what_opens_costs_nothing() {
    let gate = Gate::new();
    let asker = asker("192.0.2.1", NOW);
    for _ in 0..1_000 {
        let _ = gate.admits(&asker, Question::Decrypt).unwrap();
    }
    assert_eq!(DRAWN.get(), 0, "luck is for those that need it");
    assert_eq!(many(&gate, &asker, 100), 10);
}

/// Of the 256 values of a byte, 32 are lucky, whichever bucket is empty and however many are.
#[test]
fn one_in_eight_gets_through_an_empty_bucket() {
    for (address, emptied) in [("192.0.2.1", 10), ("2001:db8::1", 10), ("", 50)] {
        let gate = Gate::new();
        let asker = asker(address, NOW);
        assert_eq!(many(&gate, &asker, emptied), emptied);
        let lucky = (0..=255).filter(|byte| {
            LUCK.set(*byte);
            gate.admits(&asker, Question::Decrypt).is_ok()
        });
        assert_eq!(lucky.count(), 32, "{address}");
        LUCK.set(1);
    }
    let gate = Gate::new();
    let (nowhere, somewhere) = (asker("", NOW), asker("192.0.2.1", NOW));
    assert_eq!(many(&gate, &somewhere, 10) + many(&gate, &nowhere, 40), 50);
    DRAWN.set(0);
    let lucky = (0..=255).filter(|byte| {
        LUCK.set(*byte);
        gate.admits(&somewhere, Question::Decrypt).is_ok()
    });
    assert_eq!(lucky.count(), 32, "both are empty, and there is one draw");
    assert_eq!(DRAWN.get(), 256);
}

/// However often one address asks, it takes no more of what all share than its own bucket gives.
#[test]
fn who_is_let_through_by_luck_does_not_empty_the_buckets_after_it() {
    for (address, neighbour) in [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1")] {
        let gate = Gate::new();
        LUCK.set(0);
        assert_eq!(many(&gate, &asker(address, NOW), 10_000), 10_000);
        LUCK.set(1);
        assert_eq!(many(&gate, &asker(neighbour, NOW), 100), 10, "{address}");
        // Of the 50 of the instance, 20 went to these two.
        assert_eq!(many(&gate, &asker("", NOW), 100), 30, "{address}");
    }
    // Where the instance is what is empty, the address pays.
    let gate = Gate::new();
    assert_eq!(many(&gate, &asker("", NOW), 50), 50);
    LUCK.set(0);
    assert_eq!(many(&gate, &asker("192.0.2.1", NOW), 4), 4);
    LUCK.set(1);
    let later = asker("192.0.2.1", NOW + 1);
    assert_eq!(many(&gate, &later, 100), 10 - 4 + 1);
    // Nothing is owed: a second gives what it always gives.
    assert_eq!(many(&gate, &asker("", NOW + 1), 100), 20 - 7);
}

#[test]
fn a_question_is_charged_for_each_of_its_calls() {
    let gate = Gate::new();
    let asker = asker("192.0.2.1", NOW);
    for (calls, left) in [(3, true), (3, true), (3, true), (3, false)] {
        let pass = gate.admits(&asker, Question::Decrypt).unwrap();
        gate.charge(&asker, Question::Decrypt, pass, calls, Charge::Refused);
        assert_eq!(gate.admits(&asker, Question::Decrypt).is_ok(), left);
    }
    assert_eq!(many(&gate, &self::asker("", NOW), 100), 50 - 12);
}

#[test]
fn questions_under_way_at_the_same_time_are_all_charged() {
    let gate = Gate::new();
    let asker = asker("192.0.2.1", NOW);
    let passes: Vec<Pass> = (0..40)
        .map(|_| gate.admits(&asker, Question::Decrypt).unwrap())
        .collect();
    for pass in passes {
        gate.charge(&asker, Question::Decrypt, pass, 1, Charge::Refused);
    }
    assert_eq!(many(&gate, &self::asker("", NOW), 100), 10);
}

/// While our own key is off, garbage costs as little as ever, and nobody is told that it is their fault.
#[test]
fn a_key_that_is_off_is_asked_for_rarely_and_never_a_4xx() {
    for (address, size) in [("192.0.2.1", 10), ("2001:db8::1", 10), ("", 50)] {
        let gate = Gate::new();
        let ask = |now, why| asked(&gate, &asker(address, now), Question::Decrypt, why);
        for _ in 0..size {
            ask(NOW, Charge::KeyOff).unwrap();
        }
        let failure = ask(NOW, Charge::KeyOff).unwrap_err();
        assert!(matches!(failure, KeyFailure::Busy(_)), "{failure:?}");
        assert_eq!(failure.when_opening().status(), 503);
        // What the last question found out is what counts.
        while ask(NOW + 1, Charge::Refused).is_ok() {}
        assert_eq!(ask(NOW + 1, Charge::Refused), Err(KeyFailure::TooMany));
        LUCK.set(0);
        ask(NOW + 1, Charge::KeyOff).unwrap();
        LUCK.set(1);
        let failure = ask(NOW + 1, Charge::Refused).unwrap_err();
        assert!(
            matches!(failure, KeyFailure::Busy(_)),
            "also one that luck let through"
        );
    }
}

/// A sender at the address of a stranger, and one beside many strangers.
#[test]
fn one_bucket_that_the_key_emptied_is_enough_for_503() {
    let gate = Gate::new();
    let (here, nowhere) = (asker("192.0.2.1", NOW), asker("", NOW));
    assert_eq!(many(&gate, &here, 10), 10);
    for _ in 0..40 {
        asked(&gate, &nowhere, Question::Decrypt, Charge::KeyOff).unwrap();
    }
    let failure = gate.admits(&here, Question::Decrypt).unwrap_err();
    assert!(matches!(failure, KeyFailure::Busy(_)), "the instance's");

    let gate = Gate::new();
    for _ in 0..10 {
        asked(&gate, &here, Question::Decrypt, Charge::KeyOff).unwrap();
    }
    assert_eq!(many(&gate, &nowhere, 40), 40);
    let failure = gate.admits(&here, Question::Decrypt).unwrap_err();
    assert!(matches!(failure, KeyFailure::Busy(_)), "its own");
    assert_eq!(gate.admits(&nowhere, Question::Decrypt), Err(KeyFailure::TooMany));
}

#[test]
fn a_clock_that_goes_back_keeps_nobody_out_and_gives_at_most_a_burst() {
    let gate = Gate::new();
    assert_eq!(many(&gate, &asker("192.0.2.1", NOW + 3_600), 100), 10);
    // It was an hour ahead, and was set right.
    assert_eq!(many(&gate, &asker("192.0.2.1", NOW), 100), 0);
    assert_eq!(many(&gate, &asker("192.0.2.1", NOW + 1), 100), 1);
    // The instance's bucket was at 40, and is full again.
    assert_eq!(many(&gate, &asker("", NOW + 1), 100), 50 - 1);
    // And forth again, as far as it can.
    assert_eq!(many(&gate, &asker("192.0.2.1", u64::MAX), 100), 10);
    assert_eq!(many(&gate, &asker("192.0.2.1", 0), 100), 0);
    assert_eq!(many(&gate, &asker("192.0.2.1", 2), 100), 2);
}

fn v4(number: u32) -> String {
    let [_, a, b, c] = number.to_be_bytes();
    format!("10.{a}.{b}.{c}")
}

#[test]
fn of_2048_networks_the_one_unused_for_longest_is_forgotten() {
    let gate = Gate::new();
    LUCK.set(0);
    for number in 0..2_048 {
        assert_eq!(many(&gate, &asker(&v4(number), NOW), 10), 10);
    }
    LUCK.set(1);
    // To be turned away is a use, too.
    assert_eq!(many(&gate, &asker(&v4(0), NOW), 1), 0);
    let charged = |number| gate.locked(|buckets| buckets.networks.contains(&network(number)));
    fn network(number: u32) -> Network {
        Address::parse(&v4(number)).unwrap().networks().next().unwrap()
    }
    LUCK.set(0);
    assert_eq!(many(&gate, &asker(&v4(2_048), NOW), 1), 1);
    assert!(charged(0) && !charged(1) && charged(2) && charged(2_048));
    // Whoever is not charged needs no place.
    for number in 3_000..9_000 {
        let _ = gate.admits(&asker(&v4(number), NOW), Question::Decrypt);
    }
    assert!(charged(0) && charged(2) && !charged(3_000));
    assert_eq!(gate.locked(|buckets| buckets.networks.len()), 2_048);
}

/// Pushed out of the table, an address gets a fresh bucket. What all strangers can cause is bounded by the instance.
#[test]
fn who_changes_addresses_gets_what_the_instance_has() {
    let gate = Gate::new();
    let mut calls = 0;
    let mut number = 0_u64;
    for second in 0..300 {
        for _ in 0..100 {
            number += 1;
            // Forty thousand lines in hundreds of sites, again and again, and as many addresses of IPv4.
            let low = number % 40_000;
            let text = match number % 2 {
                0 => format!("2001:db8:{:x}:{:x}::1", low / 100, low % 100),
                _ => v4(u32::try_from(low).unwrap()),
            };
            calls += u64::from(refused(&gate, &asker(&text, NOW + second)));
        }
    }
    assert_eq!(calls, 50 + 299 * 20);
    assert!(gate.locked(|buckets| buckets.networks.len()) <= 2_048);
}

/// An entry has its key, its bucket and two pointers, in a block of the allocator of its own (8 bytes more, in steps of
/// 16). The table has two pointers and a byte for each place, and a power of two of places of which at most 7 of 8 are in
/// use.
#[test]
fn the_table_of_addresses_takes_less_than_256_kib() {
    let pointer = size_of::<usize>();
    let entry = size_of::<(Network, Bucket)>() + 2 * pointer;
    let block = (entry + 8).next_multiple_of(16);
    let places = (MAX_NETWORKS.get() * 8 / 7).next_power_of_two();
    let bytes = MAX_NETWORKS.get() * block + places * (2 * pointer + 1);
    assert_eq!(MAX_NETWORKS.get(), 2_048);
    assert!(bytes <= 256 * 1_024, "{bytes}: {block} for each of them");
    let gate = Gate::new();
    LUCK.set(0);
    for number in 0..10_000 {
        assert!(refused(&gate, &asker(&v4(number), NOW)));
    }
    assert_eq!(gate.locked(|buckets| buckets.networks.len()), 2_048);
    assert_eq!(gate.locked(|buckets| buckets.networks.cap()), MAX_NETWORKS);
}
