"""Judge every field of every launch."""

from pathlib import Path

from traceability import logs
from traceability.capture import verdicts
from traceability.capture.tables import CAPTURE, PLANTED


def main(lines: list[Path], captured: Path, planted: Path) -> None:
    """Write the verdicts on sound records and on damaged ones; an unrecognised damage is a `StudyError`."""
    sound, damaged = verdicts.collect(lines)
    PLANTED.write(damaged, planted)
    verdicts.refuse_errors(damaged)
    CAPTURE.write(sound, captured)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        [Path(path) for path in snakemake.input.lines],
        Path(snakemake.output.captured),
        Path(snakemake.output.planted),
    )
