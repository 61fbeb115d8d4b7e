"""Figures show the numbers of their tables, and the same picture each time."""

import pandas as pd
import pytest

from scripts import plot_figure
from traceability.figures import arms, corpus, storage, tables, theme, usage
from traceability.study.registry import read_frame

ARM = {
    "workload": "digits_mlp", "metric": "test_accuracy", "n": 3, "units": 3, "mean": 0.95, "sampling_floor": 0.0115,
}  # fmt: skip
ARMS = pd.DataFrame([
    ARM | {"arm": "unseeded", "sd": 0.01, "sd_low": 0.005, "sd_high": 0.03, "distinct_weights": 3},
    ARM | {"arm": "same_seed", "sd": 0.0, "sd_low": 0.0, "sd_high": 0.0, "distinct_weights": 1},
    ARM | {"arm": "unseeded", "metric": "test_loss", "sd": 1.0, "sd_low": 0.5, "sd_high": 3.0, "distinct_weights": 3},
])  # fmt: skip
VALUES = pd.DataFrame([
    {"workload": "digits_mlp", "arm": arm, "metric": "test_accuracy", "unit": "share", "number": i, "value": value}
    for arm, values in {"unseeded": [0.94, 0.95, 0.96], "same_seed": [0.95] * 3}.items()
    for i, value in enumerate(values)
])  # fmt: skip
SHARES = pd.DataFrame([
    {"source": "calibration", "group": "resolver", "function": "autolog", "k": 5, "n": 20, "share": 0.25, "low": 0.112,
     "high": 0.469, "interval": "wilson"},
    {"source": "published", "group": "text search", "function": "any", "k": 10, "n": 11, "share": 10 / 11, "low": 0.623,
     "high": 0.984, "interval": "wilson"},
])  # fmt: skip


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def spans(axes):
    """Horizontal intervals that are drawn, as (low, high)."""
    segments = [segment for bars in axes.collections for segment in bars.get_segments()]
    return [tuple(round(float(x), 6) for x in segment[:, 0]) for segment in segments]


def test_the_figure_of_arms_says_how_many_results_were_distinct_and_draws_the_intervals():
    figure = arms.draw(arms.shown(ARMS, VALUES))
    assert {"3 of 3", "1 of 3"} <= set(texts(figure))
    assert spans(figure.axes[1]) == [(0.005, 0.03)]
    assert figure.axes[0].get_xlabel() == "test accuracy (share)"


def test_the_values_of_the_figure_of_arms_are_those_of_the_primary_metric_only(tmp_path):
    ARMS.to_csv(tmp_path / "arms.tsv", sep="\t", index=False)
    VALUES.to_csv(tmp_path / "values.tsv", sep="\t", index=False)
    for name in ("a", "b"):
        sources = [tmp_path / "arms.tsv", tmp_path / "values.tsv"]
        plot_figure.main("arms", sources, tmp_path / f"{name}.svg", tmp_path / f"{name}.table.tsv")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    rows = tables.ARMS.read(tmp_path / "a.table.tsv")
    assert set(rows["metric"]) == {"test_accuracy"}
    sd = rows[(rows["quantity"] == "sd") & (rows["arm"] == "unseeded")].iloc[0]
    assert (sd["value"], sd["low"], sd["high"], sd["distinct_weights"]) == (0.01, 0.005, 0.03, 3)
    assert rows[rows["quantity"] == "value"].groupby("arm").size().to_dict() == {"same_seed": 3, "unseeded": 3}


def test_the_figure_of_use_shows_percent_count_and_interval(tmp_path):
    SHARES.to_csv(tmp_path / "shares.tsv", sep="\t", index=False)
    plot_figure.main("usage", [tmp_path / "shares.tsv"], tmp_path / "usage.svg", tmp_path / "usage.tsv")
    rows = read_frame(tmp_path / "usage.tsv")
    assert list(rows["share_percent"]) == pytest.approx([25, 90.909], abs=1e-3)
    figure = usage.draw(usage.shown(SHARES))
    assert {"5 of 20", "10 of 11", "published: text search"} <= set(texts(figure))
    assert spans(figure.axes[0]) == [(11.2, 46.9), (62.3, 98.4)]
    assert figure.axes[0].get_xlim() == (0, 100)


def test_figures_fit_the_page():
    assert arms.draw(arms.shown(ARMS, VALUES)).get_figwidth() <= theme.PAGE_WIDTH
    assert usage.draw(usage.shown(SHARES)).get_figwidth() <= theme.PAGE_WIDTH


def test_cost_of_storage_has_a_panel_per_size_and_says_what_was_left_out():
    measured = {"median": 1.0, "unit": "s per point", "n": 10}
    rows = pd.DataFrame(
        {"operation": operation, "size": size, "store": store, "ratio": 2.0, "ratio_low": 1.5, "ratio_high": 2.5}
        | measured
        for operation, sizes in (("log a metric", (1, 300)), ("create a run", (1,)))
        for size in sizes
        for store in ("sqlite", "server")
    )
    rows = rows[~((rows["size"] == 300) & (rows["store"] == "server"))]
    figure = storage.draw_cost(rows)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in shown]
    assert titles == ["log a metric,\n1 in a row", "log a metric,\n300 in a row", "create a run"]
    assert [[text.get_text() for text in axes.texts] for axes in shown] == [[], ["left out"], []]


SHARES_OF_GROUPS = pd.DataFrame(
    [
        ("kind", "personal", "log_param", 3, 4), ("kind", "personal", "autolog", 1, 4),
        ("frame", "NAME_found", "log_param", 5, 5), ("frame", "FILE_implied", "log_param", 2, 2),
        ("depth", "all", "3", 2, 9),
    ],
    columns=["dimension", "group", "function", "k", "n"],
).assign(share=lambda t: t["k"] / t["n"], wilson_low=0.1, wilson_high=1.0)  # fmt: skip


def test_use_by_group_tells_frames_that_imply_tracking_from_the_others_and_names_its_source(tmp_path):
    frames = pd.DataFrame({"frame": ["NAME_found", "FILE_implied"], "implies_tracking": [0, 1]})
    rows = tables.USAGE_BY_GROUP.validate(corpus.grouped(SHARES_OF_GROUPS, frames), "usage_by_group.tsv")
    assert list(rows["group"]) == ["personal", "personal", "NAME_found", "FILE_implied"]
    figure = corpus.draw_groups(rows, "a corpus of today")
    assert {"3/4", "5/5", "2/2"} <= set(texts(figure))
    labels = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    assert {"NAME_found", "FILE_implied *"} <= set(labels)
    assert figure.get_supxlabel() == "a corpus of today"
