"""What is kept of one run: counts, presence of fields, states; never a name, a value or a text of the record."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from traceability.audit import names as called
from traceability.audit.evidence import Audited, by_user
from traceability.stores import record_fields, small_files
from traceability.stores.artifacts import Artifacts
from traceability.stores.notes import Notes
from traceability.stores.record_fields import Run

_VERSION = re.compile(r"\d+\.\d+(?:\.\w+)*")
_IN_MODEL = re.compile(r"^mlflow_version:\s*['\"]?(\d+\.\d+[\w.]*)", re.MULTILINE)
_MONTH = re.compile(r"\d{4}-\d{2}")
_STATUS = frozenset({"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"})
#: Tags that only autologging writes.
_AUTOLOGGED = ("mlflow.autologging", "estimator_class")


def digest(text: str) -> str:
    """The beginning of the SHA-256 of a text: enough to tell copies, too little to be taken for an id."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def of_run(one: Audited, artifacts: Artifacts) -> dict[str, Any]:
    """The columns of `tables.RUNS` that the record alone decides."""
    run, missing = one.run, {piece for item in one.items.values() for piece in item.missing}
    listed = models(run, artifacts)
    return {
        "run": digest(run.run_id),
        "month": run.start[:7] if _MONTH.fullmatch(run.start[:7]) else None,
        "mlflow": version(run, artifacts, listed),
        "status": run.status if run.status in _STATUS else None,
        "params": len(run.params),
        "metrics": len(run.metrics),
        "inputs": len(run.datasets),
        "models": len(listed),
        "autologged": int(any(name in run.tags for name in _AUTOLOGGED)),
        "nested": int(bool(run.parent)),
        "artifacts": int(bool(artifacts.names(run.artifacts)) if run.artifacts else False),
        "python": int("python" not in missing),
        "level": one.level,
        **{f"{name}_state": item.state for name, item in one.items.items()},
        "missing": ";".join(sorted(missing)) or None,
        "data_named": int(bool(data_places(run))),
        "seed": int("seed" not in missing),
        "flags": int("flags" not in missing and bool(called.flags(by_user(run)))),
    }


def models(run: Run, artifacts: Artifacts) -> list[str]:
    """Folders of the models that a run logged, whether or not their files are there."""
    found = [place for place in run.models if place]
    found += [f"{run.artifacts}/{item['artifact_path']}" for item in record_fields.models_listed(run.tags)]
    if not found and run.artifacts:
        names = artifacts.names(run.artifacts) or frozenset()
        found = [
            f"{run.artifacts}/{name}".removesuffix("/.")
            for name in sorted({*names, "."})
            if "MLmodel" in (artifacts.names(f"{run.artifacts}/{name}".removesuffix("/.")) or ())
        ]
    return list(dict.fromkeys(found))


def version(run: Run, artifacts: Artifacts, listed: list[str]) -> str | None:
    """The version of MLflow that a logged model names."""
    for place in listed:
        named = _IN_MODEL.search(artifacts.text(place, "MLmodel") or "")
        if named:
            return named[1]
    named = re.search(r'"mlflow_version":\s*"([^"]*)"', run.tags.get("mlflow.log-model.history") or "")
    return named[1] if named and _VERSION.fullmatch(named[1]) else None


def data_places(run: Run) -> list[str]:
    """Places of data that a record names: parameters and tags called so, and the sources of logged inputs."""
    own = {name: value for name, value in run.tags.items() if not name.startswith(("mlflow.", record_fields.PREFIX))}
    found = [*called.data_places(run.params).values()]
    found += [value for name, value in own.items() if name in record_fields.DATA_PLACES and value not in ("", "None")]
    found += filter(None, (_source(item.source_type, item.source) for item in run.datasets))
    return list(dict.fromkeys(found))


def _source(kind: str, text: str) -> str:
    """The place in MLflow's description of a data set's source; empty where it is code."""
    if kind == "code":
        return ""
    try:
        about = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    wanted = ("uri", "url", "path", "delta_table_name", "dataset_name", "table", "name")
    return next((str(about[name]) for name in wanted if isinstance(about, dict) and about.get(name)), "")


def points_of_database(path: Path) -> dict[str, int]:
    """Number of points of all metrics' histories, by run id."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            if not connection.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'metrics'"
            ).fetchall():
                return {}
            return {str(k): int(n) for k, n in connection.execute("SELECT run_uuid, count(*) FROM metrics GROUP BY 1")}
    except sqlite3.Error:
        return {}


def points_of_folder(folder: str) -> int:
    """Lines with a point in the files of a run's metrics; 0 where there is no folder."""
    number = 0
    for _, path in small_files.files(f"{folder}/metrics", Notes()):
        try:
            number += sum(1 for line in small_files.read(path, 2**28).splitlines() if len(line.split()) >= 2)
        except (FileNotFoundError, small_files.Unreadable):
            continue
    return number
