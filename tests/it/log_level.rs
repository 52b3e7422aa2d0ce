//! Which lines LOG_LEVEL keeps.

use crate::support::{Stack, heartbeat, nothing, success};
use serde_json::{Value, json};
use std::sync::Arc;

/// The levels of the lines that are written of a granted request, a damaged link and a fault of the deployment.
fn written(vars: &[(&str, &str)]) -> Vec<Value> {
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
    stack.log().iter().map(|line| line["level"].clone()).collect()
}

#[test]
fn lines_below_the_level_are_not_written() {
    for (vars, levels) in [
        (&[] as &[_], &["INFO", "INFO", "WARN", "ERROR"] as &[_]),
        (&[("LOG_LEVEL", "INFO")], &["INFO", "INFO", "WARN", "ERROR"]),
        (&[("LOG_LEVEL", "WARN")], &["WARN", "ERROR"]),
        (&[("LOG_LEVEL", "ERROR")], &["ERROR"]),
    ] {
        assert_eq!(written(vars), levels, "{vars:?}");
    }
}
