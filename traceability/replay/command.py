"""`traceability replay`: run a recorded run again, knowing only its record."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from traceability import redaction
from traceability.errors import StudyError
from traceability.replay.reasons import REASONS, STAGES

if TYPE_CHECKING:
    from traceability.replay.engine import Plan

_ADDABLE = ("repository", "commit", "source")
_BUILT_IN = ("same", "recorded", "recorded_then")
_ROAD = ("stage_alone", "reason_alone", "added", "stage", "reason", "detail", "command", "param_unmapped",
         "param_defaulted", "environment_origin", "verdict")  # fmt: skip
_COMPARED = ("data", "metrics_common", "metrics_equal", "largest_difference", "weights_equal")
#: Reasons that are a mistake in the call, not a finding about a record.
_MISTAKES = ("run_not_found", "store_unreadable")
_REMEDY = {
    "notes": "give the path of a JSON file that holds at least `params` and `metrics`",
    "mlflow": "correct the run id or --tracking-uri; a server must be running, and its pages list its runs",
}


def replay(
    run_id: str = typer.Argument(
        help="Run to replay: its id, or enough of its beginning; with --record notes the path of the notes (JSON)."),
    tracking_uri: str = typer.Option(
        "", envvar="MLFLOW_TRACKING_URI", help="Store that holds the run: a server, sqlite:///, postgresql://, a "
        "database file or a folder."),
    environment: str = typer.Option(
        "same", help="same; recorded (rebuilt with uv from the record); recorded_then (only packages published by the "
        "day of the run); or a requirements file."),
    record: str = typer.Option("mlflow", help="mlflow, notes, or plugin (then tags traceability.* count too)."),
    add: list[str] | None = typer.Option(None, help="Field that you add where the record lacks it: repository=..., "  # noqa: B008
                                         "commit=..., source=train.py or option:NAME=VALUE. Counted in the result."),
    margin: list[str] | None = typer.Option(None, help="METRIC=NUMBER: differences up to it are within_margin."),  # noqa: B008
    allow_read: list[Path] | None = typer.Option(None, help="File or folder that the program may read, such as its "  # noqa: B008
                                                 "data; everything of yours is hidden from it otherwise."),
    timeout: float = typer.Option(3600, min=5, help="Seconds after which the run is ended."),
    annotate: bool = typer.Option(False, "--annotate", help="Write the result to the run as tags."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would run, and stop."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before code is fetched and run."),
    unfenced: bool = typer.Option(False, "--unfenced", help="With --yes: also where this system cannot keep the "
                                  "program off your files."),
    as_json: bool = typer.Option(False, "--json", help="Print the whole result as JSON."),
) -> None:  # fmt: skip
    """Run a recorded run again, knowing only its record, and compare.

    Code of the recorded commit, and of no other, runs behind a fence: without network, and without your files. What
    will run is said and asked beforehand. The store is not changed, unless --annotate asks for it.
    """
    from traceability.replay import annotate as annotating
    from traceability.replay.engine import Task
    from traceability.replay.engine import replay as replay_run
    from traceability.runtime import processes

    if record not in ("mlflow", "notes", "plugin"):
        raise StudyError(f"--record {record}: expected mlflow, notes or plugin")
    if record != "notes" and not tracking_uri:
        raise StudyError("--tracking-uri is missing; give the address of the store that holds the run")
    if environment not in _BUILT_IN and not Path(environment).is_file():
        raise StudyError(f"--environment {environment}: no such requirements file, nor one of {', '.join(_BUILT_IN)}")
    if annotate:
        annotating.check(record, tracking_uri)
    task = Task(
        run_id, tracking_uri, record, environment, _pairs(add or [], "--add"),
        {name: _number(value, name) for name, value in _pairs(margin or [], "--margin").items()}, timeout,
        tuple(_readable(path) for path in allow_read or []),
    )  # fmt: skip
    cache = cache_folder()
    with processes.scratch("replay") as scratch:
        _with_a_home(scratch)
        row = replay_run(task, scratch, cache, _consent(yes, unfenced, dry_run))
    if annotate and row["reason"] not in _MISTAKES:
        annotating.annotate(row["run_id"], tracking_uri, row)
    if as_json:
        typer.echo(json.dumps(row, indent=2, sort_keys=True))
    if row["reason"] in _MISTAKES:
        raise StudyError(printable(f"{row['detail']}; {_REMEDY.get(record, _REMEDY['mlflow'])}"))
    if not as_json:
        _tell(row)


def printable(text: str) -> str:
    """`text` with everything that a terminal would obey, and not show, written out."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def _tell(row: dict[str, Any]) -> None:
    """Print what became of a replay, to be read."""
    from traceability.replay.engine import HELP

    for name in (*_ROAD, *(_COMPARED if row["verdict"] != "not_executable" else ())):
        if row[name] in ("", None):
            continue
        meaning = f" ({REASONS[row[name]][1]})" if name.startswith("reason") else ""
        typer.echo(printable(f"{name.replace('_', ' ')}: {row[name]}{meaning}"))
    field = HELP.get(row["reason"], "")
    if field:
        example = f"{field}NAME=VALUE" if field.endswith(":") else f"{field}=..."
        typer.echo(f"hint: --add {example} would lead past '{row['reason']}', if you know it")


def _consent(yes: bool, unfenced: bool, dry_run: bool) -> Any:
    """What asks the user at the terminal, says what was reached, and stops where the user does not agree."""
    from traceability.replay.engine import Consent

    class AtTheTerminal(Consent):
        def __init__(self) -> None:
            self._agreed: set[str] = set()

        def fetch(self, repository: str, commit: str) -> None:
            _ask([redaction.text(f"will fetch commit {commit} of {repository}")], "Fetch it?", yes, self._agreed)

        def run(self, plan: Plan) -> None:
            from traceability.runtime import sandbox

            fence = sandbox.fence()
            said = described(plan, fence)
            if dry_run:
                for line in said:
                    typer.echo(printable(line), err=True)
                typer.echo("dry run: nothing was run", err=True)
                raise typer.Exit
            if yes and not fence.files and not unfenced:
                raise StudyError(
                    f"nothing was run: {fence.gaps}; install bubblewrap, or add --unfenced if you trust the code"
                )
            _ask(said, "Run it?", yes, self._agreed)

        def reached(self, stage: str, detail: str = "") -> None:
            words = f"{STAGES.index(stage) + 1} of {len(STAGES)}, {stage.replace('_', ' ')}"
            typer.echo(printable(redaction.text(f"{words}: {detail}") if detail else words), err=True)

    return AtTheTerminal()


def described(plan: Plan, fence: Any) -> list[str]:
    """What will run and behind which fence, line by line."""
    command = plan.command
    lines = [f"will run, {'without' if fence.network else 'with'} network: {command.shown}"]
    place = f", started in {command.directory}/" if command.directory else ""
    lines.append(redaction.text(f"  code of {plan.repository}@{plan.commit[:12]}{place}"))
    lines.append(f"  environment: {plan.environment}")
    if command.unmapped:
        said = (f"{name} ({command.reasons[name]})" if name in command.reasons else name for name in command.unmapped)
        lines.append(f"  recorded, but not handed to it: {', '.join(said)}")
    if command.defaulted:
        lines.append(f"  not recorded, so the default is taken: {', '.join(command.defaulted)}")
    if plan.readable:
        lines.append(f"  it may read: {', '.join(map(str, plan.readable))}")
    lines.append(f"  {fence.holds}")
    return [*lines, f"  {fence.gaps}"] if fence.gaps else lines


def _ask(lines: list[str], question: str, yes: bool, agreed: set[str]) -> None:
    """Say the lines and ask, unless the same was agreed to before. Raises `StudyError` where the answer is no."""
    text = "\n".join(map(printable, lines))
    if text in agreed:
        return
    typer.echo(text, err=True)
    try:
        sure = yes or typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo("", err=True)
        sure = False
    if not sure:
        raise StudyError("nothing was run: not confirmed")
    agreed.add(text)


def cache_folder() -> Path:
    """Where rebuilt environments are kept: the user's cache, else a folder of the user among the temporary ones.

    Raises `StudyError` where nothing can be written.
    """
    places = [Path(place) for place in (os.environ.get("XDG_CACHE_HOME", ""),) if Path(place).is_absolute()]
    with contextlib.suppress(RuntimeError):  # a user without a home
        places.append(Path.home() / ".cache")
    for place in places:
        folder = place / "traceability" / "environments"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    folder = Path(tempfile.gettempdir()) / f"traceability-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
    except OSError as error:
        raise StudyError(f"{folder}: no folder for environments ({error.strerror}); set XDG_CACHE_HOME") from None
    if seen.st_uid != os.getuid() or seen.st_mode & 0o077 or folder.is_symlink():
        raise StudyError(f"{folder}: belongs to somebody else or is open to others; set XDG_CACHE_HOME")
    return folder


def _with_a_home(scratch: Path) -> None:
    """Name a temporary folder as the home of a user who has none: MLflow cannot be imported without one."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = str(scratch)


def _readable(path: Path) -> Path:
    if not path.exists():
        raise StudyError(f"--allow-read {path}: no such file or folder")
    return path.resolve()


def _pairs(words: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given:
            raise StudyError(f"{option} {word}: expected NAME=VALUE")
        if option == "--add" and not name.startswith("option:") and name not in _ADDABLE:
            raise StudyError(f"--add {word}: expected one of {', '.join(_ADDABLE)} or option:NAME")
        pairs[name] = value
    return pairs


def _number(value: str, name: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise StudyError(f"--margin {name}={value}: expected a number") from None
