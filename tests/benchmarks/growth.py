"""How costs grow: replicates of a batch, scanned projects, stored runs and planned jobs, each at three sizes.

Sizes are interleaved, `--repetitions` times over, after one warm-up at the smallest. The growth exponent is the slope
of log cost over log size (least squares, 95 % interval by Student's t); what a target size would cost is that line,
carried on. CPU seconds are those of the measuring process (or of Snakemake), the ones to trust on a busy machine.
PostgreSQL is a fresh one. Call: `make benchmark`, or
`python tests/benchmarks/growth.py [--repetitions 3] [--only replicates,projects,runs,plan]`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import psutil
import scipy.stats
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from support import ROOT

from traceability.corpus.scanner import scanning
from traceability.corpus.tables import PROJECTS
from traceability.runtime import services
from traceability.runtime.files import read_jsonl
from traceability.stores import tracking
from traceability.stores.tracking import prepare
from traceability.study import subjects
from traceability.training.batch import run_batch
from traceability.training.plan import Sizes, batch_of

ARM = {
    "workload": "digits_mlp", "arm": "same_seed", "kind": "same_seed", "replicates": None, "evaluation": "fixed",
    "process": "forked", "tracking": "explicit", "options": "--seed-policy keras --seed 1",
}  # fmt: skip
Costs = dict[str, dict[int, list[float]]]
"""Quantity -> size -> one value per repetition."""


def note(costs: Costs, quantity: str, size: int, value: float) -> None:
    """Keep one measured value."""
    costs.setdefault(quantity, {}).setdefault(size, []).append(value)


def in_turn(sizes: list[int], repetitions: int, measure: Callable[[int], dict[str, float]]) -> Costs:
    """Measure every size in every repetition, in a random order, after one warm-up."""
    measure(sizes[0])
    costs: Costs = {}
    order = random.Random(1)  # noqa: S311 - an order, not a secret
    for _ in range(repetitions):
        for size in order.sample(sizes, len(sizes)):
            for quantity, value in measure(size).items():
                note(costs, quantity, size, value)
    return costs


def cpu_of_children() -> float:
    """CPU seconds so far of this process and of the forked replicates that ended; the fork server waited for them."""
    own = time.process_time()
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # it has no public name
    if server is None:
        return own
    times = psutil.Process(server).cpu_times()
    return own + times.children_user + times.children_system


def replicates(repetitions: int) -> Costs:
    """Seconds of a batch of the network (2 epochs), from its start to its file; in all, and for each replicate."""

    def measure(size: int) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            inputs, targets = load_digits(return_X_y=True)
            (folder / "data").mkdir()
            np.savez(folder / "data" / "data.npz", inputs=inputs, targets=targets)
            order = np.arange(len(targets))
            np.savez(folder / "data" / "splits.npz", train=order[:-360], evaluation=order[-360:])
            uri = tracking.study_uri("", folder, 120)
            prepare(uri, folder / "artifacts", ["digits_mlp"], folder / "tracking.json")
            staged = subjects.stage(ROOT / "subjects" / "digits_mlp", folder / "digits_mlp", folder / "subject.json")
            items = batch_of([ARM], 0, Sizes(size, 2, 10_000, base_seed=1, epochs=2))
            begin, cpu = time.perf_counter(), cpu_of_children()
            run_batch(
                items, staged, data=folder / "data", preload=["keras", "mlflow.tensorflow"], uri=uri,
                plan_sha256="benchmark", arrays=folder / "arrays", rows=folder / "rows.jsonl", lock=folder / "lock",
            )  # fmt: skip
            seconds, cpu = time.perf_counter() - begin, cpu_of_children() - cpu
            if [row["status"] for row in read_jsonl(folder / "rows.jsonl")] != ["finished"] * size:
                raise SystemExit("a replicate failed; its cost is none")
            return {
                "replicates: seconds of the batch": seconds,
                "replicates: seconds each": seconds / size,
                "replicates: CPU seconds each": cpu / size,
            }

    return in_turn([3, 9, 27], repetitions, measure)


def projects(repetitions: int) -> Costs:
    """Seconds of scanning the calibration projects, laid out several times over."""
    calibration = [path for path in (ROOT / "tests" / "data" / "calibration").iterdir() if path.is_dir()]
    with tempfile.TemporaryDirectory() as name:
        laid: list[scanning.Place] = []
        for number in range(20):
            for folder in calibration:
                target = Path(name) / f"{folder.name}-{number}"
                shutil.copytree(folder, target)
                laid.append(scanning.Place(target.name, str(target)))

        def measure(size: int) -> dict[str, float]:
            begin, cpu = time.perf_counter(), time.process_time()
            scanning.scan_places(laid[:size])
            return {
                "projects: seconds": time.perf_counter() - begin,
                "projects: CPU seconds": time.process_time() - cpu,
            }

        return in_turn([len(laid) // 16, len(laid) // 4, len(laid)], repetitions, measure)


def stored_runs(repetitions: int) -> Costs:
    """On PostgreSQL with so many runs of 10 values: seconds to read all, to log 20 more, and bytes."""
    import mlflow
    from mlflow.entities import Metric, Param

    costs: Costs = {}
    with services.postgresql() as server:
        uri = server.create("growth")
        client = mlflow.MlflowClient(uri)
        experiment = client.create_experiment("growth", artifact_location="file:///nowhere")

        def log_runs(number: int) -> float:
            begin = time.perf_counter()
            for _ in range(number):
                run = client.create_run(experiment)
                metrics = [Metric(f"metric_{index}", 0.5, 0, 0) for index in range(5)]
                params = [Param(f"param_{index}", "1") for index in range(5)]
                client.log_batch(run.info.run_id, metrics=metrics, params=params)
                client.set_terminated(run.info.run_id)
            return time.perf_counter() - begin

        def read_runs() -> int:
            seen, token = 0, None
            while True:
                page = client.search_runs([experiment], max_results=1000, page_token=token)
                seen += len(page)
                token = page.token
                if not token:
                    return seen

        def mebibytes() -> float:
            with contextlib.closing(server.connect("growth")) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_database_size('growth')")
                return float(cursor.fetchone()[0]) / 2**20

        present, empty = 0, mebibytes()
        for size in (500, 2_000, 8_000):
            log_runs(size - present)
            for _ in range(max(repetitions, 3)):
                begin, cpu = time.perf_counter(), time.process_time()
                present = read_runs()
                note(costs, "runs: seconds to read all", size, time.perf_counter() - begin)
                note(costs, "runs: CPU seconds to read all", size, time.process_time() - cpu)
                cpu = time.process_time()
                note(costs, "runs: seconds to log one", size, log_runs(20) / 20)
                note(costs, "runs: CPU seconds to log one", size, (time.process_time() - cpu) / 20)
                note(costs, "runs: MiB in PostgreSQL, without the empty tables", size, mebibytes() - empty)
                present += 20
    return costs


def plan(repetitions: int) -> Costs:
    """Seconds of `snakemake --dry-run` on the study as published with these replicates an arm and projects; jobs."""
    table = PROJECTS.read(ROOT / "config" / "projects.tsv")
    with tempfile.TemporaryDirectory() as name:

        def measure(size: int) -> dict[str, float]:
            many = table.sample(n=size, replace=True, random_state=1).reset_index(drop=True)
            many["repository"] = [f"owner{number}/project" for number in range(size)]
            PROJECTS.write(many, Path(name) / f"{size}.tsv")
            (Path(name) / str(size)).mkdir(exist_ok=True)
            # Of 21 arms 13 have as many replicates as this says; the others' few hundred do not grow.
            training, corpus = {"replicates": size // 13}, {"projects": f"{name}/{size}.tsv"}
            words = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--dry-run", "--quiet"]
            words += ["rules", "--directory", f"{name}/{size}", "--configfile", str(ROOT / "config" / "paper.yaml")]
            words += ["--config", f"training={json.dumps(training)}", f"corpus={json.dumps(corpus)}"]
            begin, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
            seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            total = next(line for line in (done.stdout + done.stderr).splitlines() if line.startswith("total "))
            return {"plan: seconds": seconds, "plan: CPU seconds": cpu, "plan: jobs": float(total.split()[1])}

        return in_turn([1000, 3000, 10_000], repetitions, measure)


def grown(by_size: dict[int, list[float]], target: int) -> tuple[str, str]:
    """The exponent with its interval, and the cost at `target`, to read."""
    logs = np.log([[size, value] for size, values in by_size.items() for value in values])
    fit = scipy.stats.linregress(logs[:, 0], logs[:, 1])
    half = scipy.stats.t.ppf(0.975, len(logs) - 2) * fit.stderr
    at = np.exp(fit.intercept + fit.slope * np.log(target))
    return f"{fit.slope:.2f} ({fit.slope - half:.2f} to {fit.slope + half:.2f})", f"{at:,.3g}"


PARTS: dict[str, tuple[Callable[[int], Costs], int]] = {
    "replicates": (replicates, 10**5),
    "projects": (projects, 10**5),
    "runs": (stored_runs, 10**6),
    "plan": (plan, 10**5),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", default=",".join(PARTS))
    given = parser.parse_args()
    table = Table("quantity", "size: median (n)", "exponent (95 %)", "at", "would be")
    for name in given.only.split(","):
        measure, target = PARTS[name]
        for quantity, by_size in measure(given.repetitions).items():
            medians = ", ".join(
                f"{size}: {np.median(values):.3g} ({len(values)})" for size, values in sorted(by_size.items())
            )
            exponent, at = grown(by_size, target)
            table.add_row(quantity, medians, exponent, f"{target:,}", at)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
