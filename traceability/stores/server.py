"""Runs of an MLflow server, asked for by its API: only requests that read, and only such as MLflow 1 knew already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from traceability.stores.artifacts import Artifacts
from traceability.stores.errors import NoAnswer, UnknownRun
from traceability.stores.notes import Notes
from traceability.stores.record_fields import Dataset, Run
from traceability.stores.rest import Client, Refused, TooLarge
from traceability.stores.scope import PAGE, STATUS, Scope, milliseconds, when
from traceability.stores.sql import as_number

_API = "/api/2.0/mlflow/"
#: Experiments whose runs are asked for together.
_TOGETHER = 100
#: Pages in a row that bring nothing new before a server is taken for one that never ends.
_EMPTY = 20


class Server:
    """An MLflow server of any version since 1.0. Raises `NoAnswer` where none answers."""

    def __init__(self, uri: str) -> None:
        self._client = Client(uri)
        self.kind = "server"
        self.artifacts = Artifacts(server=uri, remote=self._client)
        self._names: dict[str, str] | None = None
        self._gone: set[str] = set()
        self._opening, self._reading = Notes(), Notes()
        self._old = False  # before MLflow 1.26 experiments could be listed, but not searched
        self._page = PAGE
        self._experiments_page({"max_results": 1})

    @property
    def notes(self) -> Notes:
        """What was left out."""
        return self._opening + self._reading

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id, deleted ones included."""
        if self._names is None:
            self._names = {}
            for found in self._pages(self._experiments_page, "experiments", {"view_type": "ALL"}):
                key = str(found.get("experiment_id", ""))
                self._names[key] = str(found.get("name", ""))
                if found.get("lifecycle_stage") == "deleted":
                    self._gone.add(key)
            self._opening.add("experiment_deleted", number=len(self._gone))
        return self._names

    def count(self, scope: Scope) -> int | None:
        """Unknown, unless runs are named: a server has no call that counts."""
        return len(scope.runs) or None

    def beginning_with(self, prefix: str) -> list[str]:
        """Ids of runs that begin with `prefix`. Raises `UnknownRun` where the server cannot search for them."""
        if not re.fullmatch(r"[\w-]+", prefix):
            return []
        found: list[str] = []
        try:
            for ids in _portions(list(self.experiments())):
                words = {"experiment_ids": ids, "run_view_type": "ALL", "max_results": 10,
                         "filter": f"attributes.run_id LIKE '{prefix}%'"}  # fmt: skip
                runs = self._client.post(f"{_API}runs/search", words).get("runs")
                found += [_info(run)[0] for run in _dicts(runs)]
        except Refused:
            raise UnknownRun(
                f"run '{prefix}': this server cannot search for the beginning of an id; give all of it"
            ) from None
        return sorted(key for key in found if key.startswith(prefix))[:10]

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs, page by page; those of deleted experiments only where they, or the experiment, are named."""
        self._reading.clear()
        names = self.experiments()
        if scope.runs:
            for run_id in scope.runs:
                try:
                    answer = self._client.get(f"{_API}runs/get", {"run_id": run_id, "run_uuid": run_id})
                except Refused as error:
                    if error.status != 404 and error.code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                        raise
                else:
                    yield from map(self._run, _dicts([answer.get("run")]))
            return
        wanted = scope.experiments or tuple(names)
        kept = [key for key in wanted if key not in self._gone]
        gone = [key for key in wanted if key in self._gone]
        yield from map(self._run, self._found(kept, "ACTIVE_ONLY"))
        if scope.experiments:
            yield from map(self._run, self._found(gone, "ALL"))
        else:
            self._reading.add("run_deleted", number=sum(1 for _ in self._found(gone, "ALL")))
        self._reading.add("run_deleted", number=sum(1 for _ in self._found(kept, "DELETED_ONLY")))

    def _found(self, experiments: Sequence[str], view: str) -> Iterator[dict[str, Any]]:
        for ids in _portions(experiments):
            words = {"experiment_ids": ids, "run_view_type": view}
            yield from self._pages(lambda asked: self._client.post(f"{_API}runs/search", asked), "runs", words)

    def _experiments_page(self, words: dict[str, Any]) -> dict[str, Any]:
        if not self._old:
            try:
                return self._client.post(f"{_API}experiments/search", words)
            except Refused as error:
                if error.status not in (404, 405):
                    raise
                self._old = True
        return self._client.get(f"{_API}experiments/list", words)

    def _pages(
        self, ask: Callable[[dict[str, Any]], dict[str, Any]], key: str, words: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Everything of a list that comes in pages. Raises `NoAnswer` for a server whose list does not end."""
        token, tokens, idle = "", set(), 0
        known: set[str] = set()
        while True:
            page = self._one_page(ask, dict(words) | ({"page_token": token} if token else {}))
            new = 0
            for item in _dicts(page.get(key)):
                identity = _info(item)[0] or str(item.get("experiment_id", ""))
                if identity not in known:
                    known.add(identity)
                    new += 1
                    yield item
            token = str(page.get("next_page_token") or "")
            if not token:
                return
            idle = 0 if new else idle + 1
            if token in tokens or idle > _EMPTY:
                raise NoAnswer(f"{self._client.shown}: the server's list of {key} does not end (a page came again)")
            tokens.add(token)

    def _one_page(self, ask: Callable[[dict[str, Any]], dict[str, Any]], words: dict[str, Any]) -> dict[str, Any]:
        while True:
            try:
                return ask(words | {"max_results": self._page})
            except TooLarge:
                if self._page == 1:
                    raise
                self._page = max(self._page // 8, 1)

    def _run(self, found: Mapping[str, Any]) -> Run:
        key, info = _info(found)
        data, inputs, outputs = (_dict(found.get(name)) for name in ("data", "inputs", "outputs"))
        experiment, status = str(info.get("experiment_id", "")), info.get("status")
        tags = _pairs(data.get("tags"))
        metrics = {str(item.get("key", "")): item for item in _dicts(data.get("metrics"))}
        deleted = info.get("lifecycle_stage") == "deleted" or experiment in self._gone
        self._reading.add("deleted_read", key, int(deleted))
        artifacts = str(info.get("artifact_uri") or "")
        return Run(
            run_id=key,
            experiment_id=experiment,
            experiment=self.experiments().get(experiment, ""),
            name=str(info.get("run_name") or tags.get("mlflow.runName") or info.get("name") or ""),
            status=STATUS.get(status, "") if isinstance(status, int) else str(status or ""),
            user=str(info.get("user_id") or tags.get("mlflow.user", "")),
            start=when(info.get("start_time")),
            end=when(info.get("end_time")),
            start_ms=milliseconds(info.get("start_time")),
            lifecycle="deleted" if deleted else "active",
            artifacts=artifacts,
            artifacts_recorded=artifacts,
            params=_pairs(data.get("params")),
            tags=tags,
            metrics={name: as_number(item.get("value", 0.0), False) for name, item in metrics.items()},
            steps={name: milliseconds(item.get("step")) or 0 for name, item in metrics.items()},
            datasets=tuple(_dataset(item) for item in _dicts(inputs.get("dataset_inputs"))),
            models=tuple(self._model(str(item.get("model_id", ""))) for item in _dicts(outputs.get("model_outputs"))),
        )

    def _model(self, model_id: str) -> str:
        if not re.fullmatch(r"[\w-]+", model_id):
            return ""
        try:
            found = self._client.get(f"{_API}logged-models/{model_id}")
        except Refused:
            return ""  # deleted since
        return str(_dict(_dict(found.get("model")).get("info")).get("artifact_uri") or "")


def _dataset(item: Mapping[str, Any]) -> Dataset:
    about = _dict(item.get("dataset"))
    marks = _pairs(item.get("tags"))
    return Dataset(
        str(about.get("name", "")), str(about.get("digest", "")), str(about.get("source_type", "")),
        str(about.get("source", "")), marks.get("mlflow.data.context", ""),
    )  # fmt: skip


def _info(run: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    info = _dict(run.get("info"))
    return str(info.get("run_id") or info.get("run_uuid") or ""), info


def _pairs(found: Any) -> dict[str, str]:
    return {str(item.get("key", "")): str(item.get("value", "")) for item in _dicts(found)}


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _portions(ids: Sequence[str]) -> Iterator[list[str]]:
    for begin in range(0, len(ids), _TOGETHER):
        yield list(ids[begin : begin + _TOGETHER])
