"""The interpreter with the libraries of 2024, in which some arms run.

It is the environment that is built once for the trackers (`build_environment`), from a locked list of what those
libraries resolved to in February 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import traceability
from traceability.runtime.files import read_json


@dataclass(frozen=True)
class Era:
    """An interpreter and what it finds besides its own packages; an empty `python` has its `reason`."""

    python: str
    reason: str
    path: tuple[str, ...]


def read(receipt: Path) -> Era:
    """What the receipt of the environment says. The harness is found by its folder: nothing else of ours is added."""
    said = read_json(receipt)
    return Era(str(said["python"]), str(said["reason"]), (str(Path(traceability.__file__).resolve().parents[1]),))
