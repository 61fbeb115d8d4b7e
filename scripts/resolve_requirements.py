"""Ask the package index whether recorded requirement lists still resolve; answers that are known are kept."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from traceability.public_records import resolving
from traceability.public_records.tables import LISTS, RESOLUTIONS
from traceability.study import job

log = logging.getLogger("public_records")


def main(lists: Path, known: Path, table: Path, ask: int, seconds: float, threads: int) -> None:
    """Write one row per list and day (today, and the first run's); with `ask` 0 only those of `known` are taken."""
    answers = {(row["requirements_sha256"], row["as_of"]): row for row in RESOLUTIONS.rows(known)}
    today = datetime.now(UTC).date().isoformat()
    rows, questions, asked = [], [], []
    for one in LISTS.rows(lists):
        for as_of in ("today", "then"):
            key = (one["requirements_sha256"], as_of)
            lines = tuple(str(one["text"]).splitlines())
            if key in answers and answers[key]["resolves"] is not None:
                rows.append(answers[key])
            elif ask and (as_of == "today" or one["first_day"]):
                until = one["first_day"] if as_of == "then" else ""
                questions.append(resolving.Question(lines, one["python"] or "", until))
                asked.append({"requirements_sha256": key[0], "as_of": as_of, "requirements": len(lines)})
            else:
                rows.append(
                    {"requirements_sha256": key[0], "as_of": as_of, "resolves": None, "reason": None,
                     "requirements": len(lines), "asked": today}
                )  # fmt: skip
    log.info("%d answers are known, %d are asked for", len(rows), len(questions))
    for about, answer in zip(asked, resolving.ask_all(questions, seconds, threads), strict=True):
        resolves = None if answer.resolves is None else int(answer.resolves)
        rows.append(about | {"resolves": resolves, "reason": answer.reason or None, "asked": today})
    rows.sort(key=lambda row: (row["requirements_sha256"], row["as_of"]))
    RESOLUTIONS.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
