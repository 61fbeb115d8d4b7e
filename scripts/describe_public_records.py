"""What made the audit of public records: digests, date, versions."""

import platform
from datetime import UTC, datetime
from pathlib import Path

from traceability.public_records import observations
from traceability.runtime.files import write_json
from traceability.study import job


def main(runs: Path, audited: Path, resolutions: Path, stores: Path, provenance: Path) -> None:
    """Write the provenance of the three tables, which lie in one folder under the names of what is published."""
    (folder,) = {path.parent for path in (runs, audited, resolutions)}
    python = ".".join(platform.python_version_tuple()[:2])
    write_json(provenance, observations.provenance(folder, stores, datetime.now(UTC).date().isoformat(), python))


if __name__ == "__main__":
    job.run(main, snakemake)
