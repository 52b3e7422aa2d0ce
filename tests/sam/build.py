"""`sam build` with a stand-in for the compiler: one build for both functions, as Cargo.toml says, for the processor that the
template names. What the compiler makes is the business of the scripts that make releases."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ("template.yaml", "template-function-url.yaml")
CARGO = """#!/usr/bin/env bash
set -euo pipefail
# sam asks where the target folder is; that is answered by the real one.
if [[ $1 == metadata ]]; then exec "$REAL_CARGO" "$@"; fi
printf '%s\\n' "$*" >>"$CARGO_CALLS"
mkdir -p "$CARGO_TARGET_DIR/lambda/sfn-callback-urls"
printf 'built' >"$CARGO_TARGET_DIR/lambda/sfn-callback-urls/bootstrap"
"""


def build(sam: str, template: Path, folder: Path) -> tuple[list[str], Path]:
    """The calls of the compiler, and the folder with what was built."""
    tools, calls, built = folder / "tools", folder / "calls", folder / "built"
    tools.mkdir()
    for name in ("cargo", "cargo-lambda"):
        (tools / name).write_text(CARGO)
        (tools / name).chmod(0o755)
    calls.touch()
    real = shutil.which("cargo")
    assert real, "cargo must be installed"
    environment = os.environ | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "REAL_CARGO": real,
        "CARGO_CALLS": str(calls),
        "CARGO_TARGET_DIR": str(folder / "target"),
        "CARGO_NET_OFFLINE": "true",
    }
    command = [sam, "build", "--template-file", str(template), "--build-dir", str(built), "--base-dir", str(ROOT)]
    ended = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return calls.read_text().splitlines(), built


def check(sam: str, name: str, processor: str, flags: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = (ROOT / name).read_text()
        setting = "\n    Architectures: [arm64]\n"
        assert text.count(setting) == 1
        template = Path(folder) / name
        template.write_text(text.replace(setting, f"\n    Architectures: [{processor}]\n"))
        calls, built = build(sam, template, Path(folder))
        assert calls == [f"lambda build --release{flags} --bin sfn-callback-urls"], calls
        for function in ("CreateUrls", "ProcessCallback"):
            assert f"{function}:" in (built / "template.yaml").read_text()
        artefacts = [file.read_text() for file in built.rglob("bootstrap")]
        assert artefacts and set(artefacts) == {"built"}, artefacts


def check_nested(sam: str) -> None:
    """The example that brings its own application: that is built, and nothing else needs to be."""
    with tempfile.TemporaryDirectory() as folder:
        calls, built = build(sam, ROOT / "examples" / "function-url" / "template.yaml", Path(folder))
        assert calls == ["lambda build --release --arm64 --bin sfn-callback-urls"], calls
        nested = {file.relative_to(built).as_posix() for file in built.rglob("bootstrap")}
        assert nested == {f"CallbackUrls/{name}/bootstrap" for name in ("CreateUrls", "ProcessCallback")}, nested


if __name__ == "__main__":
    for name in TEMPLATES:
        check(sys.argv[1], name, "arm64", " --arm64")
        check(sys.argv[1], name, "x86_64", "")
    check_nested(sys.argv[1])
    print("sam build: one build for both functions, for each processor, and nested in an example")
