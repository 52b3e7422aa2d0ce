//! A list of waiting tasks that answers as Step Functions does: for a laptop, and for tests.
//!
//! Nothing here reads a clock or makes randomness; both come in as arguments.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ring::digest::SHA256_OUTPUT_LEN;
use serde_json::value::RawValue;

use crate::action::{MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_OUTPUT_BYTES};
use crate::tasks::Report;
use crate::token::MAX_TOKEN_CHARS;

mod token;

use token::{SERIES_BYTES, Token, expand, sha256};

/// Most tasks that a list keeps, unless [`TaskList::with_limit`] says otherwise.
const MAX_TASKS: usize = 1_000;
/// Most bytes of names, outputs, errors and causes that a list keeps.
const MAX_KEPT_BYTES: usize = 16 * 1024 * 1024;

/// Tasks that wait for an answer, and the latest of those that got theirs.
///
/// At most 1,000 tasks with 16 MiB of results are kept. Beyond that the oldest closed task is forgotten, and if
/// none is closed the oldest waiting one; a forgotten task refuses answers as a closed one does.
pub struct TaskList {
    /// Tells this list's tokens from those of others; taken from the first task's randomness.
    series: Option<[u8; SERIES_BYTES]>,
    next_id: u64,
    max_tasks: usize,
    tasks: BTreeMap<TaskId, Task>,
}

/// The number of a task in its list, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// What a state machine says about a task that it starts.
#[derive(Clone, Debug, Default)]
pub struct TaskSpec {
    /// A name for people, such as that of the state.
    pub name: String,
    /// `TimeoutSeconds`: how long the task may wait in all.
    pub timeout: Option<Duration>,
    /// `HeartbeatSeconds`: how long it may wait for the next heartbeat.
    pub heartbeat: Option<Duration>,
}

/// One task, without its token.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// Its name.
    pub name: String,
    /// When it began to wait.
    pub started: Timestamp,
    /// How long it may wait in all.
    pub timeout: Option<Duration>,
    /// How long it may wait for a heartbeat.
    pub heartbeat: Option<Duration>,
    /// What has become of it.
    pub state: TaskState,
    token_digest: [u8; SHA256_OUTPUT_LEN],
}

/// What has become of a task.
#[derive(Clone, PartialEq, Eq)]
pub enum TaskState {
    /// It waits.
    Waiting {
        /// The latest heartbeat, if there was one.
        last_heartbeat: Option<Timestamp>,
    },
    /// It was told of a success.
    Succeeded {
        /// JSON text.
        output: String,
        /// When.
        at: Timestamp,
    },
    /// It was told of a failure.
    Failed {
        /// The error's name, if there was one.
        error: Option<String>,
        /// The explanation, if there was one.
        cause: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Nobody answered in time.
    TimedOut {
        /// The moment that the time was over.
        at: Timestamp,
        /// Which of its times.
        by: TimedOutBy,
    },
    /// Its execution was stopped.
    Stopped {
        /// When.
        at: Timestamp,
    },
}

/// Which time of a task was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimedOutBy {
    /// [`TaskSpec::timeout`].
    Timeout,
    /// [`TaskSpec::heartbeat`].
    Heartbeat,
}

/// Why Step Functions takes no answer. The text is that of its message.
///
/// Messages of `InvalidToken` and `TaskTimedOut` were seen from Step Functions; it documents none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a token of Step Functions.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// The output is not JSON, or longer than [`MAX_OUTPUT_BYTES`].
    #[error("Invalid Output: 'Invalid output'")]
    InvalidOutput,
    /// A token in good order, of a task that was never here.
    #[error("Task Does Not Exist: 'Provided task does not exist'")]
    TaskDoesNotExist,
    /// The task was answered, timed out, or was stopped.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// An argument has an impossible length.
    #[error(
        "1 validation error detected: Value at '{field}' failed to satisfy constraint: \
         Member must have length {rule} than or equal to {limit}"
    )]
    Validation {
        /// The argument.
        field: &'static str,
        /// `less` or `greater`.
        rule: &'static str,
        /// In characters.
        limit: usize,
    },
}

impl Refusal {
    /// The name of the error in the API, such as `TaskTimedOut`.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::InvalidToken => "InvalidToken",
            Refusal::InvalidOutput => "InvalidOutput",
            Refusal::TaskDoesNotExist => "TaskDoesNotExist",
            Refusal::TaskTimedOut => "TaskTimedOut",
            Refusal::Validation { .. } => "ValidationException",
        }
    }

    /// The message beside it.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl TaskList {
    /// An empty list.
    pub fn new() -> Self {
        Self::with_limit(MAX_TASKS)
    }

    /// An empty list that keeps at most `max_tasks` tasks (at least one).
    pub fn with_limit(max_tasks: usize) -> Self {
        Self {
            series: None,
            next_id: 1,
            max_tasks: max_tasks.max(1),
            tasks: BTreeMap::new(),
        }
    }

    /// Puts a waiting task on the list; gives its number and the token that answers it.
    ///
    /// Whoever has the token may answer: `random` must be unpredictable and never used twice.
    pub fn start(&mut self, spec: TaskSpec, random: [u8; 64], now: Timestamp) -> (TaskId, String) {
        self.settle(now);
        let series = *self.series.get_or_insert_with(|| expand(&random, "series"));
        let id = TaskId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        let token = Token { series, id }.write(&random);
        let task = Task {
            id,
            name: spec.name,
            started: now,
            timeout: spec.timeout,
            heartbeat: spec.heartbeat,
            state: TaskState::Waiting { last_heartbeat: None },
            token_digest: sha256(token.as_bytes()),
        };
        self.tasks.insert(id, task);
        self.forget_beyond_limits(id);
        (id, token)
    }

    /// Answers the task that has this token, or beats its heart.
    ///
    /// Refused, in this order: impossible lengths, a token that is none, an output that is none, a task that is
    /// not here, a task that waits no longer. Step Functions does not say in which order it looks.
    pub fn report(&mut self, token: &str, report: &Report, now: Timestamp) -> Result<(), Refusal> {
        check_lengths(token, report)?;
        let read = Token::read(token).ok_or(Refusal::InvalidToken)?;
        check_output(report)?;
        if self.series != Some(read.series) {
            return Err(Refusal::TaskDoesNotExist);
        }
        self.settle(now);
        let Some(task) = self.tasks.get_mut(&read.id) else {
            // Ours, and long forgotten: only a closed task, or one crowded out, is.
            return Err(if read.id.0 < self.next_id {
                Refusal::TaskTimedOut
            } else {
                Refusal::InvalidToken
            });
        };
        if task.token_digest != sha256(token.as_bytes()) {
            return Err(Refusal::InvalidToken);
        }
        let TaskState::Waiting { .. } = task.state else {
            return Err(Refusal::TaskTimedOut);
        };
        task.state = match report {
            Report::Success { output } => TaskState::Succeeded {
                output: output.clone(),
                at: now,
            },
            Report::Failure { error, cause } => TaskState::Failed {
                error: error.clone(),
                cause: cause.clone(),
                at: now,
            },
            Report::Heartbeat => TaskState::Waiting {
                last_heartbeat: Some(now),
            },
        };
        self.forget_beyond_limits(read.id);
        Ok(())
    }

    /// Ends a waiting task as `StopExecution` does; tells whether it was waiting.
    pub fn stop(&mut self, id: TaskId, now: Timestamp) -> bool {
        self.settle(now);
        match self.tasks.get_mut(&id) {
            Some(task) if task.is_waiting() => {
                task.state = TaskState::Stopped { at: now };
                true
            }
            Some(_) | None => false,
        }
    }

    /// The tasks as they are at `now`, oldest first.
    pub fn tasks(&mut self, now: Timestamp) -> impl DoubleEndedIterator<Item = &Task> {
        self.settle(now);
        self.tasks.values()
    }

    /// The task of this number as it is at `now`; `None` if there was none or it is forgotten.
    pub fn task(&mut self, id: TaskId, now: Timestamp) -> Option<&Task> {
        self.settle(now);
        self.tasks.get(&id)
    }

    /// Closes what has timed out by `now`.
    fn settle(&mut self, now: Timestamp) {
        for task in self.tasks.values_mut() {
            if let Some((at, by)) = task.deadline()
                && at <= now
            {
                task.state = TaskState::TimedOut { at, by };
            }
        }
    }

    /// Forgets the oldest tasks, but never `newest`, until the limits are kept.
    fn forget_beyond_limits(&mut self, newest: TaskId) {
        let mut kept: usize = self.tasks.values().map(Task::kept_bytes).sum();
        while self.tasks.len() > self.max_tasks || kept > MAX_KEPT_BYTES {
            let others = || self.tasks.values().filter(|task| task.id != newest);
            let Some(oldest) = others()
                .find(|task| !task.is_waiting())
                .or_else(|| others().next())
            else {
                return;
            };
            let (id, bytes) = (oldest.id, oldest.kept_bytes());
            kept = kept.saturating_sub(bytes);
            self.tasks.remove(&id);
        }
    }
}

impl Default for TaskList {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for TaskList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TaskList({} tasks)", self.tasks.len())
    }
}

impl Task {
    fn is_waiting(&self) -> bool {
        matches!(self.state, TaskState::Waiting { .. })
    }

    /// The moment that a waiting task times out, and which of its times ends first.
    fn deadline(&self) -> Option<(Timestamp, TimedOutBy)> {
        let TaskState::Waiting { last_heartbeat } = self.state else {
            return None;
        };
        let after = |from: Timestamp, limit: Option<Duration>| {
            from.checked_add(SignedDuration::try_from(limit?).ok()?).ok()
        };
        let timeout = after(self.started, self.timeout).map(|at| (at, TimedOutBy::Timeout));
        let heartbeat = after(last_heartbeat.unwrap_or(self.started), self.heartbeat)
            .map(|at| (at, TimedOutBy::Heartbeat));
        timeout.into_iter().chain(heartbeat).min_by_key(|(at, _)| *at)
    }

    fn kept_bytes(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let result = match &self.state {
            TaskState::Waiting { .. } | TaskState::TimedOut { .. } | TaskState::Stopped { .. } => 0,
            TaskState::Succeeded { output, .. } => output.len(),
            TaskState::Failed { error, cause, .. } => length(error) + length(cause),
        };
        self.name.len() + result
    }
}

impl std::fmt::Debug for TaskState {
    /// Shows lengths only: what people answer does not belong in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TaskState::Waiting { last_heartbeat } => write!(f, "Waiting(heartbeat: {last_heartbeat:?})"),
            TaskState::Succeeded { output, at } => write!(f, "Succeeded({} bytes at {at})", output.len()),
            TaskState::Failed { error, cause, at } => write!(
                f,
                "Failed(error: {:?} bytes, cause: {:?} bytes, at {at})",
                error.as_ref().map(String::len),
                cause.as_ref().map(String::len)
            ),
            TaskState::TimedOut { at, by } => write!(f, "TimedOut({by:?} at {at})"),
            TaskState::Stopped { at } => write!(f, "Stopped(at {at})"),
        }
    }
}

fn check_lengths(token: &str, report: &Report) -> Result<(), Refusal> {
    if token.is_empty() {
        return Err(Refusal::Validation {
            field: "taskToken",
            rule: "greater",
            limit: 1,
        });
    }
    let at_most = |field, text: &str, limit| match text.chars().nth(limit) {
        Some(_) => Err(Refusal::Validation {
            field,
            rule: "less",
            limit,
        }),
        None => Ok(()),
    };
    at_most("taskToken", token, MAX_TOKEN_CHARS)?;
    match report {
        Report::Success { .. } | Report::Heartbeat => Ok(()),
        Report::Failure { error, cause } => {
            at_most("error", error.as_deref().unwrap_or_default(), MAX_ERROR_CHARS)?;
            at_most("cause", cause.as_deref().unwrap_or_default(), MAX_CAUSE_CHARS)
        }
    }
}

fn check_output(report: &Report) -> Result<(), Refusal> {
    match report {
        Report::Failure { .. } | Report::Heartbeat => Ok(()),
        Report::Success { output } if output.len() > MAX_OUTPUT_BYTES => Err(Refusal::InvalidOutput),
        Report::Success { output } => match serde_json::from_str::<&RawValue>(output) {
            Ok(_) => Ok(()),
            Err(_) => Err(Refusal::InvalidOutput),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    fn random(seed: u64) -> [u8; 64] {
        let mut bytes = [7; 64];
        for (to, from) in bytes.iter_mut().zip(seed.to_be_bytes()) {
            *to = from;
        }
        bytes
    }

    fn spec(timeout: Option<u64>, heartbeat: Option<u64>) -> TaskSpec {
        TaskSpec {
            name: "approve".to_owned(),
            timeout: timeout.map(Duration::from_secs),
            heartbeat: heartbeat.map(Duration::from_secs),
        }
    }

    /// A list with one task that was started at second 0.
    fn one(timeout: Option<u64>, heartbeat: Option<u64>) -> (TaskList, TaskId, String) {
        let mut list = TaskList::new();
        let (id, token) = list.start(spec(timeout, heartbeat), random(1), at(0));
        (list, id, token)
    }

    fn success(output: &str) -> Report {
        Report::Success {
            output: output.to_owned(),
        }
    }

    fn failure(error: &str, cause: &str) -> Report {
        Report::Failure {
            error: Some(error.to_owned()),
            cause: Some(cause.to_owned()),
        }
    }

    fn state(list: &mut TaskList, id: TaskId, second: i64) -> TaskState {
        list.task(id, at(second)).expect("the task is kept").state.clone()
    }

    #[track_caller]
    fn waits(list: &mut TaskList, id: TaskId, second: i64) {
        let state = state(list, id, second);
        assert!(matches!(state, TaskState::Waiting { .. }), "{state:?}");
    }

    #[test]
    fn a_task_is_answered_once() {
        let answers = [
            success("{}"),
            Report::Failure {
                error: None,
                cause: None,
            },
        ];
        let seconds = [
            success("{}"),
            success("{\"a\":1}"),
            failure("rejected", ""),
            Report::Heartbeat,
        ];
        for first in &answers {
            let (mut list, id, token) = one(None, None);
            assert_eq!(list.report(&token, first, at(1)), Ok(()));
            let closed = state(&mut list, id, 1);
            for second in &seconds {
                assert_eq!(
                    list.report(&token, second, at(2)),
                    Err(Refusal::TaskTimedOut),
                    "{second:?}"
                );
            }
            assert_eq!(state(&mut list, id, 3), closed);
        }
    }

    #[test]
    fn states_tell_what_was_answered() {
        let (mut list, id, token) = one(None, None);
        assert_eq!(list.report(&token, &success("[1.0]"), at(5)), Ok(()));
        assert_eq!(
            state(&mut list, id, 9),
            TaskState::Succeeded {
                output: "[1.0]".to_owned(),
                at: at(5)
            }
        );

        let (mut list, id, token) = one(None, None);
        assert_eq!(
            list.report(&token, &failure("rejected", "too dear"), at(5)),
            Ok(())
        );
        let failed = TaskState::Failed {
            error: Some("rejected".to_owned()),
            cause: Some("too dear".to_owned()),
            at: at(5),
        };
        assert_eq!(state(&mut list, id, 9), failed);
    }

    #[test]
    fn heartbeats_may_come_any_number_of_times_and_reset_their_clock() {
        let (mut list, id, token) = one(Some(100), Some(10));
        for second in [9, 18, 18, 27, 36] {
            assert_eq!(list.report(&token, &Report::Heartbeat, at(second)), Ok(()));
        }
        assert_eq!(
            state(&mut list, id, 45),
            TaskState::Waiting {
                last_heartbeat: Some(at(36))
            }
        );
        assert_eq!(
            state(&mut list, id, 46),
            TaskState::TimedOut {
                at: at(46),
                by: TimedOutBy::Heartbeat
            }
        );
    }

    #[test]
    fn heartbeats_do_not_move_the_timeout() {
        let (mut list, id, token) = one(Some(20), Some(10));
        assert_eq!(list.report(&token, &Report::Heartbeat, at(9)), Ok(()));
        assert_eq!(list.report(&token, &Report::Heartbeat, at(18)), Ok(()));
        waits(&mut list, id, 19);
        assert_eq!(
            state(&mut list, id, 27),
            TaskState::TimedOut {
                at: at(20),
                by: TimedOutBy::Timeout
            }
        );
    }

    #[test]
    fn answers_at_and_after_the_deadline_are_refused() {
        for (timeout, heartbeat, deadline) in [
            (Some(10), None, 10),
            (None, Some(10), 10),
            (Some(3), Some(10), 3),
            (Some(10), Some(3), 3),
        ] {
            for report in [success("1"), failure("e", "c"), Report::Heartbeat] {
                let (mut list, id, token) = one(timeout, heartbeat);
                waits(&mut list, id, deadline - 1);
                for second in [deadline, deadline + 1, deadline + 1_000] {
                    assert_eq!(
                        list.report(&token, &report, at(second)),
                        Err(Refusal::TaskTimedOut)
                    );
                }
                let (mut list, _, token) = one(timeout, heartbeat);
                assert_eq!(list.report(&token, &report, at(deadline - 1)), Ok(()));
            }
        }
    }

    #[test]
    fn a_task_without_times_or_with_endless_ones_waits() {
        for endless in [None, Some(u64::MAX), Some(400_000_000_000)] {
            let (mut list, id, token) = one(endless, endless);
            waits(&mut list, id, 40_000_000_000);
            assert_eq!(list.report(&token, &success("1"), at(40_000_000_000)), Ok(()));
        }
        let (mut list, _, token) = one(Some(0), None);
        assert_eq!(
            list.report(&token, &success("1"), at(0)),
            Err(Refusal::TaskTimedOut),
            "no time at all"
        );
    }

    #[test]
    fn a_stopped_task_takes_no_answer() {
        let (mut list, id, token) = one(None, None);
        assert!(list.stop(id, at(4)));
        assert!(!list.stop(id, at(5)), "it was stopped already");
        assert!(!list.stop(TaskId(99), at(5)), "there is no such task");
        for report in [success("1"), failure("e", "c"), Report::Heartbeat] {
            assert_eq!(list.report(&token, &report, at(6)), Err(Refusal::TaskTimedOut));
        }
        assert_eq!(state(&mut list, id, 6), TaskState::Stopped { at: at(4) });

        let (mut list, id, token) = one(None, None);
        assert_eq!(list.report(&token, &success("1"), at(1)), Ok(()));
        assert!(!list.stop(id, at(2)), "it was answered");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let (mut list, id, token) = one(None, None);
        let reversed: String = token.chars().rev().collect();
        let (half, _) = token.split_at(token.len() / 2);
        let texts = [
            "x",
            "AQ",
            "AQCE",
            "AQAA",
            "AQD/",
            "AQ==",
            "日本語",
            "AQ日本",
            "AAAAKgAAAAIAAAAAAAAAAQ==",
            reversed.as_str(),
            half,
            &format!("{token}A"),
            &format!("{token}="),
            &format!(" {token}"),
            &format!("{token}\n"),
            &format!("{token}{token}"),
        ];
        for text in texts {
            assert_eq!(
                list.report(text, &success("1"), at(1)),
                Err(Refusal::InvalidToken),
                "{text}"
            );
        }
        waits(&mut list, id, 1);
    }

    #[test]
    fn every_changed_or_missing_character_is_refused() {
        let (mut list, id, token) = one(None, None);
        for position in 0..token.len() {
            let changed: String = token
                .char_indices()
                .map(|(index, letter)| match letter {
                    _ if index != position => letter,
                    'B' => 'C',
                    _ => 'B',
                })
                .collect();
            let (before, after) = token.split_at(position);
            let shorter = format!("{before}{}", after.chars().skip(1).collect::<String>());
            for text in [changed.as_str(), before, &shorter] {
                let refusal = list
                    .report(text, &success("1"), at(1))
                    .expect_err("a damaged token");
                let expected = match text {
                    "" => "ValidationException",
                    _ => "InvalidToken",
                };
                assert_eq!(refusal.code(), expected, "{position}");
            }
        }
        waits(&mut list, id, 1);
    }

    #[test]
    fn a_token_of_another_list_or_of_the_future_is_refused() {
        let (mut list, id, token) = one(None, None);
        let mut other = TaskList::new();
        assert_eq!(
            other.report(&token, &success("1"), at(1)),
            Err(Refusal::TaskDoesNotExist),
            "an empty list"
        );
        let (_, foreign) = other.start(spec(None, None), random(2), at(0));
        assert_eq!(
            list.report(&foreign, &success("1"), at(1)),
            Err(Refusal::TaskDoesNotExist)
        );

        // Whoever knows series and number still does not know the random bytes.
        let series = list.series.expect("a task was started");
        let forged = Token { series, id }.write(&random(3));
        assert_eq!(
            list.report(&forged, &success("1"), at(1)),
            Err(Refusal::InvalidToken),
            "forged"
        );
        let future = Token {
            series,
            id: TaskId(2),
        }
        .write(&random(3));
        assert_eq!(
            list.report(&future, &success("1"), at(1)),
            Err(Refusal::InvalidToken),
            "not started yet"
        );
        waits(&mut list, id, 1);
    }

    #[test]
    fn outputs_that_are_not_json_or_too_long_are_refused() {
        let (mut list, id, token) = one(None, None);
        let too_long = format!("\"{}\"", "x".repeat(MAX_OUTPUT_BYTES - 1));
        let too_many_bytes = format!("\"{}\"", "é".repeat(MAX_OUTPUT_BYTES / 2));
        let texts = [
            "",
            " ",
            "{",
            "{}}",
            "{'a':1}",
            "NaN",
            "Infinity",
            "01",
            "[1,]",
            "nul",
            "\"\u{1}\"",
            "1 2",
            "\u{feff}1",
        ];
        for text in texts.into_iter().chain([too_long.as_str(), &too_many_bytes]) {
            let start: String = text.chars().take(20).collect();
            assert_eq!(
                list.report(&token, &success(text), at(1)),
                Err(Refusal::InvalidOutput),
                "{start}"
            );
        }
        waits(&mut list, id, 1);
        let longest = format!("\"{}\"", "x".repeat(MAX_OUTPUT_BYTES - 2));
        assert_eq!(list.report(&token, &success(&longest), at(1)), Ok(()));
    }

    #[test]
    fn over_long_arguments_are_refused() {
        let (mut list, id, token) = one(None, None);
        let long = |count| "é".repeat(count);
        for (token, report, field) in [
            (long(MAX_TOKEN_CHARS + 1), success("1"), "taskToken"),
            (String::new(), Report::Heartbeat, "taskToken"),
            (token.clone(), failure(&long(MAX_ERROR_CHARS + 1), ""), "error"),
            (token.clone(), failure("", &long(MAX_CAUSE_CHARS + 1)), "cause"),
            // Lengths come first: even a token that is none does not hide them.
            ("x".to_owned(), failure("", &long(MAX_CAUSE_CHARS + 1)), "cause"),
        ] {
            let refusal = list.report(&token, &report, at(1)).expect_err(field);
            assert_eq!(refusal.code(), "ValidationException");
            assert!(refusal.message().contains(field), "{refusal}");
        }
        assert_eq!(
            list.report(&long(MAX_TOKEN_CHARS), &success("1"), at(1)),
            Err(Refusal::InvalidToken)
        );
        waits(&mut list, id, 1);
        assert_eq!(
            list.report(
                &token,
                &failure(&long(MAX_ERROR_CHARS), &long(MAX_CAUSE_CHARS)),
                at(1)
            ),
            Ok(())
        );
    }

    #[test]
    fn refusals_are_worded_as_by_step_functions() {
        assert_eq!(Refusal::TaskTimedOut.code(), "TaskTimedOut");
        assert_eq!(
            Refusal::TaskTimedOut.message(),
            "Task Timed Out: 'Provided task does not exist anymore'"
        );
        assert_eq!(Refusal::InvalidToken.message(), "Invalid Token: 'Invalid token'");
        assert_eq!(
            Refusal::Validation {
                field: "cause",
                rule: "less",
                limit: MAX_CAUSE_CHARS
            }
            .message(),
            "1 validation error detected: Value at 'cause' failed to satisfy constraint: \
             Member must have length less than or equal to 32768"
        );
    }

    #[test]
    fn the_oldest_closed_task_is_forgotten_first() {
        let mut list = TaskList::with_limit(3);
        let tokens: Vec<String> = (0..3)
            .map(|seed| list.start(spec(None, None), random(seed), at(0)).1)
            .collect();
        for token in &tokens[1..] {
            assert_eq!(list.report(token, &success("1"), at(1)), Ok(()));
        }
        list.start(spec(None, None), random(4), at(2));
        let ids: Vec<u64> = list.tasks(at(2)).map(|task| task.id.0).collect();
        assert_eq!(ids, [1, 3, 4], "2 was the oldest closed one");
        assert_eq!(
            list.report(&tokens[1], &success("1"), at(2)),
            Err(Refusal::TaskTimedOut),
            "forgotten"
        );
        assert_eq!(
            list.report(&tokens[0], &success("1"), at(2)),
            Ok(()),
            "it waited on"
        );
    }

    #[test]
    fn a_full_list_of_waiting_tasks_forgets_the_oldest() {
        let mut list = TaskList::with_limit(2);
        let tokens: Vec<String> = (0..3)
            .map(|seed| list.start(spec(None, None), random(seed), at(0)).1)
            .collect();
        assert_eq!(
            list.report(&tokens[0], &success("1"), at(1)),
            Err(Refusal::TaskTimedOut),
            "crowded out"
        );
        assert_eq!(list.report(&tokens[2], &success("1"), at(1)), Ok(()));
        assert_eq!(list.tasks(at(1)).count(), 2);

        let mut list = TaskList::new();
        for seed in 0..1_500 {
            list.start(spec(None, None), random(seed), at(0));
        }
        assert_eq!(list.tasks(at(0)).count(), MAX_TASKS);
    }

    #[test]
    fn results_are_kept_within_sixteen_mebibytes() {
        let mut list = TaskList::new();
        let output = format!("\"{}\"", "x".repeat(MAX_OUTPUT_BYTES - 2));
        let tokens: Vec<String> = (0..70)
            .map(|seed| list.start(spec(None, None), random(seed), at(0)).1)
            .collect();
        for token in &tokens {
            assert_eq!(list.report(token, &success(&output), at(1)), Ok(()));
        }
        // The names of the tasks count too: 64 outputs alone would fit.
        assert_eq!(list.tasks(at(1)).count(), 63);
        assert_eq!(list.tasks(at(1)).next().map(|task| task.id), Some(TaskId(8)));
        assert_eq!(
            list.report(&tokens[0], &success("1"), at(2)),
            Err(Refusal::TaskTimedOut),
            "forgotten"
        );
    }

    #[test]
    fn debug_shows_neither_token_nor_content() {
        let mut list = TaskList::new();
        let (id, token) = list.start(spec(None, None), random(1), at(0));
        assert_eq!(list.report(&token, &success("\"canary\""), at(1)), Ok(()));
        let list_text = format!("{list:?}");
        let text = format!("{list_text} {:?}", list.task(id, at(1)));
        assert!(!text.contains("canary") && text.contains("8 bytes"), "{text}");
    }
}
