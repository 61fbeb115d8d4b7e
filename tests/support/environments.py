"""Virtual environments that tests need, each built once and kept below `build/environments` for the next time."""

from __future__ import annotations

from pathlib import Path

from support import ROOT
from traceability.runtime import virtualenvs

CACHE = ROOT / "build" / "environments"


def python_with(requirements: str, *, python: str = "", until: str = "") -> Path:
    """The interpreter of an environment that holds `requirements` (text of a requirements file) and nothing else.

    `python` is a version (this process' own by default), `until` a date after which nothing may have been published.
    """
    return virtualenvs.build(
        requirements, python or virtualenvs.running(), CACHE, until=until, sources=True, again=True
    )
