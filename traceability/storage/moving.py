"""Moving the same experiment from one set-up to another, with MLflow's own tool and with its client."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traceability.storage import reasons, stores
from traceability.storage.experiment import EXPERIMENT, log_experiment, own, read_back
from traceability.storage.mapping import difference
from traceability.storage.stores import Store
from traceability.storage.tables import REFERENCE

log = logging.getLogger(__name__)

MIGRATE, CLIENT = "mlflow migrate-filestore", "MLflow's client"


def measure(set_ups: Sequence[Store], missing: dict[str, str], root: Path) -> list[dict[str, Any]]:
    """Rows of `tables.MOVES`: file store to SQLite by MLflow's tool; SQLite to each other set-up through the client.

    `missing` says why a set-up could not be started; without the one to move from, each of these moves has its reason.
    """
    by_name = {store.name: store for store in set_ups}
    source = by_name.get(REFERENCE)
    if source is None:
        reason = f"{REFERENCE}, from which it is moved, could not be started: {missing[REFERENCE]}"
        result = [failed(REFERENCE, name, CLIENT, reason) for name in by_name]
    else:
        result = _by_client(source, [store for store in set_ups if store is not source])
    if "file" in by_name:
        result += _migrate(by_name["file"], root)
    others = [name for name in missing if name != REFERENCE]
    return result + [failed(REFERENCE, name, CLIENT, missing[name]) for name in others]


def _by_client(source: Store, targets: Sequence[Store]) -> list[dict[str, Any]]:
    """Through MLflow's client from one set-up to each of the others."""
    from mlflow.exceptions import MlflowException

    result: list[dict[str, Any]] = []
    with stores.using(source):
        logged = log_experiment(source)
        before = _all_of(source, logged.run_id)
    for target in targets:
        with stores.using(target):
            try:
                run = copy(source, logged.run_id, target)
                result += _compared(source.name, target.name, CLIENT, before, _all_of(target, run))
            except (MlflowException, OSError) as error:
                log.warning("%s to %s: %s", source.name, target.name, error)
                result.append(failed(source.name, target.name, CLIENT, reasons.reason(error)))
    return result


def _all_of(store: Store, run_id: str) -> dict[str, list[Any]]:
    """What reads back (`experiment.read_back`), and what a move may change besides: ids, times, MLflow's own tags."""
    run = store.client().get_run(run_id)
    models = run.outputs.model_outputs if run.outputs else []
    return read_back(store, run_id) | {
        "link from run to model": [model.step for model in models],
        "time of run": [run.info.start_time, run.info.end_time],
        "MLflow's own tag": sorted(item for item in run.data.tags.items() if item[0].startswith("mlflow.")),
        "id of run": [run_id],
        "id of model": [model.model_id for model in models],
    }


def _migrate(source: Store, root: Path) -> list[dict[str, Any]]:
    """`mlflow migrate-filestore` on a copy of the file store as it is, and on one without doubled points.

    The file store logs the first point of a metric once more when a model is logged; the tool refuses such a record.
    """
    with stores.using(source):
        logged = log_experiment(source)
        before = _all_of(source, logged.run_id)
        rows: list[dict[str, Any]] = []
        for tool, mended in ((MIGRATE, False), (f"{MIGRATE}, doubled points removed before", True)):
            folder = (root / f"migrated-{int(mended)}").resolve()
            shutil.copytree(source.folder / "store", folder / "store")
            if mended:
                for path in (folder / "store").glob("*/*/metrics/*"):
                    path.write_text("".join(dict.fromkeys(path.read_text().splitlines(keepends=True))))
            target = Store("migrated", "sqlite", "open", f"sqlite:///{folder / 'mlflow.db'}", folder, "")
            words = [sys.executable, "-m", "mlflow", "migrate-filestore", "--source", str(folder / "store")]
            done = subprocess.run(
                [*words, "--target", target.uri], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                lines = (done.stderr or done.stdout).strip().splitlines()
                said = next((line for line in lines if "Error" in line), lines[-1])
                rows.append(failed("file", "sqlite", tool, reasons.plain(said)))
            else:
                rows += _compared("file", "sqlite", tool, before, _all_of(target, logged.run_id))
    return rows


def failed(source: str, target: str, tool: str, reason: str) -> dict[str, Any]:
    """The row of a move that could not be made."""
    empty = dict.fromkeys(("entity", "values", "kept", "lost"))
    return {"source": source, "target": target, "tool": tool, **empty, "reason": reason}


def copy(source: Store, run_id: str, target: Store) -> str:
    """Read a run and its models through the client of one set-up, log them through that of another; the new run's id.

    A client cannot choose ids; everything that it can set is carried over. The run's end is set last.
    """
    from mlflow.entities import LoggedModelOutput, Param, RunTag

    old, new = source.client(), target.client()
    run = old.get_run(run_id)
    experiment_id = target.experiment(EXPERIMENT)
    for tag in own(old.get_experiment(run.info.experiment_id).tags):
        new.set_experiment_tag(experiment_id, *tag)
    made = new.create_run(experiment_id, start_time=run.info.start_time, run_name=run.info.run_name)
    there = made.info.run_id
    metrics = [point for name in run.data.metrics for point in old.get_metric_history(run_id, name)]
    params = [Param(*item) for item in run.data.params.items()]
    tags = [RunTag(*item) for item in run.data.tags.items()]
    new.log_batch(there, metrics=metrics, params=params, tags=tags)
    if run.inputs and run.inputs.dataset_inputs:
        new.log_inputs(there, datasets=run.inputs.dataset_inputs)
    with tempfile.TemporaryDirectory() as folder:
        for entry in old.list_artifacts(run_id):
            new.log_artifact(there, old.download_artifacts(run_id, entry.path, folder))
    for output in run.outputs.model_outputs if run.outputs else []:
        model = old.get_logged_model(output.model_id)
        again = new.create_logged_model(
            made.info.experiment_id, model.name, there, dict(model.tags), dict(model.params), model.model_type
        )
        with stores.using(source), tempfile.TemporaryDirectory() as folder:
            files = mlflow_download(source, model.artifact_location, folder)
            with stores.using(target):
                new.log_model_artifacts(again.model_id, files)
        new.finalize_logged_model(again.model_id, str(model.status.value))  # type: ignore[arg-type]  # one of its words
        new.log_outputs(there, [LoggedModelOutput(again.model_id, output.step)])
    new.set_terminated(there, run.info.status, run.info.end_time)
    return str(there)


def mlflow_download(store: Store, uri: str, folder: str) -> str:
    """The folder that holds the files of `uri`."""
    import mlflow

    mlflow.set_tracking_uri(store.uri)  # files behind a server are found through it
    return str(mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=store.uri))


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
