"""Where the time of a finished study went: when each measuring job ran, as a picture and as a table by chapter.

Each benchmark file of Snakemake says how long its job took, and was written when the job ended. Jobs of a second run
of the same folder lie elsewhere in time: only those that ended within `--hours` of the last are shown.

    make benchmark BENCHMARKS=timeline ARGS='--results results --output docs/figures/timeline.svg'
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.patches import Patch

from traceability.figures import theme
from traceability.runtime.files import read_jsonl

CHAPTERS = {
    "run_batch": "training", "measure_costs": "cost of tracking", "run_replays": "replay", "run_captures": "capture",
    "use_stores": "storage", "break_stores": "storage", "measure_latency": "storage", "try_access": "storage",
}  # fmt: skip
OTHER = "reading, statistics, scanner"


class Job(NamedTuple):
    """One job: minutes since the first began, and what it is."""

    begin: float
    end: float
    chapter: str
    name: str


def jobs_of(results: Path, hours: float) -> list[Job]:
    """The jobs of the last run below `results`, in the order of their beginning."""
    found = []
    for path in (results / "benchmarks").rglob("*.jsonl"):
        end, name = path.stat().st_mtime, path.relative_to(results / "benchmarks").with_suffix("").as_posix()
        found.append((end - float(read_jsonl(path)[-1]["s"]), end, name))
    last = max((end for _, end, _ in found), default=0.0)
    kept = sorted(job for job in found if job[1] > last - 3600 * hours)
    return [
        Job((begin - kept[0][0]) / 60, (end - kept[0][0]) / 60, CHAPTERS.get(name.partition("/")[0], OTHER), name)
        for begin, end, name in kept
    ]


def lanes_of(jobs: list[Job]) -> list[int]:
    """For each job the first lane that is free when it begins."""
    free: list[float] = []
    chosen = []
    for job in jobs:
        # Snakemake's clock and the file's differ by fractions of a second.
        lane = next((number for number, until in enumerate(free) if until <= job.begin + 0.05), len(free))
        free[lane:] = [job.end, *free[lane + 1 :]]
        chosen.append(lane)
    return chosen


def draw(jobs: list[Job], output: Path) -> None:
    """One bar for each job, in the colour of its chapter."""
    theme.apply()
    chapters = list(dict.fromkeys([*CHAPTERS.values(), OTHER]))
    colours = dict(zip(chapters, [*theme.PALETTE, theme.MUTED], strict=False))
    lanes = lanes_of(jobs)
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH, 0.9 + 0.3 * (max(lanes) + 1)))
    for job, lane in zip(jobs, lanes, strict=True):
        axes.barh(lane, job.end - job.begin, left=job.begin, height=0.8, color=colours[job.chapter],
                  edgecolor="white", linewidth=0.4)  # fmt: skip
    axes.set_yticks(range(max(lanes) + 1), [f"job {lane + 1}" for lane in range(max(lanes) + 1)])
    axes.invert_yaxis()
    axes.set_xlabel("minutes since the first measuring job")
    figure.legend(handles=[Patch(color=colours[name], label=name) for name in chapters],
                  loc="outside upper left", ncols=len(chapters))  # fmt: skip
    theme.save(figure, output, "When each job of the study ran")


def main() -> int:
    """Print minutes of jobs by chapter, and draw the picture where a name is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--output", type=Path, help="the picture, a name that ends in .svg")
    given = parser.parse_args()
    jobs = jobs_of(given.results, given.hours)
    if not jobs:
        sys.stderr.write(f"{given.results}: no finished study (no benchmark files); run make study first\n")
        return 0
    sys.stdout.write("chapter\tjobs\tminutes of jobs\n")
    for chapter in dict.fromkeys(job.chapter for job in jobs):
        own = [job.end - job.begin for job in jobs if job.chapter == chapter]
        sys.stdout.write(f"{chapter}\t{len(own)}\t{sum(own):.1f}\n")
    sys.stdout.write(f"from the first to the last\t{len(jobs)}\t{max(job.end for job in jobs):.1f}\n")
    if given.output:
        draw(jobs, given.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
