"""The command line of a replicate, as training and replay both build it, and which arms are in the study."""

import json

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.replay.plan import plan
from traceability.replay.tables import CASES
from traceability.study.arms import chosen, options_of
from traceability.training.plan import Sizes, batch_of
from traceability.training.tables import ARMS, WORKLOADS

CONFIG = ROOT / "config"
ARM = {"workload": "digits_mlp", "arm": "it", "kind": "varied_source", "options": "--seed {replicate}"}


@pytest.mark.parametrize(
    ("kind", "options", "replicate", "words"),
    [
        ("seed_varied", "--seed {pair}", 5, ["--seed", "2"]),
        ("same_seed", "--seed {pair}", 5, ["--seed", "5"]),
        ("crossed", "--init-seed {init} --shuffle-seed {shuffle} --split-seed {split}", 14,
         ["--init-seed", "2", "--shuffle-seed", "1", "--split-seed", "1"]),
        ("control", "--flip-bit 'active:{replicate}' --seed {base_seed}", 3, ["--flip-bit", "active:3", "--seed", "9"]),
        ("unseeded", None, 3, []),
    ],
)  # fmt: skip
def test_the_numbers_of_a_replicate_are_filled_in(kind, options, replicate, words):
    arm = ARM | {"kind": kind, "options": options}
    assert options_of(arm, replicate, crossed_levels=3, base_seed=9, epochs=None) == words
    assert options_of(arm, replicate, crossed_levels=3, base_seed=9, epochs=4) == [*words, "--epochs", "4"]


@pytest.mark.parametrize("options", ["--seed {sed}", "--init-seed {init}", "--seed {0}", "--name 'open"])
def test_an_option_that_cannot_be_filled_in_names_the_arm(options):
    with pytest.raises(StudyError, match=r"arm 'digits_mlp/it'.*\{replicate\}, \{pair\}"):
        options_of(ARM | {"options": options}, 0, crossed_levels=2, base_seed=1, epochs=None)


def test_a_replay_has_the_command_of_the_replicate_with_its_number():
    arms = [arm for arm in ARMS.rows(CONFIG / "arms.tsv") if arm["workload"] == "digits_mlp"]
    sizes = Sizes(6, crossed_levels=2, batch_size=10**6, base_seed=7, epochs=3, at_most=6)
    trained = {(item.arm, item.replicate): list(item.options) for item in batch_of(arms, 0, sizes)}
    (case,) = [row for row in CASES.rows(CONFIG / "replays_paper.tsv") if row["arm"] == "crossed"]
    cases = [case | {"arm": arm["arm"], "n": 6} for arm in arms]
    replayed = plan(
        cases, arms, epochs={"digits_mlp": 3}, environments=["same"], replays_at_most=6, batches=1, crossed_levels=2,
        base_seed=7,
    )  # fmt: skip
    assert len(replayed) == 6 * len(arms)
    for row in replayed:
        assert json.loads(row["options"]) == trained[row["arm"], row["number"]], row["key"]


def test_arms_of_data_sets_that_were_not_asked_for_are_left_out_and_unknown_workloads_are_refused():
    arms, workloads = ARMS.rows(CONFIG / "arms.tsv"), WORKLOADS.rows(CONFIG / "workloads.tsv")
    assert {arm["workload"] for arm in chosen(arms, workloads, ["digits"])} == {"digits_forest", "digits_mlp"}
    assert chosen(arms, workloads, ["diabetes", "digits", "fashion_mnist"]) == arms
    with pytest.raises(StudyError, match=r"no workload 'digit_mlp' in the table.*did you mean 'digits_mlp'"):
        chosen([ARM | {"workload": "digit_mlp"}], workloads, ["digits"])


def test_each_workload_is_a_subject_and_has_a_known_data_set():
    for row in WORKLOADS.rows(CONFIG / "workloads.tsv"):
        script = CONFIG.parent / "subjects" / row["workload"] / "train.py"
        assert ("--epochs" in script.read_text(encoding="utf-8")) == row["takes_epochs"], row["workload"]
    known = {line.partition("\t")[0] for line in (CONFIG / "datasets.tsv").read_text(encoding="utf-8").splitlines()}
    assert {row["dataset"] for row in WORKLOADS.rows(CONFIG / "workloads.tsv")} <= known
