//! docs/SECURITY.md keeps to what there is: every test that it names exists, and every bound is that of the code.

use std::collections::BTreeSet;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../docs/SECURITY.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of the rows of a section's tables, without their heads.
fn rows(section: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = DOCUMENT.split_once(&format!("\n## {section}\n")).expect(section);
    let text = rest.split("\n## ").next().unwrap_or_default();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") || line.starts_with("|  "));
    rows.map(|row| {
        let inner = row.strip_prefix('|').and_then(|row| row.strip_suffix('|'));
        inner.unwrap_or(row).split('|').map(str::trim).collect()
    })
    .collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Names of functions in files of these endings, below `src` and `tests`.
fn functions() -> BTreeSet<String> {
    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path
                .extension()
                .is_some_and(|ending| ending == "rs" || ending == "py")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                for line in text.lines().map(str::trim_start) {
                    let name = line.strip_prefix("fn ").or_else(|| line.strip_prefix("def "));
                    let name = name.or_else(|| line.strip_prefix("async fn "));
                    found.extend(
                        name.and_then(|name| name.split(['(', '<']).next())
                            .map(str::to_owned),
                    );
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    read(&root().join("src"), &mut found);
    for folder in ["aws", "it", "real", "release", "support", "sam"] {
        read(&root().join("tests").join(folder), &mut found);
    }
    found
}

#[test]
fn every_test_that_is_named_exists() {
    let functions = functions();
    let mut named = 0;
    let mut missing = Vec::new();
    for (section, column) in [("Threats", 3), ("Limits", 4)] {
        for row in rows(section)
            .iter()
            .filter(|row| row.len() == 5 && row[0] != "what")
        {
            for test in quoted(row[column]) {
                named += 1;
                if !functions.contains(test) {
                    missing.push(format!("{}: {test}", row[0]));
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(named > 100, "{named}");
}

#[test]
fn every_threat_has_its_row() {
    let rows = rows("Threats");
    for number in 1..=22 {
        let prefix = format!("T{number} ");
        let found = rows
            .iter()
            .filter(|row| row[0] == prefix.trim() || row[0].starts_with(&prefix));
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "T{number}");
        assert_eq!(found[0].len(), 5, "T{number}");
    }
}

#[test]
fn every_bound_is_that_of_the_code() {
    let mut checked = 0;
    for row in rows("Limits") {
        let [what, bound, _, place, _] = row.as_slice() else {
            panic!("five cells: {row:?}")
        };
        let [file, constant] = quoted(place)[..] else {
            continue;
        };
        let source = std::fs::read_to_string(root().join(file)).expect(file);
        let value = constant_of(&source, constant).unwrap_or_else(|| panic!("{file} has no {constant}"));
        assert_eq!(number(bound), Some(value), "{what}: {bound}");
        checked += 1;
    }
    assert!(checked > 45, "{checked}");
}

#[test]
fn bounds_are_read_as_they_are_written() {
    for (text, value) in [
        ("1 MiB", 1 << 20),
        ("64 KiB", 65_536),
        ("1,000", 1_000),
        ("900 ms", 900),
        ("2 s", 2_000),
    ] {
        assert_eq!(number(text), Some(value), "{text}");
    }
    for (text, value) in [("1 << 20", 1 << 20), ("64 * 1024", 65_536), ("10_000", 10_000)] {
        assert_eq!(computed(text), Some(value), "{text}");
    }
    let source = "pub const A: Duration = Duration::from_secs(2);\nconst B: NonZeroUsize = NonZeroUsize::new(7).expect(\"x\");";
    assert_eq!(
        (constant_of(source, "A"), constant_of(source, "B")),
        (Some(2_000), Some(7))
    );
}

/// A bound as the document has it; times in milliseconds.
fn number(bound: &str) -> Option<u64> {
    let mut words = bound.split(' ');
    let number: u64 = words.next()?.replace(',', "").parse().ok()?;
    Some(match words.next() {
        Some("MiB") => number << 20,
        Some("KiB") => number << 10,
        Some("s") => number * 1_000,
        _ => number,
    })
}

/// The value of a constant in a source; times in milliseconds.
fn constant_of(source: &str, name: &str) -> Option<u64> {
    let start = format!("const {name}: ");
    let (kind, value) = source
        .split_once(&start)?
        .1
        .split_once(';')?
        .0
        .split_once(" = ")?;
    let inside = |before: &str| value.strip_prefix(before)?.split(')').next().and_then(computed);
    match kind {
        "Duration" if value.contains("from_millis") => inside("Duration::from_millis("),
        "Duration" => inside("Duration::from_secs(").map(|seconds| seconds * 1_000),
        "NonZeroUsize" => inside("NonZeroUsize::new("),
        // Seconds as a plain number.
        _ if name.ends_with("_SECONDS") => computed(value).map(|seconds| seconds * 1_000),
        _ => computed(value),
    }
}

/// Numbers, products and shifts.
fn computed(text: &str) -> Option<u64> {
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().ok();
    match text.split_once("<<") {
        Some((left, right)) => Some(number(left)? << number(right)?),
        None => text.split('*').map(number).product(),
    }
}
