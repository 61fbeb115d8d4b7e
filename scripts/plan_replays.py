"""Write down which runs are made and replayed, and by which job."""

from pathlib import Path

from traceability.replay.plan import plan
from traceability.replay.tables import CASES, PLAN
from traceability.study import logs
from traceability.training.tables import ARMS


def main(
    cases: Path, arms: Path, table: Path, epochs: dict[str, int | None], environments: list[str],
    replays_at_most: int, batches: int, crossed_levels: int, base_seed: int,
) -> None:  # fmt: skip
    """Write one row per replay to `table`."""
    rows = plan(
        CASES.rows(cases), ARMS.rows(arms), epochs=epochs, environments=environments, replays_at_most=replays_at_most,
        batches=batches, crossed_levels=crossed_levels, base_seed=base_seed,
    )  # fmt: skip
    PLAN.write(rows, table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.cases),
        Path(snakemake.input.arms),
        Path(snakemake.output.plan),
        dict(snakemake.params.epochs),
        list(snakemake.params.environments),
        snakemake.params.replays_at_most,
        snakemake.params.batches,
        snakemake.params.crossed_levels,
        snakemake.params.base_seed,
    )
