"""Reading the runs back from MLflow and comparing them with what the processes measured."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import Progress

from traceability.errors import StudyError
from traceability.runtime.files import read_jsonl
from traceability.stores import readers, tracking
from traceability.stores.record_fields import Run
from traceability.stores.scope import Scope
from traceability.training.tables import RUNS, label

if TYPE_CHECKING:
    from mlflow import MlflowClient

log = logging.getLogger(__name__)


def collect(lines: Iterable[Path], uri: str, arrays: Mapping[Path, Path] | None = None) -> pd.DataFrame:
    """One row per replicate (columns of `RUNS`, then one column `metric.<name>` each), sorted by its key.

    Every metric and parameter of a tracked replicate is read from MLflow and must equal what the process measured.
    `arrays` names the folder of a batch's own stores where it is not the one beside its lines. Raises `StudyError` with
    the run and the first difference.
    """
    lines = list(lines)
    measured = [row for path in lines for row in read_jsonl(path)]
    client = tracking.client(uri)
    tracked = sum(bool(row["run_id"]) for row in measured)
    recorded = last_finished(client, sorted({row["workload"] for row in measured}), tracked)
    recorded |= _own_stores(lines, arrays or {})
    rows = []
    for row in measured:
        key = row["key"]
        if row["status"] == "finished" and row["run_id"]:
            run = recorded.get(key)
            if run is None:
                raise StudyError(
                    f"{key}: MLflow has no FINISHED run of it (expected {row['run_id']}); remove its batch, run again"
                )
            _compare(key, row, run)
            # What the subject measured beside its record is not MLflow's, and has no place in the comparison.
            row["metrics"] = dict(run.metrics) | row.get("metrics_beside", {})
        rows.append({name: row.get(name) for name in RUNS.column_names} | {
            "versions": json.dumps(row.get("versions", {}), sort_keys=True),
            **{f"metric.{name}": value for name, value in row.get("metrics", {}).items()},
        })  # fmt: skip
    frame = pd.DataFrame(rows).sort_values(list(RUNS.key), ignore_index=True)
    log.info("%d replicates, %d finished", len(frame), (frame["status"] == "finished").sum())
    return frame


def predictions(runs: pd.DataFrame, folders: Iterable[Path]) -> dict[str, NDArray[np.generic]]:
    """The predictions of every finished run that left some, by `<workload>/<arm>-<replicate>` (or `-fresh`, `-era`).

    `folders` are those of the batches, `<workload>/batch-<number>`. Classes fit into a byte and are kept as such.
    """
    known = {(folder.parent.name, folder.name): folder for folder in folders}
    kept = {}
    for run in runs[runs["predictions_sha256"].notna()].itertuples():
        name = label(str(run.arm), int(run.replicate), str(run.process))  # type: ignore[arg-type]
        folder = known.get((str(run.workload), f"batch-{run.batch}"), Path(str(run.workload)))
        path = folder / f"{name}.predictions.npz"
        try:
            with np.load(path) as arrays:
                values = arrays["predictions"]
        except (OSError, KeyError, ValueError):
            raise StudyError(f"{path}: no predictions of this run; remove its batch and run it again") from None
        kept[f"{run.workload}/{name}"] = values
    return kept


def _own_stores(lines: Iterable[Path], arrays: Mapping[Path, Path]) -> dict[str, Run]:
    """The last FINISHED run of every replicate with a store of its own: another MLflow's, so it is only read."""
    own_runs = {}
    for path in lines:
        for row in read_jsonl(path):
            if not row.get("store") or not row["run_id"]:
                continue
            with readers.opened(str(arrays.get(path, path.with_suffix("")) / row["store"])) as store:
                runs = {run.run_id: run for run in store.runs(Scope()) if run.status == "FINISHED"}
            if row["run_id"] in runs:
                own_runs[row["key"]] = runs[row["run_id"]]
    return own_runs


def last_finished(client: MlflowClient, workloads: list[str], expected: int | None = None) -> dict[str, Run]:
    """The last FINISHED attempt of every replicate, by key; killed and running attempts are passed over.

    `expected` runs fill the progress bar; earlier attempts that also finished come on top.
    """
    last: dict[str, Run] = {}
    with Progress(transient=True) as progress:
        task = progress.add_task("reading runs", total=expected)
        for workload in workloads:
            experiment = client.get_experiment_by_name(workload)
            if experiment is None:
                raise StudyError(
                    f"tracking store has no experiment '{workload}'; run `snakemake training` against this store"
                )
            for run in tracking.all_runs(client, experiment.experiment_id, "attributes.status = 'FINISHED'"):
                key = run.data.tags.get(f"{tracking.PREFIX}key", run.info.run_id)
                last[key] = Run(run.info.run_id, params=run.data.params, metrics=run.data.metrics)
                progress.advance(task)
    return last


def _compare(key: str, row: dict[str, Any], run: Run) -> None:
    """Raise `StudyError` unless the run holds exactly what was measured."""
    if run.run_id != row["run_id"]:
        raise StudyError(f"{key}: the last FINISHED run is {run.run_id}, the process reported {row['run_id']}")
    for what, measured, recorded in (
        ("metric", row["metrics"], run.metrics),
        ("parameter", {name: str(value) for name, value in row["params"].items()}, run.params),
    ):
        for name in sorted(measured.keys() | recorded.keys()):
            here, there = measured.get(name), recorded.get(name)
            same = here == there or (
                isinstance(here, float) and isinstance(there, float) and math.isnan(here) and math.isnan(there)
            )
            if not same:
                raise StudyError(
                    f"{key}: {what} '{name}' is {there!r} in MLflow run {run.run_id}, the process measured {here!r}"
                )
