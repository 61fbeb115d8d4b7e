"""A batch of replicates: one preloaded server, one forked child per replicate.

Importing TensorFlow and MLflow costs more than a training of the small network, so a server imports them once and
each replicate is a fork of it: a process of its own with a clean interpreter state. Fresh-process replicates of the
same arms check that the fork changes nothing (METHOD 10).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.runtime import processes
from traceability.runtime.files import replacing, write_jsonl
from traceability.stores import tracking
from traceability.study import forked
from traceability.study.subjects import Staged
from traceability.training import replicate as child
from traceability.training.era import Era
from traceability.training.plan import Replicate

log = logging.getLogger(__name__)


def run_batch(
    replicates: list[Replicate],
    subject: Staged,
    *,
    data: Path,
    preload: Sequence[str],
    uri: str,
    plan_sha256: str,
    arrays: Path,
    rows: Path,
    lock: Path,
    era: Era | None = None,
    timeout_seconds: float = 3600,
    after_each: Callable[[], None] = lambda: None,
) -> None:
    """Run `replicates` one after the other and write one JSON line each to `rows`, NPZ files to the folder `arrays`.

    Replicates are forked from a process that has imported the modules named by `preload`.
    Runs that a killed attempt left RUNNING are set to KILLED first. Raises `StudyError` if another process runs this
    batch. A failing replicate is a row with status `failed`; `after_each` is called after each one. Replicates with the
    libraries of 2024 need `era`; their records go to a store of their own in `arrays`, because opening a store with
    another MLflow changes it.
    """
    with processes.exclusive(lock), processes.scratch("batch") as scratch:
        attempts = _end_orphans(replicates, uri)
        context = forked.server(preload)
        arrays.mkdir(parents=True, exist_ok=True)
        lines = []
        for number, item in enumerate(replicates):
            attempt = attempts.get(item.key, 0) + 1
            own = arrays / f"{item.label}.db" if item.process == "era" else None
            order = _order(item, attempt, subject, data, f"sqlite:///{own.resolve()}" if own else uri, plan_sha256,
                           scratch)  # fmt: skip
            begin = time.perf_counter()
            seen = _observe(item, order, context, timeout_seconds, era)
            lines.append(
                asdict(item)
                | seen
                | {
                    "key": item.key,
                    "attempt": attempt,
                    "store": own.name if own else None,
                    "plan_sha256": plan_sha256,
                    "wall_seconds": time.perf_counter() - begin,
                }
            )
            for name in ("weights", "predictions"):
                _keep(Path(order["output"]) / f"{name}.npz", arrays / f"{item.label}.{name}.npz")
            # One line for each, so that a log says at any time what is done and what became of it.
            process = "" if item.process == "forked" else f" ({item.process} process)"
            log.info(
                "replicate %d of %d, %s %s%s: %s after %.1f s",
                number + 1, len(replicates), item.workload, item.arm.replace("_", " "), process, seen["status"],
                lines[-1]["wall_seconds"],
            )  # fmt: skip
            after_each()
        write_jsonl(rows, lines)


def not_measured(replicates: list[Replicate], why: str, plan_sha256: str, arrays: Path, rows: Path) -> None:
    """Write a line per replicate that says that its data could not be had; none is started."""
    arrays.mkdir(parents=True, exist_ok=True)
    log.warning("%s: not measured. %s", replicates[0].workload, why)
    seen = _failed(why) | {"status": "not_measured", "attempt": 0, "plan_sha256": plan_sha256, "wall_seconds": 0.0}
    write_jsonl(rows, (asdict(item) | seen | {"key": item.key} for item in replicates))


def _order(
    item: Replicate, attempt: int, subject: Staged, data: Path, uri: str, plan_sha256: str, scratch: Path
) -> dict[str, Any]:
    name = item.label
    tags = {
        "key": item.key, "workload": item.workload, "arm": item.arm, "kind": item.kind, "replicate": item.replicate,
        "seed": item.seed, "batch": item.batch, "process": item.process, "attempt": attempt, "plan": plan_sha256,
    }  # fmt: skip
    tracked = item.tracking not in ("none", "notes")
    arguments = ["--tracking", item.tracking, *item.options, "--data", str(data.resolve())]
    if tracked:
        arguments += ["--experiment", item.workload, "--run-name", name]
    store = {"artifacts": str(scratch / "artifacts"), "experiment": item.workload} if item.process == "era" else {}
    return store | {
        "script": str(subject.entry_point),
        "arguments": arguments,
        "output": str(scratch / name),
        "result": str(scratch / f"{name}.json"),
        "log": str(scratch / f"{name}.log"),
        "tracking_uri": uri if tracked else None,
        "tags": {tracking.PREFIX + key: str(value) for key, value in tags.items()},
    }


def _observe(
    item: Replicate, order: dict[str, Any], context: forked.Server, timeout: float, era: Era | None
) -> dict[str, Any]:
    """Run one replicate and read what it saw; a process that died or hung is a row too."""
    if item.process == "forked":
        ended = forked.run(context, child.run, order, timeout=timeout)
    elif item.process == "era":
        if era is None:
            raise StudyError(f"{item.key}: it runs with the libraries of 2024, and no environment with them was named")
        if not era.python:
            return _failed(f"no environment with the libraries of 2024: {era.reason}")
        ended = _fresh(order, timeout, era.python, era.path)
    else:
        ended = _fresh(order, timeout, sys.executable, [path for path in sys.path if path])
    result = Path(order["result"])
    if result.exists():
        seen: dict[str, Any] = json.loads(result.read_text())
    else:
        reason = f"no answer within {timeout:g} s" if ended is None else f"process ended with {ended}"
        seen = _failed(reason)
    if seen["status"] == "failed":
        said = Path(order["log"]).read_text(errors="replace") if Path(order["log"]).exists() else ""
        log.warning("%s failed: %s\n%s", item.key, seen["error"], said[-2000:])
    return seen


def _failed(reason: str) -> dict[str, Any]:
    return {"status": "failed", "error": reason, "run_id": None, "total_seconds": 0.0, "versions": {}}


def _fresh(order: dict[str, Any], timeout: float, python: str, path: Sequence[str]) -> int | None:
    """A new interpreter, as `python train.py` is; the harness only looks on from within it."""
    order_file = Path(order["result"]).with_suffix(".order")
    order_file.write_text(json.dumps(order))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
    command = [python, "-m", "traceability.training.replicate", str(order_file)]
    try:
        return subprocess.run(command, env=environment, timeout=timeout, check=False, capture_output=True).returncode
    except subprocess.TimeoutExpired:
        return None


def _end_orphans(replicates: list[Replicate], uri: str) -> dict[str, int]:
    """Attempts per replicate so far; runs of killed attempts (still RUNNING) are set to KILLED."""
    client = tracking.client(uri)
    experiment = client.get_experiment_by_name(replicates[0].workload)
    if experiment is None:
        return {}
    keys = {item.key for item in replicates}
    attempts: dict[str, int] = {}
    # If the batch size was changed since, the killed attempt belonged to another batch; few runs are RUNNING anyway.
    for query in (f"tags.`{tracking.PREFIX}batch` = '{replicates[0].batch}'", "attributes.status = 'RUNNING'"):
        # Listed before any is marked, because a run that is marked KILLED no longer matches the second query.
        for run in list(tracking.all_runs(client, experiment.experiment_id, query)):
            key = run.data.tags.get(f"{tracking.PREFIX}key", "")
            if key not in keys:
                continue
            # Not the number of runs: a subject may leave several.
            attempts[key] = max(attempts.get(key, 0), int(run.data.tags.get(f"{tracking.PREFIX}attempt", 1)))
            if run.info.status == "RUNNING":
                client.set_terminated(run.info.run_id, "KILLED")
                log.info("run %s of a killed attempt of %s is marked KILLED", run.info.run_id, key)
    return attempts


def _keep(source: Path, target: Path) -> None:
    if source.exists():
        with replacing(target) as temporary:
            temporary.write_bytes(source.read_bytes())
