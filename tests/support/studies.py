"""How the tests run whole workflows: in a fresh copy of the study's tracked files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from support import ROOT
from support.processes import processes_of, wait_until

#: A study of minutes' worth of chapters in seconds: one linear model, SQLite, one launch, one figure per chapter.
TINY = "tests/workflow/tiny.yaml"
RUNS = "results/training/runs.parquet"
QUICK = "config/quick.yaml"
INEFFECTIVE = {"numpy_tf"}
"""Arms with a seed that does not reach Keras 3: their replicates differ wherever they run."""
NOT_SEEDED = ("contrasts.tsv", "expectations.tsv", "replay_pairs.tsv")
"""Tables whose rows put seeded and unseeded arms together, or name runs."""


def copy_of_study(target: Path) -> Path:
    """The files that git tracks (or would track), as a checkout has them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def environment_of(folder: Path) -> dict[str, str]:
    """An activated environment, with the copy's own library also where another checkout is installed."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": programs, "PYTHONPATH": str(folder)}


def snakemake(folder: Path, *arguments: str, config: str = QUICK, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in `folder` as its user would, with this interpreter's environment."""
    command = [sys.executable, "-m", "snakemake", "--configfile", config, "--cores", "2", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment_of(folder), capture_output=True, text=True, check=False, **options
    )


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Every declared table that the run made, without its volatile columns."""
    from traceability.study.registry import all_tables

    made = {}
    for _, table in all_tables():
        path = folder / "results" / table.name
        if path.is_file():
            volatile = set(table.column_names) - set(table.stable_columns)
            made[table.name] = table.read(path).drop(columns=list(volatile), errors="ignore")
    return made


def seeded_rows(folder: Path) -> dict[str, pd.DataFrame]:
    """Every declared table that the run made: stable columns, and of the arms those whose seed decides the result."""
    from traceability.study.registry import all_tables

    runs = pd.read_parquet(folder / RUNS)
    unseeded = runs[(runs["seed"] == "unseeded") | runs["arm"].isin(INEFFECTIVE)]
    workloads = unseeded.groupby("arm")["workload"].agg(set)
    found = {}
    for _, table in all_tables():
        path = folder / "results" / table.name
        if not path.is_file() or path.name in NOT_SEEDED:
            continue
        frame = table.read(path)[list(table.stable_columns)]
        if "arm" in frame:
            # The same name can be a seeded arm of one workload and an unseeded one of another.
            where = frame["workload"] if "workload" in frame else pd.Series("", index=frame.index)
            pairs = zip(frame["arm"], where, strict=True)
            frame = frame[[arm not in workloads or bool(at and at not in workloads[arm]) for arm, at in pairs]]
        found[table.name] = frame.reset_index(drop=True)
    return found


def seeded_arrays(folder: Path) -> dict[str, bytes]:
    """Weights and predictions of the replicates whose seed decides the result, byte by byte."""
    from traceability.runtime.files import read_jsonl

    found = {}
    for rows in sorted((folder / "results" / "training").glob("*/batch-*.jsonl")):
        for row in read_jsonl(rows):
            if row["seed"] == "unseeded" or row["arm"] in INEFFECTIVE:
                continue
            label = row["key"].partition("/")[2].replace("/", "-")
            for path in rows.with_suffix("").glob(f"{label}.*.npz"):
                found[f"{row['workload']}/{path.name}"] = path.read_bytes()
    return found


def same_weights(one: pd.DataFrame, two: pd.DataFrame, *, at_least: int) -> None:
    """Two runs of the study give the same weights wherever the seed reaches (`numpy_tf` does not reach Keras 3)."""
    key = ["workload", "arm", "replicate", "process"]
    seeded = [frame[(frame["seed"] != "unseeded") & (frame["arm"] != "numpy_tf")] for frame in (one, two)]
    hashes = [frame.set_index(key)["weights_sha256"].sort_index() for frame in seeded]
    assert len(hashes[0]) >= at_least
    pd.testing.assert_series_equal(*hashes)


def running_replicate(folder: Path) -> str | None:
    """Id of a run that MLflow shows as RUNNING in the study's own store."""
    database = folder / "results" / "tracking" / "mlflow.db"
    if not database.exists():
        return None
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1) as connection:
            row = connection.execute("SELECT run_uuid FROM runs WHERE status = 'RUNNING'").fetchone()
    except sqlite3.OperationalError:
        return None
    return row[0] if row else None


def send(processes: list[psutil.Process], sent: signal.Signals) -> None:
    """The signal to each of the processes that still live."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(sent)


def halted_in_a_replicate(folder: Path, study: subprocess.Popen[bytes]) -> str | None:
    """Halt (SIGSTOP) all processes of the study while a replicate runs, and give that replicate's run id.

    A replicate of the tiny study lasts for a fraction of a second: one that was seen RUNNING may have finished before
    a signal arrives, so the store is asked again when nothing can move any more. None: it ended, or 300 s went by.
    """
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and study.poll() is None:
        if running_replicate(folder):
            halted = processes_of(folder)
            send(halted, signal.SIGSTOP)
            run_id = running_replicate(folder)
            if run_id:
                return run_id
            send(halted, signal.SIGCONT)
        time.sleep(0.02)
    return None


def killed_and_taken_up(folder: Path, config: str) -> pd.DataFrame:
    """Kill the training of the study in `folder` while a replicate runs, run it again, and return its table of runs.

    Asserts on the way that no job outlives the killed run, that the lock is removed with a word, that the killed
    attempt is marked in the store, and that each replicate is there once.
    """
    command = [sys.executable, "envs/run_study.py", RUNS, "--cores", "2", "--configfile", config]
    environment = environment_of(folder)
    log = folder / "first.log"
    with log.open("w") as stream:
        first = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=stream, stderr=stream, start_new_session=True
        )
    run_id = halted_in_a_replicate(folder, first)
    assert run_id, log.read_text()[-3000:]
    halted = processes_of(folder)
    for process in halted:
        words = process.info["said"]
        # The replicate (a child of the fork server) too: let go on, it may finish before it learns that its study is
        # dead. The job in between is left to end by itself.
        if ("snakemake" in words and "--mode" not in words) or "forkserver" in words:
            process.send_signal(signal.SIGKILL)
    first.kill()
    first.wait()
    send(halted, signal.SIGCONT)
    assert wait_until(lambda: not processes_of(folder), 30), "jobs of a killed run go on"

    second = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr[-5000:]
    assert "unlocking" in second.stderr, "it says that it removed the lock"
    runs = pd.read_parquet(folder / RUNS)
    assert not runs.duplicated(["workload", "arm", "replicate", "process"]).any()
    with sqlite3.connect(folder / "results" / "tracking" / "mlflow.db") as connection:
        status = dict(connection.execute("SELECT run_uuid, status FROM runs"))
    assert status[run_id] == "KILLED"
    assert run_id not in set(runs["run_id"])
    assert "RUNNING" not in status.values()
    return runs
