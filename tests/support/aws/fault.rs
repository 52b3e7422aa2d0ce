//! What goes wrong on demand.

use std::time::Duration;

use super::AwsError;

/// Whether the call had its effect before things went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    Before,
    After,
}

/// What goes wrong with one call. `Commit::Before` goes wrong before the effect, `Commit::After` after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: a call between faulty ones goes well.
    None,
    /// Reset after the head of the request; its body is never read.
    ResetBeforeRead,
    /// Reset after the whole request was read.
    Reset(Commit),
    /// This status (such as 500, 502 or 503) with an empty body.
    Status(u16, Commit),
    /// No answer, ever; the connection stays open.
    Hang(Commit),
    /// The effect comes after this time, even if the caller has gone; then the answer.
    Late(Duration),
    /// The right answer, one byte each time.
    SlowBody(Duration),
    /// A whole answer whose JSON is cut in half.
    TruncatedJson,
    /// The connection breaks in the middle of the body.
    BrokenBody,
    /// 200 and a page of HTML, as from something in between.
    WrongContentType(Commit),
    /// A refusal that says so; nothing is done.
    Error(AwsError),
}

impl Fault {
    /// Whether this fault takes the place of the answer, without the effect or after it.
    pub(super) fn breaks(&self, commit: Commit) -> bool {
        match self {
            Fault::Reset(when)
            | Fault::Status(_, when)
            | Fault::Hang(when)
            | Fault::WrongContentType(when) => *when == commit,
            Fault::ResetBeforeRead | Fault::Error(_) => commit == Commit::Before,
            Fault::None | Fault::Late(_) | Fault::SlowBody(_) | Fault::TruncatedJson | Fault::BrokenBody => {
                false
            }
        }
    }

    /// How long the effect is put off.
    pub(super) fn delay(&self) -> Duration {
        match self {
            Fault::Late(delay) => *delay,
            Fault::None
            | Fault::ResetBeforeRead
            | Fault::Reset(_)
            | Fault::Status(..)
            | Fault::Hang(_)
            | Fault::SlowBody(_)
            | Fault::TruncatedJson
            | Fault::BrokenBody
            | Fault::WrongContentType(_)
            | Fault::Error(_) => Duration::ZERO,
        }
    }
}
