"""Stage one subject as a git repository with an origin."""

from pathlib import Path

from traceability.study import job
from traceability.study.subjects import stage


def main(source: Path, target: Path, receipt: Path) -> None:
    """Write the repositories below `target` and the receipt (JSON: name, worktree, origin, commit)."""
    stage(source, target, receipt)


if __name__ == "__main__":
    job.run(main, snakemake)
