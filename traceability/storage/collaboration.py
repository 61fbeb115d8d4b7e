"""Several processes write to one store at the same time: what is lost, doubled or torn is counted."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from traceability import records
from traceability.storage import stores, writer
from traceability.storage.stores import SQLITE_TIMEOUT_SECONDS, Store
from traceability.storage.tables import COLLABORATION

log = logging.getLogger(__name__)

#: Time given to writers to be there before they begin together.
START_SECONDS, START_SECONDS_EACH = 0.2, 0.03


def measure(
    found: Sequence[Store], writers: list[int], with_accounts: list[int], runs: int, points: int
) -> list[dict[str, Any]]:
    """Rows of `tables.COLLABORATION`: every set-up and number of writers, asynchronous calls, first use of a database.

    `with_accounts` are the numbers of writers for set-ups that check a password at every request.
    """
    result: list[dict[str, Any]] = []
    several = min((count for count in writers if count > 1), default=1)
    for store in found:
        with stores.using(store):
            for count in writers:
                if store.access == "users" and count not in with_accounts:
                    reason = "left out: each request waits for a password check; storage.writers_with_accounts adds it"
                    row = dict.fromkeys(column.name for column in COLLABORATION.columns)
                    result.append(row | {"store": store.name, "writers": count, "state": "ready", "reason": reason})
                    continue
                row = _load(store, count, runs, points)
                result.append(row)
                log.info("%s, %d writers: %s lost, %.1f s", store.name, count, row["lost"], row["seconds"])
            result.append(_load(store, several, runs, points, asynchronous=True))
            if store.server is None:
                result.append(_first_use(store, several, points))
    return [row | {"ratio": ratio} for row, ratio in zip(result, ratios(result), strict=True)]


def ratios(rows: Sequence[dict[str, Any]]) -> list[float | None]:
    """Seconds of each row over those of the reference with as many writers in the same state; None without either.

    First uses of a database have none: who fails is soon done.
    """
    own = [row for row in rows if row["store"] == stores.REFERENCE and row["state"] != "fresh"]
    base = {(row["writers"], row["state"]): row["seconds"] for row in own}
    pairs = [(row["seconds"], base.get((row["writers"], row["state"]))) for row in rows]
    return [seconds / reference if seconds and reference else None for seconds, reference in pairs]


def _load(store: Store, count: int, runs: int, points: int, asynchronous: bool = False) -> dict[str, Any]:
    """`count` writers on a migrated store, and one reader meanwhile."""
    state = "asynchronous" if asynchronous else "ready"
    experiment = store.experiment(f"load-{state}-{count}")
    accounts = [store.folder / f"account-{state}-{count}-{number}.jsonl" for number in range(count)]
    started = time.time() + START_SECONDS + START_SECONDS_EACH * count
    jobs = [
        writer.Job(
            store.uri, experiment, str(path), number, runs, points,
            environment=store.environment, asynchronous=asynchronous, start_at=started,
        )
        for number, path in enumerate(accounts)
    ]  # fmt: skip
    reader = Reader(store, experiment)
    processes = [writer.start(job) for job in jobs]
    reader.start()
    for process in processes:
        process.join()
    reader.finish()
    lines = [writer.read_account(path) for path in accounts]
    row = counted(store, experiment, lines)
    last = max((line["at"] for account in lines for line in account), default=started)
    return {
        "store": store.name,
        "writers": count,
        "state": state,
        "expected": count * runs * points,
        **row,
        "reads": reader.complete,
        "torn_reads": reader.torn,
        "seconds": last - started,
        "points_per_second": row["acknowledged"] / max(last - started, 1e-9),
        "reason": None,
    }


def counted(store: Store, experiment: str, lines: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """What writers were told against what an experiment holds."""
    told: dict[tuple[int, int, int], bool] = {}
    for number, account in enumerate(lines):
        for run, steps in writer.acknowledged(account).values():
            told.update({(number, run, step): True for step in steps})
    held, torn = held_points(store, experiment)
    errors = [line["error"] for account in lines for line in account if "error" in line]
    return {
        "acknowledged": len(told),
        "found": len(held),
        "lost": len(told.keys() - held.keys()),
        "duplicated": sum(times > 1 for times in held.values()),
        "torn": torn,
        "failed_writers": sum(not account or "done" not in account[-1] for account in lines),
        "error": errors[0] if errors else None,
    }


def held_points(store: Store, experiment: str) -> tuple[Counter[tuple[int, int, int]], int]:
    """Points found through the API as (writer, run, step), how often each; and points whose value nobody logged."""
    held: Counter[tuple[int, int, int]] = Counter()
    torn = 0
    client = store.client()
    for run in records.all_runs(client, experiment):
        tags = run.data.tags
        if "writer" not in tags or "number" not in tags:
            continue
        number, run_number = int(tags["writer"]), int(tags["number"])
        for point in client.get_metric_history(run.info.run_id, writer.METRIC):
            if point.value == writer.value_of(number, run_number, point.step):
                held[number, run_number, point.step] += 1
            else:
                torn += 1
    return held, torn


class Reader(threading.Thread):
    """Reads the whole experiment again and again while others write."""

    def __init__(self, store: Store, experiment: str) -> None:
        super().__init__(daemon=True)
        self.store, self.experiment = store, experiment
        self.complete = self.torn = 0
        self._finish = threading.Event()

    def run(self) -> None:
        """Read, with a pause that leaves the processor to the writers."""
        while not self._finish.wait(0.3):
            try:
                self.torn += held_points(self.store, self.experiment)[1] > 0
            except Exception as error:  # whatever a reader sees instead of the record counts
                log.warning("reader of %s: %s", self.store.name, error)
                self.torn += 1
            self.complete += 1

    def finish(self) -> None:
        """Stop and wait."""
        self._finish.set()
        self.join()


def _first_use(store: Store, count: int, points: int) -> dict[str, Any]:
    """The same number of writers, but the first of them ever to use a fresh database."""
    if store.backend == "sqlite":
        uri = f"sqlite:///{store.folder / 'fresh' / 'mlflow.db'}?timeout={SQLITE_TIMEOUT_SECONDS}"
        (store.folder / "fresh").mkdir()
    elif store.postgresql is not None:
        uri = store.postgresql.create(f"fresh_{store.database}")
    else:
        uri = (store.folder / "fresh").as_uri()
    fresh = Store(store.name, store.backend, store.access, uri, store.folder / "fresh", uri, store.environment)
    accounts = [store.folder / f"account-fresh-{number}.jsonl" for number in range(count)]
    jobs = [
        writer.Job(uri, "fresh", str(path), number, 1, points, environment=store.environment, create_experiment=True)
        for number, path in enumerate(accounts)
    ]
    processes = [writer.start(job) for job in jobs]
    for process in processes:
        process.join()
    lines = [writer.read_account(path) for path in accounts]
    totals: Counter[str] = Counter()
    error = None
    try:
        for number in range(count):
            found = fresh.client().get_experiment_by_name(f"fresh-{number}")
            alone: list[list[dict[str, Any]]] = [[{"done": True}]] * number + [lines[number]]
            row = counted(fresh, found.experiment_id if found else "0", alone)
            error = error or row.pop("error")
            totals.update({name: value for name, value in row.items() if isinstance(value, int)})
    except SQLAlchemyError as broken:
        # Migrations that ran into one another can leave a schema that no client opens again.
        acknowledged = sum(len(steps) for account in lines for _, steps in writer.acknowledged(account).values())
        failed = sum(not account or "done" not in account[-1] for account in lines)
        totals = Counter(acknowledged=acknowledged, lost=acknowledged, failed_writers=failed)
        error = f"the database cannot be opened any more: {str(broken).splitlines()[0]}"
    at = [line["at"] for account in lines for line in account]
    seconds = max(at) - min(at) if at else 0.0
    return {
        "store": store.name,
        "writers": count,
        "state": "fresh",
        "expected": count * points,
        **{name: totals[name] for name in ("acknowledged", "found", "lost", "duplicated", "torn", "failed_writers")},
        "error": error,
        "reads": 0,
        "torn_reads": 0,
        "seconds": seconds,
        "points_per_second": totals["acknowledged"] / seconds if seconds else 0.0,
        "reason": None,
    }
