"""Seconds and bytes of logging, the set-ups interleaved, up a ladder of sizes."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from traceability.intervals import median_interval, ratio_of_medians
from traceability.storage import stores
from traceability.storage.stores import Store
from traceability.storage.tables import REFERENCE

log = logging.getLogger(__name__)

CREATE, SINGLE, BATCH, UPLOAD = "create a run", "log a metric", "log a batch", "upload a model"
RUN_BYTES, POINT_BYTES = "bytes of a run", "bytes of a point"
UNITS = {
    CREATE: "s per run",
    SINGLE: "s per point",
    BATCH: "s per point",
    UPLOAD: "s per MiB",
    RUN_BYTES: "bytes per run",
    POINT_BYTES: "bytes per point",
}
#: Points that MLflow takes in one request.
LARGEST_BATCH = 1000
#: Runs and points whose bytes are measured: many of them, because databases grow by whole pages.
WEIGHED_RUNS, WEIGHED_POINTS = 200, 5000

Cell = tuple[str, int]
"""An operation and its size: runs, single calls, points of a batch, MiB."""


@dataclass(frozen=True)
class Sizes:
    """What is timed, how often, and when it is enough."""

    repetitions: int
    single_calls: tuple[int, ...]
    batch_points: tuple[int, ...]
    upload_mib: int
    #: A cell is repeated until it has taken this long in one set-up.
    repeat_seconds: float
    #: A cell whose single repetition would take longer than this is left out, as judged from the next smaller size.
    at_most_seconds: float

    def cells(self) -> list[Cell]:
        """Every operation at every size, small ones first."""
        return [
            (CREATE, 1),
            *((SINGLE, size) for size in sorted(self.single_calls)),
            *((BATCH, size) for size in sorted(self.batch_points)),
            (UPLOAD, self.upload_mib),
        ]


@dataclass
class Samples:
    """Seconds per unit measured in one set-up, cell by cell, and why a cell has none."""

    seconds: dict[Cell, list[float]] = field(default_factory=dict)
    left_out: dict[Cell, str] = field(default_factory=dict)

    def wanted(self, cell: Cell, sizes: Sizes) -> bool:
        """Whether one more repetition of a cell is due; notes the reason where it would take too long."""
        operation, size = cell
        if cell in self.left_out:
            return False
        here = self.seconds.get(cell, [])
        if here:
            return len(here) < sizes.repetitions and size * sum(here) < sizes.repeat_seconds
        below = [known for known in self.seconds if known[0] == operation and known[1] < size]
        if below:
            expected = size * statistics.median(self.seconds[max(below)])
            if expected > sizes.at_most_seconds:
                self.left_out[cell] = (
                    f"{size} of them would take {expected:.0f} s, more than storage.at_most_seconds allows"
                )
                return False
        return True


def measure(set_ups: Sequence[Store], sizes: Sizes, resamples: int, seed: int) -> list[dict[str, Any]]:
    """Rows of `tables.COST`. Every repetition visits the set-ups in a new random order, after one that warms up."""
    order = np.random.default_rng(seed)
    samples = {store.name: Samples() for store in set_ups}
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        model.mkdir()
        (model / "weights.bin").write_bytes(order.bytes(sizes.upload_mib * 2**20))
        for store in set_ups:
            with stores.using(store):
                experiment = store.experiment("cost")
                samples[store.name].seconds |= weigh(store, experiment)
                for operation, size in ((CREATE, 1), (SINGLE, 1), (BATCH, 1), (UPLOAD, sizes.upload_mib)):
                    once(store, experiment, (operation, size), model)
        for repetition in range(sizes.repetitions):
            for index in order.permutation(len(set_ups)):
                store = set_ups[int(index)]
                with stores.using(store):
                    experiment = store.experiment("cost")
                    for cell in sizes.cells():
                        if samples[store.name].wanted(cell, sizes):
                            taken = once(store, experiment, cell, model)
                            samples[store.name].seconds.setdefault(cell, []).append(taken)
            log.info("repetition %d of %d", repetition + 1, sizes.repetitions)
    return [row for store in set_ups for row in rows_of(store.name, samples, resamples, seed)]


def once(store: Store, experiment: str, cell: Cell, model: Path) -> float:
    """Seconds per unit of one operation, in a run of its own."""
    from mlflow.entities import Metric

    client = store.client()
    operation, size = cell
    run = "" if operation == CREATE else client.create_run(experiment).info.run_id
    batch = [Metric("batch", 1 / (1 + step), 1_700_000_000_000 + step, step) for step in range(size)]

    def log_singles() -> None:
        for step in range(size):
            client.log_metric(run, "single", 0.1, step=step)

    def log_batches() -> None:
        for first in range(0, size, LARGEST_BATCH):
            client.log_batch(run, metrics=batch[first : first + LARGEST_BATCH])

    def upload() -> None:
        made = client.create_logged_model(experiment, name="weights", source_run_id=run)
        client.log_model_artifacts(made.model_id, str(model))
        client.finalize_logged_model(made.model_id, "READY")

    calls: dict[str, Callable[[], Any]] = {
        CREATE: lambda: client.create_run(experiment),
        SINGLE: log_singles,
        BATCH: log_batches,
        UPLOAD: upload,
    }
    started = time.perf_counter()
    calls[operation]()
    return (time.perf_counter() - started) / size


def weigh(store: Store, experiment: str) -> dict[Cell, list[float]]:
    """Bytes that a run without content, and a metric point, add to the record.

    The runs are created in the store behind a server, not through it: the rows are the same.
    """
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    direct = MlflowClient(tracking_uri=store.backend_uri)
    before = store.size()
    for _ in range(WEIGHED_RUNS):
        run = direct.create_run(experiment).info.run_id
    with_runs = store.size()
    for first in range(0, WEIGHED_POINTS, LARGEST_BATCH):
        steps = range(first, first + LARGEST_BATCH)
        store.client().log_batch(
            run, metrics=[Metric("weighed", 1 / (1 + step), 1_700_000_000_000 + step, step) for step in steps]
        )
    return {
        (RUN_BYTES, WEIGHED_RUNS): [(with_runs - before) / WEIGHED_RUNS],
        (POINT_BYTES, WEIGHED_POINTS): [(store.size() - with_runs) / WEIGHED_POINTS],
    }


def rows_of(name: str, samples: dict[str, Samples], resamples: int, seed: int) -> list[dict[str, Any]]:
    """A row per cell of one set-up; without a ratio where the reference was not measured, or not at this size."""
    rows = []
    own, reference = samples[name], samples.get(REFERENCE, Samples()).seconds
    for cell, values in own.seconds.items():
        row = {"store": name, "operation": cell[0], "size": cell[1], "unit": UNITS[cell[0]], "n": len(values)}
        row["median"] = statistics.median(values)
        row["low"], row["high"] = median_interval(values, resamples, seed) or (None, None)
        row |= relative(values, reference.get(cell, ()), resamples, seed)
        row["reason"] = None if cell in reference else f"no ratio: {REFERENCE} was not measured at this size"
        rows.append(row)
    for cell, reason in own.left_out.items():
        row = {"store": name, "operation": cell[0], "size": cell[1], "unit": UNITS[cell[0]], "n": None}
        empty = dict.fromkeys(("median", "low", "high", "ratio", "ratio_low", "ratio_high"))
        rows.append(row | empty | {"reason": reason})
    return rows


def relative(values: Sequence[float], reference: Sequence[float], resamples: int, seed: int) -> dict[str, Any]:
    """Ratio of medians to the reference's, with its interval; exactly 1 for the reference itself."""
    if values is reference:
        return dict.fromkeys(("ratio", "ratio_low", "ratio_high"), 1.0)
    ratio = ratio_of_medians(values, reference, resamples, seed)
    return {"ratio": ratio["ratio"], "ratio_low": ratio["low"], "ratio_high": ratio["high"]}
