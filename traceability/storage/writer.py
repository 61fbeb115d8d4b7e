"""Processes that log at the same time, and an honest account of what was acknowledged.

Writers are forked from a server process that has MLflow loaded already, so that they start together.
A point is acknowledged when the logging call has returned; only then is it written to the writer's own file.
Of an asynchronous call that is all a program is told, although nothing may have been sent yet.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from traceability.runtime.processes import die_with_parent
from traceability.storage import reasons

METRIC = "load"
#: Pause between points, shorter than a training step: without it a writer ends before its first point is sent.
ASYNCHRONOUS_PAUSE_SECONDS = 0.005
#: How long a writer waits for the others to be ready.
TOGETHER_SECONDS = 120
PRELOAD = ["mlflow", "mlflow.store.tracking.sqlalchemy_store", "mlflow.store.tracking.file_store", "psycopg2"]


@dataclass(frozen=True)
class Job:
    """What one writer does: `runs` runs with `points` points each, one call per `batch` points."""

    uri: str
    experiment: str
    account: str
    number: int
    runs: int
    points: int
    batch: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    create_experiment: bool = False
    #: Largest file in bytes that this process may write; 0: no limit.
    file_limit: int = 0
    #: Files that each run uploads before its points: name and bytes.
    artifacts: tuple[tuple[str, int], ...] = ()
    #: Calls return at once and a thread of MLflow sends them; waited for at the end of each run.
    asynchronous: bool = False


def value_of(writer: int, run: int, step: int) -> float:
    """The value that belongs at a place: whoever reads another one reads a torn record.

    No two places share a value as long as there are fewer than 2^10 writers and 2^20 runs and steps of each: sevenths
    of whole numbers below 2^50 are further apart than a double's last bit, which most of them need.
    """
    return ((writer * 2**20 + run) * 2**20 + step) / 7


def context() -> Any:
    """The multiprocessing context of writers."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOAD)
    return made


def start(job: Job, together: Any = None) -> ForkServerProcess:
    """Start a writer; one that is given a barrier of `context` opens the store and then waits there for the others."""
    process: ForkServerProcess = context().Process(target=write, args=(job, together), daemon=True)
    process.start()
    return process


def write(job: Job, together: Any = None) -> None:
    """Log, and put each acknowledged call on a line of `job.account`; an error is its last line."""
    die_with_parent()
    os.environ.update(job.environment)
    with Path(job.account).open("w", encoding="utf-8", buffering=1) as account:

        def say(**words: Any) -> None:
            account.write(json.dumps({"at": time.time()} | words) + "\n")

        try:
            if together is not None:
                open_store(job)
                together.wait(TOGETHER_SECONDS)
                say(began=True)
            log_all(job, say)
            say(done=True)
        except Exception as error:
            say(error=f"{type(error).__name__}: {reasons.first_line(error)}"[:300])
            os._exit(1)


def open_store(job: Job) -> None:
    """What a client does once: half a second of imports, connections and a look at the schema."""
    import mlflow

    mlflow.MlflowClient(tracking_uri=job.uri).get_experiment(job.experiment)


def log_all(job: Job, say: Any) -> None:
    """Every run of a job."""
    import mlflow
    from mlflow.entities import Metric

    client = mlflow.MlflowClient(tracking_uri=job.uri)
    experiment = job.experiment
    if job.create_experiment:
        experiment = client.create_experiment(f"{job.experiment}-{job.number}")
    for number in range(job.runs):
        run = client.create_run(experiment, run_name=f"writer-{job.number}-{number}").info.run_id
        client.set_tag(run, "writer", str(job.number))
        client.set_tag(run, "number", str(number))
        say(run=run, number=number)
        folder = Path(job.account).with_suffix("")
        for name, size in job.artifacts:
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(content(size))
        if job.file_limit:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (job.file_limit, job.file_limit))
        for name, size in job.artifacts:
            client.log_artifact(run, str(folder / name))
            say(run=run, number=number, artifact=name, bytes=size)
        pending = []
        for first in range(0, job.points, job.batch):
            steps = range(first, min(first + job.batch, job.points))
            if job.asynchronous:
                time.sleep(ASYNCHRONOUS_PAUSE_SECONDS)
            if job.batch == 1:
                value = value_of(job.number, number, first)
                sent = client.log_metric(run, METRIC, value, step=first, synchronous=not job.asynchronous)
            else:
                points = [Metric(METRIC, value_of(job.number, number, s), int(time.time() * 1000), s) for s in steps]
                sent = client.log_batch(run, metrics=points, synchronous=not job.asynchronous)
            pending.append(sent)
            say(run=run, number=number, steps=list(steps))
        for sent in pending:
            if sent is not None:
                sent.wait()
        client.set_terminated(run)


def content(size: int) -> bytes:
    """What an uploaded file of that many bytes holds."""
    return b"x" * size


def read_account(path: Path) -> list[dict[str, Any]]:
    """The lines of an account; a line cut by a kill is left out: what it tells was acknowledged a moment too late."""
    lines = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return lines


def acknowledged(lines: list[dict[str, Any]]) -> dict[str, tuple[int, set[int]]]:
    """Acknowledged points: run id to its number and steps."""
    runs: dict[str, tuple[int, set[int]]] = {}
    for line in lines:
        if "run" in line:
            runs.setdefault(line["run"], (line["number"], set()))[1].update(line.get("steps", []))
    return runs


def acknowledged_artifacts(lines: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Acknowledged uploads: run id, name and bytes."""
    return [(line["run"], line["artifact"], line["bytes"]) for line in lines if "artifact" in line]
