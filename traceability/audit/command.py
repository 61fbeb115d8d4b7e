"""`traceability audit` and `traceability drift`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from traceability.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traceability.audit.evidence import Audited


def audit(
    tracking_uri: Annotated[str, typer.Argument(
        help="Server (http://...), database (sqlite:///..., postgresql://...), database file or file-store folder.")],
    experiment: Annotated[list[str] | None, typer.Option(help="Only this experiment: name or id; repeatable.")] = None,
    run: Annotated[list[str] | None, typer.Option(help="Only this run: full id; repeatable.")] = None,
    clone: Annotated[list[Path] | None, typer.Option(
        help="Clone in which recorded commits and scripts are looked for; repeatable.")] = None,
    output: Annotated[Path | None, typer.Option(help="Report: a name that ends in .html, .json or .tsv.")] = None,
    artifacts: Annotated[bool, typer.Option(
        help="Look for requirements among the artifacts; a server with very many runs answers sooner without.")] = True,
) -> None:  # fmt: skip
    """Say what a tracking server or store knows of its runs, and what line of code would have recorded the rest.

    Reads only: the store stays as it is, byte for byte, whatever version of MLflow wrote it. Nothing is unpickled.
    Exit status: 0 when the audit was made, 2 when it could not be made.
    """
    import dataclasses

    from traceability.audit import clones, report, survey
    from traceability.stores import readers, tracking

    if output is not None:
        report.check(output)
    clones.check(clone or [])
    with readers.opened(tracking_uri) as store:
        store.artifacts = dataclasses.replace(store.artifacts, wanted=artifacts)
        scope = readers.scope_of(store, experiment or [], run or [])
        judged = _with_progress(store, scope, clone or [], survey.judge)
        if scope.runs:
            found = {one.run.run_id for one in judged}
            lacking = [run_id for run_id in scope.runs if run_id not in found]
            if lacking:
                raise StudyError(f"--run {lacking[0]}: no such run in the store; give the full id as MLflow shows it")
        kind = store.kind
    judged.sort(key=lambda one: (one.run.start, one.run.run_id), reverse=True)
    if output is not None:
        report.write(judged, output, tracking.redacted(tracking_uri), kind)
    _print(judged, tracking.redacted(tracking_uri), kind, details=len(judged) == 1)


def _with_progress(store, scope, clones, judge) -> list[Audited]:  # type: ignore[no-untyped-def]  # imported late
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("runs", total=store.count(scope))
        return list(judge(store, scope, clones, lambda number: progress.advance(task, number)))


def _print(judged: Sequence[Audited], store: str, kind: str, details: bool) -> None:
    """The summary, and for a single run everything."""
    from traceability.audit import report
    from traceability.audit.advice import PIECES

    about = report.summary(judged)
    typer.echo(f"{store} ({kind}): {about['runs']} {'run' if about['runs'] == 1 else 'runs'}")
    for number, (name, count) in enumerate(about["levels"].items()):
        if count:
            typer.echo(f"  {count:6d}  level {number}: {name}")
    if details:
        for item in judged[0].items.values():
            typer.echo(f"{item.name}: {item.state}")
            for said in item.evidence:
                typer.echo(f"    {' '.join(said.split())}")
            for code in item.missing:
                typer.echo(f"    missing: {PIECES[code].meaning}\n      {PIECES[code].line}")
        return
    for code, count in sorted(about["missing"].items(), key=lambda pair: -pair[1])[:5]:
        typer.echo(f"  {count:6d}  lack {PIECES[code].meaning}\n          {PIECES[code].line}")


def drift(
    run_a: Annotated[str, typer.Argument(help="First run (full id).")],
    run_b: Annotated[str, typer.Argument(help="Second run (full id).")],
    tracking_uri: Annotated[str, typer.Option(help="Store or server of both runs, as for `traceability audit`.")],
    output: Annotated[Path | None, typer.Option(help="Write all rows here: a name that ends in .tsv or .json.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show also what is equal.")] = False,
) -> None:
    """Say what differs between two recorded runs: code, parameters, environment, data, randomness and metrics.

    What neither record says is listed as unknown, because it may differ. Exit status: 0 when nothing recorded differs,
    1 when something differs, 2 when the runs could not be read.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from traceability.audit import tables
    from traceability.audit.drift import drift as compared
    from traceability.runtime import files
    from traceability.stores import readers
    from traceability.stores.scope import Scope

    if output is not None and output.suffix not in (".tsv", ".json"):
        raise StudyError(f"--output {output}: expected a name that ends in .tsv or .json")
    with readers.opened(tracking_uri) as store:
        first, second = (readers.named(store, Scope(runs=(run_id,)))[0] for run_id in (run_a, run_b))
        rows = compared(first, second, store.artifacts)
    if output is not None and output.suffix == ".tsv":
        tables.DRIFT.write([{key: _one_line(value) for key, value in row.items()} for row in rows], output)
    elif output is not None:
        files.write_json(output, {"a": run_a, "b": run_b, "rows": rows})
    shown = [row for row in rows if everything or row["verdict"] != "equal"]
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    grid = Table("part", "name", f"a {run_a[:8]}", f"b {run_b[:8]}", "verdict", box=box.SIMPLE)
    for row in shown:
        cells = [row["part"], row["name"], row["a"] or "", row["b"] or "", row["verdict"]]
        grid.add_row(*(Text(" ".join(str(cell).split())) for cell in cells))
    if shown:
        console.print(grid)
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("equal", "unknown")}
    differ = len(rows) - sum(counts.values())
    typer.echo(f"{differ} differ, {counts['equal']} equal, {counts['unknown']} unknown (in neither record)")
    if differ:
        raise typer.Exit(1)


def _one_line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value
