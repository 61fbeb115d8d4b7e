"""Projects of other people, executed at a pinned commit: only those that the configuration names (METHOD 22).

They run as replays do, behind a fence and within limits; where the system can take away neither network nor file
system they do not run at all. What they would download must lie in a folder that the user prepared. Nothing of theirs
is imported or unpickled here: MLflow's records are read from a copy of the store that they left.
"""

from __future__ import annotations

import json
import logging
import shlex
import shutil
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from traceability.errors import StudyError, nearest
from traceability.replay import code, environments, results
from traceability.replay.compare import compare
from traceability.replay.reasons import Stopped, reached_before
from traceability.replay.record import Record
from traceability.runtime import sandbox, virtualenvs
from traceability.runtime.files import sha256_content

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """Where projects come from and what they get."""

    #: Address of a repository; `{repository}` is owner/name, `{owner}` and `{name}` its parts.
    url_template: str
    #: Environments that were built are kept here.
    cache: Path
    #: Folder whose content they find in their home; None: the home is empty.
    home: Path | None
    memory_bytes: int
    timeout_seconds: float


def chosen(projects: Sequence[Mapping[str, Any]], names: Sequence[str], table: Path | str) -> list[Mapping[str, Any]]:
    """The rows of `projects` that `names` names, in that order. Raises `StudyError` for an unknown name."""
    known = {str(row["project"]): row for row in projects}
    for name in names:
        if name not in known:
            raise StudyError(f"replay.third_party: '{name}' is not a row of {table}; {nearest(name, known)}")
    return [known[name] for name in names]


def execute(
    project: Mapping[str, Any], around: Surroundings, progress: Callable[[], None] = lambda: None
) -> list[dict[str, Any]]:
    """Run `project` (a row of `tables.THIRD_PARTY`) as often as it says; rows of `tables.THIRD_PARTY_RUNS`."""
    rows = []
    for number in range(int(project["n"])):
        row: dict[str, Any] = {
            "project": project["project"], "repository": project["repository"], "commit": project["commit"],
            "number": number, "command": project["source"], "mlflow": "", "network": "", "runs": 0, "params": "{}",
            "metrics": "{}", "verdict": "not_executable", "metrics_common": 0, "largest_difference": None,
            "run_seconds": None, "stage": "finished", "reason": "", "detail": "",
        }  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="third-party-") as scratch:
            try:
                _once(project, around, Path(scratch), row)
            except Stopped as stopped:
                row |= {"stage": reached_before(stopped.stage), "reason": stopped.code, "detail": stopped.detail}
        log.info("%s, run %d: %s %s %s", row["project"], number, row["stage"], row["reason"], row["detail"])
        rows.append(row)
        progress()
    return rows


def _once(project: Mapping[str, Any], around: Surroundings, scratch: Path, row: dict[str, Any]) -> None:
    scratch = scratch.resolve()
    folder, home = scratch / "code", scratch / "home"
    owner, _, name = str(project["repository"]).partition("/")
    address = around.url_template.format(repository=project["repository"], owner=owner, name=name)
    code.restore(Record("", "third_party", repository=address, commit=str(project["commit"])), folder)
    source, *options = shlex.split(str(project["source"]))
    if not (folder / source).is_file():
        raise Stopped("entry_point_missing", f"'{source}' is not in commit {project['commit'][:12]}")
    _furnish(project, around.home, home)
    fence = sandbox.fence()
    if not (fence.files and fence.network):
        raise Stopped("network_open", fence.gaps)
    python = _environment(project, folder, around.cache)
    row["mlflow"] = virtualenvs.version_of(python, "mlflow")
    store = scratch / "store" / "mlflow.db"
    store.parent.mkdir()
    ended = sandbox.run(
        [str(python), *_words(source, options, scratch / "executed")], folder=folder, timeout=around.timeout_seconds,
        environment=sandbox.variables(home, python, {"MLFLOW_TRACKING_URI": f"sqlite:///{store}"}),
        memory_bytes=around.memory_bytes, writable=scratch,
    )  # fmt: skip
    row |= {"network": ended.network, "run_seconds": ended.seconds}
    # What was recorded before a failure is there all the same.
    left = [record for _, record in results.left(store, scratch / "read")]
    if left:
        last = left[-1]
        published = {str(key): float(value) for key, value in json.loads(project["published"] or "{}").items()}
        row |= {"runs": len(left), "params": json.dumps(last.params, sort_keys=True),
                "metrics": json.dumps(last.metrics, sort_keys=True)}  # fmt: skip
        if published.keys() & last.metrics.keys():
            seen = compare(published, last.metrics, ("", ""), {})
            row |= {"verdict": seen.verdict, "metrics_common": seen.common,
                    "largest_difference": seen.largest_difference}  # fmt: skip
    if ended.status is None:
        raise Stopped("timeout", f"no end within {around.timeout_seconds:g} s")
    if ended.status:
        raise Stopped("exit_status", f"ended with {ended.status}: {ended.last_line}")
    if not left:
        raise Stopped("no_result", "the project tracked nothing")


def _words(source: str, options: list[str], executed: Path) -> list[str]:
    """What follows the interpreter: the script, or the notebook from its first cell to its last."""
    if not source.endswith(".ipynb"):
        return [source, *options]
    # The kernel that a notebook names is one of its author's machine; that of the environment has this name.
    return ["-m", "nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.kernel_name=python3",
            "--ExecutePreprocessor.timeout=-1", "--output-dir", str(executed), *options, source]  # fmt: skip


def _furnish(project: Mapping[str, Any], prepared: Path | None, home: Path) -> None:
    """Make the home, with what the user prepared; every file that the table names must be there as its digest says."""
    if prepared is not None:
        if not prepared.is_dir():
            raise StudyError(f"replay.third_party_home: {prepared} is no folder; make it, or leave the key empty")
        shutil.copytree(prepared, home)
    home.mkdir(exist_ok=True)
    for word in str(project["files"] or "").split():
        place, _, wanted = word.rpartition(":")
        path = home / PurePosixPath(place)
        if not path.is_file():
            raise Stopped(
                "data_missing", f"'{place}' is not in the home; put it into the folder replay.third_party_home"
            )
        try:
            found = sha256_content(path)
        except (OSError, EOFError, zlib.error) as error:
            raise Stopped("data_changed", f"'{place}' is no whole gzip file ({error})") from None
        if found != wanted:
            raise Stopped("data_changed", f"'{place}' has SHA-256 {found}, the table says {wanted}")


def _environment(project: Mapping[str, Any], folder: Path, cache: Path) -> Path:
    """The interpreter with what the repository asks for, and what it forgot to ask for."""
    wanted = folder / str(project["requirements"])
    if not wanted.is_file():
        raise Stopped("no_environment_recorded", f"'{project['requirements']}' is not in the repository")
    lines = [*environments.lines(wanted), *str(project["added"] or "").split()]
    return environments.from_index(lines, str(project["python"]), str(project["until"] or ""), cache)
