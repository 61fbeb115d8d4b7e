"""A job's share of the launches: prepare the stores, launch, read everything back."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from traceability.capture.launches import Case, launch
from traceability.capture.read_back import read_back
from traceability.capture.trackers import Tracker, describe, run_probe
from traceability.errors import StudyError
from traceability.runtime import processes
from traceability.runtime.files import write_json, write_jsonl
from traceability.study.subjects import Staged

log = logging.getLogger(__name__)


def run_batch(
    plan: Sequence[Mapping[str, Any]],
    trackers: Mapping[str, Tracker],
    subject: Staged,
    *,
    data: Path,
    kept: Path,
    rows: Path,
    timeout_seconds: float,
) -> None:
    """Make the launches of `plan` and write one JSON line each to `rows`; what they left is moved to `kept` (emptied).

    A launch that fails, or whose tracker has no environment, is a line with its reason.
    """
    data = data.resolve()
    with processes.exclusive(rows.with_suffix(".lock")), _away(kept) as folder:
        lines, done = [], 0
        for name in dict.fromkeys(row["tracker"] for row in plan):
            tracker = trackers[name]
            cases = [Case(row, tracker, folder / row["key"]) for row in plan if row["tracker"] == name]
            described = describe(tracker.python, folder / f"{name}.json") if tracker.python else {}
            if tracker.python and tracker.is_mlflow:
                _prepare_store(cases, folder)
            launched = []
            for case in cases:
                launched.append(launch(case, subject, described, data, timeout_seconds))
                done += 1
                # One line for each, so that a log says at any time what is done and what became of it.
                log.log(logging.WARNING if launched[-1].reason else logging.INFO,
                        "launch %d of %d, %s: %s", done, len(plan), case.key.replace("_", " "),
                         launched[-1].reason or "finished")  # fmt: skip
            lines += [case.line() for case in read_back(launched, folder, data)]
        write_jsonl(rows, lines)


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


def _prepare_store(cases: Sequence[Case], folder: Path) -> None:
    """Make MLflow's store for these launches: migrated once, with an experiment for each."""
    tracker = cases[0].tracker
    experiments = folder / f"{tracker.tracker}-experiments.json"
    write_json(experiments, {case.key: (case.folder / "artifacts").as_uri() for case in cases})
    run_probe(tracker.python, "prepare_mlflow.py", f"sqlite:///{cases[0].database}", str(experiments))
