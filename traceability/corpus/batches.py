"""Batches of projects: many small fetches and scans make one job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceability.corpus.tables import PROJECTS
from traceability.errors import StudyError

if TYPE_CHECKING:  # `count` is called where the workflow is read, which needs neither pandas nor a parser
    import pandas as pd

    from traceability.corpus.scanner.scanning import Place


def count(projects: Path, size: int, template: str) -> int:
    """How many batches of at most `size` projects the table makes; a missing table makes none.

    Raises `StudyError` for a project that could not be asked for: by its name, its commit or the URL template.
    """
    from traceability.corpus.fetching import pinned_address

    if not Path(projects).is_file():
        return 0
    rows = PROJECTS.rows(projects)
    for row in rows:
        pinned_address(template, row["repository"], row["commit"])
    return -(-len(rows) // size)


def members(projects: pd.DataFrame, batch: int, size: int) -> list[dict[str, Any]]:
    """Rows of one batch, in the order of the table. Raises `StudyError` for a batch that is empty."""
    rows: list[dict[str, Any]] = projects.iloc[batch * size : (batch + 1) * size].to_dict("records")  # type: ignore[assignment]
    if not rows:
        raise StudyError(f"batch {batch} of {size} projects is empty: the table has {len(projects)} projects")
    return rows


def places(fetched: pd.DataFrame, folder: Path) -> list[Place]:
    """Where the projects of a fetched batch lie; a project that is gone lies nowhere."""
    from traceability.corpus.scanner.scanning import Place

    return [
        Place(
            str(row.repository),
            str(folder / row.path) if isinstance(row.path, str) and row.path else "",
            str(row.commit),
        )
        for row in fetched.itertuples()
    ]


def draw(projects: pd.DataFrame, number: int, seed: int) -> pd.DataFrame:
    """`number` projects at random (all, where there are no more), in the order of the table."""
    return projects.sample(n=min(number, len(projects)), random_state=seed).sort_index()
