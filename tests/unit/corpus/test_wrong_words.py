"""Why the text search names functions that are not called."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from support import ROOT

from traceability.corpus import tables, text_search_beside, wrong_words
from traceability.corpus.scanner import file_roles
from traceability.corpus.scanner.commits import Commit

NOTEBOOK = {
    "nbformat": 4,
    "cells": [
        {"cell_type": "markdown", "source": "log_artifact is explained here"},
        {"cell_type": "code", "source": ["x = 1\n", "%matplotlib inline\n", "# set_tag later"], "outputs": []},
    ],
}
FILES = {
    "fit.py": "from mine import log_model\nlog_model('x')  # start_run is not needed\n",
    "off.py": "import mlflow\nmlflow.autolog(disable=True)\n",
    "doc.py": '"""Call log_param first."""\n',
    "broken.py": "def f(:\n    run.log_metric('a', 1)\n    say('set_experiment')\n",
    "a.ipynb": json.dumps(NOTEBOOK),
    "venv/lib/python3.11/site-packages/x.py": "log_input(1)\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Commit:
    """The files above as one commit of a repository."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-Af"], [*who, "commit", "-qm", "files"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return Commit(tmp_path, "HEAD", file_roles.is_code)


@pytest.mark.parametrize(
    ("column", "disabled", "expected"),
    [
        ("log_model", False, ("own_name", "fit.py")),
        ("autolog", True, ("switched_off", "off.py")),
        ("log_param", False, ("comment_or_string", "doc.py")),
        ("log_metric", False, ("own_name", "broken.py")),
        ("set_experiment", False, ("comment_or_string", "broken.py")),
        ("log_artifact", False, ("text_or_output", "a.ipynb")),
        ("set_tag", False, ("comment_or_string", "a.ipynb")),
        ("log_input", False, ("others_code", "venv/lib/python3.11/site-packages/x.py")),
        ("set_tracking_uri", False, ("", "")),
    ],
)
def test_the_place_nearest_to_a_call_is_named(
    tree: Commit, column: str, disabled: bool, expected: tuple[str, str]
) -> None:
    with tree:
        assert wrong_words.place_of(tree, column, disabled) == expected


def test_both_ways_are_counted_on_the_same_projects_and_what_is_not_explained_is_said() -> None:
    sample = pd.DataFrame({"repository": list("abcd"), "autolog": [1, 0, 0, 1], "log_param": [1, 1, 0, 0]})
    text = pd.DataFrame({"repository": list("abcd"), "autolog": [1, 1, 1, 1], "log_param": [1, 0, 0, 0]})
    places = pd.DataFrame([{"repository": "b", "function": "autolog", "place": "others_code"}])
    rows = {row["function"]: row for row in text_search_beside.counts(sample, text, places)}
    autolog = rows["autolog"]
    assert (autolog["resolver"], autolog["text_search"]) == (2, 4)
    assert (autolog["resolver_only"], autolog["text_search_only"]) == (0, 2)
    assert (autolog["others_code"], autolog["unexplained"]) == (1, 1)
    assert autolog["mcnemar_p"] == pytest.approx(0.5)
    assert rows["log_param"]["resolver_only"] == 1


def test_every_disagreement_of_the_published_scan_was_looked_up() -> None:
    published = ROOT / "resources" / "observations"
    projects = tables.PROJECTS.read(ROOT / "config" / "projects.tsv")
    usage = tables.USAGE.read(published / "usage.tsv")
    chosen = projects.loc[projects["selected"] == 1, "repository"]
    sample = usage[usage["repository"].isin(chosen) & (usage["status"] == "scanned")]
    wrong = wrong_words.wrong(sample, tables.TEXT_SEARCH.read(published / "text_search.tsv"))
    places = tables.WORD_PLACES.read(ROOT / "resources" / "labels" / "text_search.tsv")
    assert wrong, "the two ways agree everywhere, so that this test says nothing"
    assert list(zip(places["repository"], places["function"], strict=True)) == wrong
