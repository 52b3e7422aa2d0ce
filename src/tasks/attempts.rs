//! When a report is sent again, and what is known in the end. Pure, so that every sequence can be tried.
//!
//! SendTask* calls have no client token: when an answer gets lost after the commit, the next attempt is refused as
//! if somebody else had answered. Only whoever remembers the lost answer knows that it cannot tell the two apart.

use super::{NotTold, RefusalCode, Says, Told};
use crate::rejection::Sent;
use std::time::Duration;

/// Attempts in all.
pub const MAX_ATTEMPTS: u32 = 3;
/// No attempt begins later than this after the first one; API Gateway waits for 29 seconds.
pub const BUDGET: Duration = Duration::from_secs(6);

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Taken.
    Taken,
    /// Refused, and nothing changes that.
    Refused(RefusalCode, String),
    /// We may not.
    NotPermitted(String),
    /// Throttled: certainly not taken.
    Throttled(String),
    /// Nothing was written.
    NotSent(String),
    /// Written, and no readable answer came.
    Lost(String),
    /// A fault of ours before anything was written, or an answer that makes no sense.
    Unexpected(String),
}

/// What to do after an attempt.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The last word.
    Done(Result<Told, NotTold>),
    /// Try again after this time at most; a random part of it spreads the attempts.
    Again(Duration),
}

/// The attempts of one report so far.
#[derive(Debug)]
pub struct Attempts {
    repeat: Repeat,
    made: u32,
    maybe_delivered: bool,
}

/// Whether a report may be sent again that may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The second one is refused, or does the same.
    Harmless,
    /// The second one may mean something else.
    Never,
}

impl Attempts {
    /// None was made yet.
    pub fn new(repeat: Repeat) -> Self {
        Self {
            repeat,
            made: 0,
            maybe_delivered: false,
        }
    }

    /// Judges an attempt that ended `elapsed` after the first one began.
    pub fn after(&mut self, attempt: Attempt, elapsed: Duration) -> Next {
        self.made += 1;
        let cause = match attempt {
            Attempt::Taken => return Next::Done(Ok(Told::Recorded)),
            Attempt::Refused(code, message) => return Next::Done(self.refused(code, message)),
            Attempt::NotPermitted(cause) => {
                return Next::Done(Err(NotTold::NotPermitted(cause, self.sent())));
            }
            Attempt::Unexpected(cause) => return Next::Done(Err(NotTold::Unexpected(cause, self.sent()))),
            Attempt::Lost(cause) => {
                self.maybe_delivered = true;
                if self.repeat == Repeat::Never {
                    return Next::Done(Ok(Told::AnswerLost));
                }
                cause
            }
            Attempt::Throttled(cause) | Attempt::NotSent(cause) => cause,
        };
        if self.made >= MAX_ATTEMPTS || elapsed >= BUDGET {
            return Next::Done(Err(NotTold::Unreachable(cause, self.sent())));
        }
        Next::Again(Duration::from_millis(100 << (2 * self.made)))
    }

    /// A refusal of this attempt, in the light of those before. If one of them may have been taken, all that is known is what the
    /// refusal says about what waits; that nothing was changed is not.
    fn refused(&self, code: RefusalCode, message: String) -> Result<Told, NotTold> {
        match (self.sent(), code.says()) {
            (Sent::NotSent, _) => Err(NotTold::Refused(code, message)),
            (Sent::Unknown, Says::Closed) => Ok(Told::ClosedDuringRetry),
            (Sent::Unknown, Says::Over | Says::Otherwise) => {
                Err(NotTold::Unreachable(code.as_str().to_owned(), Sent::Unknown))
            }
        }
    }

    fn sent(&self) -> Sent {
        if self.maybe_delivered {
            Sent::Unknown
        } else {
            Sent::NotSent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Attempt {
        Attempt::Refused(RefusalCode::TaskTimedOut, "Task Timed Out".to_owned())
    }

    fn lost() -> Attempt {
        Attempt::Lost("timeout".to_owned())
    }

    fn throttled() -> Attempt {
        Attempt::Throttled("ThrottlingException".to_owned())
    }

    fn not_sent() -> Attempt {
        Attempt::NotSent("no connection".to_owned())
    }

    #[track_caller]
    fn check(attempts: &[Attempt], expected: Result<Told, NotTold>) {
        let mut judge = Attempts::new(Repeat::Harmless);
        for (number, attempt) in attempts.iter().enumerate() {
            match judge.after(attempt.clone(), Duration::from_millis(100)) {
                Next::Done(done) => {
                    assert_eq!((done, number + 1), (expected, attempts.len()));
                    return;
                }
                Next::Again(pause) => assert!(pause >= Duration::from_millis(100)),
            }
        }
        panic!("no last word");
    }

    #[test]
    fn an_attempt_that_is_taken_is_recorded() {
        check(&[Attempt::Taken], Ok(Told::Recorded));
        check(&[lost(), throttled(), Attempt::Taken], Ok(Told::Recorded));
    }

    #[test]
    fn closed_after_a_lost_answer_is_told_as_such() {
        check(&[lost(), closed()], Ok(Told::ClosedDuringRetry));
        check(&[lost(), throttled(), closed()], Ok(Told::ClosedDuringRetry));
        check(&[lost(), not_sent(), closed()], Ok(Told::ClosedDuringRetry));
        for code in [
            RefusalCode::TaskDoesNotExist,
            RefusalCode::CallbackTimeout,
            RefusalCode::ApprovalAlreadyCompleted,
        ] {
            let closed = Attempt::Refused(code, String::new());
            check(&[lost(), closed], Ok(Told::ClosedDuringRetry));
        }
    }

    #[test]
    fn closed_without_a_lost_answer_is_a_refusal() {
        let refused = || {
            Err(NotTold::Refused(
                RefusalCode::TaskTimedOut,
                "Task Timed Out".to_owned(),
            ))
        };
        check(&[closed()], refused());
        check(&[throttled(), closed()], refused());
        check(&[not_sent(), not_sent(), closed()], refused());
    }

    #[test]
    fn a_refusal_that_does_not_say_closed_confirms_nothing_about_a_lost_answer() {
        for code in [
            RefusalCode::SignalRefused,
            RefusalCode::InvalidApprovalToken,
            RefusalCode::InvalidToken,
            RefusalCode::InvalidOutput,
            RefusalCode::ResourceNotFound,
            RefusalCode::PipelineNotFound,
        ] {
            let refused = || Attempt::Refused(code, "m".to_owned());
            let unknown = || Err(NotTold::Unreachable(code.as_str().to_owned(), Sent::Unknown));
            check(&[lost(), refused()], unknown());
            check(&[lost(), throttled(), refused()], unknown());
            check(&[refused()], Err(NotTold::Refused(code, "m".to_owned())));
            check(
                &[not_sent(), throttled(), refused()],
                Err(NotTold::Refused(code, "m".to_owned())),
            );
        }
    }

    #[test]
    fn without_a_definite_answer_it_says_whether_something_was_sent() {
        let unreachable = |cause: &str, sent| Err(NotTold::Unreachable(cause.to_owned(), sent));
        check(
            &[throttled(), throttled(), throttled()],
            unreachable("ThrottlingException", Sent::NotSent),
        );
        check(
            &[not_sent(), not_sent(), not_sent()],
            unreachable("no connection", Sent::NotSent),
        );
        check(
            &[lost(), throttled(), throttled()],
            unreachable("ThrottlingException", Sent::Unknown),
        );
        check(
            &[throttled(), throttled(), lost()],
            unreachable("timeout", Sent::Unknown),
        );
        check(&[lost(), lost(), lost()], unreachable("timeout", Sent::Unknown));
    }

    #[test]
    fn a_denied_attempt_is_final() {
        let denied = || Attempt::NotPermitted("AccessDeniedException".to_owned());
        let cause = || "AccessDeniedException".to_owned();
        check(&[denied()], Err(NotTold::NotPermitted(cause(), Sent::NotSent)));
        check(
            &[lost(), denied()],
            Err(NotTold::NotPermitted(cause(), Sent::Unknown)),
        );
        let strange = || Attempt::Unexpected("strange".to_owned());
        check(
            &[lost(), strange()],
            Err(NotTold::Unexpected("strange".to_owned(), Sent::Unknown)),
        );
    }

    #[test]
    fn what_must_not_be_repeated_ends_at_a_lost_answer() {
        let mut judge = Attempts::new(Repeat::Never);
        assert!(matches!(judge.after(not_sent(), Duration::ZERO), Next::Again(_)));
        assert!(matches!(judge.after(throttled(), Duration::ZERO), Next::Again(_)));
        assert_eq!(
            judge.after(lost(), Duration::ZERO),
            Next::Done(Ok(Told::AnswerLost))
        );
    }

    #[test]
    fn no_attempt_begins_behind_the_budget() {
        let mut judge = Attempts::new(Repeat::Harmless);
        let done = judge.after(lost(), BUDGET);
        assert_eq!(
            done,
            Next::Done(Err(NotTold::Unreachable("timeout".to_owned(), Sent::Unknown)))
        );
        let mut judge = Attempts::new(Repeat::Harmless);
        assert_eq!(
            judge.after(lost(), BUDGET - Duration::from_millis(1)),
            Next::Again(Duration::from_millis(400))
        );
    }
}
