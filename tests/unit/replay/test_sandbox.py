"""A program of somebody else, planted to do harm, does none: whichever fence this system has."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support.processes import take_interrupts

from traceability.runtime import bounded, sandbox
from traceability.runtime.sandbox import Fence

PYTHON = Path(sys.executable)
PLANTED = """
import json, os, pathlib, socket, sys
here, store, neighbour, home, secret = sys.argv[1:]
def tried(what, *words):
    try:
        return str(what(*words))
    except OSError as error:
        return type(error).__name__
def reach():
    socket.create_connection(("192.0.2.1", 80), timeout=2)
found = {
    "home": tried(pathlib.Path(home, "planted").write_text, "x"),
    "store": tried(pathlib.Path(store).write_text, "x"),
    "neighbour": tried(pathlib.Path(neighbour, "planted").write_text, "x"),
    "system": tried(pathlib.Path(sys.prefix, "planted").write_text, "x"),
    "file": tried(pathlib.Path(secret).read_text),
    "listing": tried(os.listdir, neighbour),
    "parent": tried(pathlib.Path("/proc/%d/environ" % os.getppid()).read_bytes),
    "environment": str(dict(os.environ)),
    "network": tried(reach),
    "own": tried(pathlib.Path(here, "own").write_text, "x"),
}
print(json.dumps(found))
"""


def kinds():
    """The fences of the file system that work on this system; each must hold."""
    found = []
    for kind, tool in (("bubblewrap", "bwrap"), ("namespaces", "unshare")):
        if shutil.which(tool):
            found.append(kind)
    return found


@pytest.fixture
def fenced(request, monkeypatch, tmp_path):
    kind = request.param
    words = sandbox._fenced(kind, [shutil.which("true")], tmp_path, (), 0)
    if not words or subprocess.run(words, capture_output=True, check=False, timeout=60).returncode:
        pytest.skip(f"this system allows no fence by {kind}; the program does not run there without consent")
    monkeypatch.setattr(sandbox, "fence", lambda: Fence(kind))
    return kind


@pytest.mark.parametrize("fenced", kinds(), indirect=True)
def test_a_planted_program_gets_nothing_and_changes_nothing(fenced, tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUD_TOKEN", "hunter2")
    own, neighbour, home = tmp_path / "own", tmp_path / "neighbour", tmp_path / "home"
    for folder in (own, neighbour, home):
        folder.mkdir()
    store, secret = tmp_path / "mlflow.db", neighbour / "key"
    store.write_text("theirs")
    secret.write_text("hunter2")
    (own / "planted.py").write_text(PLANTED)
    before = {path: path.read_bytes() for path in (store, secret)}
    ended = sandbox.run(
        [str(PYTHON), "planted.py", *map(str, (own, store, neighbour, home, secret))], folder=own, timeout=120,
        environment=sandbox.variables(own / "home", PYTHON),
    )  # fmt: skip
    assert ended.status == 0, ended.output
    assert "hunter2" not in ended.output
    found = json.loads(ended.output.strip().splitlines()[-1])
    # A file beside its own folder may seem to be written, in a memory of its own; below it is shown that it was not.
    for what in ("home", "neighbour", "system", "file", "listing"):
        assert found[what].endswith("Error"), (what, found[what])
    assert found["network"] == "OSError"
    assert found["own"] == "1"
    assert {path: path.read_bytes() for path in (store, secret)} == before
    assert sorted(path.name for path in neighbour.iterdir()) == ["key"]
    assert list(home.iterdir()) == []
    assert not (Path(sys.prefix) / "planted").exists()
    assert (own / "own").read_text() == "x"
    assert ended.network == "off"


@pytest.mark.parametrize("fenced", kinds(), indirect=True)
def test_what_the_user_names_can_be_read_and_not_changed(fenced, tmp_path):
    own, data = tmp_path / "own", tmp_path / "data.csv"
    own.mkdir()
    data.write_text("1\n")
    (own / "p.py").write_text(
        "import sys\nprint(open(sys.argv[1]).read())\ntry:\n    open(sys.argv[1], 'w')\n"
        "except OSError as error:\n    print(error.strerror)\n"
    )
    ended = sandbox.run([str(PYTHON), "p.py", str(data)], folder=own, timeout=60, readable=[data],
                        environment=sandbox.variables(own / "home", PYTHON))  # fmt: skip
    assert ended.output.split("\n")[0] == "1"
    assert "Read-only" in ended.output or "denied" in ended.output
    assert data.read_text() == "1\n"


@pytest.mark.parametrize("kind", ["network", "none"])
def test_what_is_not_fenced_is_said(kind):
    fence = Fence(kind)
    assert not fence.files
    assert "the file system (it can read and change all that you can)" in fence.gaps
    assert ("the network" in fence.gaps) == (kind == "none")
    assert Fence("bubblewrap").gaps == Fence("namespaces").gaps == ""


def sleepers(mark):
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.Error):
            if mark in (process.info["cmdline"] or []):
                found.append(process)
    return found


DAEMON = """
import subprocess, sys, time
mark = sys.argv[1]
sleep = [sys.executable, "-c", "import time; time.sleep(120)", mark]
subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.Popen(sleep)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize(("seconds", "timeout"), [("0", 60), ("60", 3)])
def test_no_process_is_left_after_the_end_and_after_a_time_out(tmp_path, seconds, timeout):
    (tmp_path / "p.py").write_text(DAEMON)
    mark = f"mark-{os.getpid()}-{seconds}"
    ended = sandbox.run([str(PYTHON), "p.py", mark, seconds], folder=tmp_path, timeout=timeout,
                        environment=sandbox.variables(tmp_path / "home", PYTHON))  # fmt: skip
    assert (ended.status is None) == (timeout == 3)
    assert sleepers(mark) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_when_the_one_that_waits_is_killed(tmp_path, number):
    (tmp_path / "p.py").write_text(DAEMON)
    mark = f"mark-{os.getpid()}-{number}"
    waiting = (
        "import sys\nfrom pathlib import Path\nfrom traceability.runtime import sandbox\nhere = Path(sys.argv[1])\n"
        "python = Path(sys.executable)\n"
        "sandbox.run([str(python), 'p.py', sys.argv[2], '60'], folder=here, timeout=60,\n"
        "            environment=sandbox.variables(here / 'home', python))\n"
    )
    words = [sys.executable, "-c", waiting, str(tmp_path), mark]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, preexec_fn=take_interrupts)  # noqa: PLW1509 - no threads
    deadline = time.monotonic() + 60
    while len(sleepers(mark)) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(sleepers(mark)) >= 4, "the tree has begun"
    process.send_signal(number)
    process.wait(timeout=30)
    deadline = time.monotonic() + 20
    while sleepers(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sleepers(mark) == []


def test_what_a_program_says_is_kept_to_its_end(tmp_path):
    words = "import sys\nfor _ in range(200):\n    sys.stdout.write('x' * 999_999 + '\\n')\nprint('the end')"
    before = psutil.Process().memory_info().rss
    ended = bounded.run([sys.executable, "-c", words], cwd=tmp_path, environment={}, timeout=120)
    assert ended.last_line == "the end"
    assert len(ended.output) <= bounded.KEPT
    assert psutil.Process().memory_info().rss - before < 50 * 2**20, "200 MB went by"


def test_an_installation_in_a_home_does_not_show_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib").mkdir()
    python = tmp_path / "bin" / "python"
    python.symlink_to(sys.executable)
    shown = sandbox.interpreter(python)
    assert tmp_path not in shown
    assert tmp_path / "lib" in shown
    assert all(not tmp_path.is_relative_to(path) for path in shown)
