"""What is kept of a run, how far its record leads, and what becomes of stores that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.unit.public_records.conftest import PRIVATE, SCRIPT, Upstream, run_id, write_database, write_run
from traceability.public_records import fields, judging, observations
from traceability.public_records.judging import Place
from traceability.public_records.tables import AUDITED, LISTS, RUNS
from traceability.runtime import git

STORE = ("mlruns", "file store")


def by_run(found: judging.Found) -> dict[str, dict[str, object]]:
    return {str(row["run"]): row for row in found.runs}


def test_a_record_that_leads_to_its_code_is_followed_stage_by_stage(
    traced: tuple[Upstream, str], tmp_path: Path
) -> None:
    found = judging.judge(traced[0].place(STORE), tmp_path / "audit")
    (row,) = found.runs
    reached = {name: row[name] for name in ("commit", "commit_here", "script_here", "command", "data_named",
                                            "data_reachable", "environment", "seed", "flags")}  # fmt: skip
    assert reached == dict.fromkeys(reached, 1) | {"flags": 0}
    assert (row["reason"], row["source"], row["month"], row["mlflow"]) == (None, "script", "2023-11", "2.9.2")
    # lr and data_path are options of the script; note and seed are not.
    assert (row["params"], row["unmapped"]) == (4, 2)
    assert (row["metrics"], row["points"], row["models"]) == (1, 5, 1)
    assert (row["requirements"], row["pinned"]) == (3, 2)
    (listed,) = found.lists.values()
    assert (listed["python"], listed["first_day"]) == ("3.9", "2023-11-14")
    assert not (tmp_path / "audit").exists(), "nothing of the records is left behind"


@pytest.mark.parametrize("folder", ["model", "XGB_model", "nested/deep"])
def test_a_model_under_any_name_says_what_was_installed(upstream: Upstream, tmp_path: Path, folder: str) -> None:
    """As MLflow 2 laid it out: the model's folder is named by a tag alone."""
    history = f'[{{"artifact_path": "{folder}", "flavors": {{}}, "utc_time_created": "2023-01-01"}}]'
    run = write_run(upstream.folder / "mlruns", 1, tags={"mlflow.log-model.history": history})
    place = run / "artifacts" / folder
    place.mkdir(parents=True)
    (place / "MLmodel").write_text("mlflow_version: 1.30.0\n")
    (place / "conda.yaml").write_text("dependencies:\n- python=3.8.2\n- pip:\n  - mlflow\n  - torch==1.10.2\n")
    (place / "requirements.txt").write_text("mlflow\ntorch==1.10.2\n")
    upstream.commit("records")
    found = judging.judge(upstream.place(STORE), tmp_path / "audit")
    (row,) = found.runs
    assert (row["environment"], row["requirements"], row["pinned"], row["models"]) == (1, 2, 1, 1)
    assert row["mlflow"] == "1.30.0"
    assert [listed["python"] for listed in found.lists.values()] == ["3.8"]


def test_artifacts_that_a_server_kept_beside_its_file_store_are_the_runs(upstream: Upstream, tmp_path: Path) -> None:
    history = '[{"artifact_path": "net", "flavors": {}, "utc_time_created": "2023-01-01"}]'
    run = write_run(upstream.folder / "backend" / "mlruns", 1, tags={"mlflow.log-model.history": history})
    meta = (run / "meta.yaml").read_text().replace("file:///home/ada/project/mlruns/", "mlflow-artifacts:/")
    (run / "meta.yaml").write_text(meta)
    place = upstream.folder / "backend" / "mlartifacts" / "0" / run_id(1) / "artifacts" / "net"
    place.mkdir(parents=True)
    (place / "MLmodel").write_text("mlflow_version: 2.0.1\n")
    (place / "requirements.txt").write_text("torch==1.10.2\n")
    upstream.commit("records")
    (row,) = judging.judge(upstream.place(("backend/mlruns", "file store")), tmp_path / "audit").runs
    assert (row["artifacts"], row["environment"], row["mlflow"]) == (1, 1, "2.0.1")


def test_a_script_started_in_its_folder_is_told_apart_from_one_that_is_not_there(
    upstream: Upstream, tmp_path: Path
) -> None:
    """`cd model; python fit.py` records `fit.py`: the plan asks for the path, another column for the name."""
    (upstream.folder / "model").mkdir()
    (upstream.folder / "model" / "fit.py").write_text("pass\n")
    code = upstream.commit("code")
    write_run(upstream.folder / "mlruns", 1, commit=code, source="fit.py")
    write_run(upstream.folder / "mlruns", 2, commit=code, source="gone.py")
    write_run(upstream.folder / "mlruns", 3, commit=code, source="model/fit.py")
    upstream.commit("records")
    found = by_run(judging.judge(upstream.place(STORE), tmp_path / "audit"))
    said = [found[fields.digest(run_id(n))] for n in (1, 2, 3)]
    assert [(row["script_here"], row["script_anywhere"]) for row in said] == [(0, 1), (0, 0), (1, 1)]


def test_no_name_value_or_text_of_a_record_is_kept(traced: tuple[Upstream, str], tmp_path: Path) -> None:
    found = judging.judge(traced[0].place(STORE), tmp_path / "audit")
    RUNS.write(found.runs, tmp_path / "runs.parquet")
    AUDITED.write(found.stores, tmp_path / "stores.tsv")
    text = RUNS.read(tmp_path / "runs.parquet").to_csv() + (tmp_path / "stores.tsv").read_text()
    for word in (*PRIVATE, run_id(1)):
        assert word not in text


def test_each_end_of_the_road_has_its_reason(traced: tuple[Upstream, str], tmp_path: Path) -> None:
    upstream, code = traced
    store = upstream.folder / "mlruns"
    needs = SCRIPT.replace("default=0.1", "required=True")
    (upstream.folder / "src" / "needs.py").write_text(needs)
    later = upstream.commit("a script that needs a parameter")
    wanted = {
        2: ("no_commit", {"source": "train.py"}),
        3: ("commit_missing", {"commit": "9" * 40, "source": "train.py"}),
        4: ("entry_point_missing", {"commit": code, "source": "elsewhere.py"}),
        5: ("no_entry_point", {"commit": code, "source": "/usr/lib/python3/site-packages/ipykernel_launcher.py"}),
        6: ("parameter_missing", {"commit": later, "source": "src/needs.py"}),
        7: ("data_missing", {"commit": code, "source": "src/train.py"}),
        8: ("no_environment_recorded", {"commit": code, "source": "src/train.py",
                                        "params": {"data_path": "https://example.org/train.csv"}}),
    }  # fmt: skip
    for number, (_, about) in wanted.items():
        write_run(store, number, **about)  # type: ignore[arg-type]
    upstream.commit("more records")
    found = by_run(judging.judge(upstream.place(STORE), tmp_path / "audit"))
    assert {n: found[fields.digest(run_id(n))]["reason"] for n in wanted} == {n: w[0] for n, w in wanted.items()}
    assert found[fields.digest(run_id(5))]["source"] == "kernel"


def test_a_script_in_the_newest_commit_only_is_not_the_code_of_an_older_one(upstream: Upstream, tmp_path: Path) -> None:
    (upstream.folder / "other.py").write_text("pass\n")
    before = upstream.commit("before the script")
    (upstream.folder / "train.py").write_text(SCRIPT)
    write_run(upstream.folder / "mlruns", 1, commit=before, source="train.py")
    upstream.commit("script and record together, as most people do")
    (row,) = judging.judge(upstream.place(STORE), tmp_path / "audit").runs
    assert (row["commit_here"], row["script_here"], row["reason"]) == (1, 0, "entry_point_missing")


def test_a_run_in_two_stores_counts_once_and_a_deleted_one_not_at_all(
    traced: tuple[Upstream, str], tmp_path: Path
) -> None:
    upstream, _ = traced
    write_run(upstream.folder / "copy" / "mlruns", 1)
    write_run(upstream.folder / "copy" / "mlruns", 2)
    write_run(upstream.folder / "copy" / "mlruns", 3, lifecycle="deleted")
    upstream.commit("a copy")
    found = judging.judge(upstream.place(STORE, ("copy/mlruns", "file store")), tmp_path / "audit")
    assert len(found.runs) == 2
    assert [(row["runs"], row["repeated"], row["deleted"]) for row in found.stores] == [(1, 0, 0), (1, 1, 1)]


def test_a_run_in_two_repositories_counts_in_the_first(traced: tuple[Upstream, str], tmp_path: Path) -> None:
    fork = Upstream(tmp_path / "upstream" / "bob" / "fork", "bob/fork")
    write_run(fork.folder / "mlruns", 1)
    write_run(fork.folder / "mlruns", 2)
    fork.commit("a fork")
    found = judging.Found()
    for number, one in enumerate((traced[0], fork)):
        found.add(judging.judge(one.place(STORE), tmp_path / str(number)))
    runs, stores = observations.without_copies(pd.DataFrame(found.runs), pd.DataFrame(found.stores))
    assert runs["repository"].tolist() == ["ada/project", "bob/fork"]
    assert stores[["runs", "repeated"]].to_numpy().tolist() == [[1, 0], [1, 1]]


def test_a_database_is_read_as_it_lies_in_the_commit(upstream: Upstream, tmp_path: Path) -> None:
    write_database(upstream.folder / "work" / "mlflow.db", [1, 2], points=4)
    upstream.commit("a database")
    found = judging.judge(upstream.place(("work/mlflow.db", "sqlite")), tmp_path / "audit")
    assert found.stores[0]["schema"] == "sqlite database, schema bd07f7e963c5"
    assert [(row["points"], row["params"], row["seed"], row["month"]) for row in found.runs] == [
        (4, 1, 1, "2020-09")
    ] * 2


@pytest.mark.parametrize(
    ("content", "limit", "status", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", 2**30, "unreadable", "Git LFS pointer"),
        (b"SQLite format 3\0" + bytes(200), 2**30, "unreadable", ""),
        (bytes(5000), 4000, "unavailable", "too large"),
        (b"", 2**30, "unreadable", "empty"),
    ],
)
def test_a_database_that_cannot_be_read_is_a_row_that_says_why(
    upstream: Upstream, tmp_path: Path, content: bytes, limit: int, status: str, said: str
) -> None:
    (upstream.folder / "mlflow.db").write_bytes(content)
    upstream.commit("no database")
    found = judging.judge(upstream.place(("mlflow.db", "sqlite")), tmp_path / "audit", limit)
    assert found.stores[0]["status"] == status
    assert said in str(found.stores[0]["detail"])
    assert str(tmp_path) not in str(found.stores[0]["detail"]), "no folder of this machine is published"


def test_a_store_that_is_not_in_the_commit_and_a_repository_that_is_gone_are_rows(
    traced: tuple[Upstream, str], tmp_path: Path
) -> None:
    place = traced[0].place(STORE, ("old/mlruns", "file store"))
    assert [row["status"] for row in judging.judge(place, tmp_path / "audit").stores] == ["read", "not in the commit"]
    gone = Place("ada/gone", "1" * 40, "", "repository not found", (STORE,))
    found = judging.judge(gone, tmp_path / "audit")
    assert [(row["status"], row["detail"]) for row in found.stores] == [("gone", "repository not found")]
    LISTS.write(list(found.lists.values()), tmp_path / "lists.parquet")


def test_a_tree_whose_names_lead_out_of_the_folder_writes_nothing_there(upstream: Upstream, tmp_path: Path) -> None:
    write_run(upstream.folder / "mlruns", 1)
    upstream.commit("records")
    blob = git.run_bytes("hash-object", "-w", "--stdin", cwd=upstream.folder, stdin=b"run_id: x").decode().strip()
    inner = bytes.fromhex(blob)
    evil = b"100644 meta.yaml\0" + inner
    words = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    leaf = git.run_bytes(*words, cwd=upstream.folder, stdin=evil).decode().strip()
    store = git.run("rev-parse", "HEAD:mlruns", cwd=upstream.folder).strip()
    root = b"40000 ..\0" + bytes.fromhex(leaf) + b"40000 mlruns\0" + bytes.fromhex(store)
    tree = git.run_bytes(*words, cwd=upstream.folder, stdin=root).decode().strip()
    commit = git.run("commit-tree", tree, "-m", "evil", cwd=upstream.folder).strip()
    place = Place("ada/evil", commit, str(upstream.folder), "", ((".", "file store"), STORE))
    found = judging.judge(place, tmp_path / "audit" / "deep")
    assert sum(int(row["runs"]) + int(row["repeated"]) for row in found.stores) >= 1
    assert not (tmp_path / "audit" / "meta.yaml").exists()
    assert not (tmp_path / "audit" / "deep").exists()
