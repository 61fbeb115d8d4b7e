"""The diabetes data as the table that a program reads."""

from pathlib import Path

import numpy as np

from traceability.runtime.files import write_text
from traceability.study import job


def main(data: Path, table: Path) -> None:
    """Write inputs `x0` to `x9` and `target` as CSV, digit for digit."""
    with np.load(data, allow_pickle=False) as arrays:
        inputs, targets = arrays["inputs"], arrays["targets"]
    names = [*(f"x{number}" for number in range(inputs.shape[1])), "target"]
    rows = (",".join(map(repr, [*map(float, row), float(target)])) for row, target in zip(inputs, targets, strict=True))
    write_text(table, "\n".join([",".join(names), *rows]) + "\n")


if __name__ == "__main__":
    job.run(main, snakemake)
