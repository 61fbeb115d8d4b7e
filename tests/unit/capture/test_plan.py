"""What is launched: the study's own tables hold what was promised, and a mistake in them is told in one line."""

from collections import Counter, defaultdict

import pytest
from launch_cases import MODES, ROOT, TRACKING_ROWS, block, planned

from traceability.capture.fields import MLFLOW
from traceability.capture.plan import cost
from traceability.capture.tables import BLOCKS, TRACKERS
from traceability.errors import StudyError

KNOWN = {row["tracker"]: row for row in TRACKERS.rows(ROOT / "config" / "trackers.tsv")}


@pytest.mark.parametrize("blocks", ["captures.tsv", "captures_paper.tsv"])
def test_the_study_launches_what_was_promised(blocks):
    rows = [row for row in planned(blocks, tuple(KNOWN)) if row["defect"] == "none"]
    modes, ways = defaultdict(set), defaultdict(set)
    for row in rows:
        modes[row["tracker"]].add(row["launch_mode"])
        ways[row["tracker"]].add(row["tracking"])
    every = {mode["launch_mode"]: mode["group"] for mode in MODES}
    assert {every[mode] for mode in modes["mlflow_3"]} == set(every.values()) and len(MODES) >= 20
    assert ways["mlflow_3"] == {row["tracking"] for row in TRACKING_ROWS} and len(TRACKING_ROWS) >= 8
    assert {KNOWN[tracker]["version"] for tracker in modes if KNOWN[tracker]["system"] == MLFLOW} == {
        "2.10.0",
        "3.17.2",
    }
    rivals = {KNOWN[tracker]["system"] for tracker in modes} - {MLFLOW}
    assert rivals == {"Sacred", "Weights & Biases", "DVCLive", "Aim", "ClearML", "Guild AI"}
    # Trackers are compared on the same launches: everybody has those that are compared.
    assert {"script", "modified_script", "untracked_script"} <= set.intersection(*modes.values())
    with_plugin = {row["launch_mode"] for row in rows if row["tracking"] == "plugin" and row["tracker"] == "mlflow_3"}
    assert {every[mode] for mode in with_plugin} == set(every.values()), "the plugin is tried on every kind of launch"
    if blocks == "captures_paper.tsv":
        assert with_plugin == modes["mlflow_3"] == set(every), "what is claimed is measured in every launch mode"


def test_the_sample_of_launch_modes_has_each_kind_in_its_share():
    """So that the shares of a replication can be compared with the published ones."""
    rows = planned("captures.tsv", ("mlflow_3",))
    modes = {row["launch_mode"] for row in rows if row["tracking"] == "params_metrics" and row["defect"] == "none"}
    of_all, sampled = (
        Counter(mode["group"] for mode in MODES if mode["launch_mode"] in chosen)
        for chosen in ({mode["launch_mode"] for mode in MODES}, modes)
    )
    for group, count in of_all.items():
        assert abs(sampled[group] - count * len(modes) / len(MODES)) <= 1, group


def test_at_published_size_no_launch_mode_and_no_way_is_silently_left_out():
    """Where a tracker cannot do a launch, a row with the reason says so; the plan asks for it."""
    rows = [row for row in planned("captures_paper.tsv", tuple(KNOWN)) if row["defect"] == "none"]
    asked = {(row["tracker"], row["launch_mode"], row["tracking"]) for row in rows}
    assert asked == {
        (tracker, mode["launch_mode"], row["tracking"])
        for row in TRACKING_ROWS for tracker in row["trackers"].split(";") for mode in MODES
    }  # fmt: skip


def test_mlflow_2_is_used_in_every_way_that_its_environment_allows():
    """It has TensorFlow; models that are made beforehand and versioned by git came later."""
    lacking = {row["tracking"] for row in TRACKING_ROWS if "mlflow_2" not in row["trackers"].split(";")}
    assert lacking == {"none", "notes", "git_versioning"}


@pytest.mark.parametrize("blocks", ["captures.tsv", "captures_paper.tsv", "captures_quick.tsv"])
def test_every_planted_defect_has_its_undamaged_twin(blocks):
    rows = planned(blocks, tuple(KNOWN))
    sound = {(row["tracker"], row["launch_mode"], row["tracking"]) for row in rows if row["defect"] == "none"}
    damaged = [row for row in rows if row["defect"] != "none"]
    assert damaged
    assert {(row["tracker"], row["launch_mode"], row["tracking"]) for row in damaged} <= sound
    assert all(row["expected"] for row in damaged)


def test_a_launch_is_made_once_and_shared_out_evenly():
    rows = planned("captures.tsv", tuple(KNOWN), batches=3)
    cases = [(row["tracker"], row["launch_mode"], row["tracking"], row["defect"]) for row in rows]
    asked = sum(len(planned([row], tuple(KNOWN))) for row in BLOCKS.rows(ROOT / "config" / "captures.tsv"))
    assert len(cases) == len(set(cases)) < asked, "rows of the table overlap, launches do not"
    assert len({row["key"] for row in rows}) == len(cases)
    loads = [0, 0, 0]
    for row in rows:
        loads[row["batch"]] += cost(row["tracking"])
    assert max(loads) - min(loads) <= cost("autolog_tensorflow"), "one that is long may lie across a boundary"
    parts = {(row["batch"], row["tracker"]) for row in rows}
    assert len(parts) <= len(KNOWN) + 3 - 1, "a tracker is asked by one job, unless its launches lie across a boundary"
    assert cost("autolog_tensorflow") > cost("params_metrics") == 1
    plain = ";".join(mode["launch_mode"] for mode in MODES[: cost("autolog_tensorflow")])
    halves = Counter(row["batch"] for row in planned([block("script", "autolog_tensorflow"), block(plain)], batches=2))
    assert sorted(halves.values()) == [1, cost("autolog_tensorflow")], "seconds are shared out, not launches"


def test_a_tracker_that_is_not_in_use_is_left_out():
    assert {row["tracker"] for row in planned("captures.tsv", ("sacred",))} == {"sacred"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (block("scritp"), "row of mlflow_3: 'scritp' is not a row of its table; did you mean 'script'"),
        (block("script", "log_modle"), "'log_modle' is not a row of its table; did you mean 'log_model'"),
        (block("script", tracker="sacred"), "capture.use: no row of the table of captures is of mlflow_3"),
    ],
)
def test_a_mistake_in_the_table_is_one_line(row, said):
    with pytest.raises(StudyError) as stopped:
        planned([row])
    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)
