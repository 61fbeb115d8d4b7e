"""Build the environment of one component of the storage chapter that does not fit into the study's own."""

from pathlib import Path

from traceability.storage import environments
from traceability.study import logs


def main(requirements: Path, receipt: Path, package: str, given: str) -> None:
    """Write the interpreter to `receipt` (JSON), or why there is none; what is built lies beside it."""
    environments.build(requirements, package, given, receipt)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.requirements),
        Path(snakemake.output.receipt),
        snakemake.wildcards.component,
        snakemake.params.given,
    )
