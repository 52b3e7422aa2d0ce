//! What goes wrong, where and how often; drawn from a seed.

use crate::stand_ins::aws::{AwsError, Commit, Fate, Fault, Service};
use std::time::Duration;

/// Of 100 calls, so many go wrong.
pub const RATES: [u64; 3] = [5, 20, 50];
/// All is well with a call.
pub const WELL: Fate = Fate::Reached(Fault::None);

/// Which service is in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    StepFunctions,
    Kms,
    Both,
}

/// What goes wrong with a call that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No connection, or one that is reset before the request is read.
    ResetBeforeRead,
    /// The request is read, and done or not.
    ResetBehindRead,
    /// 500, 502 or 503 without a word, before or after the effect.
    ServerError,
    /// No answer, before or after the effect; or the effect itself comes after the caller has given up.
    Hang,
    /// One byte each tenth of a second to five seconds.
    SlowBody,
    /// Half of the answer, as a whole one or on a connection that breaks.
    Truncated,
    Throttling,
    /// 200 and a page of HTML, before or after the effect.
    WrongContentType,
    /// Any of these.
    Any,
}

impl Kind {
    const EACH: [Kind; 8] = [
        Kind::ResetBeforeRead,
        Kind::ResetBehindRead,
        Kind::ServerError,
        Kind::Hang,
        Kind::SlowBody,
        Kind::Truncated,
        Kind::Throttling,
        Kind::WrongContentType,
    ];

    fn draw(self, service: Service) -> Fate {
        let commit = || {
            if below(2) == 0 {
                Commit::Before
            } else {
                Commit::After
            }
        };
        Fate::Reached(match self {
            Kind::ResetBeforeRead if below(2) == 0 => return Fate::NoConnection,
            Kind::ResetBeforeRead => Fault::ResetBeforeRead,
            Kind::ResetBehindRead => Fault::Reset(commit()),
            Kind::ServerError => Fault::Status(pick(&[500, 502, 503]), commit()),
            Kind::Hang if below(2) == 0 => Fault::Hang(commit()),
            Kind::Hang => Fault::Late(Duration::from_millis(500 + below(9_500))),
            Kind::SlowBody => Fault::SlowBody(Duration::from_millis(100 + below(4_900))),
            Kind::Truncated => pick(&[Fault::TruncatedJson, Fault::BrokenBody]),
            Kind::Throttling => Fault::Error(match service {
                Service::StepFunctions => pick(&[AwsError::Throttling, AwsError::SfnKmsThrottling]),
                Service::Kms => pick(&[
                    AwsError::Throttling,
                    AwsError::KeyUnavailable,
                    AwsError::DependencyTimeout,
                    AwsError::KmsInternal,
                ]),
            }),
            Kind::WrongContentType => Fault::WrongContentType(commit()),
            Kind::Any => return pick(&Self::EACH).draw(service),
        })
    }
}

/// One cell of the table.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub at: Where,
    pub kind: Kind,
    pub percent: u64,
}

/// Every kind at every rate, and once nothing.
pub fn all(at: Where) -> Vec<Cell> {
    let kinds: &[Kind] = match at {
        Where::StepFunctions | Where::Kms => &Kind::EACH,
        Where::Both => &[Kind::Any],
    };
    let calm = (Kind::Any, 0);
    let faulty = kinds.iter().flat_map(|kind| RATES.map(|rate| (*kind, rate)));
    [calm]
        .into_iter()
        .chain(faulty)
        .map(|(kind, percent)| Cell { at, kind, percent })
        .collect()
}

impl Cell {
    /// What becomes of the next call.
    pub fn fate(&self, service: Service) -> Fate {
        let is_meant = match (self.at, service) {
            (Where::Both, _)
            | (Where::StepFunctions, Service::StepFunctions)
            | (Where::Kms, Service::Kms) => true,
            (Where::StepFunctions, Service::Kms) | (Where::Kms, Service::StepFunctions) => false,
        };
        if is_meant && below(100) < self.percent {
            self.kind.draw(service)
        } else {
            WELL
        }
    }

    /// The least share of visitors who must learn for certain what became of their answer.
    pub fn definite(&self) -> Option<f64> {
        match self.percent {
            0 => Some(1.0),
            5 => Some(0.999),
            _ => None,
        }
    }

    /// The longest that an answer may take: Step Functions 8 seconds, KMS 2, and what timers round up.
    pub fn longest(&self) -> Duration {
        let rounding = Duration::from_millis(20);
        rounding
            + match self.at {
                Where::StepFunctions => Duration::from_secs(8),
                Where::Kms => Duration::from_secs(2),
                Where::Both => Duration::from_secs(10),
            }
    }
}

thread_local! {
    static STATE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// All that is drawn from here on depends on these alone.
pub fn begin(seed: u64, cell: &Cell, index: u64) {
    STATE.set(seed);
    for part in [cell.at as u64, cell.kind as u64, cell.percent, index] {
        STATE.set(draw() ^ part);
    }
}

/// SplitMix64.
fn draw() -> u64 {
    let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number below `limit`, or 0.
pub fn below(limit: u64) -> u64 {
    draw().checked_rem(limit).unwrap_or(0)
}

/// Bytes that no secret hangs on here.
pub fn random(bytes: &mut [u8]) {
    bytes.fill_with(|| draw().to_be_bytes()[0]);
}

fn pick<T: Clone>(list: &[T]) -> T {
    let index = usize::try_from(below(list.len() as u64)).expect("below a length");
    list[index].clone()
}
