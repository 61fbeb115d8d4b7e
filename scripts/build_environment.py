"""Build the environment of one tracker."""

import logging
from pathlib import Path

from traceability.capture.tables import TRACKERS
from traceability.errors import StudyError
from traceability.runtime import virtualenvs
from traceability.runtime.files import write_json
from traceability.study import job

log = logging.getLogger(__name__)


def main(requirements: Path, trackers: Path, receipt: Path, tracker: str) -> None:
    """Write the interpreter to `receipt` (JSON), or why there is none; the environment lies beside it."""
    (row,) = [row for row in TRACKERS.rows(trackers) if row["tracker"] == tracker]
    said = {name: row[name] for name in ("tracker", "system", "version")} | {"python": "", "reason": ""}
    try:
        text = requirements.read_text(encoding="utf-8")
        python = virtualenvs.build(text, virtualenvs.running(), receipt.parent, sources=True, again=True)
        found = virtualenvs.version_of(python, row["package"])
        if found != row["version"]:
            raise StudyError(
                f"{trackers}: {tracker} should be {row['package']} {row['version']}, "
                f"{requirements} holds {found or 'none'}; correct one of the two"
            )
        said["python"] = str(python)
    except virtualenvs.NotBuilt as stopped:
        said["reason"] = f"cannot be installed: {stopped.detail}"
        log.warning("%s: %s", tracker, said["reason"])
    write_json(receipt, said)


if __name__ == "__main__":
    job.run(main, snakemake)
