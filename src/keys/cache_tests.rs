use super::super::Address;
use super::*;
use crate::seal::KeyRef;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

struct Kms(AtomicU32);

impl Kms {
    fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    fn calls(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    async fn generate(&self) -> Result<SealingKey, KeyFailure> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let byte = u8::try_from(number % 251).unwrap();
        Ok(SealingKey {
            key: DataKey::new([byte; 32]),
            reference: KeyRef::Kms(vec![byte]),
        })
    }

    async fn open(&self, wrapped: &[u8]) -> Result<DataKey, KeyFailure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        match wrapped {
            [0, ..] => Err(KeyFailure::Refused(Damage::KeyRefused(
                "InvalidCiphertext".to_owned(),
            ))),
            [1, ..] => Err(KeyFailure::Busy("timeout".to_owned())),
            [2, ..] => Err(KeyFailure::SwitchedOff("Disabled".to_owned())),
            _ => Ok(DataKey::new([7; 32])),
        }
    }
}

async fn take(cache: &SealingCache, kms: &Kms, links: u32, now: u64) -> Arc<SealingKey> {
    cache
        .take(links, now, ALWAYS, async || kms.generate().await)
        .await
        .unwrap()
}

fn opening(max_age: u32) -> (OpeningCache, Kms) {
    (OpeningCache::new(max_age, Arc::new(Gate::new())), Kms::new())
}

/// From an address, and never lucky.
fn asker(address: &str, now: u64) -> Asker {
    Asker {
        address: Address::parse(address),
        now,
        random: |bytes| bytes.fill(1),
    }
}

async fn open(cache: &OpeningCache, kms: &Kms, wrapped: &[u8], now: u64) -> Result<Arc<DataKey>, KeyFailure> {
    open_from(cache, kms, wrapped, &asker("", now)).await
}

async fn open_from(
    cache: &OpeningCache,
    kms: &Kms,
    wrapped: &[u8],
    asker: &Asker,
) -> Result<Arc<DataKey>, KeyFailure> {
    let ask = async || Answer {
        calls: 1,
        key: kms.open(wrapped).await,
    };
    cache.open(KeyDigest::of(&[wrapped]), asker, ask).await
}

/// Wrapped keys that KMS answers so, each another one.
fn many(answer: u8, numbers: std::ops::Range<u32>) -> impl Iterator<Item = Vec<u8>> {
    numbers.map(move |number| [[answer].as_slice(), &number.to_be_bytes()].concat())
}

#[tokio::test(start_paused = true)]
async fn a_data_key_seals_for_its_age_and_uses() {
    let (cache, kms) = (SealingCache::new(300, 10), Kms::new());
    for (links, now, calls) in [
        (2, 1_000, 1),
        (8, 1_299, 1),
        (1, 1_299, 2),
        (9, 1_299, 2),
        (1, 1_300, 3),
        (1, 1_599, 3),
        (1, 1_600, 4),
        (50, 1_600, 5),
        (1, 1_600, 6),
    ] {
        take(&cache, &kms, links, now).await;
        assert_eq!(kms.calls(), calls, "{links} links at {now}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_age_of_zero_is_one_key_a_request() {
    let (cache, kms) = (SealingCache::new(0, 100), Kms::new());
    for calls in 1..5 {
        take(&cache, &kms, 2, 1_000).await;
        assert_eq!(kms.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_leaves_nothing_behind() {
    let (cache, kms) = (SealingCache::new(300, 10), Kms::new());
    let failed = cache
        .take(1, 1_000, ALWAYS, async || {
            Err(KeyFailure::Busy("timeout".to_owned()))
        })
        .await;
    assert_eq!(failed.unwrap_err(), KeyFailure::Busy("timeout".to_owned()));
    take(&cache, &kms, 1, 1_000).await;
    assert_eq!(kms.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_data_key_seals_only_while_it_is_good() {
    let (cache, kms) = (SealingCache::new(300, 10), Kms::new());
    for (now, good, calls) in [
        (1_000, 1_000..1_100, 1),
        (1_099, ALWAYS, 1),
        // Its time is over.
        (1_100, ALWAYS, 2),
        (1_399, ALWAYS, 2),
        (1_400, 1_300..9_999, 3),
        (1_300, ALWAYS, 3),
        // The clock was ahead, and was set right.
        (1_299, ALWAYS, 4),
    ] {
        let make = async || kms.generate().await;
        cache.take(1, now, good, make).await.unwrap();
        assert_eq!(kms.calls(), calls, "at {now}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_opened_key_opens_for_its_age() {
    let (cache, kms) = opening(300);
    for (now, calls) in [(1_000, 1), (1_299, 1), (1_300, 2), (1_599, 2)] {
        open(&cache, &kms, &[9, 9], now).await.unwrap();
        assert_eq!(kms.calls(), calls, "at {now}");
    }
    open(&cache, &kms, &[9, 8], 1_599).await.unwrap();
    assert_eq!(kms.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_age_of_zero_keeps_nothing() {
    let (cache, kms) = opening(0);
    for calls in 1..4 {
        open(&cache, &kms, &[9], 1_000).await.unwrap();
        assert_eq!(kms.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_at_the_same_time_share_one_call() {
    let (cache, kms) = opening(300);
    let both = tokio::join!(open(&cache, &kms, &[9], 1_000), open(&cache, &kms, &[9], 1_000));
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(kms.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_remembered_for_a_minute() {
    let (cache, kms) = opening(300);
    for (now, calls) in [(1_000, 1), (1_059, 1), (1_060, 2)] {
        let refused = open(&cache, &kms, &[0], now).await.unwrap_err();
        assert!(
            matches!(refused, KeyFailure::Refused(Damage::KeyRefused(_))),
            "{refused:?}"
        );
        assert_eq!(kms.calls(), calls, "at {now}");
    }
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_not_remembered() {
    let (cache, kms) = opening(300);
    for calls in 1..100 {
        assert!(matches!(
            open(&cache, &kms, &[1], 1_000).await,
            Err(KeyFailure::Busy(_))
        ));
        assert_eq!(kms.calls(), calls);
    }
    assert!(matches!(
        open(&cache, &kms, &[2], 1_000).await,
        Err(KeyFailure::SwitchedOff(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn garbage_soon_meets_the_gate() {
    for (address, calls) in [("192.0.2.1", 10), ("", 50)] {
        let (cache, kms) = opening(300);
        let mut refused_by_gate = 0;
        for wrapped in many(0, 0..10_000) {
            match open_from(&cache, &kms, &wrapped, &asker(address, 1_000)).await {
                Err(KeyFailure::TooMany) => refused_by_gate += 1,
                Err(KeyFailure::Refused(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((kms.calls(), refused_by_gate), (calls, 10_000 - calls));
        assert!(
            open_from(&cache, &kms, &[9], &asker("192.0.2.2", 1_000))
                .await
                .is_ok()
                == (calls == 10)
        );
    }
}

/// From memory, KMS is not asked, and nobody pays.
#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_charged_to_nobody() {
    let (cache, kms) = opening(300);
    let (one, other) = (asker("192.0.2.1", 1_000), asker("192.0.2.2", 1_000));
    for _ in 0..100 {
        for asker in [&one, &other] {
            let refused = open_from(&cache, &kms, &[0], asker).await.unwrap_err();
            assert!(matches!(refused, KeyFailure::Refused(_)), "{refused:?}");
        }
    }
    assert_eq!(kms.calls(), 1);
    for (asker, left) in [(&one, 9), (&other, 10)] {
        let before = kms.calls();
        for wrapped in many(0, 0..100) {
            let wrapped = [wrapped.as_slice(), &[kms.calls().to_be_bytes()[3]]].concat();
            let _ = open_from(&cache, &kms, &wrapped, asker).await;
        }
        assert_eq!(kms.calls() - before, left);
        // Also once nothing more may be asked.
        let refused = open_from(&cache, &kms, &[0], asker).await.unwrap_err();
        assert!(matches!(refused, KeyFailure::Refused(_)), "{refused:?}");
    }
}

/// Whoever asks first pays; whoever waits for that answer gets it for nothing.
#[tokio::test(start_paused = true)]
async fn of_requests_at_the_same_time_the_one_that_asks_is_charged() {
    let (cache, kms) = opening(300);
    let askers = [asker("192.0.2.1", 1_000), asker("192.0.2.2", 1_000)];
    for wrapped in many(0, 0..5) {
        let both = tokio::join!(
            open_from(&cache, &kms, &wrapped, &askers[0]),
            open_from(&cache, &kms, &wrapped, &askers[1]),
        );
        for refused in [both.0, both.1] {
            assert!(matches!(refused, Err(KeyFailure::Refused(_))), "{refused:?}");
        }
    }
    assert_eq!(kms.calls(), 5);
    for (asker, left) in askers.iter().zip([5, 10]) {
        let before = kms.calls();
        for wrapped in many(0, before * 1_000..before * 1_000 + 100) {
            let _ = open_from(&cache, &kms, &wrapped, asker).await;
        }
        assert_eq!(kms.calls() - before, left);
    }
}

/// A failure that is not remembered: each of those who wait asks in turn, until the gate closes.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_call_that_fails_asks_with_leave_of_its_own() {
    let (cache, kms) = opening(300);
    let asker = asker("192.0.2.1", 1_000);
    let six = async || {
        let one = || open_from(&cache, &kms, &[2], &asker);
        let (a, b, c, d, e, f) = tokio::join!(one(), one(), one(), one(), one(), one());
        [a, b, c, d, e, f]
    };
    let (first, second) = tokio::join!(six(), six());
    for failure in first.into_iter().chain(second) {
        assert_eq!(failure.unwrap_err().when_opening().status(), 503);
    }
    assert_eq!(kms.calls(), 10);
}

/// With several keys, each is asked about a link of none of them.
#[tokio::test(start_paused = true)]
async fn each_call_of_a_question_is_charged() {
    let (cache, kms) = opening(300);
    let asker = asker("192.0.2.1", 1_000);
    for wrapped in many(0, 0..100) {
        let ask = async || Answer {
            calls: 3,
            key: kms.open(&wrapped).await,
        };
        let _ = cache.open(KeyDigest::of(&[&wrapped]), &asker, ask).await;
    }
    assert_eq!(kms.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn garbage_pushes_no_opened_key_out() {
    let (cache, kms) = opening(300);
    open(&cache, &kms, &[9], 1_000).await.unwrap();
    for wrapped in many(0, 0..1_000) {
        assert!(open(&cache, &kms, &wrapped, 1_000).await.is_err());
    }
    let calls = kms.calls();
    open(&cache, &kms, &[9], 1_000).await.unwrap();
    assert_eq!(kms.calls(), calls);
}

/// One after the other, and none of them a link's fault.
#[tokio::test(start_paused = true)]
async fn garbage_buys_little_while_the_key_is_off() {
    let (cache, kms) = opening(300);
    for wrapped in many(2, 0..10_000) {
        let failure = open(&cache, &kms, &wrapped, 1_000).await.unwrap_err();
        assert_eq!(failure.when_opening().status(), 503);
    }
    assert_eq!(kms.calls(), 50);
    assert!(
        open(&cache, &kms, &[9], 1_001).await.is_ok(),
        "the key is on again"
    );
    assert!(open(&cache, &kms, &[8], 1_001).await.is_ok());
}

#[test]
fn parts_are_told_apart() {
    assert!(KeyDigest::of(&[b"a", b"bc"]) != KeyDigest::of(&[b"ab", b"c"]));
    assert!(KeyDigest::of(&[b"a"]) != KeyDigest::of(&[b"a", b""]));
}
