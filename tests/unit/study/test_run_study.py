"""A run that was killed is taken up again by the next one, and two runs never work in one folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support.processes import take_interrupts

pytestmark = pytest.mark.slow

SNAKEFILE = """\
rule all:
    input:
        expand("results/{name}.txt", name=["a", "b"]),


rule write:
    output:
        "results/{name}.txt",
    shell:
        "date >> attempts.txt; sleep $(cat seconds); echo {wildcards.name} > {output}"
"""


@pytest.fixture
def folder(tmp_path: Path, root: Path) -> Path:
    """A folder laid out as the project is, with two jobs that each sleep as long as the file `seconds` says."""
    folder = (tmp_path / "study").resolve()
    (folder / "envs").mkdir(parents=True)
    shutil.copy(root / "envs" / "run_study.py", folder / "envs")
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "seconds").write_text("60")
    return folder


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    words = [sys.executable, "envs/run_study.py", "--cores", "1", *arguments]
    return subprocess.Popen(
        words,
        cwd=folder,
        text=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=take_interrupts,  # noqa: PLW1509 - no threads
    )


def snakemake_of(launcher: subprocess.Popen[str], folder: Path) -> psutil.Process:
    """The Snakemake under a launcher, once its first job has begun."""
    deadline = time.monotonic() + 60
    while not (folder / "attempts.txt").exists():
        assert time.monotonic() < deadline, "no job has begun"
        time.sleep(0.1)
    return psutil.Process(launcher.pid).children()[0]


def at_work(folder: Path) -> list[psutil.Process]:
    """Processes whose working directory is the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == folder and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def test_half_written_files_of_a_killed_run_are_removed(folder: Path) -> None:
    """They are made by the function that all results are written with."""
    results = folder / "results"
    environment = results / "environments" / "aim"
    environment.mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    kept = [results / ".gitignore", results / ".a.tsv", environment / ".b.tsv.x1y2z3_4.tsv"]
    for path in kept:
        path.touch()
    killed = (
        "import os, sys; from traceability.runtime import files\n"
        "with files.replacing(sys.argv[1]): os.kill(os.getpid(), 9)"
    )
    for name in ("runs.parquet", "training/batch-0.jsonl", "plain"):
        subprocess.run([sys.executable, "-c", killed, str(results / name)], check=False)
    assert sum(path.is_file() for path in results.rglob("*")) == len(kept) + 1 + 3
    (folder / "seconds").write_text("0")
    launcher = start(folder)
    assert launcher.wait(60) == 0
    assert launcher.stderr is not None
    assert "removed 3 half-written files" in launcher.stderr.read()
    left = {path for path in results.rglob("*") if path.is_file()}
    assert left == {*kept, environment / "pyvenv.cfg", results / "a.txt", results / "b.txt"}


def test_study_finishes_after_snakemake_was_killed(folder: Path) -> None:
    first = start(folder)
    snakemake_of(first, folder).kill()
    assert first.wait(30) == 128 + signal.SIGKILL
    assert any((folder / ".snakemake" / "locks").iterdir()), "the killed run left no lock: nothing is tested here"

    (folder / "seconds").write_text("0")
    second = start(folder)
    _, said = second.communicate(timeout=120)
    assert second.returncode == 0, said
    assert "that held the lock is gone; unlocking" in said
    assert [path.name for path in sorted((folder / "results").iterdir())] == ["a.txt", "b.txt"]
    assert at_work(folder) == [], "a job of the killed run goes on"


def test_second_run_is_refused_while_the_first_works(folder: Path) -> None:
    first = start(folder)
    steering = snakemake_of(first, folder)
    second = start(folder)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert said.strip().splitlines() == [
        f"study: another run (process {steering.pid}) is at work in {folder}; wait for it, or stop it first"
    ]
    assert steering.is_running(), "the refused run has disturbed the first"
    first.send_signal(signal.SIGINT)
    first.wait(60)


def test_interrupt_ends_the_jobs_and_leaves_no_lock(folder: Path) -> None:
    launcher = start(folder)
    snakemake_of(launcher, folder)
    os.kill(launcher.pid, signal.SIGINT)
    assert launcher.wait(60) != 0
    assert not any((folder / ".snakemake" / "locks").glob("*"))
    assert at_work(folder) == []


def test_lock_of_another_machine_is_respected(folder: Path) -> None:
    locks = folder / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/a.txt\n")
    (locks.parent / "owner.json").write_text('{"host": "elsewhere.example", "pid": 7}')
    run = start(folder)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "locked by process 7 on elsewhere.example" in said
    assert (locks / "0.output.lock").exists()
