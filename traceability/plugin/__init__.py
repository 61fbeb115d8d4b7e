"""The MLflow run context: adds to every run what MLflow leaves out. Needs the standard library and MLflow only."""

from traceability.plugin.provider import Provider

__all__ = ["Provider"]
