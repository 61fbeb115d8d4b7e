"""Numbers of the paper, read from the tables."""

from pathlib import Path

from traceability import logs
from traceability.files import write_json
from traceability.paper import declared, numbers


def main(root: Path, output: Path, *, confidence: float) -> None:
    """Write every declared number with n and interval; `root` is the folder that holds results/."""
    found = numbers.collect(declared.NUMBERS, root)
    write_json(output, found | {"confidence": numbers.setting(confidence, "level", "config: statistics.confidence")})


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(), Path(snakemake.output.numbers), confidence=snakemake.params.confidence)
