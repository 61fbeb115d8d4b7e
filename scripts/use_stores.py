"""Open every storage set-up once; time logging, log one experiment, look where it lies, move it, let several write."""

import tempfile
from pathlib import Path

from traceability.storage import collaboration, cost, mapping, moving, stores, tables
from traceability.study import logs


def main(
    outputs: dict[str, Path],
    table: Path,
    names: list[str],
    given: stores.Given,
    sizes: cost.Sizes,
    load: collaboration.Load,
    resamples: int,
    seed: int,
) -> None:
    """Write the tables `costs`, `places`, `contents`, `moves` and `collaboration`."""
    chosen = tables.chosen(table, names)
    with tempfile.TemporaryDirectory() as folder, stores.all_opened(chosen, Path(folder), given) as (found, missing):
        # Costs first, while the stores are empty; several writers last, since they fill them.
        costs = cost.measure(found, sizes, resamples, seed)
        tables.COST.write(costs + stores.not_measured(tables.COST, missing), outputs["costs"])
        places, contents = mapping.draw_map(found)
        tables.MAP.write(places + stores.not_measured(tables.MAP, missing), outputs["places"])
        tables.CONTENTS.write(contents + stores.not_measured(tables.CONTENTS, missing), outputs["contents"])
        tables.MOVES.write(moving.measure(found, missing, Path(folder)), outputs["moves"])
        together = collaboration.measure(found, load, seed)
        tables.COLLABORATION.write(
            together + stores.not_measured(tables.COLLABORATION, missing), outputs["collaboration"]
        )


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    params = snakemake.params
    main(
        {name: Path(path) for name, path in snakemake.output.items()},
        Path(snakemake.input.stores),
        list(params.stores),
        stores.Given(Path(snakemake.input.swift) if snakemake.input.get("swift") else None, params.postgresql),
        cost.Sizes(
            params.repetitions,
            tuple(params.single_calls),
            tuple(params.batch_points),
            params.upload_mib,
            params.repeat_seconds,
            params.at_most_seconds,
        ),
        collaboration.Load(
            list(params.writers),
            list(params.writers_with_accounts),
            params.runs_per_writer,
            params.metrics_per_run,
            params.load_rounds,
        ),
        params.resamples,
        params.seed,
    )
