"""The frozen scanner against readers who did not see its output: per project and per call site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from traceability.corpus.tables import ENOUGH_POSITIVES

SITE = ["repository", "file", "cell", "line", "column"]
#: Ways of reaching MLflow that stand in the project's own code, as the readers counted them.
DIRECT = ("module", "name", "client", "reference")
#: Ways by which other libraries reach it for the project.
OTHERS = ("library", "configured")

#: Functions that stand in the code of users under their own name, together one row of the table for call sites.
FLUENT = (
    "log_param", "log_metric", "log_artifact", "log_model", "autolog", "set_tag", "log_input", "start_run",
    "set_experiment", "set_tracking_uri",
)  # fmt: skip
TOGETHER = "fluent functions together"

Share = Callable[[int, int], tuple[float, float]]
Clustered = Callable[[NDArray[np.float64], NDArray[Any], Callable[[NDArray[np.float64]], float]], tuple[float, float]]


def by_project(truth: pd.DataFrame, said: pd.DataFrame, columns: list[str], wilson: Share) -> list[dict[str, Any]]:
    """Rows of `tables.INDEPENDENT_ACCURACY` for projects; both frames are indexed by project and hold 0/1."""
    rows = []
    for column in columns:
        actual, given = truth[column].astype(bool), said.loc[truth.index, column].astype(bool)
        tp, fp, fn = int((actual & given).sum()), int((given & ~actual).sum()), int((actual & ~given).sum())
        differs = truth["reader2_differs"].fillna("").str.split(";").map(lambda names, own=column: own in names)
        row = {
            "level": "project", "column": column, "projects": len(truth), "positives": tp + fn, "tp": tp, "fp": fp,
            "fn": fn, "readers_agree": float(1 - differs.mean()), "interval": "Wilson over projects",
        }  # fmt: skip
        rates = {name: (tp / of, *wilson(tp, of)) for name, of in (("precision", tp + fp), ("recall", tp + fn)) if of}
        rows.append(_row(row, rates))
    return rows


def by_call(
    sites: pd.DataFrame, calls: pd.DataFrame, projects: int, wilson: Share, clustered: Clustered
) -> list[dict[str, Any]]:
    """Rows of `tables.INDEPENDENT_ACCURACY` for call sites.

    `sites` is the readers' table (a site counts when both name it, or when its `truth` was decided), `calls` the
    scanner's rows for the same projects.
    Sites of one project are alike, so projects are resampled; where no site is wrong a bootstrap has no width, and
    Wilson's interval over the projects that hold a site stands in.
    """
    agreed = (sites["reader_1"] == 1) & (sites["reader_2"] == 1)
    truth = sites[sites["truth"] == 1 if "truth" in sites else agreed]
    found = sites_of(calls, set(sites["column"]))
    both = truth.merge(found, on=SITE, how="outer", indicator=True)
    rows = []
    fluent = both[both["column"].isin(FLUENT)]
    for column, part in [*both.groupby("column"), *([(TOGETHER, fluent)] if len(fluent) else [])]:
        named = part["_merge"] != "right_only"
        given = part["_merge"] != "left_only"
        tp, fp, fn = int((named & given).sum()), int((given & ~named).sum()), int((named & ~given).sum())
        either = sites[sites["column"].isin(FLUENT if column == TOGETHER else (column,))]
        row = {
            "level": "call site", "column": column, "projects": projects, "positives": tp + fn, "tp": tp, "fp": fp,
            "fn": fn, "readers_agree": float((either["reader_1"] == either["reader_2"]).mean()) if len(either) else 1.0,
            "interval": "bootstrap over projects; without an error Wilson over projects that hold a site",
        }  # fmt: skip
        rates = {}
        for name, of, wrong in (("precision", given, fp), ("recall", named, fn)):
            if not of.any():
                continue
            owners = part.loc[of, "repository"].to_numpy(dtype=str)
            right = np.asarray((named & given)[of], dtype=np.float64)
            held = len(np.unique(owners))
            interval = clustered(right, owners, _mean) if wrong and held > 1 else wilson(held if not wrong else 0, held)
            rates[name] = (float(right.mean()), *interval)
        rows.append(_row(row, rates))
    return rows


def sites_of(calls: pd.DataFrame, columns: set[str]) -> pd.DataFrame:
    """The scanner's call sites in the readers' form: a call on a client is also one of `via_client`.

    What other libraries or configuration write to MLflow is of the column `wrapper`.
    """
    own = calls[calls["way"].isin(DIRECT)]
    others = calls[calls["way"].isin(OTHERS) & calls["kind"].str.startswith("wrapper_")].assign(kind="wrapper")
    clients = own[(own["way"] == "client") | (own["kind"] == "client")].assign(kind="via_client")
    # To the readers the column is one of the usage table; in the scan it is the place in a line.
    named = pd.concat([own, clients, others]).drop(columns="column", errors="ignore").rename(columns={"kind": "column"})
    return named.loc[named["column"].isin(columns), SITE].drop_duplicates()


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())


def _row(row: dict[str, Any], rates: dict[str, tuple[float, float, float]]) -> dict[str, Any]:
    """`row` with its rates, or with the reason why there are none."""
    few = row["positives"] < ENOUGH_POSITIVES
    for name in ("precision", "recall"):
        values = (None, None, None) if few or name not in rates else rates[name]
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
    return row | ({"interval": f"fewer than {ENOUGH_POSITIVES} positives: no rate"} if few else {})
