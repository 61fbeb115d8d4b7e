"""What a replicate costs: a forked child of a batch against one fresh process, and against pure fitting.

Everything is measured in one run on one machine, interleaved, after a warm-up; ratios of medians with a bootstrap
interval. Call: `make benchmark`, or `python tests/benchmarks/batch_cost.py [--repetitions 12]`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from support import ROOT

from traceability.intervals import ratio_of_medians
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


def ratio(above: np.ndarray, below: np.ndarray) -> str:
    """Ratio of medians with its 95 % bootstrap interval, to read."""
    found = ratio_of_medians(above, below, resamples=10_000, seed=1, confidence=0.95)
    return "{ratio:.2f} ({low:.2f} to {high:.2f})".format(**found)


def measure(folder: Path, repetitions: int) -> list[dict]:
    """Rows of one batch in which forked and fresh replicates of one arm alternate at random, without the first ones."""
    inputs, targets = load_digits(return_X_y=True)
    (folder / "data").mkdir()
    np.savez(folder / "data" / "data.npz", inputs=inputs, targets=targets)
    order = np.arange(len(targets))
    np.savez(folder / "data" / "splits.npz", train=order[:-360], evaluation=order[-360:])
    uri = tracking.study_uri("", folder, 120)
    prepare(uri, folder / "artifacts", ["digits_mlp"], folder / "tracking.json")
    staged = subjects.stage(ROOT / "subjects" / "digits_mlp", folder / "digits_mlp", folder / "digits_mlp.json")
    sizes = Sizes(repetitions, 2, 10_000, base_seed=1, epochs=10, fresh_controls=repetitions)
    items = batch_of([ARM], 0, sizes)
    run_batch(
        items, staged, data=folder / "data", preload=["keras", "mlflow.tensorflow"], uri=uri,
        plan_sha256="benchmark", arrays=folder / "arrays", rows=folder / "rows.jsonl", lock=folder / "lock",
    )  # fmt: skip
    rows = read_jsonl(folder / "rows.jsonl")
    # The first of each kind warms the disk, and the first forked one waits until the fork server has its libraries.
    first = {next(row["key"] for row in rows if row["process"] == kind) for kind in ("forked", "fresh")}
    return [row for row in rows if row["key"] not in first]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=12)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), parser.parse_args().repetitions)
    wall = {
        kind: np.array([row["wall_seconds"] for row in rows if row["process"] == kind]) for kind in ("forked", "fresh")
    }
    pure = np.array([row["fit_seconds"] + row["evaluate_seconds"] for row in rows if row["process"] == "forked"])
    table = Table("cost of a replicate, network, explicit tracking", "n", "median seconds")
    table.add_row("fit and evaluate alone", str(len(pure)), f"{np.median(pure):.2f}")
    for kind, label in (("forked", "child of a batch"), ("fresh", "fresh process")):
        table.add_row(label, str(len(wall[kind])), f"{np.median(wall[kind]):.2f}")
    console = Console()
    console.print(table)
    console.print(f"batch child / fit and evaluate: {ratio(wall['forked'], pure)}")
    console.print(f"fresh process / batch child:    {ratio(wall['fresh'], wall['forked'])}")


if __name__ == "__main__":
    main()
