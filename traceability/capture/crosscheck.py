"""Does MLflow's interface tell all that its database and its folders hold? Counted entry by entry, by kind.

The judges believe what `inside/read_mlflow.py` was told. Here the same store is looked at from below: the database by
SQL, opened read-only, and the folders file by file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from traceability.capture.claims import Evidence

#: Kinds of entries, and how names and values of a run are asked of the database.
_SQL = {
    "param": "SELECT key, value FROM params WHERE run_uuid = ?",
    "tag": "SELECT key, value FROM tags WHERE run_uuid = ?",
    "metric": "SELECT key, CASE is_nan WHEN 1 THEN 'nan' ELSE value END FROM latest_metrics WHERE run_uuid = ?",
    "dataset": "SELECT d.name, d.digest FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
               "WHERE i.source_type = 'DATASET' AND i.destination_id = ?",
    "model": "SELECT destination_id, '' FROM inputs WHERE source_type = 'RUN_OUTPUT' AND source_id = ?",
}  # fmt: skip
KINDS = (*_SQL, "file")
#: How the reader's entries begin, by kind.
_PREFIXES = {"param": "param:", "tag": "tag:", "metric": "metric:", "dataset": "dataset_digest:", "model": "output:",
             "file": "listed:"}  # fmt: skip

Entry = tuple[str, str]


def compare(database: Path, experiment: str, evidence: Evidence) -> list[dict[str, Any]]:
    """One row per kind of entry: how many the interface told, how many the store holds, and those only one of them has.

    `evidence` is what the interface told of the one run in `experiment`.
    """
    held = _held(database, experiment)
    rows = []
    for kind in KINDS:
        told = {_entry(kind, key[len(_PREFIXES[kind]) :], value) for _, key, value in evidence
                if key.startswith(_PREFIXES[kind])}  # fmt: skip
        rows.append({
            "kind": kind, "told": len(told), "held": len(held[kind]),
            "only_told": _names(told - held[kind]), "only_held": _names(held[kind] - told),
            "agrees": told == held[kind],
        })  # fmt: skip
    return rows


def _entry(kind: str, name: str, value: str) -> Entry:
    """A metric counts by its number, a file or a model by its name."""
    if kind == "metric":
        return name, repr(float(value))
    return name, "" if kind in ("model", "file") else str(value)


def _held(database: Path, experiment: str) -> dict[str, set[Entry]]:
    """Entries by kind, as tables and folders hold them."""
    with contextlib.closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        runs = connection.execute(
            "SELECT run_uuid, artifact_uri FROM runs JOIN experiments USING (experiment_id) "
            "WHERE experiments.name = ? AND runs.lifecycle_stage = 'active'",
            (experiment,),
        ).fetchall()
        found: dict[str, set[Entry]] = {
            kind: {
                _entry(kind, str(name), str(value))
                for run, _ in runs
                for name, value in connection.execute(query, (run,))
            }
            for kind, query in _SQL.items()
        }
    found["file"] = {(name, "") for _, place in runs for name in _files(local(str(place)))}
    return found


def local(address: str) -> Path:
    """The folder behind a file address or a plain path."""
    return Path(unquote(urlsplit(address).path) if address.startswith("file:") else address)


def _files(folder: Path) -> list[str]:
    """Names of all files below a folder."""
    return [Path(place, name).relative_to(folder).as_posix() for place, _, names in os.walk(folder) for name in names]


def _names(entries: set[Entry]) -> str:
    return " ".join(sorted(name for name, _ in entries))


def disagreements(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each kind of entry on which interface and store do not agree."""
    return [
        f"{row['key']}: of {row['kind']} entries MLflow's interface told {row['told']}, its store holds {row['held']}; "
        f"only told: {row['only_told'] or 'none'}; only held: {row['only_held'] or 'none'}"
        for row in rows
        if not row["agrees"]
    ]
