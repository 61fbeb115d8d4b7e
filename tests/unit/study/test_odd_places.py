"""Folders that users really have: blanks, brackets and accents in their path, a long TMPDIR, a store half made."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.processes import wait_until
from support.studies import QUICK, copy_of_study

from traceability.errors import StudyError
from traceability.runtime import processes
from traceability.stores import tracking
from traceability.study import interpreter


def test_an_interpreter_with_a_plain_path_is_taken_as_it_is() -> None:
    assert interpreter.one_word("/usr/bin/python3") == "/usr/bin/python3"


def test_an_interpreter_with_an_odd_path_is_reached_by_a_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    odd = tmp_path / "Größe (2) & more"
    odd.mkdir()
    (odd / "env").symlink_to(sys.prefix)
    plain = interpreter.one_word(str(odd / "env" / "bin" / "python"))
    assert shlex.quote(plain) == plain
    words = "import traceability, sys; print(sys.executable)"
    assert subprocess.run([plain, "-c", words], capture_output=True, text=True, check=True).stdout.strip() == plain
    assert interpreter.one_word(str(odd / "env" / "bin" / "python")) == plain, "made once"


def test_a_link_is_never_put_where_others_could_change_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache" / f"traceability-{os.getuid()}").mkdir(parents=True)
    (tmp_path / "cache" / f"traceability-{os.getuid()}").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no such folder (1)"))
    with pytest.raises(StudyError, match=r"whose path has ' ' in it.*set XDG_CACHE_HOME"):
        interpreter.one_word("/home of somebody/env/bin/python")


def test_sockets_have_short_names_whatever_tmpdir_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 95)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    assert len(str(processes.short_folder())) <= 40
    words = (
        "import multiprocessing, tempfile\nfrom traceability.runtime import processes\n"
        "if __name__ == '__main__':\n    processes.short_sockets()\n"
        "    child = multiprocessing.get_context('forkserver').Process(target=print, args=(tempfile.gettempdir(),))\n"
        "    child.start(); child.join(); raise SystemExit(child.exitcode)\n"
    )
    (tmp_path / "fork.py").write_text(words)
    environment = os.environ | {"TMPDIR": str(deep)}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "fork.py")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(deep), "data stays where TMPDIR says"


@pytest.mark.slow
def test_a_store_whose_migration_was_killed_is_made_anew(tmp_path: Path) -> None:
    database = tmp_path / "results" / "tracking" / "mlflow.db"
    uri = f"sqlite:///{database}?timeout=60"
    words = (
        f"from pathlib import Path; from traceability.stores import tracking; "
        f"tracking.prepare({uri!r}, Path({str(tmp_path)!r}), ['w'], Path({str(tmp_path / 'receipt.json')!r}))"
    )
    child = subprocess.Popen([sys.executable, "-c", words], stderr=subprocess.DEVNULL)
    unfinished = database.with_name(".mlflow.db.unfinished")
    assert wait_until(lambda: unfinished.exists() and unfinished.stat().st_size > 0, 120)
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.1)
    assert not database.exists(), "what was killed never has the store's name"
    tracking.prepare(uri, tmp_path, ["w"], tmp_path / "receipt.json")
    assert database.is_file() and not unfinished.exists()
    assert tracking.client(uri).get_experiment_by_name("w") is not None


@pytest.mark.slow
def test_a_job_runs_in_a_folder_with_blanks_brackets_and_accents_and_with_a_long_tmpdir(tmp_path: Path) -> None:
    """The caller's MLFLOW_RUN_ID must not reach it either: every replicate would be that run."""
    study = copy_of_study(tmp_path / "Daten für José [alt] (3)")
    (study / ".venv").symlink_to(sys.prefix)
    long = tmp_path / ("t" * 90)
    long.mkdir()
    environment = os.environ | {"TMPDIR": str(long), "MLFLOW_RUN_ID": "f" * 32, "TRACEABILITY_CONTEXT": "1"}
    target = "results/training/diabetes_linear/batch-0.jsonl"
    command = [str(study / ".venv/bin/python"), "-m", "snakemake", target, "--cores", "2", "--configfile", QUICK]
    done = subprocess.run(command, cwd=study, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    rows = (study / target).read_text(encoding="utf-8")
    assert '"status": "finished"' in rows and '"status": "failed"' not in rows
