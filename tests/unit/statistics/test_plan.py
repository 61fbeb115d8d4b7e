"""The plan: complete, strict, and as powerful as it says."""

import pytest
import yaml
from scipy import stats

from tests.unit.statistics.conftest import PLAN
from traceability import intervals
from traceability.errors import StudyError
from traceability.runtime.files import sha256_file
from traceability.statistics import plan, power


def changed(tmp_path, change):
    raw = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def test_the_family_holds_at_most_four_contrasts(tmp_path, declared):
    assert 1 <= len(declared.confirmatory.contrasts) <= 4

    def fifth(raw):
        contrasts = raw["confirmatory"]["contrasts"]
        contrasts["fifth"] = dict(contrasts["split_fixed_spread"])

    with pytest.raises(StudyError, match=r"confirmatory\.contrasts.*at most 4"):
        plan.read(changed(tmp_path, fifth))


def test_every_contrast_has_the_power_that_the_plan_states_and_at_least_80_percent(declared):
    found = power.simulated_power(declared, seed=11, simulations=4000)
    for name, contrast in declared.confirmatory.contrasts.items():
        assert found[name] == pytest.approx((contrast.power_alone, contrast.power), abs=0.015), name
        assert contrast.power >= 0.8


def test_the_margin_means_what_it_says(declared):
    assert "3.6 of the 360 digits images" in declared.margins["accuracy"].meaning
    assert declared.margins["accuracy"].value * declared.primary_metrics["digits_mlp"].images == pytest.approx(3.6)
    assert declared.margins["mse"].value == pytest.approx(0.01 * 2900.19, rel=0.001)


def test_what_was_known_before_is_said(declared):
    assert {known.runs for known in declared.known_before} >= {3, 11}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["margins"]["accuracy"].update(valeu=1), "valeu"),
        (lambda raw: raw["primary_metrics"]["digits_mlp"].update(margin="acuracy"), "did you mean 'accuracy'"),
        (lambda raw: raw["confirmatory"]["contrasts"]["split_fixed_spread"].update(sd_ratio=None), "needs 'sd_ratio'"),
        (lambda raw: raw["exclusions"].update(outlier="looks wrong"), "exclusions"),
    ],
)
def test_a_mistake_in_the_plan_is_named(tmp_path, change, message):
    with pytest.raises(StudyError, match=message):
        plan.read(changed(tmp_path, change))


def test_a_missing_plan_and_broken_yaml_are_one_line(tmp_path):
    with pytest.raises(StudyError, match="no such plan"):
        plan.read(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(StudyError, match="not YAML"):
        plan.read(tmp_path / "broken.yaml")


def test_runs_carry_the_digest_of_the_file_itself():
    assert plan.sha256(PLAN) == sha256_file(PLAN)


def test_the_claim_on_public_records_has_the_power_that_the_plan_states(declared):
    """Computed by adding up binomial probabilities, here and there: at the planned number and at smaller ones."""
    claim = declared.public_records
    for owners, stated in ((claim.n, claim.power), (200, 0.79), (150, 0.66)):
        found = intervals.binomial_power(owners, claim.share, claim.against, claim.alpha)
        assert found == pytest.approx(stated, abs=0.005), owners
        bound = next(k for k in range(owners) if stats.binom.cdf(k, owners, 0.5) > claim.alpha / 2) - 1
        below = stats.binom.cdf(bound, owners, claim.share)  # what the upper tail adds is nothing to speak of
        assert found == pytest.approx(below, abs=0.001), owners
    assert declared.hypotheses[claim.hypothesis].kind == "confirmatory"
    assert any(known.runs == 149 for known in declared.known_before), "the pilot is disclosed"


def test_a_plan_from_before_that_claim_is_still_read():
    """The trainings on Fashion-MNIST carry their own plan, which does not know it."""
    assert (
        plan.read(PLAN.parents[1] / "resources/published/training_fashion/preregistration.yaml").public_records is None
    )
