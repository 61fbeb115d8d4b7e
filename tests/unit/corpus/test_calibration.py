"""On every trap the scanner says the truth, column by column; the text search does not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support import ROOT

from scripts import scan_calibration, score_scanner
from traceability.corpus import tables
from traceability.corpus.labels import read_truth
from traceability.corpus.scanner import file_roles, project, scanning, trees
from traceability.errors import StudyError

CALIBRATION = ROOT / "tests" / "data" / "calibration"
TRUTH = pd.read_csv(CALIBRATION / "truth.tsv", sep="\t", keep_default_na=False).set_index("project")


def test_every_project_has_a_truth_and_the_other_way_round() -> None:
    assert sorted(TRUTH.index) == sorted(folder.name for folder in CALIBRATION.iterdir() if folder.is_dir())
    assert len(TRUTH) >= 12


@pytest.mark.parametrize("name", TRUTH.index)
def test_the_scanner_sees_through_the_trap(name: str) -> None:
    scanned = project.scan(trees.Folder(CALIBRATION / name, file_roles.wanted))
    said = {column: scanned.usage[column] for column in project.COLUMNS}
    assert said == {column: int(TRUTH.loc[name, column]) for column in project.COLUMNS}, TRUTH.loc[name, "trap"]
    if TRUTH.loc[name, "problem"]:
        assert TRUTH.loc[name, "problem"] in {kind for _, kind, _ in scanned.problems}


def test_resolver_is_right_everywhere_and_text_search_is_not(tmp_path: Path) -> None:
    calls, usage, text, accuracy = (tmp_path / name for name in ("calls.tsv", "usage.tsv", "text.tsv", "accuracy.tsv"))
    scan_calibration.main([path for path in CALIBRATION.iterdir() if path.is_dir()], calls, usage, text)
    score_scanner.main(CALIBRATION / "truth.tsv", usage, text, accuracy, 0.95)
    rows = tables.SCANNER_ACCURACY.read(accuracy).set_index(["instrument", "column"])
    resolver = rows.loc["resolver"]
    assert (resolver[["fp", "fn"]] == 0).all(axis=None)
    assert (resolver.loc["log_metric", "recall_low"] < 1) and resolver.loc["log_metric", "recall_high"] == 1
    assert rows.loc[("text_search", "log_metric"), "fp"] >= 5
    assert rows.loc[("text_search", "traces_any"), "fn"] >= 3  # configuration and other libraries hold no such word
    assert rows.loc[("text_search", "log_metric"), "mcnemar_p"] < 0.05


def test_calls_name_cell_line_and_way() -> None:
    scanned = project.scan(trees.Folder(CALIBRATION / "notebook", file_roles.wanted))
    assert {(c.file, c.cell, c.line, c.api, c.way) for c in scanned.calls} == {
        ("a b/Größe.ipynb", 0, 3, "mlflow.log_param", "module"),
        ("a b/Größe.ipynb", 1, 2, "mlflow.sklearn.autolog", "module"),
        ("a b/Größe.ipynb", 3, 2, "mlflow.start_run", "module"),
        ("a b/Größe.ipynb", 3, 4, "mlflow.log_metrics", "module"),
    }


def test_a_use_through_own_functions_is_counted_apart() -> None:
    calls = project.scan(trees.Folder(CALIBRATION / "own_wrapper", file_roles.wanted)).calls
    wrapped = {(c.file, c.line, c.kind) for c in calls if c.way == "wrapped"}
    assert wrapped == {("main.py", 3, "log_param"), ("main.py", 3, "log_metric"), ("main.py", 3, "start_run")}


def test_language_model_tracing_is_counted_apart() -> None:
    usage = project.scan(trees.Folder(CALIBRATION / "genai", file_roles.wanted)).usage
    assert usage["genai"] == 1
    assert usage["traces_any"] == 0


def test_copies_are_skipped_and_told() -> None:
    usage = project.scan(trees.Folder(CALIBRATION / "environment_in_git", file_roles.wanted)).usage
    assert usage["skipped_virtual_environment"] == 2
    assert usage["skipped_vendored"] == 2
    assert usage["python_files"] == 1


def test_rival_trackers_are_seen_in_the_same_pass() -> None:
    usage = project.scan(trees.Folder(CALIBRATION / "other_trackers", file_roles.wanted)).usage
    assert {name for name in ("wandb", "comet", "dvclive", "aim", "tensorboard") if usage[name]} == {
        "wandb", "comet", "dvclive",
    }  # fmt: skip


def test_a_truth_with_another_value_is_refused_by_name(tmp_path: Path) -> None:
    text = (CALIBRATION / "truth.tsv").read_text().replace("plain\tthe usual way: import mlflow\t\t1", "plain\tx\t\t2")
    (tmp_path / "truth.tsv").write_text(text)
    with pytest.raises(StudyError, match="plain, uses_mlflow: expected 0 or 1"):
        read_truth(tmp_path / "truth.tsv")


def test_a_folder_and_its_commit_say_the_same(tmp_path: Path) -> None:
    import shutil

    from traceability.runtime import git

    for name in ("notebook", "own_wrapper", "hydra_chosen", "encodings"):
        copy = tmp_path / name
        shutil.copytree(CALIBRATION / name, copy)
        commit = git.commit_all(copy, "calibration")
        rows = [scanning.scan_place(scanning.Place(name, str(copy), which)) for which in ("", commit)]
        assert not isinstance(rows[0], str) and not isinstance(rows[1], str)
        assert rows[0].usage == rows[1].usage
        assert rows[0].calls == rows[1].calls
