"""What a job costs on a cluster beyond its work: empty jobs through each executor of the profiles, on a real Slurm.

Two nodes of two cores on this machine (tests/cluster/local_slurm.py). Seconds from start to end for 1 and for
20 empty jobs, without a scheduler too; `--repetitions` interleaved. Overhead per job: the difference, divided by 19.
Needs root and slurm-wlm, which `--install` installs on Debian or Ubuntu; elsewhere it says why it is skipped.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table
from support import ROOT

sys.path.insert(0, str(ROOT / "tests" / "cluster"))

from local_slurm import PROGRAMS, LocalSlurm, Unavailable, install, program

SNAKEFILE = """
rule all:
    input: expand("done/{number}", number=range(int(config["jobs"])))
rule empty:
    output: "done/{number}"
    shell: "touch {output}"
"""
PLAIN = ("executor", "slurm-", "cluster-generic-", "max-status-checks-per-second")


def options(profile: str) -> list[str]:
    """The entries of a profile that decide how jobs are sent and watched, as arguments."""
    folder = ROOT / "profiles" / profile
    words: list[str] = []
    for key, value in yaml.safe_load((folder / "profile.yaml").read_text()).items():
        if key.startswith(PLAIN):
            words += [f"--{key}", str(folder / value) if (folder / str(value)).is_file() else str(value)]
    return words


def seconds(words: list[str], jobs: int) -> float:
    """One run of so many empty jobs in a fresh folder."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "Snakefile").write_text(SNAKEFILE)
        resources = ["--default-resources", "mem_mb=200", "runtime=5", "disk_mb=100"]
        command = [sys.executable, "-m", "snakemake", *words, *resources, "--config", f"jobs={jobs}"]
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        begin = time.perf_counter()
        subprocess.run(command, cwd=name, env=environment, capture_output=True, check=True)
        return time.perf_counter() - begin


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--install", action="store_true", help="install slurm-wlm and munge where they are missing")
    given = parser.parse_args()
    try:
        if not given.install and not all(map(program, PROGRAMS)):
            raise Unavailable("no Slurm here; --install installs slurm-wlm and munge")
        install()
    except Unavailable as why:
        sys.stdout.write(f"skipped: {why}\n")
        return
    ways = {"without a scheduler": ["--cores", "2"]}
    ways |= {f"profiles/{name}": [*options(name), "--jobs", "100"] for name in ("slurm", "generic")}
    measured: dict[tuple[str, int], list[float]] = {}
    cluster = LocalSlurm()
    try:
        cluster.start()
        for _ in range(given.repetitions):
            for way, words in ways.items():
                for jobs in (1, 20):
                    measured.setdefault((way, jobs), []).append(seconds(words, jobs))
    finally:
        cluster.stop()
    table = Table("empty jobs", "n", "1 job, s", "20 jobs, s", "per further job, s")
    for way in ways:
        one, twenty = (np.array(measured[way, jobs]) for jobs in (1, 20))
        further = (np.median(twenty) - np.median(one)) / 19
        table.add_row(
            way, str(len(one)), *(f"{np.median(v):.1f} ({v.min():.1f} to {v.max():.1f})" for v in (one, twenty)),
            f"{further:.2f}",
        )  # fmt: skip
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
