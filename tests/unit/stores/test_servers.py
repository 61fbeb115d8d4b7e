"""Servers that are slow, endless, of another era or after the user's token: each costs seconds and one line."""

import contextlib
import http.server
import json
import math
import threading
import time
import tracemalloc
from urllib.parse import parse_qs, urlsplit

import pytest
from made_stores import run_id

from traceability.stores import readers, rest, server
from traceability.stores.artifacts import Artifacts
from traceability.stores.errors import NoAnswer, UnknownRun
from traceability.stores.scope import Scope

OWNER = "Bearer SECRET-TOKEN"


class Asked(http.server.BaseHTTPRequestHandler):
    """Answers by the function `reply` of its server: an object as JSON, or whatever the function writes itself."""

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        words = json.loads(body) if body else {key: value[0] for key, value in parse_qs(parts.query).items()}
        self.server.seen.append((parts.path, self.headers.get("Authorization"), words))
        with contextlib.suppress(OSError):
            answer = self.server.reply(self, parts.path, words)
            if answer is not None:
                self.say(200, json.dumps(answer).encode())

    do_POST = do_GET

    def say(self, status, content, **headers):
        self.send_response(status)
        for name, value in ({"Content-Length": len(content)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        pass


@pytest.fixture
def serving():
    """Starts servers on free ports; gives each one's address and the list of what it was asked."""
    with contextlib.ExitStack() as stack:

        def start(reply):
            made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
            made.reply, made.seen, made.daemon_threads = reply, [], True
            threading.Thread(target=made.serve_forever, daemon=True).start()
            stack.callback(made.server_close)
            stack.callback(made.shutdown)
            return f"http://127.0.0.1:{made.server_port}", made.seen

        yield start


def mlflow(runs, experiments=(("1", "rivers", "active"),), artifacts=None):
    """Replies as MLflow's server does, in pages of two runs."""

    def reply(asked, path, words):
        name = path.removeprefix("/api/2.0/mlflow/")
        if name == "experiments/search":
            keys = ("experiment_id", "name", "lifecycle_stage")
            return {"experiments": [dict(zip(keys, one, strict=True)) for one in experiments]}
        if name == "runs/search":
            stage = {"ACTIVE_ONLY": ("active",), "DELETED_ONLY": ("deleted",)}.get(words["run_view_type"])
            chosen = [run for run in runs if run["info"]["experiment_id"] in words["experiment_ids"]
                      and (stage is None or run["info"]["lifecycle_stage"] in stage)]  # fmt: skip
            begin = int(words.get("page_token") or 0)
            more = {"next_page_token": str(begin + 2)} if len(chosen) > begin + 2 else {}
            return {"runs": chosen[begin : begin + 2]} | more
        if name == "runs/get":
            found = next((run for run in runs if run["info"]["run_id"] == words["run_id"]), None)
            if found is not None:
                return {"run": found}
            return asked.say(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}')
        if artifacts is not None and path.startswith("/api/2.0/mlflow-artifacts/artifacts"):
            return artifacts(asked, path, words)
        return asked.say(404, b"")

    return reply


def one(number, stage="active", experiment="1", **info):
    about = {"run_id": run_id(number), "experiment_id": experiment, "lifecycle_stage": stage, "status": "FINISHED",
             "start_time": "1690000000000", "run_name": "wide-lake"}  # fmt: skip
    metrics = [{"key": key, "value": value, "step": "4"} for key, value in (
        ("m", 0.5), ("n", "NaN"), ("up", 1.7976931348623157e308), ("down", "-Infinity"))]  # fmt: skip
    data = {"params": [{"key": "a", "value": "1"}], "tags": [{"key": "mlflow.user", "value": "bo"}], "metrics": metrics}
    return {"info": about | info, "data": data}


def test_runs_come_in_pages_with_the_values_that_other_stores_give(serving):
    runs = [one(n) for n in range(1, 6)] + [one(6, "deleted"), one(7, "deleted", "2")]
    experiments = [("1", "rivers", "active"), ("2", "old", "deleted")]
    uri, _ = serving(mlflow(runs, experiments))
    with readers.opened(uri) as store:
        found = list(store.runs(Scope()))
        assert [run.run_id for run in found] == [run_id(n) for n in range(1, 6)]
        assert {note.kind: note.number for note in store.notes} == {"run_deleted": 2, "experiment_deleted": 1}
        assert (found[0].metrics["m"], found[0].steps["m"], found[0].user) == (0.5, 4, "bo")
        assert math.isnan(found[0].metrics["n"])
        assert (found[0].metrics["up"], found[0].metrics["down"]) == (math.inf, -math.inf)
        (named,) = readers.named(store, Scope(runs=(run_id(7),)))
        assert (named.deleted, named.experiment) == (True, "old")
        with pytest.raises(UnknownRun):
            readers.named(store, Scope(runs=(run_id(99),)))


def test_a_server_before_experiments_could_be_searched(serving):
    def reply(asked, path, words):
        if path.endswith("experiments/list"):
            return {"experiments": [{"experiment_id": "1", "name": "rivers", "lifecycle_stage": "active"}]}
        return asked.say(404, b"") if path.endswith("experiments/search") else mlflow([one(1)])(asked, path, words)

    uri, _ = serving(reply)
    with readers.opened(uri) as store:
        assert [run.experiment for run in store.runs(Scope())] == ["rivers"]


def test_a_list_that_does_not_end_is_one_line(serving):
    counted = iter(range(10**9))
    for token in (lambda: "again", lambda: str(next(counted))):
        uri, seen = serving(lambda asked, path, words, token=token: {"experiments": [], "next_page_token": token()})
        with readers.opened(uri) as store, pytest.raises(NoAnswer, match="does not end"):
            store.experiments()
        assert len(seen) < 50


@pytest.mark.parametrize("where", ["headers", "body", "silence"])
def test_an_answer_that_trickles_has_a_deadline(serving, where, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    over = threading.Event()

    def reply(asked, path, words):
        if where != "silence":
            asked.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if where == "body" else b""))
        while not over.wait(0.2):
            if where != "silence":
                asked.wfile.write(b"X: y\r\n" if where == "headers" else b" ")
                asked.wfile.flush()

    uri, _ = serving(reply)
    begin = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no whole answer within 1 seconds"), readers.opened(uri):
        pass
    over.set()
    assert time.monotonic() - begin < 15


def test_an_answer_has_a_largest_size_whatever_was_announced(serving, monkeypatch):
    monkeypatch.setattr(rest, "LARGEST_ANSWER", 2**16)
    wanted = []

    def reply(asked, path, words):
        if not path.endswith("runs/search") or words["run_view_type"] != "ACTIVE_ONLY":
            return mlflow([])(asked, path, words)
        wanted.append(words["max_results"])
        begin = int(words.get("page_token") or 1)
        runs = [one(n, run_name="x" * 5000) for n in range(begin, min(begin + words["max_results"], 30))]
        return {"runs": runs} | ({"next_page_token": str(begin + len(runs))} if begin + len(runs) < 30 else {})

    uri, _ = serving(reply)
    with readers.opened(uri) as store:
        assert len(list(store.runs(Scope()))) == 29
    assert wanted[0] == server.PAGE and min(wanted) < 20, "smaller pages are asked for"

    def endless(asked, path, words):
        asked.send_response(200)
        asked.end_headers()
        while True:
            asked.wfile.write(b" " * 2**16)

    uri, _ = serving(endless)
    with pytest.raises(NoAnswer, match="MiB"), readers.opened(uri):
        pass


def test_the_token_goes_to_the_named_server_only(serving, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "SECRET-TOKEN")
    other, caught = serving(lambda asked, path, words: {})
    place = f"mlflow-artifacts:/1/{run_id(1)}/artifacts"

    def artifacts(asked, path, words):
        if path.endswith("requirements.txt"):
            return asked.say(200, b"numpy==1")
        return {"files": [{"path": "requirements.txt", "is_dir": False, "file_size": "8"}]}

    uri, seen = serving(mlflow([one(1, artifact_uri=place)], artifacts=artifacts))
    with readers.opened(uri) as store:
        (found,) = store.runs(Scope())
        assert store.artifacts.text(found.artifacts, "requirements.txt") == "numpy==1"
        for address in (place.replace(":/", f"://{urlsplit(other).netloc}/"), f"{other}/x", "s3://bucket/x"):
            assert store.artifacts.names(address) is None
            assert store.artifacts.text(address, "requirements.txt") is None
    assert {said for _, said, _ in seen} == {OWNER}
    for status in (302, 307):
        moved, _ = serving(lambda asked, path, words, s=status: asked.say(s, b"", Location=f"{other}{path}"))
        with pytest.raises(NoAnswer, match=r"redirects to http://127\.0\.0\.1"), readers.opened(moved):
            pass
    assert caught == []


def test_a_file_is_as_large_as_it_is_not_as_it_was_announced(serving):
    def artifacts(asked, path, words):
        if path.endswith("requirements.txt"):
            asked.send_response(200)
            asked.end_headers()
            for _ in range(40):
                asked.wfile.write(b"x" * 2**16)
            return None
        return {"files": [{"path": "requirements.txt", "file_size": 10}]}

    uri, _ = serving(mlflow([], artifacts=artifacts))
    with readers.opened(uri) as store:
        assert store.artifacts.text("mlflow-artifacts:/1/x", "requirements.txt") is None


def test_a_large_file_is_saved_piece_by_piece_and_a_larger_one_not_at_all(serving, tmp_path):
    def artifacts(asked, path, words):
        asked.send_response(200)
        asked.end_headers()
        for _ in range(512):
            asked.wfile.write(b"x" * 2**16)

    uri, _ = serving(mlflow([], artifacts=artifacts))
    with readers.opened(uri) as store, largest_memory(8 * 2**20):
        assert store.artifacts.save("mlflow-artifacts:/1/x", "weights", tmp_path / "new" / "weights", 2**30)
        assert not store.artifacts.save("mlflow-artifacts:/1/x", "weights", tmp_path / "cut", 2**20)
    assert (tmp_path / "new" / "weights").stat().st_size == 2**25
    assert not (tmp_path / "cut").exists(), "nothing half written stays"


def test_a_large_file_of_a_folder_is_saved_piece_by_piece(tmp_path):
    place = tmp_path / "0" / run_id(1) / "artifacts"
    place.mkdir(parents=True)
    with (place / "weights").open("wb") as stream:
        stream.truncate(2**25)
    (place / "link").symlink_to(place / "weights")
    artifacts = Artifacts(base=tmp_path)
    with largest_memory(8 * 2**20):
        assert artifacts.save(str(place), "weights", tmp_path / "copy", 2**30)
    assert (tmp_path / "copy").stat().st_size == 2**25
    for name, limit in (("weights", 2**20), ("link", 2**30), ("none", 2**30)):
        assert not artifacts.save(str(place), name, tmp_path / "other", limit)
        assert not (tmp_path / "other").exists()


@contextlib.contextmanager
def largest_memory(limit):
    """Within, Python holds at most `limit` bytes at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("status", "content", "said"), [
    (200, b"<html>", "no MLflow server"), (200, b"[" * 100000, "no MLflow server"), (200, b"[]", "no MLflow server"),
    (401, b"", "HTTP 401: set MLFLOW_TRACKING_USERNAME"), (500, b"\x1b[2Jboom", "HTTP 500"),
])  # fmt: skip
def test_what_is_no_mlflow_server_is_one_line(serving, status, content, said):
    uri, _ = serving(lambda asked, path, words: asked.say(status, content))
    with pytest.raises(NoAnswer) as caught, readers.opened(uri.replace("http://", "http://me:hidden@")):
        pass
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value) and "\x1b" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_store_within_answers_of_strange_types_is_read(serving):
    strange = {
        "info": {"run_id": run_id(1), "experiment_id": 1, "status": 3, "start_time": {}},
        "data": [],
        "inputs": 7,
    }
    uri, _ = serving(lambda asked, path, words: {"experiments": [7, {"experiment_id": "1"}], "runs": [None, strange]}
                     if words.get("run_view_type") != "DELETED_ONLY" else {})  # fmt: skip
    with readers.opened(uri) as store:
        (found,) = store.runs(Scope())
    assert (found.run_id, found.status, found.start) == (run_id(1), "FINISHED", "")
