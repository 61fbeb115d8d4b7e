"""Which replicates a batch holds."""

import sys
from collections import Counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support import ROOT

from traceability.study import configuration
from traceability.training.plan import Sizes, batch_count, batch_of, replicates_of
from traceability.training.tables import ARMS

DIGITS = [arm for arm in ARMS.rows(ROOT / "config" / "arms.tsv") if arm["workload"] == "digits_mlp"]


def sizes_of(replicates, batch_size, fresh_controls=0):
    return Sizes(replicates, 2, batch_size, base_seed=7, epochs=3, fresh_controls=fresh_controls, at_most=replicates)


def everything(arms, replicates, batch_size, fresh_controls=0):
    sizes = sizes_of(replicates, batch_size, fresh_controls)
    return [batch_of(arms, number, sizes) for number in range(batch_count(arms, sizes))]


@given(replicates=st.integers(2, 60), batch_size=st.integers(1, 70), fresh=st.integers(0, 5))
def test_each_replicate_is_in_one_batch_and_pairs_stay_together(replicates, batch_size, fresh):
    batches = everything(DIGITS, replicates, batch_size, fresh)
    keys = Counter(item.key for batch in batches for item in batch)
    assert set(keys.values()) == {1}
    own = [item for batch in batches for item in batch if sys.platform == "darwin" or item.process == "forked"]
    assert len(own) == sum(replicates_of(arm, sizes_of(replicates, batch_size)) for arm in DIGITS)
    at_home = {(item.arm, item.pair): number for number, batch in enumerate(batches) for item in batch}
    for number, batch in enumerate(batches):
        assert all(at_home[item.arm, item.pair] == number for item in batch), "the two runs of a seed share a batch"


@pytest.mark.parametrize(("settings", "count"), [("config.yaml", 4), ("paper.yaml", 15), ("quick.yaml", 2)])
def test_a_batch_mixes_all_arms_that_have_enough_units_and_has_about_the_size_asked_for(settings, count):
    chosen = configuration.model().model_validate(yaml.safe_load((ROOT / "config" / settings).read_text())).training
    sizes = Sizes(
        chosen.replicates, chosen.crossed_levels, chosen.batch_size, 1, chosen.epochs,
        chosen.fresh_controls, chosen.at_most or 10**9,
    )  # fmt: skip
    batches = [batch_of(DIGITS, number, sizes) for number in range(batch_count(DIGITS, sizes))]
    assert len(batches) == count
    short = {"seed_varied"} if settings == "quick.yaml" else set()
    assert all({arm["arm"] for arm in DIGITS} - short <= {item.arm for item in batch} for batch in batches)
    assert all(sizes.batch_size / 2 <= len(batch) <= 2 * sizes.batch_size for batch in batches)


def test_on_macos_all_run_fresh_once_and_say_so(monkeypatch):
    sizes = sizes_of(4, 200, fresh_controls=2)
    monkeypatch.setattr("sys.platform", "linux")
    here = batch_of(DIGITS, 0, sizes)
    monkeypatch.setattr("sys.platform", "darwin")
    there = batch_of(DIGITS, 0, sizes)
    assert {item.process for item in here} == {"forked", "fresh"}
    assert {item.process for item in there} == {"fresh"}
    assert len({item.key for item in there}) == len(there) < len(here)


def test_the_order_is_random_but_the_same_every_time():
    first, again = everything(DIGITS, 10, 60), everything(DIGITS, 10, 60)
    assert first == again
    arms = [item.arm for item in first[0]]
    assert arms != sorted(arms)
    assert [item.position for item in first[0]] == list(range(len(arms)))


def test_seeds_are_what_the_arm_says():
    items = [item for batch in everything(DIGITS, 6, 60) for item in batch]
    assert {item.seed for item in items if item.arm == "unseeded"} == {"unseeded"}
    assert {item.seed for item in items if item.arm == "same_seed"} == {"1"}
    assert Counter(item.seed for item in items if item.arm == "seed_varied") == {"0": 2, "1": 2, "2": 2}


def test_ten_thousand_replicates_are_batches_not_jobs():
    assert batch_count(DIGITS, sizes_of(10_000 // len(DIGITS), 120)) < 100


def test_the_crossed_design_has_every_cell_once():
    crossed = [arm for arm in DIGITS if arm["kind"] == "crossed"]
    items = [item for batch in everything(crossed, 30, 3) for item in batch]
    assert len({item.options for item in items}) == len(items) == 8
