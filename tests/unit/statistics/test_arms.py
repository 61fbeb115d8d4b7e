"""What the tables say about runs whose truth is known."""

import json

import numpy as np
import pandas as pd
import pytest

from scripts import check_expectations, check_regression_targets, compare_arms, judge_contrasts
from tests.unit.statistics.conftest import PLAN, digest
from traceability.errors import StudyError
from traceability.statistics import arms, samples
from traceability.statistics.tables import ARMS, CONTRASTS, EXPECTATIONS, TARGETS
from traceability.study.registry import read_frame

SETTINGS = {"resamples": 300, "seed": 1, "confidence": 0.95}


def spread_of(runs, declared, arm, metric="test_accuracy"):
    rows = arms.spread_rows(runs, declared, 300, 1, 0.95)
    return next(row for row in rows if row["arm"] == arm and row["metric"] == metric)


def test_thirty_runs_of_one_seed_are_one_result_with_no_spread(runs, declared):
    row = spread_of(runs, declared, "same_seed")
    assert (row["n"], row["distinct_weights"], row["distinct_predictions"], row["differ"]) == (30, 1, 1, 0)
    assert row["differ_high"] == pytest.approx(1 - 0.05 ** (1 / 30))
    assert (row["sd"], row["sd_interval"]) == (0.0, "one distinct value")


def test_a_seed_run_twice_counts_once(runs, declared):
    row = spread_of(runs, declared, "seed_varied")
    assert (row["n"], row["units"], row["metric_n"]) == (60, 30, 30)
    assert (row["distinct_weights"], row["differ"], row["differ_of"]) == (30, 0, 30)
    once = runs.query("arm == 'seed_varied' and process == 'forked'").drop_duplicates("pair")["metric.test_accuracy"]
    assert row["sd"] == pytest.approx(once.std(ddof=1))


def test_fresh_controls_do_not_enlarge_the_sample_but_arms_that_ran_only_fresh_keep_theirs(runs, declared):
    assert spread_of(runs, declared, "unseeded")["n"] == 50
    only_fresh = runs[runs["arm"] == "unseeded"].assign(process="fresh", replicate=range(52), pair=range(52))
    assert spread_of(only_fresh, declared, "unseeded")["n"] == 52


def test_each_arm_says_how_many_of_its_fresh_twins_came_out_otherwise(runs, declared):
    row = spread_of(runs, declared, "same_seed")
    assert (row["fresh_pairs"], row["fresh_differ"]) == (2, 0)
    fresh = (runs["arm"] == "same_seed") & (runs["process"] == "fresh") & (runs["replicate"] == 0)
    runs.loc[fresh, "weights_sha256"] = digest("other")
    row = spread_of(runs, declared, "same_seed")
    assert (row["fresh_pairs"], row["fresh_differ"]) == (2, 1)
    row = spread_of(runs[runs["process"] == "forked"], declared, "same_seed")
    assert (row["fresh_pairs"], row["fresh_differ"]) == (0, None)


def test_failed_runs_are_counted_and_left_out(runs, declared):
    failed = runs.index[(runs["arm"] == "unseeded") & (runs["replicate"] == 7)]
    runs.loc[failed, ["status", "weights_sha256", "metric.test_accuracy"]] = ["failed", None, np.nan]
    row = spread_of(runs, declared, "unseeded")
    assert (row["n"], row["excluded"], row["distinct_weights"], row["metric_n"]) == (49, 1, 49, 49)


def test_predictions_on_different_evaluation_sets_are_not_compared(runs, declared):
    runs.loc[runs["arm"] == "unseeded", "evaluation"] = "resampled"
    assert spread_of(runs, declared, "unseeded")["distinct_predictions"] is None


def test_the_sampling_floor_stands_beside_the_accuracy_and_nothing_else(runs, declared):
    row = spread_of(runs, declared, "same_seed")
    assert row["sampling_floor"] == pytest.approx((0.95 * 0.05 / 360) ** 0.5)
    assert spread_of(runs, declared, "split_fixed", "test_mse")["sampling_floor"] is None


def test_runs_of_another_plan_are_refused(runs, tmp_path):
    runs.loc[3, "plan_sha256"] = "0" * 64
    runs.to_parquet(tmp_path / "runs.parquet")
    with pytest.raises(StudyError, match=r"1 of \d+ runs were made under another plan"):
        samples.read_runs(tmp_path / "runs.parquet", PLAN)


def test_a_table_without_a_needed_column_is_named(runs, tmp_path):
    runs.drop(columns="weights_sha256").to_parquet(tmp_path / "runs.parquet")
    with pytest.raises(StudyError, match="column 'weights_sha256' is missing"):
        samples.read_runs(tmp_path / "runs.parquet", PLAN)


def replays_of(tmp_path, **metrics):
    """A table of two replays: one with the libraries of 2024, and one of a damaged run, which must not count."""
    row = {"workload": "diabetes_linear", "arm": "split_fixed", "environment": "era", "replayed": json.dumps(metrics)}
    damaged = row | {"defect": "dirty_tree", "replayed": '{"test_mse": 1.0}'}
    pd.DataFrame([row | {"defect": "none"}, damaged]).to_csv(tmp_path / "replays.tsv", sep="\t", index=False)
    return tmp_path / "replays.tsv"


def test_the_published_diabetes_metrics_agree_to_1e_9_and_a_shift_of_1e_8_fails(runs, tmp_path):
    path, table = tmp_path / "runs.parquet", tmp_path / "targets.tsv"
    runs.to_parquet(path)
    era = {"test_mse": 2900.193628493482, "test_mae": 42.794094679599944, "test_r2": 0.45260276297191937}
    check_regression_targets.main(path, replays_of(tmp_path, **era), PLAN, table, **SETTINGS)
    rows = TARGETS.read(table)
    assert list(rows[rows["quantity"] == "value"].groupby("environment")["agrees"].unique().map(list)) == [["yes"]] * 2
    three = rows.set_index(["metric", "quantity"]).loc[("test_accuracy", "sd")]
    assert (three["published"], three["published_low"], three["published_high"]) == pytest.approx(
        (0.0080, 0.0042, 0.0504), abs=5e-5
    )
    shifted_era = replays_of(tmp_path, **era | {"test_mae": 42.794095})
    with pytest.raises(StudyError, match=r"test_mae of diabetes_linear/split_fixed \(era\)"):
        check_regression_targets.main(path, shifted_era, PLAN, table, **SETTINGS)
    shifted = runs["arm"].eq("split_fixed") & runs["replicate"].eq(4)
    runs.loc[shifted, "metric.test_mse"] *= 1 + 1e-8
    runs.to_parquet(path)
    with pytest.raises(StudyError, match=r"test_mse of diabetes_linear/split_fixed \(today\)"):
        check_regression_targets.main(path, replays_of(tmp_path, **era), PLAN, table, **SETTINGS)


def test_a_target_that_was_not_measured_fails_but_the_libraries_of_2024_may_be_out_of_reach(runs, tmp_path):
    path, table = tmp_path / "runs.parquet", tmp_path / "targets.tsv"
    runs.to_parquet(path)
    check_regression_targets.main(path, replays_of(tmp_path), PLAN, table, **SETTINGS)
    rows = TARGETS.read(table).set_index(["environment", "metric"])
    assert rows.loc[("era", "test_mse"), "agrees"] == "not_measured"
    runs[runs["workload"] != "diabetes_linear"].to_parquet(path)
    with pytest.raises(StudyError, match="is not measured"):
        check_regression_targets.main(path, replays_of(tmp_path), PLAN, table, **SETTINGS)


def expectations(runs, tmp_path):
    runs.to_parquet(tmp_path / "runs.parquet")
    check_expectations.main(tmp_path / "runs.parquet", PLAN, tmp_path / "expectations.tsv")
    return EXPECTATIONS.read(tmp_path / "expectations.tsv").set_index("expectation")


def test_expectations_that_hold_agree_and_arms_not_run_are_not_measured(runs, tmp_path):
    rows = expectations(runs, tmp_path)
    held = ["linear_repeats", "network_unseeded", "network_same_seed", "network_pairs", "network_seeds", "network_fork"]
    assert set(rows.loc[held, "agrees"]) == {"yes"}
    assert rows.loc["network_fork", "n"] == 2
    assert rows.loc["bit_on_silent_input", "agrees"] == "not_measured"


def test_a_hypothesis_that_fails_is_a_result(runs, tmp_path):
    runs.loc[(runs["arm"] == "seed_varied") & (runs["replicate"] == 5), "weights_sha256"] = digest("other")
    rows = expectations(runs, tmp_path)
    assert (rows.loc["network_pairs", "observed"], rows.loc["network_pairs", "agrees"]) == (1, "no")


def test_twins_made_by_the_fork_stop_the_study(runs, tmp_path):
    unseeded = (runs["arm"] == "unseeded") & (runs["process"] == "forked")
    runs.loc[unseeded & (runs["replicate"] == 1), "weights_sha256"] = digest("unseeded", 0, "forked")
    with pytest.raises(StudyError, match="'network_unseeded' failed"):
        expectations(runs, tmp_path)


def test_a_forked_run_unlike_its_fresh_twin_stops_the_study(runs, tmp_path):
    fresh = (runs["arm"] == "same_seed") & (runs["process"] == "fresh") & (runs["replicate"] == 0)
    runs.loc[fresh, "weights_sha256"] = digest("other")
    with pytest.raises(StudyError, match="'network_fork' failed"):
        expectations(runs, tmp_path)


def with_one_bit_arms(runs, flipped):
    """The same table with the arm without a flip, and two runs of each control: results `flipped(arm, replicate)`."""
    plain = runs[runs["arm"] == "same_seed"].assign(arm="keras_deterministic")
    plain = plain.assign(output_weights_sha256="none", predictions_sha256="none")
    controls = [plain[plain["replicate"] < 2].assign(arm=arm, kind="control") for arm in ("bit_silent", "bit_active")]
    both = pd.concat(controls)
    both["predictions_sha256"] = both["output_weights_sha256"] = [
        flipped(arm, number) for arm, number in zip(both["arm"], both["replicate"], strict=True)
    ]
    return pd.concat([runs, plain, both], ignore_index=True)


def test_one_bit_controls_are_compared_with_the_training_without_a_flip(runs, tmp_path):
    rows = expectations(
        with_one_bit_arms(runs, lambda arm, number: "none" if arm == "bit_silent" else f"bit {number}"), tmp_path
    )
    names = ["bit_on_silent_input", "bit_on_silent_input_and_none", "bit_on_active_input"]
    assert rows.loc[names, "observed"].tolist() == [1, 0, 2]
    assert set(rows.loc[names, "agrees"]) == {"yes"}


@pytest.mark.parametrize(
    ("flipped", "failed"),
    [
        # All alike, but not like the training without a flip: the distinct results alone would not show it.
        (lambda arm, number: "other" if arm == "bit_silent" else f"bit {number}", "bit_on_silent_input_and_none"),
        # No flip arrived, though one might on other inputs.
        (lambda arm, number: "none", "bit_on_active_input"),
    ],
)
def test_a_control_that_does_not_behave_stops_the_study(runs, tmp_path, flipped, failed):
    with pytest.raises(StudyError, match=f"'{failed}' failed"):
        expectations(with_one_bit_arms(runs, flipped), tmp_path)


def test_a_flip_that_does_not_arrive_is_a_result(runs, tmp_path):
    """The other flip arrived, so the instrument works; that not all do is what came out."""
    rows = expectations(
        with_one_bit_arms(runs, lambda arm, number: "none" if arm == "bit_silent" or number == 0 else "bit"), tmp_path
    )
    assert rows.loc[["bit_on_active_input", "bit_on_active_input_always"], "observed"].tolist() == [1, 1]
    assert rows.loc[["bit_on_active_input", "bit_on_active_input_always"], "agrees"].tolist() == ["yes", "no"]


def contrasts(runs, tmp_path, replays=()):
    runs.to_parquet(tmp_path / "runs.parquet")
    path = tmp_path / "replays.tsv"
    pd.DataFrame(replays, columns=["workload", "run_id", "record", "finished"]).to_csv(path, sep="\t", index=False)
    judge_contrasts.main(tmp_path / "runs.parquet", path, PLAN, tmp_path / "contrasts.tsv")
    return CONTRASTS.read(tmp_path / "contrasts.tsv").set_index("contrast")


def wider(runs, arm, factor, n=50):
    """The unseeded runs again under another name, with their spread changed."""
    copy = runs[(runs["arm"] == "unseeded") & (runs["replicate"] < n)].assign(arm=arm)
    middle = copy["metric.test_accuracy"].mean()
    copy["metric.test_accuracy"] = middle + (copy["metric.test_accuracy"] - middle) * factor
    return copy


def test_a_tripled_spread_is_shown_and_holm_counts_contrasts_that_were_not_run(runs, tmp_path):
    rows = contrasts(pd.concat([runs, wider(runs, "split_fixed", 3)]), tmp_path)
    found = rows.loc["split_fixed_spread"]
    assert (found["estimate"], found["verdict"]) == (pytest.approx(3), "shown")
    assert found["p"] * 3 <= found["p_holm"] <= found["p"] * 4
    assert rows.loc["slip_spread", "verdict"] == "not_measured"
    assert rows.loc["initialisation_or_shuffling", "verdict"] == "not_measured"
    assert rows.loc["record_or_notes", "verdict"] == "not_measured"


def test_fewer_runs_than_planned_draw_no_conclusion(runs, tmp_path):
    rows = contrasts(pd.concat([runs, wider(runs, "split_fixed", 3, n=49)]), tmp_path)
    assert rows.loc["split_fixed_spread", "verdict"] == "too_few"
    rows = contrasts(pd.concat([runs, wider(runs, "split_fixed", 3, n=2)]), tmp_path)
    assert rows.loc["split_fixed_spread", "verdict"] == "too_few"


def test_an_arm_with_one_result_is_not_tested(runs, tmp_path):
    rows = contrasts(pd.concat([runs, wider(runs, "split_fixed", 0)]), tmp_path)
    assert rows.loc["split_fixed_spread", "verdict"] == "not_testable"


def test_records_are_compared_on_the_same_runs_only(runs, tmp_path):
    replays = pd.DataFrame(
        [("diabetes_linear", f"r{i}", "notes", int(i < 20)) for i in range(30)]
        + [("diabetes_linear", f"r{i}", "mlflow_explicit", 1) for i in range(30)]
        + [("diabetes_linear", "alone", "notes", 1)],
        columns=["workload", "run_id", "record", "finished"],
    )
    found = contrasts(runs, tmp_path, replays).loc["record_or_notes"]
    assert (found["n_first"], found["estimate"]) == (30, pytest.approx(-1 / 3))
    assert found["p"] == pytest.approx(2 / 2**10)


def test_the_tables_are_the_same_bytes_each_time(runs, tmp_path):
    runs.to_parquet(tmp_path / "runs.parquet")
    for name in ("a", "b"):
        compare_arms.main(
            tmp_path / "runs.parquet", PLAN, tmp_path / f"{name}.tsv", tmp_path / f"v{name}.tsv", **SETTINGS
        )
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()
    assert len(ARMS.read(tmp_path / "a.tsv")) == 6
    assert len(read_frame(tmp_path / "va.tsv")) == 10 + 50 + 30 + 30
