//! How often KMS is asked under a steady load, at the default settings: a bill, and a promise.
//!
//! A *create* is one request for two links, approve and reject. A *decision* is a person's use of one of them: GET
//! shows the page, POST of its button answers. Both are requests to the process function.

use crate::asking::{hidden, open, submit};
use crate::kms::{COMPACT, Kms, USUAL};
use crate::support::{NOW, Stack, set_clock};
use serde_json::json;

/// One create each five seconds, for a little more than an hour.
const EVERY: i64 = 5;
const CREATES: usize = 750;
/// From the page to its button.
const READING: i64 = 20;

/// Two functions with an instance each.
struct Service {
    kms: Kms,
    create: Stack,
    process: Stack,
}

impl Service {
    fn new(vars: &[(&str, &str)]) -> Self {
        let kms = Kms::default();
        let vars = [vars, &[("CONFIRM_ACTIONS", "true")]].concat();
        let create = Stack::with_keys(kms.keys(&vars), &vars);
        let process = create.updated(kms.keys(&vars), &vars);
        Self { kms, create, process }
    }

    fn links(&self, at: i64) -> String {
        set_clock(NOW + at);
        let actions = json!([
            {"name": "approve", "type": "success", "output": {"approved": true}},
            {"name": "reject", "type": "failure", "error": "rejected"},
        ]);
        self.create.links(actions, json!({})).url("approve")
    }

    fn page(&self, url: &str, at: i64) -> String {
        set_clock(NOW + at);
        hidden(&open(&self.process, url), "nonce")
    }

    fn button(&self, url: &str, nonce: &str, at: i64) {
        set_clock(NOW + at);
        assert_eq!(submit(&self.process, url, &[("nonce", nonce)]).status, 200);
    }

    /// How often the functions have asked KMS: create, process.
    fn asked(&self) -> (usize, usize) {
        let asked = self.kms.asked();
        let creates = asked
            .iter()
            .filter(|(operation, _)| operation == "GenerateDataKey")
            .count();
        (creates, asked.len() - creates)
    }
}

enum Event {
    Create,
    Page,
    Button,
}

/// Creates each five seconds, and every task is decided within an hour. Calls by the creates, and by the decisions.
fn steady_load(vars: &[(&str, &str)]) -> (usize, usize) {
    let service = Service::new(vars);
    let mut events = Vec::new();
    for number in 0..CREATES {
        let created = i64::try_from(number).unwrap() * EVERY;
        let decided = created + 1 + i64::try_from(number * 2_654_435_761 % 3_600).unwrap();
        events.push((created, number, Event::Create));
        events.push((decided, number, Event::Page));
        events.push((decided + READING, number, Event::Button));
    }
    events.sort_by_key(|(at, _, _)| *at);
    let (mut urls, mut nonces) = (vec![String::new(); CREATES], vec![String::new(); CREATES]);
    let (mut by_create, mut by_process) = (0, 0);
    for (at, number, event) in events {
        let before = service.kms.count();
        match event {
            Event::Create => {
                urls[number] = service.links(at);
                by_create += service.kms.count() - before;
            }
            Event::Page => {
                nonces[number] = service.page(&urls[number], at);
                by_process += service.kms.count() - before;
            }
            Event::Button => {
                service.button(&urls[number], &nonces[number], at);
                by_process += service.kms.count() - before;
            }
        }
    }
    set_clock(NOW);
    let succeeded = service.create.told();
    assert!(succeeded.len() == CREATES && succeeded.iter().all(|told| told.starts_with("success")));
    (by_create, by_process)
}

/// Pinned, so that a change of a cache shows here; the promise is 0.02 a create and 0.5 a decision.
#[test]
fn a_steady_load_asks_kms_rarely() {
    for (vars, by_create, by_process) in [(USUAL, 15, 165), (COMPACT, 14, 35)] {
        let (created, processed) = steady_load(vars);
        assert_eq!((created, processed), (by_create, by_process));
        assert!(created * 50 <= CREATES, "{created} calls for {CREATES} creates");
        assert!(
            processed * 2 <= CREATES,
            "{processed} calls for {CREATES} decisions"
        );
    }
}

/// The least favourable: every decision comes alone, so that nothing in memory serves a second one.
#[test]
fn a_lonely_decision_asks_kms_once_for_its_two_requests() {
    for vars in [USUAL, COMPACT] {
        let service = Service::new(vars);
        for number in 0..10 {
            let at = number * 400;
            let url = service.links(at);
            let before = service.kms.count();
            let nonce = service.page(&url, at + 310);
            service.button(&url, &nonce, at + 310 + READING);
            assert_eq!(service.kms.count() - before, 1);
        }
        assert_eq!(service.kms.count(), 20);
        let (by_key, by_others) = service.asked();
        assert_eq!(by_key + by_others, 20);
        set_clock(NOW);
    }
}
