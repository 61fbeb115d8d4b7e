"""Which tests a change reaches: by what they import, and for the workflow by the files it is made of."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from pathlib import Path

from support import ROOT
from traceability.study.code_digest import reached

#: Folders whose files tests read by name: a change there reaches the tests of the workflow and of the study package.
READ_BY_THE_WORKFLOW = ("Snakefile", "rules/", "scripts/", "config/", "envs/", "profiles/", "report/", "subjects/")
#: Its checks read every file that git knows.
READS_EVERY_FILE = "tests/unit/study/test_architecture.py"
WORKFLOW_TESTS = ("tests/workflow", "tests/slow", "tests/cluster", "tests/unit/study")


def changed_files(since: str) -> list[str]:
    """Files that differ from where this branch left `since`, and files that git does not know yet."""

    def lines(*words: str) -> list[str]:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True)
        return [name for name in done.stdout.decode().split("\0") if name]

    # Not by split at blanks: names may hold them.
    base = subprocess.run(["git", "merge-base", since, "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    differing = lines("diff", "--name-only", "-z", base.stdout.strip())
    return [*differing, *lines("ls-files", "--others", "--exclude-standard", "-z")]


@functools.cache
def tests_reached(since: str) -> frozenset[Path]:
    """The test files that reach a file changed since the commit `since`.

    A test reaches the modules it imports, with all that they import, its own folder's `conftest.py` and helpers, and
    every file of the repository that it names in a string.
    """
    changed = changed_files(since)
    every = sorted((ROOT / "tests").rglob("test_*.py"))
    if any(
        name in ("pyproject.toml", "uv.lock") or re.match(r"tests/(support/|conftest\.py)", name) for name in changed
    ):
        return frozenset(every)
    paths = {ROOT / name for name in changed}
    return frozenset(test for test in every if _reaches(test, paths, changed))


def _reaches(test: Path, paths: set[Path], changed: list[str]) -> bool:
    name = test.relative_to(ROOT).as_posix()
    if name == READS_EVERY_FILE:
        return bool(changed)
    beside = {path for path in test.parent.glob("*.py") if not path.name.startswith("test_")} | {test}
    nodes = [node for path in beside for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    scripts = {
        ROOT / "scripts" / f"{alias.name}.py"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "scripts"
        for alias in node.names
    }
    if reached(frozenset(beside | scripts)) & paths:
        return True
    if name.startswith(WORKFLOW_TESTS):
        return any(file.startswith((*READ_BY_THE_WORKFLOW, "traceability/")) for file in changed)
    words = {Path(node.value).name for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return bool({Path(file).name for file in changed if not file.startswith("traceability/")} & words)
