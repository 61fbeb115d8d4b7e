"""The set-up takes the uv that the lock names, and nothing else."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

LOCK = """\
[[package]]
name = "uv"
version = "99.1.0"
source = {{ registry = "https://index.invalid/simple" }}
wheels = [{wheels}]
"""
PLATFORMS = (
    "manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "manylinux_2_99_x86_64", "musllinux_1_1_x86_64", "macosx_10_12_x86_64", "macosx_11_0_arm64", "win_amd64",
)  # fmt: skip


@pytest.fixture(scope="module")
def bootstrap(root: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", root / "envs" / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel_of(script: str) -> bytes:
    """A wheel whose uv program is a shell script."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as files:
        files.writestr("uv-99.1.0.data/scripts/uv", script)
        files.writestr("uv-99.1.0.data/scripts/uvx", "not this one")
    return buffer.getvalue()


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A project with the real set-up, a lock, and a local index that holds a uv which makes .venv/bin/python."""
    project = tmp_path / "project"
    (project / "envs").mkdir(parents=True)
    shutil.copy(root / "envs" / "bootstrap.py", project / "envs")
    (project / "pyproject.toml").write_text("[project]\n")
    script = '#!/bin/sh\necho "$@" >> calls.txt\nmkdir -p .venv/bin && touch .venv/bin/python\n'
    content = wheel_of(script)
    digest = hashlib.sha256(content).hexdigest()
    index = tmp_path / "index" / "uv"
    index.mkdir(parents=True)
    names = [f"uv-99.1.0-py3-none-{platform}.whl" for platform in PLATFORMS]
    for name in names:
        (index / name).write_bytes(content)
    (index / "index.html").write_text("".join(f'<a href="{name}#sha256={digest}">{name}</a>' for name in names))
    entries = (f'{{ url = "https://files.invalid/{name}", hash = "sha256:{digest}" }}' for name in names)
    (project / "uv.lock").write_text(LOCK.format(wheels=", ".join(entries)))
    return project


def set_up(project: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.defpath, "HOME": str(project.parent), "UV_DEFAULT_INDEX": (project.parent / "index").as_uri(),
    }  # fmt: skip
    words = [sys.executable, str(project / "envs" / "bootstrap.py")]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_first_call_installs_and_the_second_does_nothing(project: Path) -> None:
    first = set_up(project)
    assert first.returncode == 0, first.stderr
    calls = (project / "calls.txt").read_text()
    assert "pip sync --require-hashes --compile-bytecode" in calls
    second = set_up(project)
    assert (second.returncode, second.stderr) == (0, "")
    assert (project / "calls.txt").read_text() == calls

    (project / "uv.lock").write_text((project / "uv.lock").read_text() + "\n# a changed lock\n")
    assert set_up(project).returncode == 0
    assert (project / "calls.txt").read_text() != calls, "a changed lock must be installed"


def test_wheel_with_another_digest_is_refused_and_leaves_nothing(project: Path) -> None:
    for path in (project.parent / "index" / "uv").glob("*.whl"):
        path.write_bytes(wheel_of("#!/bin/sh\necho tampered\n"))
    before = sorted(project.rglob("*"))
    done = set_up(project)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1
    assert len(lines) == 2 and "SHA-256 is" in lines[1] and "uv.lock expects" in lines[1]
    assert sorted(project.rglob("*")) == before


def test_index_out_of_reach_is_one_line_that_says_what_to_do(project: Path) -> None:
    shutil.rmtree(project.parent / "index")
    done = set_up(project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "name your package index in UV_DEFAULT_INDEX" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0), (3, 8, 18)])
def test_python_without_locked_packages_is_refused_with_the_remedy(
    bootstrap: types.ModuleType, version: tuple[int, int, int]
) -> None:
    with pytest.raises(bootstrap.SetupError, match="apt-get install python3") as refused:
        bootstrap.check_python(version, "/usr/bin/python3")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("Linux", "x86_64", ("glibc", "2.36"), "manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("Linux", "aarch64", ("glibc", "2.31"), "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"),
        ("Linux", "x86_64", ("", ""), "musllinux_1_1_x86_64"),
        ("Darwin", "arm64", ("", ""), "macosx_11_0_arm64"),
        ("Darwin", "x86_64", ("", ""), "macosx_10_12_x86_64"),
        ("Linux", "x86_64", ("glibc", "2.12"), None),
        ("Linux", "mips", ("glibc", "2.36"), None),
    ],
)
def test_wheel_is_the_one_of_the_platform(
    bootstrap: types.ModuleType, system: str, machine: str, libc: tuple[str, str], expected: str | None
) -> None:
    fitting = [name for name in PLATFORMS if bootstrap.fits(f"uv-99.1.0-py3-none-{name}.whl", system, machine, libc)]
    assert (fitting[0] if fitting else None) == expected


def test_the_projects_lock_serves_linux_and_macos(bootstrap: types.ModuleType, root: Path) -> None:
    version, index, wheels = bootstrap.locked_uv(root / "uv.lock")
    assert tuple(map(int, version.split("."))) >= (0, 9) and index.startswith("https://")
    for machine in (("Linux", "x86_64", ("glibc", "2.36")), ("Linux", "aarch64", ("glibc", "2.36")),
                    ("Darwin", "arm64", ("", "")), ("Darwin", "x86_64", ("", ""))):  # fmt: skip
        assert any(bootstrap.fits(wheel["url"].rsplit("/", 1)[-1], *machine) for wheel in wheels)


def test_set_up_names_no_registry(root: Path) -> None:
    """Where packages come from is the lock's and the user's business."""
    text = (root / "envs" / "bootstrap.py").read_text(encoding="utf-8")
    assert "pypi" not in text.lower() and "://" not in text
