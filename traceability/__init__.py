"""Instruments that measure what an MLflow-tracked experiment lets you trace, store, run again and reproduce.

One sub-package per chapter of the study; the modules beside them are shared. Chapters never import each other:
what one needs of another travels as a file. Nothing in here imports Snakemake.
"""

from __future__ import annotations

__version__ = "0.1.0"


def stamp(run_id: str, tracking_uri: str | None = None) -> dict[str, str]:
    """Write to an MLflow run what MLflow does not record: code state, seeds and flags in force, packages, command line.

    For runs made with `MlflowClient` or `mlflow run`, which the run-context plugin cannot reach. Returns the tags.
    """
    import importlib

    # By name, because every module of the library imports this file: the digest of a rule's code follows imports, and
    # an edit of the plugin must not rerun the whole study.
    found: dict[str, str] = importlib.import_module("traceability.plugin").stamp(run_id, tracking_uri)
    return found
