"""The repository as the tests read it, and copies of the script `package` in small projects of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS_FOLDER = ROOT / ".github/workflows"
TEMPLATES = ("template.yaml", "template-function-url.yaml")
VERSION: str = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
MACHINE_ARCH = {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
RUST_TARGET = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}


class _Loader(yaml.SafeLoader):
    """Reads templates: `!Ref x` becomes `{"!Ref": "x"}`."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    return {f"!{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def template(text_or_name: str) -> dict[str, Any]:
    text = (ROOT / text_or_name).read_text() if text_or_name in TEMPLATES else text_or_name
    return yaml.load(text, _Loader)


def workflow(name: str) -> dict[str, Any]:
    read = yaml.safe_load((WORKFLOWS_FOLDER / name).read_text())
    read["on"] = read.pop(True)  # YAML 1.1 reads `on` so
    return read


def section(text: str, heading: str) -> str:
    """What stands under a heading of a document, up to the next heading of its level or above."""
    marks, _, title = heading.partition(" ")
    found = re.search(
        rf"^{marks} {re.escape(title)}$\n(.*?)(?=^#{{1,{len(marks)}}} |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"there is no heading {heading}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, without the headings and the lines below them."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    below = {n for n, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", cell) for cell in row)}
    return [row for n, row in enumerate(cells) if n not in below and n + 1 not in below]


class Project:
    """A folder with the script, what it reads, and a Cargo.toml of its own."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "deploy").mkdir()
        for name in ("package", "deploy/sbom", "Cargo.toml", "Cargo.lock", "README-SAR.md", "LICENSE", *TEMPLATES):
            shutil.copy(ROOT / name, folder / name)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS")
        } | {"CARGO_NET_OFFLINE": "true"}

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def package(self, *options: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run([sys.executable, self.folder / "package", *options], **environment)

    def run(self, command: Sequence[str | Path], **environment: str) -> subprocess.CompletedProcess[str]:
        # Not in the folder: the script finds its own.
        return subprocess.run(
            list(map(str, command)),
            cwd=self.folder.parent,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def refused(self, *options: str | Path, **environment: str) -> str:
        """The sentence that the script ends with; nothing may be written."""
        ended = self.package(*options, **environment)
        assert ended.returncode == 1, ended
        lines = ended.stderr.splitlines()
        assert lines[-1].startswith("package: ") and "Traceback" not in ended.stderr, ended.stderr
        assert not list(self.folder.glob("target/package/**/*")), "something was written"
        return lines[-1].removeprefix("package: ")
