"""The quick study through each profile: the same seeded results as at home, and nothing left on the cluster."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from local_slurm import LocalSlurm
from studies import TOOK, Study
from support.studies import seeded_arrays, seeded_rows

from traceability.runtime.files import read_jsonl

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def local(slurm: LocalSlurm, quick_study: tuple[Path, float]) -> tuple[Path, float]:
    """The quick study on this machine without a scheduler (after `slurm`: where there is none it need not run)."""
    return quick_study


def start_up_seconds(slurm: LocalSlurm, study: Study) -> list[float]:
    """For each finished job of a batch: seconds on its node minus seconds of the work itself."""
    found = []
    for line in slurm.ask("scontrol", "show", "job", "--oneliner").splitlines():
        said = dict(re.findall(r"(\w+)=(\S*)", line))
        batch = re.search(r"run_batch\D*?_?((?:diabetes|digits)_[a-z]+)\D(\d+)", line)
        if not batch or said.get("JobState") != "COMPLETED" or said.get("WorkDir") != str(study.folder):
            continue
        begin, end = (datetime.fromisoformat(said[key]) for key in ("StartTime", "EndTime"))
        benchmark = study.folder / "results" / "benchmarks" / "run_batch" / f"{batch[1]}-{batch[2]}.jsonl"
        found.append((end - begin).total_seconds() - read_jsonl(benchmark)[0]["s"])
    return found


@pytest.mark.parametrize("profile", ["slurm", pytest.param("generic", marks=pytest.mark.long)])
def test_the_quick_study_gives_the_results_of_a_local_run(
    profile: str,
    slurm: LocalSlurm,
    local: tuple[Path, float],
    study: Study,
    record_property: Callable[[str, object], None],
) -> None:
    home, seconds_at_home = local
    seconds = study.run("--workflow-profile", f"profiles/{profile}")
    overhead = start_up_seconds(slurm, study)
    assert overhead, "no finished job of a batch is known to Slurm"
    extra = f"{statistics.median(overhead):.1f} s on a node before and after the work (n = {len(overhead)})"
    record_property(TOOK, f"quick study through profiles/{profile}: {seconds:.0f} s; {extra}")
    record_property(TOOK, f"quick study without a scheduler: {seconds_at_home:.0f} s")

    expected, found = seeded_rows(home), seeded_rows(study.folder)
    assert set(found) == set(expected)
    assert len(found) > 10
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame, check_exact=True, obj=name)
    arrays = seeded_arrays(home)
    assert len(arrays) > 10
    assert seeded_arrays(study.folder) == arrays
    assert re.search(r"has been submitted with SLURM jobid|with external jobid", study.said())
    check_limits(study)


def check_limits(study: Study) -> None:
    """No job of the quick study came near the memory and time that its rule, or else the profile, asks for."""
    text = "".join(path.read_text() for path in (study.folder / "rules").glob("*.smk"))
    benchmarks = study.folder / "results" / "benchmarks"
    for path in benchmarks.rglob("*.jsonl"):
        rule = path.relative_to(benchmarks).parts[0].removesuffix(".jsonl")
        said = re.search(rf"rule {rule}:.*?(?:\n\n\n|\Z)", text, re.DOTALL)
        used = json.loads(path.read_text().splitlines()[0])
        minutes = (
            15 if said and "batch_minutes" in said[0] else 10
        )  # the least that `batch_minutes` gives; the profile's
        needs = (("mem_mb", 1000, used["max_rss"] / 0.8), ("runtime", minutes, used["s"] / 60 / 0.5))
        for what, otherwise, amount in needs:
            asked = re.search(rf"{what}=growing\((\d+)\)", said[0]) if said else None
            limit = int(asked[1]) if asked else otherwise
            assert amount < limit, f"{path.name}: {what} {amount:.0f} (with what is held in reserve) of {limit}"


def test_sqlite_is_refused_before_the_first_job(slurm: LocalSlurm, study: Study) -> None:
    """Through the profile and through the command line; without a cluster it is what the study uses."""
    ways = [
        ("--workflow-profile", "profiles/slurm", "--config", "tracking={uri: ''}"),
        ("--executor", "slurm", "--jobs", "2"),
        ("--executor", "slurm", "--jobs", "2", "--config", "tracking={uri: 'sqlite:///runs.db'}"),
    ]
    for way in ways:
        study.log.unlink(missing_ok=True)
        assert study.start(*way).wait(120) != 0
        said = [line for line in study.said().splitlines() if "cannot be used with the executor 'slurm'" in line]
        assert len(said) == 1, study.said()[-3000:]
        assert 'tracking={"uri": "service"}' in said[0]
        assert [path.name for path in (study.folder / "results").iterdir()] == ["README.md"]
        assert not slurm.jobs()
