"""What every chapter relies on: whole files, declared tables, strict configuration, precise reruns, stable commits."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.runtime import files, git
from traceability.stores import tracking
from traceability.study import code_digest, configuration, logs, subjects
from traceability.study.registry import Column, Table, all_tables

TABLE = Table(
    "results/x.tsv",
    "a table",
    (Column("name", "str", "a name"), Column("share", "float", "a share", nullable=True, minimum=0, maximum=1)),
    key=("name",),
)


def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    files.write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), files.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_the_digest_of_arrays_sees_type_shape_name_and_one_bit(tmp_path):
    base = {"w": np.arange(4, dtype="float32")}
    flipped = {"w": base["w"].copy()}
    flipped["w"].view("uint32")[1] ^= 1
    variants = [base, flipped, {"v": base["w"]}, {"w": base["w"].reshape(2, 2)}, {"w": base["w"].astype("float64")}]
    assert len({files.sha256_arrays(arrays) for arrays in variants}) == len(variants)
    np.savez(tmp_path / "w.npz", **base)
    assert files.sha256_npz(tmp_path / "w.npz") == files.sha256_arrays(base)


def test_an_npz_with_a_pickle_is_refused_not_loaded(tmp_path):
    np.savez(tmp_path / "w.npz", w=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        files.sha256_npz(tmp_path / "w.npz")


def test_a_table_keeps_its_values_through_a_file(tmp_path):
    frame = pd.DataFrame({"share": [0.1 + 0.2, None], "name": ["NA", "b"]})
    TABLE.write(frame, tmp_path / "x.tsv")
    back = TABLE.read(tmp_path / "x.tsv")
    assert list(back.columns) == ["name", "share"]
    assert back["name"].tolist() == ["NA", "b"], "only an empty cell is missing"
    assert back["share"][0] == 0.1 + 0.2
    assert TABLE.rows(tmp_path / "x.tsv")[1] == {"name": "b", "share": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name\n", "x.tsv: column 'share' is missing (expected: name, share)"),
        ("name\tshare\na\t2\n", "x.tsv: column 'share' fails"),
        ("name\tshare\tmore\na\t1\t1\n", "x.tsv: column 'more' is not declared"),
        ("name\tshare\na\t1\na\t1\n", "x.tsv"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line_that_names_file_and_column(tmp_path, text, expected):
    (tmp_path / "x.tsv").write_text(text)
    with pytest.raises(StudyError) as caught:
        TABLE.read(tmp_path / "x.tsv")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_declared_table_explains_every_column():
    tables = list(all_tables())
    assert len(tables) > 4
    names = [table.name for _, table in tables]
    assert len(names) == len(set(names))
    for _, table in tables:
        assert all(column.meaning.strip() for column in table.columns), table.name
        assert set(table.key) <= set(table.column_names), table.name


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"trainig": {}}, "unknown key 'trainig'; did you mean 'training'?"),
        ({"training": {"replicats": 3}}, "unknown key 'training.replicats'; did you mean 'replicates'?"),
        ({"training": {"replicates": 1}}, "'training.replicates' is 1"),
        ({"corpus": {"source": "web"}}, "'corpus.source' is 'web'"),
    ],
)
def test_a_configuration_mistake_is_one_line_with_the_remedy(config, expected):
    with pytest.raises(StudyError) as caught:
        configuration.check(config, "config")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_key_is_described_and_defaulted():
    schema = configuration.model().model_json_schema()
    for name, section in schema["$defs"].items():
        for key, entry in section["properties"].items():
            assert entry.get("description"), f"{name}.{key}"
            assert "default" in entry, f"{name}.{key}"
    assert configuration.check({}) == configuration.check(configuration.check({}))


def test_an_edit_changes_the_digest_of_exactly_the_scripts_that_reach_it(tmp_path):
    for name in ("traceability", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    scripts = ("run_batch", "prepare_dataset", "compare_arms")

    def digests() -> dict[str, str]:
        code = (
            "import sys; from traceability.study import code_digest\n"
            "print(*(code_digest.digest(f'scripts/{name}.py') for name in sys.argv[1:]))"
        )
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        out = subprocess.run(
            [sys.executable, "-c", code, *scripts], env=environment, cwd=tmp_path, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return dict(zip(scripts, out.stdout.split(), strict=True))

    before = digests()
    for edited, changed in [
        ("traceability/training/batch.py", ["run_batch"]),
        ("scripts/compare_arms.py", ["compare_arms"]),
        ("traceability/errors.py", list(scripts)),
    ]:
        with (tmp_path / edited).open("a") as stream:
            stream.write("\n# edited\n")
        after = digests()
        assert [name for name in scripts if before[name] != after[name]] == changed, edited
        before = after
    with pytest.raises(FileNotFoundError):
        code_digest.digest("no_such_part")


def test_a_subject_gets_the_same_commit_on_a_machine_without_git_identity(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    source = ROOT / "subjects" / "diabetes_linear"
    one = subjects.stage(source, tmp_path / "one" / "diabetes_linear", tmp_path / "one.json")
    two = subjects.stage(source, tmp_path / "two" / "diabetes_linear", tmp_path / "two.json")
    assert one.commit == two.commit
    assert git.run("remote", "get-url", "origin", cwd=one.worktree).strip() == one.origin
    assert git.run("cat-file", "-t", one.commit, cwd=one.origin).strip() == "commit"
    assert subjects.read(tmp_path / "one.json") == one


def test_a_folder_that_is_no_subject_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match=r"has no train\.py"):
        subjects.stage(tmp_path / "empty", tmp_path / "out", tmp_path / "out.json")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://***@host:5432/db"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_a_password_in_an_address_is_never_shown(uri, shown):
    assert tracking.redacted(uri) == shown
    assert "secret" not in tracking.redacted_text("cannot log in with secret", "http://me:secret@host")


def test_a_users_mistake_is_one_line_on_the_console_and_a_traceback_in_the_log(tmp_path):
    code = (
        "from traceability.study import logs; from traceability.errors import StudyError\n"
        f"logs.setup({str(tmp_path / 'x.log')!r})\nimport warnings; warnings.warn('look')\n"
        "raise StudyError('x.tsv: remove it')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "x.tsv: remove it" in done.stderr
    assert "Traceback" not in done.stderr
    log = (tmp_path / "x.log").read_text()
    assert "Traceback" in log
    assert "look" in log
    assert logs.setup.__doc__
