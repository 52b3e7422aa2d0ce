"""Two builds in different folders give the same bytes. With a small program, because a release of the real one takes
minutes; its panics come from all places that a path can come from: its own source, a part of the workspace, a crate of the
registry, and source that its build script wrote."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from project import MACHINE_ARCH, ROOT, RUST_TARGET, VERSION, Project


def locked(crate: str) -> str:
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    [version] = [it["version"] for it in packages if it["name"] == crate]
    return version


SOURCES = {
    "Cargo.toml": f"""
[package]
name = "sfn-callback-urls"
version = "{VERSION}"
edition = "2024"
[features]
default = ["laptop"]
laptop = []
[dependencies]
bytes = "={locked("bytes")}"
part = {{path = "part"}}
[profile.release]
strip = true
""",
    "part/Cargo.toml": '[package]\nname = "part"\nversion = "1.0.0"\nedition = "2024"\n',
    "part/src/lib.rs": 'pub fn check(n: usize) { assert!(n < 3, "in a part: {n}"); }\n',
    "build.rs": """
fn main() {
    let folder = std::env::var("OUT_DIR").unwrap();
    let source = "pub fn made(n: usize) { assert!(n < 2, \\"in source that was made: {n}\\"); }";
    std::fs::write(format!("{folder}/made.rs"), source).unwrap();
}
""",
    "src/main.rs": """
include!(concat!(env!("OUT_DIR"), "/made.rs"));
fn main() {
    let n = std::env::args().count();
    assert!(n < 4, "in the source itself: {n}");
    part::check(n);
    made(n);
    let mut bytes = bytes::Bytes::from(vec![0; n]);
    println!("{}", bytes.split_to(n + std::env::vars().count()).len());
    if cfg!(feature = "laptop") { println!("laptop") }
}
""",
}


def is_function(name: str) -> bool:
    return name.endswith(".zip") and not name.endswith("-sam.zip")


def small_project(folder: Path) -> Project:
    project = Project(folder)
    for name, text in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "Cargo.lock").unlink()
    locked = project.run(["cargo", "generate-lockfile", "--manifest-path", folder / "Cargo.toml"])
    assert locked.returncode == 0, locked.stderr
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    """What two projects made: one with the usual folders, and one with none of them in its place."""
    folder = tmp_path_factory.mktemp("same")
    one, other = small_project(folder / "one"), small_project(folder / "and/another, deeper")
    crates = folder / "crates"
    crates.mkdir()
    usual = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    (crates / "registry").symlink_to(usual / "registry")
    other.environment |= {"CARGO_HOME": str(crates), "CARGO_TARGET_DIR": str(folder / "elsewhere")}
    made = []
    for project in (one, other):
        ended = project.package(
            "--arch", MACHINE_ARCH, "--compiler", "cargo", "--output", project.folder / "out"
        )
        assert ended.returncode == 0, ended.stderr
        made.append(
            {
                str(it.relative_to(project.folder)): it.read_bytes()
                for it in project.folder.glob("out/**/*.*")
                if it.suffix in (".zip", ".json")
            }
        )
    return made


def test_two_folders_give_the_same_bytes(built: list[dict[str, bytes]]) -> None:
    one, other = built
    assert len(one) == 3
    assert one == other


def test_the_bill_of_materials_is_of_what_was_built(built: list[dict[str, bytes]], tmp_path: Path) -> None:
    [bill] = (json.loads(data) for name, data in built[0].items() if name.endswith(".cdx.json"))
    [function] = (data for name, data in built[0].items() if is_function(name))
    (tmp_path / "function.zip").write_bytes(function)
    with zipfile.ZipFile(tmp_path / "function.zip") as archive:
        digest = hashlib.sha256(archive.read("bootstrap")).hexdigest()
    assert bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert [it["name"] for it in bill["components"]] == ["bytes", "part", "std"]


def test_what_was_built_runs_without_the_parts_for_a_laptop(
    built: list[dict[str, bytes]], tmp_path: Path
) -> None:
    file = tmp_path / "function.zip"
    file.write_bytes(next(data for name, data in built[0].items() if is_function(name)))
    with zipfile.ZipFile(file) as archive:
        archive.extract("bootstrap", tmp_path)
    (tmp_path / "bootstrap").chmod(0o755)
    ended = subprocess.run([tmp_path / "bootstrap"], env={}, capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout) == (0, "1\n")
    for arguments, place in (("x", "/out/made.rs"), ("xx", "part/src/lib.rs"), ("xxx", "src/main.rs")):
        ended = subprocess.run(
            [tmp_path / "bootstrap", *arguments], env={}, capture_output=True, text=True, timeout=20
        )
        assert ended.returncode == 101 and place in ended.stderr, ended.stderr


def test_without_the_flags_the_bytes_tell_where_they_were_made(tmp_path: Path) -> None:
    """What the flags are for; and that this program would show it if they were missing."""
    project = small_project(tmp_path / "project")
    ended = project.run(
        [
            "cargo",
            "build",
            "--release",
            "--target",
            RUST_TARGET[MACHINE_ARCH],
            "--manifest-path",
            project.folder / "Cargo.toml",
        ]
    )
    assert ended.returncode == 0, ended.stderr
    executable = project.folder / "target" / RUST_TARGET[MACHINE_ARCH] / "release/sfn-callback-urls"
    content = executable.read_bytes()
    cargo_home = os.environ.get("CARGO_HOME") or Path.home() / ".cargo"
    assert f"{project.folder}/target".encode() in content and f"{cargo_home}/registry".encode() in content
    assert "of this machine" in project.refused("--arch", MACHINE_ARCH, "--executable", executable)
