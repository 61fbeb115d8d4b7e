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


@pytest.mark.slow
def test_a_full_disk_is_told_in_a_line_and_never_kept_as_a_result(tmp_path: Path) -> None:
    """On a real small disk, which a namespace of this user's own may have."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom traceability.errors import StudyError\n"
        "from traceability.runtime import virtualenvs\n"
        "try:\n    virtualenvs.build('six==1.17.0\\n', virtualenvs.running(), Path(sys.argv[1]) / 'cache')\n"
        "except StudyError as error:\n    print(error)\n"
        "print('kept:', [path.name for path in (Path(sys.argv[1]) / 'cache').glob('*.failed')])\n"
    )
    small = tmp_path / "small"
    small.mkdir()
    command = 'mount -t tmpfs -o size=8k tmpfs "$1" && exec "$0" -c "$2" "$1"'
    words = ["unshare", "-rm", "sh", "-c", command, sys.executable, str(small), script]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode and ("unshare" in done.stderr or "mount" in done.stderr):
        pytest.skip(f"no disk of its own for this user here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    said, kept = done.stdout.strip().splitlines()
    assert "is full" in said and str(small) in said and "MiB are free" in said
    assert kept == "kept: []"


def test_the_console_of_a_job_shows_the_studys_words_and_its_log_everything(tmp_path: Path) -> None:
    script = (
        "import logging, subprocess, sys, warnings\nfrom traceability.study import logs\n"
        "logs.setup(sys.argv[1])\n"
        "with logs.others_to(sys.argv[1]):\n"
        "    print('banner of a library'); warnings.warn('deprecated')\n"
        "    subprocess.run(['sh', '-c', 'echo trace of a child >&2'])\n"
        "    logging.getLogger('sqlalchemy.pool').error('Traceback provoked')\n"
        "    logging.getLogger('traceability.storage').info('sqlite, disk full: 0 of 300 points lost')\n"
        "logging.getLogger('study').error('the end')\n"
    )
    log = tmp_path / "job.log"
    done = subprocess.run([sys.executable, "-c", script, str(log)], capture_output=True, text=True, check=True)
    shown = [line.partition(": ")[2] for line in (done.stdout + done.stderr).splitlines()]
    assert shown == ["sqlite, disk full: 0 of 300 points lost", "the end"]
    text = log.read_text(encoding="utf-8")
    for part in ("banner of a library", "deprecated", "trace of a child", "Traceback provoked", *shown):
        assert text.count(part) == 1, part
