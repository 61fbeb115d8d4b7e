"""The commands as people and programs use them: formats, conditions, and what reaches a terminal."""

import csv
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.records import source, write_run
from typer.testing import CliRunner

from traceability.audit import report
from traceability.audit.advice import LEVELS, PIECES
from traceability.audit.drift import COLUMNS
from traceability.audit.tables import AUDIT, DRIFT
from traceability.cli import app

HOSTILE = "fit\x1b]0;owned\x07\x1b[2J\x9b1mcode: complete\u202e.py"


def run(*words, **variables):
    return CliRunner().invoke(app, [str(word) for word in words], env=variables)


def program(*words, encoding="utf-8", stdout=subprocess.PIPE):
    variables = os.environ | {"PYTHONIOENCODING": encoding}
    line = [sys.executable, "-m", "traceability", *map(str, words)]
    return subprocess.run(line, stdout=stdout, stderr=subprocess.PIPE, env=variables, check=False)


@pytest.fixture
def store(tmp_path):
    place = tmp_path / "mlruns"
    files = {"requirements.txt": "numpy==1.26.4\n"}
    write_run(place, 1, tags=source("fit.py"), params={"alpha": "1"}, metrics={"rmse": "1.0"}, files=files)
    write_run(place, 2, tags=source("fit.py"), params={"alpha": "2", "seed": "7"}, metrics={"rmse": "2.0"})
    write_run(place, 3, tags={"mlflow.user": "me"})
    return place


def test_json_on_standard_output_is_all_that_stands_there(store):
    done = run("audit", store, "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["levels"] == list(LEVELS) == list(found["summary"]["levels"]), "in order"
    assert [one["level"] for one in found["runs"]] == [0, 2, 3], "newest first"
    assert found["summary"]["runs"] == 3
    assert found["made"].endswith("+00:00") and found["traceability"]
    assert {step["line"] for step in found["first_steps"]} <= {
        "TRACEABILITY_CONTEXT=1",
        *(p.line for p in PIECES.values()),
    }
    assert json.loads(run("audit", store, "--output", "-").stdout)["runs"] == found["runs"]


def test_tsv_on_standard_output_has_the_declared_columns(store, tmp_path):
    done = run("audit", store, "--format", "tsv")
    rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
    assert len(rows) == 15 and tuple(rows[0]) == report.COLUMNS == tuple(AUDIT.column_names)
    assert tuple(DRIFT.column_names) == COLUMNS
    (tmp_path / "a.tsv").write_text(done.stdout)
    assert len(AUDIT.rows(tmp_path / "a.tsv")) == 15, "as the declaration says"


def test_the_address_may_come_from_mlflows_own_variable_and_a_run_be_named_shortly(store):
    done = run("audit", MLFLOW_TRACKING_URI=str(store))
    assert done.exit_code == 0 and "3 runs" in done.stdout


@pytest.mark.parametrize(("words", "status", "said"), [
    (["--fail-under", "0"], 0, ""),
    (["--fail-under", "2"], 1, "1 of 3 runs are below level 2, code named (00000003)"),
    (["--fail-under", "code named"], 1, "below level 2"),
    (["--fail-under", "5"], 1, "3 of 3 runs are below level 5"),
    (["--require", "commit"], 1, "1 of 3 runs lack the commit (00000003)"),
    (["--require", "commit,environment"], 1, "2 of 3 runs lack usable environment"),
    (["--require", "code", "--require", "seed"], 1, "2 of 3 runs lack the seed"),
    (["--require", "script"], 0, ""),
    (["--fail-under", "6"], 2, "from 0 to 5"),
    (["--require", "comit"], 2, "did you mean 'commit'?"),
    (["--format", "pdf"], 2, "one of table, json, tsv, html"),
    (["--output", "a.pdf"], 2, "ends in .html, .json, .tsv"),
])  # fmt: skip
def test_conditions_for_programs_and_their_exit_statuses(store, words, status, said):
    done = run("audit", store, *words)
    assert done.exit_code == status, done.output
    assert said in done.stderr
    if status == 2:
        assert len(done.stderr.strip().splitlines()) == 1 and not done.stdout


def test_a_store_without_runs_fulfils_no_condition(tmp_path):
    write_run(tmp_path / "m", 1, meta={"lifecycle_stage": "deleted"})
    assert run("audit", tmp_path / "m").exit_code == 0
    done = run("audit", tmp_path / "m", "--fail-under", "1")
    assert done.exit_code == 1 and "no run was audited" in done.stderr


def test_the_list_of_missing_pieces_is_complete_or_says_how_many_more(store):
    done = run("audit", store)
    missing = json.loads(run("audit", store, "--format", "json").stdout)["summary"]["missing"]
    shown = [code for code in missing if f"  {PIECES[code].meaning}\n" in done.stdout]
    assert f"and {len(missing) - len(shown)} more: " in done.stdout
    assert all(PIECES[code].meaning in done.stdout for code in missing)


def test_control_characters_of_a_record_never_reach_the_terminal(tmp_path):
    store = tmp_path / "m"
    first = write_run(store, 1, tags=source(HOSTILE, argv=HOSTILE), params={"a\x1b[1m": HOSTILE}, metrics={"m": "1"})
    second = write_run(store, 2, tags=source("x.py"), params={"a\x1b[1m": "y\x1b[2J"}, metrics={"m": "2"})
    for words in (["audit", store, "--run", first], ["audit", store, "--format", "tsv"],
                  ["audit", store, "--format", "json"],
                  ["drift", first, second, "--tracking-uri", store, "--all"],
                  ["drift", first, second, "--tracking-uri", store, "--format", "tsv"]):  # fmt: skip
        done = program(*words)
        assert done.returncode in (0, 1), done.stderr
        text = done.stdout.decode() + done.stderr.decode()
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}, words
    assert "\\x1b]0;owned\\x07" in program("audit", store, "--run", first).stdout.decode(), "it is shown, written out"


@pytest.mark.parametrize(
    "words", [["--format", "table"], ["--format", "json"], ["--format", "tsv"], ["--format", "html"]]
)
def test_a_terminal_that_knows_few_letters_gets_the_rest_written_out(tmp_path, words):
    store = tmp_path / "m"
    write_run(store, 1, tags=source("\u8bad\u7ec3.py", argv="python \u2713.py"), params={"\u03b1": "\u4e00"})
    for encoding in ("latin-1", "ascii"):
        done = program("audit", store, *words, encoding=encoding)
        assert done.returncode == 0, done.stderr
        done.stdout.decode(encoding)


def test_output_goes_into_devices_and_pipes_and_through_links(store, tmp_path):
    for place, kind in (("/dev/null", stat.S_ISCHR), (tmp_path / "pipe", stat.S_ISFIFO)):
        if kind is stat.S_ISFIFO:
            os.mkfifo(place)
            with subprocess.Popen(["cat", str(place)], stdout=subprocess.PIPE) as reader:
                done = run("audit", store, "--output", place, "--format", "json")
                assert json.loads(reader.stdout.read())["summary"]["runs"] == 3
        else:
            done = run("audit", store, "--output", place, "--format", "html")
        assert done.exit_code == 0, done.output
        assert kind(Path(place).stat().st_mode), "it is what it was"
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    assert run("audit", store, "--output", tmp_path / "link.json").exit_code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["summary"]["runs"] == 3
    (tmp_path / "folder.json").mkdir()
    done = run("audit", store, "--output", tmp_path / "folder.json")
    assert (done.exit_code, "is a folder" in done.stderr) == (2, True)


def test_a_report_in_standard_output_that_is_a_file_is_whole(store, tmp_path):
    with (tmp_path / "out.json").open("wb") as stream:
        assert program("audit", store, "--output", "/dev/stdout", stdout=stream).returncode == 0
    assert json.loads((tmp_path / "out.json").read_text())["summary"]["runs"] == 3


HEAVY = ("pandas", "numpy", "jinja2", "mlflow", "sqlalchemy", "pandera", "pyarrow", "rich.progress")
WATCH = """
import sys
from typer.testing import CliRunner
from traceability.cli import app
done = CliRunner().invoke(app, sys.argv[2:])
assert done.exit_code in (0, 1), done.output
print([name for name in sys.argv[1].split(",") if name in sys.modules])
"""


@pytest.mark.parametrize("words", [
    ["audit", "--help"], ["drift", "--help"], ["audit", "STORE"], ["audit", "STORE", "--format", "json"],
    ["audit", "STORE", "--format", "tsv"], ["drift", "0000000" + "1" + "5a" * 12, "00000002" + "5a" * 12,
    "--tracking-uri", "STORE"],
])  # fmt: skip
def test_a_base_installation_is_enough_for_file_stores(store, words):
    words = [str(store) if word == "STORE" else word for word in words]
    done = subprocess.run(
        [sys.executable, "-c", WATCH, ",".join(HEAVY), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", "imported although nothing needs it"
