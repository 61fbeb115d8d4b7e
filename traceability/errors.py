"""The error a user can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StudyError(Exception):
    """A mistake or a missing thing outside the code: one line that says what, where, what was expected and what to do.

    The command line and the workflow's scripts print the message without a traceback.
    """


class MissingExtra(StudyError):
    """A package that one of the extras brings is not installed; the message names both."""

    def __init__(self, module: str, extra: str) -> None:
        self.module, self.extra = module, extra
        super().__init__(f"the package {module} is not installed; pip install 'traceability[{extra}]' brings it")


class NotWritable(StudyError):
    """A file that cannot be written where it was asked for."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint naming the known word closest to `name`, or all known words when none is close."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"
