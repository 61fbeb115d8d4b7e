"""Migrate the tracking store once and create the study's experiments."""

from pathlib import Path

from traceability.stores import tracking
from traceability.stores.tracking import prepare
from traceability.study import job


def main(receipt: Path, uri: str, artifacts: str, timeout: int, experiments: list[str], results: Path) -> None:
    """Write `receipt` (JSON) once the store answers and every experiment exists."""
    store = tracking.study_uri(uri, results, timeout)
    prepare(store, Path(artifacts) if artifacts else results / "tracking" / "artifacts", experiments, receipt)


if __name__ == "__main__":
    job.run(main, snakemake)
