"""Accounts on one server: who sees, reads, writes and deletes what."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.storage import stores
from traceability.storage.stores import Given, Store

OWNER, OTHER = "ada", "ben"
#: What the owner's artifact holds.
NOTE = "a note of its owner"
#: What the other account may have on an experiment; MLflow lets an administrator grant all but the first.
PERMISSIONS = ("default (READ)", "READ", "USE", "EDIT", "MANAGE", "DENY")


def _request(store: Store, method: str, path: str, body: dict[str, Any]) -> Any:
    """A request of the administrator."""
    import requests

    administrator = (
        store.environment["MLFLOW_TRACKING_USERNAME"],
        store.environment["MLFLOW_TRACKING_PASSWORD"],
    )
    answer = requests.request(method, f"{store.uri}/{path}", json=body, auth=administrator, timeout=30)
    if not answer.ok:
        raise StudyError(f"{store.name}: {path} of {body.get('username')} was refused: {answer.text.strip()[:200]}")
    return answer.json()


def create_account(store: Store, name: str) -> str:
    """Create an account as the administrator; its password."""
    password = secrets.token_urlsafe(16)
    _request(store, "POST", "api/2.0/mlflow/users/create", {"username": name, "password": password})
    return password


def grant(store: Store, experiment_id: str, name: str, permission: str) -> None:
    """Give an account a permission on an experiment, as the administrator."""
    body = {"username": name, "resource_type": "experiment", "resource_id": experiment_id, "permission": permission}
    _request(store, "POST", "api/3.0/mlflow/users/permissions/grant", body)


def attempts(rows: list[dict[str, Any]], root: Path, given: Given) -> list[dict[str, Any]]:
    """Rows of `tables.ACCESS`: every set-up with accounts, every actor, permission and action."""
    empty = dict.fromkeys(("actor", "permission", "action", "allowed", "answer"))
    result: list[dict[str, Any]] = []
    for row in rows:
        if row["access"] == "open":
            reason = "anyone who reaches it may do everything: it knows no accounts"
            result.append({"store": row["store"], **empty, "reason": reason})
    with stores.all_opened([row for row in rows if row["access"] == "users"], root, given) as (set_ups, reasons):
        for store in set_ups:
            result += _try_all(store)
    return result + [{"store": name, **empty, "reason": reason} for name, reason in reasons.items()]


def _try_all(store: Store) -> list[dict[str, Any]]:
    """Every attempt in one set-up. Each sees a fresh run, so that none changes what the next one finds."""
    passwords = {name: create_account(store, name) for name in (OWNER, OTHER)}
    rows: list[dict[str, Any]] = []
    cases = [("owner", OWNER, "owner (MANAGE)"), *(("other", OTHER, given) for given in PERMISSIONS)]
    cases += [("nobody", "", "no account"), ("impostor", OWNER, "wrong password")]
    for number, (actor, name, permission) in enumerate(cases):
        with stores.using(None, MLFLOW_TRACKING_USERNAME=OWNER, MLFLOW_TRACKING_PASSWORD=passwords[OWNER]):
            experiment_id = store.experiment(f"of-{OWNER}-{number}")
            run_id = store.client().create_run(experiment_id).info.run_id
            store.client().log_metric(run_id, "loss", 0.5)
            store.client().log_text(run_id, NOTE, "note.txt")
        if permission in PERMISSIONS[1:]:
            grant(store, experiment_id, name, permission)
        password = "wrong" if actor == "impostor" else passwords.get(name, "")
        with stores.using(None, MLFLOW_TRACKING_USERNAME=name, MLFLOW_TRACKING_PASSWORD=password):
            for action, call in actions(store, experiment_id, run_id).items():
                allowed, answer = _try(call)
                rows.append(
                    {"store": store.name, "actor": actor, "permission": permission, "action": action}
                    | {"allowed": allowed, "answer": answer, "reason": None}
                )
    return rows


def actions(store: Store, experiment_id: str, run_id: str) -> dict[str, Callable[[], bool]]:
    """What is tried, from looking to deleting; each answers whether it saw or did it."""
    client = store.client()

    def done(call: Callable[[], Any]) -> Callable[[], bool]:
        def answer() -> bool:
            call()
            return True

        return answer

    return {
        "see it in the list": lambda: experiment_id in [e.experiment_id for e in client.search_experiments()],
        "find its runs": lambda: run_id in [run.info.run_id for run in client.search_runs([experiment_id])],
        "read the run": done(lambda: client.get_run(run_id)),
        "list artifacts": done(lambda: client.list_artifacts(run_id)),
        "download an artifact": lambda: _download(store, run_id) == NOTE,
        "log a metric": done(lambda: client.log_metric(run_id, "more", 1.0)),
        "upload an artifact": done(lambda: client.log_text(run_id, "text", "other.txt")),
        "create a run": done(lambda: client.create_run(experiment_id)),
        "delete the run": done(lambda: client.delete_run(run_id)),
        "delete the experiment": done(lambda: client.delete_experiment(experiment_id)),
    }


def _download(store: Store, run_id: str) -> str:
    """The text of the owner's artifact."""
    with tempfile.TemporaryDirectory() as folder:
        return Path(store.client().download_artifacts(run_id, "note.txt", folder)).read_text(encoding="utf-8")


def _try(call: Callable[[], bool]) -> tuple[bool, str]:
    """Whether it worked, and the answer in one short line."""
    import requests
    from mlflow.exceptions import MlflowException

    try:
        return (True, "done") if call() else (False, "hidden: not in the answer")
    except requests.HTTPError as error:
        return False, _words(error.response.status_code if error.response is not None else 0)
    except MlflowException as error:
        return False, _words(error.get_http_status_code())


def _words(status: int) -> str:
    """An HTTP status in words."""
    meaning = {401: "who are you?", 403: "not allowed", 404: "not there"}
    return f"{status}: {meaning.get(status, 'refused')}"
