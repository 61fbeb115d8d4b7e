"""The paper as PDF."""

from pathlib import Path

from traceability.paper import typesetting
from traceability.study import logs


def main(sources: list[Path], numbers: Path, figures: list[Path], pdf: Path) -> None:
    """Typeset the text with its numbers and figures."""
    typesetting.compile_pdf(sources, numbers, figures, pdf)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        [Path(path) for path in snakemake.input.sources],
        Path(snakemake.input.numbers),
        [Path(path) for path in snakemake.input.figures],
        Path(snakemake.output.pdf),
    )
