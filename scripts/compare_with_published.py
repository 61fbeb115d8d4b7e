"""The numbers of this run beside the published ones."""

import logging
from pathlib import Path
from typing import Any

from traceability.reproduction import compare, origins
from traceability.reproduction.tables import REPRODUCTION
from traceability.runtime.files import read_json, write_text
from traceability.statistics.tables import ARMS, FASHION_ARMS
from traceability.study import job, published


def main(
    numbers: Path, arms: Path, fashion_arms: Path, fashion: Path, paper: list[Path], table: Path, summary: Path,
    settings: dict[str, dict[str, Any]], factor: float, confidence: float,
) -> None:  # fmt: skip
    """Write one row per published number to `table`, and what came out in one sentence to `summary`.

    `fashion` is the provenance of the published trainings on Fashion-MNIST, `paper` the published numbers with theirs;
    empty while there are none. `settings` are the sections of this run's configuration that measure.
    """
    trainings = published.read(fashion.parent)
    configuration = {origins.FASHION: trainings["configuration"]["fashion_mnist"]}
    here = {name: section for name, section in settings.items() if name in origins.SECTIONS}
    here[origins.FASHION] = settings["training"]["fashion_mnist"]
    taken = {name for name, section in here.items() if section.get("source") == "published"}
    old: dict[str, Any] = {}
    status = trainings["status"]
    if paper:
        provenance = published.read(paper[0].parent)
        old |= read_json(paper[0].parent / published.NUMBERS)
        configuration |= provenance["configuration"]
        status = provenance["status"]
    old |= origins.fashion_numbers(FASHION_ARMS.read(fashion_arms), confidence)
    new = read_json(numbers) | origins.fashion_numbers(ARMS.read(arms), confidence)
    alike = compare.Sameness(
        origins.same_size(configuration, here), taken, origins.unlike(configuration, here)
    )  # fmt: skip
    rows = compare.rows(old, new, alike, confidence=confidence, factor=factor)
    REPRODUCTION.write(rows, table)
    text = compare.summary(rows, bool(paper), status)
    logging.info("%s", text)
    write_text(summary, text + "\n")


if __name__ == "__main__":
    job.run(main, snakemake)
