"""Each missing piece, planted, is found for what it is; and the line that is advised really records it."""

import json
import subprocess
import sys
import textwrap

import pytest
from typer.testing import CliRunner

from traceability.audit import survey
from traceability.audit.advice import ITEMS, LEVELS, PIECES, level
from traceability.audit.clones import Found, look_up
from traceability.cli import app
from traceability.runtime import git
from traceability.stores import readers, tracking
from traceability.stores.scope import Scope

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TAGS = {
    "mlflow.source.git.commit": COMMIT, "mlflow.source.git.repoURL": "https://example.org/x.git",
    "mlflow.source.name": "train.py", "mlflow.source.git.dirty": "false", "argv": "python train.py",
    "python": "3.11.7", "platform": "Linux", "PYTHONHASHSEED": "0",
}  # fmt: skip
PARAMS = {"alpha": "0.5", "seed": "7", "data_path": "data/a.csv", "data_sha256": "a" * 64}
PACKAGES = "mlflow==3.17.2\nclick==8\npackaging==25\nprotobuf==6\nPyYAML==6.0\n"


def write(uri, without=(), extra=None, packages=PACKAGES):
    """A complete run but for the tags and params `without`; `extra` replaces tags (with a dot) and params."""
    client = tracking.client(uri)
    run_id = client.create_run("0").info.run_id
    tags, params = TAGS | {k: v for k, v in (extra or {}).items() if k in TAGS or "." in k}, dict(PARAMS)
    params |= {k: v for k, v in (extra or {}).items() if k not in tags}
    for name in tags.keys() - set(without):
        client.set_tag(run_id, name, tags[name])
    for name in params.keys() - set(without):
        client.log_param(run_id, name, params[name])
    if packages:
        client.log_text(run_id, packages, "requirements.txt")
    return run_id


@pytest.fixture
def uri(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MLflow puts artifacts into the current folder
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def judged(uri, clones=()):
    with readers.opened(uri) as store:
        return {one.run.run_id: one for one in survey.judge(store, Scope(), clones)}


CASES = [
    ((), {}, PACKAGES, "code", "complete", [], 5),
    (["mlflow.source.git.commit"], {}, PACKAGES, "code", "partial", ["commit"], 1),
    ((), {"mlflow.source.git.commit": COMMIT[:8]}, PACKAGES, "code", "partial", ["commit"], 1),
    (["mlflow.source.name"], {}, PACKAGES, "code", "partial", ["entry_point"], 1),
    ((), {"mlflow.source.name": "-c"}, PACKAGES, "code", "partial", ["entry_point"], 1),
    ((), {"mlflow.source.name": "/x/ipykernel_launcher.py"}, PACKAGES, "code", "partial", ["notebook"], 1),
    (["mlflow.source.git.repoURL"], {}, PACKAGES, "code", "usable", ["repository"], 4),
    (["mlflow.source.git.dirty"], {}, PACKAGES, "code", "usable", ["clean"], 4),
    ((), {"mlflow.source.git.dirty": "true"}, PACKAGES, "code", "partial", ["changes"], 1),
    ([*PARAMS, "argv"], {}, PACKAGES, "parameters", "missing", ["parameters", "command"], 2),
    (["argv"], {}, PACKAGES, "parameters", "usable", ["command"], 4),
    ((), {"text": "x" * 500}, PACKAGES, "parameters", "usable", ["whole_values"], 4),
    ((), {}, "", "environment", "partial", ["packages"], 2),
    ((), {}, "numpy==2.0\n", "environment", "usable", ["packages"], 4),
    (["python"], {}, PACKAGES, "environment", "usable", ["python"], 4),
    (["platform"], {}, PACKAGES, "environment", "usable", ["platform"], 4),
    (["python", "platform"], {}, "", "environment", "missing", ["packages", "python", "platform"], 2),
    (["data_path", "data_sha256"], {}, PACKAGES, "data", "missing", ["data", "data_digest", "data_place"], 3),
    (["data_sha256"], {}, PACKAGES, "data", "partial", ["data_digest"], 3),
    (["data_path"], {}, PACKAGES, "data", "usable", ["data_place"], 4),
    (["data_path", "data_sha256"], {"weights_sha256": "b" * 64}, PACKAGES, "data", "missing",
     ["data", "data_digest", "data_place"], 3),
    (["seed"], {}, PACKAGES, "randomness", "partial", ["seed"], 3),
    (["seed"], {"model__random_state": "None"}, PACKAGES, "randomness", "partial", ["seed"], 3),
    (["PYTHONHASHSEED"], {}, PACKAGES, "randomness", "usable", ["flags"], 4),
    (["seed", "PYTHONHASHSEED"], {}, PACKAGES, "randomness", "missing", ["seed", "flags"], 3),
]  # fmt: skip


def test_a_planted_gap_is_found_for_what_it_is_and_nothing_else_is(uri):
    runs = [(write(uri, without, extra, packages), *more) for without, extra, packages, *more in CASES]
    found = judged(uri)
    for (run_id, item, state, missing, wanted), case in zip(runs, CASES, strict=True):
        one = found[run_id]
        assert (one.items[item].state, one.items[item].missing, one.level) == (state, missing, wanted), case
        assert (state == "complete") == (not missing)
        if item == "code":
            assert [one.items[name].state for name in ITEMS[1:]] == ["complete"] * 4, case
    client = tracking.client(uri)
    empty = client.create_run("0").info.run_id
    assert (judged(uri)[empty].level, judged(uri)[empty].level_name) == (0, "nothing known")


def test_levels_rise_with_what_is_known():
    ranks = ("missing", "partial", "usable", "complete")
    for item in ITEMS:
        for others in ranks:
            levels = [level({**dict.fromkeys(ITEMS, others), item: state}) for state in ranks]
            assert levels == sorted(levels)
    assert level(dict.fromkeys(ITEMS, "complete")) == len(LEVELS) - 1


def test_uncommitted_changes_that_were_kept_complete_the_code(uri):
    run_id = write(uri, extra={"mlflow.source.git.dirty": "true"})
    tracking.client(uri).log_text(run_id, "diff --git a/train.py b/train.py\n", "uncommitted.diff")
    assert judged(uri)[run_id].items["code"].state == "complete"


def test_a_clone_proves_commit_and_script_and_the_lack_of_them(uri, tmp_path):
    clone = tmp_path / "clone"
    (clone / "src").mkdir(parents=True)
    (clone / "src" / "train.py").write_text("")
    commit = git.commit_all(clone, "one")
    there = write(uri, ["mlflow.source.git.repoURL"],
                  {"mlflow.source.git.commit": commit, "mlflow.source.name": "/elsewhere/x/src/train.py"})  # fmt: skip
    other = write(uri, extra={"mlflow.source.git.commit": commit, "mlflow.source.name": "other.py"})
    nowhere = write(uri)
    found = judged(uri, [clone])
    assert found[there].items["code"].state == "complete", "the clone stands for the repository"
    assert "the commit holds src/train.py" in found[there].items["code"].evidence
    assert (found[other].items["code"].state, found[other].items["code"].missing) == ("partial", ["script"])
    assert (found[nowhere].items["code"].state, found[nowhere].items["code"].missing) == (
        "partial",
        ["published_commit"],
    )


def test_asking_a_partial_clone_fetches_nothing(tmp_path):
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    (origin / "train.py").write_text("1")
    commit = git.commit_all(origin, "one")
    git.run("config", "uploadpack.allowFilter", "true", cwd=origin)
    words = ("clone", "--quiet", "--no-checkout", "--filter=tree:0", origin.as_uri(), str(clone))
    git.run(*words)
    before = sorted(path.name for path in (clone / ".git" / "objects").rglob("*"))
    assert look_up([(commit, ("train.py",)), (COMMIT, ("train.py",))], [clone])[(COMMIT, ("train.py",))] == Found(False)
    assert sorted(path.name for path in (clone / ".git" / "objects").rglob("*")) == before


IN_NOTEBOOKS = {"notebook", "cells", "executed"}
ADVISED = """
import hashlib, importlib.metadata, json, os, pathlib, platform, shlex, subprocess, sys, types
import mlflow
import pandas as pd
path, seed, deterministic_ops = pathlib.Path("rows.csv"), 7, True
frame = pd.read_csv(path)
arguments = types.SimpleNamespace(alpha=0.5)
mlflow.set_tracking_uri(sys.argv[1])
for piece, line in json.loads(pathlib.Path(sys.argv[2]).read_text()).items():
    with mlflow.start_run(run_name=piece):
        exec(line)
"""


@pytest.mark.slow
def test_each_advised_line_records_its_piece(uri, tmp_path):
    home, origin = tmp_path / "home", tmp_path / "origin.git"
    home.mkdir()
    (home / "train.py").write_text(textwrap.dedent(ADVISED))
    (home / "rows.csv").write_text("x\n1\n2\n")
    commit = git.commit_all(home, "one")
    git.run("init", "--quiet", "--bare", str(origin))
    git.run("remote", "add", "origin", str(origin), cwd=home)
    lines = {code: piece.line for code, piece in PIECES.items() if code not in IN_NOTEBOOKS}
    (tmp_path / "lines.json").write_text(json.dumps({"none": "pass"} | lines))
    tracking.client(uri)
    words = [sys.executable, "train.py", uri, str(tmp_path / "lines.json")]
    done = subprocess.run(
        words, cwd=home, env=git.environment(transport=True), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = {one.run.name: one.items for one in judged(uri).values()}
    bare = {code for item in found["none"].values() for code in item.missing}
    # MLflow itself noted commit, address and script of this launch; the rest needs its line.
    assert bare == set(PIECES) - {"commit", "repository", "entry_point", "published_commit", "script", "changes",
                                  "whole_values", *IN_NOTEBOOKS}  # fmt: skip
    for code in bare:
        assert code not in found[code][PIECES[code].item].missing, f"'{PIECES[code].line}' does not record '{code}'"
    assert git.run("for-each-ref", "--format=%(objectname)", cwd=origin).split() == [commit], "it was pushed"
    clone = tmp_path / "clone"
    git.run("clone", "--quiet", str(origin), str(clone))
    assert all("published_commit" not in one.items["code"].missing for one in judged(uri, [clone]).values())


@pytest.mark.slow
def test_advised_lines_for_a_dirty_tree_and_a_stranger_script(uri, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.txt").write_text("1")
    git.commit_all(home, "one")
    (home / "a.txt").write_text("2")
    (home / "train.py").write_text(textwrap.dedent(ADVISED))
    (home / "rows.csv").write_text("x\n1\n")
    lines = {
        "dirty": PIECES["clean"].line,
        "kept": "\n".join(PIECES[code].line for code in ("clean", "changes", "script")),
        "commit": "\n".join(PIECES[code].line for code in ("commit", "entry_point")),
        "cut": "mlflow.log_param('text', 'x' * 500)",
        "whole": "mlflow.log_param('text', 'x' * 500)\n" + PIECES["whole_values"].line,
    }
    (tmp_path / "lines.json").write_text(json.dumps(lines))
    tracking.client(uri)
    words = [sys.executable, "train.py", uri, str(tmp_path / "lines.json")]
    done = subprocess.run(
        words, cwd=home, env=git.environment(transport=True), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = {one.run.name: one.items for one in judged(uri, [home]).values()}
    assert found["dirty"]["code"].missing == ["script", "changes"]
    assert found["kept"]["code"].missing == []
    assert not {"commit", "entry_point"} & set(found["commit"]["code"].missing)
    assert "whole_values" in found["cut"]["parameters"].missing
    assert "whole_values" not in found["whole"]["parameters"].missing


def test_the_command_shows_one_run_with_its_lines_and_hides_secrets(uri):
    run_id = write(uri, ["data_sha256"], {"argv": "python train.py --password hunter2 --url https://me:pw@h/x?token=t"})
    done = CliRunner().invoke(app, ["audit", uri, "--run", run_id])
    assert done.exit_code == 0, done.output
    assert "missing: a full digest of the data" in done.stdout
    assert PIECES["data_digest"].line in done.stdout
    assert not any(secret in done.output for secret in ("hunter2", "me:pw", "token=t"))
