"""The raw tables of a finished experiment on Fashion-MNIST, as they are kept in resources/published.

    python -m traceability.training.raw_tables RESULTS TARGET --plan config/preregistration.yaml ...

Written are the runs as MLflow recorded them, compared with what was measured; the metrics of each epoch; the predicted
classes on unscaled and scaled test images; the plan that was in force; and `provenance.json` (METHOD 38).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from traceability.errors import StudyError
from traceability.runtime.files import read_jsonl, replacing, sha256_file, write_json
from traceability.stores import tracking
from traceability.training.collect import collect
from traceability.training.tables import EPOCHS, RUNS

FILES = ("runs.parquet", "epochs.tsv", "predictions.npz", "preregistration.yaml")


def write(results: Path, target: Path, plan: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Write the raw tables of the batches below `results` to `target`; the provenance, of which `about` is a part.

    Raises `StudyError` when a run was made under another plan, or its record is not what was measured.
    """
    folder = results / "training" / "fashion_mnist_mlp"
    lines = sorted(folder.glob("batch-*.jsonl"))
    runs = collect(lines, tracking.study_uri("", results, 120), {path: _arrays(path) for path in lines})
    digest = sha256_file(plan)
    other = runs[runs["plan_sha256"] != digest]
    if len(other):
        raise StudyError(f"{results}: {len(other)} of {len(runs)} runs were made under another plan than {plan}")
    target.mkdir(parents=True, exist_ok=True)
    RUNS.write(runs, target / "runs.parquet")
    EPOCHS.write(_epochs(lines), target / "epochs.tsv")
    _predictions(lines, target / "predictions.npz")
    shutil.copyfile(plan, target / "preregistration.yaml")
    batches = [_read_time(path) for path in lines]
    finished = runs[runs["status"] == "finished"]
    provenance = about | {
        "chapter": "training_fashion",
        "plan_sha256": digest,
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "measured": sorted({time.date().isoformat() for time in batches}),
        "versions": {
            "python": platform.python_version(),
            "today": json.loads(finished[finished["process"] != "era"]["versions"].iloc[0]),
            "era": json.loads(versions.iloc[0]) if len(versions := finished[finished["process"] == "era"]["versions"])
            else {},
        },
        "trainings": {str(arm): int(count) for arm, count in finished["arm"].value_counts().sort_index().items()},
        "seconds_of_all_trainings": float(round(finished["total_seconds"].sum(), 1)),
        "sha256": {name: sha256_file(target / name) for name in FILES},
    }  # fmt: skip
    write_json(target / "provenance.json", provenance)
    return provenance


def _arrays(path: Path) -> Path:
    """The folder of a batch's arrays; a batch that was run in two parts has one folder."""
    return path.parent / path.name.partition(".")[0]


def _read_time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _epochs(lines: Sequence[Path]) -> pd.DataFrame:
    rows = []
    for path in lines:
        for run in read_jsonl(path):
            history = run.get("history") or {}
            for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
                named = dict(zip(history, values, strict=True))
                rows.append({"arm": run["arm"], "replicate": run["replicate"], "epoch": epoch} | named)
    return pd.DataFrame(rows).sort_values(["arm", "replicate", "epoch"], ignore_index=True)


def _predictions(lines: Sequence[Path], target: Path) -> None:
    """Predicted classes of all runs: arrays (runs, images), and the names of the runs in the same order."""
    named = {
        path.name.removesuffix(".predictions.npz"): path
        for line in lines
        for path in sorted(_arrays(line).glob("*.predictions.npz"))
    }
    known = {run["key"].partition("/")[2].replace("/", "-") for line in lines for run in read_jsonl(line)}
    names = sorted(named.keys() & known)
    kept: dict[str, list[np.ndarray]] = {"predictions": [], "scaled_predictions": []}
    for name in names:
        with np.load(named[name]) as arrays:
            for key, values in kept.items():
                values.append(arrays[key])
    with replacing(target) as temporary, temporary.open("wb") as stream:
        unscaled, scaled = (np.stack(values).astype(np.uint8) for values in kept.values())
        np.savez_compressed(stream, runs=np.array(names), predictions=unscaled, scaled_predictions=scaled)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the raw tables; see the text of the module."""
    parser = argparse.ArgumentParser(prog="python -m traceability.training.raw_tables", description=main.__doc__)
    parser.add_argument("results", type=Path, help="folder with the results of the run")
    parser.add_argument("target", type=Path, help="folder for the raw tables")
    parser.add_argument("--plan", type=Path, required=True, help="the plan that was in force")
    parser.add_argument("--about", type=Path, required=True, help="JSON: status, commit, configuration, notes")
    given = parser.parse_args(arguments)
    write(given.results, given.target, given.plan, json.loads(given.about.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
