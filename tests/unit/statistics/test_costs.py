"""Costs relative to recording nothing."""

import pandas as pd
import pytest

from traceability.statistics.costs import cost_rows
from traceability.statistics.tables import COSTS


def measured(**levels):
    rows = []
    for level, seconds in levels.items():
        for number, value in enumerate(seconds):
            rows.append(
                {"workload": "w", "level": level, "repetition": number, "status": "finished" if value else "failed",
                 "weights_sha256": "same", "fit_seconds": value, "track_seconds": value, "total_seconds": value,
                 "database_bytes": 0 if level == "none" else 4096, "artifact_bytes": 0}
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_the_ratio_is_of_medians_and_its_interval_holds_it():
    rows = cost_rows(measured(none=[1, 2, 3, 2, 2], autolog=[6, 6, 6, 7, 5]), 500, 1, 0.95)
    COSTS.validate(pd.DataFrame(rows), "costs")
    total = next(row for row in rows if row["level"] == "autolog" and row["quantity"] == "total_seconds")
    assert total["ratio"] == pytest.approx(3)
    assert total["low"] <= 3 <= total["high"]
    assert total["low"] < total["high"]


def test_a_failed_run_is_counted_and_bytes_have_no_ratio_to_nothing():
    rows = cost_rows(measured(none=[1, 1, 1], notes=[2, None, 2]), 200, 1, 0.95)
    notes = {row["quantity"]: row for row in rows if row["level"] == "notes"}
    assert (notes["fit_seconds"]["n"], notes["fit_seconds"]["failed"]) == (2, 1)
    assert notes["fit_seconds"]["low"] is None, "two repetitions give no interval"
    assert notes["database_bytes"]["ratio"] is None
