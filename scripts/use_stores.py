"""Open every storage set-up once; time logging, log one experiment, look where it lies, move it, let several write."""

import tempfile
from pathlib import Path

from traceability.storage import cost, mapping, moving, tables
from traceability.storage.collaboration import Load, measure
from traceability.storage.cost import Sizes
from traceability.storage.stores import Given, all_opened, not_measured
from traceability.study import job


def main(
    setups: Path, stores: list[str], postgresql: str, *, costs: Path, places: Path, contents: Path, moves: Path,
    collaboration: Path, writers: list[int], writers_with_accounts: list[int], load_rounds: int, runs_per_writer: int,
    metrics_per_run: int, repetitions: int, single_calls: list[int], batch_points: list[int], upload_mib: int,
    repeat_seconds: float, at_most_seconds: float, resamples: int, seed: int, swift: Path | None = None,
) -> None:  # fmt: skip
    """Write the tables `costs`, `places`, `contents`, `moves` and `collaboration`."""
    sizes = Sizes(repetitions, tuple(single_calls), tuple(batch_points), upload_mib, repeat_seconds, at_most_seconds)
    load = Load(writers, writers_with_accounts, runs_per_writer, metrics_per_run, load_rounds)
    chosen, given = tables.chosen(setups, stores), Given(swift, postgresql)
    with tempfile.TemporaryDirectory() as folder, all_opened(chosen, Path(folder), given) as (found, missing):
        # Costs first, while the stores are empty; several writers last, since they fill them.
        timed = cost.measure(found, sizes, resamples, seed)
        tables.COST.write(timed + not_measured(tables.COST, missing), costs)
        drawn, read_back = mapping.draw_map(found)
        tables.MAP.write(drawn + not_measured(tables.MAP, missing), places)
        tables.CONTENTS.write(read_back + not_measured(tables.CONTENTS, missing), contents)
        tables.MOVES.write(moving.measure(found, missing, Path(folder)), moves)
        together = measure(found, load, seed)
        tables.COLLABORATION.write(together + not_measured(tables.COLLABORATION, missing), collaboration)


if __name__ == "__main__":
    job.run(main, snakemake)
