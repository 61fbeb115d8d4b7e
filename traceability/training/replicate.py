"""One replicate: a subject launched as its user would launch it, observed from outside.

Runs inside a child that was forked from a preloaded server, or in a fresh interpreter
(`python -m traceability.training.replicate ORDER.json`); both take the same road.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from traceability.runtime import environment, processes
from traceability.runtime.files import read_json, sha256_arrays, sha256_npz, write_json
from traceability.stores import tracking
from traceability.study import forked


def run(order: dict[str, Any]) -> None:
    """Run the replicate that `order` describes and write what was seen to `order["result"]` (JSON).

    `order` has: script, arguments (words after the script), output (folder), result (file), tracking_uri, tags, log;
    for a store of its own also experiment and artifacts (folder).
    A failing subject is a result with status `failed`, never an exception.
    """
    begin = time.perf_counter()
    processes.die_with_parent()
    forked.speak_to(Path(order["log"]))
    script = Path(order["script"])
    output = Path(order["output"])
    output.mkdir(parents=True, exist_ok=True)
    forked.fresh_entropy()
    tracked = order["tracking_uri"] is not None
    if tracked:
        os.environ["MLFLOW_TRACKING_URI"] = order["tracking_uri"]
        import mlflow

        mlflow.set_tracking_uri(order["tracking_uri"])
        if "artifacts" in order and mlflow.get_experiment_by_name(order["experiment"]) is None:
            # A store of its own needs an artifact location, or MLflow writes artifacts below the working directory.
            mlflow.create_experiment(order["experiment"], artifact_location=Path(order["artifacts"]).as_uri())
        tracking.add_tags_to_every_run(order["tags"])
    seen: dict[str, Any] = {"status": "finished", "error": None}
    os.chdir(script.parent)
    try:
        forked.as_main(script.name, *order["arguments"], "--output", str(output))
    except BaseException as error:  # whatever the subject does, it is a result of this replicate
        if not (isinstance(error, SystemExit) and not error.code):
            traceback.print_exc()
            seen |= {"status": "failed", "error": traceback.format_exception_only(error)[-1].strip()[:300]}
    seen["run_id"] = _last_run() if tracked else None
    if seen["status"] == "finished":
        seen |= read_json(output / "summary.json")
        seen["weights_sha256"] = sha256_npz(output / "weights.npz")
        seen["output_weights_sha256"] = _output_layer(output / "weights.npz")
        seen["predictions_sha256"] = sha256_npz(output / "predictions.npz")
        if seen["run_id"]:
            _stamp(seen)
    seen |= environment.in_force()
    seen["rss_mib"] = _peak_rss_mib()
    seen["versions"] = environment.versions()
    seen["total_seconds"] = time.perf_counter() - begin
    write_json(order["result"], seen)


def _last_run() -> str | None:
    import mlflow

    run = mlflow.last_active_run()
    return None if run is None else str(run.info.run_id)


def _stamp(seen: dict[str, Any]) -> None:
    """Write the digests, known only after the run, beside the study's other tags."""
    import mlflow

    client = mlflow.MlflowClient()
    for name in ("weights_sha256", "predictions_sha256"):
        client.set_tag(seen["run_id"], f"{tracking.PREFIX}{name}", seen[name])


def _output_layer(path: Path) -> str | None:
    """Digest of the last kernel and bias of a network; its arrays are w00, w01, ... in the order of the layers."""
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        names = sorted(name for name in arrays.files if name[1:].isdigit())
        return sha256_arrays({name: arrays[name] for name in names[-2:]}) if names else None


def _peak_rss_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main(order_file: str) -> None:
    """Entry point of a fresh process."""
    logging.disable(logging.DEBUG)
    tracking.quiet()
    run(json.loads(Path(order_file).read_text()))


if __name__ == "__main__":
    main(sys.argv[1])
