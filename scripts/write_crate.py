"""The results as an RO-Crate."""

from pathlib import Path

from traceability.paper import crate
from traceability.study import logs


def main(run: crate.Run, results: list[Path], own: list[Path], metadata: Path) -> None:
    """Describe the run, its results and what lies in the crate's own folder already."""
    crate.write(run, results, own, metadata.parent)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        crate.Run(
            Path(snakemake.input.snakefile).parent,
            snakemake.params.version,
            snakemake.params.snakemake,
            tuple(Path(path) for path in snakemake.input.configuration),
        ),
        [Path(path) for path in snakemake.input.results],
        [Path(path) for path in snakemake.input.own],
        Path(snakemake.output.metadata),
    )
