"""Runs beside their published twins: what differs is counted, and what is no twin is not compared."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from traceability.reproduction import runs
from traceability.reproduction.tables import RUNS_COMPARED

SETTINGS = {"epochs": 10, "order_seed": 1, "fashion_mnist": {"epochs": 3, "share": 0.3}}
#: One arm of four runs, one of a crossed design, and one on other data.
ARMS = (("digits_mlp", "same_seed", 4), ("digits_mlp", "crossed", 2), ("digits_forest", "same_seed", 3))


def table(**changed: Any) -> pd.DataFrame:
    rows = [
        {"workload": workload, "arm": arm, "kind": arm, "replicate": number, "process": "forked", "seed": "1",
         "init": float(number) if arm == "crossed" else None, "shuffle": None, "split": None, "status": "finished",
         "weights_sha256": f"w{number}", "predictions_sha256": f"p{number}", "versions": "{}", "metric.loss": 0.5,
         "metric.mse": None}
        for workload, arm, count in ARMS for number in range(count)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    for column, values in changed.items():
        for row, value in values.items():
            frame.loc[row, column.replace("__", ".")] = value
    return frame


def compared(here: pd.DataFrame, **settings: Any) -> dict[str, dict[str, Any]]:
    rows = runs.rows(table(), here, (SETTINGS, SETTINGS | settings), 0.95)
    RUNS_COMPARED.validate(pd.DataFrame(rows), "test")
    return {f"{row['workload']}/{row['arm']}": row for row in rows}


def test_the_published_runs_are_their_own_twins() -> None:
    seen = compared(table())
    assert {name: row["n"] for name, row in seen.items()} == {
        f"{workload}/{arm}": count for workload, arm, count in ARMS
    }
    for row in seen.values():
        assert row["n"] == row["same_weights"] == row["same_predictions"] == row["same_metrics"] == row["same_versions"]
        assert row["largest_difference"] == 0 and row["reason"] is None
        assert row["same_weights_low"] < 1 == row["same_weights_high"]


def test_each_difference_is_counted_where_it_is() -> None:
    here = table(
        weights_sha256={0: "x", 1: "x"}, predictions_sha256={1: "x"}, metric__loss={1: 0.4}, versions={2: "{1}"}
    )
    row = compared(here)["digits_mlp/same_seed"]
    assert (row["same_weights"], row["same_predictions"], row["same_metrics"], row["same_versions"]) == (2, 3, 3, 3)
    assert row["largest_difference"] == pytest.approx(0.2), "of .5"
    assert row["median_difference"] == 0
    assert compared(here)["digits_forest/same_seed"]["same_weights"] == 3


def test_what_is_no_twin_is_not_compared() -> None:
    here = table(seed={0: "2"}, status={1: "failed"}, process={2: "fresh"}, init={4: 7.0})
    seen = compared(here)
    assert seen["digits_mlp/same_seed"]["n"] == 1
    assert seen["digits_mlp/crossed"]["n"] == 1, "another level of the design is another run"
    fewer = compared(table(), epochs=2)
    assert fewer["digits_mlp/same_seed"]["n"] == 0
    assert fewer["digits_mlp/same_seed"]["reason"] == "another setting here: epochs"
    assert fewer["digits_forest/same_seed"]["n"] == 3, "a forest has no epochs"
    gone = compared(table()[lambda frame: frame["workload"] == "digits_mlp"])["digits_forest/same_seed"]
    assert (gone["n"], gone["reason"]) == (0, "no such run here")
