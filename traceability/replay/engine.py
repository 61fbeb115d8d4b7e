"""One replay, from the record to the verdict."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.replay import code, data, entry, environments, rebuild, results, weights
from traceability.replay import reading as records
from traceability.replay import record as recorded
from traceability.replay.compare import Comparison, compare
from traceability.replay.environments import Resolved, Wanted
from traceability.replay.program import reading
from traceability.replay.reasons import STAGES, Stopped, reached_before
from traceability.replay.rebuild import Command
from traceability.replay.record import Record
from traceability.runtime import sandbox
from traceability.runtime.files import replacing
from traceability.stores import tracking

log = logging.getLogger(__name__)

#: Which field a human can add when a replay stops for a reason.
HELP = {
    "no_repository": "repository", "no_commit": "commit", "no_entry_point": "source", "no_common_metric": "option:",
    "parameter_missing": "option:",
}  # fmt: skip

#: Makes every MLflow client of the program use its own store; see redirect/sitecustomize.py.
_REDIRECT = Path(__file__).with_name("redirect")


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
    #: Files and folders outside the repository that the program may read.
    readable: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What will run, told before anything does."""

    command: Command
    repository: str
    commit: str
    environment: str
    readable: tuple[Path, ...] = ()


class Consent:
    """Asked before something is fetched and before something runs; it agrees unless a subclass objects by raising."""

    def fetch(self, repository: str, commit: str) -> None:
        """`commit` of `repository`, an address of a network, is about to be fetched."""

    def run(self, plan: Plan) -> None:
        """What `plan` says is about to run; data have not been looked at and no package has been installed."""

    def reached(self, stage: str, detail: str = "") -> None:
        """A stage of `reasons.STAGES` was reached."""


def replay(task: Task, scratch: Path, cache: Path, consent: Consent | None = None) -> dict[str, Any]:
    """Replay one run knowing only its record, and return the row of the result (columns of `tables.REPLAYS`).

    What is made below `scratch` is removed at the end; `cache` keeps rebuilt environments. Where the record stops the
    replay and `task.help` has the field, the field is added, counted and the replay goes on: `stage_alone` and
    `reason_alone` say how far the record came by itself.
    """
    begin = time.perf_counter()
    consent = consent or Consent()
    # A path of its own: MLflow keeps database connections by path, and would answer from a file that is gone.
    scratch = scratch.resolve() / uuid.uuid4().hex
    row = {"run_id": task.run_id, "record": task.kind, "environment": task.environment} | _nothing_learnt()
    first: Stopped | None = None
    stopped: Stopped | None = None
    record: Record | None = None
    added: tuple[str, ...] = ()
    try:
        record = _read(task, scratch / "record")
        row["run_id"] = record.run_id
        consent.reached("record_found")
        for attempt in range(1 + len(task.help)):
            stopped = None
            try:
                _Attempt(task, record, scratch / f"attempt-{attempt}", cache, row, consent).take()
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
    return records.read(task.run_id, task.uri, scratch, task.kind)


def _missed(reason: Stopped, offered: Mapping[str, str], added: tuple[str, ...]) -> str | None:
    """The offered field that would lead past `reason`, unless it was added already."""
    prefix = HELP.get(reason.code)
    if prefix is None:
        return None
    return next((name for name in offered if name.startswith(prefix) and name not in added), None)


def _outcome(suffix: str, stopped: Stopped | None) -> dict[str, str]:
    stage = reached_before(stopped.stage) if stopped else STAGES[-1]
    return {f"stage{suffix}": stage, f"reason{suffix}": stopped.code if stopped else ""}


@dataclass(frozen=True)
class _Attempt:
    """All stages taken once; what is learnt goes into `row`, which first forgets what the attempt before had learnt."""

    task: Task
    record: Record
    scratch: Path
    cache: Path
    row: dict[str, Any]
    consent: Consent

    def take(self) -> None:
        """Go as far as the record leads. Stops with a reason."""
        self.row.update(_nothing_learnt())
        self.scratch.mkdir(parents=True)
        recorded_weights = weights.model_digest(self.record.model)
        self.row["commit"] = self.record.commit
        self.row["weights_recorded"] = int(bool(self.record.weights_sha256 or recorded_weights))
        folder = self._code()
        command = self._command(folder)
        wanted = self._wanted(folder)
        self.consent.run(
            Plan(command, self.record.repository, self.record.commit,
                 wanted.shown if isinstance(wanted, Wanted) else wanted.detail, self._named_places())
        )  # fmt: skip
        self.row["data"], place = data.verify_before(self.record, folder, command.directory)
        self.consent.reached("data_verified", self.row["data"])
        if isinstance(wanted, Stopped):
            raise wanted
        resolved = environments.build(wanted, self.cache)
        self.row["environment_origin"] = resolved.origin
        self.consent.reached("environment_resolved", wanted.shown)
        output = self._execute(folder, command, resolved, (*self._named_places(), *([place] if place else [])))
        replayed = results.counterpart(self.record, self.scratch / "store" / "mlflow.db", self.scratch / "result")
        # Before any judgement: a run on other data is none to compare with.
        self.row["data"] = data.verify_after(self.record, replayed.datasets, self.row["data"])
        self.row["replayed"] = replayed.metrics
        self._judge(replayed, recorded_weights, output)

    def _code(self) -> Path:
        code.check(self.record)
        if not code.local(self.record.repository):
            self.consent.fetch(self.record.repository, self.record.commit)
        folder = self.scratch / "code"
        code.restore(self.record, folder)
        self.consent.reached("code_restored", f"{self.record.repository}@{self.record.commit[:12]}")
        return folder

    def _command(self, folder: Path) -> Command:
        command = rebuild.rebuild(self.record, folder)
        self.row.update({
            "param_unmapped": ",".join(command.unmapped), "param_defaulted": ",".join(command.defaulted),
            "command": command.shown,
        })  # fmt: skip
        self.consent.reached("command_rebuilt", command.shown)
        return command

    def _wanted(self, folder: Path) -> Wanted | Stopped:
        """The environment, or why there is none, which matters only after the data."""
        try:
            return environments.wanted(self.task.environment, self.record, folder)
        except Stopped as reason:
            return reason

    def _named_places(self) -> tuple[Path, ...]:
        """What the user lets the program read: named for this replay, or added to the record by hand."""
        added = (self.task.help[name] for name in self.record.added if name.startswith("option:"))
        return (*self.task.readable, *(Path(value) for value in added if Path(value).is_absolute()))

    def _execute(self, folder: Path, command: Command, resolved: Resolved, readable: tuple[Path, ...]) -> Path | None:
        """Run the command in the sandbox; the folder of what it was asked to write, where it takes one."""
        output = None
        words = [str(resolved.python), *command.words]
        if self.record.weights_sha256 and _takes_output(folder, command):
            output = self.scratch / "output"
            words.append(f"--output={output}")
        store = self.scratch / "store"
        store.mkdir()
        uri = f"sqlite:///{store / 'mlflow.db'}"
        if self.task.environment == "same":
            shutil.copyfile(_template(self.cache), store / "mlflow.db")
            names = {self.record.experiment, entry.project_name(folder), entry.project_name(folder, command.directory)}
            _create_experiments(uri, names, store / "artifacts")
        own = {
            "MLFLOW_TRACKING_URI": uri, "TRACEABILITY_REPLAY_STORE": uri, "PYTHONPATH": str(_REDIRECT),
            "TRACEABILITY_REPLAY_ARTIFACTS": (store / "artifacts").as_uri(),
        }  # fmt: skip
        ended = sandbox.run(
            words, folder=folder / command.directory, timeout=self.task.timeout_seconds, writable=self.scratch,
            readable=(_REDIRECT, *readable),
            environment=sandbox.variables(self.scratch / "home", resolved.python, own | _named(self.record)),
        )  # fmt: skip
        self.row.update({"network": ended.network, "run_seconds": ended.seconds})
        if ended.status is None:
            raise Stopped("timeout", f"no end within {self.task.timeout_seconds:g} s")
        if ended.status != 0:
            raise Stopped("exit_status", f"ended with {ended.status}: {ended.last_line}{_unseen(ended, folder)}")
        self.consent.reached("ran", f"{ended.seconds:.1f} s")
        return output

    def _judge(self, replayed: Record, recorded_weights: str, output: Path | None) -> None:
        pair = recorded_weights, weights.model_digest(replayed.model)
        if self.record.weights_sha256:
            pair = self.record.weights_sha256, weights.output_digest(output)
        seen: Comparison = compare(self.record.metrics, replayed.metrics, pair, self.task.margins)
        self.row.update({
            "verdict": seen.verdict, "weights_equal": seen.weights_equal, "metrics_common": seen.common,
            "metrics_equal": seen.equal, "largest_difference": seen.largest_difference,
            "differences": seen.differences,
        })  # fmt: skip
        self.consent.reached("finished", seen.verdict)


def _takes_output(folder: Path, command: Command) -> bool:
    options = reading.declared(folder, command.script).options
    return any("--output" in option.spellings and option.form == "value" for option in options)


def _unseen(ended: sandbox.Ended, folder: Path) -> str:
    """A hint where a program failed for a file that is here and that the sandbox did not show it."""
    if not sandbox.fence().files:
        return ""
    for word in ended.last_line.replace('"', "'").split("'"):
        with contextlib.suppress(OSError, ValueError):
            if word.startswith("/") and Path(word).exists() and not Path(word).is_relative_to(folder):
                return f" ('{word}' is not shown to it; --allow-read {word} would)"
    return ""


def _template(cache: Path) -> Path:
    """An empty store of this MLflow: copying it spares each replay the migration."""
    import mlflow

    path = cache.resolve() / f"empty-{mlflow.__version__}.db"
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
    from mlflow.exceptions import MlflowException

    client = tracking.client(uri)
    for name in sorted(names - {"", "Default"}):
        with contextlib.suppress(MlflowException):  # a name that this MLflow takes for none
            client.create_experiment(name, artifact_location=artifacts.resolve().as_uri())
