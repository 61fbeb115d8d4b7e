"""`traceability audit` and `traceability drift`. What a command does not need for its help is imported when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from traceability import cli_options
from traceability.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from traceability.audit.drift_report import Drift
    from traceability.audit.rows import About, Collected, Row
    from traceability.stores.scope import Scope, Store

_STANDARD_OUTPUT = ("-", "/dev/stdout")

Clones = Annotated[list[Path] | None, typer.Option(
    help="Clone in which recorded commits and scripts are looked for; repeatable. Nothing is fetched.")]  # fmt: skip


def audit(
    tracking_uri: cli_options.Store,
    experiment: Annotated[list[str] | None, typer.Option(help="Only this experiment: name or id; repeatable.")] = None,
    run: Annotated[list[str] | None, typer.Option(
        help="Only this run: its id, or the beginning of one; repeatable. Deleted runs can be named.")] = None,
    clone: Clones = None,
    output: Annotated[Path | None, typer.Option(
        help="Report: a name that ends in .html, .json or .tsv; - prints it.")] = None,
    format_: Annotated[str | None, typer.Option(
        "--format", metavar="[table|json|tsv|html]", help="Format of the report, or of what is printed.")] = None,
    fail_under: Annotated[str | None, typer.Option(
        metavar="LEVEL", help="Exit with 1 if a run is below this level: 0 to 5, or in words.")] = None,
    require: Annotated[list[str] | None, typer.Option(
        metavar="WHAT", help="Exit with 1 if a run lacks one of these: code, parameters, environment, data, "
        "randomness, or a piece such as commit, repository, packages, seed; separated by commas, repeatable.")] = None,
    artifacts: Annotated[bool, typer.Option(
        help="Look for requirements among the artifacts; a server with very many runs answers sooner without.")] = True,
) -> None:  # fmt: skip
    """Say what a tracking server or store knows of its runs, and what line of code would have recorded the rest.

    Reads only: the store stays as it is, byte for byte, whatever version of MLflow wrote it. Nothing is unpickled.

    Exit status: 0 when the audit was made (and what was required is fulfilled), 1 when runs are below --fail-under or
    lack what --require names, 2 when the audit could not be made.
    """
    from traceability.audit import clones, gate, report, summary
    from traceability.runtime import terminal

    if output is not None and str(output) in _STANDARD_OUTPUT:
        output, format_ = None, format_ or "json"
    kind = report.format_of(output, format_)
    level, wanted = gate.level_of(fail_under), gate.required(require or [])
    clones.check(clone or [])
    found, about = _collected(tracking_uri, experiment or [], run or [], clone or [], artifacts)
    if output is not None:
        report.write(found, about, output, kind)
    if output is None and kind != "table":
        _printed(report.pieces(found, about, kind))
    else:
        terminal.echo("\n".join(summary.lines(found, about)))
    for folder in clone or []:
        if clones.shallow(folder):
            terminal.echo(f"note: the clone {folder} is shallow; run git fetch --unshallow in it", error=True)
    failed = gate.failures(found, level, wanted)
    for said in failed:
        terminal.echo(said, error=True)
    if failed:
        raise typer.Exit(1)


def _collected(
    uri: str, experiments: list[str], runs: list[str], clones: list[Path], artifacts: bool
) -> tuple[Collected, About]:
    """Read and judge the runs."""
    import dataclasses
    import functools
    from datetime import UTC, datetime
    from urllib.parse import urlsplit

    from traceability.audit import survey
    from traceability.audit.rows import About, Collected
    from traceability.stores import readers, tracking

    with readers.opened(uri) as store:
        store.artifacts = dataclasses.replace(store.artifacts, wanted=artifacts)
        scope = readers.scope_of(store, experiments, runs)
        look = functools.partial(survey.rows, store, scope, clones, processes=_cores())
        found = Collected.of(_with_progress(store, scope, look))
        there = {row.run_id for row in found.rows}
        lacking = [run_id for run_id in scope.runs if run_id not in there]
        if lacking:
            raise StudyError(f"--run {lacking[0]}: no such run in the store; give the id as MLflow shows it")
        left_out = tuple(note.text for note in getattr(store, "notes", ()))
        kind = store.kind
    shown = tracking.redacted(uri)
    named = [f"experiment {name}" for name in experiments] + [f"run {run_id}" for run_id in scope.runs]
    pages = tracking.redacted(uri).replace("***@", "").rstrip("/") if urlsplit(uri).scheme in ("http", "https") else ""
    about = About(
        store=shown, kind=kind, made=datetime.now(UTC).isoformat(timespec="seconds"), left_out=left_out, pages=pages,
        scope=", ".join(named) if named else About.scope,
    )  # fmt: skip
    return found, about


def _cores() -> int:
    """Cores that this process may use, and at most four: reading alone keeps no more of them busy."""
    import os

    allowed = getattr(os, "sched_getaffinity", None)
    return min(4, len(allowed(0)) if allowed else os.cpu_count() or 1)


def _with_progress(
    store: Store, scope: Scope, judge: Callable[[Callable[[int], None]], Iterable[Row]]
) -> Iterable[Row]:
    """Judged runs, with a bar where a person watches."""
    if not sys.stderr.isatty():
        return judge(lambda _number: None)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("runs", total=store.count(scope))
        return list(judge(lambda number: progress.advance(task, number)))


def _printed(pieces: Iterable[str]) -> None:
    """Print a report to standard output, whatever that is and whatever it can take."""
    from traceability.runtime import terminal

    for piece in pieces:
        sys.stdout.write(terminal.encodable(piece, sys.stdout))


def drift(
    run_a: Annotated[str, typer.Argument(help="First run: its id, or the beginning of one.")],
    run_b: Annotated[str, typer.Argument(help="Second run.")],
    tracking_uri: cli_options.TrackingUri,
    tracking_uri_b: Annotated[str | None, typer.Option(
        metavar="ADDRESS", help="Store or server of the second run, where that is another.")] = None,
    clone: Clones = None,
    output: Annotated[Path | None, typer.Option(
        help="Write everything here: a name that ends in .tsv or .json; - prints it.")] = None,
    format_: Annotated[str | None, typer.Option(
        "--format", metavar="[table|json|tsv]", help="Format of the file, or of what is printed.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="List everything, also what is equal.")] = False,
) -> None:  # fmt: skip
    """Say why the numbers of two recorded runs differ: candidate causes, observed effects, what is not recorded.

    What a record does not say is neither equal nor different, because it may differ. With --clone the changes between
    the two recorded commits are shown.

    Exit status: 0 when nothing that both records say differs, 1 when something does, 2 when the runs could not be read.
    """
    from traceability.audit import clones, drift_report
    from traceability.runtime import files, terminal

    if output is not None and str(output) in _STANDARD_OUTPUT:
        output, format_ = None, format_ or "json"
    kind = format_ or (output.suffix.removeprefix(".") if output is not None else "table")
    if kind not in ("json", "tsv") and (output is not None or kind != "table"):
        said = f"--output {output}: expected a name that ends in .tsv or .json" if output else f"--format {kind}"
        raise StudyError(f"{said}; known formats: json, tsv, and table on the terminal")
    clones.check(clone or [])
    found = _compared(run_a, run_b, tracking_uri, tracking_uri_b or tracking_uri, clone or [])
    text = "\n".join(drift_report.lines(found, everything))
    if kind != "table":
        text = drift_report.as_json(found) if kind == "json" else drift_report.as_tsv(found)
    if output is not None:
        files.write_text(output, text)
        text = "\n".join(drift_report.lines(found, everything))
        terminal.echo(text)
    elif kind == "table":
        terminal.echo(text)
    else:
        _printed([text])
    if found.differ:
        raise typer.Exit(1)


def _compared(run_a: str, run_b: str, uri_a: str, uri_b: str, clone: list[Path]) -> Drift:
    """Read the two runs, each from its store, and find out how they differ."""
    import contextlib

    from traceability.audit import clones, drift_report, effects
    from traceability.audit import drift as facts
    from traceability.stores import readers
    from traceability.stores.scope import Scope

    with contextlib.ExitStack() as stack:
        first = stack.enter_context(readers.opened(uri_a))
        second = first if uri_a == uri_b else stack.enter_context(readers.opened(uri_b))
        a = readers.named(first, Scope(runs=(run_a,)))[0]
        b = readers.named(second, Scope(runs=(run_b,)))[0]
        rows = facts.drift(a, b, first.artifacts, second.artifacts)
        metrics_a, metrics_b = dict(a.metrics), dict(b.metrics)
        groups = None
        if any(row["part"] == "metrics" and row["verdict"] == "differs" for row in rows):
            seeds = effects.same_seeds(a, b)
            groups = (
                effects.group(a, first.runs(Scope(experiments=(a.experiment_id,))), seeds),
                effects.group(b, second.runs(Scope(experiments=(b.experiment_id,))), seeds),
            )
        changed = effects.effects(metrics_a, metrics_b, groups)
    commits = [(row["a"], row["b"]) for row in rows if row["name"] == "commit" and row["verdict"] == "differs"]
    before, after = commits[0] if commits else ("", "")
    changes, distance = [], ""
    if commits:
        changes, distance = clones.changes(clone, before, after), clones.distance(clone, before, after)
    return drift_report.Drift(a.run_id, b.run_id, rows, changed, changes, distance)
