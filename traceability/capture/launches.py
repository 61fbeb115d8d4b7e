"""One launch of the plan: its clone, its environment, the truth about it, and the process itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from traceability.capture import launching, planting, truth
from traceability.capture.entries import Evidence
from traceability.capture.launching import Launch
from traceability.capture.trackers import PROBES, Tracker
from traceability.errors import StudyError
from traceability.study.subjects import Staged

_COMPILED = shutil.ignore_patterns("__pycache__")
#: Ways of tracking that record nothing with the tracker.
UNTRACKED = ("none", "notes")
#: Ways of tracking for which this package is installed beside the program.
PLUGIN = ("plugin", "stamp")
#: Who the launched process is for git.
AUTHOR = "A user"
#: Variables that change results; every launch has them.
VARIABLES = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Case:
    """A row of the plan with all that is known of it so far: what was so, what the tracker holds, or why neither is."""

    row: Mapping[str, Any]
    tracker: Tracker
    #: Everything that this launch leaves lies here.
    folder: Path
    reason: str = ""
    truth: Mapping[str, Any] = field(default_factory=dict)
    repositories: tuple[Path, ...] = ()
    evidence: Evidence = ()
    #: Rows of `tables.CROSSCHECK`; None where the store is not MLflow's.
    crosscheck: list[dict[str, Any]] | None = None

    @property
    def key(self) -> str:
        """Name of the launch."""
        return str(self.row["key"])

    @property
    def tracking(self) -> str:
        """Way of tracking."""
        return str(self.row["tracking"])

    @property
    def database(self) -> Path:
        """MLflow's database for all launches of this tracker."""
        return self.folder.parent / f"{self.tracker.tracker}.db"

    def line(self) -> dict[str, Any]:
        """The launch as a line of a batch's file."""
        line = {**self.row, "system": self.tracker.system, "version": self.tracker.version}
        line |= {"evidence": list(self.evidence), "reason": self.reason}
        line |= {} if self.crosscheck is None else {"crosscheck": self.crosscheck}
        return line | ({} if self.reason else {"truth": self.truth})


def launch(case: Case, subject: Staged, described: Mapping[str, Any], data: Path, timeout: float) -> Case:
    """The case after its launch: with the truth, or with the reason why it failed.

    `described` is what `probes/describe.py` said of the tracker's environment.
    """
    if case.tracker.reason:
        return replace(case, reason=case.tracker.reason)
    try:
        return _launch(case, subject, described, data, timeout)
    except StudyError as error:
        return replace(case, reason=str(error))
    except subprocess.TimeoutExpired:
        return replace(case, reason=f"did not end within {timeout:g} s")


def _launch(case: Case, subject: Staged, described: Mapping[str, Any], data: Path, timeout: float) -> Case:
    python, folder = Path(case.tracker.python), case.folder
    prepared = launching.prepare(case.row["launch_mode"], subject, folder, python)
    by_guild = case.tracker.system == "Guild AI"
    words = launching.by_guild(prepared, python) if by_guild else list(prepared.words)
    if case.row["defect"] == "dirty_tree":
        planting.dirty(prepared)
    lacking = launching.has(python, prepared.needs)
    if lacking:
        return replace(case, reason=f"the environment of {case.tracker.tracker} has no {', '.join(lacking)}")
    notes = folder / "notes"
    notes.mkdir()
    (folder / "home").mkdir()
    environment = _environment(case, prepared, data)
    facts = truth.before(prepared) | {"began": time.time(), "variables": VARIABLES, "author": AUTHOR}
    done = subprocess.run(
        words, cwd=prepared.cwd, env=environment, capture_output=True, text=True, check=False, timeout=timeout,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    facts["ended"] = time.time()
    if done.returncode or not (notes / "summary.json").is_file():
        return replace(case, reason="the launch failed: " + " ".join((done.stderr or done.stdout).split())[-400:])
    facts |= truth.after(notes, described, data)
    if case.tracking in PLUGIN:
        facts["installed"] = facts["installed"] | planting.plugin_distribution()
    repositories = _repositories(prepared, folder)
    return replace(case, truth=facts | _code(prepared, facts, folder, repositories), repositories=tuple(repositories))


def _environment(case: Case, prepared: Launch, data: Path) -> dict[str, str]:
    """Everything that the launched process finds in its environment; nothing of ours, so no secret can be recorded."""
    tracker, folder = case.tracker, case.folder
    module = {"MLflow": "with_mlflow", "Weights & Biases": "with_wandb", "Guild AI": "nothing"}.get(
        tracker.system, f"with_{tracker.system.lower()}"
    )
    module = "nothing" if case.tracking in UNTRACKED else module
    # A copy, because the plugin would take the original for code of the study's repository that runs too.
    search_path = [str(shutil.copytree(PROBES / "observer", folder / "observer", ignore=_COMPILED))]
    variables = VARIABLES | {
        "PATH": launching.search_path(prepared, Path(tracker.python)), "HOME": str(folder / "home"), "LANG": "C.UTF-8",
        "DIABETES_TRACKING": f"{module}:{case.tracking}", "DIABETES_DATA": str(data),
        "DIABETES_OUTPUT": str(folder / "notes"), "DIABETES_NOTES": str(folder), "CAPTURE_NOTES": str(folder / "notes"),
        "CAPTURE_STORE": str(folder / "store"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_PYTHON_REFRESH": "quiet",
        "TF_CPP_MIN_LOG_LEVEL": "3", "DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_AUTHOR_NAME": AUTHOR, "GIT_AUTHOR_EMAIL": "user@localhost", "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": "user@localhost", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    if tracker.is_mlflow:
        variables |= {
            "MLFLOW_TRACKING_URI": f"sqlite:///{case.database}?timeout=60",
            "MLFLOW_EXPERIMENT_NAME": case.key,
        }
    if case.tracking in PLUGIN:
        plugin = planting.installed_plugin(folder / "plugin")
        search_path.append(str(plugin))
        variables |= {"TRACEABILITY_CONTEXT": "1", "CAPTURE_PLUGIN": str(plugin)}
    if tracker.system == "Guild AI":
        (folder / "store").mkdir()
        variables["GUILD_HOME"] = str(folder / "store")
    search_path += filter(None, [prepared.environment.get("PYTHONPATH")])
    return variables | prepared.environment | {"PYTHONPATH": os.pathsep.join(search_path)}


def _repositories(prepared: Launch, folder: Path) -> list[Path]:
    """Every repository that the launch had at hand."""
    near = [path.parent for path in sorted(folder.glob("*/.git"))] + [path.parent for path in folder.glob("*/*/.git")]
    return [*([prepared.repository] if prepared.repository else []), *near]


def _code(prepared: Launch, facts: Mapping[str, Any], folder: Path, repositories: list[Path]) -> dict[str, Any]:
    """The files that ran, and which of them git does not know as they were."""
    files = {path: digest for path, digest in facts["files"].items() if Path(path).is_relative_to(folder)}
    files = {path: digest for path, digest in files.items() if not Path(path).is_relative_to(folder / "store")}
    if prepared.entry is not None:
        files[str(prepared.entry)] = facts["entry_point_sha256"]
    blobs = {path: truth.blob_id(Path(path)) for path in files if Path(path).is_file()}
    root = prepared.repository
    untracked = {str(root / name) for name in facts["untracked"]} if root else set()
    changed = set(files) - set(truth.code_of(facts["commit"], repositories, blobs) or [])
    outside = {path for path in files if root is None or not Path(path).is_relative_to(root)}
    # A file that git ignores is no part of the commit either; it counts where it ran.
    strangers = {path for path in changed if root is not None and Path(path).is_relative_to(root)}
    dirty = facts["dirty"] if facts["dirty"] is None else bool(facts["diff"]) or bool(strangers)
    return {
        "files": files, "blobs": blobs, "dirty": dirty, "changed_paths": sorted(changed),
        "untracked_paths": sorted((untracked | outside) & set(files)),
    }  # fmt: skip
