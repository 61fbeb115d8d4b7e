"""File stores as MLflow of several eras laid them out, written by hand: the records that real repositories hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMIT = "7c9e2f10ab34cd56ef7890123456789abcdef012"


def write_run(
    store: Path, number: int, *, tags: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None,
    metrics: Mapping[str, str] | None = None, files: Mapping[str, str] | None = None, experiment: str = "3",
    meta: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Write one run into the file store `store`, with its experiment if that is not there; its id."""
    run_id = f"{number:08x}" + "5a" * 12
    home = store / experiment
    if not home.is_dir():
        home.mkdir(parents=True)
        about = {"experiment_id": experiment, "name": f"experiment {experiment}", "lifecycle_stage": "active",
                 "artifact_location": f"file:///elsewhere/mlruns/{experiment}"}  # fmt: skip
        (home / "meta.yaml").write_text(_yaml(about))
    folder = home / run_id
    about = {"run_id": run_id, "run_uuid": run_id, "experiment_id": experiment, "status": 3, "user_id": "somebody",
             "start_time": 1_650_000_000_000 + number, "end_time": 1_650_000_060_000 + number, "source_type": 4,
             "lifecycle_stage": "active",
             "artifact_uri": f"file:///elsewhere/mlruns/{experiment}/{run_id}/artifacts"}  # fmt: skip
    folder.mkdir()
    (folder / "meta.yaml").write_text(_yaml(about | dict(meta or {})))
    for kind, values in (("tags", tags), ("params", params), ("artifacts", files)):
        for name, text in (values or {}).items():
            path = folder / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for name, text in (metrics or {}).items():
        (folder / "metrics").mkdir(exist_ok=True)
        (folder / "metrics" / name).write_text(f"1650000000000 {text} 0\n")
    return run_id


def source(name: str, kind: str = "LOCAL", commit: str = COMMIT, **more: str) -> dict[str, str]:
    """The tags with which MLflow records what was started."""
    found = {"mlflow.source.name": name, "mlflow.source.type": kind, "mlflow.user": "somebody"}
    return found | ({"mlflow.source.git.commit": commit} if commit else {}) | more


def model_note(path: str = "model", **versions: str) -> dict[str, Any]:
    """One entry of the tag in which MLflow 1 and 2 list the models of a run."""
    flavors = {"python_function": {"loader_module": "mlflow.sklearn", "python_version": "3.8.12", "env": "conda.yaml"}}
    return {"artifact_path": path, "utc_time_created": "2022-04-15 05:20:00", "flavors": flavors | {
        name: {f"{name}_version": version} for name, version in versions.items()}}  # fmt: skip


def _yaml(values: Mapping[str, Any]) -> str:
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
