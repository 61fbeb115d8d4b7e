"""Reads truths: the table beside the calibration projects, and hand labels of real ones."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from traceability.corpus import tables
from traceability.errors import StudyError
from traceability.study.registry import read_frame


def read_truth(path: Path, columns: Collection[str] = ()) -> pd.DataFrame:
    """0/1 per project (index) for every labelled column of the usage table, and `ambiguous`.

    `columns` says which columns are labelled, where that is not every one. Both forms are read: `project`
    (calibration) or `repo` (hand labels, where `wrapper` is a text that names it).
    Raises `StudyError` naming a column that is missing or a cell that is neither 0 nor 1.
    """
    frame = read_frame(path, {name: "str" for name in ("project", "repo", "wrapper")}).fillna({"wrapper": "0"})
    name = "project" if "project" in frame.columns else "repo"
    labelled = [column.name for column in tables.FLAGS if not columns or column.name in columns]
    missing = [column for column in (name, *labelled) if column not in frame.columns]
    if missing:
        raise StudyError(f"{path}: column '{missing[0]}' is missing; a truth has one for each labelled column")
    frame = frame.set_index(name)
    frame["wrapper"] = (~frame["wrapper"].isin(["0"])).astype(int)
    for column in labelled:
        wrong = frame.index[~frame[column].isin([0, 1])]
        if len(wrong):
            raise StudyError(f"{path}: {wrong[0]}, {column}: expected 0 or 1, found {frame.loc[wrong[0], column]!r}")
        frame[column] = frame[column].astype(int)
    if "ambiguous" not in frame.columns:
        frame["ambiguous"] = 0
    return frame[[*labelled, "ambiguous"]]
