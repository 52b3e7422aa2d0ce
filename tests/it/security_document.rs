//! docs/SECURITY.md keeps to what there is: every test that it names exists, every bound is that of the code, and every
//! bound of the code is there.

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
    assert!(checked > 110, "{checked}");
}

/// Constants that bound nobody, by their file or folder, and why.
const NO_LIMITS: &[(&str, &str)] = &[
    // What the operator says in settings.
    ("src/brand.rs", "MAX_NAME_CHARS"),
    ("src/config.rs", "MAX_AUDIENCE"),
    ("src/config.rs", "MAX_FUNCTION_NAME"),
    // The calendar: an offset is smaller than a day.
    ("src/expiration.rs", "MAX_OFFSET_SECONDS"),
    // How far a sentence repeats the name of a field; the request is refused in any case.
    ("src/action/read.rs", "MAX"),
    ("src/unevaluated.rs", "MAX_NAME_CHARS"),
    ("src/unevaluated.rs", "MAX_NAMED"),
    // Layout: what is longer is shown in another way, shortened, or warned of.
    ("src/page/fields.rs", "MAX_RADIOS"),
    ("src/deliver/slack.rs", "MAX_HEADER"),
    ("src/deliver/slack.rs", "MAX_RICH_TEXT"),
    ("src/deliver/line.rs", "MAX_TEXT_LINE"),
    ("src/deliver/slack.rs", "MAX_BUTTON"),
    ("src/deliver/slack.rs", "MAX_BUTTONS"),
    ("src/deliver/teams.rs", "MAX_BUTTONS"),
    ("src/deliver/parcel.rs", "MAX_TEXT_URL"),
    // Formats: parts of a token in a link, values of a metric, the age of an answer to a browser's question.
    ("src/token.rs", "MAX_SEGMENTS"),
    ("src/metrics.rs", "MAX_VALUES"),
    ("src/web/cors.rs", "MAX_AGE"),
    // `serve` and its list of tasks, which listen to their owner's own machine.
    ("src/entry/laptop/home.rs", "MAX_NAME_CHARS"),
    ("src/entry/laptop/home.rs", "MAX_SECONDS"),
    ("src/entry/laptop/server.rs", "HEAD_TIMEOUT"),
    ("src/entry/laptop/server.rs", "MAX_BODY_BYTES"),
    ("src/tasks/list.rs", "MAX_KEPT_BYTES"),
    ("src/tasks/list.rs", "MAX_TASKS"),
];

#[test]
fn every_bound_of_the_code_has_its_row() {
    let mut shown = Vec::new();
    for row in rows("Limits") {
        if let [file, constant] = quoted(row[3])[..] {
            shown.push((file.to_owned(), constant.to_owned()));
        }
    }
    let excepted: BTreeSet<_> = NO_LIMITS
        .iter()
        .map(|(file, name)| ((*file).to_owned(), (*name).to_owned()))
        .collect();
    let rows: BTreeSet<_> = shown.iter().cloned().collect();
    assert_eq!(rows.len(), shown.len(), "each has one row");
    let bounds = bounds_of_the_code();
    let known = |bound: &&(String, String)| rows.contains(*bound) || excepted.contains(*bound);
    let missing: Vec<_> = bounds.iter().filter(|bound| !known(bound)).collect();
    assert!(
        missing.is_empty(),
        "give each a row in \"Limits\" of docs/SECURITY.md: {missing:#?}"
    );
    let stale: Vec<_> = excepted
        .difference(&bounds)
        .chain(excepted.intersection(&rows))
        .collect();
    assert!(stale.is_empty(), "no exceptions any more: {stale:#?}");
    assert!(bounds.len() > 120, "{}", bounds.len());
}

#[test]
fn every_limit_names_a_test() {
    for row in rows("Limits").iter().filter(|row| row[0] != "what") {
        assert!(!quoted(row[4]).is_empty(), "{row:?}");
    }
}

#[test]
fn constants_that_bound_are_told_from_others() {
    let source = "pub(super) const MAX_A: usize = 1;\n    const B_MAX: u16 = 1;\nconst C: Duration = D;\n\
                  const ANSWER_LIMIT: usize = 1;\npub const RECENT_BURST: u64 = 1;\nconst ATTEMPTS: u32 = 3;\n\
                  const MAXIMAL: usize = 1;\nconst TAG: usize = 16;\nconst fn max() {}\nlet MAX_X: usize = 1;\n\
                  #[cfg(test)]\nmod tests {\n    const MAX_Y: usize = 1;\n}\n";
    let expected = ["MAX_A", "B_MAX", "C", "ANSWER_LIMIT", "RECENT_BURST", "ATTEMPTS"];
    assert_eq!(bounds_of(source), expected);
}

/// Files below `src` and their constants that bound something.
fn bounds_of_the_code() -> BTreeSet<(String, String)> {
    fn read(folder: &Path, found: &mut BTreeSet<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                read(&path, found);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let file = path.strip_prefix(root()).unwrap().to_str().unwrap();
                found.extend(
                    bounds_of(&text)
                        .into_iter()
                        .map(|bound| (file.to_owned(), bound.to_owned())),
                );
            }
        }
    }
    let mut found = BTreeSet::new();
    read(&root().join("src"), &mut found);
    found
}

/// By their names, and times by their type.
fn bounds_of(source: &str) -> Vec<&str> {
    let (code, _) = source
        .split_once("#[cfg(test)]\nmod tests {")
        .unwrap_or((source, ""));
    let constants = code.lines().filter_map(|line| {
        let (before, rest) = line.split_once("const ")?;
        let (name, rest) = rest.split_once(": ")?;
        let is_constant = before.trim().is_empty() || before.trim().starts_with("pub");
        is_constant.then_some((name, rest.split_once(" =")?.0))
    });
    let bounds = constants.filter(|(name, kind)| {
        let words = ["MAX", "LIMIT", "BURST", "ATTEMPTS"];
        *kind == "Duration" || name.split('_').any(|part| words.contains(&part))
    });
    bounds.map(|(name, _)| name).collect()
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
