"""`fetch` against git's own HTTP server (git http-backend) on loopback: plain, redirected, cut short, limited, gone."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from traceability.corpus import fetching, sampling
from traceability.corpus.scanner import file_roles
from traceability.runtime import git

CODE = "import mlflow\nmlflow.log_metric('a', 1)\n"


@dataclass
class Remote:
    """Where the repositories lie, and what the server does before it answers as git would."""

    root: Path
    troubles: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    cut_packs: int = 0
    refuses_files: bool = False
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def handler(remote: Remote) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 20

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def body(self) -> bytes:
            # http-backend waits for the end of its input: it gets exactly the request's body, chunks joined.
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            return data

        def answer(self) -> None:
            data = self.body()
            remote.asked.append(f"{self.command} {self.path}")
            if remote.refuses_files and b"command=fetch" in data and b"deepen" not in data:
                self.send_error(400, "no such want")
                return
            if remote.troubles:
                status, headers = remote.troubles.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value.replace("{path}", self.path))
                self.end_headers()
                return
            parts = urlsplit(self.path)
            if parts.path in remote.moved:
                self.send_response(301)
                self.send_header("Location", remote.moved[parts.path])
                self.end_headers()
                return
            variables = {
                "GIT_PROJECT_ROOT": str(remote.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": parts.path,
                "QUERY_STRING": parts.query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(data)),
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_ADDR": "127.0.0.1",
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }  # fmt: skip
            done = subprocess.run(
                ["git", "-c", "uploadpack.allowFilter=true", "-c", "safe.directory=*", "http-backend"], input=data,
                env=git.environment(variables), capture_output=True, check=False, timeout=20,
            )  # fmt: skip
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if b"PACK" in content and remote.cut_packs:
                remote.cut_packs -= 1
                content = content[: content.index(b"PACK") + 20]
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    return Handler


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Remote, str, str, str]]:
    """A server with one project of two commits: itself, its address, the first commit and the last."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "train.py").write_text(CODE)
    first = git.commit_all(work, "first")
    (work / "train.py").write_text("print('no longer tracked')\n")
    last = git.commit_all(work, "second")
    (tmp_path / "srv" / "one").mkdir(parents=True)
    git.run("clone", "--quiet", "--bare", str(work), str(tmp_path / "srv" / "one" / "project.git"))
    remote = Remote(tmp_path / "srv")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(remote))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield remote, f"http://127.0.0.1:{server.server_port}/{{repository}}.git", first, last
    server.shutdown()
    server.server_close()


@pytest.fixture
def plain_files(served: tuple[Remote, str, str, str]) -> Iterator[tuple[list[str], str]]:
    """A server that knows nothing of git, with the same project: what it was asked, and its address."""
    root, asked = served[0].root, []
    git.run("update-server-info", cwd=root / "one" / "project.git")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if len(asked) > 60:  # a git that starts itself again and again comes to an end here
                self.send_error(500)
                return
            super().do_GET()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked, f"http://127.0.0.1:{server.server_port}/{{repository}}.git"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def test_one_commit_comes_and_not_the_history(served: tuple[Remote, str, str, str], tmp_path: Path) -> None:
    _, template, first, last = served
    for commit in (first, last):
        found = fetching.fetch("one/project", commit, template, tmp_path / commit, timeout=20)
        assert found.path, found.detail
        assert git.run("rev-list", "--count", commit, cwd=found.path).strip() == "1"
    assert git.run("show", f"{first}:train.py", cwd=tmp_path / first) == CODE


def test_only_files_that_are_needed_come(served: tuple[Remote, str, str, str], tmp_path: Path) -> None:
    remote, template, _, _ = served
    work = tmp_path / "work"
    (work / "data").mkdir()
    names = ("train.py", "data/view.ipynb", "requirements.txt", "weights.bin", "data/table.csv", "README.md", "COPYING")
    ids = {}
    for name in names:
        (work / name).write_text(f"# {name}\n")
        ids[name] = git.run("hash-object", name, cwd=work).strip()
    commit = git.commit_all(work, "third")
    git.run("push", "--quiet", str(remote.root / "one" / "project.git"), "HEAD:refs/heads/main", cwd=work)
    for needed, expected in ((file_roles.wanted, set(names[:3])), (sampling.tells, set(names[5:]))):
        folder = tmp_path / needed.__name__
        found = fetching.fetch("one/project", commit, template, folder, needed=needed, timeout=20)
        assert found.path == str(folder), found.detail
        listed = git.run("rev-list", "--objects", "--missing=print", commit, cwd=folder).split()
        assert {name for name in names if f"?{ids[name]}" not in listed} == expected
    # A server that gives no single file gives the whole commit.
    asked = len(remote.asked)
    remote.refuses_files = True
    found = fetching.fetch("one/project", commit, template, tmp_path / "whole", timeout=20, attempts=1)
    assert found.path, found.detail
    assert len(remote.asked) > asked
    assert "?" not in git.run("rev-list", "--objects", "--missing=print", commit, cwd=found.path)


def test_a_history_comes_without_the_files_of_earlier_commits_and_only_once(
    served: tuple[Remote, str, str, str], tmp_path: Path
) -> None:
    remote, template, first, last = served
    git.run("tag", "--annotate", "--message", "x", "v1", first, cwd=remote.root / "one" / "project.git")
    # A commit that came alone, as from a try that was killed, is no history.
    assert fetching.fetch("one/project", last, template, tmp_path / "got", timeout=20).path
    found = fetching.fetch_history("one/project", last, template, tmp_path / "got", timeout=20)
    assert found.path, found.detail
    assert git.run("rev-list", last, cwd=found.path).split() == [last, first]
    assert git.run("tag", "--merged", last, cwd=found.path).split() == ["v1"]
    assert not fetching.is_cut(Path(found.path))
    tree = git.run("rev-parse", f"{first}^{{tree}}", cwd=tmp_path / "work").strip()
    assert f"?{tree}" in git.run("rev-list", "--objects", "--missing=print", last, cwd=found.path).split()
    asked = len(remote.asked)
    assert fetching.fetch_history("one/project", last, template, tmp_path / "got", timeout=20) == found
    assert len(remote.asked) == asked
    assert fetching.fetch_history("one/project", first, template, tmp_path / "got", timeout=20).path
    assert git.run("rev-list", "--count", first, cwd=found.path).strip() == "1"
    assert git.run("show", f"{first}:train.py", cwd=found.path) == CODE


def test_a_limit_between_commit_and_history_is_waited_for(
    served: tuple[Remote, str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, template, first, last = served
    commit_alone = fetching._fetch_once

    def then_limited(url: str, commit: str, *others: Any) -> None:
        commit_alone(url, commit, *others)
        remote.troubles = [(429, {"Content-Length": "0"})]

    monkeypatch.setattr(fetching, "_fetch_once", then_limited)
    pauses: list[float] = []
    found = fetching.fetch_history("one/project", last, template, tmp_path / "got", timeout=20, pause=pauses.append)
    assert git.run("rev-list", last, cwd=found.path).split() == [last, first]
    assert len(pauses) == 1 and pauses[0] > 40


def test_a_server_of_plain_files_gives_commit_history_and_tags(
    served: tuple[Remote, str, str, str], plain_files: tuple[list[str], str], tmp_path: Path
) -> None:
    _, _, first, last = served
    git.run("tag", "--annotate", "--message", "x", "v1", first, cwd=served[0].root / "one" / "project.git")
    git.run("update-server-info", cwd=served[0].root / "one" / "project.git")
    asked, template = plain_files
    found = fetching.fetch_history("one/project", last, template, tmp_path / "got", timeout=20, attempts=1)
    assert found.path, found.detail
    assert git.run("rev-list", last, cwd=found.path).split() == [last, first]
    assert git.run("tag", "--merged", last, cwd=found.path).split() == ["v1"]
    assert len(asked) < 40


def test_a_renamed_repository_is_followed(served: tuple[Remote, str, str, str], tmp_path: Path) -> None:
    remote, template, first, _ = served
    address = template.replace("{repository}", "one/project")
    remote.moved = {"/old/name.git/info/refs": address + "/info/refs?service=git-upload-pack"}
    found = fetching.fetch("old/name", first, template, tmp_path / "got", timeout=20)
    assert found.path, found.detail
    assert "/old/name.git" in remote.asked[0]
    assert git.run("show", f"{first}:train.py", cwd=found.path) == CODE


def test_a_pack_that_ends_early_is_fetched_again(served: tuple[Remote, str, str, str], tmp_path: Path) -> None:
    remote, template, first, _ = served
    remote.cut_packs = 3  # every road of the first try
    pauses: list[float] = []
    found = fetching.fetch("one/project", first, template, tmp_path / "got", timeout=20, pause=pauses.append)
    assert found.path, found.detail
    assert len(pauses) == 1
    assert git.run("show", f"{first}:train.py", cwd=found.path) == CODE


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_is_waited_for_and_then_the_commit_comes(
    served: tuple[Remote, str, str, str], tmp_path: Path, status: int
) -> None:
    remote, template, first, _ = served
    remote.troubles = [(status, {"Retry-After": "1", "Content-Length": "0"})]
    pauses: list[float] = []
    found = fetching.fetch("one/project", first, template, tmp_path / "got", timeout=20, pause=pauses.append)
    assert found.path, found.detail
    assert len(pauses) == 1 and pauses[0] > 40


def test_a_vanished_repository_and_commit_are_rows_at_once(
    served: tuple[Remote, str, str, str], tmp_path: Path
) -> None:
    _, template, first, _ = served
    pauses: list[float] = []
    for repository, commit in (("one/vanished", first), ("one/project", "1" * 40)):
        gone = fetching.fetch(repository, commit, template, tmp_path / "got", timeout=20, pause=pauses.append)
        assert (gone.path, gone.detail != "") == ("", True)
        assert not (tmp_path / "got").exists()
    assert pauses == []
