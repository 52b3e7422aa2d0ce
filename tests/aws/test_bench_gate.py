"""bench/gate runs, and says what is wrong with its options. What it measures is tested by tests/it/gate.rs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def gate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", ROOT / "bench/gate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_the_table_has_a_row_for_each_cell(executable):
    options = ["--seconds", "1", "--alone", "0", "--rates", "3", "--kinds", "used,hours"]
    done = gate(f"ours={executable}", *options)
    assert done.returncode == 0, done.stderr
    head, _, *rows = done.stdout.splitlines()
    assert head.endswith("| ours: answered, KMS asked |")
    assert len(rows) == 8
    for row in rows:
        who = "one|1 address|200 addresses"
        cells = rf"\| ({who})[^|]* \| (a used link, altered|made-up hours) \| (cold|warm) \|"
        found = re.fullmatch(rf"{cells} (\d+) of 1, (\d+) of (\d+) \|", row)
        assert found, row
        answered, asked, sent = map(int, found.groups()[3:])
        # Fewer requests than every bucket holds: all are looked at.
        assert (answered, asked) == (1, sent), row


@pytest.mark.parametrize(
    "options",
    [["--rates", "0"], ["--rates", "5,x"], ["--rates", "201"], ["--kinds", "all"], ["--seconds", "0"], ["--alone", "-1"], []],
)
def test_a_wrong_option_is_named(executable, options):
    done = gate(*([str(executable)] if options else []), *options)
    assert done.returncode == 2
    assert (options[0] if options else "EXECUTABLE") in done.stderr
