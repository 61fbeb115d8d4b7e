"""The instrument's own error rate on planted cases is 0: each defect is planted in a launch of its own.

In its store, in its script before it starts (dirty_tree), or in the table that the truth is taken from (changed_data).
"""

import json
from collections import Counter

import pytest
from launch_cases import block, planned

from traceability.capture import crosscheck, verdicts
from traceability.capture.tables import DEFECTS, PLANTED
from traceability.errors import StudyError
from traceability.runtime.files import read_jsonl

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(launched):
    """The planted cases of the study, with the same launches undamaged."""
    rows = planned("captures.tsv")
    twins = {(row["launch_mode"], row["tracking"]) for row in rows if row["defect"] != "none"}
    return launched([row for row in rows if (row["launch_mode"], row["tracking"]) in twins])


def test_every_planted_defect_gets_its_verdict_and_nothing_else_is_blamed(found):
    _, damaged, _ = verdicts.collect([found])
    assert {row["defect"] for row in damaged} == set(DEFECTS) - {"none"}, "every kind of damage is planted"
    errors = [(row["defect"], row["field"], row["before"], row["verdict"]) for row in damaged if row["error"]]
    assert errors == []
    planted = [row for row in damaged if row["planted"]]
    assert len(planted) >= len(DEFECTS) - 1
    assert all(row["before"] for row in damaged), "every damaged launch has its undamaged twin"
    # Damage turns what was right, or partly right, into something else; only the share of a partial record may do.
    assert Counter(row["before"] == row["verdict"] for row in planted)[True] <= 2


def test_a_sound_record_has_nothing_misleading_in_it(found):
    sound, _, _ = verdicts.collect([found])
    wrong = sound[sound["verdict"] == "misleading"][["launch_mode", "tracking", "field", "expected", "recorded"]]
    assert wrong.empty, wrong.to_string()
    plain = sound[sound["tracking"] == "params_metrics"].set_index("field")["verdict"]
    right = ("commit", "branch", "remote", "entry_point", "parameters", "metrics", "seed", "user", "times")
    assert set(plain[list(right)]) == {"correct"}


def test_interface_and_store_agree_on_what_was_recorded(found, launched):
    # Nothing that is damaged leaves a file among its run's artifacts; what logs everything does.
    _, _, checked = verdicts.collect([found, launched(planned([block("script", "everything")]))])
    assert crosscheck.disagreements(checked) == []
    told = Counter()
    for row in checked:
        told[row["kind"]] += row["told"]
    assert all(told[kind] > 0 for kind in crosscheck.KINDS), "no kind of entry was there to be compared"


def test_an_unrecognised_defect_stops_the_workflow(found, tmp_path):
    """A record that was not damaged, said to be: the instrument sees nothing, and that is an error."""
    lines = read_jsonl(found)
    sound = next(line for line in lines if line["defect"] == "none" and line["tracking"] == "params_metrics")
    lied = sound | {"defect": "wrong_commit", "expected": "commit=misleading", "key": "lied"}
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (sound, lied)))
    _, damaged, _ = verdicts.collect([path])
    PLANTED.write(damaged, tmp_path / "planted.tsv")
    with pytest.raises(StudyError, match="planted wrong_commit: commit was judged 'correct', expected 'misleading'"):
        verdicts.refuse_errors(damaged)


def test_damage_that_changes_neither_verdict_nor_share_is_an_error(found):
    lines = read_jsonl(found)
    sound = next(line for line in lines if line["defect"] == "none" and line["tracking"] == "log_model")
    lied = sound | {"defect": "missing_package", "expected": "imported_packages=partial", "key": "lied"}
    assert [row["field"] for row in verdicts.planted([sound, lied]) if row["error"]] == ["imported_packages"]


def test_a_damaged_launch_that_failed_is_an_error(found):
    lines = read_jsonl(found)
    sound = next(line for line in lines if line["defect"] == "none" and line["tracking"] == "params_metrics")
    failed = sound | {"defect": "wrong_commit", "expected": "commit=misleading", "key": "failed", "reason": "no disk"}
    with pytest.raises(StudyError, match="wrong; no disk"):
        verdicts.refuse_errors(verdicts.planted([sound, failed]))


def test_there_must_be_something_to_damage(launched):
    """A defect in a record that holds no such entry is a reason, never a silent pass."""
    (line,) = read_jsonl(launched(planned([block("script", "params_metrics", "other_digest", "data_content=missing")])))
    assert "nothing to damage for 'other_digest'" in line["reason"]
    (row,) = verdicts.planted([line])
    assert row["error"]
