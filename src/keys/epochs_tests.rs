use super::super::Address;
use super::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const NOW: u64 = 1_790_000_000;

/// Gives every key, as KMS does.
struct Kms(AtomicU32);

impl Kms {
    fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    fn calls(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    async fn key(&self) -> Result<DataKey, KeyFailure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(DataKey::new([7; 32]))
    }
}

fn opening(max_age: u32) -> (EpochCache, Kms) {
    (EpochCache::new(max_age, Arc::new(Gate::new())), Kms::new())
}

/// From an address, and never lucky.
fn asker(address: &str, now: u64) -> Asker {
    Asker {
        address: Address::parse(address),
        now,
        random: |bytes| bytes.fill(1),
    }
}

async fn open(
    cache: &EpochCache,
    kms: &Kms,
    epoch: Epoch,
    asker: &Asker,
) -> Result<Option<Debt>, KeyFailure> {
    let opened = cache.open(epoch, asker, async || kms.key().await).await;
    opened.map(|(_, debt)| debt)
}

/// A link that is made up or not.
async fn link(
    cache: &EpochCache,
    kms: &Kms,
    epoch: Epoch,
    asker: &Asker,
    is_ours: bool,
) -> Result<(), KeyFailure> {
    if let Some(debt) = open(cache, kms, epoch, asker).await? {
        cache.judge(debt, is_ours);
    }
    Ok(())
}

/// A link that somebody made up, at an address that is not known.
async fn forged(cache: &EpochCache, kms: &Kms, epoch: Epoch, now: u64) -> Result<(), KeyFailure> {
    link(cache, kms, epoch, &asker("", now), false).await
}

/// A link of ours.
async fn honest(cache: &EpochCache, kms: &Kms, epoch: Epoch, now: u64) -> Result<(), KeyFailure> {
    link(cache, kms, epoch, &asker("", now), true).await
}

/// The epochs that a link may name at `now`, from the oldest.
fn all(now: u64) -> Vec<Epoch> {
    (0..8_785)
        .map(|back| Epoch::at(now + 3_600 - back * 3_600))
        .filter(|epoch| epoch.check(now).is_ok())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_epoch_is_asked_for_once_while_its_key_is_kept() {
    let (cache, kms) = opening(300);
    let epoch = Epoch::at(NOW);
    for (now, calls) in [
        (NOW, 1),
        (NOW + 299, 1),
        (NOW + 300, 2),
        (NOW + 599, 2),
        (NOW + 600, 3),
    ] {
        honest(&cache, &kms, epoch, now).await.unwrap();
        assert_eq!(kms.calls(), calls, "at {now}");
    }
    honest(&cache, &kms, Epoch::at(NOW - 3_600), NOW).await.unwrap();
    assert_eq!(kms.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_age_of_zero_keeps_no_epoch() {
    let (cache, kms) = opening(0);
    for calls in 1..100 {
        honest(&cache, &kms, Epoch::at(NOW), NOW).await.unwrap();
        assert_eq!(kms.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_for_one_epoch_at_the_same_time_share_one_call() {
    let (cache, kms) = opening(300);
    let epoch = Epoch::at(NOW);
    let all = tokio::join!(
        honest(&cache, &kms, epoch, NOW),
        honest(&cache, &kms, epoch, NOW),
        honest(&cache, &kms, epoch, NOW)
    );
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert_eq!(kms.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn made_up_links_of_one_epoch_buy_one_call() {
    for epoch in [Epoch::at(NOW), Epoch::at(NOW - 100 * 86_400)] {
        let (cache, kms) = opening(300);
        for _ in 0..10_000 {
            forged(&cache, &kms, epoch, NOW).await.unwrap();
        }
        assert_eq!(kms.calls(), 1);
        assert!(honest(&cache, &kms, epoch, NOW).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_256_epochs_are_kept() {
    let (cache, kms) = opening(300);
    let epochs = all(NOW);
    for epoch in &epochs[..256] {
        honest(&cache, &kms, *epoch, NOW).await.unwrap();
    }
    for (epoch, calls) in [(0, 256), (255, 256), (256, 257), (0, 257), (1, 258), (2, 259)] {
        honest(&cache, &kms, epochs[epoch], NOW).await.unwrap();
        assert_eq!(kms.calls(), calls, "{epoch}");
    }
}

/// Strangers go through all epochs again and again, for ten minutes.
#[tokio::test(start_paused = true)]
async fn made_up_epochs_buy_few_calls() {
    for (address, burst, rate) in [("192.0.2.1", 10, 1), ("2001:db8::1", 10, 1), ("", 50, 20)] {
        let (cache, kms) = opening(300);
        let (mut refused, mut tried) = (0, 0);
        let epochs = all(NOW + 600);
        for second in 0..600 {
            for number in 0..60 {
                let number = usize::try_from(second * 60 + number).unwrap();
                let epoch = epochs[number * 7 % epochs.len()];
                match link(&cache, &kms, epoch, &asker(address, NOW + second), false).await {
                    Ok(()) => {}
                    Err(KeyFailure::TooMany) => refused += 1,
                    Err(other) => panic!("{other:?}"),
                }
                tried += 1;
            }
        }
        assert_eq!(kms.calls(), burst + 599 * rate, "{address}");
        assert!(refused > tried / 2, "{refused} of {tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn made_up_epochs_of_one_address_keep_nobody_else_out() {
    let (cache, kms) = opening(300);
    let epochs = all(NOW);
    for epoch in &epochs[..1_000] {
        let _ = link(&cache, &kms, *epoch, &asker("192.0.2.1", NOW), false).await;
    }
    for (number, epoch) in epochs[2_000..3_000].iter().enumerate() {
        let visitor = asker(&format!("198.51.100.{}", number % 250), NOW);
        assert_eq!(
            link(&cache, &kms, *epoch, &visitor, true).await,
            Ok(()),
            "{number}"
        );
    }
    assert_eq!(kms.calls(), 1_010);
}

/// Whoever makes links up goes through all epochs, and the keys of honest links stay.
#[tokio::test(start_paused = true)]
async fn the_keys_of_made_up_links_are_the_first_to_go() {
    let (cache, kms) = opening(300);
    let epochs = all(NOW);
    let (ours, others) = epochs.split_at(200);
    for epoch in ours {
        honest(&cache, &kms, *epoch, NOW).await.unwrap();
    }
    for (second, made_up) in others.chunks(20).take(100).enumerate() {
        let now = NOW + second as u64;
        for epoch in made_up {
            forged(&cache, &kms, *epoch, now).await.unwrap();
        }
    }
    let calls = kms.calls();
    assert_eq!(calls, 200 + 2_000);
    for epoch in ours {
        honest(&cache, &kms, *epoch, NOW + 100).await.unwrap();
    }
    assert_eq!(kms.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn honest_links_cost_no_token() {
    let (cache, kms) = opening(0);
    let visitor = asker("192.0.2.1", NOW);
    for epoch in all(NOW).into_iter().take(1_000) {
        link(&cache, &kms, epoch, &visitor, true).await.unwrap();
    }
    assert_eq!(kms.calls(), 1_000);
}

/// With a key that is there already, nothing is to be charged; nor to whoever comes for a link of ours.
#[tokio::test(start_paused = true)]
async fn only_what_was_asked_for_is_charged() {
    let (cache, kms) = opening(300);
    let epochs = all(NOW);
    let stranger = asker("192.0.2.1", NOW);
    link(&cache, &kms, epochs[0], &stranger, true).await.unwrap();
    for _ in 0..100 {
        link(&cache, &kms, epochs[0], &stranger, false).await.unwrap();
    }
    for epoch in &epochs[1..=10] {
        link(&cache, &kms, *epoch, &stranger, false).await.unwrap();
    }
    let refused = link(&cache, &kms, epochs[11], &stranger, false).await;
    assert_eq!(refused, Err(KeyFailure::TooMany));
    assert_eq!(kms.calls(), 11);
}

/// Two links of an hour at the same time, one of them made up: only who had KMS asked can owe something.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_question_owes_nothing() {
    let (cache, kms) = opening(300);
    let (first, second) = (asker("192.0.2.1", NOW), asker("192.0.2.2", NOW));
    let epochs = all(NOW);
    for (number, is_ours) in (0..20).map(|number| (number, number % 2 == 0)) {
        let both = tokio::join!(
            link(&cache, &kms, epochs[number], &first, is_ours),
            link(&cache, &kms, epochs[number], &second, !is_ours),
        );
        assert_eq!(both, (Ok(()), Ok(())), "{number}");
    }
    assert_eq!(kms.calls(), 20);
    // The first made ten of its links up, and is at its end; the second has never had anything asked.
    assert_eq!(
        link(&cache, &kms, epochs[50], &first, true).await,
        Err(KeyFailure::TooMany)
    );
    for epoch in &epochs[60..70] {
        link(&cache, &kms, *epoch, &second, false).await.unwrap();
    }
}

/// A failure that is not kept: each of those who wait asks in turn, until the gate closes.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_question_that_fails_asks_with_leave_of_its_own() {
    let (cache, _) = opening(300);
    let calls = AtomicU32::new(0);
    let off = || async {
        calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(KeyFailure::Deleted("NotFoundException".to_owned()))
    };
    let visitor = asker("192.0.2.1", NOW);
    let six = async || {
        let one = || cache.open(Epoch::at(NOW), &visitor, off);
        let (a, b, c, d, e, f) = tokio::join!(one(), one(), one(), one(), one(), one());
        [a, b, c, d, e, f]
    };
    let (first, second) = tokio::join!(six(), six());
    let failures: Vec<_> = first.into_iter().chain(second).collect();
    let deleted = failures
        .iter()
        .filter(|had| matches!(had, Err(KeyFailure::Deleted(_))));
    assert_eq!((deleted.count(), calls.load(Ordering::Relaxed)), (10, 10));
    let busy = failures
        .iter()
        .filter(|had| matches!(had, Err(KeyFailure::Busy(_))));
    assert_eq!(busy.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_off_costs_little_and_is_nobodys_fault() {
    let (cache, kms) = opening(300);
    let calls = AtomicU32::new(0);
    let off = || async {
        calls.fetch_add(1, Ordering::Relaxed);
        Err(KeyFailure::SwitchedOff("DisabledException".to_owned()))
    };
    for epoch in all(NOW).into_iter().take(1_000) {
        let failure = cache.open(epoch, &asker("", NOW), off).await.unwrap_err();
        assert_eq!(failure.when_opening().status(), 503);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 50);
    assert!(
        honest(&cache, &kms, all(NOW)[0], NOW + 1).await.is_ok(),
        "it is on again"
    );
}

#[tokio::test(start_paused = true)]
async fn passing_failures_of_the_mac_key_are_not_remembered() {
    let (cache, kms) = opening(300);
    let epoch = Epoch::at(NOW - 100 * 86_400);
    for failure in [
        KeyFailure::Busy("timeout".to_owned()),
        KeyFailure::Unexpected("no MAC".to_owned()),
    ] {
        for _ in 0..100 {
            let answer = cache
                .open(epoch, &asker("", NOW), async || Err(failure.clone()))
                .await;
            assert_eq!(answer.unwrap_err(), failure);
        }
    }
    honest(&cache, &kms, epoch, NOW).await.unwrap();
    assert_eq!(kms.calls(), 1);
}
