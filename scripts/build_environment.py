"""Build one environment that the study measures with: of a tracker, or of a component of storage."""

from pathlib import Path

from traceability.study import environments, job


def main(requirements: Path, receipt: Path, package: str, version: str, given: str, about: dict[str, str]) -> None:
    """Write the interpreter to `receipt` (JSON), or why there is none; the environment lies beside it."""
    environments.build(requirements, package, receipt, about, version=version, given=given)


if __name__ == "__main__":
    job.run(main, snakemake)
