"""docs/ASVS.md: every requirement of its sections is there once, and what it names as evidence exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from project import ROOT, rows

DOCUMENT = (ROOT / "docs/ASVS.md").read_text()

# The requirements of ASVS 5.0.0: the levels of 1.2.1, 1.2.2 and so on.
LEVELS = {
    "1.2": "1111122223",
    "1.3": "112222222223",
    "1.5": "123",
    "3.4": "11222233",
    "3.5": "11122333",
    "3.7": "22333",
    "4.1": "12233",
    "9.1": "111",
    "9.2": "1222",
    "11.2": "22233",
    "11.3": "11233",
    "11.4": "1222",
    "11.5": "23",
    "14.2": "12223333",
    "14.3": "122",
    "15.2": "12233",
    "15.3": "1222222",
    "16.2": "22222",
    "16.3": "2222",
    "16.4": "222",
    "16.5": "2223",
}
REQUIREMENTS = [
    (f"{section}.{number}", level) for section, levels in LEVELS.items() for number, level in enumerate(levels, 1)
]
STATES = ["met", "partly", "not met", "does not apply"]
# A vector, a file, or the name of a test in the file before it.
_VECTOR = re.compile(r"(?:sealed|python|nonce)/\w+")
_FILE = re.compile(r"[\w./-]+/[\w.-]+\.(?:rs|py|js)")


@cache
def rules() -> frozenset[str]:
    return frozenset(re.findall(r"^\| (F\d+) \|", (ROOT / "docs/FORMAT.md").read_text(), re.MULTILINE))


@cache
def names(file: str) -> frozenset[str]:
    """Of the tests in a file; in Python, fixtures may look at something, too."""
    pattern = {
        # Further attributes may stand between.
        ".rs": r"#\[(?:tokio::)?test\b[^\n]*\n(?:[^\n]*\n){0,8}?\s*(?:async )?fn (\w+)",
        ".py": r"^def (test_\w+)\(|^@pytest\.fixture\b[^\n]*\ndef (\w+)\(",
        ".js": r"^ *test\((?:'([^'\n]+)'|`([^`\n]+)`),",
    }[Path(file).suffix]
    return frozenset("".join(it.groups("")) for it in re.finditer(pattern, (ROOT / file).read_text(), re.MULTILINE))


def missing(evidence: str) -> list[str]:
    """What a cell names and is not there. Links are looked at with those of all documents."""
    without_links = re.sub(r"\[[^\]]*\]\([^)]*\)", "", evidence)
    named = re.findall(r"\bF\d+\b", re.sub(r"`[^`]*`", "", without_links))
    faults = [f"no rule {it}" for it in named if it not in rules()]
    file = None
    for name in re.findall(r"`([^`]+)`", without_links):
        if _VECTOR.fullmatch(name):
            faults += [] if (ROOT / f"tests/vectors/{name}.json").exists() else [f"no vector {name}"]
        elif _FILE.fullmatch(name):
            file = name
        elif file is None or not (ROOT / file).exists() or name not in names(file):
            faults.append(f"no test {name} in {file}")
    return faults


def faults(document: str) -> list[str]:
    summary, requirements = {}, []
    for row in rows(document):
        if len(row) == 3:
            summary[row[0]] = row[1:]
        else:
            requirements.append(row)
    files = [it for it in re.findall(r"`([^`]+)`", document) if _FILE.fullmatch(it)]
    found = [f"no file {it}" for it in files if not (ROOT / it).exists()]
    if [tuple(row[:2]) for row in requirements] != REQUIREMENTS:
        found.append("the requirements are not those of the standard, in its order, each once")
    for number, _, _, state, how, evidence in requirements:
        found += [f"{number}: {it}" for it in missing(evidence)]
        if state not in STATES or not how:
            found.append(f"{number}: no state, or no reason")
        if state in ("met", "partly") and not re.search(r"`|\bF\d|\]\(", evidence):
            found.append(f"{number}: nothing shows it")
    for state in STATES:
        numbers = [row[0] for row in requirements if row[3] == state]
        count, which = summary.get(state, ("", ""))
        if count != str(len(numbers)) or (re.search(r"\d", which) and which != ", ".join(numbers)):
            found.append(f"the summary of {state}: {len(numbers)}, {', '.join(numbers)}")
    return found


def test_every_requirement_is_there_once_and_what_shows_it_exists() -> None:
    assert faults(DOCUMENT) == []
    assert len(REQUIREMENTS) == 113
    named = re.findall(r"`(?:test_)?[a-z0-9]+(?:_\w+)+`", DOCUMENT)
    assert len(named) > 150, len(named)


def row_of(number: str) -> str:
    [row] = re.findall(rf"^\| {re.escape(number)} \|.*\n", DOCUMENT, re.MULTILINE)
    return row


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (row_of("9.1.2"), "", "the requirements are not"),
        (row_of("9.1.2"), 2 * row_of("9.1.2"), "the requirements are not"),
        ("| 9.1.2 | 1 |", "| 9.1.2 | 2 |", "the requirements are not"),
        ("`no_forged_link_opens`", "`no_forged_link`", "9.1.1: no test no_forged_link in tests/it/properties.rs"),
        ("`every_rejection_has_its_code_status_headers_and_line_and_sends_nothing`", "`refused`", "no test refused in"),
        ("`tests/it/properties.rs` `no_forged_link_opens`", "`tests/it/process.rs` `no_forged_link_opens`", "9.1.1: no test"),
        ("`nothing_secret_was_written`", "`nothing_secret`", "no test nothing_secret in tests/aws/conftest.py"),
        ("`test_no_link_can_come_into_a_log_or_trace_of_api_gateway`", "`Resolved`", "14.2.1: no test Resolved"),
        ("`the page ${shown.name} asks for nothing else`", "`the page asks`", "3.4.7: no test the page asks"),
        ("`src/constant_time.rs` `only", "`src/constant.rs` `only", "no file src/constant.rs"),
        ("; F93 F95 F98", "; F93 F95 F999", "3.5.1: no rule F999"),
        ("; F6 F20", "; `sealed/none`", "15.3.7: no vector sealed/none"),
        ("| does not apply | No JNDI. |", "| unknown | No JNDI. |", "1.3.8: no state"),
        ("| does not apply | No JNDI. | – |", "| met | No JNDI. | – |", "1.3.8: nothing shows it"),
        ("| not met | 5 |", "| not met | 4 |", "the summary of not met: 5"),
        ("(`src/seal/p384.rs`)", "(`src/seal/p521.rs`)", "no file src/seal/p521.rs"),
        (", 16.3.2, 16.4.2 |", ", 16.3.2 |", "the summary of partly"),
    ],
)
def test_the_check_finds_faults(old: str, new: str, fault: str) -> None:
    assert old in DOCUMENT
    found = faults(DOCUMENT.replace(old, new))
    assert any(fault in it for it in found), found
