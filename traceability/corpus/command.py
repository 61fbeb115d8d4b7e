"""`traceability scan`: what projects use of MLflow, one row each."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from traceability.errors import StudyError


def scan(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders, or bare git repositories.")],
    output: Annotated[Path | None, typer.Option(help="Write the table here (TSV), not to standard output.")] = None,
    calls: Annotated[Path | None, typer.Option(help="Write one row per call site here (Parquet).")] = None,
    problems: Annotated[Path | None, typer.Option(help="Write what could not be read here (TSV).")] = None,
    commit: Annotated[str, typer.Option(help="Scan this commit (full id) of a git repository; HEAD otherwise.")] = "",
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Projects scanned at the same time.")] = os.cpu_count() or 1,
) -> None:
    """Say what each project uses of MLflow, from its syntax trees. Nothing that is scanned is run or imported."""
    from rich.console import Console
    from rich.progress import Progress

    from traceability.corpus import tables
    from traceability.corpus.scanner import scanning

    places = [scanning.Place(str(folder), str(_checked(folder)), commit) for folder in folders]
    if len({place.repository for place in places}) < len(places):
        raise StudyError("a folder is given twice; name each once")
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal or len(places) < 2, transient=True) as progress:
        task = progress.add_task("scanning", total=len(places))
        rows = scanning.scan_places(places, jobs, lambda _: progress.advance(task), strict=True)
    frames = rows.frames()
    order = {place.repository: number for number, place in enumerate(places)}
    usage = frames[tables.USAGE.name].sort_values("repository", key=lambda names: names.map(order), ignore_index=True)
    if output is None:
        tables.USAGE.validate(usage, "standard output").to_csv(sys.stdout, sep="\t", index=False, lineterminator="\n")
    else:
        tables.USAGE.write(usage, output)
    if calls is not None:
        tables.CALLS.write(frames[tables.CALLS.name], calls)
    found = frames[tables.PROBLEMS.name]
    if problems is not None:
        tables.PROBLEMS.write(found, problems)
    elif len(found):
        typer.echo(f"{len(found)} files had problems; --problems FILE lists them", err=True)


def _checked(folder: Path) -> Path:
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such folder; give the folder of a project, or a bare git repository")
    return folder
