"""Shares of projects, beside the published one."""

import pytest

from scripts import compute_power
from tests.unit.statistics.conftest import PLAN
from traceability.errors import StudyError
from traceability.statistics import plan as plans
from traceability.statistics import usage
from traceability.statistics.tables import POWER, SHARES


def test_shares_have_wilson_intervals_and_the_published_count_stands_beside(tmp_path):
    counts, table = tmp_path / "counts.tsv", tmp_path / "shares.tsv"
    counts.write_text(
        "source\tgroup\tfunction\tk\tn\ncalibration\tresolver\tautolog\t0\t20\ncalibration\tresolver\tempty\t0\t0\n"
    )
    SHARES.write(usage.share_rows([counts], plans.read(PLAN), 0.95), table)
    rows = SHARES.read(table).set_index("source")
    assert list(rows.index) == ["calibration", "published"]
    assert rows.loc["calibration", "high"] == pytest.approx(0.1611, abs=5e-5)
    assert tuple(rows.loc["published", ["k", "n"]]) == (10, 11)
    assert tuple(rows.loc["published", ["low", "high"]]) == pytest.approx((0.6226, 0.9838), abs=5e-5)


def test_a_table_of_counts_without_its_columns_is_named(tmp_path):
    (tmp_path / "counts.tsv").write_text("source\tfunction\tk\tn\n")
    with pytest.raises(StudyError, match="column 'group' is missing"):
        usage.share_rows([tmp_path / "counts.tsv"], plans.read(PLAN), 0.95)


def test_the_table_of_power_has_every_contrast_with_what_the_plan_states(tmp_path, declared):
    compute_power.main(PLAN, tmp_path / "power.tsv", seed=3)
    rows = POWER.read(tmp_path / "power.tsv").set_index("contrast")
    assert list(rows.index) == list(declared.confirmatory.contrasts)
    assert (abs(rows["power_holm"] - rows["power_planned"]) < 0.015).all()
