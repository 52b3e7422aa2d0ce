"""The script `package`: what it makes from an executable, and what it refuses."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
from pathlib import Path

import pytest

from project import MACHINE_ARCH, ROOT, RUST_TARGET, TEMPLATES, VERSION, Project, template

ELF_NUMBER = {"arm64": 183, "x86_64": 62}


def elf(arch: str = "arm64", more: bytes = b"\0GLIBC_2.34\0") -> bytes:
    """What the script looks at: the first bytes of an executable and its texts."""
    return (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + b"\x03\x00"
        + ELF_NUMBER[arch].to_bytes(2, "little")
        + bytes(44)
        + more
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def executable(tmp_path: Path) -> Path:
    file = tmp_path / "some-name"
    file.write_bytes(elf())
    return file


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def made(project: Project, *options: str | Path, arch: str = "arm64") -> tuple[Path, Path]:
    """The zip of the functions and the zip of the bundle."""
    ended = project.package(*options)
    assert ended.returncode == 0, ended.stderr
    folder = project.folder / "target/package"
    name = f"sfn-callback-urls-{VERSION}-{arch}"
    return folder / arch / f"{name}.zip", folder / f"{name}-sam.zip"


def test_the_zip_holds_the_executable_as_lambda_wants_it(project: Project, executable: Path) -> None:
    function, _ = made(project, "--executable", executable)
    with zipfile.ZipFile(function) as archive:
        [entry] = archive.infolist()
        assert entry.filename == "bootstrap"
        assert stat.S_IMODE(entry.external_attr >> 16) == 0o755
        assert stat.S_ISREG(entry.external_attr >> 16)
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert archive.read("bootstrap") == executable.read_bytes()


def test_the_bytes_depend_on_the_executable_alone(tmp_path: Path, executable: Path) -> None:
    first = made(Project(tmp_path / "one"), "--executable", executable)
    copy = tmp_path / "copy"
    copy.write_bytes(executable.read_bytes())
    copy.chmod(0o600)
    os.utime(copy, (1_000_000_000, 1_000_000_000))
    other = Project(tmp_path / "deeper/another one")
    for name in ("LICENSE", "template.yaml"):
        (other.folder / name).chmod(0o600)
        os.utime(other.folder / name, (1_000_000_000, 1_000_000_000))
    other.environment |= {"TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"}
    assert [digest(it) for it in made(other, "--executable", copy)] == [digest(it) for it in first]
    copy.write_bytes(elf(more=b"another"))
    assert [digest(it) for it in made(other, "--executable", copy)] != [digest(it) for it in first]


def test_the_bundle_is_what_its_folder_is_and_the_sums_are_right(project: Project, executable: Path) -> None:
    ended = project.package("--executable", executable)
    function, bundle = made(project, "--executable", executable)
    with zipfile.ZipFile(bundle) as archive:
        held = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        assert {stat.S_IMODE(entry.external_attr >> 16) for entry in archive.infolist()} == {0o644}
        assert archive.namelist() == sorted(archive.namelist())
    assert held == {file.name: file.read_bytes() for file in function.parent.iterdir()}
    assert set(held) == {function.name, *TEMPLATES, "README-SAR.md", "LICENSE"}
    sums = dict(
        reversed(line.split("  ")) for line in ended.stdout.splitlines() if re.match(r"[0-9a-f]{64} ", line)
    )
    files = held | {"bootstrap": executable.read_bytes()}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_name_the_zip_and_are_else_the_same(
    project: Project, executable: Path, name: str, arch: str
) -> None:
    executable.write_bytes(elf(arch))
    function, _ = made(project, "--arch", arch, "--executable", executable, arch=arch)
    ours = template((function.parent / name).read_text())
    wanted = template(name)
    wanted["Globals"]["Function"]["Architectures"] = [arch]
    for resource in wanted["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            del resource["Metadata"]
            resource["Properties"]["CodeUri"] = function.name
    assert ours == wanted
    assert (function.parent / function.name).is_file()


def test_the_address_of_the_source_comes_into_the_metadata_that_are_published(
    project: Project, executable: Path
) -> None:
    url = "https://git.example.com/somebody/sfn-callback-urls"
    function, _ = made(project, "--executable", executable, "--source-url", url)
    about = template((function.parent / "template.yaml").read_text())["Metadata"].pop(
        "AWS::ServerlessRepo::Application"
    )
    assert (about["HomePageUrl"], about["SourceCodeUrl"]) == (url, f"{url}/tree/v{VERSION}")
    assert url not in (function.parent / "template-function-url.yaml").read_text()
    assert (about["ReadmeUrl"], about["LicenseUrl"]) == ("README-SAR.md", "LICENSE")


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no executable for 64-bit Linux"),
        (b"#!/bin/sh\n", "is no executable for 64-bit Linux"),
        (b"MZ" + bytes(64), "is no executable for 64-bit Linux"),
        (elf()[:4] + b"\x01" + elf()[5:], "is no executable for 64-bit Linux"),
        (elf()[:5] + b"\x02" + elf()[6:], "is no executable for 64-bit Linux"),
        (elf("x86_64"), "is for x86_64, not for arm64; choose another --arch or another executable"),
        (elf()[:18] + b"\xf3\x00" + elf()[20:], "is for processor number 243, not for arm64"),
        (elf(more=b"\0GLIBC_2.2.5\0GLIBC_2.35\0"), "needs glibc 2.35, and Lambda has 2.34"),
        (elf(more=b"\0GLIBC_3.1\0"), "needs glibc 3.1, and Lambda has 2.34"),
    ],
)
def test_executables_that_lambda_could_not_run(
    project: Project, executable: Path, content: bytes, sentence: str
) -> None:
    executable.write_bytes(content)
    assert f"{executable}: {sentence}" in project.refused("--executable", executable)


def test_executables_that_older_linuxes_could_run(project: Project, executable: Path) -> None:
    for texts in (b"", b"\0GLIBC_2.2.5\0GLIBC_2.17\0", b"\0GLIBC_2.9\0GLIBC_2.34\0"):
        executable.write_bytes(elf(more=texts))
        made(project, "--executable", executable)


@pytest.mark.parametrize("place", ["project", "cargo", "home"])
def test_executables_that_hold_paths_of_the_machine(
    project: Project, executable: Path, tmp_path: Path, place: str
) -> None:
    homes = {"HOME": str(tmp_path / "home/ada"), "CARGO_HOME": str(tmp_path / "crates")}
    path = {"project": str(project.folder), "cargo": homes["CARGO_HOME"], "home": homes["HOME"]}[place]
    executable.write_bytes(elf(more=f"\0{path}/src/main.rs\0".encode()))
    assert f"holds the path {path}" in project.refused("--executable", executable, **homes)


def test_the_executable_of_the_tests_holds_paths(project: Project) -> None:
    """So the check looks at real executables, too: this one was built without the flags."""
    sentence = project.refused("--arch", MACHINE_ARCH, "--executable", os.environ["SFN_CALLBACK_URLS_EXE"])
    assert "of this machine; let ./package build it" in sentence


def test_no_executable_at_all(project: Project, tmp_path: Path) -> None:
    assert (
        project.refused("--executable", tmp_path / "none")
        == f"{tmp_path / 'none'}: No such file or directory"
    )
    assert project.refused("--executable", tmp_path) == f"{tmp_path}: Is a directory"


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("      CodeUri: .\n", "      CodeUri: ./\n", "CodeUri"),
        ("    Architectures: [arm64]\n", "    Architectures: [x86_64]\n", "Architectures"),
        ("      BuildMethod: rust-cargolambda\n", "", "BuildMethod"),
        (f"(sfn-callback-urls {VERSION})", "(sfn-callback-urls 0.9.0)", "version of Cargo.toml"),
    ],
)
def test_templates_that_are_not_as_the_script_knows_them(
    project: Project, executable: Path, name: str, old: str, new: str, found: str
) -> None:
    project.change(name, old, new)
    sentence = project.refused("--executable", executable)
    assert sentence.startswith(f"{name}: ") and found in sentence


@pytest.mark.parametrize(
    "url", ["http://example.com/a", "example.com/a", "https://example.com/a?b", "https://u@example.com/a"]
)
def test_addresses_of_the_source_that_are_none(project: Project, executable: Path, url: str) -> None:
    assert project.refused("--executable", executable, "--source-url", url).startswith(
        "--source-url: must be an https URL"
    )


def test_options_that_are_not_there(project: Project) -> None:
    for options in (["--arch", "riscv64"], ["--compiler", "gcc"], ["--arm64"]):
        ended = project.package(*options)
        assert ended.returncode == 2 and "usage: ./package" in ended.stderr


# ---------------------------------------------------------------- how it builds, with stand-ins of Rust's tools

STAND_IN = """#!/usr/bin/env bash
set -euo pipefail
case "$(basename "$0") $1" in
  "rustc --print") echo "$SYSROOT" ;;
  "rustc -vV") printf '%s\\n' "commit-hash: 0123abc" "release: 1.94.1" ;;
  "cargo tree") echo "0|sfn-callback-urls v$VERSION|Apache-2.0|" ;;
  "cargo metadata") echo '{"target_directory": "'"$TARGET"'"}' ;;
  *) printf '%s\\n' "$*" >>"$CALLS"
     printf '%s\\n' "${RUSTFLAGS-none} ${CARGO_ENCODED_RUSTFLAGS-none}" >>"$CALLS.flags"
     [ "$1" != "${FAILS-}" ] ;;
esac
"""


@pytest.fixture
def stand_in(project: Project, tmp_path: Path) -> Path:
    """Where the calls of cargo are written down."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cargo", "rustc"):
        (tools / name).write_text(STAND_IN)
        (tools / name).chmod(0o755)
    project.environment |= {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SYSROOT": str(tmp_path / "sysroot"),
        "TARGET": str(tmp_path / "target"),
        "CALLS": str(tmp_path / "calls"),
        "VERSION": VERSION,
        "RUSTFLAGS": "-Ctarget-cpu=native",
    }
    for target in RUST_TARGET.values():
        (tmp_path / "sysroot/lib/rustlib" / target / "lib").mkdir(parents=True)
    for file, arch in [(f"{RUST_TARGET[arch]}/release/sfn-callback-urls", arch) for arch in RUST_TARGET]:
        (tmp_path / "target" / file).parent.mkdir(parents=True)
        (tmp_path / "target" / file).write_bytes(elf(arch))
    return tmp_path / "calls"


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_cargo_builds_what_is_deployed(project: Project, stand_in: Path, arch: str) -> None:
    made(project, "--arch", arch, "--compiler", "cargo", arch=arch)
    target = RUST_TARGET[arch]
    assert stand_in.read_text().splitlines() == [
        f"fetch --locked --target {target}",
        f"build --locked --release --no-default-features --target {target} --bin sfn-callback-urls",
    ]
    _, flags = Path(f"{stand_in}.flags").read_text().splitlines()
    assert flags.startswith("none --remap-path-prefix="), "RUSTFLAGS of the caller must not count"
    assert f"{project.folder}=/sfn-callback-urls" in flags and f"{stand_in.parent}/target=" in flags


def test_cargo_lambda_builds_the_same_by_the_settings_in_cargo_toml(
    project: Project, stand_in: Path, tmp_path: Path
) -> None:
    built = tmp_path / "target/lambda/sfn-callback-urls/bootstrap"
    built.parent.mkdir(parents=True)
    built.write_bytes(elf("arm64"))
    made(project, "--compiler", "cargo-lambda")
    target = RUST_TARGET["arm64"]
    assert stand_in.read_text().splitlines()[1:] == [
        f"lambda build --locked --release --target {target} --bin sfn-callback-urls --skip-target-check"
    ]
    settings = re.search(
        r"^\[package\.metadata\.lambda\.build\]\n((?:.+\n)*)", (ROOT / "Cargo.toml").read_text(), re.MULTILINE
    )
    assert settings and {"no_default_features = true", "disable_optimizations = true"} <= set(
        settings[1].splitlines()
    )


def test_the_processor_of_the_machine_is_built_by_cargo_and_the_other_by_cargo_lambda(
    project: Project, stand_in: Path
) -> None:
    made(project, "--arch", MACHINE_ARCH, arch=MACHINE_ARCH)
    assert "\nbuild " in stand_in.read_text()
    other = "arm64" if MACHINE_ARCH == "x86_64" else "x86_64"
    stand_in.unlink()
    project.package("--arch", other)
    assert "\nlambda build " in stand_in.read_text()


def test_builds_that_cannot_be(project: Project, stand_in: Path, tmp_path: Path) -> None:
    assert project.refused("--compiler", "cargo", FAILS="fetch").startswith(
        "cargo fetch --locked --target aarch64"
    )
    assert project.refused("--compiler", "cargo", FAILS="build").startswith("cargo build --locked --release")
    assert "is cargo-lambda installed?" in project.refused("--compiler", "cargo-lambda", FAILS="lambda")
    (tmp_path / "sysroot/lib/rustlib/aarch64-unknown-linux-gnu/lib").rmdir()
    sentence = project.refused("--compiler", "cargo")
    assert "lacks the target aarch64-unknown-linux-gnu" in sentence and "rustup target add" in sentence


def test_a_missing_target_is_never_fetched(project: Project, stand_in: Path, tmp_path: Path) -> None:
    (tmp_path / "sysroot/lib/rustlib/aarch64-unknown-linux-gnu/lib").rmdir()
    project.refused("--compiler", "cargo-lambda")
    assert not stand_in.exists()


def test_without_rust(project: Project, tmp_path: Path) -> None:
    assert "install Rust" in project.refused(PATH=str(tmp_path))


def test_the_flags_for_other_ways_to_build(project: Project, stand_in: Path, tmp_path: Path) -> None:
    home = tmp_path / "crates"
    (home / "registry/src/mirror.example.com-0123456789abcdef").mkdir(parents=True)
    ended = project.package("--rustflags", CARGO_HOME=str(home))
    assert ended.returncode == 0 and not stand_in.exists()
    [line] = ended.stdout.splitlines()
    # The last that fits counts. A mirror's name must not come into the executable.
    assert line.split(" ") == [
        f"--remap-path-prefix={path}={new}"
        for path, new in (
            (home, "/cargo"),
            (home / "registry/src/mirror.example.com-0123456789abcdef", "/cargo/registry"),
            (tmp_path / "sysroot/lib/rustlib/src/rust", "/rustc/0123abc"),
            (project.folder, "/sfn-callback-urls"),
            (tmp_path / "target", "/sfn-callback-urls/target"),
        )
    ]
    blank = Project(tmp_path / "a folder")
    blank.environment = project.environment
    assert "cannot hold blanks" in blank.refused("--rustflags")
