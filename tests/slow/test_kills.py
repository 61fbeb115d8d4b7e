"""The default study, killed at twenty random moments: it resumes by itself, and its results are those of a quiet run.

It takes two to three times as long as the study, so neither `make test` nor `make test-slow` holds it:

    make test-slow ARGS="-n0 -m long -k kills"

`STUDY_FINISHED=FOLDER` names a clone in which the default study has come to its end, `STUDY_KILLED=FOLDER` one that
this test has already killed and resumed; what is not named is run. Both stay where they are, for another comparison.
"""

from __future__ import annotations

import logging
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
from support.processes import processes_of, wait_until
from support.studies import copy_of_study, environment_of, seeded_arrays, seeded_rows

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.slow, pytest.mark.long]

KILLS = int(os.environ.get("STUDY_KILLS", "20"))
SEED = 20240115
#: Seconds after a job's end within which the kill comes: many jobs take longer, so it falls into any part of them.
WITHIN = 20.0
MEASURED = {"storage/failures.tsv", "reproduction/reproduction.tsv"}
"""Tables that depend on the moment at which a client was killed, or on what costs were measured."""


def start(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """`make study` without its set-up, in a process group of its own."""
    words = [sys.executable, "envs/run_study.py", "--report", "results/report.zip"]
    with log.open("wb") as stream:
        return subprocess.Popen(
            words, cwd=folder, env=environment_of(folder), stdout=stream, stderr=stream, start_new_session=True
        )


def finish(folder: Path) -> None:
    """Run the study in `folder` to its end, undisturbed."""
    said = folder / "study.log"
    assert start(folder, said).wait() == 0, said.read_text()[-3000:]


def groups_of(folder: Path) -> set[int]:
    """The process groups of everything that works in `folder`."""
    return {os.getpgid(process.pid) for process in processes_of(folder) if process.is_running()}


def ended(log: Path) -> int:
    """Jobs that the run says it has finished."""
    return len(re.findall(rb"Finished job(?:id)?:? ?\d*", log.read_bytes()))


def jobs_of(folder: Path) -> int:
    """How many jobs the default study has, as a dry run counts them."""
    words = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "rules"]
    said = subprocess.run(words, cwd=folder, env=environment_of(folder), capture_output=True, text=True, check=True)
    return int(re.findall(r"(?m)^total +(\d+)", said.stdout + said.stderr)[-1])


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a default study that nobody disturbed."""
    finished = os.environ.get("STUDY_FINISHED")
    if finished:
        return Path(finished)
    folder = copy_of_study(tmp_path_factory.mktemp("quiet") / "study")
    finish(folder)
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a default study that was killed at random moments, and then ended by itself."""
    finished = os.environ.get("STUDY_KILLED")
    if finished:
        return Path(finished)
    folder = copy_of_study(tmp_path_factory.mktemp("killed") / "study")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        # The administrator's PostgreSQL runs as another user, who has to reach its folder; pytest's are closed.
        Path(scratch).chmod(0o711)
        patch.setenv("TMPDIR", scratch)
        kill_again_and_again(folder)
        finish(folder)
    return folder


def kill_again_and_again(folder: Path) -> None:
    """Start the study in `folder` and kill it with all that it started, `KILLS` times."""
    drawn = random.Random(SEED)  # noqa: S311 - moments of a test
    jobs = jobs_of(folder)
    moments = sorted(drawn.uniform(0, 0.9 * jobs) for _ in range(KILLS))
    done = 0
    for number, moment in enumerate(moments):
        said = folder / f"study-{number}.log"
        study = start(folder, said)
        wait = moment - done
        while study.poll() is None and ended(said) < wait:
            time.sleep(0.2)
        time.sleep(drawn.uniform(0, WITHIN))
        done += ended(said)
        assert study.poll() is None, f"the study came to its end before kill {number + 1} of {KILLS}"
        # The whole group at once, as the kernel does when memory is short: its own, and Snakemake's.
        for group in groups_of(folder) | {study.pid}:
            os.killpg(group, signal.SIGKILL)
        study.wait()
        log.info("kill %d of %d after %d of %d jobs", number + 1, KILLS, done, jobs)
        assert wait_until(lambda: not processes_of(folder), 60), processes_of(folder)


def test_a_study_with_twenty_kills_leaves_nothing_behind(killed: Path) -> None:
    assert wait_until(lambda: not processes_of(killed), 60), processes_of(killed)
    left = [path for path in killed.rglob(".*") if re.fullmatch(r"\..+\.[a-z0-9_]{8}(\.\w+)?", path.name)]
    assert not [path for path in left if "environments" not in path.parts], "half-written files"
    assert not list((killed / ".snakemake" / "locks").glob("*"))
    assert not list((killed / ".snakemake" / "incomplete").glob("*"))
    # Environments keep their locks, and what launched programs leave in their folders is their own.
    others = {"environments", "cases", "files"}
    assert not [path for path in (killed / "results").rglob("*.lock") if not others & set(path.parts)]


def test_a_study_with_twenty_kills_has_the_results_of_one_without(quiet: Path, killed: Path) -> None:
    arrays = seeded_arrays(quiet)
    assert len(arrays) > 100
    assert seeded_arrays(killed) == arrays
    expected, found = seeded_rows(quiet), seeded_rows(killed)
    assert set(found) == set(expected)
    for name, frame in expected.items():
        if name not in MEASURED:
            pd.testing.assert_frame_equal(found[name], frame, check_exact=True, obj=name)
