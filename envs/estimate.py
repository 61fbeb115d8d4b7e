"""How long a study will take on this machine, from what its pieces took on another one.

`resources/published/times.tsv` holds the seconds of each kind of work (a replicate, a launch, a replay, ...). They are
multiplied with what the configuration asks for, and scaled by a calibration of two seconds on this machine.

Usage: python envs/estimate.py [--configfile FILE] [--cores N] [--json]
       python envs/estimate.py --configfile FILE --fit RESULTS     take the times of a finished run into times.tsv
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from traceability.errors import StudyError  # noqa: E402
from traceability.replay.plan import plan as planned_replays  # noqa: E402
from traceability.replay.tables import CASES  # noqa: E402
from traceability.study import config_schema  # noqa: E402
from traceability.study.arms import chosen  # noqa: E402
from traceability.training.plan import Sizes, batch_count, batch_of  # noqa: E402
from traceability.training.tables import ARMS, WORKLOADS  # noqa: E402

TIMES = ROOT / "resources" / "published" / "times.tsv"
#: Jobs without a benchmark file: reading, counting, drawing.
SMALL_JOBS = 60
FASHION = "fashion_mnist_mlp"
#: Ways of tracking that log a model with requirements that MLflow infers.
WITH_MODEL = frozenset({"notebook", "autolog", "mlflow_autolog_model", "mlflow_everything"})


@dataclass(frozen=True)
class Part:
    """One job: its file below results/benchmarks/, its seconds, and whether it has the machine for itself."""

    benchmark: str
    chapter: str
    seconds: float
    alone: bool = False


def read_times(path: Path = TIMES) -> dict[str, float]:
    """Seconds of each piece of work."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["piece"]: float(row["seconds"]) for row in csv.DictReader(stream, delimiter="\t")}


def calibration() -> float:
    """Processor seconds of a fixed piece of work here: the fastest of three, so that other work hardly counts.

    A fresh interpreter that imports packages, as most of the study's processes do: what they wait for is memory. The
    first of the three may still have to read files from the disk.
    """
    took = []
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "-c", "import pandas, sqlalchemy"], check=True, capture_output=True)
        after = os.times()
        took.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(took)


def parts_of(config: Mapping[str, Any], times: Mapping[str, float]) -> list[Part]:
    """Every job that takes long, for a whole configuration; chapters that take published tables measure nothing."""
    makers = {"training": _training, "replay": _replay, "capture": _capture, "storage": _storage}
    made = []
    for chapter, maker in makers.items():
        if config[chapter]["source"] == "measured":
            made += list(maker(config, times))
    return [*made, Part("", "statistics and figures", SMALL_JOBS * times["small"])]


def _arms(config: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], dict[str, dict[str, Any]]]:
    training = config["training"]
    workloads = {row["workload"]: row for row in WORKLOADS.rows(ROOT / training["workloads"])}
    arms = chosen(ARMS.rows(ROOT / training["arms"]), workloads.values(), config["datasets"]["names"])
    wanted = training["fashion_mnist"]["arms"]
    return [arm for arm in arms if arm["workload"] != FASHION or arm["arm"] in wanted], workloads


def _training(config: Mapping[str, Any], times: Mapping[str, float]) -> Iterator[Part]:
    training = config["training"]
    arms, workloads = _arms(config)
    for workload in sorted({arm["workload"] for arm in arms}):
        own = [arm for arm in arms if arm["workload"] == workload]
        size = training | {"share": 1.0} | (
            {name: training["fashion_mnist"][name] for name in ("at_most", "batch_size", "share", "epochs")}
            | {"fresh_controls": 0}
            if workload == FASHION
            else {}
        )  # fmt: skip
        epochs = size["epochs"] if workloads[workload]["takes_epochs"] else None
        sizes = Sizes(
            size["replicates"], size["crossed_levels"], size["batch_size"], 1, epochs, size["fresh_controls"],
            size["at_most"], size["share"], "0" * 64,
        )  # fmt: skip
        for batch in range(batch_count(own, sizes)):
            seconds = times["batch"]
            for item in batch_of(own, batch, sizes):
                seconds += _replicate(workload, epochs, size["share"], times)
                seconds += _fresh(workload, times) if item.process != "forked" else 0
                seconds += times["model"] if item.tracking in WITH_MODEL else 0
            yield Part(f"run_batch/{workload}-{batch}.jsonl", "training", seconds)
    costs = len(ARMS.rows(ROOT / training["costs"])) * training["cost_repetitions"] + 2
    yield Part("measure_costs.jsonl", "training", costs * times["cost"], alone=True)


def _replicate(workload: str, epochs: int | None, share: float, times: Mapping[str, float]) -> float:
    return times[f"replicate.{workload}"] + (epochs or 0) * share * times.get(f"epoch.{workload}", 0)


def _fresh(workload: str, times: Mapping[str, float]) -> float:
    return times["fresh.tensorflow" if workload.endswith("_mlp") else "fresh"]


def _replay(config: Mapping[str, Any], times: Mapping[str, float]) -> Iterator[Part]:
    replay, training = config["replay"], config["training"]
    arms, workloads = _arms(config)
    epochs = {name: training["epochs"] if workloads[name]["takes_epochs"] else None for name in workloads}
    epochs[FASHION] = training["fashion_mnist"]["epochs"]
    epochs = {name: number for name, number in epochs.items() if any(arm["workload"] == name for arm in arms)}
    rows = planned_replays(
        CASES.rows(ROOT / replay["cases"]), ARMS.rows(ROOT / training["arms"]), epochs=epochs,
        environments=replay["environments"], replays_at_most=replay["replays_at_most"], batches=replay["batches"],
        crossed_levels=training["crossed_levels"], base_seed=training["order_seed"],
    )  # fmt: skip
    for batch in range(replay["batches"]):
        share = [row for row in rows if row["batch"] == batch]
        # A server imports what the source runs need; a replay, and what `mlflow run` starts, imports it anew.
        seconds = max((_fresh(row["workload"], times) for row in share), default=0.0)
        for row in share:
            workload = row["workload"]
            seconds += times["replay"] + 2 * _replicate(workload, epochs[workload], 1.0, times)
            seconds += _fresh(workload, times) * (2 if row["record"] == "mlflow_project" else 1)
            seconds += 2 * times["model"] if row["record"] in WITH_MODEL else 0
            seconds += times["environment"] if row["environment"] != "same" else 0
        yield Part(f"run_replays/{batch}.jsonl", "replay", seconds)


def _capture(config: Mapping[str, Any], times: Mapping[str, float]) -> Iterator[Part]:
    from traceability.capture.plan import cost, of_trackings, plan
    from traceability.capture.tables import BLOCKS, LAUNCH_MODES, TRACKINGS

    capture = config["capture"]
    known = [row["launch_mode"] for row in LAUNCH_MODES.rows(ROOT / capture["modes"])]
    trackings = of_trackings(TRACKINGS.rows(ROOT / capture["trackings"]))
    rows = plan(BLOCKS.rows(ROOT / capture["blocks"]), known, trackings, capture["use"], capture["batches"])
    for batch in range(capture["batches"]):
        launches = sum(cost(row["tracking"]) for row in rows if row["batch"] == batch)
        yield Part(f"run_captures/{batch}.jsonl", "capture", launches * times["launch"])


def _storage(config: Mapping[str, Any], times: Mapping[str, float]) -> Iterator[Part]:
    storage = config["storage"]
    stores = len({*storage["stores"], "sqlite"})
    cells = 2 + len(storage["single_calls"]) + len(storage["batch_points"])
    ladder = cells * min(storage["repeat_seconds"], 0.5 * storage["repetitions"])
    rounds = storage["load_rounds"] * len(storage["writers"]) * times["store.writers"]
    use = stores * (times["store.start"] + ladder + rounds)
    yield Part("use_stores.jsonl", "storage", use, alone=True)
    yield Part("break_stores.jsonl", "storage", stores * times["store.break"])
    waited = times["latency"] + storage["requests"] * times["request"]
    yield Part("measure_latency.jsonl", "storage", waited, alone=True)
    access = times["access"] if "server_users" in storage["stores"] else times["small"]
    yield Part("try_access.jsonl", "storage", access, alone=True)


def wall(parts: list[Part], cores: int) -> float:
    """Seconds on the clock: shared work on all cores, then what nothing may run beside."""
    shared = [part.seconds for part in parts if not part.alone]
    longest = max((part.seconds for part in parts if not part.alone and part.benchmark), default=0.0)
    return max(sum(shared) / cores, longest) + sum(part.seconds for part in parts if part.alone)


def scaled(parts: list[Part], times: Mapping[str, float]) -> tuple[list[Part], float]:
    """The parts with the seconds of this machine, and how many times the reference's they are."""
    factor = calibration() / times["calibration"]
    return [Part(part.benchmark, part.chapter, part.seconds * factor, part.alone) for part in parts], factor


def fit(config: Mapping[str, Any], results: Path) -> dict[str, float]:
    """Times under which every rule takes what it took in the finished run in `results`, on this machine."""
    times = read_times()
    expected: dict[str, float] = {}
    measured: dict[str, float] = {}
    for part in parts_of(config, times):
        path = results / "benchmarks" / part.benchmark
        if part.benchmark and path.is_file():
            rule = part.benchmark.partition("/")[0].removesuffix(".jsonl")
            rule = f"run_batch.{Path(part.benchmark).stem.rpartition('-')[0]}" if rule == "run_batch" else rule
            expected[rule] = expected.get(rule, 0) + part.seconds
            measured[rule] = measured.get(rule, 0) + json.loads(path.read_text().splitlines()[-1])["s"]
    if not measured:
        raise StudyError(f"{results}: holds no benchmark files of this configuration")
    ratio = {rule: measured[rule] / expected[rule] for rule in measured}
    for piece in times:
        for rule, pieces in _PIECES.items():
            if rule in ratio and piece in pieces:
                times[piece] = round(times[piece] * ratio[rule], 3)
    return times | {"calibration": round(calibration(), 4)}


#: The pieces that each rule's time is made of, for fitting; what several rules share keeps its seconds.
_PIECES = {
    "run_batch.diabetes_linear": ("replicate.diabetes_linear", "fresh"),
    "run_batch.digits_forest": ("replicate.digits_forest",),
    "run_batch.digits_mlp": ("replicate.digits_mlp", "epoch.digits_mlp", "fresh.tensorflow", "batch"),
    "run_batch.fashion_mnist_mlp": ("replicate.fashion_mnist_mlp", "epoch.fashion_mnist_mlp", "model"),
    "run_replays": ("replay", "environment"), "run_captures": ("launch",), "measure_costs": ("cost",),
    "use_stores": ("store.start", "store.writers"), "break_stores": ("store.break",),
    "measure_latency": ("latency", "request"), "try_access": ("access",),
}  # fmt: skip


def in_words(parts: list[Part], cores: int, factor: float) -> str:
    """One line: minutes in all and by chapter."""
    by_chapter: dict[str, float] = {}
    for part in parts:
        share = part.seconds if part.alone else part.seconds / cores
        by_chapter[part.chapter] = by_chapter.get(part.chapter, 0) + share
    named = ", ".join(f"{chapter} {minutes(seconds)}" for chapter, seconds in by_chapter.items())
    return (
        f"about {minutes(wall(parts, cores))} minutes on {cores} cores with nothing else at work ({named}); "
        f"estimated from the published times, of which this machine needs {factor:.2f} times as much"
    )


def minutes(seconds: float) -> str:
    """Seconds as minutes in words: whole ones, or one decimal below ten."""
    return f"{seconds / 60:.0f}" if seconds >= 600 else f"{seconds / 60:.1f}"


def main() -> int:
    """Print the estimate; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--configfile", type=Path, default=ROOT / "config" / "config.yaml")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="the parts, for the progress of make study")
    parser.add_argument("--fit", type=Path, metavar="RESULTS", help="take the times of this finished run")
    given = parser.parse_args()
    try:
        config = config_schema.check(yaml.safe_load(given.configfile.read_text(encoding="utf-8")) or {})
        if given.fit:
            return _take(fit(config, given.fit))
        times = read_times()
        parts, factor = scaled(parts_of(config, times), times)
    except (StudyError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if given.json:
        words = in_words(parts, given.cores, factor)
        sys.stdout.write(json.dumps({"words": words, "parts": [asdict(part) for part in parts]}) + "\n")
    else:
        sys.stdout.write(in_words(parts, given.cores, factor) + "\n")
    return 0


def _take(times: Mapping[str, float]) -> int:
    with TIMES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    lines = ["\t".join(("piece", "seconds", "meaning"))]
    lines += ["\t".join((row["piece"], str(times[row["piece"]]), row["meaning"])) for row in rows]
    TIMES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
