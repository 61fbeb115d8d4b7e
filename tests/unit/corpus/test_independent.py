"""The labels made after the scanner was frozen, and how it is scored on them."""

from __future__ import annotations

import functools

import pandas as pd
import pytest
from support import ROOT

from traceability import intervals
from traceability.corpus import independent, tables
from traceability.corpus.labels import read_truth
from traceability.study.registry import read_frame

LABELS = ROOT / "resources" / "labels"
CLUSTERED = functools.partial(intervals.cluster_bootstrap, resamples=200, seed=1)


def test_labelled_projects_are_of_the_sample_and_none_was_developed_on() -> None:
    labelled = read_frame(LABELS / "independent.tsv")
    corpus = tables.PROJECTS.read(ROOT / "config" / "projects.tsv").set_index("repository")
    assert labelled["repo"].is_unique
    assert set(labelled["repo"]).isdisjoint(read_truth(LABELS / "development.tsv").index)
    chosen = corpus.loc[labelled["repo"]]
    assert (chosen["selected"] == 1).all()
    assert list(chosen["commit"]) == list(labelled["commit"])
    sites = tables.LABELLED_CALLS.read(LABELS / "independent_calls.tsv")
    assert set(sites["repository"]) <= set(labelled["repo"])


def test_flags_and_call_sites_of_the_readers_tell_the_same_story() -> None:
    truth = read_truth(LABELS / "independent.tsv")
    sites = tables.LABELLED_CALLS.read(LABELS / "independent_calls.tsv")
    for column, part in sites.groupby("column"):
        assert set(part["repository"]) == set(truth.index[truth[str(column)] == 1]), column


def site(project: str, line: int, column: str = "log_metric", second: int = 1) -> dict[str, object]:
    return {
        "repository": project, "commit": "c", "file": "a.py", "cell": -1, "line": line, "column": column,
        "reader_1": 1, "reader_2": second,
    }  # fmt: skip


def call(project: str, line: int, kind: str = "log_metric", way: str = "module") -> dict[str, object]:
    return {
        "repository": project, "commit": "c", "file": "a.py", "line": line, "cell": -1, "api": "mlflow.x",
        "kind": kind, "way": way, "confidence": "certain",
    }  # fmt: skip


def test_misses_and_inventions_are_counted_and_calls_of_own_wrappers_are_not() -> None:
    sites = pd.DataFrame([site("a", line) for line in range(1, 21)] + [site("b", 1), site("b", 2, second=0)])
    calls = pd.DataFrame(
        [call("a", line) for line in range(2, 21)]  # line 1 is missed
        + [call("b", 1), call("b", 9), call("b", 12, way="wrapped"), call("b", 13, kind="log_param")]
    )
    row, together = independent.by_call(sites, calls, 2, intervals.wilson, CLUSTERED)
    assert (row["positives"], row["tp"], row["fp"], row["fn"]) == (21, 20, 1, 1)
    assert row["precision"] == pytest.approx(20 / 21)
    assert (together["column"], together["tp"], together["fn"]) == (independent.TOGETHER, 20, 1)
    assert row["recall"] == pytest.approx(20 / 21)
    assert row["precision_low"] == pytest.approx(0.5), "a resample may hold project b alone, where 1 of 2 is right"
    assert row["readers_agree"] == pytest.approx(21 / 22)


def test_a_call_on_a_client_counts_for_its_function_and_as_use_of_a_client() -> None:
    calls = pd.DataFrame([call("a", 3, way="client"), call("a", 4, kind="client", way="client")])
    found = independent.sites_of(calls, {"log_metric", "via_client"})
    assert sorted(found[["line", "column"]].itertuples(index=False, name=None)) == [
        (3, "log_metric"), (3, "via_client"), (4, "via_client"),
    ]  # fmt: skip


def test_few_positives_give_counts_and_no_rate() -> None:
    truth = pd.DataFrame({"autolog": [1] * 19, "reader2_differs": ["autolog", *[None] * 18]}, index=range(19))
    said = pd.DataFrame({"autolog": [1] * 19}, index=range(19))
    (row,) = independent.by_project(truth, said, ["autolog"], intervals.wilson)
    assert row["tp"] == 19
    assert row["recall"] is None
    assert row["interval"] == "fewer than 20 positives: no rate"
    assert row["readers_agree"] == pytest.approx(18 / 19)


def test_without_an_error_the_interval_is_that_of_the_projects_not_of_the_sites() -> None:
    sites = pd.DataFrame([site(project, line) for project in "abcd" for line in range(1, 11)])
    calls = pd.DataFrame([call(project, line) for project in "abcd" for line in range(1, 11)])
    row, _ = independent.by_call(sites, calls, 4, intervals.wilson, CLUSTERED)
    assert row["precision"] == 1.0
    assert row["precision_low"] == pytest.approx(intervals.wilson(4, 4)[0])
