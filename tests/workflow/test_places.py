"""Where the study lies, and what became of its files' times, changes no result and runs nothing again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from support.processes import processes_of, take_interrupts, wait_until
from support.studies import RUNS, TINY, copy_of_study, environment_of, same_weights, snakemake

from traceability.runtime import git


def nothing_to_do(folder: Path, targets: tuple[str, ...]) -> None:
    """A dry run plans no job."""
    planned = snakemake(folder, "--dry-run", *targets, config=TINY)
    assert planned.returncode == 0, planned.stderr[-3000:]
    said = planned.stdout + planned.stderr
    assert "Nothing to be done" in said, said[-3000:]


@pytest.fixture
def moved(tiny_study: Path, tmp_path: Path) -> Path:
    """The finished tiny study in another folder, with the times of its files, as `cp -a` leaves them."""
    return Path(shutil.copytree(tiny_study, tmp_path / "moved here", symlinks=True))


def test_a_moved_folder_has_nothing_to_do(moved: Path, targets: tuple[str, ...]) -> None:
    nothing_to_do(moved, targets)


def test_files_with_other_times_and_the_same_bytes_run_nothing_again(moved: Path, targets: tuple[str, ...]) -> None:
    """What a backup, a copied folder or a change of branches and back does."""
    touched = [path for name in ("scripts", "rules", "traceability", "config", "subjects", "envs", "tests")
               for path in (moved / name).rglob("*") if path.is_file()]  # fmt: skip
    assert len(touched) > 200
    for path in [*touched, moved / "Snakefile"]:
        os.utime(path)
    nothing_to_do(moved, targets)


def test_one_changed_byte_runs_the_rules_that_use_it(moved: Path, targets: tuple[str, ...]) -> None:
    script = moved / "scripts" / "compare_arms.py"
    script.write_text(script.read_text() + "# another byte\n")
    planned = snakemake(moved, *targets, "--dry-run", "--quiet", "rules", config=TINY)
    jobs = {line.split()[0] for line in (planned.stdout + planned.stderr).splitlines() if len(line.split()) == 2}
    assert {"compare_arms", "plot_arms"} <= jobs
    assert not {"run_batch", "run_captures", "collect_runs"} & jobs


def test_results_on_another_disk_and_files_for_their_owner_alone(tiny_study: Path, tmp_path: Path) -> None:
    """`results` is a link, the folder has no .git (a ZIP), its name blanks, and new files are not for others (077)."""
    folder = copy_of_study(tmp_path / "a study (é)")
    assert not (folder / ".git").exists()
    (tmp_path / "disk").mkdir()
    shutil.rmtree(folder / "results")
    (folder / "results").symlink_to(tmp_path / "disk", target_is_directory=True)
    command = [sys.executable, "envs/run_study.py", RUNS, "--cores", "2", "--configfile", TINY]
    done = subprocess.run(command, cwd=folder, env=environment_of(folder), capture_output=True, text=True, check=False,
                          umask=0o077)  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    assert (folder / "results").is_symlink()
    same_weights(pd.read_parquet(tmp_path / "disk" / "training" / "runs.parquet"),
                 pd.read_parquet(tiny_study / RUNS), at_least=2)  # fmt: skip
    assert (tmp_path / "disk" / "training" / "runs.parquet").stat().st_mode & 0o077 == 0


def test_an_interrupt_ends_everything_within_seconds(tmp_path: Path) -> None:
    folder = copy_of_study(tmp_path / "interrupted")
    command = [sys.executable, "envs/run_study.py", RUNS, "--cores", "2", "--configfile", TINY]
    with (folder / "said.log").open("w") as stream:
        study = subprocess.Popen(
            command,
            cwd=folder,
            env=environment_of(folder),
            stdout=stream,
            stderr=stream,
            preexec_fn=take_interrupts,  # noqa: PLW1509 - no threads
        )
    training = (folder / "results" / "training" / "diabetes_linear").exists
    assert wait_until(lambda: training() or study.poll() is not None, 300)
    assert study.poll() is None, (folder / "said.log").read_text()[-3000:]
    begun = time.monotonic()
    study.send_signal(signal.SIGINT)
    assert study.wait(60) != 0
    assert wait_until(lambda: not processes_of(folder), 30), "a job goes on"
    took = time.monotonic() - begun
    assert took < 15, f"the interrupt took {took:.1f} s"
    assert not any((folder / ".snakemake" / "locks").glob("*"))


def test_staged_subjects_are_clean_and_declared(tiny_study: Path) -> None:
    """Snakemake marks the folders that rules make; what MLflow records of the clone must not change by that."""
    (clone,) = (path for path in (tiny_study / "results" / "subjects").glob("diabetes_linear") if path.is_dir())
    assert (clone / ".snakemake_timestamp").exists(), "the rule declares the clone"
    assert git.run("status", "--porcelain", cwd=clone) == ""


def test_logs_say_what_was_done_and_count_it(tiny_study: Path) -> None:
    logs = sorted((tiny_study / "results" / "logs").rglob("*.log"))
    assert len(logs) >= 10
    for path in logs:
        text = path.read_text(encoding="utf-8")
        assert all(word in text for word in ("job: rule", "ended after", "wrote")), path
    batches = [path.read_text(encoding="utf-8") for path in logs if path.parent.name == "run_batch"]
    assert all("replicate 1 of " in text and "diabetes_linear" in text for text in batches)
    (launches,) = (path.read_text(encoding="utf-8") for path in logs if path.parent.name == "run_captures")
    assert "launch 1 of 1, mlflow 3-script-params metrics: finished" in launches


def test_no_lock_is_left_where_a_batch_ended_well(tiny_study: Path) -> None:
    assert list((tiny_study / "results" / "training").rglob("*.lock")) == []
    assert list((tiny_study / "results" / "capture").rglob("*.lock")) == []
