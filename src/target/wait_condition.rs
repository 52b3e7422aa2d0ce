//! The signal of a wait condition (CloudFormation User Guide, "Create wait conditions in a CloudFormation template").

use super::{About, reason};
use crate::json::JsonText;
use crate::report::Report;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Signal<'a> {
    status: &'static str,
    /// A signal with the same one is the same signal: it may be sent again.
    unique_id: String,
    data: &'a str,
    reason: String,
}

/// The body of the PUT: all values are strings, as CloudFormation wants them.
pub fn signal(report: &Report, about: About<'_>) -> String {
    let (status, data) = match report {
        Report::Success { output } => ("SUCCESS", output.as_str()),
        Report::Failure { .. } | Report::Heartbeat => ("FAILURE", ""),
    };
    let signal = Signal {
        status,
        unique_id: about.transaction.to_string(),
        data,
        reason: reason(report, about),
    };
    JsonText::of(&signal).into_string()
}
