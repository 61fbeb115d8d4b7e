"""Folders and locks of processes that may be killed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from traceability import processes

HOLD = "import sys, time; from traceability import processes\nwith processes.scratch('tried') as folder:\n"
HOLD += "    print(folder, flush=True); time.sleep(60)"


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
