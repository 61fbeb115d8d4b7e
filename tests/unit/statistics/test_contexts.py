"""Maintenance is counted in signs, and a kind is one that both readings give."""

from __future__ import annotations

import pandas as pd
import pytest
from support import ROOT

from traceability.corpus import tables
from traceability.statistics import contexts, maintenance
from traceability.statistics.corpus_shares import RECORDS

PROJECTS = pd.DataFrame({
    "repository": ["a/none", "b/some", "c/all"], "authors": [2, 3, 9], "commits": [49, 50, 900], "months": [5, 1, 20],
    "tags": [0, 0, 4], "ci": [0, 0, 1], "tests": [0, 1, 1], "licence": ["none", "none", "MIT"],
})  # fmt: skip


def test_each_sign_counts_once_and_the_scale_is_their_number() -> None:
    shown = maintenance.signs(PROJECTS)
    assert shown.sum(axis=1).tolist() == [0, 3, 7]
    assert maintenance.levels(shown).tolist() == ["no or one sign", "2 or 3 signs", "6 or 7 signs"]
    assert sorted(n for low, high in maintenance.LEVELS.values() for n in range(low, high + 1)) == list(range(8))


def test_a_kind_counts_where_both_readings_give_it_and_its_share_is_of_all_that_were_judged() -> None:
    flags = dict.fromkeys([*RECORDS, *tables.TRACKERS, "requirements", "requirements_pinned", "traces_any"], 0)
    flags |= dict.fromkeys(["seeds", "environment_file", "lock_file", "uses_mlflow"], 1)
    sample = PROJECTS[["repository"]].assign(owner=list("abc"), frame="F", implies_tracking=0, kind="personal", **flags)
    sample.loc[2, "traces_any"] = 1
    judged = pd.DataFrame({
        "repository": ["a/none", "b/some", "c/all"], "kind": ["example", "example", "research"],
        "kind_2": ["example", "personal", "research"],
    })  # fmt: skip
    made = pd.DataFrame(contexts.rows(sample, PROJECTS, judged, 200, 1, 0.95)).set_index(["group", "function"])
    assert made.loc[("example", "of this kind"), ["k", "n"]].tolist() == [1, 3]
    assert made.loc[("readers differ", "of this kind"), "k"] == 1
    assert made.loc[("research", "traces_any"), ["k", "n"]].tolist() == [1, 1]
    assert made.loc[("6 or 7 signs", "traces_any"), "share"] == 1
    assert made.loc[("no or one sign", "traces_any"), "share"] == 0
    assert contexts.kappa(judged) == pytest.approx(0.5)


def test_at_least_a_hundred_projects_were_judged_at_the_commit_of_the_corpus() -> None:
    judged = tables.KINDS_JUDGED.read(ROOT / "resources" / "labels" / "kinds_judged.tsv")
    corpus = tables.PROJECTS.read(ROOT / "config" / "projects.tsv").set_index("repository")
    assert len(judged) >= 100
    assert list(corpus.loc[judged["repository"], "commit"]) == list(judged["commit"])
