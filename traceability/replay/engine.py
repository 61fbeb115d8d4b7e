"""One replay, from the record to the verdict."""

from __future__ import annotations

import json
import logging
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.replay import code, data, environments, reading, rebuild
from traceability.replay import record as recorded
from traceability.replay.compare import Comparison, arrays_digest, compare, weights_digest
from traceability.replay.reasons import STAGES, Stopped, reached_before
from traceability.replay.record import Record
from traceability.runtime import sandbox
from traceability.runtime.files import replacing
from traceability.stores import readers, tracking
from traceability.stores.scope import Scope

log = logging.getLogger(__name__)

#: Which field a human can add when a replay stops for a reason.
HELP = {
    "no_repository": "repository", "no_commit": "commit", "no_entry_point": "source", "no_common_metric": "option:",
    "parameter_missing": "option:",
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What is to be replayed, and how. `help` holds fields that a human would add when they are missed."""

    run_id: str
    uri: str
    kind: str = "mlflow"
    environment: str = "same"
    help: Mapping[str, str] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    timeout_seconds: float = 300


def replay(
    task: Task, scratch: Path, cache: Path, confirm: Callable[[str], None] = lambda _what: None
) -> dict[str, Any]:
    """Replay one run knowing only its record, and return the row of the result (columns of `tables.REPLAYS`).

    What is made below `scratch` is removed at the end; `cache` keeps rebuilt environments. `confirm` is told what will
    run before it runs, and may raise. Where the record stops the replay and `task.help` has the field, the field is
    added, counted and the replay goes on: `stage_alone` and `reason_alone` say how far the record came by itself.
    """
    begin = time.perf_counter()
    # A path of its own: MLflow keeps database connections by path, and would answer from a file that is gone.
    scratch = scratch / uuid.uuid4().hex
    row = {"run_id": task.run_id, "record": task.kind, "environment": task.environment} | _nothing_learnt()
    first: Stopped | None = None
    stopped: Stopped | None = None
    record: Record | None = None
    added: tuple[str, ...] = ()
    try:
        record = _read(task, scratch / "record")
        for attempt in range(1 + len(task.help)):
            stopped = None
            try:
                _attempt(task, record, scratch / f"attempt-{attempt}", cache, row, confirm)
                break
            except Stopped as reason:
                stopped, first = reason, first or reason
                name = _missed(reason, task.help, record.added)
                if name is None:
                    break
                record = record.with_help(name, task.help[name])
        added = record.added
    except Stopped as reason:
        stopped = first = reason
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    row |= _outcome("", stopped) | _outcome("_alone", first)
    row |= {"detail": stopped.detail if stopped else "", "added": ",".join(added), "ease": len(added)}
    log.info("%s: %s %s %s", task.run_id, row["stage"], row["reason"], row["verdict"])
    return row | {"seconds": time.perf_counter() - begin}


def _nothing_learnt() -> dict[str, Any]:
    """What a row says of an attempt before its first stage."""
    return {
        "commit": "", "command": "", "param_unmapped": "", "param_defaulted": "", "data": data.UNVERIFIED,
        "environment_origin": "", "network": "", "verdict": "not_executable", "weights_recorded": 0,
        "weights_equal": None, "metrics_common": 0, "metrics_equal": 0, "largest_difference": None, "differences": {},
        "replayed": {}, "detail": "", "run_seconds": None,
    }  # fmt: skip


def _read(task: Task, scratch: Path) -> Record:
    if task.kind == "notes":
        return recorded.from_notes(Path(task.run_id))
    return reading.read(task.run_id, task.uri, scratch, task.kind)


def _missed(reason: Stopped, offered: Mapping[str, str], added: tuple[str, ...]) -> str | None:
    """The offered field that would lead past `reason`, unless it was added already."""
    prefix = HELP.get(reason.code)
    if prefix is None:
        return None
    return next((name for name in offered if name.startswith(prefix) and name not in added), None)


def _outcome(suffix: str, stopped: Stopped | None) -> dict[str, str]:
    stage = reached_before(stopped.stage) if stopped else STAGES[-1]
    return {f"stage{suffix}": stage, f"reason{suffix}": stopped.code if stopped else ""}


def _attempt(
    task: Task, record: Record, scratch: Path, cache: Path, row: dict[str, Any], confirm: Callable[[str], None]
) -> None:
    """Take all stages once; what is learnt goes into `row`, which first forgets what the attempt before had learnt."""
    row |= _nothing_learnt()
    folder, home = scratch / "code", scratch / "home"
    scratch.mkdir(parents=True)
    row["commit"] = record.commit
    row["weights_recorded"] = int(bool(record.weights_sha256 or weights_digest(record.model)))
    code.restore(record, folder)
    origin = f"{record.repository}@{record.commit[:12]}"

    def ask_help(words: tuple[str, ...]) -> str:
        confirm(f"{' '.join(words[1:])}   (code of {origin})")
        here = sandbox.variables(home, Path(words[0]))
        ended = sandbox.run(words, folder=folder, environment=here, timeout=min(120, task.timeout_seconds))
        if ended.status != 0:
            raise Stopped("command_unreadable", f"--help ended with {ended.status}: {ended.last_line}")
        return ended.output

    here = environments.resolve("same", record, folder, cache).python
    command = rebuild.rebuild(record, folder, here, ask_help)
    row |= {"param_unmapped": ",".join(command.unmapped), "param_defaulted": ",".join(command.defaulted)}
    row["command"] = " ".join(["python", *command.words[1:]])
    row["data"] = data.verify_before(record, folder)
    resolved = environments.resolve(task.environment, record, folder, cache)
    row["environment_origin"] = resolved.origin
    output = None
    words = [str(resolved.python), *command.words[1:]]
    if record.weights_sha256 and "output" in rebuild.options_of(ask_help((str(here), command.words[1], "--help"))):
        output = scratch / "output"
        words.append(f"--output={output}")
    confirm(f"{row['command']}   (code of {origin}, environment: {task.environment})")
    store = scratch / "store" / "mlflow.db"
    store.parent.mkdir()
    if task.environment == "same":
        shutil.copyfile(_template(cache), store)
    uri = f"sqlite:///{store.resolve()}"
    if task.environment == "same":
        _create_experiments(uri, {record.experiment, rebuild.project_name(folder)}, store.parent / "artifacts")
    ended = sandbox.run(
        words, folder=folder, timeout=task.timeout_seconds,
        environment=sandbox.variables(home.resolve(), resolved.python, {"MLFLOW_TRACKING_URI": uri} | _named(record)),
    )  # fmt: skip
    row |= {"network": ended.network, "run_seconds": ended.seconds}
    if ended.status is None:
        raise Stopped("timeout", f"no end within {task.timeout_seconds:g} s")
    if ended.status != 0:
        raise Stopped("exit_status", f"ended with {ended.status}: {ended.last_line}")
    replayed = _result(store, scratch / "result")
    # Before any judgement: a run on other data is none to compare with.
    row["data"] = data.verify_after(record, replayed.datasets, row["data"])
    row["replayed"] = replayed.metrics
    seen = _judge(record, replayed, output, task.margins)
    row |= {
        "verdict": seen.verdict, "weights_equal": seen.weights_equal, "metrics_common": seen.common,
        "metrics_equal": seen.equal, "largest_difference": seen.largest_difference, "differences": seen.differences,
    }  # fmt: skip


def _judge(record: Record, replayed: Record, output: Path | None, margins: Mapping[str, float]) -> Comparison:
    if record.weights_sha256:
        weights = record.weights_sha256, arrays_digest(output)
    else:
        weights = weights_digest(record.model), weights_digest(replayed.model)
    return compare(record.metrics, replayed.metrics, weights, margins)


def _result(store: Path, scratch: Path) -> Record:
    """The run that the program left in its own store, which is read as anybody's: its MLflow may be an older one."""
    if store.is_symlink() or not store.is_file():
        raise Stopped("no_result", "the program tracked nothing")
    try:
        with readers.opened(f"sqlite:///{store}") as left:
            runs = sorted(left.runs(Scope()), key=lambda run: run.start)
            if not runs:
                raise Stopped("no_result", "the program tracked no run")
            return reading.from_run(runs[-1], left.artifacts, scratch / "model", "mlflow", within=store.parents[1])
    except StudyError as error:
        raise Stopped("no_result", f"the program left a store that cannot be read ({error})") from None


def _template(cache: Path) -> Path:
    """An empty store of this MLflow: copying it spares each replay the migration."""
    path = cache.resolve() / "empty.db"
    if not path.exists():
        with replacing(path) as temporary:
            tracking.client(f"sqlite:///{temporary}")
    return path


def _named(record: Record) -> dict[str, str]:
    """Give the replayed run the recorded name, where a person had given one.

    MLflow draws the name of a nameless run from Python's global generator, which the program may have seeded: all that
    is drawn afterwards shifts, and a seeded network gets other weights.
    """
    return {"MLFLOW_RUN_CONTEXT": json.dumps({"mlflow.runName": record.name})} if record.name else {}


def _create_experiments(uri: str, names: set[str], artifacts: Path) -> None:
    """Let the experiment exist before the program runs, as it did for most recorded runs."""
    client = tracking.client(uri)
    for name in sorted(names - {"", "Default"}):
        client.create_experiment(name, artifact_location=artifacts.resolve().as_uri())
