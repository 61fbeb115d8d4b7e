"""Verdicts on records, counted."""

from __future__ import annotations

import pandas as pd

from traceability.capture.tables import VERDICTS
from traceability.intervals import wilson


def counts(captured: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Rows of `tables.CAPTURE_COUNTS` from results/capture/capture.tsv; launches that failed are not counted.

    The launch modes are a list made by hand, no sample: the interval says how far so many cases reach, not more.
    """
    measured = captured[captured["verdict"].notna()]
    rows = []
    keys = ["system", "version", "tracking", "need", "field", "ours"]
    for key, cell in measured.groupby(keys, sort=False):
        number = {verdict: int((cell["verdict"] == verdict).sum()) for verdict in VERDICTS}
        low, high = wilson(number["correct"], len(cell), confidence)
        rows.append(
            dict(zip(keys, key, strict=True)) | number
            | {"n": len(cell), "mean_share": float(cell["share"].mean()), "low": low, "high": high}
        )  # fmt: skip
    return pd.DataFrame(rows)
