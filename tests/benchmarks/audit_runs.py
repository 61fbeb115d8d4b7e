"""Time of `traceability audit` by number of runs, on SQLite stores, with the exponent of its growth.

The stores hold copies of one run with 10 parameters, 10 tags, 5 metrics and a data set each; `--with-files` gives each
run a file of requirements too. Sizes are interleaved, one warm-up round is thrown away, medians are printed; the
exponent is the slope of log time on log runs (1: linear).
"""

from __future__ import annotations

import argparse
import math
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from traceability.audit import report, survey
from traceability.stores import readers, tracking
from traceability.stores.scope import Scope

_LINES = "\n".join(f"package-{number}==1.{number}" for number in range(100))


def build(folder: Path, runs: int, with_files: bool) -> str:
    """A store with `runs` runs below `folder`."""
    path = folder / f"{runs}.db"
    tracking.client(f"sqlite:///{path}")
    ids = [f"{number:032x}" for number in range(runs)]
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, "
            "artifact_uri, experiment_id) VALUES (?, 'run', 'LOCAL', 'me', 'FINISHED', 1700000000000, 1700000001000, "
            "'active', ?, 0)",
            [(key, str(folder / "files" / key)) for key in ids],
        )
        for table, count in (("params", 10), ("tags", 10)):
            database.executemany(
                f"INSERT INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)",  # noqa: S608 - two fixed names
                ((f"name_{number}", f"value {number}", key) for key in ids for number in range(count)),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 3000, 10000])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--with-files", action="store_true")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="audit-runs-"))
    try:
        addresses = {size: build(folder, size, given.with_files) for size in given.sizes}
        seconds: dict[int, list[float]] = {size: [] for size in given.sizes}
        for turn in range(given.repetitions + 1):
            for size, uri in addresses.items():
                begin = time.perf_counter()
                with readers.opened(uri) as store:
                    judged = list(survey.judge(store, Scope()))
                    report.write(judged, folder / "audit.html", "store", store.kind)
                if turn:
                    seconds[size].append(time.perf_counter() - begin)
                assert len(judged) == size
        medians = {size: statistics.median(times) for size, times in seconds.items()}
        for size, median in medians.items():
            sys.stdout.write(
                f"{size:7d} runs {median:8.2f} s ({1000 * median / size:.2f} ms a run, "
                f"n = {given.repetitions}, from {min(seconds[size]):.2f} to {max(seconds[size]):.2f} s)\n"
            )
        slope = statistics.linear_regression(
            [math.log(size) for size in medians], [math.log(time) for time in medians.values()]
        ).slope
        sys.stdout.write(f"exponent of growth {slope:.2f} (1 is linear)\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
