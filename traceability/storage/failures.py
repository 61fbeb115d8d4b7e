"""Killing components and filling the disk while a client logs: what was acknowledged must still be there."""

from __future__ import annotations

import contextlib
import logging
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from traceability.errors import StudyError
from traceability.storage import collaboration, stores, writer
from traceability.storage.stores import Store

log = logging.getLogger(__name__)

#: Points that are acknowledged before the component is killed.
BEFORE = 8
#: The client tries a failed request this often again, so that a failure is seen within seconds.
RETRIES = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def measure(rows: list[dict[str, Any]], root: Path, swift: str) -> list[dict[str, Any]]:
    """Rows of `tables.FAILURES`: every event that a set-up can meet."""
    result = []
    with stores.all_opened(rows, root, swift) as (found, reasons):
        for store in found:
            with stores.using(store):
                for event in events(store):
                    row = happen(store, event)
                    result.append(row)
                    log.info("%s, %s: %s lost of %s", store.name, event, row["lost"], row["acknowledged"])
    empty = dict.fromkeys(result[0]) if result else {}
    return result + [{**empty, "store": name, "reason": reason} for name, reason in reasons.items()]


def events(store: Store) -> list[str]:
    """What can happen to a set-up."""
    result = ["client killed"]
    if store.server is not None:
        result.append("server killed")
    if store.postgresql is not None:
        result.append("PostgreSQL killed")
    result += ["disk full: records"]
    if store.objects is None:
        result.append("disk full: artifacts")
    return result


def happen(store: Store, event: str) -> dict[str, Any]:
    """One event on one set-up, while one writer logs batches of ten points."""
    experiment = store.experiment(re.sub(r"\W+", "-", event))
    account = store.folder / f"{re.sub(r'[^a-z]+', '-', event.lower())}.jsonl"
    artifacts = event.endswith("artifacts")
    job = writer.Job(
        store.uri, experiment, str(account), 0, 1, 100_000, batch=10,
        environment=store.environment | RETRIES, artifact_bytes=4 * 2**20 if artifacts else 0,
        file_limit=_limit(store, artifacts) if event.startswith("disk") and _in_client(store, artifacts) else 0,
    )  # fmt: skip
    process = _run(store, event, job, account)
    if process.is_alive():
        process.kill()
    process.join()
    refused = _mend(store, event)
    lines = writer.read_account(account)
    counts = collaboration.counted(store, experiment, [lines])
    runs = store.client().search_runs([experiment])
    run = runs[0].info if runs else None
    return {
        "store": store.name,
        "event": event,
        "acknowledged": counts["acknowledged"],
        "found": counts["found"],
        "lost": counts["lost"],
        "unacknowledged": max(0, counts["found"] - (counts["acknowledged"] - counts["lost"])),
        "half": _half(store, run, counts, refused),
        "run_status": run.status if run else None,
        "continued": _continued(store, run.run_id if run else None),
        "seen": plain(counts["error"]),
        "reason": None,
    }


def _run(store: Store, event: str, job: writer.Job, account: Path) -> Any:
    """Start the writer and let the event happen once enough points are acknowledged."""
    artifacts = event.endswith("artifacts")
    in_services = event.startswith("disk") and not _in_client(store, artifacts)
    if in_services and artifacts:  # the upload is the writer's first act
        _limit_services(store, artifacts)
    process = writer.start(job)
    deadline = time.monotonic() + 60
    if event.startswith("disk") and (artifacts or not in_services):
        process.join(40)
        return process
    while sum("steps" in line for line in writer.read_account(account)) < BEFORE and time.monotonic() < deadline:
        time.sleep(0.01)
    if event == "client killed":
        process.kill()
    elif in_services:
        _limit_services(store, artifacts)
    else:
        component = store.server if event == "server killed" else store.postgresql
        if component is not None and component.service is not None:
            component.service.kill()
    process.join(40)
    return process


def _mend(store: Store, event: str) -> int:
    """Start again what is dead, on the same port, with the same data; give back what the disk lacked.

    Returns how many requests were refused until the first was answered (connections kept in a pool are dead by then).
    Raises `StudyError` when none is.
    """
    artifacts = event.endswith("artifacts")
    if event.startswith("disk") and not _in_client(store, artifacts):
        _limit_services(store, artifacts, free=True)
    if store.postgresql is not None and store.postgresql.service is not None and not store.postgresql.service.running:
        store.postgresql.start()
    if store.server is not None and store.server.service is not None and not store.server.service.running:
        store.server.start()
    for refused in range(30):
        try:
            store.client().search_experiments(max_results=1)
            return refused
        except Exception as error:  # whatever a user would see
            log.info("%s after '%s': %s", store.name, event, str(error).splitlines()[0])
            time.sleep(0.2)
    raise StudyError(f"{store.name}: no answer after '{event}', though everything was started again")


def _in_client(store: Store, artifacts: bool) -> bool:
    """Whether it is the client's own process that writes, so that the disk has to be full for it."""
    return store.server is None and (artifacts or store.postgresql is None)


def _limit(store: Store, artifacts: bool) -> int:
    """Largest file, in bytes, that the writer may make: a little more than there is, so that it meets the end soon."""
    if artifacts:
        return max(store.size() if store.backend == "sqlite" else 0, 2**20) + 2**20
    if store.backend == "sqlite":
        return store.size() + 64 * 1024
    return 16 * 1024


def _limit_services(store: Store, artifacts: bool, free: bool = False) -> None:
    """Let the running services write no larger file than this (RLIMIT_FSIZE): to them, the disk is full."""
    size = 256 * 1024 if store.postgresql is not None else store.size() + 64 * 1024
    limit = "unlimited" if free else str(2**21 if artifacts else size)
    if store.postgresql is not None and store.postgresql.service is not None and not artifacts:
        _limit_tree(store.postgresql.service.pid, limit, store.postgresql.user)
    if store.server is not None and store.server.service is not None:
        _limit_tree(store.server.service.pid, limit, None)


def _limit_tree(main: int, limit: str, user: str | None) -> None:
    """Limit a service's processes, as the account they belong to: to change another's takes an administrator."""
    account = {"user": user, "extra_groups": []} if user else {}
    with contextlib.suppress(psutil.NoSuchProcess):  # what has ended is started afresh, without a limit
        for process in [psutil.Process(main), *psutil.Process(main).children(recursive=True)]:
            words = ["prlimit", "--pid", str(process.pid), f"--fsize={limit}:"]
            done = subprocess.run(words, capture_output=True, text=True, check=False, **account)  # type: ignore[call-overload]
            if done.returncode and process.is_running():
                raise StudyError(f"prlimit: {done.stderr.strip()}; a full disk cannot be shown on this machine")


def _half(store: Store, run: Any, counts: dict[str, Any], refused: int) -> str | None:
    """What is there in part."""
    parts = []
    if run is not None and run.status == "RUNNING":
        parts.append("the run still counts as running")
    if counts["found"] % 10:
        parts.append(f"a batch of 10 points in part ({counts['found'] % 10})")
    if run is not None:
        files = [entry for entry in store.client().list_artifacts(run.run_id) if entry.path == "large.txt"]
        if files and (files[0].file_size or 0) < 4 * 2**20:
            parts.append("an artifact in part")
    if refused:
        parts.append("dead connections are still in the pool: the first requests after the restart are refused")
    return "; ".join(parts) or None


def _continued(store: Store, run: str | None) -> bool:
    """Whether the same run takes a point and ends."""
    if run is None:
        return False
    try:
        store.client().log_metric(run, "after", 1.0)
        store.client().set_terminated(run)
        return str(store.client().get_run(run).info.status) == "FINISHED"
    except Exception as error:  # whatever it is, the run cannot go on
        log.warning("%s cannot be continued: %s", store.name, error)
        return False


def plain(text: str | None) -> str | None:
    """An error without ids, ports, times and folders."""
    if text is None:
        return None
    text = re.sub(r"[0-9a-f]{32}", "<id>", text)
    text = re.sub(r"port[ =]+\d+|127\.0\.0\.1:\d+", "<address>", text)
    text = re.sub(r"(?<![\w:])/[\w./~-]+/", "<folder>/", text)
    return re.sub(r"0x[0-9a-f]+", "<object>", text)[:200]
