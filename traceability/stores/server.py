"""Runs of an MLflow server, asked for by its API: only requests that read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from traceability.errors import StudyError
from traceability.stores import tracking
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Dataset, Run
from traceability.stores.scope import PAGE, Scope, when

if TYPE_CHECKING:
    from mlflow import entities


class Server:
    """An MLflow server; a version 2 server answers a version 3 client well."""

    def __init__(self, uri: str) -> None:
        try:
            self._client = tracking.client(uri)
        except StudyError as error:
            raise StudyError(str(error).removeprefix("tracking.uri: ")) from None
        self._uri = uri
        self.kind = "server"
        self.artifacts = Artifacts(server=uri)
        self._names: dict[str, str] = {}

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id."""
        if not self._names:
            token = None
            while True:
                page = self._asked(self._client.search_experiments, max_results=PAGE, page_token=token)
                self._names |= {str(found.experiment_id): str(found.name) for found in page}
                token = page.token
                if not token:
                    break
        return self._names

    def count(self, scope: Scope) -> int | None:
        """Unknown, unless runs are named: a server has no call that counts."""
        return len(scope.runs) or None

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs, page by page."""
        from mlflow.exceptions import MlflowException

        names = self.experiments()
        if scope.runs:
            for run_id in scope.runs:
                try:
                    yield self._run(self._client.get_run(run_id))
                except MlflowException as error:
                    if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                        raise self._failed(error) from None
            return
        for experiment in scope.experiments or names:
            token = None
            while True:
                page = self._asked(self._client.search_runs, [experiment], max_results=PAGE, page_token=token)
                yield from map(self._run, page)
                token = page.token
                if not token:
                    break

    def _asked(self, question: Any, *words: Any, **more: Any) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return question(*words, **more)
        except MlflowException as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> StudyError:
        reason = tracking.redacted_text(str(error).strip().splitlines()[0], self._uri)
        return StudyError(f"{tracking.redacted(self._uri)}: the server refused a request ({reason[:200]})")

    def _run(self, found: entities.Run) -> Run:
        inputs = found.inputs.dataset_inputs if found.inputs else []
        outputs = found.outputs.model_outputs if found.outputs else []
        return Run(
            run_id=found.info.run_id,
            experiment_id=str(found.info.experiment_id),
            experiment=self._names.get(str(found.info.experiment_id), ""),
            name=found.info.run_name or "",
            status=str(found.info.status),
            user=found.info.user_id or "",
            start=when(found.info.start_time),
            artifacts=found.info.artifact_uri or "",
            params=dict(found.data.params),
            tags=dict(found.data.tags),
            metrics=dict(found.data.metrics),
            datasets=tuple(
                Dataset(
                    item.dataset.name, item.dataset.digest, item.dataset.source_type, item.dataset.source,
                    next((tag.value for tag in item.tags if tag.key == "mlflow.data.context"), ""),
                )
                for item in inputs
            ),
            models=tuple(self._model(output.model_id) for output in outputs),
        )  # fmt: skip

    def _model(self, model_id: str) -> str:
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client.get_logged_model(model_id).artifact_location)
        except MlflowException:
            return ""  # deleted since
