"""The command line: `traceability scan|audit|replay|drift`. Each command lives in its chapter's `command.py`.

A command is imported when it is called, and the list of commands is written down here: so the help comes at once, and a
command needs only the packages of its own extra.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import sys
import traceback
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from traceability import __version__
from traceability.errors import MissingExtra, StudyError

#: Exit status of an error, whatever the command: `drift` says with 0 and 1 whether two runs differ.
FAILED = 2


class Command(NamedTuple):
    """The chapter it lives in, the extra that it needs besides the base, and its line in the list of commands."""

    chapter: str
    extra: str
    about: str


COMMANDS = {
    "scan": Command("corpus", "scan", "Say what each project uses of MLflow, from its syntax trees."),
    "replay": Command("replay", "replay", "Run a recorded run again, knowing only its record, and compare."),
    "audit": Command(
        "audit", "audit", "Say what a tracking server or store knows of its runs, and how to record the rest."
    ),
    "drift": Command(
        "audit", "audit", "Say what differs between two recorded runs, and what neither of them recorded."
    ),
}
#: Modules that one extra brings, whichever command asks for them; any other, the extra of the command brings.
EXTRA_OF = {
    "jinja2": "audit", "psycopg2": "audit", "pymysql": "audit", "sqlalchemy": "audit", "MySQLdb": "audit",
    "tree_sitter": "scan", "tree_sitter_python": "scan", "mlflow": "replay", "uv": "replay", "h5py": "replay",
    "pyarrow": "parquet",
}  # fmt: skip


def missing_extra(error: ImportError, command: str) -> MissingExtra | None:
    """The missing package of `error` as an error that names the extra; None where a module of our own is missing."""
    module = (error.name or "").partition(".")[0]
    if not module:  # pandas says only in words which package it lacks
        named = re.search(r"Missing optional dependency '(\w+)'", str(error))
        module = named[1] if named else ""
    if not module or module == "traceability" or module in sys.stdlib_module_names or command not in COMMANDS:
        return None
    # One that is there and cannot be imported is broken, and no extra mends it.
    if not isinstance(error, ModuleNotFoundError) and error.name:
        return None
    return MissingExtra(module, EXTRA_OF.get(module, COMMANDS[command].extra))


class _Later(TyperCommand):
    """A line in the list of commands; the command behind it is imported when it is called."""

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        name = str(self.name)
        single = typer.Typer(add_completion=False)
        single.command(name)(getattr(importlib.import_module(f"traceability.{COMMANDS[name].chapter}.command"), name))
        return typer.main.get_command(single).make_context(info_name, args, parent=parent, **extra)


class _Commands(TyperGroup):
    """The commands, and one line instead of a traceback for what a user can mend, whichever command says it."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's interface
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the group's interface
        if cmd_name not in COMMANDS:
            return None
        return _Later(cmd_name, callback=None, help=COMMANDS[cmd_name].about)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except StudyError as error:
            return _fail(error)
        except ImportError as error:
            missing = missing_extra(error, ctx.invoked_subcommand or "")
            if missing is None:
                raise
            return _fail(missing)
        except BrokenPipeError:
            # The reader has seen enough (`| head`); nothing more is written, also not when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(FAILED)
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            sys.exit(130)


def _fail(error: StudyError) -> None:
    from traceability.runtime import terminal

    terminal.echo(f"error: {error}", error=True)  # a message may quote a record or a file's name
    sys.exit(FAILED)


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("traceability").setLevel(logging.INFO)
    logging.captureWarnings(True)


def main() -> None:
    """The program `traceability`. An error that nobody foresaw is shown whole and has the exit status of an error."""
    try:
        app(prog_name="traceability")
    except Exception:
        traceback.print_exc()
        typer.echo(f"error: this is a defect of traceability {__version__}; please report the lines above", err=True)
        sys.exit(FAILED)
