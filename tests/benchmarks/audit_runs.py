"""Time and memory of `traceability audit` by number of runs, with the exponent of their growth.

The stores, SQLite or `--store files`, hold runs with 10 parameters, 10 tags and 5 metrics each; commit, seed and
command line differ from run to run. A run in SQLite also has a data set, a metric in a file store a history of 500
points. `--with-files` gives each run a file of requirements too. Each audit is a process of its own that writes the
HTML page; its wall time, the time of its processor and the largest memory that it held are printed as medians. Sizes
are interleaved, one warm-up round is thrown away; the exponent is the slope of log time on log runs (1: linear).

`--sizes 100000 --repetitions 1` measures the size for which the documentation promises 20 s and 500 MB, and
`--store files --sizes 3500` the size of the largest file store that we know of, which shall be read in 5 s.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from traceability.stores import tracking

_LINES = "\n".join(f"package-{number}==1.{number}" for number in range(100))


class Measured(NamedTuple):
    """One audit: seconds on the clock and of the processor, and the largest memory in MiB."""

    wall: float
    cpu: float
    mebibytes: float


def build(folder: Path, runs: int, with_files: bool) -> str:
    """A store with `runs` runs below `folder`."""
    path = folder / f"{runs}.db"
    tracking.client(f"sqlite:///{path}")
    ids = [f"{number:032x}" for number in range(runs)]
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, "
            "artifact_uri, experiment_id) VALUES (?, ?, 'LOCAL', 'me', 'FINISHED', ?, 1800000001000, 'active', ?, 0)",
            [(key, f"run-{n}", 1700000000000 + 1000 * n, str(folder / "files" / key)) for n, key in enumerate(ids)],
        )
        database.executemany(
            "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
            ((f"name_{number}" if number else "seed", str(number + n), key)
             for n, key in enumerate(ids) for number in range(10)),
        )  # fmt: skip
        database.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
            (pair for n, key in enumerate(ids) for pair in _tags(n, key)),
        )
        database.executemany(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, 0.5, 0, 0, 0, ?)",
            ((f"metric_{number}", key) for key in ids for number in range(5)),
        )
        database.execute(
            "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source) "
            "VALUES ('d', 0, 'rows', '12345678', 'local', '{\"uri\": \"rows.csv\"}')"
        )
        database.executemany(
            "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id) "
            "VALUES (?, 'DATASET', 'd', 'RUN', ?)",
            [(key, key) for key in ids],
        )
    if with_files:
        for key in ids:
            (folder / "files" / key).mkdir(parents=True, exist_ok=True)
            (folder / "files" / key / "requirements.txt").write_text(_LINES)
    return f"sqlite:///{path}"


def build_files(folder: Path, runs: int, with_files: bool) -> str:
    """A file store with `runs` runs below `folder`."""
    home = folder / f"{runs}-files" / "1"
    home.mkdir(parents=True)
    (home / "meta.yaml").write_text("experiment_id: '1'\nlifecycle_stage: active\nname: bench\n")
    history = "".join(f"{1700000000000 + step} 0.5 {step}\n" for step in range(500))
    for number in range(runs):
        key = f"{number:032x}"
        parts = {
            "params": {f"name_{n}" if n else "seed": str(n + number) for n in range(10)},
            "tags": {name: value for name, value, _ in _tags(number, key)},
            "metrics": {f"metric_{n}": history for n in range(5)},
            "artifacts": {"requirements.txt": _LINES} if with_files else {},
        }
        for part, files in parts.items():
            (home / key / part).mkdir(parents=True)
            for name, text in files.items():
                (home / key / part / name).write_text(text)
        (home / key / "meta.yaml").write_text(
            f"artifact_uri: {home / key / 'artifacts'}\nend_time: 1800000001000\nentry_point_name: ''\n"
            f"experiment_id: '1'\nlifecycle_stage: active\nrun_id: '{key}'\nrun_name: run-{number}\nrun_uuid: '{key}'\n"
            f"source_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: {1700000000000 + 1000 * number}\n"
            "status: 3\ntags: []\nuser_id: me\n"
        )
    return str(home.parent)


def _tags(number: int, key: str) -> list[tuple[str, str, str]]:
    said = {
        "mlflow.user": "me", "mlflow.source.name": "/me/demo/train.py", "mlflow.source.type": "LOCAL",
        "mlflow.runName": f"run-{number}", "mlflow.source.git.commit": f"{number // 20:040x}",
        "mlflow.source.git.branch": "main", "mlflow.source.git.repoURL": "https://example.org/demo.git",
        "argv": f"python train.py --alpha {number} --token hidden", "team": "a", "note": "value",
    }  # fmt: skip
    return [(name, value, key) for name, value in said.items()]


def measured(uri: str, page: Path) -> Measured:
    """Audit the store in a process of its own."""
    words = [sys.executable, "-m", "traceability", "audit", uri, "--output", str(page)]
    begin = time.perf_counter()
    process = os.posix_spawn(
        sys.executable, words, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - begin
    if status:
        raise SystemExit(f"the audit of {uri} failed with status {os.waitstatus_to_exitcode(status)}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 3000, 10000])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--with-files", action="store_true")
    parser.add_argument("--store", choices=("sqlite", "files"), default="sqlite")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="audit-runs-"))
    try:
        make = build if given.store == "sqlite" else build_files
        addresses = {size: make(folder, size, given.with_files) for size in given.sizes}
        found: dict[int, list[Measured]] = {size: [] for size in given.sizes}
        for turn in range(given.repetitions + 1):
            for size, uri in addresses.items():
                one = measured(uri, folder / "audit.html")
                if turn:
                    found[size].append(one)
        wall = {size: statistics.median(one.wall for one in several) for size, several in found.items()}
        for size, several in found.items():
            cpu, memory = (statistics.median(one[place] for one in several) for place in (1, 2))
            each = f"{1000 * wall[size] / size:.2f} ms a run, n = {given.repetitions}"
            span = f"from {min(several).wall:.2f} to {max(several).wall:.2f} s"
            sys.stdout.write(
                f"{size:7d} runs {wall[size]:8.2f} s ({each}, {span}), {cpu:.2f} s of the processor, {memory:.0f} MiB\n"
            )
        if len(wall) > 1:
            sizes, seconds = ([math.log(number) for number in side] for side in (wall.keys(), wall.values()))
            slope = statistics.linear_regression(sizes, seconds).slope
            sys.stdout.write(f"exponent of growth {slope:.2f} (1 is linear)\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
