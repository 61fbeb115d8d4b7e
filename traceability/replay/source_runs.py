"""The runs that are going to be replayed: launched as their user would, sometimes with a defect planted for real."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.runtime.files import sha256_npz
from traceability.stores import tracking
from traceability.study import forked
from traceability.study.subjects import Staged

_TRACKING = {
    "notes": "notes", "mlflow_explicit": "explicit", "mlflow_autolog_model": "autolog",
    "mlflow_everything": "explicit_model", "mlflow_project": "explicit", "plugin": "explicit",
}  # fmt: skip
#: A version that nobody has published.
_NOWHERE = "scikit-learn==99.0"


@dataclass(frozen=True)
class SourceRun:
    """A run that was made: its id (or the path of its notes) and the facts that a human could add to its record."""

    run_id: str
    facts: dict[str, str]


def launch(
    row: Mapping[str, Any], subject: Staged, uri: str, folder: Path, timeout: float, context: forked.Server,
    data: Path | None = None,
) -> SourceRun:  # fmt: skip
    """Make the run that `row` (of `tables.PLAN`) describes, below `folder`, tracked at `uri`.

    A script is forked from the server of `context`, which has imported what it needs, as a replicate is; what
    `mlflow run` starts begins anew. `data` is the folder of the prepared data set; a project that must be told where
    its data are gets it. Raises `StudyError` with the program's last lines when it fails.
    """
    folder.mkdir(parents=True)
    worktree, origin = _plant(row["defect"], subject, folder)
    commit = git.head(worktree)
    output = folder / "output"
    output.mkdir()
    words = json.loads(row["options"])
    if data is not None and _needs_data(worktree):
        words += ["--data", str(data.resolve())]
    if row["defect"] == "changed_data":
        words += ["--data", str(_changed_data(row["workload"], folder / "data"))]
    label = str(row["key"]).replace("/", "-")
    tracked = row["record"] != "notes"
    if tracked:
        _experiment(uri, row["workload"], folder.parent / "artifacts")
    facts = {"repository": str(origin), "commit": commit, "source": "train.py"}
    if data is not None:
        facts["option:data"] = str(data.resolve())
    environment = _environment(uri)
    if row["record"] == "mlflow_project":
        _run_project(_project(row, words, label), worktree, environment, row["key"], timeout)
    else:
        words = _words(row, words, label, output)
        before = _tagging(worktree, facts) if row["record"] == "plugin" else None
        log = folder / "said.txt"
        ended = forked.run(context, forked.started_by_user, "train.py", words, worktree, environment, log, before,
                           timeout=timeout)  # fmt: skip
        if ended is None:
            raise _too_long(row["key"], timeout)
        if ended:
            raise StudyError(f"{row['key']}: the source run failed: {log.read_text(errors='replace').strip()[-500:]}")
    if not tracked:
        return SourceRun(str(output / "notes.json"), facts)
    client = tracking.client(uri)
    experiment = client.get_experiment_by_name(row["workload"])
    places = [experiment.experiment_id] if experiment else []
    runs = client.search_runs(places, f"attributes.run_name = '{label}'", max_results=1)
    if not runs:
        raise StudyError(f"{row['key']}: the source run ended well but is not in {tracking.redacted(uri)}")
    run_id = runs[0].info.run_id
    if row["record"] == "plugin":
        client.set_tag(run_id, f"{tracking.PREFIX}weights_sha256", sha256_npz(output / "weights.npz"))
    return SourceRun(run_id, facts)


def _environment(uri: str) -> dict[str, str]:
    """What the user's shell says to the program."""
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MLFLOW_", "TRACEABILITY_"))
    }
    return outside | {
        "MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
        "GIT_CONFIG_GLOBAL": os.devnull, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]), "PYTHONPATH": "",
    }  # fmt: skip


def _words(row: Mapping[str, Any], words: list[str], label: str, output: Path) -> list[str]:
    """What the user types after the script."""
    tracking = ["--tracking", _TRACKING[row["record"]]]
    named = ["--experiment", row["workload"], "--run-name", label]
    if row["record"] == "notes":
        return [*tracking, *words, "--output", str(output)]
    return [*tracking, *words, *named, *(["--output", str(output)] if row["record"] == "plugin" else [])]


def _tagging(worktree: Path, facts: Mapping[str, str]) -> Callable[[], None]:
    """What lets every run of the program carry, from its first moment, the tags that a plugin would give it."""
    dirty = bool(git.run("status", "--porcelain", cwd=worktree).strip())
    tags = {"repository": facts["repository"], "commit": facts["commit"], "entry_point": "train.py",
            "dirty": str(dirty).lower()}  # fmt: skip
    named = {tracking.PREFIX + name: value for name, value in tags.items()}
    return functools.partial(tracking.add_tags_to_every_run, named)


def _project(row: Mapping[str, Any], words: list[str], label: str) -> list[str]:
    """The user's `mlflow run`."""
    pairs = zip(words[::2], words[1::2], strict=True)
    chosen = [word for name, value in pairs for word in ("-P", f"{name.removeprefix('--').replace('-', '_')}={value}")]
    return [sys.executable, "-m", "mlflow", "run", ".", "--env-manager", "local", "--experiment-name", row["workload"],
            "--run-name", label, *chosen]  # fmt: skip


def _run_project(command: list[str], worktree: Path, environment: Mapping[str, str], key: str, timeout: float) -> None:
    try:
        done = subprocess.run(
            command, cwd=worktree, env=environment, timeout=timeout, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_long(key, timeout) from None
    if done.returncode:
        raise StudyError(f"{key}: the source run failed: {done.stderr.strip()[-500:]}")


def _too_long(key: str, timeout: float) -> StudyError:
    return StudyError(f"{key}: the source run did not end within {timeout:g} s")


def _needs_data(worktree: Path) -> bool:
    """Does the project declare `data` as a parameter without a default?"""
    about = yaml.safe_load((worktree / "MLproject").read_text(encoding="utf-8"))
    data = about["entry_points"]["main"].get("parameters", {}).get("data")
    return data is not None and not (isinstance(data, dict) and "default" in data)


def _experiment(uri: str, name: str, artifacts: Path) -> None:
    client = tracking.client(uri)
    if client.get_experiment_by_name(name) is None:
        client.create_experiment(name, artifact_location=artifacts.resolve().as_uri())


def _plant(defect: str, subject: Staged, folder: Path) -> tuple[Path, Path]:
    """A clone to launch from and its origin; damaged where the case says so."""
    origin, clone = Path(subject.origin), folder / "clone"
    if defect == "unresolvable_requirement":
        origin = (folder / "origin.git").resolve()
        git.run("clone", "--quiet", "--bare", subject.origin, str(origin))
    git.run("clone", "--quiet", str(origin), str(clone))
    script, requirements = clone / "train.py", clone / "requirements.txt"
    if defect == "dirty_tree":
        text = script.read_text(encoding="utf-8")
        changed = text.replace("test_size=0.2,", "test_size=0.25,", 1)
        if changed == text:
            raise StudyError(f"config/replays.tsv: 'dirty_tree' knows no line to change in {subject.name}/train.py")
        script.write_text(changed, encoding="utf-8")
    elif defect == "missing_commit":
        script.write_text(script.read_text(encoding="utf-8") + "# not pushed\n", encoding="utf-8")
        git.commit_all(clone, "Never pushed")
    elif defect == "unresolvable_requirement":
        text = requirements.read_text(encoding="utf-8")
        requirements.write_text(re.sub(r"(?m)^scikit-learn==.*$", _NOWHERE, text), encoding="utf-8")
        git.commit_all(clone, "Require what nobody published")
        git.run("push", "--quiet", "origin", "HEAD", cwd=clone)
    return clone, origin


def _changed_data(workload: str, folder: Path) -> Path:
    """Data that are not those of the data set's source: the targets are in the wrong order."""
    if not workload.startswith("diabetes_"):
        raise StudyError(f"config/replays.tsv: 'changed_data' is made for the diabetes data, not for {workload}")
    from sklearn.datasets import load_diabetes

    inputs, targets = load_diabetes(return_X_y=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    np.savez(folder / "data.npz", inputs=inputs, targets=targets[::-1])
    return folder
