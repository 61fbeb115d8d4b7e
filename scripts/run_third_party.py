"""Execute projects of other people at their pinned commits."""

from pathlib import Path

from rich.progress import Progress

from traceability.replay.tables import THIRD_PARTY, THIRD_PARTY_RUNS
from traceability.replay.third_party import Surroundings, chosen, execute
from traceability.study import logs


def main(projects: Path, names: list[str], around: Surroundings, table: Path) -> None:
    """Write one row per execution of the projects of `projects` that `names` names."""
    named = chosen(THIRD_PARTY.rows(projects), names, projects)
    rows = []
    with Progress(transient=True) as bar:
        task = bar.add_task("third-party projects", total=sum(int(project["n"]) for project in named))
        for project in named:
            rows += execute(project, around, lambda: bar.advance(task))
    THIRD_PARTY_RUNS.write(rows, table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.projects),
        list(snakemake.params.names),
        Surroundings(
            url_template=snakemake.params.template,
            cache=Path(snakemake.params.cache),
            home=Path(snakemake.params.home).expanduser() if snakemake.params.home else None,
            memory_bytes=snakemake.params.memory_mib * 2**20,
            timeout_seconds=snakemake.params.timeout_seconds,
        ),
        Path(snakemake.output.table),
    )
