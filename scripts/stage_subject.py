"""Stage one subject as a git repository with an origin."""

from pathlib import Path

from traceability.study import job
from traceability.study.subjects import stage


def main(source: Path, worktree: Path, origin: Path, receipt: Path) -> None:
    """Write the clone, the repository that is its origin, and the receipt (JSON: name, worktree, origin, commit)."""
    stage(source, worktree, receipt, origin)


if __name__ == "__main__":
    job.run(main, snakemake)
