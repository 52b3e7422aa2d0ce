"""bench/run: measures the executable and a Python handler in one run, and says what is wrong with anything else."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from project import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import show  # noqa: E402

EXECUTABLE = Path(os.environ["SFN_CALLBACK_URLS_EXE"])
HANDLER = f"tiny=python:{ROOT}/bench/handler:callback.handler"
PUBLISHED = json.loads((ROOT / "bench/published.json").read_text())
STARTS, CALLS = 2, 24
FEW = ("--starts", STARTS, "--calls", CALLS, "--warm-up", 2, "--executable", EXECUTABLE)


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "bench/run", *map(str, arguments)], capture_output=True, text=True, timeout=600
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    ended = bench(*FEW, "--kms-latency", 20, "--output", folder, HANDLER)
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def result(output: Path) -> dict[str, Any]:
    return json.loads((output / "figures.json").read_text())


@pytest.fixture(params=[0, 1], ids=["ours", "tiny"])
def subject(request: pytest.FixtureRequest, result: dict[str, Any]) -> dict[str, Any]:
    return result["subjects"][request.param]


def test_it_says_what_was_measured_and_where(result: dict[str, Any]) -> None:
    assert [it["label"] for it in result["subjects"]] == ["sfn-callback-urls", "tiny"]
    assert (result["starts"], result["calls"], result["kms_latency"], result["door"]) == (STARTS, CALLS, 20, "rest")
    assert all(result["machine"].values()) and re.fullmatch(r"\d{4}-\d\d-\d\d", result["when"])


@pytest.mark.parametrize("role", ["create", "process"])
def test_starts_are_plausible(subject: dict[str, Any], role: str) -> None:
    start = subject[role]
    for it in start.values():
        assert it["count"] == STARTS
        assert 0 < it["min"] <= it["median"] <= it["p90"] < 30_000
    assert start["ready"]["min"] < start["first_answer"]["min"]
    # Any machine needs more than a tenth of a millisecond to load a program and do a TLS handshake.
    assert 0.1 < start["cpu"]["min"] < 10_000
    # The first answer waits for KMS, which takes 20 ms.
    assert start["first_answer"]["min"] > 20


@pytest.mark.parametrize("kind", ["create_two", "create_five", "callback"])
def test_calls_are_plausible(subject: dict[str, Any], kind: str) -> None:
    calls = subject[kind]
    assert calls["count"] == CALLS
    assert 0 < calls["p50"] <= calls["p99"] < 30_000
    # One after the other: no more than the times allow, and the harness adds little to them.
    assert calls["per_second"] < 1_000 / calls["p50"] * 2
    assert calls["per_second"] > 1_000 / calls["p99"] / 10
    # A CPU does no more than a second of work in a second.
    assert 0 < calls["cpu_seconds_per_1000"] < 1_000 / calls["per_second"] * os.cpu_count() + 10 / CALLS


def test_what_the_caches_spare_is_seen_in_the_calls_to_kms(result: dict[str, Any]) -> None:
    ours, tiny = result["subjects"]
    # The tiny handler asks KMS for each link and for each callback, and keeps nothing.
    assert [tiny[kind]["kms_calls"] for kind in ("create_two", "create_five", "callback")] == [2, 5, 1]
    assert ours["create_two"]["kms_calls"] <= 2 / 24 and 1 / 24 <= ours["create_five"]["kms_calls"] <= 3 / 24
    assert ours["callback"]["kms_calls"] <= 3 / 24


def test_memory_sizes_and_lengths_are_plausible(result: dict[str, Any]) -> None:
    ours, tiny = result["subjects"]
    assert ours["bytes"] == EXECUTABLE.stat().st_size
    assert tiny["bytes"] == sum(it.stat().st_size for it in (ROOT / "bench/handler").glob("*.py"))
    for subject in (ours, tiny):
        assert 100 < subject["zip_bytes"] < subject["bytes"]
        assert 4 * 1024 < subject["peak_memory_kib"] < 1024 * 1024
        # Longer than the token of 712 characters that it holds, in fewer characters than a browser takes.
        assert 712 < subject["link_characters"] < 3_000


def test_every_figure_is_in_the_table_and_the_plot(output: Path, result: dict[str, Any]) -> None:
    table = (output / "figures.md").read_text()
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(show.ROWS)
    for name, ours, tiny, _ in rows:
        assert re.search(r"\d", ours) and re.search(r"\d", tiny), f"{name}: {ours}, {tiny}"
    bars = ET.fromstring((output / "figures.svg").read_text()).findall("{*}rect")[1:]
    assert len(bars) == 2 * len(show.PANELS)
    widths = [float(it.attrib["width"]) for it in bars]
    # The longer one of each panel fills it.
    assert {max(pair) for pair in zip(widths[::2], widths[1::2], strict=True)} == {470.0}


def test_the_document_gets_the_table_between_its_marks_and_keeps_the_rest(
    tmp_path: Path, result: dict[str, Any]
) -> None:
    document = tmp_path / "PERFORMANCE.md"
    document.write_text(f"before\n{show.BEGIN}\nold\n{show.END}\nafter\n")
    for _ in range(2):
        show.into_docs(result, tmp_path, PUBLISHED)
        text = document.read_text()
        assert text.startswith(f"before\n{show.BEGIN}\n") and text.endswith(f"\n{show.END}\nafter\n")
        assert "old" not in text and show.table(result, PUBLISHED) in text
    assert json.loads((tmp_path / "performance.json").read_text()) == result
    ET.fromstring((tmp_path / "performance.svg").read_text())
    document.write_text("no marks")
    with pytest.raises(SystemExit, match="must have one"):
        show.into_docs(result, tmp_path, PUBLISHED)


def test_a_figure_that_was_not_measured_is_a_dash_and_not_a_zero(result: dict[str, Any]) -> None:
    lacking = copy.deepcopy(result)
    del lacking["subjects"][0]["peak_memory_kib"]
    lacking["subjects"][0]["create"]["cpu"] = None
    rows = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in show.table(lacking).splitlines()[2:]}
    assert rows["peak memory, MiB"] == rows["CPU time of create up to its first answer, ms"] == show.MISSING
    assert show.MISSING in show.plot(lacking)


def test_the_document_of_this_repository_has_its_marks() -> None:
    text = (ROOT / "docs/PERFORMANCE.md").read_text()
    assert text.count(show.BEGIN) == text.count(show.END) == 1


BROKEN = {
    "silent": ("def handler(event, context):\n    return {}\n", "did not answer with the links that were asked for"),
    "raising": ("def handler(event, context):\n    raise ValueError('why')\n", "ValueError"),
    "unimportable": ("import no_such_module\n", "no_such_module"),
    "deaf": (
        "def handler(event, context):\n"
        "    if 'actions' in event:\n"
        "        urls = {it['name']: 'https://example.com/v1/respond?data=' + 'x' * 800 for it in event['actions']}\n"
        "        return {'urls': urls}\n"
        "    return {'statusCode': 200}\n",
        "answered a link with 200 and told the task nothing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_do_the_work_is_not_measured(tmp_path: Path, name: str) -> None:
    source, complaint = BROKEN[name]
    (tmp_path / "broken.py").write_text(source)
    ended = bench(*FEW, "--output", tmp_path / "out", f"{name}=python:{tmp_path}:broken.handler")
    assert ended.returncode == 1
    assert complaint in ended.stderr and "could not be measured" in ended.stderr
    assert not (tmp_path / "out/figures.json").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["no/such/file"], "no/such/file: is no executable file"),
        (["python:bench/handler:nothing.handler"], "has no module for the handler 'nothing.handler'"),
        (["python:bench/handler"], "has no module for the handler ''"),
        (["/bin/true"], "its process ended with Some(0)"),
        ([f"sfn-callback-urls={EXECUTABLE}"], "two have the same label"),
        (["--env", "NAME", f"other={EXECUTABLE}"], "--env NAME: must be NAME=VALUE"),
        (["--python", "/bin/false", HANDLER], "/bin/false: cannot import awslambdaric"),
        (["--starts", "0"], "must be at least 1"),
        (["--calls", "100001"], "must be between 0 and 100000"),
    ],
)
def test_wrong_arguments_are_refused_with_their_reason(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    ended = bench("--calls", 1, "--starts", 1, "--executable", EXECUTABLE, "--output", tmp_path, *arguments)
    assert ended.returncode in (1, 2)
    assert complaint in ended.stderr


def test_env_reaches_the_others_alone(tmp_path: Path) -> None:
    few = ("--calls", 1, "--starts", 1, "--warm-up", 1, "--executable", EXECUTABLE, "--output", tmp_path)
    ended = bench(*few, "--env", "KEY_ID=arn:aws:kms:us-east-1:1:key/none", f"other={EXECUTABLE}")
    assert ended.returncode == 1
    assert "measure: other: its process ended" in ended.stderr and "KEY_ID" in ended.stderr
