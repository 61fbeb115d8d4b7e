"""Folders and locks of processes that may be killed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from traceability.runtime import bounded, processes

HOLD = "import sys, time; from traceability.runtime import processes\nwith processes.scratch('tried') as folder:\n"
HOLD += "    print(folder, flush=True); time.sleep(60)"


CHILD = """
import multiprocessing, os, time
from traceability.runtime import processes

def work(pipe):
    processes.die_with_parent()
    pipe.send(os.getpid())
    time.sleep(120)

if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    multiprocessing.get_context("forkserver").Process(target=work, args=(there,)).start()
    print(here.recv(), flush=True)
    time.sleep(120)
"""


def test_the_child_of_a_fork_server_ends_with_the_process_that_asked_for_it(tmp_path, is_alive):
    (tmp_path / "asking.py").write_text(CHILD)
    asking = subprocess.Popen([sys.executable, str(tmp_path / "asking.py")], stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    child = int(asking.stdout.readline())
    assert is_alive(child)
    asking.kill()
    asking.wait()
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def holder() -> tuple[subprocess.Popen[str], Path]:
    """A process that holds a folder, and that folder, made to look settled."""
    child = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    folder = Path(child.stdout.readline().strip())
    long_ago = time.time() - 3600
    os.utime(folder, (long_ago, long_ago))
    return child, folder


def test_a_killed_process_leaves_its_folder_only_until_the_next_one_comes(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    child, folder = holder()
    (folder / "work").write_text("half")
    os.utime(folder, (0, 0))
    try:
        with processes.scratch("tried") as mine:
            assert mine.is_dir()
            assert folder.is_dir(), "its process is alive"
        assert not mine.exists()
    finally:
        child.kill()
        child.wait()
    (tmp_path / "tried-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    with processes.scratch("tried"):
        assert not folder.exists()
    assert (tmp_path / "elsewhere").is_dir()


def test_last_words_have_no_colours_and_do_not_steer_a_terminal():
    ended = bounded.Ended(1, 0.1, "first\n\x1b[0;31mValueError\x1b[0m: \x1b]0;title\x07 7 items\n\n")
    assert ended.last_line == "ValueError: \\x1b]0;title\\x07 7 items"
    assert bounded.Ended(0, 0.1, " \x1b[0m\n").last_line == "it said nothing"
