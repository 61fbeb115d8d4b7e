"""The MLflow run context: adds to every run what MLflow leaves out. Needs the standard library and git only.

MLflow loads `Provider` while it is itself being imported, so nothing here imports MLflow.
"""

from traceability.plugin.provider import Provider, stamp

__all__ = ["Provider", "stamp"]
