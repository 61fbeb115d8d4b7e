"""What the plugin adds to the start of a run: in a small repository, in one of 10,000 files, and where git hangs.

Every number is the time of one look, in a process of its own that has imported MLflow and 100 modules of the
repository. Beside it stands `git status` of the same work tree, called by itself: the ratio carries over to other
machines, the milliseconds do not. Call: `make benchmark`, or `python tests/benchmarks/plugin_start.py [--looks 20]`.

The budget is 150 ms in a repository of 10,000 files, and 2 s anywhere; the last column says whether it was kept.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from support import ROOT

from traceability.runtime import git

MODULES = 100
PROGRAM = """
import json, os, subprocess, sys, time
import mlflow
for number in range({modules}):
    __import__(f"own.part_{{number}}")
from traceability.plugin import provider
looks, status = [], []
for _ in range({looks}):
    began = time.perf_counter()
    tags, _ = provider.current()
    looks.append(time.perf_counter() - began)
    if {compare}:
        began = time.perf_counter()
        subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True)
        status.append(time.perf_counter() - began)
print(json.dumps([looks, status, tags.get("traceability.dirty")]))
"""


def repository(folder: Path, files: int) -> Path:
    """A committed work tree of `files` files and `MODULES` modules."""
    for number in range(files):
        path = folder / f"data-{number % 100:02d}" / f"{number}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    (folder / "own").mkdir(parents=True)
    for number in range(MODULES):
        (folder / "own" / f"part_{number}.py").write_text(f"def value():\n    return {number}\n")
    git.commit_all(folder, "all")
    return folder


def looked(folder: Path, looks: int, *, compare: bool, path: str = "") -> tuple[np.ndarray, np.ndarray, str]:
    """Seconds of each look but the first, of `git status` beside it, and what was said of the tree."""
    program = folder.parent / f"{folder.name}.py"
    program.write_text(PROGRAM.format(modules=MODULES, looks=looks + 1, compare=compare))
    environment = git.environment() | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]), "PATH": path or os.environ["PATH"],
        "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    done = subprocess.run([sys.executable, str(program)], cwd=folder, env=environment, capture_output=True, check=True)
    found, status, said = json.loads(done.stdout.splitlines()[-1])
    return np.array(found[1:]), np.array(status[1:]), str(said)


def hanging(folder: Path) -> str:
    """A search path on which git waits for ever before it looks at a work tree."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(
        f'#!/bin/sh\nfor w in "$@"; do [ "$w" = status ] && sleep 60; done\nexec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--looks", type=int, default=20)
    looks = parser.parse_args().looks
    table = Table(
        "work tree", "n", "a look, median ms", "95th percentile, ms", "of git status, ratio", "said", "budget kept"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for files, budget in ((100, 0.15), (10_000, 0.15)):
            found, status, said = looked(repository(folder / f"files-{files}", files), looks, compare=True)
            ratio = f"{np.median(found) / np.median(status):.1f}"
            row(table, f"{files:,} files", found, ratio, said, budget)
        found, _, said = looked(folder / "files-100", 3, compare=False, path=hanging(folder / "shim"))
        row(table, "100 files, git hangs", found, "", said, 2.0)
    Console(width=140).print(table)


def row(table: Table, label: str, found: np.ndarray, ratio: str, said: str, budget: float) -> None:
    """Add one line."""
    kept = "yes" if np.median(found) <= budget else "no"
    middle, high = (f"{1000 * np.quantile(found, q):.0f}" for q in (0.5, 0.95))
    table.add_row(label, str(len(found)), middle, high, ratio, said, f"{kept} ({1000 * budget:.0f} ms)")


if __name__ == "__main__":
    main()
