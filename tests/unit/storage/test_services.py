"""Services are real, and nothing of them stays behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.runtime import services


def test_postgresql_keeps_what_it_committed_over_a_kill():
    with services.postgresql() as server:
        uri = server.create("kept")
        assert uri.startswith("postgresql+psycopg2://study@/kept?host=")
        with server.connect("kept") as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE points (value float8); INSERT INTO points VALUES (0.1)")
        connection.close()
        server.service.kill()
        assert not server.answers()
        server.start()
        with server.connect("kept") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT value FROM points")
            assert cursor.fetchall() == [(0.1,)]
        connection.close()
        pid, folder = server.service.pid, server.folder
    assert not psutil.pid_exists(pid)
    assert not folder.exists(), "no data and no socket left"


@pytest.mark.slow
def test_a_server_is_healthy_and_then_gone_with_its_port_and_processes(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with services.mlflow_server(tmp_path / "server", uri, str(tmp_path / "artifacts")) as server:
        assert server.healthy()
        tree = [server.service.pid, *[p.pid for p in psutil.Process(server.service.pid).children(recursive=True)]]
        assert len(tree) > 1
    assert not [pid for pid in tree if psutil.pid_exists(pid)]
    assert not services.port_answers(server.port)


def test_services_end_when_the_process_that_asked_for_them_is_killed(tmp_path, is_alive):
    code = (
        "import sys, time; from traceability.runtime import services\n"
        "with services.postgresql() as server:\n"
        "    print(server.folder, server.service.pid, server.service.guard.pid, flush=True); time.sleep(120)"
    )
    asking = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    folder, *words = asking.stdout.readline().split()
    pids = [int(word) for word in words]
    below = [process.pid for process in psutil.Process(pids[0]).children(recursive=True)]
    assert below, "PostgreSQL has children"
    os.kill(asking.pid, signal.SIGKILL)
    asking.wait()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(map(is_alive, [*pids, *below])):
        time.sleep(0.1)
    assert not [pid for pid in [*pids, *below] if is_alive(pid)]
    assert not Path(folder).exists(), "no socket and no data left"


@pytest.mark.slow
def test_after_sigkill_of_the_workflow_no_process_port_or_socket_is_left(tmp_path, is_alive):
    settings = {"stores": ["sqlite", "postgresql", "server_postgresql_1"]}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(tmp_path)]
    # The target first: --config takes every word that follows it.
    command += ["results/storage/failures.tsv", "--configfile", str(ROOT / "config" / "quick.yaml")]
    command += ["--config", f"storage={json.dumps(settings)}"]
    with (tmp_path / "log").open("w") as log:
        workflow = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    below: dict[int, psutil.Process] = {}
    ports: set[int] = set()
    sockets: set[str] = set()
    deadline = time.monotonic() + 240
    while not (ports and sockets) and time.monotonic() < deadline and workflow.poll() is None:
        time.sleep(0.3)
        for process in psutil.Process(workflow.pid).children(recursive=True):
            below[process.pid] = process
            with contextlib.suppress(psutil.Error):
                ports |= {c.laddr.port for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
                sockets |= {c.laddr for c in process.net_connections("unix") if ".s.PGSQL" in str(c.laddr)}
    assert ports and sockets, (tmp_path / "log").read_text()[-2000:]
    workflow.kill()
    workflow.wait()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(map(is_alive, below)):
        time.sleep(0.2)
    assert not [pid for pid in below if is_alive(pid)]
    assert not [port for port in ports if services.port_answers(port)]
    assert not [path for path in sockets if Path(path).exists()]


def test_a_command_that_cannot_start_is_one_line_with_its_reason(tmp_path):
    command = [sys.executable, "-c", "import sys; sys.exit('no such setting')"]
    with pytest.raises(StudyError, match="thing ended at once: no such setting"):
        services.start("thing", command, tmp_path / "log", lambda: False, timeout_seconds=20)


def test_what_leaves_the_process_group_is_ended_too(tmp_path, is_alive):
    note = tmp_path / "pid"
    code = f"import os, time; os.setsid(); open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(120)"
    command = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"]
    service = services.start("stray", command, tmp_path / "log", lambda: note.exists() and note.read_text() != "")
    stray = int(note.read_text())
    assert is_alive(stray)
    service.stop()
    assert not is_alive(stray)


def test_a_service_that_says_much_does_not_stand_still(tmp_path):
    """Its words go to the log; nobody reads the pipe that its process id came through, which holds 64 KiB."""
    said = tmp_path / "said"
    code = f"print('word ' * 100_000, flush=True); open({str(said)!r}, 'w').close(); import time; time.sleep(60)"
    service = services.start("talker", [sys.executable, "-c", code], tmp_path / "talker.log", said.exists)
    service.stop()
    assert (tmp_path / "talker.log").stat().st_size >= 500_000
