"""What goes wrong on a cluster, and how it ends: with all results, each once, and nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
from local_slurm import LocalSlurm
from mlflow import MlflowClient
from studies import Study
from support.processes import wait_until

from traceability.runtime.files import read_jsonl
from traceability.stores import tracking
from traceability.tracking import service

pytestmark = pytest.mark.slow

SEEDED = ("same_seed", "seed_varied")

TARGET = "results/training/digits_mlp/batch-0.jsonl"
#: Table of the few arms that these tests train, in the copy of the study.
ARMS = "few_arms.tsv"


@pytest.fixture
def study(study: Study) -> Study:
    """A copy of the study with a short table of arms: three of the network, two replicates each."""
    head, *rows = (study.folder / "config" / "arms.tsv").read_text().splitlines()
    few = [row for row in rows if row.split("\t")[:2] in [["digits_mlp", arm] for arm in ("unseeded", *SEEDED)]]
    (study.folder / ARMS).write_text("\n".join([head, *few]) + "\n")
    return study


def words(profile: str, epochs: int) -> list[str]:
    """A small batch through a profile, its networks trained for so many epochs that something can happen meanwhile."""
    training = f"training={{arms: {ARMS}, epochs: {epochs}, fresh_controls: 0}}"
    config = ["--config", training, "tracking={uri: service}"]
    return [TARGET, "--workflow-profile", f"profiles/{profile}", *config]


def statuses(client: MlflowClient) -> dict[str, str]:
    """Status of every run of the batch's workload, by run id."""
    found = client.get_experiment_by_name("digits_mlp")
    return {run.info.run_id: run.info.status for run in client.search_runs([found.experiment_id])} if found else {}


def running_job(slurm: LocalSlurm, study: Study) -> tuple[str, str, str]:
    """Wait until a replicate is being tracked on the cluster: its job's id, its node, and its run's id."""
    address = tracking.service_file(study.folder / "results")
    assert wait_until(address.exists, 900), study.said()[-3000:]
    client = MlflowClient(json.loads(address.read_text())["uri"])
    for _ in range(1200):
        jobs = {job: at["node"] for job, at in study.jobs(slurm).items() if at["state"] == "RUNNING"}
        runs = [run for run, status in statuses(client).items() if status == "RUNNING"]
        if jobs and runs:
            job, node = next(iter(jobs.items()))
            return job, node, runs[0]
        time.sleep(0.5)
    raise AssertionError(f"no job was seen at work: {study.said()[-3000:]}")


@contextlib.contextmanager
def tracked(study: Study) -> Iterator[dict[str, str]]:
    """Statuses of all runs, read from the store after the workflow has ended."""
    with service.running(study.folder / "results") as uri:
        yield statuses(MlflowClient(uri))


def check_finished(study: Study) -> list[dict]:
    """Every replicate of the batch is there once and succeeded; no run is shown as running; the rows."""
    rows = read_jsonl(study.folder / TARGET)
    assert len(rows) == len({row["key"] for row in rows}) == 2 * len(("unseeded", *SEEDED))
    assert {row["status"] for row in rows} == {"finished"}
    with tracked(study) as found:
        assert "RUNNING" not in found.values()
        assert all(found[row["run_id"]] == "FINISHED" for row in rows)
    return rows


def sent(study: Study) -> int:
    """How many jobs Snakemake says that it sent to the cluster."""
    said = study.said()
    return said.count("has been submitted with SLURM jobid") + said.count("with external jobid")


@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_a_job_that_the_administrator_cancels_is_sent_again(profile: str, slurm: LocalSlurm, study: Study) -> None:
    child = study.start(*words(profile, 20))
    job, _, run = running_job(slurm, study)
    slurm.ask("scancel", job)
    assert child.wait(1200) == 0, study.said()[-5000:]
    assert sent(study) == 2
    if profile == "slurm":
        assert f"SLURM-job '{job}' failed, SLURM status is: 'CANCELLED'" in study.said()
    assert max(row["attempt"] for row in check_finished(study)) == 2
    with tracked(study) as found:
        assert found[run] == "KILLED"


@pytest.mark.long
def test_a_job_that_meets_its_time_limit_gets_more_time(slurm: LocalSlurm, study: Study) -> None:
    """The first attempt gets one minute, the least that Slurm knows; the second as much as it needs."""
    limits = ["--set-resources", "run_batch:runtime=1 if attempt == 1 else 60"]
    study.run(*words("slurm", 100), *limits)
    assert "SLURM status is: 'TIMEOUT'" in study.said()
    assert sent(study) == 2
    assert max(row["attempt"] for row in check_finished(study)) == 2


@pytest.mark.long
def test_a_node_daemon_that_dies_and_comes_back_costs_nothing(slurm: LocalSlurm, study: Study) -> None:
    """The job's own processes go on, and the new daemon finds them."""
    child = study.start(*words("slurm", 20))
    _, node, _ = running_job(slurm, study)
    slurm.kill_node(node)
    assert not any(name == f"slurmd-{node}" for name, _ in slurm.noted())
    time.sleep(3)
    slurm.start_node(node)
    assert child.wait(1200) == 0, study.said()[-5000:]
    assert sent(study) == 1
    assert {row["attempt"] for row in check_finished(study)} == {1}
    assert wait_until(lambda: slurm.node_state(node) == "IDLE", 60), slurm.ask("scontrol", "show", "node", node)


@pytest.mark.long
@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_after_an_interrupt_nothing_goes_on_and_the_next_run_finishes(
    profile: str, slurm: LocalSlurm, study: Study
) -> None:
    child = study.start(*words(profile, 20))
    _, _, run = running_job(slurm, study)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal sends it: to Snakemake and all that it started
    assert child.wait(180) != 0
    assert wait_until(lambda: not study.jobs(slurm) and not study.processes(), 60), (
        study.jobs(slurm),
        [process.info for process in study.processes()],
    )
    assert not (study.folder / TARGET).exists()
    assert list((study.folder / ".snakemake" / "locks").glob("*")) == []

    study.run(*words(profile, 20))
    assert max(row["attempt"] for row in check_finished(study)) == 2
    with tracked(study) as found:
        assert found[run] == "KILLED"
