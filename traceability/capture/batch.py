"""A job's share of the launches: prepare, note the truth, launch, read everything back."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from traceability.capture import crosscheck, launching, planting, truth
from traceability.capture import entries as reading
from traceability.capture.fields import MLFLOW
from traceability.capture.launching import Launch
from traceability.errors import StudyError
from traceability.runtime import processes
from traceability.runtime.files import read_json, sha256_file, write_json, write_jsonl
from traceability.study.subjects import Staged

log = logging.getLogger(__name__)

INSIDE = Path(__file__).resolve().parent / "probes"
_COMPILED = shutil.ignore_patterns("__pycache__")
#: Ways of tracking for which this package is installed beside the program.
PLUGIN = ("plugin", "stamp")
#: Who the launched process is for git.
AUTHOR = "A user"
#: Variables that change results; every launch has them.
VARIABLES = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Tracker:
    """A tracker and the environment that was built for it; without an interpreter there is a reason."""

    tracker: str
    system: str
    version: str
    python: str = ""
    reason: str = ""

    @property
    def is_mlflow(self) -> bool:
        """Whether it is a version of MLflow."""
        return self.system == MLFLOW


def run_batch(
    plan: Sequence[Mapping[str, Any]],
    trackers: Mapping[str, Tracker],
    subject: Staged,
    *,
    data: Path,
    kept: Path,
    rows: Path,
    timeout_seconds: float,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Make the launches of `plan` and write one JSON line each to `rows`; what they left is moved to `kept` (emptied).

    A launch that fails, or whose tracker has no environment, is a line with its reason.
    """
    with processes.exclusive(rows.with_suffix(".lock")), _away(kept) as folder:
        described = {}
        lines = []
        for name in dict.fromkeys(row["tracker"] for row in plan):
            tracker = trackers[name]
            share = [row for row in plan if row["tracker"] == name]
            if tracker.python:
                described[name] = describe(Path(tracker.python), folder / f"{name}.json")
            done = [
                _one(row, tracker, subject, described.get(name, {}), data.resolve(), folder, timeout_seconds, progress)
                for row in _prepared(share, tracker, folder)
            ]
            lines += _read_back(done, tracker, folder, data.resolve())
        write_jsonl(rows, [_finished(line) for line in lines])


@contextlib.contextmanager
def _away(kept: Path) -> Iterator[Path]:
    """A folder for the launches that lies in no repository; moved to `kept` at the end, also after an error.

    Trackers and git look for a repository in every folder above: the study's own clone must not be found there.
    Raises `StudyError` where temporary folders lie in one.
    """
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with processes.scratch("launches") as scratch:
        root = next((above for above in scratch.resolve().parents if (above / ".git").exists()), None)
        if root is not None:
            raise StudyError(f"TMPDIR: {root} is a git repository, which trackers would find; name a folder outside")
        folder = scratch.resolve() / "cases"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.move(folder, kept)


def describe(python: Path, output: Path) -> dict[str, Any]:
    """What the environment of `python` holds: Python, distributions, and those behind each module."""
    inside(python, "describe.py", str(output))
    found: dict[str, Any] = read_json(output)
    return found


def inside(python: Path, program: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a program of `inside/` with another interpreter. Raises `StudyError` with its last lines."""
    clean = {"PATH": os.environ.get("PATH", os.defpath), "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
             "GIT_PYTHON_REFRESH": "quiet", "TF_CPP_MIN_LOG_LEVEL": "3"}  # fmt: skip
    done = subprocess.run(
        [str(python), str(INSIDE / program), *words], capture_output=True, text=True, check=False, timeout=600,
        env=clean | dict(environment or {}),
    )  # fmt: skip
    if done.returncode:
        raise StudyError(f"{program} failed with {python}: {done.stderr.strip()[-400:]}")


def _store(folder: Path, name: str) -> str:
    return f"sqlite:///{folder / name}.db"


def _prepared(share: Sequence[Mapping[str, Any]], tracker: Tracker, folder: Path) -> Sequence[Mapping[str, Any]]:
    """The launches, after MLflow's store for them was made: migrated once, an experiment for each."""
    if tracker.is_mlflow and tracker.python:
        wanted = {row["key"]: (folder / row["key"] / "artifacts").as_uri() for row in share}
        listed = folder / f"{tracker.tracker}-experiments.json"
        write_json(listed, wanted)
        inside(Path(tracker.python), "prepare_mlflow.py", _store(folder, tracker.tracker), str(listed))
    return share


def _one(
    row: Mapping[str, Any], tracker: Tracker, subject: Staged, described: Mapping[str, Any], data: Path, folder: Path,
    timeout: float, progress: Callable[[], None],
) -> dict[str, Any]:  # fmt: skip
    """One launch: a line without evidence yet, or with the reason why there is none."""
    line = {**row, "system": tracker.system, "version": tracker.version, "evidence": [], "reason": tracker.reason}
    try:
        if not tracker.reason:
            line |= _launch(row, tracker, subject, described, data, folder / row["key"], timeout)
    except StudyError as error:
        line["reason"] = str(error)
    except subprocess.TimeoutExpired:
        line["reason"] = f"did not end within {timeout:g} s"
    if line["reason"]:
        log.warning("%s: %s", row["key"], line["reason"])
    progress()
    return line


def _launch(
    row: Mapping[str, Any], tracker: Tracker, subject: Staged, described: Mapping[str, Any], data: Path, folder: Path,
    timeout: float,
) -> dict[str, Any]:  # fmt: skip
    python = Path(tracker.python)
    launch = launching.prepare(row["launch_mode"], subject, folder, python)
    words = launching.by_guild(launch, python) if tracker.system == "Guild AI" else list(launch.words)
    if row["defect"] == "dirty_tree":
        planting.dirty(launch)
    lacking = launching.has(python, launch.needs)
    if lacking:
        return {"reason": f"the environment of {tracker.tracker} has no {', '.join(lacking)}"}
    notes = folder / "notes"
    notes.mkdir()
    (folder / "home").mkdir()
    environment = _environment(row, tracker, launch, python, data, folder)
    facts = truth.before(launch) | {"began": time.time(), "variables": VARIABLES, "author": AUTHOR}
    done = subprocess.run(
        words, cwd=launch.cwd, env=environment, capture_output=True, text=True, check=False, timeout=timeout,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    facts["ended"] = time.time()
    if done.returncode or not (notes / "summary.json").is_file():
        return {"reason": "the launch failed: " + " ".join((done.stderr or done.stdout).split())[-400:]}
    facts |= truth.after(notes, described, data)
    if row["tracking"] in PLUGIN:
        facts["installed"] = facts["installed"] | planting.plugin_distribution()
    facts |= _code(launch, facts, folder)
    return {
        "truth": facts,
        "folder": str(folder),
        "repositories": [str(path) for path in _repositories(launch, folder)],
    }


def _environment(
    row: Mapping[str, Any], tracker: Tracker, launch: Launch, python: Path, data: Path, folder: Path
) -> dict[str, str]:
    """Everything that the launched process finds in its environment; nothing of ours, so no secret can be recorded."""
    module = {"MLflow": "with_mlflow", "Weights & Biases": "with_wandb", "Guild AI": "nothing"}.get(
        tracker.system, f"with_{tracker.system.lower()}"
    )
    module = "nothing" if row["tracking"] in ("none", "notes") else module
    # A copy, because the plugin would take the original for code of the study's repository that runs too.
    observers = [str(shutil.copytree(INSIDE / "observer", folder / "observer", ignore=_COMPILED))]
    found = VARIABLES | {
        "PATH": launching.search_path(launch, python), "HOME": str(folder / "home"), "LANG": "C.UTF-8",
        "DIABETES_TRACKING": f"{module}:{row['tracking']}", "DIABETES_DATA": str(data),
        "DIABETES_OUTPUT": str(folder / "notes"), "DIABETES_NOTES": str(folder), "CAPTURE_NOTES": str(folder / "notes"),
        "CAPTURE_STORE": str(folder / "store"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_PYTHON_REFRESH": "quiet",
        "TF_CPP_MIN_LOG_LEVEL": "3", "DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_AUTHOR_NAME": AUTHOR, "GIT_AUTHOR_EMAIL": "user@localhost", "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": "user@localhost", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    if tracker.is_mlflow:
        found |= {
            "MLFLOW_TRACKING_URI": _store(folder.parent, tracker.tracker) + "?timeout=60",
            "MLFLOW_EXPERIMENT_NAME": row["key"],
        }
    if row["tracking"] in PLUGIN:
        plugin = planting.installed_plugin(folder / "plugin")
        observers.append(str(plugin))
        found |= {"TRACEABILITY_CONTEXT": "1", "CAPTURE_PLUGIN": str(plugin)}
    if tracker.system == "Guild AI":
        (folder / "store").mkdir()
        found["GUILD_HOME"] = str(folder / "store")
    places = [*observers, *filter(None, [launch.environment.get("PYTHONPATH")])]
    return found | launch.environment | {"PYTHONPATH": os.pathsep.join(places)}


def _repositories(launch: Launch, folder: Path) -> list[Path]:
    """Every repository that the launch had at hand."""
    near = [path.parent for path in sorted(folder.glob("*/.git"))] + [path.parent for path in folder.glob("*/*/.git")]
    return [*([launch.repository] if launch.repository else []), *near]


def _code(launch: Launch, facts: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The files that ran, and which of them git does not know as they were."""
    files = {path: digest for path, digest in facts["files"].items() if Path(path).is_relative_to(folder)}
    files = {path: digest for path, digest in files.items() if not Path(path).is_relative_to(folder / "store")}
    if launch.entry is not None:
        files[str(launch.entry)] = facts["entry_point_sha256"]
    blobs = {path: truth.blob_id(Path(path)) for path in files if Path(path).is_file()}
    root = launch.repository
    untracked = {str(root / name) for name in facts["untracked"]} if root else set()
    changed = set(files) - set(truth.code_of(facts["commit"], _repositories(launch, folder), blobs) or [])
    outside = {path for path in files if root is None or not Path(path).is_relative_to(root)}
    # A file that git ignores is no part of the commit either; it counts where it ran.
    strangers = {path for path in changed if root is not None and Path(path).is_relative_to(root)}
    dirty = facts["dirty"] if facts["dirty"] is None else bool(facts["diff"]) or bool(strangers)
    return {
        "files": files, "blobs": blobs, "dirty": dirty, "changed_paths": sorted(changed),
        "untracked_paths": sorted((untracked | outside) & set(files)),
    }  # fmt: skip


def _read_back(done: list[dict[str, Any]], tracker: Tracker, folder: Path, data: Path) -> list[dict[str, Any]]:
    """The lines with everything that the tracker holds of them."""
    for line in done:
        if not line["reason"]:
            try:
                planting.damage(line, _store(folder, tracker.tracker), Path(line["folder"]))
            except StudyError as error:
                line["reason"] = str(error)
    launched = [line for line in done if not line["reason"]]
    if not launched:
        return done
    try:
        read, known = _read(tracker, launched, folder, data)
    except StudyError as error:
        for line in launched:
            line["reason"] = f"what was stored cannot be read: {error}"
        return done
    for line in launched:
        runs = read.get(line["key"], [])
        if len(runs) > 1:
            line["reason"] = f"{len(runs)} runs where one was expected"
        line["evidence"] = runs[0] if runs else []
        if not runs and line["tracking"] not in ("none", "notes"):
            line["reason"] = f"{tracker.system} holds no run of this launch"
        if line["tracking"] == "notes":
            line["evidence"] = notes(Path(line["folder"]))
        elif tracker.is_mlflow:
            database = Path(_store(folder, tracker.tracker).removeprefix("sqlite:///"))
            line["crosscheck"] = crosscheck.compare(database, line["key"], line["evidence"])
        line["truth"]["digests"] = known
        if line["defect"] == "changed_data":
            # The launch read the sound table; who comes later finds this one in its place.
            other = planting.changed_table(data, Path(line["folder"]) / "changed.csv")
            line["truth"]["data_sha256"] = sha256_file(other)
            line["truth"]["digests"] = _digests(Path(tracker.python), other, other.with_suffix(".json"))
    return done


def _read(
    tracker: Tracker, launched: Sequence[Mapping[str, Any]], folder: Path, data: Path
) -> tuple[dict[str, list[list[list[str]]]], dict[str, float]]:
    """Evidence of every run by launch, read by the tracker's own environment; for MLflow the digests of the data."""
    python = Path(tracker.python)
    output = folder / f"{tracker.tracker}-read.json"
    if tracker.is_mlflow:
        inside(python, "read_mlflow.py", _store(folder, tracker.tracker), str(output))
        return read_json(output), _digests(python, data, folder / f"{tracker.tracker}-digests.json")
    listed = folder / f"{tracker.tracker}-stores.json"
    write_json(listed, {line["key"]: line["folder"] for line in launched})
    inside(python, f"read_{tracker.tracker}.py", str(listed), str(output), environment={"HOME": str(folder)})
    return read_json(output), {}


def _digests(python: Path, data: Path, output: Path) -> dict[str, float]:
    """MLflow's own digests of the data, and the share of the data behind each."""
    inside(python, "expected_digests.py", str(data), str(output))
    found: dict[str, float] = read_json(output)
    return found


def notes(folder: Path) -> list[list[str]]:
    """The notes made by hand, in the words of MLflow's reader."""
    said = read_json(folder / "notes.json")
    found = [["artifact", f"{kind}:{name}", str(value)] for kind, key in (("param", "params"), ("metric", "metrics"))
             for name, value in said[key].items()]  # fmt: skip
    return [*found, ["artifact", "param:data", said["data"]]]


def _finished(line: dict[str, Any]) -> dict[str, Any]:
    """A line as it is written: commits looked up, stored weights looked for, paths of this machine dropped."""
    if line["reason"]:
        return {name: value for name, value in line.items() if name not in ("truth", "folder", "repositories")}
    commits = {value for _, key, value in line["evidence"] if value and re.search(r"(^|[:.])commit$", key)}
    further = (value for _, key, value in line["evidence"] if key.endswith("other_repositories"))
    commits |= {commit for value in further for commit in reading.further(value, "commit")}
    repositories = [Path(path) for path in line["repositories"]]
    line["truth"]["checkouts"] = {
        commit: truth.code_of(commit, repositories, line["truth"]["blobs"]) for commit in sorted(commits)
    }
    line["evidence"] = line["evidence"] + stored_weights(line["evidence"], line["truth"]["weights"])
    return {name: value for name, value in line.items() if name not in ("folder", "repositories")}


def stored_weights(evidence: Sequence[Sequence[str]], weights: Sequence[Sequence[float]]) -> list[list[str]]:
    """Entries `weights_file:NAME` for stored files that hold every array of weights: bytes, nothing is unpickled."""
    # A single number may be kept as text; the arrays decide.
    arrays = [array for array in weights if len(array) > 1]
    wanted = [[np.asarray(array, dtype=kind).tobytes() for array in arrays] for kind in ("<f8", "<f4")]
    found = []
    for place, key, path in evidence:
        kind, _, name = key.partition(":")
        if kind not in ("file_path", "model_file_path") or not Path(path).is_file():
            continue
        content = _unpacked(Path(path))
        if any(all(array in content for array in arrays) for arrays in wanted):
            found.append([place, f"weights_file:{name}", path])
    return found


def _unpacked(path: Path) -> bytes:
    """A file's bytes; of a zip archive those of its members."""
    content = path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def trackers_of(receipts: Sequence[Path]) -> dict[str, Tracker]:
    """The trackers that the receipts of `build_environment` tell of."""
    return {said["tracker"]: Tracker(**said) for said in (json.loads(path.read_text()) for path in receipts)}
