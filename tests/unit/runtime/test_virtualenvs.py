"""An environment that cannot be built is a finding; a package index that cannot be reached is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from traceability.errors import StudyError
from traceability.runtime import services, virtualenvs


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))


def test_a_machine_without_a_way_to_the_index_says_so_and_remembers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{services.free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://index.invalid/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(StudyError, match=r"^the package index cannot be reached from .*HTTPS_PROXY"):
        virtualenvs.build("six==1.17.0\n", virtualenvs.running(), tmp_path / "made")
    assert not list((tmp_path / "made").glob("*.failed"))


def test_requirements_that_nothing_meets_are_a_finding_and_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_NO_INDEX", "1")
    for _ in range(2):
        with pytest.raises(virtualenvs.NotBuilt) as stopped:
            virtualenvs.build("six==99.1\n", virtualenvs.running(), tmp_path / "made")
        assert stopped.value.stage == "packages"
    assert "six" in stopped.value.detail
    assert len(list((tmp_path / "made").glob("*.failed"))) == 1


def test_what_a_package_would_run_when_python_starts_is_not_run_by_building(tmp_path):
    """A `.pth` file of a package is obeyed by every start of its Python; compiling and asking a version start none."""
    python = virtualenvs.build("six==1.17.0\n", virtualenvs.running(), tmp_path / "cache")
    (folder,) = python.parent.parent.glob("lib/python3*/site-packages")
    (folder / "planted.pth").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n")
    virtualenvs._compile(python, python.parent.parent)
    assert virtualenvs.version_of(python, "six") == "1.17.0"
    assert virtualenvs.version_of(python, "seven") == ""
    assert list(folder.rglob("six*.pyc")), "compiled all the same"
    assert not (tmp_path / "ran").exists()
    subprocess.run([str(python), "-I", "-c", "pass"], check=True)
    assert (tmp_path / "ran").exists(), "the trap works"
