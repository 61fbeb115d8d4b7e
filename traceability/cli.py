"""The command line: `traceability scan|audit|replay|drift`. Each command lives in its chapter's `command.py`."""

from __future__ import annotations

import sys

import typer

from traceability import __version__
from traceability.audit.command import audit, drift
from traceability.corpus.command import scan
from traceability.errors import StudyError
from traceability.replay.command import replay
from traceability.study import logs


class _OneLineErrors(typer.core.TyperGroup):
    """Shows a `StudyError` as one line and exits with 2, whichever command raised it."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except StudyError as error:
            typer.echo(f"error: {error}", err=True)
            sys.exit(2)


app = typer.Typer(
    cls=_OneLineErrors, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Measure what MLflow-tracked experiments let you trace, store, run again and reproduce.",
)  # fmt: skip


def _version(show: bool) -> None:
    if show:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),  # noqa: ARG001
) -> None:
    logs.setup()


app.command("scan")(scan)
app.command("replay")(replay)
app.command("audit")(audit)
app.command("drift")(drift)
