"""`traceability scan`: where code calls MLflow, and what of it a project uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from traceability.errors import StudyError

if TYPE_CHECKING:
    from traceability.corpus.reporting import Report
    from traceability.corpus.scanner.project import Scan
    from traceability.corpus.scanner.scanning import Place

FORMATS = ("text", "json", "tsv", "parquet", "sarif", "github")
FINDINGS = ("missing-tracking",)
#: Format by the ending of a file that is written.
_ENDINGS = {".txt": "text", ".json": "json", ".tsv": "tsv", ".parquet": "parquet", ".sarif": "sarif"}
_TABLES = (".tsv", ".parquet")
#: So many problems are told one by one.
_TOLD = 10
_FOUND, _FAILED = 1, 2


def scan(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders, files or git repositories; default: `.`")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}; default: text.")] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write here; the ending says the format: .txt .json .tsv .parquet .sarif"),
    ] = None,
    calls: Annotated[Path | None, typer.Option(help="Write one row per call site here (.tsv or .parquet).")] = None,
    problems: Annotated[Path | None, typer.Option(help="Write what could not be read here (.tsv or .parquet).")] = None,
    commit: Annotated[str, typer.Option(help="Scan this commit (full id) of a git repository, not its files.")] = "",
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave out what this pattern names, as in .gitignore; may be repeated.")
    ] = None,
    gitignore: Annotated[
        bool | None, typer.Option("--gitignore/--no-gitignore", help="Leave out what .gitignore files name (default).")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(help="Exit with 1 where a project has this: missing-tracking (nothing in it tracks)."),
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, max=256, help="Projects scanned at once; default: all cores.")
    ] = None,
) -> None:
    """Say where code calls MLflow, from its syntax trees. Nothing that is scanned is run or imported.

    Settings may stand in pyproject.toml, [tool.traceability]: exclude, gitignore, format, fail-on, exit-zero, jobs.
    Exit status: 0; 1 where --fail-on finds something; 2 where something could not be scanned.
    """
    from traceability.corpus import configured, reporting
    from traceability.corpus.scanner import scanning

    settings = configured.read(Path.cwd())
    chosen = _format(format or ("" if output else settings.get("format", "text")), output)
    wanted = tuple(fail_on if fail_on is not None else settings.get("fail-on", []))
    for name in wanted:
        if name not in FINDINGS:
            raise StudyError(f"--fail-on {name}: not known; it takes {', '.join(FINDINGS)}")
    for path in (calls, problems):
        if path is not None and path.suffix not in _TABLES:
            raise StudyError(f"{path}: tables are written as {' or '.join(_TABLES)}; give the file such an ending")
    options = {
        "text": False, "selective": True, "state": True,
        "gitignore": settings.get("gitignore", True) if gitignore is None else gitignore,
        "exclude": tuple([*settings.get("exclude", []), *(exclude or [])]),
    }  # fmt: skip
    places, prefixes = _places(paths or [Path()], commit, options)
    workers = jobs or settings.get("jobs") or os.cpu_count() or 1
    with _progress(places) as step:
        results: dict[int, Scan | str] = {}
        if len(places) == 1:
            results[0] = scanning.scan_place(places[0], step)
        else:
            for done, (number, result) in enumerate(scanning.scan_all(places, workers), 1):
                results[number] = result
                step(done, len(places))
    report = reporting.Report(places, [results[number] for number in range(len(places))], wanted, prefixes)
    _write(report, chosen, output, calls, problems)
    _tell(report, problems)
    found = bool(report.untracked()) and not (exit_zero or settings.get("exit-zero", False))
    raise typer.Exit(_FAILED if report.failures() else _FOUND if found else 0)


def _format(given: str, output: Path | None) -> str:
    by_ending = _ENDINGS.get(output.suffix, "") if output is not None else ""
    if output is not None and not by_ending and not given:
        raise StudyError(f"{output}: unknown ending; use {' '.join(_ENDINGS)}, or say --format")
    chosen = given or by_ending or "text"
    if chosen not in FORMATS:
        raise StudyError(f"--format {chosen}: not known; it takes {', '.join(FORMATS)}")
    if by_ending and given and by_ending != given:
        raise StudyError(f"{output}: the ending says {by_ending}, --format says {given}; make them agree")
    if chosen == "parquet" and output is None:
        raise StudyError("--format parquet: is not for the terminal; say --output FILE.parquet")
    return chosen


def _places(paths: list[Path], commit: str, options: dict[str, Any]) -> tuple[list[Place], list[str]]:
    """One place for each folder, and one for all files together; and what comes before paths in each."""
    from traceability.corpus.scanner import file_roles
    from traceability.corpus.scanner.scanning import Options, Place

    places, prefixes, files = [], [], []
    for path in paths:
        if path.is_dir():
            name = str(path)
            places.append(Place(name, name, commit, Options(**options)))
            prefixes.append("" if name == "." else f"{name.rstrip('/')}/")
        elif path.is_file():
            files.append(path)
        else:
            raise StudyError(f"{path}: no such file or folder; give the folder of a project, a file, or a repository")
    if files and commit:
        raise StudyError(f"{files[0]}: --commit is for repositories; give the folder of one")
    for file in files:
        if not file_roles.wanted(file.name) and not file_roles.wanted(str(file)):
            raise StudyError(
                f"{file}: neither code nor configuration that is read; give .py, .ipynb, .yaml or a folder"
            )
    if files:
        absolute = [file.parent.resolve() / file.name for file in files]
        here = Path.cwd().resolve()
        inside = all(here in file.parents for file in absolute)
        root = here if inside else Path(os.path.commonpath([file.parent for file in absolute]))
        only = tuple(file.relative_to(root).as_posix() for file in absolute)
        name = str(files[0]) if len(files) == 1 else f"{len(files)} files"
        places.append(Place(name, str(root), "", Options(**options | {"only": only, "selective": False})))
        prefixes.append("" if root == here else f"{root}/")
    if len({Path(place.path).resolve() for place in places if not place.options.only}) < len(places) - bool(files):
        raise StudyError("a folder is given twice; name each once")
    if len(set(files)) < len(files):
        raise StudyError("a file is given twice; name each once")
    return places, prefixes


@contextmanager
def _progress(places: list[Place]) -> Iterator[Any]:
    """A bar over the files of one project, or over many projects, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading files" if len(places) == 1 else "scanning projects", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _write(report: Report, chosen: str, output: Path | None, calls: Path | None, problems: Path | None) -> None:
    from traceability.corpus import reporting, tables
    from traceability.corpus.scanner.scanning import Rows, add
    from traceability.runtime.files import write_text

    rows = Rows([], [], [], [])
    for place, result in zip(report.places, report.results, strict=True):
        add(rows, place, result)
    if chosen in reporting.WRITERS:
        said = reporting.WRITERS[chosen](report)
        if output is None:
            sys.stdout.write(said)
        else:
            write_text(output, said)
    elif output is None:
        sys.stdout.write(_tsv(tables.USAGE.column_names, rows.usage))
    else:
        _table(tables.USAGE.column_names, rows.usage, output)
    for path, table, held in ((calls, tables.CALLS, rows.calls), (problems, tables.PROBLEMS, rows.problems)):
        if path is not None:
            _table(table.column_names, held, path)


def _tsv(columns: list[str], rows: list[dict[str, Any]]) -> str:
    """Rows as the study's tables are written, without what checks those: a user's machine may not have it."""
    lines = ["\t".join(columns), *("\t".join(str(_cell(row.get(name))) for name in columns) for row in rows)]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> Any:
    return "" if value is None else value


def _table(columns: list[str], rows: list[dict[str, Any]], path: Path) -> None:
    from traceability.runtime.files import replacing, write_text

    if path.suffix != ".parquet":
        write_text(path, _tsv(columns, rows))
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    held = {name: [row.get(name) for row in rows] for name in columns}
    with replacing(path) as temporary:
        pq.write_table(pa.table(held), temporary)


def _tell(report: Report, problems: Path | None) -> None:
    """Errors, then notes about single files, on standard error."""
    from traceability.corpus.scanner.scanning import plain

    for place, reason in report.failures():
        typer.echo(
            f"error: {plain(reason if place.repository in reason else f'{place.repository}: {reason}')}", err=True
        )
    noted = [
        f"note: {plain(prefix + file)}: {kind}: {plain(detail)}"
        for _, prefix, scan in report.scans() for file, kind, detail in scan.problems
    ]  # fmt: skip
    if problems is not None:
        return
    for line in noted[:_TOLD]:
        typer.echo(line, err=True)
    if len(noted) > _TOLD:
        typer.echo(f"note: {len(noted) - _TOLD} more files had problems; --problems FILE lists all", err=True)
