"""Build the environment of one component of the storage chapter that does not fit into the study's own."""

from pathlib import Path

from traceability.storage import environments
from traceability.study import job


def main(requirements: Path, receipt: Path, component: str, given: str) -> None:
    """Write the interpreter to `receipt` (JSON), or why there is none; what is built lies beside it."""
    environments.build(requirements, component, given, receipt)


if __name__ == "__main__":
    job.run(main, snakemake)
