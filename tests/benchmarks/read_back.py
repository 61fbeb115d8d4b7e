"""How long `collect_runs` takes to read 1,000, 3,000 and 10,000 replicates back from MLflow, and how that grows.

The store is a fresh SQLite file. Every replicate gets what a replicate of the network gets: a FINISHED run made by
MLflow's client (`create_run` with the study's tags, one `log_batch` with 16 metrics, 5 parameters and two digests,
`set_terminated`); one in twenty has a killed attempt before it, which must be passed over. Nothing is written around
MLflow. Then the step itself runs: reading, comparing every value with what the process is said to have measured, and
checking the table. Call: `make benchmark`, or
`python tests/benchmarks/read_back.py [--sizes 1000,3000,10000] [--repetitions 3]`; the folder TMPDIR holds the store.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.benchmarks.growth import Costs, grown, note
from traceability.runtime.files import write_jsonl
from traceability.stores import tracking
from traceability.training.collect import collect
from traceability.training.tables import RUNS

WORKLOAD = "digits_mlp"
METRICS = ("test_accuracy", "test_loss", "train_accuracy", "train_loss", "validation_accuracy", "validation_loss",
           *(f"test_accuracy_class_{digit}" for digit in range(10)))  # fmt: skip
PARAMS = {"seed_policy": "keras", "seed": 1, "threads": 0, "epochs": 10, "batch_size": 32}


def replicate(client: Any, experiment: str, number: int, values: random.Random) -> dict[str, Any]:
    """One FINISHED run, written through the client, and the line that its process would have left."""
    from mlflow.entities import Metric, Param, RunTag

    measured = {name: values.random() for name in METRICS}
    key = f"{WORKLOAD}/same_seed/{number:05d}"
    tags = {"key": key, "workload": WORKLOAD, "arm": "same_seed", "kind": "same_seed", "replicate": number, "seed": 1,
            "batch": number // 60, "process": "forked", "attempt": 1, "plan": "0" * 64}  # fmt: skip
    ours = {f"{tracking.PREFIX}{name}": str(value) for name, value in tags.items()}
    if number % 20 == 0:
        client.set_terminated(client.create_run(experiment, tags=ours).info.run_id, "KILLED")
    run_id = client.create_run(experiment, tags=ours, run_name=key).info.run_id
    digest = f"{number:064d}"
    client.log_batch(
        run_id, tags=[RunTag(f"{tracking.PREFIX}{name}_sha256", digest) for name in ("weights", "predictions")],
        metrics=[Metric(name, value, 0, 0) for name, value in measured.items()],
        params=[Param(name, str(value)) for name, value in PARAMS.items()],
    )  # fmt: skip
    client.set_terminated(run_id)
    return {
        "workload": WORKLOAD, "arm": "same_seed", "kind": "same_seed", "replicate": number, "pair": number, "seed": "1",
        "batch": number // 60, "position": number % 60, "process": "forked", "evaluation": "fixed", "key": key,
        "tracking": "explicit", "status": "finished", "run_id": run_id, "attempt": 1, "weights_sha256": digest,
        "predictions_sha256": digest, "total_seconds": 1.0, "plan_sha256": "0" * 64, "metrics": measured,
        "params": PARAMS,
    }  # fmt: skip


def measure(sizes: list[int], repetitions: int, folder: Path) -> tuple[Costs, float]:
    """Costs of reading back at each size, after a warm-up at the smallest, and the seconds it took to write a run."""
    uri = tracking.study_uri("", folder, 120)
    tracking.prepare(uri, folder / "artifacts", [WORKLOAD], folder / "tracking.json")
    client = tracking.client(uri)
    experiment = client.get_experiment_by_name(WORKLOAD).experiment_id
    values = random.Random(1)  # noqa: S311 - numbers to fill a store, not a secret
    costs: Costs = {}
    rows: list[dict[str, Any]] = []
    lines, writing = folder / "rows.jsonl", 0.0
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("writing runs through the client", total=sizes[-1])
        for size in sizes:
            begin = time.perf_counter()
            while len(rows) < size:
                rows.append(replicate(client, experiment, len(rows), values))
                bar.advance(task)
            writing += time.perf_counter() - begin
            write_jsonl(lines, rows)
            for attempt in range(repetitions + (size == sizes[0])):
                begin, cpu = time.perf_counter(), time.process_time()
                frame = RUNS.validate(collect([lines], uri), "runs")
                spent = time.perf_counter() - begin, time.process_time() - cpu
                if len(frame) != size or frame["run_id"].nunique() != size:
                    raise SystemExit(f"{size} replicates were written, {len(frame)} read back")
                if attempt or size != sizes[0]:
                    note(costs, "read back and compare: seconds", size, spent[0])
                    note(costs, "read back and compare: CPU seconds", size, spent[1])
    return costs, writing / sizes[-1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="1000,3000,10000")
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    sizes = sorted(int(size) for size in given.sizes.split(","))
    with tempfile.TemporaryDirectory(prefix="read-back-") as folder:
        costs, writing = measure(sizes, given.repetitions, Path(folder))
    table = Table("quantity", "size: median (n)", "exponent (95 %)", "at 100,000")
    for quantity, by_size in costs.items():
        medians = ", ".join(f"{size}: {np.median(found):.3g} ({len(found)})" for size, found in by_size.items())
        table.add_row(quantity, medians, *grown(by_size, 10**5))
    console = Console(width=140)
    console.print(table)
    console.print(f"written through the client: {writing * 1000:.1f} ms a run")


if __name__ == "__main__":
    main()
