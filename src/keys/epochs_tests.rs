use super::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const NOW: u64 = 1_790_000_000;
/// Younger than this is recent.
const OLD: u64 = 48 * 3_600;

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

async fn open(cache: &EpochCache, kms: &Kms, epoch: Epoch, now: u64) -> Result<Arc<DataKey>, KeyFailure> {
    cache.open(epoch, now, async || kms.key().await).await
}

/// A link that somebody made up.
async fn forged(cache: &EpochCache, kms: &Kms, epoch: Epoch, now: u64) -> Result<(), KeyFailure> {
    open(cache, kms, epoch, now).await?;
    cache.judge(epoch, false, now);
    Ok(())
}

/// A link of ours.
async fn honest(cache: &EpochCache, kms: &Kms, epoch: Epoch, now: u64) -> Result<(), KeyFailure> {
    open(cache, kms, epoch, now).await?;
    cache.judge(epoch, true, now);
    Ok(())
}

/// The epochs that a link may name at `now`, from the oldest.
fn all(now: u64) -> Vec<Epoch> {
    (0..8_785)
        .map(|back| Epoch::at(now + 3_600 - back * 3_600))
        .filter(|epoch| epoch.check(now).is_ok())
        .collect()
}

fn old(now: u64) -> Vec<Epoch> {
    let recent = Epoch::at(now - OLD);
    all(now).into_iter().filter(|epoch| *epoch <= recent).collect()
}

#[tokio::test(start_paused = true)]
async fn an_epoch_is_asked_for_once_while_its_key_is_kept() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
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
    let (cache, kms) = (EpochCache::new(0), Kms::new());
    for calls in 1..100 {
        honest(&cache, &kms, Epoch::at(NOW), NOW).await.unwrap();
        assert_eq!(kms.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_for_one_epoch_at_the_same_time_share_one_call() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    let epoch = Epoch::at(NOW);
    let all = tokio::join!(
        open(&cache, &kms, epoch, NOW),
        open(&cache, &kms, epoch, NOW),
        open(&cache, &kms, epoch, NOW)
    );
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert_eq!(kms.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn made_up_links_of_one_epoch_buy_one_call() {
    for epoch in [Epoch::at(NOW), Epoch::at(NOW - 100 * 86_400)] {
        let (cache, kms) = (EpochCache::new(300), Kms::new());
        for _ in 0..10_000 {
            forged(&cache, &kms, epoch, NOW).await.unwrap();
        }
        assert_eq!(kms.calls(), 1);
        assert!(honest(&cache, &kms, epoch, NOW).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_256_epochs_are_kept() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    let epochs = all(NOW);
    for epoch in &epochs[..256] {
        honest(&cache, &kms, *epoch, NOW).await.unwrap();
    }
    for (epoch, calls) in [(0, 256), (255, 256), (256, 257), (0, 257), (1, 258), (2, 259)] {
        honest(&cache, &kms, epochs[epoch], NOW).await.unwrap();
        assert_eq!(kms.calls(), calls, "{epoch}");
    }
}

/// A stranger goes through all epochs again and again, for an hour.
#[tokio::test(start_paused = true)]
async fn made_up_epochs_buy_few_calls() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    let (mut refused, mut tried) = (0, 0);
    let epochs = all(NOW + 3_600);
    for second in 0..3_600 {
        let now = NOW + second;
        for number in 0..30 {
            let number = usize::try_from(second * 30 + number).unwrap();
            match forged(&cache, &kms, epochs[number * 7 % epochs.len()], now).await {
                Ok(()) => {}
                Err(KeyFailure::TooMany) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
            tried += 1;
        }
    }
    // The recent epochs once in 300 s, the others 10 at once and one a second.
    let most = 12 * 50 + 10 + 3_600;
    assert!((3_600..=most).contains(&kms.calls()), "{}", kms.calls());
    assert!(refused > tried / 2, "{refused} of {tried}");
}

#[tokio::test(start_paused = true)]
async fn an_honest_recent_link_is_answered_under_made_up_ones() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    // Everything at once, and again and again for ten minutes.
    for second in (0..600).step_by(20) {
        let now = NOW + second;
        for epoch in all(now) {
            let _ = forged(&cache, &kms, epoch, now).await;
        }
        let newest = Epoch::at(now).number();
        for back in [0, 1, 20, 47] {
            let epoch = Epoch::from_be_bytes((newest - back).to_be_bytes());
            assert!(
                honest(&cache, &kms, epoch, now).await.is_ok(),
                "{back} at {second}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_epoch_that_had_a_link_of_ours_is_answered_under_others() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    let epochs = old(NOW + 700);
    let (ours, others) = epochs.split_first().unwrap();
    honest(&cache, &kms, *ours, NOW).await.unwrap();
    for second in 0..700 {
        for epoch in others.iter().skip(usize::try_from(second).unwrap()).take(20) {
            let _ = forged(&cache, &kms, *epoch, NOW + second).await;
        }
        assert!(
            honest(&cache, &kms, *ours, NOW + second).await.is_ok(),
            "{second}"
        );
    }
    // While one that had none waits for a lucky second.
    let now = NOW + 700;
    let forgeries: Vec<Epoch> = others.iter().rev().take(20).copied().collect();
    for epoch in &forgeries {
        let _ = forged(&cache, &kms, *epoch, now).await;
    }
    let unlucky = others[others.len() / 2];
    assert_eq!(honest(&cache, &kms, unlucky, now).await, Err(KeyFailure::TooMany));
    assert!(honest(&cache, &kms, unlucky, now + 1).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn honest_links_cost_no_token() {
    let (cache, kms) = (EpochCache::new(0), Kms::new());
    for epoch in old(NOW).into_iter().take(1_000) {
        honest(&cache, &kms, epoch, NOW).await.unwrap();
    }
    assert_eq!(kms.calls(), 1_000);
}

/// With a key that is there already, or of an epoch that an honest link was of, nothing is to be charged.
#[tokio::test(start_paused = true)]
async fn only_what_was_asked_for_is_charged() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    let epochs = old(NOW);
    honest(&cache, &kms, epochs[0], NOW).await.unwrap();
    for _ in 0..100 {
        forged(&cache, &kms, epochs[0], NOW).await.unwrap();
    }
    for epoch in &epochs[1..=10] {
        forged(&cache, &kms, *epoch, NOW).await.unwrap();
    }
    assert_eq!(
        forged(&cache, &kms, epochs[11], NOW).await,
        Err(KeyFailure::TooMany)
    );
    assert_eq!(kms.calls(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_off_costs_little_and_is_nobodys_fault() {
    let cache = EpochCache::new(300);
    let calls = AtomicU32::new(0);
    let off = || async {
        calls.fetch_add(1, Ordering::Relaxed);
        Err(KeyFailure::SwitchedOff("DisabledException".to_owned()))
    };
    for epoch in old(NOW).into_iter().take(1_000) {
        let failure = cache.open(epoch, NOW, off).await.unwrap_err();
        assert_eq!(failure.when_opening().status(), 503);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 10);
    let kms = Kms::new();
    assert!(
        honest(&cache, &kms, old(NOW)[0], NOW + 1).await.is_ok(),
        "it is on again"
    );
}

#[tokio::test(start_paused = true)]
async fn passing_failures_of_the_mac_key_are_not_remembered() {
    let (cache, kms) = (EpochCache::new(300), Kms::new());
    let epoch = Epoch::at(NOW - 100 * 86_400);
    for failure in [
        KeyFailure::Busy("timeout".to_owned()),
        KeyFailure::Unexpected("no MAC".to_owned()),
    ] {
        for _ in 0..30 {
            let answer = cache.open(epoch, NOW, async || Err(failure.clone())).await;
            assert_eq!(answer.unwrap_err(), failure);
        }
    }
    honest(&cache, &kms, epoch, NOW).await.unwrap();
    assert_eq!(kms.calls(), 1);
}
