"""The environment files are the lock's, and each holds what its rules' scripts reach, without the controller's help."""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.environments import python_with

from traceability.study import code_digest

WITHOUT_TENSORFLOW = ("corpus", "datasets", "figures", "paper", "statistics", "storage", "tracking")
#: Environments in which rules launch subjects, so they must hold what those import.
LAUNCHING = ("training", "replay", "capture")
IMPORT_ALL = """\
import importlib, importlib.util, json, sys
order = json.load(sys.stdin)
sys.path.insert(0, order["root"])
failed = {}
for name in order["modules"]:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = f"{type(error).__name__}: {error}"
for path in order["scripts"]:
    spec = importlib.util.spec_from_file_location("script", path)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except Exception as error:
        failed[path] = f"{type(error).__name__}: {error}"
absent = [name for name in order["absent"] if importlib.util.find_spec(name) is None]
print(json.dumps({"failed": failed, "absent": absent}))
"""


@pytest.fixture(scope="module")
def export(root: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("export", root / "envs" / "export.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pip_lines(path: Path) -> list[str]:
    """The pip lines of an environment file."""
    (inner,) = (
        part for part in yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"] if isinstance(part, dict)
    )
    assert inner["pip"][0] == "--require-hashes"
    return list(inner["pip"][1:])


def test_files_are_what_the_lock_says(export: types.ModuleType, root: Path) -> None:
    """`make envs` writes them; a file that nobody cuts any more must go."""
    groups = export.groups()
    assert sorted(path.stem for path in (root / "envs").glob("*.yaml")) == sorted(groups)
    stale = [g for g in groups if (root / "envs" / f"{g}.yaml").read_text(encoding="utf-8") != export.environment(g)]
    assert stale == [], "run `make envs`"


def test_every_pin_is_exact_and_has_a_hash(root: Path) -> None:
    for path in (root / "envs").glob("*.yaml"):
        for line in pip_lines(path):
            assert "==" in line.split()[0] and "--hash=sha256:" in line, f"{path.name}: {line}"


def guarded(node: ast.AST) -> bool:
    """Whether what stands below runs only where a package is present: asked for, or tried."""
    if isinstance(node, ast.If):
        return "sys.modules" in ast.unparse(node.test) or "find_spec" in ast.unparse(node.test)
    if isinstance(node, ast.Try):
        return any("ImportError" in ast.unparse(h.type) or "ModuleNotFound" in ast.unparse(h.type)
                   for h in node.handlers if h.type)  # fmt: skip
    return isinstance(node, ast.With) and any("ImportError" in ast.unparse(item.context_expr) for item in node.items)


def imported(node: ast.AST) -> set[str]:
    """Modules that code imports, also inside functions, unless it first asks whether they are there."""
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            found.update(alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            found.add(child.module)
        elif not guarded(child) and not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            found |= imported(child)
    return found


def reached(scripts: list[Path]) -> list[str]:
    """Every module that the scripts import, directly or through the library."""
    files = code_digest.reached(frozenset(scripts))
    return sorted(set().union(*(imported(ast.parse(path.read_text(encoding="utf-8"))) for path in files)))


def built(lines: list[str]) -> Path:
    """The Python of an environment that holds exactly these pins: each has a hash, and no other package is let in."""
    python = python_with("".join(f"{line}\n" for line in lines))
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    assert uv is not None, "uv is part of the lock and must stand beside Python"
    subprocess.run([uv, "pip", "check", "--quiet", "--python", str(python)], check=True)
    return python


@pytest.mark.slow
def test_scripts_of_its_rules_run_in_a_fresh_environment_from_its_pins(
    environment: str, rules: list[Any], export: types.ModuleType, root: Path
) -> None:
    lines = pip_lines(root / "envs" / f"{environment}.yaml")
    if sys.version_info[:2] != export.PYTHON:
        # The files are for one Python; on another, the same closure is cut for that one.
        lines = export.pip_lines(environment, root, sys.version_info[:2])
    scripts = sorted({rule.script for rule in rules if rule.script and rule.environment == environment})
    assert scripts, f"no rule of environment {environment} has a script"
    modules = reached(scripts)
    if environment in LAUNCHING:
        subjects = sorted((root / "subjects").glob("*/train.py"))
        named = ((path, name) for path in subjects for name in imported(ast.parse(path.read_text(encoding="utf-8"))))
        # A subject's own modules lie beside its script.
        modules += sorted({name for path, name in named if not (path.parent / f"{name}.py").is_file()})
    absent = ["snakemake", "pytest", *(["tensorflow"] if environment in WITHOUT_TENSORFLOW else [])]
    order = {"root": str(root), "modules": modules, "scripts": [str(path) for path in scripts], "absent": absent}
    done = subprocess.run(
        [str(built(lines)), "-I", "-c", IMPORT_ALL], input=json.dumps(order), capture_output=True, text=True,
        check=False, cwd=root / "envs",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["failed"] == {}
    assert answer["absent"] == absent
