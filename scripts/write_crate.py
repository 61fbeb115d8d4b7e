"""The results as an RO-Crate."""

from pathlib import Path

from traceability.paper import crate
from traceability.study import job


def main(
    snakefile: Path, configuration: list[Path], results: list[Path], own: list[Path], metadata: Path, version: str,
    snakemake_version: str,
) -> None:  # fmt: skip
    """Describe the run, its results and what lies in the crate's own folder already."""
    run = crate.Run(snakefile.parent, version, snakemake_version, tuple(configuration))
    crate.write(run, results, own, metadata.parent)


if __name__ == "__main__":
    job.run(main, snakemake)
