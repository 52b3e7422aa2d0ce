//! docs/CONFIGURATION.md and the code name the same variables.

use std::collections::BTreeSet;

/// Variables that are read outside of config.rs: those of deliveries, the role, the credentials and a person's folders.
const READ_ELSEWHERE: [(&str, &str); 4] = [
    (
        "src/config/deliver.rs",
        include_str!("../../src/config/deliver.rs"),
    ),
    ("src/main.rs", include_str!("../../src/main.rs")),
    ("src/entry/process.rs", include_str!("../../src/entry/process.rs")),
    (
        "src/entry/laptop/key_file.rs",
        include_str!("../../src/entry/laptop/key_file.rs"),
    ),
];

#[test]
fn the_table_of_variables_is_complete_and_holds_nothing_else() {
    let documented = documented();
    let config = without_tests(include_str!("../../src/config.rs"));
    let mut in_code = names_in(config);
    for (_, source) in READ_ELSEWHERE {
        in_code.extend(names_in(without_tests(source)));
    }
    assert!(
        in_code.contains("KEY_ID") && in_code.contains("_HANDLER"),
        "{in_code:?}"
    );
    assert_eq!(documented, in_code);
}

fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Quoted names in the form of a variable. `ERROR` is a level of the log.
fn names_in(source: &str) -> BTreeSet<String> {
    let quoted = source.split('"').skip(1).step_by(2);
    quoted
        .filter(|text| is_name(text) && *text != "ERROR")
        .map(str::to_owned)
        .collect()
}

fn is_name(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// The first cells of the rows whose first cell is a variable.
fn documented() -> BTreeSet<String> {
    let rows = include_str!("../../docs/CONFIGURATION.md").lines();
    let first = rows.filter_map(|row| row.strip_prefix("| `")?.split_once("` |").map(|(name, _)| name));
    first.filter(|name| is_name(name)).map(str::to_owned).collect()
}
