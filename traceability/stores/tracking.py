"""Opening MLflow tracking stores: the study's own, without surprises.

Foreign stores are never opened with these functions: opening migrates (METHOD 1).
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from traceability.errors import MissingExtra, StudyError
from traceability.stores import record_fields
from traceability.stores.errors import NoAnswer

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

log = logging.getLogger(__name__)

PREFIX = record_fields.PREFIX

#: Runs asked for at a time.
RUNS_PER_PAGE = 1000

SERVICE = "service"
"""Value of `tracking.uri`: the workflow starts a tracking server for the time of its run."""


def service_file(results: Path) -> Path:
    """The file that holds the address of the service while it runs."""
    return results / "tracking" / "service.json"


def redacted(uri: str) -> str:
    """`uri` without user name and password, for logs and records."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that are no address of a host
        return re.sub(r"//.*@", "//***@", uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]))


def quiet() -> None:
    """Environment that every process of the study sets before it imports MLflow."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def study_uri(configured: str, results: Path, sqlite_timeout_seconds: int) -> str:
    """The tracking URI of the study's own runs: the configured one, else SQLite below `results`, always absolute.

    Raises `StudyError` when it is the workflow's own service and that does not run.
    """
    if configured == SERVICE:
        try:
            return str(json.loads(service_file(results).read_text(encoding="utf-8"))["uri"])
        except FileNotFoundError:
            raise StudyError(
                f"tracking.uri is '{SERVICE}', but {service_file(results)} names no running server; "
                "run the job through Snakemake, which starts it"
            ) from None
    if configured and not configured.startswith("sqlite:"):
        return configured
    path = (
        Path(re.sub(r"^sqlite:/{2,3}", "", configured).partition("?")[0])
        if configured
        else results / "tracking" / "mlflow.db"
    )
    return f"sqlite:///{path.resolve()}?timeout={sqlite_timeout_seconds}"


def client(uri: str, setting: str = "tracking.uri") -> MlflowClient:
    """A client of `uri`, which `setting` named, that has answered one request.

    Raises `NoAnswer` with the URI (without password) when nothing answers there, `MissingExtra` without MLflow.
    """
    quiet()
    retries = os.environ.get("MLFLOW_HTTP_REQUEST_MAX_RETRIES")
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
    connections = logging.getLogger("urllib3.connectionpool")
    level = connections.level
    connections.setLevel(logging.ERROR)  # a failure is told once, below
    try:
        try:
            import mlflow
            from mlflow.exceptions import MlflowException
            from sqlalchemy.exc import SQLAlchemyError
        except ImportError as error:
            raise MissingExtra(str(error.name), "replay") from None

        if uri.startswith("sqlite:"):
            Path(re.sub(r"^sqlite:/{3}", "", uri).partition("?")[0]).parent.mkdir(parents=True, exist_ok=True)
        try:
            found = mlflow.MlflowClient(tracking_uri=uri)
            found.search_experiments(max_results=1)
        except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
            reason = redacted_text(_cause(str(error)), uri)
            raise NoAnswer(
                f"{setting}: no MLflow answers at {redacted(uri)} ({reason[:160]}); "
                "start the server or correct the address"
            ) from None
        return found
    finally:
        connections.setLevel(level)
        if retries is None:
            del os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]
        else:
            os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = retries


def all_runs(client: MlflowClient, experiment_id: str, query: str = "") -> Iterator[Run]:
    """Every run of an experiment that `query` selects, oldest first, page by page."""
    token = None
    while token is None or token:
        page = client.search_runs(
            [experiment_id], query, max_results=RUNS_PER_PAGE, page_token=token, order_by=["attributes.start_time ASC"]
        )
        yield from page
        token = page.token or ""


def _cause(text: str) -> str:
    """What the system said, out of the nest of messages that libraries wrap around it; else the first line."""
    found = re.findall(r"\[Errno -?\d+\] ([^\"'()\]]+)|(Read timed out|[Cc]onnect(?:ion)? timed? ?out)", text)
    return next(filter(None, found[-1])) if found else text.strip().splitlines()[0]


def redacted_text(text: str, uri: str) -> str:
    """`text` with every occurrence of the password of `uri` removed."""
    password = urlsplit(uri).password
    return text.replace(password, "***") if password else text


def add_tags_to_every_run(tags: dict[str, str]) -> None:
    """Let each run that this process starts through the fluent API carry `tags` from its first moment.

    Uses MLflow's run-context registry directly, because an entry point is there only where the package is installed
    (a rule's conda environment has the study's sources on the path, not the distribution).
    """
    from mlflow.tracking.context import registry
    from mlflow.tracking.context.abstract_context import RunContextProvider

    class StudyTags(RunContextProvider):
        def in_context(self) -> bool:
            return True

        def tags(self) -> dict[str, Any]:
            return tags

    registry._run_context_provider_registry.register(StudyTags)


def _migrate(uri: str) -> None:
    """Make a SQLite store that is not there under another name, and rename it when its schema is complete.

    A process that is killed in the migration would leave a store that no MLflow opens any more.
    """
    path = Path(re.sub(r"^sqlite:/{3}", "", uri).partition("?")[0])
    if not uri.startswith("sqlite:") or path.exists():
        return
    unfinished = path.with_name(f".{path.name}.unfinished")
    for left in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
        left.unlink(missing_ok=True)
    client(f"sqlite:///{unfinished}")
    unfinished.replace(path)


def prepare(uri: str, artifacts: Path, experiments: list[str], receipt: Path) -> None:
    """Migrate the store at `uri` by using it once, and create `experiments` with artifacts below `artifacts`.

    On a fresh database parallel first uses fail in the schema migration, so this runs alone. With a server the server
    chooses the artifact location. The receipt names the store (without password) and the experiment ids.
    """
    from traceability.runtime.files import write_json

    _migrate(uri)
    store = client(uri)
    ids = {}
    for name in experiments:
        found = store.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            store.restore_experiment(found.experiment_id)
        if found is None:
            location = None if uri.startswith(("http:", "https:")) else (artifacts / name).resolve().as_uri()
            ids[name] = store.create_experiment(name, artifact_location=location)
        else:
            ids[name] = found.experiment_id
    log.info("tracking store %s is ready with %d experiments", redacted(uri), len(ids))
    write_json(receipt, {"uri": redacted(uri), "experiments": ids})
