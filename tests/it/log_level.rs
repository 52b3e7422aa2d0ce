//! Which lines LOG_LEVEL keeps.

use crate::support::{Stack, heartbeat, nothing, rewind, success};
use serde_json::{Value, json};
use std::sync::Arc;

/// The lines that are written of a granted request, a damaged link and a fault of the deployment.
fn written(vars: &[(&str, &str)]) -> Vec<Value> {
    rewind();
    let mut stack = Stack::new(vars);
    let link = stack.link(success(json!(1)), nothing());
    assert_eq!(stack.get(&link).status, 200);
    assert_eq!(
        stack.get("https://example.com/respond?data=3-damaged").status,
        400
    );
    Arc::get_mut(&mut stack.app).unwrap().config.base_url = None;
    let request = json!({"token": stack.task(), "actions": [heartbeat()]});
    assert_eq!(stack.create(&request).status, 500);
    let mut lines = stack.log();
    for line in &mut lines {
        assert!(line.as_object_mut().unwrap().remove("duration_ms").is_some());
    }
    lines
}

fn levels(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["level"].as_str()).collect()
}

#[test]
fn lines_below_the_level_are_not_written() {
    for (vars, levels) in [
        (&[] as &[_], &["INFO", "INFO", "WARN", "ERROR"] as &[_]),
        (&[("LOG_LEVEL", "INFO")], &["INFO", "INFO", "WARN", "ERROR"]),
        (&[("LOG_LEVEL", "WARN")], &["WARN", "ERROR"]),
        (&[("LOG_LEVEL", "ERROR")], &["ERROR"]),
    ] {
        assert_eq!(self::levels(&written(vars)), levels, "{vars:?}");
    }
}

/// So what is not in the lines of INFO, in their longest form, is in no line of any level.
#[test]
fn a_level_leaves_lines_out_and_changes_none() {
    let all = written(&[("VERBOSE_LOGGING", "true")]);
    assert_eq!(levels(&all).len(), 4);
    for (level, places) in [("INFO", 0..4), ("WARN", 2..4), ("ERROR", 3..4)] {
        let lines = written(&[("LOG_LEVEL", level), ("VERBOSE_LOGGING", "true")]);
        assert_eq!(lines, all[places], "{level}");
        // Without the part `verbose`, a line is shorter, and otherwise the same.
        let mut shorter = lines;
        for line in &mut shorter {
            assert!(line.as_object_mut().unwrap().remove("verbose").is_some());
        }
        assert_eq!(written(&[("LOG_LEVEL", level)]), shorter, "{level}");
    }
}
