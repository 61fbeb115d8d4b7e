"""Figures of what trackers record: the values of the table, surprises marked, nothing drawn that was not measured."""

import pandas as pd
import pytest

from scripts import plot_figure
from traceability.figures import capture, tables, theme

MODES = pd.DataFrame([
    {"launch_mode": "script", "group": "clean", "expected_commit": "correct", "expected_plugin": "correct"},
    {"launch_mode": "modified_script", "group": "changed", "expected_commit": "correct", "expected_plugin": "partial"},
    {"launch_mode": "dash_c", "group": "indirect", "expected_commit": "missing", "expected_plugin": "correct"},
])  # fmt: skip
FIELDS = {"commit": "code_version", "dirty_state": "code_version", "seed": "randomness"}


def launch(mode, verdict, tracking="params_metrics", version="3.17.2", system="MLflow", share=0.0):
    """Rows of one launch: all fields have the same verdict."""
    about = {"system": system, "version": version, "launch_mode": mode, "tracking": tracking, "reason": None}
    return [
        about | {"need": need, "field": field, "verdict": verdict, "share": share, "ours": need == "randomness"}
        for field, need in FIELDS.items()
    ]


CAPTURED = pd.DataFrame([
    *launch("script", "correct", share=1.0), *launch("script", "correct", "plugin", share=1.0),
    *launch("modified_script", "misleading"), *launch("modified_script", "partial", "plugin", share=0.75),
    *launch("dash_c", "missing"), *launch("script", "correct", version="2.10.0", share=1.0),
    *launch("modified_script", "partial", "stamp", share=0.75),
    *launch("script", "correct", system="Sacred", version="0.8.7", share=1.0),
    {"system": "Aim", "version": "3.29.1", "launch_mode": "script", "tracking": "params_metrics", "need": None,
     "field": None, "verdict": None, "share": None, "ours": None, "reason": "cannot be installed"},
])  # fmt: skip


def rings(figure):
    """Where a ring is drawn: panel, column and line."""
    return [(number, int(line.get_xdata()[0]), int(line.get_ydata()[0])) for number, axes in enumerate(figure.axes)
            for line in axes.lines if line.get_marker() == "o"]  # fmt: skip


@pytest.fixture
def shown():
    rows = capture.shown_launch_modes(CAPTURED, MODES)
    return tables.LAUNCH_MODES.validate(rows, "launch_modes.tsv")


def test_a_surprise_is_a_ring_and_a_value_of_the_table(shown):
    wrong = shown[shown["agrees"].eq(False).fillna(False)]
    assert list(wrong[["launch_mode", "part", "column", "expected", "verdict"]].itertuples(index=False, name=None)) == [
        ("modified_script", "MLflow 3.17.2", "commit", "correct", "misleading")
    ]
    assert rings(capture.draw_launch_modes(shown)) == [(0, 0, 1)]


def test_the_plugin_stands_beside_mlflow_and_what_was_not_measured_is_grey(shown):
    assert list(dict.fromkeys(shown["part"])) == ["MLflow 3.17.2", "with the plugin", "commit only"]
    figure = capture.draw_launch_modes(shown)
    assert [axes.get_xlabel() for axes in figure.axes] == list(dict.fromkeys(shown["part"]))
    dashes = [text for axes in figure.axes for text in axes.texts if text.get_text() == "-"]
    cells = len(MODES) * sum(part["column"].nunique() for _, part in shown.groupby("part"))
    assert len(dashes) == cells - shown["verdict"].notna().sum()
    shares = [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text() == ".75"]
    assert len(shares) == 3, "two fields with the plugin and the stamped commit"
    assert figure.get_figwidth() <= theme.PAGE_WIDTH


def test_the_figure_of_launch_modes_is_the_same_each_time(tmp_path):
    CAPTURED.to_csv(tmp_path / "captured.tsv", sep="\t", index=False)
    MODES.to_csv(tmp_path / "modes.tsv", sep="\t", index=False)
    for name in ("a", "b"):
        sources = [tmp_path / "captured.tsv", tmp_path / "modes.tsv"]
        plot_figure.main("launch_modes", sources, tmp_path / f"{name}.svg", tmp_path / f"{name}.tsv")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert len(tables.LAUNCH_MODES.read(tmp_path / "a.tsv")) > 0


def test_a_tracker_that_could_not_be_measured_keeps_its_column_and_reason():
    rows = tables.TRACKERS.validate(capture.shown_trackers(CAPTURED), "trackers.tsv")
    assert set(rows["tracker"]) == {"MLflow 3.17.2", "MLflow 2.10.0", "Sacred 0.8.7", "Aim 3.29.1"}
    aim = rows[rows["tracker"] == "Aim 3.29.1"]
    assert set(aim["n"]) == {0} and set(aim["reason"]) == {"cannot be installed"}
    assert set(rows[rows["n"] > 0]["n"]) == {1}, "compared on the launch modes that all of them have"
