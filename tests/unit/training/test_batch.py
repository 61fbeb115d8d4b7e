"""A batch of forked children gives the science that fresh processes give, and survives what goes wrong."""

import os
import subprocess
import sys

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.runtime import processes
from traceability.runtime.files import read_jsonl, sha256_npz
from traceability.stores import tracking
from traceability.training import tables
from traceability.training.batch import run_batch
from traceability.training.collect import collect
from traceability.training.plan import Sizes, batch_of
from traceability.training.tables import ARMS, RUNS

WORKLOADS = {row["workload"]: row for row in tables.WORKLOADS.rows(ROOT / "config" / "workloads.tsv")}
pytestmark = pytest.mark.slow


def rows_of(workload, *names):
    rows = [arm for arm in ARMS.rows(ROOT / "config" / "arms.tsv") if arm["workload"] == workload]
    return [arm for arm in rows if arm["arm"] in names] if names else rows


THREE = ("unseeded", "same_seed", "seed_varied")


def run(bench, workload, name, replicates=2, fresh=0, arms=None, batch=0, tracking=None):
    folder, uri, staged = bench
    arms = [arm | ({"tracking": tracking} if tracking else {}) for arm in arms or rows_of(workload)]
    about = WORKLOADS[workload]
    epochs = 2 if about["takes_epochs"] else None
    sizes = Sizes(replicates, 2, 10_000, base_seed=3, epochs=epochs, fresh_controls=fresh, at_most=replicates)
    items = batch_of(arms, batch, sizes)
    out = folder / name / "batch-0.jsonl"
    run_batch(
        items, staged[workload], data=folder / "data" / about["dataset"], preload=about["preload"].split(), uri=uri,
        plan_sha256="0" * 64, arrays=folder / name / "batch-0", rows=out, lock=folder / name / "batch-0.lock",
    )  # fmt: skip
    return out


@pytest.fixture(scope="module")
def digits(bench):
    """Four replicates of three arms of the network, and one fresh control of each of the two that are seeded."""
    return run(bench, "digits_mlp", "digits", replicates=4, fresh=1, arms=rows_of("digits_mlp", *THREE))


def distinct(rows, arm, process="forked"):
    return {row["weights_sha256"] for row in rows if row["arm"] == arm and row["process"] == process}


def test_seeded_replicates_agree_bit_for_bit_and_unseeded_children_are_no_twins(digits):
    rows = read_jsonl(digits)
    assert {row["status"] for row in rows} == {"finished"}
    assert len(distinct(rows, "same_seed")) == 1
    assert len(distinct(rows, "unseeded")) == 4
    pairs = [(row["pair"], row["weights_sha256"]) for row in rows if row["arm"] == "seed_varied"]
    assert len(set(pairs)) == 2, "the two runs of a seed agree, two seeds do not"


def test_the_fork_changes_nothing(digits, bench, tmp_path):
    rows = read_jsonl(digits)
    assert distinct(rows, "same_seed") == distinct(rows, "same_seed", "fresh")
    folder, _, staged = bench
    # The subject as its user starts it, with nothing of the study around.
    command = [sys.executable, "train.py", "--tracking", "none", "--seed-policy", "keras", "--seed", "1", "--epochs",
               "2", "--data", str(folder / "data" / "digits"), "--output", str(tmp_path)]  # fmt: skip
    subprocess.run(
        command, cwd=staged["digits_mlp"].worktree, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": ""}
    )
    assert {sha256_npz(tmp_path / "weights.npz")} == distinct(rows, "same_seed")


def test_the_arrays_kept_are_those_that_were_hashed(digits):
    for row in read_jsonl(digits):
        label = row["key"].partition("/")[2].replace("/", "-")
        assert sha256_npz(digits.parent / "batch-0" / f"{label}.weights.npz") == row["weights_sha256"]
        assert sha256_npz(digits.parent / "batch-0" / f"{label}.predictions.npz") == row["predictions_sha256"]


def test_what_mlflow_holds_is_what_was_measured_and_a_difference_is_found(digits, bench):
    _, uri, _ = bench
    frame = collect([digits], uri)
    RUNS.validate(frame, "runs")
    assert len(frame) == 14
    client = tracking.client(uri)
    run_id = frame.loc[frame["arm"] == "same_seed", "run_id"].iloc[0]
    value = client.get_run(run_id).data.metrics["test_accuracy"]
    client.log_metric(run_id, "test_accuracy", value + 1e-12)
    with pytest.raises(StudyError, match=f"metric 'test_accuracy' is .* in MLflow run {run_id}"):
        collect([digits], uri)
    client.log_metric(run_id, "test_accuracy", value, timestamp=2**42)
    client.set_tag(run_id, "note", "a tag of somebody else does no harm")
    assert len(collect([digits], uri)) == 14


@pytest.mark.parametrize("tracking", ["none", "notes", "explicit", "autolog"])
def test_tracking_does_not_touch_the_experiment(bench, digits, tracking):
    arm = next(arm for arm in rows_of("digits_mlp") if arm["arm"] == "same_seed") | {"arm": f"t_{tracking}"}
    rows = read_jsonl(run(bench, "digits_mlp", f"tracking-{tracking}", 1, arms=[arm], tracking=tracking))
    assert [row["status"] for row in rows] == ["finished"], rows
    assert {rows[0]["weights_sha256"]} == distinct(read_jsonl(digits), "same_seed")
    assert (rows[0]["run_id"] is None) == (tracking in ("none", "notes"))


def test_runs_of_a_killed_attempt_are_marked_and_ignored(bench):
    _, uri, _ = bench
    client = tracking.client(uri)
    experiment = client.get_experiment_by_name("diabetes_linear").experiment_id
    tags = {f"{tracking.PREFIX}key": "diabetes_linear/split_fixed/0000", f"{tracking.PREFIX}batch": "7"}
    orphan = client.create_run(experiment, tags=tags)  # its batch had another number: the batches were larger
    out = run(bench, "diabetes_linear", "killed")
    assert client.get_run(orphan.info.run_id).info.status == "KILLED"
    frame = collect([out], uri)
    assert orphan.info.run_id not in set(frame["run_id"])
    again = frame[(frame["arm"] == "split_fixed") & (frame["replicate"] == 0)].iloc[0]
    assert again["attempt"] == 2
    # A whole second attempt: the table holds each replicate once, the last attempt.
    second = collect([run(bench, "diabetes_linear", "killed")], uri)
    assert len(second) == len(frame) == 4
    assert set(second["run_id"]).isdisjoint(frame["run_id"])


def test_two_processes_never_run_the_same_batch(bench):
    folder = bench[0]
    with (
        processes.exclusive(folder / "twice" / "batch-0.lock"),
        pytest.raises(StudyError, match=r"batch-0\.lock: another process"),
    ):
        run(bench, "diabetes_linear", "twice")


def test_a_failing_subject_is_a_row_and_not_a_lost_batch(bench):
    arms = [
        arm | {"options": "--seed-policy wrong"} if arm["arm"] == "unseeded" else arm
        for arm in rows_of("diabetes_linear")
    ]
    rows = read_jsonl(run(bench, "diabetes_linear", "failing", arms=arms))
    assert {(row["arm"], row["status"]) for row in rows} == {("unseeded", "failed"), ("split_fixed", "finished")}
    assert all(row["error"] for row in rows if row["status"] == "failed")


def test_the_fixed_split_gives_the_published_metrics(bench):
    metrics = read_jsonl(run(bench, "diabetes_linear", "published"))
    fixed = next(row["metrics"] for row in metrics if row["arm"] == "split_fixed")
    published = {"test_mse": 2900.19362849348, "test_mae": 42.79409467959994, "test_r2": 0.4526027629719197}
    assert {name: fixed[name] for name in published} == pytest.approx(published, rel=1e-9)


def test_one_flipped_bit_changes_a_network_only_where_the_pixel_can_be_seen(bench):
    arms = rows_of("digits_mlp", "bit_silent", "bit_active")
    rows = read_jsonl(run(bench, "digits_mlp", "bits", replicates=2, arms=arms))
    assert {row["status"] for row in rows} == {"finished"}, [row["error"] for row in rows]
    assert len({row["predictions_sha256"] for row in rows if row["arm"] == "bit_silent"}) == 1
    assert len({row["weights_sha256"] for row in rows if row["arm"] == "bit_silent"}) == 2, "the bit was really flipped"
    assert len({row["output_weights_sha256"] for row in rows if row["arm"] == "bit_active"}) == 2


def test_the_flags_in_force_are_read_back(bench):
    arms = rows_of("digits_mlp", "keras_one_thread")
    row = read_jsonl(run(bench, "digits_mlp", "flags", replicates=1, arms=arms))[0]
    assert (row["threads"], row["deterministic_ops"]) == (1, True)


def test_a_seeded_forest_repeats_with_one_job_and_with_two(bench):
    rows = read_jsonl(run(bench, "digits_forest", "forest", replicates=2))
    assert {row["status"] for row in rows} == {"finished"}, [row["error"] for row in rows]
    seeded = {row["weights_sha256"] for row in rows if row["arm"].startswith("same_seed")}
    assert len(seeded) == 1
    assert len({row["weights_sha256"] for row in rows if row["arm"] == "unseeded"}) == 2
