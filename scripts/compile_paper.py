"""The paper as PDF."""

from pathlib import Path

from traceability.paper import typesetting
from traceability.study import job


def main(sources: list[Path], numbers: Path, figures: list[Path], pdf: Path) -> None:
    """Typeset the text with its numbers and figures."""
    typesetting.compile_pdf(sources, numbers, figures, pdf)


if __name__ == "__main__":
    job.run(main, snakemake)
