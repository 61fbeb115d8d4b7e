"""What `traceability replay` says and asks: nothing runs, is fetched or is looked at before the answer."""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from traceability.cli import app
from traceability.errors import StudyError
from traceability.replay import data, environments
from traceability.replay.batch import RECORD_WORDS, in_words
from traceability.replay.command import cache_folder
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.replay.tables import RECORDS
from traceability.runtime import git, sandbox
from traceability.runtime.sandbox import Fence

RUN = "0123456789abcdef0123456789abcdef"
PROJECT = "name: p\nentry_points:\n  main:\n    parameters: {alpha: {default: 1}}\n    command: %s\n"


class Recorded:
    """A folder as MLflow lays it out, with one run of a project in a repository beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store, self.clone = folder, folder / "mlruns", folder / "clone"
        self.run = self.store / "0" / RUN
        self.run.mkdir(parents=True)
        (self.store / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
        self.meta()
        self.put("metrics/m", "1700000000000 0.5 0\n")
        self.commit({"train.py": "raise SystemExit('it ran')\n", "MLproject": PROJECT % '"python train.py -a {alpha}"'})

    def meta(self, artifacts: str = "") -> None:
        (self.run / "meta.yaml").write_text(
            f"run_id: {RUN}\nexperiment_id: '0'\nstatus: 3\nstart_time: 1700000000000\nartifact_uri: '{artifacts}'\n"
        )

    def put(self, name: str, text: str) -> None:
        (self.run / name).parent.mkdir(parents=True, exist_ok=True)
        (self.run / name).write_text(text, newline="")

    def commit(self, files: dict[str, str], repository: str = "") -> None:
        self.clone.mkdir(exist_ok=True)
        for name, text in files.items():
            (self.clone / name).write_text(text)
        self.put("tags/mlflow.source.git.commit", git.commit_all(self.clone, "one"))
        self.put("tags/mlflow.source.git.repoURL", repository or str(self.clone))
        self.put("tags/mlflow.source.name", str(self.clone))
        self.put("tags/mlflow.project.entryPoint", "main")

    def replay(self, *words: str, answer: str = ""):
        return CliRunner().invoke(app, ["replay", RUN, "--tracking-uri", str(self.store), *words], input=answer)


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Recorded(tmp_path)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_says_what_will_run_and_stops_without_an_answer(recorded):
    before = files_of(recorded.store)
    for answer in ("", "n\n"):
        done = recorded.replay(answer=answer)
        assert done.exit_code == 2
        assert "will run, with" in done.stderr
        assert "python train.py -a 1" in done.stderr
        assert "not recorded, so the default is taken: alpha" in done.stderr
        assert done.stderr.strip().endswith("error: nothing was run: not confirmed")
    assert files_of(recorded.store) == before


def test_a_dry_run_says_it_too_and_ends_well(recorded):
    done = recorded.replay("--dry-run", "--yes")
    assert done.exit_code == 0, done.output
    assert "python train.py -a 1" in done.stderr
    assert done.stderr.strip().endswith("dry run: nothing was run")
    assert "it ran" not in done.output


def test_a_recorded_value_cannot_write_the_question(recorded):
    recorded.put("params/alpha", "1 #\r\x1b[1A\x1b[Jwill run, without network: python other.py\u202e\u2066")
    done = recorded.replay()
    assert done.exit_code == 2
    asked = next(line for line in done.stderr.splitlines() if line.startswith("will run"))
    assert all(sign.isprintable() for sign in asked)
    assert "'1 #\\r\\x1b[1A" in asked


def test_an_address_of_a_network_is_asked_for_before_it_is_fetched(recorded):
    recorded.commit({"a.txt": "1"}, "http://127.0.0.1:9/x.git\x1b[2J")
    done = recorded.replay()
    assert done.exit_code == 2
    assert "will fetch commit" in done.stderr
    assert "http://127.0.0.1:9/x.git\\x1b[2J" in done.stderr
    assert "will run" not in done.stderr
    agreed = recorded.replay("--yes", "--json")
    assert json.loads(agreed.stdout)["reason"] == "repository_unreachable"


def test_neither_data_nor_environment_is_touched_before_the_answer(recorded):
    """The data never end, and the environment names a program; the question comes all the same."""
    (recorded.folder / "evil").write_text("#!/bin/sh\ntouch ran\n")
    (recorded.folder / "evil").chmod(0o755)
    recorded.commit({"requirements.txt": "six\n", "python_env.yaml": f"python: {recorded.folder}/evil\n"})
    recorded.put("params/data", "/dev/zero")
    recorded.put("params/data_sha256", "0" * 64)
    done = recorded.replay("--environment", "recorded")
    assert "will run" in done.stderr
    assert "is no version of Python" in done.stderr
    agreed = json.loads(recorded.replay("--environment", "recorded", "--yes", "--json").stdout)
    assert (agreed["reason"], agreed["stage"]) == ("data_missing", "command_rebuilt")
    assert not list(recorded.folder.rglob("ran"))


@pytest.mark.parametrize("python", ["./evil", "/bin/sh", "sh", "3.11; x", "-c", "3", "3.11.2.1", "[3.11]"])
def test_an_environment_names_a_version_and_never_a_program(tmp_path, python):
    (tmp_path / "requirements.txt").write_text("six\n")
    for text in (f'python: "{python}"\n', f"python: {python}\n"):
        (tmp_path / "python_env.yaml").write_text(text)
        with pytest.raises(Stopped) as stopped:
            environments.wanted("recorded", Record("r", "m"), tmp_path)
        assert stopped.value.code == "no_environment_recorded"
    (tmp_path / "python_env.yaml").write_text("python: 3.11.7\n")
    assert environments.wanted("recorded", Record("r", "m"), tmp_path).python == "3.11"


def test_a_conda_environment_counts_as_packages_of_the_index(tmp_path):
    (tmp_path / "conda.yaml").write_text(
        "channels: [defaults]\ndependencies:\n- python=3.8.10\n- numpy=1.19.2=py38_0\n- pip\n- pip: [mlflow==1.2]\n"
    )
    found = environments.wanted("recorded", Record("r", "m"), tmp_path)
    assert (found.python, found.requirements) == ("3.8", "mlflow==1.2\nnumpy==1.19.2\n")
    with pytest.raises(Stopped, match="on which day"):
        environments.wanted("recorded_then", Record("r", "m"), tmp_path)


def test_data_that_are_neither_file_nor_folder_are_missing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", str(tmp_path / "pipe"), "pipe", "/proc/self/mem", "/nowhere"):
        record = Record("r", "m", params={"data": place, "data_sha256": "0" * 64})
        with pytest.raises(Stopped) as stopped:
            data.verify_before(record, tmp_path)
        assert stopped.value.code == "data_missing", place


def test_no_server_that_a_record_names_hears_of_it(recorded, monkeypatch):
    heard = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.headers.get("Authorization"))
            self.send_error(404)

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "hunter2")
    for scheme in ("http", "mlflow-artifacts"):
        recorded.meta(f"{scheme}://127.0.0.1:{server.server_port}/api/2.0/mlflow-artifacts/artifacts/x")
        assert recorded.replay("--dry-run", "--yes").exit_code == 0
    server.shutdown()
    assert heard == []


def test_without_a_fence_of_the_files_yes_is_not_enough(recorded, monkeypatch):
    monkeypatch.setattr(sandbox, "fence", lambda: Fence("network"))
    done = recorded.replay("--yes")
    assert done.exit_code == 2
    assert "nothing was run: NOT fenced on this system: the file system" in done.stderr
    assert "--unfenced" in done.stderr
    assert "NOT fenced on this system" in recorded.replay().stderr, "said before the question"


def test_the_store_may_be_named_by_the_environment_and_the_run_by_its_beginning(recorded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(recorded.store))
    done = CliRunner().invoke(app, ["replay", RUN[:8], "--dry-run"])
    assert done.exit_code == 0, done.output
    other = recorded.store / "0" / f"{RUN[:10]}{'f' * 22}"
    other.mkdir()
    (other / "meta.yaml").write_text(f"run_id: {other.name}\nexperiment_id: '0'\nstatus: 3\n")
    done = CliRunner().invoke(app, ["replay", RUN[:8], "--dry-run"])
    assert done.exit_code == 2
    assert f"run '{RUN[:8]}' may be {RUN}, {other.name}" in done.stderr


def test_environments_are_kept_where_the_user_can_write(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache" / "traceability" / "environments"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "traceability" / "environments"
    monkeypatch.setenv("HOME", "/proc")
    mine = tmp_path / f"traceability-{os.getuid()}"
    assert cache_folder() == mine
    assert mine.stat().st_mode & 0o077 == 0
    mine.chmod(0o777)
    with pytest.raises(StudyError, match="open to others; set XDG_CACHE_HOME"):
        cache_folder()


def test_help_needs_none_of_the_heavy_packages():
    words = (
        "import sys\nfrom traceability.replay import command\n"
        "heavy = {'numpy', 'mlflow', 'sqlalchemy', 'pandas', 'h5py', 'yaml', 'psutil'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", words], check=True)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"reason": "", "stage": "finished", "verdict": "same_metrics"}, "finished, same metrics"),
        ({"reason": "no_commit", "stage": "record_found", "verdict": "not_executable"},
         "stopped after 'record found', because the record names no commit"),
        ({"reason": "run_not_found", "stage": "", "verdict": "not_executable"},
         "stopped after 'nothing', because the store has no such run"),
    ],
)  # fmt: skip
def test_what_became_of_a_replay_in_words(row, words):
    assert in_words(row) == words


def test_every_kind_of_record_has_a_name_in_words():
    assert set(RECORD_WORDS) == set(RECORDS)
