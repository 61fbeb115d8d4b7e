"""How far public records lead: the funnel, its reasons, the fields, and what the shares depend on."""

from pathlib import Path

from traceability.public_records import describing
from traceability.public_records.shares import Bootstrap
from traceability.public_records.tables import (
    ADVICE,
    AUDITED,
    FIELDS,
    FUNNEL,
    GROUPS,
    REASONS_OF_STOPS,
    REPOSITORIES,
    RESOLUTIONS,
    RUNS,
    SENSITIVITY,
    STORES,
)  # fmt: skip
from traceability.study import job


def main(
    runs: Path, audited: Path, resolutions: Path, stores: Path, repositories: Path, funnel: Path, reasons: Path,
    fields: Path, groups: Path, sensitivity: Path, advice: Path, resamples: int, seed: int, confidence: float,
) -> None:  # fmt: skip
    """Write the tables of the chapter from the observations."""
    how = Bootstrap(resamples, seed, confidence)
    listed, read = STORES.read(stores), AUDITED.read(audited)
    held = describing.prepared(RUNS.read(runs), RESOLUTIONS.read(resolutions))
    units = describing.repositories(held, read, listed)
    REPOSITORIES.write(units, repositories)
    FUNNEL.write(list(describing.funnel(held, how)), funnel)
    REASONS_OF_STOPS.write(list(describing.reasons(held, how)), reasons)
    FIELDS.write(list(describing.fields(held, how)), fields)
    GROUPS.write(list(describing.groups(held, units, read, how)), groups)
    SENSITIVITY.write(list(describing.sensitivity(held, units, read, how)), sensitivity)
    ADVICE.write(list(describing.advice(held, how)), advice)


if __name__ == "__main__":
    job.run(main, snakemake)
