"""Seconds and bytes of logging, the set-ups interleaved, and milliseconds per request to a server."""

from __future__ import annotations

import importlib.util
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from traceability import services
from traceability.storage import stores
from traceability.storage.stores import Store

log = logging.getLogger(__name__)

REFERENCE = "sqlite"
UNITS = {
    "create a run": "s per run",
    "log a metric": "s per point",
    "log a batch": "s per point",
    "upload a file": "s per MiB",
    "bytes of points": "bytes per point",
}


def operations(store: Store, experiment: str, calls: int, points: int, upload: Path, mib: int) -> dict[str, float]:
    """One repetition of every timed operation on one set-up: seconds per unit."""
    from mlflow.entities import Metric

    client = store.client()
    seconds: dict[str, float] = {}

    def timed(name: str, units: int, call: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        answer = call()
        seconds[name] = (time.perf_counter() - started) / units
        return answer

    run = timed("create a run", 1, lambda: client.create_run(experiment)).info.run_id
    timed("log a metric", calls, lambda: [client.log_metric(run, "single", 0.1, step=step) for step in range(calls)])
    batch = [Metric("batch", 1 / (1 + step), 1_700_000_000_000 + step, step) for step in range(points)]

    def send() -> None:
        for first in range(0, points, 1000):
            client.log_batch(run, metrics=batch[first : first + 1000])

    timed("log a batch", points, send)
    timed("upload a file", mib, lambda: client.log_artifact(run, str(upload)))
    client.set_terminated(run)
    return seconds


def bootstrap(
    values: list[float], reference: list[float], resamples: int, seed: int
) -> tuple[float, float, float, float, float, float]:
    """Median and ratio of medians to `reference`, each with its 95 % percentile bootstrap interval.

    Rows are resampled independently in both samples; percentile method of Efron and Tibshirani (1993, ch. 13).
    """
    draw = np.random.default_rng(seed)
    own = np.median(draw.choice(np.array(values), (resamples, len(values))), axis=1)
    other = np.median(draw.choice(np.array(reference), (resamples, len(reference))), axis=1)
    median, base = statistics.median(values), statistics.median(reference)
    low, high = np.quantile(own, [0.025, 0.975])
    if values is reference:
        return median, float(low), float(high), 1.0, 1.0, 1.0
    ratio_low, ratio_high = np.quantile(own / other, [0.025, 0.975])
    return median, float(low), float(high), median / base, float(ratio_low), float(ratio_high)


def measure(
    rows: list[dict[str, Any]],
    root: Path,
    swift: str,
    repetitions: int,
    calls: int,
    points: int,
    mib: int,
    resamples: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of `tables.COST`. Every repetition visits the set-ups in a new random order; the first is not counted."""
    order = np.random.default_rng(seed)
    samples: dict[str, dict[str, list[float]]] = {}
    with stores.all_opened(rows, root, swift) as (found, reasons), tempfile.TemporaryDirectory() as folder:
        upload = Path(folder) / "upload.bin"
        upload.write_bytes(np.random.default_rng(seed).bytes(mib * 2**20))
        experiments = {}
        for store in found:
            with stores.using(store):
                experiments[store.name] = store.experiment("cost")
                before = store.size()
                _fill(store, experiments[store.name], 5000)
                samples[store.name] = {"bytes of points": [(store.size() - before) / 5000]}
        for repetition in range(-1, repetitions):
            for index in order.permutation(len(found)):
                store = found[int(index)]
                with stores.using(store):
                    seconds = operations(store, experiments[store.name], calls, points, upload, mib)
                if repetition >= 0:
                    for name, value in seconds.items():
                        samples[store.name].setdefault(name, []).append(value)
            log.info("repetition %d of %d", repetition + 1, repetitions)
    result = []
    for name, measured in samples.items():
        for operation, values in measured.items():
            reference = samples[REFERENCE][operation]
            numbers = bootstrap(values, reference, resamples, seed)
            columns = ("median", "low", "high", "ratio", "ratio_low", "ratio_high")
            row = {"store": name, "operation": operation, "unit": UNITS[operation], "n": len(values), "reason": None}
            result.append(row | dict(zip(columns, numbers, strict=True)))
    empty = dict.fromkeys(result[0]) if result else {}
    return result + [{**empty, "store": name, "reason": reason} for name, reason in reasons.items()]


def _fill(store: Store, experiment: str, points: int) -> None:
    """Log as many points as it takes to see what one of them occupies."""
    from mlflow.entities import Metric

    client = store.client()
    run = client.create_run(experiment).info.run_id
    for first in range(0, points, 1000):
        steps = range(first, first + 1000)
        client.log_batch(
            run, metrics=[Metric("fill", 1 / (1 + step), 1_700_000_000_000 + step, step) for step in steps]
        )


def latency(root: Path, requests: int, resamples: int, seed: int) -> list[dict[str, Any]]:
    """Rows of `tables.LATENCY`: small requests to servers with one and with two workers.

    A kept connection to a server of several workers is slow with Python's own event loop: Uvicorn then binds the
    socket itself without naming its protocol, and asyncio leaves Nagle's algorithm on for accepted connections
    (`asyncio.base_events._set_nodelay` asks for the protocol), so the second part of each answer waits for the client's
    delayed acknowledgement, 40 ms on Linux. uvloop switches the algorithm off for every connection. Where this is the
    cause, a new connection for each request, or uvloop, is fast with two workers too.
    """
    import requests as http

    loops = ["asyncio", *(["uvloop"] if importlib.util.find_spec("uvloop") else [])]
    result = []
    for workers in (1, 2):
        for loop in loops:
            folder = (root / f"latency-{workers}-{loop}").resolve()
            folder.mkdir(parents=True, exist_ok=True)
            uri = f"sqlite:///{folder / 'mlflow.db'}"
            options = ("--uvicorn-opts", f"--loop {loop} --log-level warning")
            with services.mlflow_server(folder, uri, str(folder / "artifacts"), workers, options) as server:
                address = f"{server.uri}/api/2.0/mlflow/experiments/get?experiment_id=0"
                for connection in ("kept", "new"):
                    times = []
                    with http.Session() as session:
                        for number in range(requests + 10):
                            started = time.perf_counter()
                            answer = session.get(address) if connection == "kept" else http.get(address, timeout=30)
                            answer.raise_for_status()
                            if number >= 10:  # the first warm up
                                times.append(1000 * (time.perf_counter() - started))
                    median, low, high, *_ = bootstrap(times, times, resamples, seed)
                    result.append(
                        {"store": "server_sqlite", "workers": workers, "loop": loop, "connection": connection}
                        | {"n": len(times), "median_ms": median, "low_ms": low, "high_ms": high}
                    )
    return result
