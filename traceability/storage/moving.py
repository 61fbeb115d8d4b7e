"""Moving the same experiment from one set-up to another, with MLflow's own tool and with its client."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from traceability.storage import stores
from traceability.storage.experiment import EXPERIMENT, expected, log_experiment, read_back
from traceability.storage.mapping import difference
from traceability.storage.stores import Store

log = logging.getLogger(__name__)

MIGRATE, CLIENT = "mlflow migrate-filestore", "MLflow's client"


def measure(rows: list[dict[str, Any]], root: Path) -> list[dict[str, Any]]:
    """Rows of `tables.MOVES`: file store to SQLite by MLflow's tool; SQLite to each other set-up through the client.

    Only set-ups that are open to anyone and keep artifacts on disk take part.
    """
    result: list[dict[str, Any]] = []
    wanted = [row for row in rows if row["access"] == "open" and row["artifacts"] != "s3" and row["workers"] < 2]
    with stores.all_opened(wanted, root, "") as (found, reasons):
        by_name = {store.name: store for store in found}
        source = by_name["sqlite"]
        with stores.using(source):
            logged = log_experiment(source)
            before = read_back(source, logged.run_id)
        for target in found:
            if target is not source:
                with stores.using(target):
                    run = copy(source, logged.run_id, target)
                    result += _compared(source.name, target.name, CLIENT, before, read_back(target, run))
        if "file" in by_name:  # last: it logs into this set-up
            result += _migrate(by_name["file"], root)
    empty = dict.fromkeys(("entity", "values", "kept", "lost"))
    for name, reason in reasons.items():
        result.append({"source": "sqlite", "target": name, "tool": CLIENT, **empty, "reason": reason})
    return result


def _migrate(source: Store, root: Path) -> list[dict[str, Any]]:
    """`mlflow migrate-filestore` on a copy of the file store."""
    with stores.using(source):
        logged = log_experiment(source)
        before = read_back(source, logged.run_id)
        folder = (root / "migrated").resolve()
        shutil.copytree(source.folder / "store", folder / "store")
        uri = f"sqlite:///{folder / 'mlflow.db'}"
        words = [
            sys.executable,
            "-m",
            "mlflow",
            "migrate-filestore",
            "--source",
            str(folder / "store"),
            "--target",
            uri,
        ]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            reason = next((line for line in lines if "Error" in line), lines[-1])[:200]
            empty = dict.fromkeys(("entity", "values", "kept", "lost"))
            return [{"source": "file", "target": "sqlite", "tool": MIGRATE, **empty, "reason": reason}]
        target = Store("migrated", "sqlite", "open", uri, folder, uri)
        after = read_back(target, logged.run_id)
    return _compared("file", "sqlite", MIGRATE, before, after) + _compared(
        "file", "sqlite", f"{MIGRATE}, against what was logged", expected(logged), after
    )


def copy(source: Store, run_id: str, target: Store) -> str:
    """Read a run through the client of one set-up and log it through the client of another; the new run's id.

    This is all that a client can carry over: ids and the times of creation are the target's, and logged models
    have to be logged again from their files, which needs the framework that made them.
    """
    from mlflow.entities import Param, RunTag

    old, new = source.client(), target.client()
    run = old.get_run(run_id)
    made = new.create_run(target.experiment(EXPERIMENT), start_time=run.info.start_time, run_name=run.info.run_name)
    metrics = [point for name in run.data.metrics for point in old.get_metric_history(run_id, name)]
    params = [Param(*item) for item in run.data.params.items()]
    tags = [RunTag(*item) for item in run.data.tags.items() if not item[0].startswith("mlflow.")]
    new.log_batch(made.info.run_id, metrics=metrics, params=params, tags=tags)
    if run.inputs and run.inputs.dataset_inputs:
        new.log_inputs(made.info.run_id, datasets=run.inputs.dataset_inputs)
    with tempfile.TemporaryDirectory() as folder:
        for entry in old.list_artifacts(run_id):
            new.log_artifact(made.info.run_id, old.download_artifacts(run_id, entry.path, folder))
    new.set_terminated(made.info.run_id, run.info.status, run.info.end_time)
    return str(made.info.run_id)


def _compared(
    source: str, target: str, tool: str, before: dict[str, list[Any]], after: dict[str, list[Any]]
) -> list[dict[str, Any]]:
    """One row per entity."""
    rows = []
    for entity, values in before.items():
        left = list(after[entity])
        kept = 0
        for value in values:
            if value in left:
                left.remove(value)
                kept += 1
        lost = difference(values, after[entity])
        row = {"source": source, "target": target, "tool": tool, "entity": entity, "values": len(values)}
        rows.append(row | {"kept": kept, "lost": lost, "reason": None})
    return rows
