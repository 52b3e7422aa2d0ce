"""The workflows. They cannot run here, so they only call scripts that the test command runs as well; this looks at the rest."""

from __future__ import annotations

import ast
import re
import subprocess
from typing import Any

import pytest

from project import ROOT, WORKFLOWS_FOLDER, workflow

WORKFLOWS = sorted(it.name for it in WORKFLOWS_FOLDER.iterdir())
# What may stand at the beginning of a command besides our own scripts.
TOOLS = {"rustup", "pip", "cargo-deny", "terraform"}
TOOLS |= {"mkdir", "cp", "cd", "cat", "grep", "tee", "diff", "sha256sum", "gh"}
# Our scripts, and where the test command runs them.
SCRIPTS = {"./package": "tests/release/run", ".ci/run": None}


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in workflow(name)["jobs"].values() for step in job.get("steps", [])]


def commands(script: str) -> list[str]:
    """The first words of the commands of a script."""
    flat = re.sub(r"\$\{\{.*?\}\}", "x", script)
    parts = re.split(r"\||&&|;|\n", re.sub(r"\"[^\"]*\"|'[^']*'", "x", flat))
    return [part.split()[0] for part in parts if part.strip()]


def test_there_are_workflows_for_tests_and_releases() -> None:
    assert WORKFLOWS == ["advisories.yml", "release.yml", "test.yml"]
    assert "pull_request" in workflow("test.yml")["on"] and "workflow_call" in workflow("test.yml")["on"]
    assert workflow("release.yml")["on"]["push"]["tags"] == ["v*"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_they_may_only_read_unless_a_job_says_otherwise(name: str) -> None:
    read = workflow(name)
    assert read["permissions"] == {"contents": "read"}
    more = {job: it["permissions"] for job, it in read["jobs"].items() if "permissions" in it}
    assert more == ({"release": {"contents": "write"}} if name == "release.yml" else {})
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_to_a_major_version_or_a_commit(name: str) -> None:
    jobs = workflow(name)["jobs"].values()
    used = [it["uses"] for it in (*steps(name), *jobs) if "uses" in it]
    assert used
    for action in used:
        if action.startswith("./"):
            assert (ROOT / action).is_file()
        else:
            assert re.fullmatch(r"(actions|hashicorp)/[\w-]+@(v\d+|[0-9a-f]{40})", action), action


@pytest.mark.parametrize("name", WORKFLOWS)
def test_they_call_scripts_that_the_test_command_runs(name: str) -> None:
    called = [it for step in steps(name) if "run" in step for it in commands(step["run"])]
    assert called
    for command in called:
        assert command in TOOLS or command in SCRIPTS, command
    test_command = (ROOT / "test").read_text()
    for script, runner in SCRIPTS.items():
        assert (ROOT / script).is_file() and (ROOT / script).stat().st_mode & 0o111
        assert runner is None or f"\n{runner}\n" in test_command
    assert "\n./test\n" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_their_scripts_are_bash(name: str) -> None:
    for step in steps(name):
        if "run" in step:
            script = re.sub(r"\$\{\{.*?\}\}", "x", step["run"])
            ended = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
            assert ended.returncode == 0, (step["run"], ended.stderr)
            # Texts of others, such as the name of a branch, must not become part of a script.
            assert not re.search(r"\$\{\{\s*(github|inputs)\.", step["run"]), step["run"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_jobs_have_an_end_and_wait_for_jobs_that_there_are(name: str) -> None:
    jobs = workflow(name)["jobs"]
    for job, it in jobs.items():
        assert "uses" in it or it["timeout-minutes"] <= 90, job
        assert set(it.get("needs", [])) <= set(jobs), job


def test_a_release_is_tested_validated_and_built_twice_for_both_processors() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert set(jobs["release"]["needs"]) == set(jobs) - {"release"}
    assert jobs["test"] == {"uses": "./.github/workflows/test.yml"}
    options = (ROOT / "package").read_text()
    [arches] = re.findall(r"^ARCHES = (\{.*\})$", options, re.MULTILINE)
    assert set(jobs["package"]["strategy"]["matrix"]["arch"]) == set(ast.literal_eval(arches))
    assert len(jobs["package"]["strategy"]["matrix"]["folder"]) == 2
    assert [step["run"].split()[2] for step in jobs["terraform"]["steps"] if "run" in step] == [
        "fmt",
        "init",
        "validate",
    ]
    [package] = [step["run"] for step in jobs["package"]["steps"] if "./package" in step.get("run", "")]
    for option in re.findall(r"--[\w-]+", package):
        assert f'"{option}"' in options, option


def test_terraform_is_set_up_by_an_action_of_a_runtime_that_is_kept() -> None:
    """Version 3 of the action runs on Node 20, which GitHub takes away."""
    used = (WORKFLOWS_FOLDER / "release.yml").read_text()
    assert "hashicorp/setup-terraform@v4" in used and "setup-terraform@v3" not in used


def test_tools_that_make_the_bytes_are_pinned() -> None:
    text = (WORKFLOWS_FOLDER / "release.yml").read_text()
    assert re.search(r'RUSTUP_TOOLCHAIN: "\d+\.\d+\.\d+"', text)
    assert re.search(r"pip install cargo-lambda==\S+ ziglang==\S+\n", text)
    [wanted] = re.findall(r'^rust-version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    [pinned] = re.findall(r'RUSTUP_TOOLCHAIN: "(.*)"', text)
    assert [*map(int, pinned.split("."))] >= [*map(int, wanted.split("."))]
