"""Changes that are planted in a run are seen as what they are; another size of the same study is not a difference."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd
import pytest

from traceability.errors import StudyError
from traceability.paper import number_table
from traceability.reproduction import compare, origins
from traceability.reproduction.tables import REPRODUCTION

PUBLISHED: dict[str, dict[str, Any]] = {
    "arm.same_seed.distinct": {"value": 1, "n": 30, "unit": "count", "scale": "distinct", "compared": "exact",
                               "table": "results/statistics/arms.tsv"},
    "arm.unseeded.distinct": {"value": 30, "n": 30, "unit": "count", "scale": "distinct", "compared": "exact",
                              "table": "results/statistics/arms.tsv"},
    "arm.unseeded.sd": {"value": 0.008, "n": 30, "low": 0.0063, "high": 0.0107, "unit": "share",
                        "compared": "interval", "table": "results/statistics/arms.tsv"},
    "corpus.log_param": {"value": 0.62, "n": 451, "low": 0.57, "high": 0.66, "unit": "share", "compared": "interval",
                         "table": "results/statistics/corpus_shares.tsv"},
    "capture.commit.misleading": {"value": 4, "n": 20, "unit": "count", "scale": "share", "compared": "exact",
                                  "table": "results/capture/capture.tsv"},
    "bit.active": {"value": 9, "n": 10, "unit": "count", "scale": "share", "compared": "interval",
                   "table": "results/statistics/expectations.tsv"},
    "writers.acknowledged": {"value": 4200, "n": 24, "unit": "count", "scale": "size", "compared": "exact",
                             "table": "results/storage/collaboration.tsv"},
    "cost.server": {"value": 9.0, "n": 30, "low": 8.0, "high": 10.0, "unit": "ratio", "compared": "machine",
                    "table": "results/storage/cost.tsv"},
    "capture.version": {"value": "3.17.2", "n": None, "unit": "word", "compared": "exact",
                        "table": "results/capture/capture.tsv"},
}  # fmt: skip
CHAPTERS = ("training", "corpus", "capture", "storage")


def verdicts(here: dict[str, dict[str, Any]], same_size: tuple[str, ...] = CHAPTERS) -> dict[str, str]:
    table = compare.rows(PUBLISHED, here, compare.Sameness(same_size), confidence=0.95, factor=3)
    REPRODUCTION.validate(pd.DataFrame(table), "test")
    return {row["number"]: row["verdict"] for row in table}


def changed(**numbers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    here = copy.deepcopy(PUBLISHED)
    for name, change in numbers.items():
        here[name.replace("__", ".")] |= change
    return here


def test_the_published_run_agrees_with_itself() -> None:
    assert set(verdicts(PUBLISHED).values()) == {"same", "compatible"}
    assert verdicts(PUBLISHED)["cost.server"] == "compatible", "costs are never called the same"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("arm.same_seed.distinct", {"value": 10, "n": 10}, id="a seed that does not act"),
        pytest.param("arm.unseeded.distinct", {"value": 1, "n": 10}, id="unseeded runs that are seeded"),
        pytest.param("arm.unseeded.sd", {"value": 0.02, "n": 10, "low": 0.013, "high": 0.04}, id="a wider spread"),
        pytest.param("corpus.log_param", {"value": 0.40, "low": 0.35, "high": 0.45}, id="another scanner"),
        pytest.param("capture.commit.misleading", {"value": 5}, id="one launch judged differently"),
        pytest.param("bit.active", {"value": 1}, id="a bit that no longer matters"),
        pytest.param("writers.acknowledged", {"value": 4199}, id="a point lost"),
        pytest.param("cost.server", {"value": 40.0, "low": 35.0, "high": 45.0}, id="a slower store"),
        pytest.param("capture.version", {"value": "3.16.0"}, id="another release"),
    ],
)
def test_a_planted_change_is_seen_and_nothing_else(name: str, change: dict[str, Any]) -> None:
    seen = verdicts(changed(**{name.replace(".", "__"): change}))
    assert [number for number, verdict in seen.items() if verdict == "different"] == [name]


def test_what_chance_decides_may_come_out_otherwise_at_the_same_size() -> None:
    """Which of ten bits survive the rounding of another processor, how many clients meet at a first use."""
    assert verdicts(changed(bit__active={"value": 10}))["bit.active"] == "compatible"
    assert verdicts(changed(capture__commit__misleading={"value": 5}))["capture.commit.misleading"] == "different"
    declared = {number.name for number in number_table.NUMBERS if number.chance}
    assert declared == {"bit.active", "writers.fresh.failed_writers", "predictions.inside"}


def test_a_smaller_study_that_agrees_has_no_difference() -> None:
    here = changed(
        arm__same_seed__distinct={"n": 10},
        arm__unseeded__distinct={"value": 10, "n": 10},
        arm__unseeded__sd={"value": 0.0095, "n": 10, "low": 0.006, "high": 0.017},
        capture__commit__misleading={"value": 1, "n": 6},
        writers__acknowledged={"value": 300, "n": 8},
    )
    seen = verdicts(here, same_size=())
    assert seen["arm.same_seed.distinct"] == seen["arm.unseeded.distinct"] == "same"
    assert seen["arm.unseeded.sd"] == seen["capture.commit.misleading"] == "compatible"
    assert seen["writers.acknowledged"] == "not_measured", "it counts what this size made"
    assert "different" not in seen.values()


def test_what_was_not_measured_is_said() -> None:
    here = {name: entry for name, entry in PUBLISHED.items() if not name.startswith("corpus")}
    table = compare.rows(PUBLISHED, here, compare.Sameness(CHAPTERS), confidence=0.95, factor=3)
    (row,) = (row for row in table if row["number"] == "corpus.log_param")
    assert (row["verdict"], row["reason"]) == ("not_measured", "not measured here")
    assert compare.summary(table) == "Of 9 published numbers 8 can be compared at this size: 8 agree, 0 differ."


@pytest.mark.parametrize("name", ["replays.all", "helped.notes.same_result"])
def test_what_the_plan_of_replays_decides_is_compared_at_the_published_size_only(name: str) -> None:
    entry = {"value": 35, "n": 40, "unit": "count", "scale": "share", "compared": "exact",
             "table": "results/replay/replays.tsv"}  # fmt: skip
    here = {name: entry | {"value": 4, "n": 7}}
    (row,) = compare.rows({name: entry}, here, compare.Sameness(), confidence=0.95, factor=3)
    assert (row["verdict"], row["reason"]) == ("not_measured", "made of other cases here")
    (row,) = compare.rows({name: entry}, here, compare.Sameness(("replay",)), confidence=0.95, factor=3)
    assert row["verdict"] == "different"


def test_the_sentence_names_what_differs() -> None:
    table = compare.rows(
        PUBLISHED, changed(cost__server={"value": 90.0}), compare.Sameness(CHAPTERS), confidence=0.95, factor=3
    )
    assert compare.summary(table).endswith("8 agree, 1 differ (cost.server).")


def test_the_interval_of_a_difference_is_that_of_two_shares() -> None:
    """Newcombe's example (1998, Table II, 56/70 against 48/80): 0.0524 to 0.3339."""
    from traceability import intervals

    one, two = ((k / n, *intervals.wilson(k, n, 0.95)) for k, n in ((48, 80), (56, 70)))
    low, high = compare.difference(one, two)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_what_is_said_while_the_numbers_of_the_paper_are_not_published() -> None:
    table = compare.rows(PUBLISHED, PUBLISHED, compare.Sameness(CHAPTERS), confidence=0.95, factor=3)
    text = compare.summary(table, paper=False, status="trial")
    assert text.startswith("The numbers of the paper are not published yet, so none of them can be compared.")
    assert "trainings on Fashion-MNIST (a trial run)" in text and "\n" not in text


def test_other_settings_make_other_quantities_but_not_other_repetitions() -> None:
    alike = compare.Sameness((), (), {"training": "epochs is 2 here, 10 in the published run"})
    here = changed(arm__unseeded__sd={"value": 0.2, "low": 0.1, "high": 0.4}, arm__same_seed__distinct={"n": 2})
    table = {row["number"]: row for row in compare.rows(PUBLISHED, here, alike, confidence=0.95, factor=3)}
    spread = table["arm.unseeded.sd"]
    assert (spread["verdict"], spread["reason"]) == ("not_measured", "epochs is 2 here, 10 in the published run")
    assert table["arm.same_seed.distinct"]["verdict"] == "same"


def test_numbers_from_the_published_raw_tables_must_be_equal_whatever_their_kind() -> None:
    here = changed(corpus__log_param={"value": 0.6201})
    table = compare.rows(PUBLISHED, here, compare.Sameness((), {"corpus"}), confidence=0.95, factor=3)
    (row,) = (row for row in table if row["verdict"] == "different")
    assert (row["number"], row["kind"]) == ("corpus.log_param", "exact")


def test_settings_that_change_no_number_do_not_make_another_size() -> None:
    one = {"training": {"replicates": 30, "batch_size": 60, "epochs": 10}, "replay": {"cases": "a.tsv"}}
    two = {"training": {"replicates": 30, "batch_size": 48, "epochs": 10}, "replay": {"cases": "b.tsv"}}
    assert origins.same_size(one, two) == {"training"}
    assert origins.unlike(one, two) == {}
    assert origins.unlike(one, {"training": {"epochs": 2}}) == {"training": "epochs is 2 here, 10 in the published run"}


def test_every_number_of_the_paper_has_chapters_that_measure_it() -> None:
    for number in number_table.NUMBERS:
        assert origins.of_table(f"results/{number.table}")
    with pytest.raises(StudyError, match=r"which chapters make statistics/arm\.tsv\? did you mean 'statistics/arms"):
        origins.of_table("results/statistics/arm.tsv")
