//! Whether what the visitor and the operator were told is what happened.

use super::cells::Cell;
use serde_json::Value;
use std::time::Duration;

/// One callback, when all has come to rest.
pub struct Seen {
    pub is_heartbeat: bool,
    pub status: u16,
    pub retry_after: bool,
    pub body: String,
    pub took: Duration,
    /// How often the stand-in told the task.
    pub effects: usize,
    pub faults: usize,
    /// Calls of Step Functions that the service made.
    pub sends: usize,
    pub lines: Vec<String>,
    pub token: String,
}

/// What the visitor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Recorded,
    Unconfirmed,
    NotSent,
    Unknown,
    Closed,
    Other,
}

impl Seen {
    fn told(&self) -> Told {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        match (self.status, field("error").as_str(), field("outcome").as_str()) {
            (200, "", "") => Told::Recorded,
            (202, "", "") if body["confirmed"] == false => Told::Unconfirmed,
            (503, "ServiceUnavailable", "not_sent") => Told::NotSent,
            (503, "ServiceUnavailable", "unknown") => Told::Unknown,
            (400, "StepFunctionsError", _) => Told::Closed,
            _ => Told::Other,
        }
    }
}

/// Everything that is wrong with one callback; the texts hold no secret.
pub fn judge(cell: &Cell, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |is_right: bool, what: &str| {
        if !is_right {
            wrong.push(format!(
                "{what} (status {}, {} effects)",
                seen.status, seen.effects
            ));
        }
    };
    let told = seen.told();
    match told {
        Told::Recorded => expect(seen.effects > 0, "recorded without a record"),
        Told::Unconfirmed => expect(seen.effects == 1, "called closed by the answer, and it was not"),
        Told::NotSent => expect(seen.effects == 0, "called not sent, and it was"),
        Told::Unknown => {}
        // Nobody else closes the tasks of this test.
        Told::Closed => expect(false, "refused as closed by somebody else"),
        Told::Other => expect(false, "another answer"),
    }
    expect(seen.is_heartbeat || seen.effects < 2, "told twice");
    expect(seen.sends <= 3, "more than three attempts");
    expect(seen.took <= cell.longest(), "too slow");
    let is_unavailable = matches!(told, Told::NotSent | Told::Unknown);
    expect(seen.retry_after == is_unavailable, "Retry-After");
    expect(!seen.body.contains(&seen.token), "the token is in the answer");
    match seen.lines.as_slice() {
        [line] => {
            expect(!line.contains(&seen.token), "the token is in the log");
            expect(!line.contains(['\n', '\r']), "a line that is none");
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            let outcome = match told {
                Told::Recorded => "recorded",
                Told::Unconfirmed => "closed_during_retry",
                Told::NotSent | Told::Unknown | Told::Closed | Told::Other => "refused",
            };
            expect(line["outcome"] == outcome, "the log says something else");
            expect(line["status"] == seen.status, "the log has another status");
            expect(
                is_unavailable == (line["level"] == "ERROR"),
                "the operator is not told",
            );
            let calls = line["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_send = |call: &&Value| {
                call["operation"]
                    .as_str()
                    .is_some_and(|name| name.starts_with("Send"))
            };
            expect(
                calls.iter().filter(is_send).count() == seen.sends,
                "calls are not in the log",
            );
        }
        _ => expect(false, "not one line in the log"),
    }
    wrong
}

/// A cell in numbers.
#[derive(Default)]
pub struct Tally {
    pub violations: Vec<String>,
    pub faults: usize,
    callbacks: usize,
    recorded: usize,
    unconfirmed: usize,
    not_sent: usize,
    unknown: usize,
    slowest: Duration,
}

impl Tally {
    pub fn add(&mut self, seen: &Seen) {
        self.callbacks += 1;
        self.faults += seen.faults;
        self.slowest = self.slowest.max(seen.took);
        match seen.told() {
            Told::Recorded => self.recorded += 1,
            Told::Unconfirmed => self.unconfirmed += 1,
            Told::NotSent => self.not_sent += 1,
            Told::Unknown => self.unknown += 1,
            Told::Closed | Told::Other => {}
        }
    }

    /// Visitors who know what became of their answer.
    pub fn answers_with_certainty(&self) -> usize {
        self.recorded + self.unconfirmed
    }

    pub fn definite(&self) -> f64 {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        share(self.answers_with_certainty(), self.callbacks)
    }

    /// A row for docs/SECURITY.md.
    pub fn row(&self, cell: &Cell) -> String {
        format!(
            "| {:?} | {:?} | {} % | {} | {} | {} | {} | {} | {} | {:.3} % | {:.1} s |",
            cell.at,
            cell.kind,
            cell.percent,
            self.callbacks,
            self.faults,
            self.recorded,
            self.unconfirmed,
            self.unknown,
            self.not_sent,
            self.definite() * 100.0,
            self.slowest.as_secs_f64(),
        )
    }
}
