//! Epochs: the hours by which compact links name their data key (docs/FORMAT.md, "Suite 0x03").

use super::hkdf::Secret;
use super::key::DataKey;
use super::sealed::DOMAIN;
use crate::rejection::Damage;
use ring::hkdf::HKDF_SHA256;
use std::ops::Range;

/// An hour, counted from 1970. Public: it stands in the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

const SECONDS: u64 = 3_600;
/// How far the clock of the instance that sealed may be ahead, in seconds.
const MAX_AHEAD: u64 = 3_600;
/// How long ago an epoch may have begun, in seconds: a task waits for a year at most.
const MAX_AGE: u64 = 366 * 86_400;

impl Epoch {
    /// The epoch of a time in Unix seconds.
    pub fn at(now: u64) -> Self {
        Self(u32::try_from(now / SECONDS).unwrap_or(u32::MAX))
    }

    /// From a link.
    pub const fn from_be_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }

    /// As it stands in a link.
    pub const fn to_be_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// The hours since 1970.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Unix seconds at which the epoch begins.
    pub fn begins_at(self) -> u64 {
        u64::from(self.0) * SECONDS
    }

    /// Unix seconds within the epoch.
    pub fn seconds(self) -> Range<u64> {
        self.begins_at()..self.begins_at() + SECONDS
    }

    /// Whether a link of this epoch can be one that still opens. Asked before KMS is: there are 8,785 such epochs,
    /// where four bytes could name four thousand million.
    ///
    /// # Errors
    /// [`Damage::Epoch`].
    pub fn check(self, now: u64) -> Result<(), Damage> {
        let begins = self.begins_at();
        let is_possible = begins <= now.saturating_add(MAX_AHEAD) && now <= begins.saturating_add(MAX_AGE);
        is_possible.then_some(()).ok_or(Damage::Epoch)
    }

    /// What KMS makes the MAC of: DS || " epoch" || len(audience) || audience || epoch.
    #[expect(clippy::expect_used, reason = "the settings keep an audience short")]
    pub fn message(self, audience: &str) -> Vec<u8> {
        let length = u16::try_from(audience.len()).expect("the settings keep an audience short");
        [
            DOMAIN,
            b" epoch",
            length.to_be_bytes().as_slice(),
            audience.as_bytes(),
            self.to_be_bytes().as_slice(),
        ]
        .concat()
    }
}

/// The data key of an epoch: HKDF(salt = empty, IKM = `mac`, info = DS || " epoch key"). `None` for a MAC of other than
/// 32 bytes.
pub fn data_key(mac: &[u8]) -> Option<DataKey> {
    let mac: &[u8; 32] = mac.try_into().ok()?;
    let bytes = Secret::extract(HKDF_SHA256, &[], mac).expand(&[DOMAIN, b" epoch key"]);
    DataKey::from_slice(bytes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_an_hour() {
        assert_eq!(Epoch::at(0), Epoch(0));
        assert_eq!((Epoch::at(3_599), Epoch::at(3_600)), (Epoch(0), Epoch(1)));
        assert_eq!(Epoch::at(1_790_000_000), Epoch(497_222));
        assert_eq!(Epoch::at(u64::MAX), Epoch(u32::MAX));
        let epoch = Epoch(497_222);
        assert_eq!(epoch.seconds(), 1_789_999_200..1_790_002_800);
        assert_eq!(epoch.to_be_bytes(), [0, 7, 0x96, 0x46]);
        assert_eq!(Epoch::from_be_bytes([0, 7, 0x96, 0x46]), epoch);
        assert_eq!(epoch.number(), 497_222);
    }

    #[test]
    fn epochs_out_of_range_are_refused() {
        let now = 1_790_000_000;
        let epoch = Epoch::at(now);
        let begins = epoch.begins_at();
        for (now, is_possible) in [
            (begins, true),
            (begins - 3_600, true),
            (begins - 3_601, false),
            (begins + 366 * 86_400, true),
            (begins + 366 * 86_400 + 1, false),
            (0, false),
            (u64::MAX, false),
        ] {
            let expected = if is_possible { Ok(()) } else { Err(Damage::Epoch) };
            assert_eq!(epoch.check(now), expected, "{now}");
        }
        let possible = (0..=Epoch::at(now).0 + 100_000).filter(|number| Epoch(*number).check(now).is_ok());
        assert_eq!(possible.count(), 8_785);
        assert_eq!(Epoch(u32::MAX).check(now), Err(Damage::Epoch));
        assert_eq!(Epoch(0).check(now), Err(Damage::Epoch));
        assert_eq!(Epoch(0).check(0), Ok(()));
    }

    /// Against tests/aws/test_compact_vectors.py, which shares no code with this program.
    #[test]
    fn the_epoch_key_schedule_gives_the_values_of_another_implementation() {
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
        assert_eq!(
            hex(&Epoch(497_222).message("stack-1")),
            "73666e2d63616c6c6261636b2d75726c732f332065706f63680007737461636b2d3100079646"
        );
        let mac: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(
            hex(data_key(&mac).unwrap().expose()),
            "0e4607dc2ef4068a2ee6027c2d291ea3ca9b007f6582388465628b610c2766b9"
        );
    }

    #[test]
    fn audiences_and_epochs_have_messages_of_their_own() {
        let epoch = Epoch(497_222);
        assert_ne!(epoch.message("a"), epoch.message("b"));
        assert_ne!(epoch.message("a"), Epoch(497_223).message("a"));
        assert_ne!(epoch.message(""), epoch.message("\0"));
    }

    #[test]
    fn only_32_bytes_are_a_mac() {
        for length in [0, 20, 31, 33, 48, 64] {
            assert!(data_key(&vec![1; length]).is_none(), "{length}");
        }
    }
}
