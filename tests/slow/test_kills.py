"""The default study, killed at twenty random moments: it resumes by itself, and its results are those of a quiet run.

It takes two to three times as long as the study, so neither `make test` nor `make test-slow` holds it:

    make test-slow ARGS="-n0 -m long -k kills"

`STUDY_FINISHED=FOLDER` names a clone in which the default study has come to its end; else one is run for comparison.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from support.processes import processes_of, wait_until
from support.studies import copy_of_study, environment_of, seeded_arrays, seeded_rows

pytestmark = [pytest.mark.slow, pytest.mark.long]

KILLS = int(os.environ.get("STUDY_KILLS", "20"))
SEED = 20240115
#: Seconds after a job's end within which the kill comes: many jobs take longer, so it falls into any part of them.
WITHIN = 20.0
MEASURED = {"storage/failures.tsv"}
"""Tables of counts that depend on the moment at which a client was killed."""


def start(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """`make study` without its set-up, in a process group of its own."""
    words = [sys.executable, "envs/run_study.py", "--report", "results/report.zip"]
    with log.open("wb") as stream:
        return subprocess.Popen(
            words, cwd=folder, env=environment_of(folder), stdout=stream, stderr=stream, start_new_session=True
        )


def groups_of(folder: Path) -> set[int]:
    """The process groups of everything that works in `folder`."""
    return {os.getpgid(process.pid) for process in processes_of(folder) if process.is_running()}


def ended(log: Path) -> int:
    """Jobs that the run says it has finished."""
    return len(re.findall(rb"Finished job(?:id)?:? ?\d*", log.read_bytes()))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a default study that nobody disturbed."""
    finished = os.environ.get("STUDY_FINISHED")
    if finished:
        return Path(finished)
    folder = copy_of_study(tmp_path_factory.mktemp("quiet") / "study")
    assert start(folder, folder / "study.log").wait() == 0, (folder / "study.log").read_text()[-3000:]
    return folder


def test_a_study_with_twenty_kills_ends_with_the_results_of_one_without(
    quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    folder = copy_of_study(tmp_path / "study")
    jobs = sum(1 for _ in (quiet / "results" / "logs").rglob("*.log"))
    drawn = random.Random(SEED)  # noqa: S311 - moments of a test
    moments = sorted(drawn.uniform(0, 0.9 * jobs) for _ in range(KILLS))
    done, killed = 0, 0
    for number, moment in enumerate(moments):
        log = folder / f"study-{number}.log"
        study = start(folder, log)
        wait = moment - done
        while study.poll() is None and ended(log) < wait:
            time.sleep(0.2)
        time.sleep(drawn.uniform(0, WITHIN))
        done += ended(log)
        if study.poll() is not None:
            break
        # The whole group at once, as the kernel does when memory is short: its own, and Snakemake's.
        for group in groups_of(folder) | {study.pid}:
            os.killpg(group, signal.SIGKILL)
        study.wait()
        killed += 1
        assert wait_until(lambda: not processes_of(folder), 60), processes_of(folder)
    assert killed == KILLS, "the study came to its end before the last kill"

    last = folder / "study-last.log"
    assert start(folder, last).wait() == 0, last.read_text()[-3000:]
    assert wait_until(lambda: not processes_of(folder), 60), processes_of(folder)
    left = [path for path in folder.rglob(".*") if re.fullmatch(r"\..+\.[a-z0-9_]{8}(\.\w+)?", path.name)]
    assert not [path for path in left if "environments" not in path.parts], "half-written files"
    assert not list((folder / ".snakemake" / "locks").glob("*"))
    assert not list((folder / ".snakemake" / "incomplete").glob("*"))
    assert not [path for path in (folder / "results").rglob("*.lock") if "environments" not in path.parts]

    arrays = seeded_arrays(quiet)
    assert len(arrays) > 100
    assert seeded_arrays(folder) == arrays
    expected, found = seeded_rows(quiet), seeded_rows(folder)
    assert set(found) == set(expected)
    for name, frame in expected.items():
        if name not in MEASURED:
            pd.testing.assert_frame_equal(found[name], frame, check_exact=True, obj=name)
