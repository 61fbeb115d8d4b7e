"""Damage done on purpose: to records in the store itself, to code before a launch, to data after it.

And the package's plugin, installed for one launch.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from traceability.capture.launching import Launch
from traceability.errors import StudyError
from traceability.runtime import git
from traceability.runtime.files import write_text

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "0123456789abcdef0123456789abcdef01234567"


def installed_plugin(folder: Path) -> Path:
    """A folder for the search path in which the package is installed: its sources and its entry points.

    Raises `StudyError` where the package declares no plugin.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project.get("entry-points", {}).get("mlflow.run_context_provider", {})
    if not points:
        raise StudyError("pyproject.toml declares no entry point 'mlflow.run_context_provider': there is no plugin")
    about = folder / f"{project['name']}-{project['version']}.dist-info"
    lines = "".join(f"{name} = {target}\n" for name, target in points.items())
    write_text(about / "entry_points.txt", f"[mlflow.run_context_provider]\n{lines}")
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    write_text(about / "METADATA", metadata)
    (folder / "traceability").symlink_to(ROOT / "traceability")
    return folder


def plugin_distribution() -> dict[str, str]:
    """Name and version under which `installed_plugin` installs the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {project["name"]: project["version"]}


def damage(row: Mapping[str, Any], database: Path, folder: Path) -> None:
    """Do to the record of a launch (a row of the plan) what its `defect` says.

    `database` is MLflow's, `folder` holds what the launch left. Raises `StudyError` when there is nothing to damage.
    """
    defect = row["defect"]
    # A dirty tree is planted before the launch by `dirty`. Changed data leave the record alone: what is there of the
    # table afterwards is another one, made by `changed_table`, and the truth is taken from that.
    if defect in ("none", "dirty_tree", "changed_data"):
        return
    with contextlib.closing(sqlite3.connect(database)) as connection:
        run = connection.execute(
            "SELECT r.run_uuid FROM runs r JOIN experiments e USING (experiment_id) WHERE e.name = ?", (row["key"],)
        ).fetchone()
        if run is None:
            raise StudyError(f"{row['key']}: no run to damage")
        if defect in _SQL:
            changed = _SQL[defect](connection, str(run[0]), folder)
            connection.commit()
        else:
            changed = _FILES[defect](folder)
    if not changed:
        raise StudyError(f"{row['key']}: nothing to damage for '{defect}'")


def dirty(launch: Launch) -> None:
    """Change the entry point of a launch and do not commit it. Raises `StudyError` where there is no file to change."""
    if launch.entry is None:
        raise StudyError(
            f"'{' '.join(launch.words)}' starts no file that could be changed; plant a dirty tree elsewhere"
        )
    with launch.entry.open("a", encoding="utf-8") as script:
        script.write("# planted: not committed\n")


def changed_table(data: Path, target: Path) -> Path:
    """A copy of a table with the last digit of its first value changed, as a replaced file would be.

    The record speaks of the table that the launch read; the truth is then that of this copy.
    """
    head, first, rest = data.read_text(encoding="utf-8").split("\n", 2)
    value, comma, others = first.partition(",")
    digit = str((int(value[-1]) + 5) % 10)
    write_text(target, f"{head}\n{value[:-1]}{digit}{comma}{others}\n{rest}")
    return target


def _other_commit(connection: sqlite3.Connection, run: str, folder: Path) -> int:
    """A commit that exists, of other code."""
    clone = folder / "project"
    (clone / "train.py").write_text("print('something else')\n", encoding="utf-8")
    other = git.commit_all(clone, "Other code")
    return _set_tag(connection, run, "mlflow.source.git.commit", other)


def _set_tag(connection: sqlite3.Connection, run: str, key: str, value: str) -> int:
    return connection.execute("UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?", (value, run, key)).rowcount


def _set_param(connection: sqlite3.Connection, run: str, *_: Any) -> int:
    words = ("8", run, "seed")
    return connection.execute("UPDATE params SET value = ? WHERE run_uuid = ? AND key = ?", words).rowcount


def _set_metric(connection: sqlite3.Connection, run: str, *_: Any) -> int:
    for table in ("metrics", "latest_metrics"):
        words = f"UPDATE {table} SET value = value * 1.0000001 WHERE run_uuid = ? AND key = 'test_mse'"  # noqa: S608
        changed = connection.execute(words, (run,)).rowcount
    return changed


def _set_digest(connection: sqlite3.Connection, run: str, *_: Any) -> int:
    used = "SELECT source_id FROM inputs WHERE destination_id = ?"
    words = f"UPDATE datasets SET digest = '0badd1e5' WHERE dataset_uuid IN ({used})"  # noqa: S608
    return connection.execute(words, (run,)).rowcount


_Sql = Callable[[sqlite3.Connection, str, Path], int]
_SQL: dict[str, _Sql] = {
    "wrong_commit": lambda connection, run, *_: _set_tag(connection, run, "mlflow.source.git.commit", NOWHERE),
    "other_commit": _other_commit,
    "wrong_parameter": _set_param,
    "wrong_metric": _set_metric,
    "other_digest": _set_digest,
}


def _edit(folder: Path, name: str, pattern: str, text: str) -> int:
    """Replace the first match of `pattern` in every stored file of this name; how many files changed."""
    changed = 0
    for path in (folder / "artifacts").rglob(name):
        before = path.read_text(encoding="utf-8")
        after = re.sub(pattern, text, before, count=1)
        path.write_text(after, encoding="utf-8")
        changed += before != after
    return changed


def _other_model(folder: Path) -> int:
    """Cut a bit out of every stored model: other weights."""
    changed = 0
    for path in [*(folder / "artifacts").rglob("model.pkl"), *(folder / "artifacts").rglob("model.skops")]:
        path.write_bytes(path.read_bytes()[:-200] + bytes(200))
        content = bytearray(path.read_bytes())
        content[::7] = bytes(len(content[::7]))
        path.write_bytes(bytes(content))
        changed += 1
    return changed


_FILES: dict[str, Callable[[Path], int]] = {
    "missing_package": lambda folder: _edit(folder, "requirements.txt", r"(?m)^numpy==.*\n?", ""),
    "wrong_package": lambda folder: _edit(folder, "requirements.txt", r"(?m)^numpy==.*$", "numpy==1.0.0"),
    "wrong_python": lambda folder: _edit(folder, "python_env.yaml", r"python: .*", "python: 3.8.1"),
    "other_model": _other_model,
}
