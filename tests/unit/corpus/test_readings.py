"""Two readings become labels: what both name, what is decided, and what is left open."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support import ROOT

from traceability.corpus import independent, readings, tables
from traceability.corpus.independent import SITE
from traceability.corpus.labels import read_truth
from traceability.study.registry import read_frame

LABELS = ROOT / "resources" / "labels"
HEAD = "repository\tpath\tcell\tline\tcolumn\troute\tremark\n"


def reading(folder: Path, *rows: str) -> pd.DataFrame:
    folder.mkdir()
    (folder / "batch1.tsv").write_text(HEAD + "".join(f"o/p\ta.py\t-1\t{row}\n" for row in rows), encoding="utf-8")
    return readings.sites(folder)


def test_a_call_counted_a_few_lines_off_is_one_and_a_place_decided_against_is_none(tmp_path: Path) -> None:
    first = reading(tmp_path / "a", "3\tlog_metric\tdirect\t", "9\twrapper\tnone\tambiguous: an option")
    second = reading(tmp_path / "b", "5\tlog_metric\tdirect\t", "30\tlog_metric\tdirect\tambiguous: dead code")
    both = readings.together(first, second)
    assert both[["line", "reader_1", "reader_2", "ambiguous"]].to_numpy().tolist() == [[3, 1, 1, 0], [30, 0, 1, 1]]


def test_what_readers_differ_in_is_open_until_it_is_decided(tmp_path: Path) -> None:
    first = reading(tmp_path / "a", "3\tlog_metric\tdirect\t", "40\tlog_model\tdirect\t")
    both = readings.together(first, reading(tmp_path / "b", "3\tlog_metric\tdirect\t"))
    nothing = pd.DataFrame(columns=[*SITE, "truth"])
    assert list(readings.settled(both, nothing)["truth"].isna()) == [False, True]
    decided = both.loc[[1], SITE].assign(truth=0)
    assert list(readings.settled(both, decided)["truth"]) == [1, 0]


def test_flags_follow_from_sites_that_are_true() -> None:
    said = pd.DataFrame({"uses_mlflow": [1, 1], "wrapper": [0, 1], "seeds": [0, 0]}, index=["o/p", "o/q"])
    sites = pd.DataFrame([
        {"repository": "o/p", "column": column, "truth": truth}
        for column, truth in (("log_metric", 1), ("autolog", 0), ("log_param", 0))
    ])  # fmt: skip
    made = readings.flags(said, sites)
    assert made.loc["o/p", ["log_metric", "autolog", "traces_direct"]].tolist() == [1, 0, 1]
    assert made.loc["o/q", ["traces_direct", "traces_any"]].tolist() == [0, 1]


def test_fresh_projects_are_in_no_earlier_set_of_labels_and_at_the_commit_that_was_scanned() -> None:
    fresh = read_frame(LABELS / "fresh.tsv")
    assert len(fresh) >= 60
    earlier = {name for file in ("development", "independent") for name in read_frame(LABELS / f"{file}.tsv")["repo"]}
    assert earlier.isdisjoint(fresh["repo"])
    corpus = tables.PROJECTS.read(ROOT / "config" / "projects.tsv").set_index("repository")
    assert list(corpus.loc[fresh["repo"], "commit"]) == list(fresh["commit"])
    assert (corpus.loc[fresh["repo"], "listed"] > "2026-11-23").all(), "listed before the scanner was frozen"


def test_every_fresh_place_has_a_truth_and_the_flags_tell_the_same_story() -> None:
    sites = tables.FRESH_CALLS.read(LABELS / "fresh_calls.tsv")
    same = sites["reader_1"] == sites["reader_2"]
    assert (sites.loc[same, "truth"] == 1).all()
    decided = read_frame(LABELS / "fresh_decided.tsv")
    places = decided[~decided["column"].str.startswith("project:")]
    assert int((~same).sum()) == len(places)
    columns = [name for name in independent.FLUENT] + ["via_client", "wrapper"]
    flags = read_truth(LABELS / "fresh.tsv", columns)
    true = sites[sites["truth"] == 1]
    for column in columns:
        assert set(true.loc[true["column"] == column, "repository"]) == set(flags.index[flags[column] == 1]), column


def test_what_other_libraries_write_is_of_the_column_wrapper_and_calls_of_own_functions_are_none() -> None:
    calls = pd.DataFrame([
        {"repository": "o/p", "file": "a.yaml", "cell": -1, "line": line, "kind": kind, "way": way}
        for line, kind, way in ((1, "wrapper_hydra", "configured"), (2, "wrapper_keras", "library"),
                                (3, "wrapper_keras", "wrapped"))
    ])  # fmt: skip
    found = independent.sites_of(calls, {"wrapper"})
    assert list(found["line"]) == [1, 2]


def test_a_folder_without_a_reading_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no reading"):
        readings.sites(tmp_path)
