"""What a run costs: measured in a store of its own, level by level; notes by hand are stored bytes too."""

import json
import subprocess
import sys

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.study.subjects import Staged
from traceability.training.cost import measure
from traceability.training.tables import ARMS, COSTS

pytestmark = pytest.mark.slow


def measured(bench, folder, *names, subject=None):
    levels = [row for row in ARMS.rows(ROOT / "config" / "costs.tsv") if row["arm"] in names]
    base, _, staged = bench
    return measure(
        levels, subject or staged["digits_mlp"], data=base / "data" / "digits", preload=["keras", "mlflow.tensorflow"],
        folder=folder, repetitions=1, epochs=1, seed=1, plan_sha256="0" * 64,
    )  # fmt: skip


def test_notes_are_counted_as_what_a_run_stores(bench, tmp_path):
    rows = {row["level"]: row for row in measured(bench, tmp_path / "costs", "none", "notes", "explicit")}
    COSTS.write(list(rows.values()), tmp_path / "costs.tsv")
    assert {row["status"] for row in rows.values()} == {"finished"}
    assert len({row["weights_sha256"] for row in rows.values()}) == 1
    base, _, staged = bench
    script = staged["digits_mlp"].entry_point
    words = ["--tracking", "notes", "--seed-policy", "keras", "--seed", "1", "--epochs", "1"]
    subprocess.run([sys.executable, script.name, *words, "--data", str(base / "data" / "digits"),
                    "--output", str(tmp_path)], cwd=script.parent, check=True, capture_output=True)  # fmt: skip
    notes = (tmp_path / "notes.json").read_bytes()
    assert json.loads(notes)["params"]["seed"] == 1
    assert {name: row["artifact_bytes"] for name, row in rows.items()} == {
        "none": 0, "notes": len(notes), "explicit": 0,
    }  # fmt: skip
    # Of the explicit level nothing is asserted: a database grows by pages, and one small run may need none.
    assert (rows["none"]["database_bytes"], rows["notes"]["database_bytes"]) == (0, 0)


def test_a_program_that_leaves_no_notes_is_an_error_in_one_line(bench, tmp_path):
    (tmp_path / "train.py").write_text("raise SystemExit('no room for notes')\n")
    silent = Staged("digits_mlp", str(tmp_path), "", "")
    with pytest.raises(StudyError, match=r"level notes: no notes, exit status 1: no room for notes"):
        measured(bench, tmp_path / "costs", "notes", subject=silent)
