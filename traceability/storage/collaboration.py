"""Several processes write to one store at the same time: what is lost, doubled or torn is counted."""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.exc import SQLAlchemyError

from traceability.intervals import geometric_mean
from traceability.storage import stores, writer
from traceability.storage.stores import SQLITE_TIMEOUT_SECONDS, Store
from traceability.storage.tables import COLLABORATION, REFERENCE
from traceability.stores import tracking

log = logging.getLogger(__name__)

READY, ASYNCHRONOUS, FRESH = "ready", "asynchronous", "fresh"
Cell = tuple[int, str]
"""How many writers, and the state of the store (`tables.COLLABORATION`)."""
#: Counts that are summed over rounds.
COUNTS = (
    "expected", "acknowledged", "found", "lost", "duplicated", "torn", "failed_writers", "reads", "torn_reads",
)  # fmt: skip
LEFT_OUT = dict.fromkeys(column.name for column in COLLABORATION.columns) | {
    "reason": "left out: each request waits for a password check; storage.writers_with_accounts adds it"
}


@dataclass(frozen=True)
class Load:
    """How many processes write how much, and how often."""

    writers: list[int]
    #: The same for set-ups that check a password at every request.
    with_accounts: list[int]
    runs: int
    points: int
    rounds: int

    @property
    def several(self) -> int:
        """Writers of asynchronous calls and of first uses: the fewest that are more than one."""
        return min((count for count in self.writers if count > 1), default=1)

    def cells(self, store: Store, number: int) -> list[Cell]:
        """What a round measures on a set-up; asynchronous calls, which acknowledge nothing, only in the first."""
        ready = [(count, READY) for count in self.writers if self.wanted(store, count)]
        return ready if number else [*ready, (self.several, ASYNCHRONOUS)]

    def wanted(self, store: Store, count: int) -> bool:
        """Whether so many writers are measured there."""
        return store.access != "users" or count in self.with_accounts


def measure(set_ups: Sequence[Store], load: Load, seed: int) -> list[dict[str, Any]]:
    """Rows of `tables.COLLABORATION`: writers on every set-up, asynchronous calls, first use of a database.

    Every round visits the set-ups in a new random order, after an untimed load that warms up; asynchronous calls and
    first uses come once. Writers begin together when all have opened the store.
    """
    order = np.random.default_rng(seed)
    rounds: dict[str, dict[Cell, list[dict[str, Any]]]] = {store.name: defaultdict(list) for store in set_ups}
    for store in set_ups:
        with stores.using(store):
            _load(store, "warm-up", (1, READY), runs=1, points=1)
    for number in range(load.rounds):
        for index in order.permutation(len(set_ups)):
            store = set_ups[int(index)]
            with stores.using(store):
                for cell in load.cells(store, number):
                    row = _load(store, f"round-{number}", cell, load.runs, load.points)
                    rounds[store.name][cell].append(row)
                    log.info("round %d, %s, %d writers, %s: %s lost, %.1f s", number + 1, store.name, *cell,
                             row["lost"], row["seconds"])  # fmt: skip
    reference = rounds.get(REFERENCE, {})
    result: list[dict[str, Any]] = []
    for store in set_ups:
        own = rounds[store.name]
        rows = {cell: summary(taken, reference.get(cell, ())) for cell, taken in own.items()}
        for count in load.writers:
            rows.setdefault((count, READY), LEFT_OUT | {"store": store.name, "writers": count, "state": READY})
        if store.server is None:
            with stores.using(store):
                rows[load.several, FRESH] = summary([_first_use(store, load.several, load.points)], ())
        states = (READY, ASYNCHRONOUS, FRESH)
        result += [rows[cell] for cell in sorted(rows, key=lambda cell: (states.index(cell[1]), cell[0]))]
    return result


def summary(rounds: Sequence[dict[str, Any]], reference: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row from the rounds of one set-up, number of writers and state: counts are sums, times geometric means.

    `reference` holds the same rounds of the reference, which the ratio's pairs come from.
    """
    first = rounds[0]
    row = {name: first[name] for name in ("store", "writers", "state")}
    row |= {"n": len(rounds), "processes": len(rounds) * first["writers"]}
    row |= {name: sum(taken[name] for taken in rounds) for name in COUNTS}
    pairs = [(own["seconds"], other["seconds"]) for own, other in zip(rounds, reference, strict=False)]
    ratios = [seconds / base for seconds, base in pairs if base]  # no base: no writer of that round could begin
    columns = ("points_per_second", "ratio")
    for name, values in zip(columns, ([taken["points_per_second"] for taken in rounds], ratios), strict=True):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), geometric_mean(values), strict=True))
    row["seconds"] = geometric_mean([taken["seconds"] for taken in rounds])[0]
    error = next((taken["error"] for taken in rounds if taken["error"]), None)
    return row | {"error": error, "reason": None}


def _load(store: Store, name: str, cell: Cell, runs: int, points: int) -> dict[str, Any]:
    """Writers on a migrated store, and one reader meanwhile."""
    count, state = cell
    experiment = store.experiment(f"load-{name}-{state}-{count}")
    accounts = [store.folder / f"account-{name}-{state}-{count}-{number}.jsonl" for number in range(count)]
    jobs = [
        writer.Job(
            store.uri, experiment, str(path), number, runs, points,
            environment=store.environment, asynchronous=state == ASYNCHRONOUS,
        )
        for number, path in enumerate(accounts)
    ]  # fmt: skip
    reader = Reader(store, experiment)
    together = writer.context().Barrier(count)
    processes = [writer.start(job, together) for job in jobs]
    reader.start()
    for process in processes:
        process.join()
    reader.finish()
    lines = [writer.read_account(path) for path in accounts]
    row = counted(store, experiment, lines)
    began = [line["at"] for account in lines for line in account if "began" in line]
    seconds = max(line["at"] for account in lines for line in account) - min(began) if began else 0.0
    return {
        "store": store.name,
        "writers": count,
        "state": state,
        "expected": count * runs * points,
        **row,
        "reads": reader.complete,
        "torn_reads": reader.torn,
        "seconds": seconds,
        "points_per_second": row["acknowledged"] / seconds if seconds else 0.0,
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
    for run in tracking.all_runs(client, experiment):
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
            experiment = fresh.client().get_experiment_by_name(f"fresh-{number}")
            alone: list[list[dict[str, Any]]] = [[{"done": True}]] * number + [lines[number]]
            row = counted(fresh, experiment.experiment_id if experiment else "0", alone)
            error = error or row.pop("error")
            totals.update({name: value for name, value in row.items() if isinstance(value, int)})
    except SQLAlchemyError as broken:
        # Two migrations at the same time can leave a schema that no client can open again.
        acknowledged = sum(len(steps) for account in lines for _, steps in writer.acknowledged(account).values())
        failed = sum(not account or "done" not in account[-1] for account in lines)
        totals = Counter(acknowledged=acknowledged, lost=acknowledged, failed_writers=failed)
        error = f"the database cannot be opened any more: {str(broken).splitlines()[0]}"
    at = [line["at"] for account in lines for line in account]
    seconds = max(at) - min(at) if at else 0.0
    return {
        "store": store.name,
        "writers": count,
        "state": FRESH,
        "expected": count * points,
        **{name: totals[name] for name in ("acknowledged", "found", "lost", "duplicated", "torn", "failed_writers")},
        "error": error,
        "reads": 0,
        "torn_reads": 0,
        "seconds": seconds,
        "points_per_second": totals["acknowledged"] / seconds if seconds else 0.0,
    }
