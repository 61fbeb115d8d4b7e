"""The headline share and its intervals on samples that can be counted by hand."""

import pandas as pd
import pytest

from traceability import intervals
from traceability.corpus import sample, tables
from traceability.statistics import corpus_shares


def projects(*rows):
    return pd.DataFrame(rows, columns=["frame", "owner", "flag"])


def share_of(part, **settings):
    return corpus_shares.share(part["flag"], part, 500, 1, 0.95, **settings)


def test_each_frame_weighs_the_same_whatever_its_size():
    large = [("A", f"a{number}", int(number < 8)) for number in range(40)]
    small = [("B", f"b{number}", int(number < 6)) for number in range(10)]
    found = share_of(projects(*large, *small))
    assert (found["k"], found["n"], found["owners"]) == (14, 50, 50)
    assert found["share"] == pytest.approx(14 / 50)
    assert found["standardised"] == pytest.approx((8 / 40 + 6 / 10) / 2)
    assert found["standardised_low"] < 0.4 < found["standardised_high"]
    assert (found["wilson_low"], found["wilson_high"]) == pytest.approx(intervals.wilson(14, 50))


def test_frames_of_a_few_projects_count_as_one():
    large = [("A", f"a{number}", 0) for number in range(10)]
    few = [("B", "b0", 1), ("B", "b1", 1), ("C", "c0", 1), ("C", "c1", 0)]
    assert share_of(projects(*large, *few))["standardised"] == pytest.approx((0 / 10 + 3 / 4) / 2)


def test_copies_of_one_owner_add_nothing():
    """Ten owners with one project, and the same with each project five times over."""
    once = [("A", f"o{number}", number % 2) for number in range(10)]
    found, five = share_of(projects(*once)), share_of(projects(*once * 5))
    assert five["owner_high"] - five["owner_low"] == pytest.approx(found["owner_high"] - found["owner_low"], abs=0.02)
    assert five["wilson_high"] - five["wilson_low"] < 0.6 * (found["wilson_high"] - found["wilson_low"])


def test_where_all_agree_the_owners_are_what_was_counted():
    every = projects(*[("A", f"o{number // 2}", 1) for number in range(20)])
    found = share_of(every)
    assert (found["owner_low"], found["owner_high"]) == pytest.approx(intervals.wilson(10, 10))
    none = share_of(every.assign(flag=0))
    assert (none["owner_low"], none["owner_high"]) == pytest.approx(intervals.wilson(0, 10))


def test_one_owner_says_nothing_about_others():
    found = share_of(projects(*[("A", "only", number % 2) for number in range(6)]))
    assert (found["owner_low"], found["owner_high"]) == (0.0, 1.0)


def test_the_ends_hold_the_estimate_also_without_standardising():
    part = projects(*[("A", f"o{number}", int(number < 3)) for number in range(9)])
    found = share_of(part, standardise=False)
    assert found["standardised"] == found["share"] == pytest.approx(1 / 3)
    assert found["standardised_low"] <= 1 / 3 <= found["standardised_high"]


def test_only_selected_projects_that_were_scanned_are_in_the_sample():
    flags = {column.name: 0 for column in tables.SAMPLE.columns if column.kind == "int"}
    usage = pd.DataFrame([
        {"repository": name, "commit": "1" * 40, "status": status} | flags | {"uses_mlflow": 1}
        for name, status in (("a/seen", "scanned"), ("b/gone", "unavailable"), ("c/copy", "scanned"))
    ]).drop(columns="implies_tracking")  # fmt: skip
    chosen = pd.DataFrame([
        {"repository": name, "commit": "1" * 40, "owner": name[0], "frame": "F", "implies_tracking": implied,
         "kind": "personal", "selected": selected}
        for name, implied, selected in (("a/seen", 0, 1), ("b/gone", 0, 1), ("c/copy", 0, 0))
    ])  # fmt: skip
    built = sample.build(chosen, pd.DataFrame({"frame": ["F"], "stratum": ["open"]}), usage)
    assert list(built["repository"]) == ["a/seen"]
    assert len(corpus_shares.headline(built)) == 1
    assert corpus_shares.headline(built.assign(implies_tracking=1)).empty
