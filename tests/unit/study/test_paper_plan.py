"""Ten thousand replicates and ten thousand projects stay a few hundred jobs: what a scheduler can take."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from traceability.corpus.tables import PROJECTS
from traceability.study import configuration
from traceability.training import plan
from traceability.training.tables import ARMS

PROJECTS_WANTED = REPLICATES_WANTED = 10_000


def jobs_planned(folder: Path, root: Path, *arguments: str) -> dict[str, int]:
    """Jobs per rule that Snakemake plans for the study as published, in an empty folder."""
    words = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--directory", str(folder)]
    words += ["--configfile", str(root / "config" / "paper.yaml"), "--dry-run", "--quiet", "rules", *arguments]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    table = re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    return {rule: int(number) for rule, number in table}


def replicates(root: Path, per_arm: int) -> int:
    """Replicates of the study as published where arms without a number of their own have `per_arm`."""
    written = yaml.safe_load((root / "config" / "paper.yaml").read_text())
    settings = configuration.model().model_validate(written).training
    sizes = plan.Sizes(per_arm, settings.crossed_levels, settings.batch_size, base_seed=1, epochs=10)
    return sum(plan.replicates_of(arm, sizes) for arm in ARMS.rows(root / "config" / "arms.tsv"))


@pytest.mark.slow
def test_ten_thousand_replicates_and_projects_are_fewer_than_a_thousand_jobs(root: Path, tmp_path: Path) -> None:
    projects = PROJECTS.read(root / "config" / "projects.tsv")
    many = projects.sample(n=PROJECTS_WANTED, replace=True, random_state=1).reset_index(drop=True)
    many["repository"] = [f"owner{number % 3000}/project{number}" for number in range(PROJECTS_WANTED)]
    PROJECTS.write(many, tmp_path / "projects.tsv")
    per_arm = next(number for number in range(100, 10_000, 10) if replicates(root, number) >= REPLICATES_WANTED)
    config = [
        "--config",
        f"training={json.dumps({'replicates': per_arm})}",
        f"corpus={json.dumps({'projects': str(tmp_path / 'projects.tsv')})}",
    ]
    (tmp_path / "work").mkdir()
    planned = jobs_planned(tmp_path / "work", root, *config)
    assert planned["scan_project"] * 50 >= PROJECTS_WANTED
    assert planned["run_batch"] > 10
    assert planned["total"] == sum(planned.values()) - planned["total"]
    assert planned["total"] < 1000, planned
