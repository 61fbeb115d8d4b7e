"""Execute projects of other people at their pinned commits."""

from pathlib import Path

from rich.progress import Progress

from traceability.replay.tables import THIRD_PARTY, THIRD_PARTY_RUNS
from traceability.replay.third_party import Surroundings, chosen, execute
from traceability.study import job


def main(
    projects: Path, table: Path, *, names: list[str], template: str, cache: Path, home: str, memory_mib: int,
    timeout_seconds: float,
) -> None:  # fmt: skip
    """Write one row per execution of the projects of `projects` that `names` names."""
    around = Surroundings(
        url_template=template, cache=cache, home=Path(home).expanduser() if home else None,
        memory_bytes=memory_mib * 2**20, timeout_seconds=timeout_seconds,
    )  # fmt: skip
    named = chosen(THIRD_PARTY.rows(projects), names, projects)
    rows = []
    with Progress(transient=True) as bar:
        task = bar.add_task("third-party projects", total=sum(int(project["n"]) for project in named))
        for project in named:
            rows += execute(project, around, lambda: bar.advance(task))
    THIRD_PARTY_RUNS.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
