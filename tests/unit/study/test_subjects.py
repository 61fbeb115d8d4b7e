"""Subjects are projects of their own: they know nothing of the study, and their requirements are the lock's."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import ROOT

SUBJECTS = sorted(path.parent.name for path in (ROOT / "subjects").glob("*/train.py"))
#: The one launch mode whose user calls this library, as a user would: inside a function, when that mode is asked for.
STAMPING = "diabetes_trackers/tracking/with_mlflow.py"


@pytest.fixture(scope="module")
def without_library(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which `import traceability` fails, wherever it is installed."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "traceability.py").write_text("raise ImportError('no traceability here')\n")
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def test_all_subjects_are_seen() -> None:
    assert len(SUBJECTS) >= 5


def test_the_library_is_really_out_of_reach(without_library: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import traceability"], cwd=tmp_path, env=without_library, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert "no traceability here" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_tells_its_options_without_the_library(
    subject: str, without_library: dict[str, str], tmp_path: Path
) -> None:
    """From a copy elsewhere, so that nothing of this repository is beside it."""
    home = tmp_path / subject
    shutil.copytree(ROOT / "subjects" / subject, home, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "train.py", "--help"], cwd=home, env=without_library, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--tracking" in done.stdout


def imported(tree: ast.AST) -> list[str]:
    """Names of the top-level packages that the code below `tree` imports, also inside functions."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module.partition(".")[0])
    return found


def test_no_subject_imports_the_library() -> None:
    users = []
    for path in sorted((ROOT / "subjects").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if "traceability" in imported(tree):
            users.append(path.relative_to(ROOT / "subjects").as_posix())
            outside = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
            assert all("traceability" not in imported(node) for node in outside), f"{path}: when it is imported"
    assert users == [STAMPING]


def locked(python: str) -> dict[str, set[str]]:
    """Versions in the lock for a Python version on Linux, by normalised name."""
    here = {"python_full_version": f"{python}.0", "python_version": python, "sys_platform": "linux"}
    lock: dict[str, Any] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for package in lock["package"]:
        markers = package.get("resolution-markers")
        if markers is None or any(Marker(marker).evaluate(here) for marker in markers):
            found.setdefault(canonicalize_name(package["name"]), set()).add(package.get("version", ""))
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_requirements_of_a_subject_are_in_the_lock(subject: str) -> None:
    """Each name is locked, and what is pinned is pinned to the locked version for the subject's own Python."""
    home = ROOT / "subjects" / subject
    python = str(yaml.safe_load((home / "python_env.yaml").read_text(encoding="utf-8"))["python"])
    known = locked(python)
    lines = (home / "requirements.txt").read_text(encoding="utf-8").split("\n")
    wanted = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    assert wanted
    for requirement in wanted:
        versions = known.get(canonicalize_name(requirement.name), set())
        assert len(versions) == 1, f"{requirement}: locked as {sorted(versions)}"
        assert requirement.specifier.contains(next(iter(versions))), f"{requirement}: locked is {versions}"
