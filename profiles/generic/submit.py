#!/usr/bin/env python3
"""Hand a job to the scheduler and print its id: `submit.py JOBSCRIPT`. Here: Slurm; docs/cluster.md shows others.

Snakemake writes what a job needs into a comment of the jobscript, as JSON. Standard library only.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

LOGS = Path("results/logs/cluster")


def properties(jobscript: Path) -> dict:
    """What Snakemake says about the job: rule and wildcards or groupid, threads, resources."""
    for line in jobscript.read_text(encoding="utf-8").splitlines():
        if line.startswith("# properties = "):
            return dict(json.loads(line.removeprefix("# properties = ")))
    sys.exit(f"{jobscript}: no line '# properties = ...'; is this a jobscript of Snakemake?")


def command(job: dict, jobscript: Path) -> list[str]:
    """The words that submit the job: the lines to change for another scheduler."""
    needs = job["resources"]
    name = "-".join([job.get("rule") or job.get("groupid", "group"), *map(str, (job.get("wildcards") or {}).values())])
    words = ["sbatch", "--parsable", f"--job-name={name}", f"--output={LOGS}/{name}-%j.log"]
    words += [f"--cpus-per-task={job['threads']}", f"--mem={needs['mem_mb']}", f"--time={needs['runtime']}"]
    words += ["--exclusive"] if needs.get("servers") else []
    return [*words, str(jobscript)]


def main() -> int:
    """The scheduler's exit status; its id of the job on standard output."""
    jobscript = Path(sys.argv[1])
    LOGS.mkdir(parents=True, exist_ok=True)
    # Inside a job of the scheduler its variables would become options of the new job.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
    done = subprocess.run(
        command(properties(jobscript), jobscript), env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    sys.stdout.write(done.stdout.strip().partition(";")[0] + "\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
