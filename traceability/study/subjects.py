"""Staging of subjects: each ML project under study becomes a git repository of its own with an `origin`.

What MLflow records depends on how and from where a script is launched, so a subject is never imported: it is pushed to
a bare repository and launched from a clone, as its user would.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.runtime.files import read_json, write_json

_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "mlruns", "mlflow.db")


@dataclass(frozen=True)
class Staged:
    """Where a subject was staged: its clone, the bare repository that is the clone's origin, and the commit."""

    name: str
    worktree: str
    origin: str
    commit: str

    @property
    def entry_point(self) -> Path:
        """The script that a user starts."""
        return Path(self.worktree) / "train.py"


def stage(source: Path, target: Path, receipt: Path, origin: Path | None = None) -> Staged:
    """Stage `source` as the bare repository `origin` (`target`.git where not given) and its clone `target`.

    What was done is written to `receipt` as JSON. The commit id is the same every time and on every machine (identity,
    dates and settings are fixed). Raises `StudyError` if the subject has no train.py.
    """
    if not (source / "train.py").is_file():
        raise StudyError(f"{source}: not a subject, it has no train.py; see docs/adding.md")
    bare = origin or target.with_name(f"{target.name}.git")
    for old in (target, bare):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(source, target, ignore=_LEFT_OUT)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    commit = git.commit_all(target, f"{source.name} as studied")
    git.run("clone", "--quiet", "--bare", str(target), str(bare))
    # Snakemake marks folders that a rule makes with a file of its own, which must not make the clone a changed one.
    exclude = target / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(".snakemake_timestamp\n", encoding="utf-8")
    git.run("remote", "add", "origin", str(bare.resolve()), cwd=target)
    git.run("fetch", "--quiet", "origin", cwd=target)
    staged = Staged(source.name, str(target.resolve()), str(bare.resolve()), commit)
    write_json(receipt, asdict(staged))
    return staged


def read(receipt: Path) -> Staged:
    """Read the receipt that `stage` wrote."""
    try:
        return Staged(**read_json(receipt))
    except (TypeError, json.JSONDecodeError):
        raise StudyError(f"{receipt}: not a staging receipt; remove it and run again") from None
