"""What every kind of store is asked: which runs are meant, the runs themselves, and what was left out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from traceability.stores.artifacts import Artifacts
from traceability.stores.notes import Notes
from traceability.stores.record_fields import Run

#: Runs that are asked for at a time.
PAGE = 1000
STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
SOURCE_TYPE = {1: "NOTEBOOK", 2: "JOB", 3: "PROJECT", 4: "LOCAL"}


@dataclass(frozen=True)
class Scope:
    """Which runs are meant: those of `experiments` (ids), or those named; both empty: all that are not deleted.

    A run that is named is found although it, or its experiment, was deleted; `Run.deleted` says so.
    """

    experiments: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    #: Whether metrics are wanted. Without them a large database is read sooner.
    metrics: bool = True


class Store(Protocol):
    """What the kinds of stores have in common."""

    #: The kind of store and its schema, in words.
    kind: str
    artifacts: Artifacts

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id, deleted ones included."""

    def count(self, scope: Scope) -> int | None:
        """Number of runs; None where only reading them all would tell."""

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs, page by page, in any order."""

    def beginning_with(self, prefix: str) -> list[str]:
        """Ids of runs, deleted ones included, that begin with `prefix`: at most ten."""

    @property
    def notes(self) -> Notes:
        """What was left out, and what was read in spite of something: complete when the runs have been read."""


def when(milliseconds: Any) -> str:
    """ISO time in UTC of a time stamp in milliseconds; empty where there is none that can be read."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def milliseconds(value: Any) -> int | None:
    """A recorded time stamp as a whole number; None where it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
