"""A job's share of the replays: each source run is launched, then replayed from nothing but its record."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.errors import StudyError
from traceability.replay.engine import Task, replay
from traceability.replay.reasons import REASONS
from traceability.replay.source_runs import SourceRun, launch
from traceability.replay.tables import REPLAYS
from traceability.runtime import processes
from traceability.runtime.files import read_jsonl, write_jsonl
from traceability.stores import tracking
from traceability.study import forked
from traceability.study.subjects import Staged

log = logging.getLogger(__name__)

#: The kinds of record in words.
RECORD_WORDS = {
    "notes": "notes by hand", "mlflow_explicit": "MLflow explicit", "mlflow_autolog_model": "MLflow autolog with model",
    "mlflow_everything": "MLflow explicit with model", "mlflow_project": "MLflow project", "plugin": "MLflow, plugin",
}  # fmt: skip


def run_batch(
    plan: Sequence[Mapping[str, Any]],
    subjects: Mapping[str, Staged],
    *,
    data: Mapping[str, Path],
    preload: Mapping[str, Sequence[str]],
    margins: Mapping[str, Mapping[str, float]],
    store: Path,
    cache: Path,
    era: Path,
    rows: Path,
    timeout_seconds: float,
) -> None:
    """Make and replay the runs of `plan` and write one JSON line each to `rows`.

    `store` is emptied first and keeps the source runs, so that a replay can be repeated by hand; `data` has the folder
    of the prepared data of each workload, `preload` the modules that its program imports; `era` is the requirements
    file of the environment of that name. A source run that fails is an error of the study: `StudyError`.
    """
    with processes.exclusive(rows.with_suffix(".lock")), processes.scratch("replay") as scratch:
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True)
        uri = f"sqlite:///{store.resolve() / 'mlflow.db'}?timeout=60"
        tracking.client(uri)
        needed = dict.fromkeys(module for item in plan for module in preload[item["workload"]])
        context = forked.server([*needed])
        lines = []
        for position, item in enumerate(plan):
            # One line for each, so that a log says at any time what is at work and what became of the rest.
            what = f"{item['workload']} {str(item['arm']).replace('_', ' ')}, {RECORD_WORDS[item['record']]}"
            subject = subjects[item["workload"]]
            source = launch(item, subject, uri, store.resolve() / f"{position:04d}", timeout_seconds, context,
                            data.get(item["workload"]))  # fmt: skip
            task = Task(
                source.run_id, uri, kind=item["record"],
                environment=str(era) if item["environment"] == "era" else item["environment"],
                help=help_of(item["help"], source), margins=margins.get(item["workload"], {}),
                timeout_seconds=timeout_seconds,
            )  # fmt: skip
            row = replay(task, scratch, cache)
            log.info("replay %d of %d, %s: %s", position + 1, len(plan), what, in_words(row))
            lines.append(row | dict(item))
        write_jsonl(rows, lines)


def in_words(row: Mapping[str, Any]) -> str:
    """What became of a replay, in words."""
    if row["reason"]:
        reached = str(row["stage"] or "nothing").replace("_", " ")
        return f"stopped after '{reached}', because {REASONS[row['reason']][1]}"
    return f"{row['stage']}, {str(row['verdict']).replace('_', ' ')}"


def help_of(words: str | None, source: SourceRun) -> dict[str, str]:
    """Fields that a human would add, with their values: `commit` and `option:data` are looked up, the rest says its."""
    found = {}
    for word in (words or "").split(";"):
        name, given, value = word.strip().partition("=")
        if not name:
            continue
        if not given and name not in source.facts:
            raise StudyError(f"config/replays.tsv: help '{name}' is unknown; known: {', '.join(source.facts)}")
        found[name] = value if given else source.facts[name]
    return found


def collect(lines: Sequence[Path]) -> pd.DataFrame:
    """All replays as rows of `tables.REPLAYS`, sorted by key.

    Raises `StudyError` when a planted defect was not recognised: then the instrument is wrong.
    """
    rows = [row for path in lines for row in read_jsonl(path)]
    for row in rows:
        expected = row["expected_reason"]
        if expected and row["reason"] != expected:
            raise StudyError(
                f"replay {row['key']}: stopped with '{row['reason']}' ({row['detail']}), expected '{expected}'"
            )
    kept = [
        {name: row.get(name) for name in REPLAYS.column_names}
        | {name: json.dumps(row[name], sort_keys=True) for name in ("differences", "replayed")}
        | {"run_id": Path(row["run_id"]).name}
        for row in rows
    ]
    log.info("%d replays, %d finished", len(rows), sum(row["stage"] == "finished" for row in rows))
    return pd.DataFrame(kept, columns=REPLAYS.column_names).sort_values("key", ignore_index=True)
