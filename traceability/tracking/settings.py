"""Configuration of the tracking chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings


class Section(Settings):
    """Where the study's own MLflow runs go."""

    uri: str = ""
    """MLflow tracking URI; empty: SQLite at results/tracking/mlflow.db; `service`: a server on PostgreSQL that the
    workflow starts for the time of its run. Credentials belong in the environment."""
    host: str = "127.0.0.1"
    """With `service`: the name under which the jobs' machines reach this one. Who reaches it may write."""
    artifacts: str = ""
    """Artifact location of the experiments; empty means results/tracking/artifacts (a server decides by itself)."""
    sqlite_timeout_seconds: int = Field(default=120, ge=1, le=3600)
    """How long a writer waits for SQLite's lock before it gives up."""
