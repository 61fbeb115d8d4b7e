"""Write down which runs are made and replayed, and by which job."""

from pathlib import Path

from traceability.replay.plan import plan as planned
from traceability.replay.tables import CASES, PLAN
from traceability.runtime.files import write_json
from traceability.statistics import plan as plans
from traceability.study import job
from traceability.training.tables import ARMS


def main(
    cases: Path, arms: Path, preregistration: Path, plan: Path, margins: Path, epochs: dict[str, int | None],
    environments: list[str], replays_at_most: int, batches: int, crossed_levels: int, base_seed: int,
) -> None:  # fmt: skip
    """Write one row per replay to `plan`, and how far the metric of a workload may be off to `margins`."""
    rows = planned(
        CASES.rows(cases), ARMS.rows(arms), epochs=epochs, environments=environments, replays_at_most=replays_at_most,
        batches=batches, crossed_levels=crossed_levels, base_seed=base_seed,
    )  # fmt: skip
    PLAN.write(rows, plan)
    write_json(margins, plans.read(preregistration).metric_margins())


if __name__ == "__main__":
    job.run(main, snakemake)
