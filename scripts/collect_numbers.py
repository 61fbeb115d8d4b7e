"""Numbers of the paper, read from the tables."""

from pathlib import Path

from traceability.paper import number_table
from traceability.paper.numbers import collect, setting
from traceability.runtime.files import write_json
from traceability.study import job


def main(numbers: Path, results: Path, confidence: float) -> None:
    """Write every declared number with n and interval, read from the tables below `results`."""
    found = collect(number_table.NUMBERS, results.parent)
    write_json(numbers, found | {"confidence": setting(confidence, "level", "config: statistics.confidence")})


if __name__ == "__main__":
    job.run(main, snakemake)
