"""Numbers of the paper, read from the tables."""

from pathlib import Path

from traceability.paper import number_table, numbers
from traceability.runtime.files import write_json
from traceability.study import logs


def main(root: Path, output: Path, *, confidence: float) -> None:
    """Write every declared number with n and interval; `root` is the folder that holds results/."""
    found = numbers.collect(number_table.NUMBERS, root)
    write_json(output, found | {"confidence": numbers.setting(confidence, "level", "config: statistics.confidence")})


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(), Path(snakemake.output.numbers), confidence=snakemake.params.confidence)
