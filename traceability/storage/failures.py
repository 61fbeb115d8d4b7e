"""Killing components and filling the disk while clients log: what was acknowledged must still be there."""

from __future__ import annotations

import logging
import logging.handlers
import multiprocessing.connection
import multiprocessing.queues
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.runtime.processes import die_with_parent
from traceability.storage import collaboration, disks, reasons, stores, writer
from traceability.storage.fulldisk import LARGE_BYTES, FullDisk
from traceability.storage.stores import Given, Store
from traceability.storage.tables import FAILURES

log = logging.getLogger(__name__)

#: Calls that each client has had acknowledged before the component is killed.
BEFORE = 8
#: How long a client may take for these calls.
PATIENCE_SECONDS = 60
#: Points per call.
BATCH = 10
#: Clients that log while a service is killed. With accounts there is one, as each request waits 0.2 s for its password.
CLIENTS, CLIENTS_WITH_ACCOUNTS = 4, 1
#: Every client uploads a small file first; where the disk for artifacts is full, a large one after it.
SMALL, LARGE = ("small.txt", 4096), ("large.txt", LARGE_BYTES)
#: How often the client repeats a failed request: once, so that a failure shows within seconds.
RETRIES = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
CLIENT, CLIENT_ASYNCHRONOUS = "client killed", "client killed, asynchronous"
SERVER, POSTGRESQL = "server killed", "PostgreSQL killed"
RECORDS, ARTIFACTS = "disk full: records", "disk full: artifacts"
DISK_MIB = {stores.POSTGRESQL: 512}
#: Size of the disk of a set-up without a database server.
OTHER_DISK_MIB = 128


def measure(rows: Sequence[dict[str, Any]], root: Path, given: Given) -> list[dict[str, Any]]:
    """Rows of `tables.FAILURES`: every event that a set-up can meet.

    Everything runs in a child process, so that it can have small disks of its own (`disks`); where the system refuses
    them, a full disk is a limit on the size of files. The child has to come from a fork server: forked from here, it
    would take this process's fork server for its own, whose writers do not see its disks.
    """
    context = writer.context()
    here, there = context.Pipe()
    records = context.Queue()
    listener = logging.handlers.QueueListener(records, *logging.getLogger().handlers)
    listener.start()
    child = context.Process(target=_apart, args=(rows, root, given, there, records))
    child.start()
    there.close()
    try:
        answer = here.recv()
    except EOFError:
        child.join()
        raise StudyError(f"the process that breaks the set-ups ended with {child.exitcode}; see the log") from None
    finally:
        child.join()
        listener.stop()
    if isinstance(answer, str):
        raise StudyError(answer)
    return list(answer)


def _apart(
    rows: Sequence[dict[str, Any]],
    root: Path,
    given: Given,
    answer: multiprocessing.connection.Connection,
    records: multiprocessing.queues.Queue[logging.LogRecord],
) -> None:
    """What the child does: small disks if it may, then every event; its rows, or an error in words, go to `answer`."""
    handlers = [logging.handlers.QueueHandler(records)]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers, force=True)
    refused = ""
    try:
        disks.enter()
        # The account that runs PostgreSQL must be able to enter this folder.
        root.chmod(0o711)
        for name in [stores.POSTGRESQL, *(row["store"] for row in rows)]:
            disks.mount(root / name, DISK_MIB.get(name, OTHER_DISK_MIB))
    except StudyError as error:
        refused = str(error)
        log.warning("no small disks: %s; the size of files is limited instead", error)
    die_with_parent()
    try:
        answer.send(_all_events(rows, root, given, not refused))
    except StudyError as error:
        answer.send(str(error))


def _all_events(rows: Sequence[dict[str, Any]], root: Path, given: Given, small_disks: bool) -> list[dict[str, Any]]:
    with stores.all_opened(rows, root, given) as (set_ups, missing):
        result = [row for store in set_ups for row in of_store(store, small_disks)]
    return result + [_not(name, reason) for name, reason in missing.items()]


def of_store(store: Store, small_disks: bool = False) -> list[dict[str, Any]]:
    """Every event of one set-up; where it does not come back, this event and the rest are rows with the reason."""
    from mlflow.exceptions import MlflowException

    wanted, rows = events(store), list[dict[str, Any]]()
    try:
        with stores.using(store):
            for event, reason in wanted.items():
                row = _not(store.name, reason, event) if reason else happen(store, event, small_disks)
                rows.append(row)
                log.info("%s, %s: %s lost of %s", store.name, event, row["lost"], row["acknowledged"])
    except (StudyError, MlflowException) as error:
        log.warning("%s: %s", store.name, error)
        rows += [_not(store.name, reasons.reason(error), event) for event in list(wanted)[len(rows) :]]
    return rows


def _not(store: str, reason: str, event: str | None = None) -> dict[str, Any]:
    """A row with a reason."""
    empty = dict.fromkeys(column.name for column in FAILURES.columns)
    return empty | {"store": store, "event": event, "reason": reason}


def events(store: Store) -> dict[str, str | None]:
    """What can happen to a set-up, or why it is not tried."""
    result: dict[str, str | None] = {CLIENT: None, CLIENT_ASYNCHRONOUS: None}
    foreign = store.postgresql is not None and store.postgresql.service is None
    if store.server is not None:
        result[SERVER] = None
    if store.postgresql is not None:
        result[POSTGRESQL] = "an existing server (storage.postgresql) is not the study's to kill" if foreign else None
    result[RECORDS] = "the disk of an existing server (storage.postgresql) is not the study's" if foreign else None
    result[ARTIFACTS] = None
    return result


def happen(store: Store, event: str, small_disks: bool = False) -> dict[str, Any]:
    """One event on one set-up, while clients log batches of ten points."""
    from mlflow.exceptions import MlflowException

    experiment = store.experiment(re.sub(r"\W+", "-", event))
    full = FullDisk(store, event == ARTIFACTS, small_disks) if event in (RECORDS, ARTIFACTS) else None
    several = CLIENTS_WITH_ACCOUNTS if store.access == "users" else CLIENTS
    count = several if event in (SERVER, POSTGRESQL) else 1
    notes = store.folder.parent / "accounts"  # not on a disk that gets full
    notes.mkdir(exist_ok=True)
    accounts = [notes / account_name(store.name, event, number) for number in range(count)]
    jobs = [
        writer.Job(
            store.uri, experiment, str(account), number, 1, 100_000, batch=BATCH,
            environment=store.environment | RETRIES,
            artifacts=(SMALL, LARGE) if event == ARTIFACTS else (SMALL,),
            file_limit=full.limit_of_client if full else 0,
            asynchronous=event == CLIENT_ASYNCHRONOUS,
        )
        for number, account in enumerate(accounts)
    ]  # fmt: skip
    try:
        _run(store, event, jobs, full)
    except StudyError as error:
        return _not(store.name, reasons.reason(error), event)
    refused = _mend(store, event, full)
    lines = [writer.read_account(account) for account in accounts]
    row = {
        "store": store.name,
        "event": event,
        "means": full.means if full else "SIGKILL",
        "logging": "asynchronous" if event == CLIENT_ASYNCHRONOUS else "synchronous",
        "writers": count,
        "reason": None,
    }
    try:
        return row | _left(store, experiment, lines, refused)
    except MlflowException as error:
        # A half-written entry can keep MLflow from reading the rest; then everything counts as lost.
        log.warning("%s after '%s': %s", store.name, event, error)
        acknowledged = sum(len(steps) for line in lines for _, steps in writer.acknowledged(line).values())
        uploads = sum(len(writer.acknowledged_artifacts(line)) for line in lines)
        errors = [line["error"] for account in lines for line in account if "error" in line]
        return row | {
            "acknowledged": acknowledged,
            "found": 0,
            "lost": acknowledged,
            "torn": 0,
            "unacknowledged": 0,
            "artifacts_acknowledged": uploads,
            "artifacts_lost": uploads,
            "half": reasons.plain(f"MLflow cannot read the experiment any more: {reasons.first_line(error)}"),
            "run_status": None,
            "continued": False,
            "seen": reasons.plain(errors[0]) if errors else None,
        }


def account_name(store: str, event: str, number: int) -> str:
    """Name of the file in which one client notes what was acknowledged; no two clients of a table share one."""
    return re.sub(r"[^a-z0-9]+", "-", f"{store} {event}".lower()) + f"-{number}.jsonl"


def _left(store: Store, experiment: str, lines: list[list[dict[str, Any]]], refused: int) -> dict[str, Any]:
    """What there is after an event. Raises `MlflowException` where MLflow cannot read the record."""
    counts = collaboration.counted(store, experiment, lines)
    runs = [run.info for run in store.client().search_runs([experiment])]
    return {
        "acknowledged": counts["acknowledged"],
        "found": counts["found"],
        "lost": counts["lost"],
        "torn": counts["torn"],
        "unacknowledged": max(0, counts["found"] - (counts["acknowledged"] - counts["lost"])),
        **_uploads(store, [upload for line in lines for upload in writer.acknowledged_artifacts(line)]),
        "half": _half(store, experiment, runs, refused),
        "run_status": ", ".join(sorted({run.status for run in runs})) or None,
        "continued": bool(runs) and all(_continued(store, run.run_id) for run in runs),
        "seen": reasons.plain(counts["error"]) if counts["error"] else None,
    }


def _uploads(store: Store, acknowledged: list[tuple[str, str, int]]) -> dict[str, int]:
    """How many uploads returned, and how many of those files are not there, byte by byte."""
    lost = 0
    for run, name, size in acknowledged:
        with tempfile.TemporaryDirectory() as folder:
            try:
                held = Path(store.client().download_artifacts(run, name, folder)).read_bytes()
            except Exception as error:  # whatever it is, the file cannot be had
                log.warning("%s: %s of run %s: %s", store.name, name, run, error)
                held = b""
        lost += held != writer.content(size)
    return {"artifacts_acknowledged": len(acknowledged), "artifacts_lost": lost}


def _run(store: Store, event: str, jobs: list[writer.Job], full: FullDisk | None) -> None:
    """Start the clients, let the event happen once enough is acknowledged, and wait until each has noticed.

    Raises `StudyError` where a full disk cannot be shown, and where too little was acknowledged to show anything.
    """
    if full and full.artifacts:  # uploads are a client's first acts
        full.fill()
    processes = [writer.start(job) for job in jobs]
    try:
        if not (full and (full.artifacts or full.limit_of_client)):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not all(_calls(job) >= BEFORE for job in jobs):
                if time.monotonic() > deadline:
                    raise StudyError(
                        f"{store.name}: a client had fewer than {BEFORE} calls acknowledged within "
                        f"{PATIENCE_SECONDS} s; '{event}' is not tried"
                    )
                time.sleep(0.01)
            if event in (CLIENT, CLIENT_ASYNCHRONOUS):
                processes[0].kill()
            elif full:
                full.fill()
            else:
                component = store.server if event == SERVER else store.postgresql
                if component is not None and component.service is not None:
                    component.service.kill()
        for process in processes:
            process.join(40)
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
            process.join()


def _calls(job: writer.Job) -> int:
    """Acknowledged calls of a client."""
    return sum("steps" in line for line in writer.read_account(Path(job.account)))


def _mend(store: Store, event: str, full: FullDisk | None) -> int:
    """Start again what is dead, on the same port, with the same data; give back the room that the disk lacked.

    Returns how many requests were refused until the first was answered (connections kept in a pool are dead by then).
    Raises `StudyError` when none is.
    """
    if full:
        full.free()
    refused = 0
    for _ in range(30):
        # Checked each time, because a database server that cannot finish its recovery on a full disk stops later.
        for component in (store.postgresql, store.server):
            if component is not None and component.service is not None and not component.service.running:
                component.start()
        try:
            store.client().search_experiments(max_results=1)
            return refused
        except Exception as error:  # whatever a user would see
            log.info("%s after '%s': %s", store.name, event, str(error).splitlines()[0])
            # A database in recovery refuses every client; only failures that last longer are counted.
            refused += store.postgresql is None or store.postgresql.answers()
            time.sleep(0.2)
    raise StudyError(f"{store.name}: no answer after '{event}', though everything was started again")


def _half(store: Store, experiment: str, runs: list[Any], refused: int) -> str | None:
    """What is there in part."""
    parts = []
    running = sum(run.status == "RUNNING" for run in runs)
    if running:
        parts.append("the run still counts as running" if len(runs) == 1 else f"{running} runs still count as running")
    points: dict[int, int] = {}
    for number, _, _ in collaboration.held_points(store, experiment)[0]:
        points[number] = points.get(number, 0) + 1
    cut = [held % BATCH for held in points.values() if held % BATCH]
    if cut:
        parts.append(f"a batch of {BATCH} points in part ({', '.join(map(str, cut))})")
    for run in runs:
        files = [entry for entry in store.client().list_artifacts(run.run_id) if entry.path == "large.txt"]
        if files and (files[0].file_size or 0) < LARGE_BYTES:
            parts.append(f"an artifact in part ({(files[0].file_size or 0) / disks.MIB:.1f} of 4 MiB)")
    if refused:
        parts.append("dead connections are still in the pool: the first requests after the restart are refused")
    return "; ".join(parts) or None


def _continued(store: Store, run: str) -> bool:
    """Whether the same run takes a point and ends."""
    try:
        store.client().log_metric(run, "after", 1.0)
        store.client().set_terminated(run)
        return str(store.client().get_run(run).info.status) == "FINISHED"
    except Exception as error:  # whatever it is, the run cannot go on
        log.warning("%s cannot be continued: %s", store.name, error)
        return False
