"""Write down which runs are made and replayed, and by which job."""

from pathlib import Path

from traceability.replay.plan import plan
from traceability.replay.tables import CASES, PLAN
from traceability.study import logs
from traceability.study.registry import read_frame


def main(
    cases: Path, arms: Path, table: Path, workloads: list[str], environments: list[str], replays_at_most: int,
    batches: int, epochs: int,
) -> None:  # fmt: skip
    """Write one row per replay to `table`."""
    options = {(row["workload"], row["arm"]): row["options"] for row in read_frame(arms).fillna("").to_dict("records")}
    rows = plan(
        CASES.rows(cases), options, workloads=workloads, environments=environments, replays_at_most=replays_at_most,
        batches=batches, epochs=epochs,
    )  # fmt: skip
    PLAN.write(rows, table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.cases),
        Path(snakemake.input.arms),
        Path(snakemake.output.plan),
        list(snakemake.params.workloads),
        list(snakemake.params.environments),
        snakemake.params.replays_at_most,
        snakemake.params.batches,
        snakemake.params.epochs,
    )
