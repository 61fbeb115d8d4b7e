"""What can keep a record from being read; each is a `StudyError`, so that a command prints it as one line."""

from __future__ import annotations

from traceability.errors import StudyError


class NoAnswer(StudyError):
    """Nothing answers at an address, or not in time, or not as an MLflow server or a database would."""


class NotAStore(StudyError):
    """What lies at an address is no MLflow store, or none that can be read as it is."""


class BusyStore(NotAStore):
    """Somebody writes the store at this moment, and it did not come to rest."""


class UnknownRun(StudyError):
    """No run, or more than one, has the id that was given."""
