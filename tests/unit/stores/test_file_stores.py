"""File stores of all eras, moved, broken and hostile: what can be read is read, the rest is counted."""

import json
import math
import os
import subprocess
import sys
import time
from itertools import pairwise

import pytest
from made_stores import COMMIT, experiment, run, run_id, state

from traceability.stores import readers
from traceability.stores.errors import NotAStore, UnknownRun
from traceability.stores.scope import Scope


def read(root, *runs, experiments=()):
    """Runs and notes; the store must be afterwards what it was."""
    before = state(root)
    with readers.opened(str(root)) as store:
        found = list(store.runs(Scope(tuple(experiments), tuple(runs))))
        told = {note.kind: note.number for note in store.notes}
        _ = [dict(one.metrics) for one in found]
    assert state(root) == before, "reading changed the store"
    return found, told


def test_a_run_of_mlflow_0_5_keeps_its_source_in_its_meta(tmp_path):
    home = experiment(tmp_path)
    meta = (
        f"artifact_uri: 3/{run_id(7)}/artifacts\nend_time: null\nentry_point_name: train\nexperiment_id: 3\nname: ''\n"
        f"run_uuid: {run_id(7)}\nsource_name: fit.py\nsource_type: 3\nsource_version: {COMMIT}\n"
        "start_time: 1535000000000\nstatus: 4\ntags: []\nuser_id: cy\n"
    )
    folder = run(home, 7, meta, metrics={"auc": "1535000000 0.5\n1535000002 0.75\n"})
    (folder / "artifacts").mkdir()
    (found,), told = read(tmp_path)
    assert (found.source, found.tags["mlflow.source.git.commit"]) == ("fit.py", COMMIT)
    assert (found.source_type, found.entry_point, found.status, found.user) == ("PROJECT", "train", "FAILED", "cy")
    assert dict(found.metrics) == {"auc": 0.75}
    assert found.artifacts == str(folder / "artifacts")
    assert told == {}


def test_the_record_of_today_with_data_models_parent_and_steps(tmp_path):
    home = experiment(tmp_path)
    folder = run(
        home, 1, params={"depth": "4", "net/width": "8"}, tags={"mlflow.parentRunId": run_id(2), "mlflow.user": "dee"},
        metrics={"loss": "1 3.0 0\n2 1.5 10\n3 2.0 4\n", "val/acc": "1 nan 0\n", "up": "1 inf 0", "down": "1 -inf 0"},
    )  # fmt: skip
    (home / "datasets" / "d1").mkdir(parents=True)
    (home / "datasets" / "d1" / "meta.yaml").write_text("name: rain\ndigest: 1a2b\nsource_type: local\nsource: r.csv\n")
    (folder / "inputs" / "i1").mkdir(parents=True)
    (folder / "inputs" / "i1" / "meta.yaml").write_text(
        "source_type: DATASET\nsource_id: d1\ntags:\n  mlflow.data.context: eval\n"
    )
    for key, kept in (("m-" + run_id(8), True), ("m-" + run_id(9), False)):
        (folder / "outputs" / key).mkdir(parents=True)
        (folder / "outputs" / key / "meta.yaml").write_text(f"destination_id: {key}\ndestination_type: MODEL_OUTPUT\n")
        if kept:
            (home / "models" / key / "artifacts").mkdir(parents=True)
            (home / "models" / key / "artifacts" / "requirements.txt").write_text("numpy==1\n")
    (found,), _ = read(tmp_path)
    assert dict(found.params) == {"depth": "4", "net/width": "8"}
    assert (found.parent, found.metrics["loss"], found.steps["loss"]) == (run_id(2), 1.5, 10)
    assert math.isnan(found.metrics["val/acc"])
    assert (found.metrics["up"], found.metrics["down"]) == (math.inf, -math.inf)
    (data,) = found.datasets
    assert (data.name, data.digest, data.context) == ("rain", "1a2b", "eval")
    with readers.opened(str(tmp_path)) as store:
        texts = [store.artifacts.text(place, "requirements.txt") for place in found.models]
    assert texts == ["numpy==1\n", None], "a model that is gone is named all the same"


def test_deleted_runs_and_experiments_are_counted_and_can_be_named(tmp_path):
    run(experiment(tmp_path), 1)
    run(tmp_path / "3", 2, stage="deleted")
    gone = experiment(tmp_path / ".trash", "9", "old", "deleted")
    run(gone, 3)  # early versions moved the folder and left the run's own stage
    found, told = read(tmp_path)
    assert [one.run_id for one in found] == [run_id(1)]
    assert told == {"run_deleted": 2, "experiment_deleted": 1}
    for number in (2, 3):
        (named,), told = read(tmp_path, run_id(number))
        assert named.deleted and told["deleted_read"] == 1
    (named,), told = read(tmp_path, experiments=["9"])
    assert (named.run_id, named.deleted, named.experiment) == (run_id(3), True, "old")


def test_experiments_without_or_with_a_broken_meta_are_read_and_an_id_may_stand_twice(tmp_path):
    run(tmp_path / "5", 1)
    run(tmp_path / "6", 2)
    (tmp_path / "6" / "meta.yaml").write_text("{{ not yaml")
    run(experiment(tmp_path, "7"), 3)
    run(experiment(tmp_path, "7", folder="copy of 7"), 4)
    run(tmp_path / "copy of 7", 3)
    found, told = read(tmp_path)
    assert sorted(one.run_id for one in found) == [run_id(number) for number in (1, 2, 3, 4)]
    assert told == {
        "experiment_without_meta": 1, "experiment_unreadable": 1, "experiment_twice": 1, "run_twice": 1,
    }  # fmt: skip


def test_what_looks_like_a_run_and_cannot_be_read_is_counted(tmp_path):
    home = experiment(tmp_path)
    run(home, 1)
    (run(home, 2, tags={"a": "b"}) / "meta.yaml").unlink()
    (run(home, 3) / "meta.yaml").write_text("a: " + "[" * 50000)
    bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]" for n in range(9)]
    (run(home, 4) / "meta.yaml").write_text("\n".join([*bomb, f"run_id: {run_id(4)}", "run_name: *j"]))
    (run(home, 5) / "meta.yaml").write_text("\n".join(" " * n + "a:" for n in range(3000)))
    (run(home, 6) / "meta.yaml").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (run(home, 7) / "meta.yaml").write_bytes(b"x: " + b"y" * 2**21)
    (home / "traces" / "tr-1").mkdir(parents=True)
    begin = time.process_time()
    found, told = read(tmp_path)
    assert [one.run_id for one in found] == [run_id(1)]
    assert told == {"run_without_meta": 1, "run_unreadable": 5, "lfs_pointer": 1, "trace": 1}
    assert time.process_time() - begin < 5


def test_links_pipes_and_long_values_are_left_out(tmp_path):
    root, outside = tmp_path / "store", tmp_path / "outside"
    home = experiment(root)
    (outside / "inner").mkdir(parents=True)
    (outside / "secret").write_text("SECRET")
    run(outside, 9)
    folder = run(home, 1, params={"kept": "1"})
    (folder / "tags").symlink_to(outside)
    (folder / "metrics").mkdir()
    (folder / "metrics" / "m").symlink_to(outside / "secret")
    (folder / "artifacts").symlink_to(outside)
    (folder / "params" / "linked").symlink_to(outside / "secret")
    (folder / "params" / "deep").symlink_to(outside)
    (folder / "params" / "long").write_text("x" * (2**20 + 1))
    os.mkfifo(folder / "params" / "pipe")
    (home / run_id(2)).symlink_to(outside / run_id(9))
    (home / run_id(3)).mkdir()
    (home / run_id(3) / "meta.yaml").symlink_to(outside / run_id(9) / "meta.yaml")
    (root / "4").symlink_to(outside)
    found, told = read(root)
    assert [(one.run_id, dict(one.params), dict(one.tags), dict(one.metrics)) for one in found] == [
        (run_id(1), {"kept": "1"}, {}, {})
    ]
    assert told["special_file"] == told["long_value"] == told["run_unreadable"] == 1
    assert told["link"] >= 6
    with readers.opened(str(root)) as store:
        for place in (found[0].artifacts, str(folder / "artifacts"), f"{folder}/../../../outside", str(outside)):
            assert store.artifacts.names(place) is None
            assert store.artifacts.text(place, "secret") is None


def test_other_folders_of_a_store_are_told_apart(tmp_path):
    root = tmp_path / "project" / "work" / "mlruns"
    folder = run(experiment(root), 1)
    run(experiment(root, "4"), 2)
    for given in (tmp_path / "project", root.parent):
        with pytest.raises(NotAStore, match=r"mlruns lies in it: give .*/mlruns"), readers.opened(str(given)):
            pass
    with pytest.raises(NotAStore, match=f"folder of one run; give the store, {root}"), readers.opened(str(folder)):
        pass
    found, told = read(root / "3")
    assert ([one.run_id for one in found], told) == ([run_id(1)], {"one_experiment": 1})
    (root / "3" / "meta.yaml").unlink()
    found, told = read(root / "3")
    assert ([one.run_id for one in found], told) == ([run_id(1)], {"one_experiment": 1, "experiment_without_meta": 1})


@pytest.mark.parametrize("name", ["a#b", "what?", "half%20way", "ein Größe", "a:b", "http:", "x;y"])
def test_any_name_of_a_folder_will_do(name, tmp_path):
    root = tmp_path / name / "mlruns"
    folder = run(experiment(root), 1)
    (folder / "artifacts").mkdir()
    (folder / "artifacts" / "requirements.txt").write_text("numpy==1")
    for uri in (str(root), root.as_uri(), f"file://{root}"):
        with readers.opened(uri) as store:
            (found,) = store.runs(Scope())
            assert store.artifacts.text(found.artifacts, "requirements.txt") == "numpy==1"


def test_a_read_only_store_is_read(tmp_path):
    root = tmp_path / "store"
    run(experiment(root), 1, params={"a": "1"})
    paths = [root, *root.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert len(read(root)[0]) == 1
    finally:
        for path in paths:
            path.chmod(0o755)


def test_impossible_times_and_statuses_stay_what_they_are(tmp_path):
    meta = f"run_id: {run_id(1)}\nstart_time: 99999999999999999\nend_time: soon\nstatus: 77\nlifecycle_stage: active\n"
    run(experiment(tmp_path), 1, meta)
    (found,), _ = read(tmp_path)
    assert (found.start, found.start_ms, found.end, found.status) == ("", 99999999999999999, "", "")


def test_the_beginning_of_an_id_names_a_run_if_no_other_begins_so(tmp_path):
    home = experiment(tmp_path)
    for key in ("abcd1" + "0" * 27, "abcd2" + "0" * 27):
        (home / key / "params").mkdir(parents=True)
        (home / key / "meta.yaml").write_text(f"run_id: {key}\n")
    with readers.opened(str(tmp_path)) as store:
        assert readers.named(store, Scope(runs=("abcd1",)))[0].run_id == "abcd1" + "0" * 27
        with pytest.raises(UnknownRun, match=r"may be abcd10+, abcd20+; say which"):
            readers.named(store, Scope(runs=("abcd",)))
        for lacking in ("ffff", "abc", "f" * 32, "../../etc"):
            with pytest.raises(UnknownRun):
                readers.named(store, Scope(runs=(lacking,)))


def test_metrics_are_opened_only_when_they_are_asked_for(tmp_path):
    folder = run(experiment(tmp_path), 1, metrics={"m": "1 2.0 0\n"})
    with readers.opened(str(tmp_path)) as store:
        (found,) = store.runs(Scope())
        (folder / "metrics" / "m").write_text("1 3.0 0\n")
        assert found.metrics == {"m": 3.0}


def test_a_store_of_bombs_and_huge_files_is_audited_within_200_mib(tmp_path):
    home = experiment(tmp_path / "store")
    for number in range(40):
        folder = run(home, number, params={"a": "1"}, metrics={"m": "1 0.5 0\n"}, tags={"mlflow.user": "x" * 2**19})
        for name in ("params/huge", "metrics/huge", "tags/mlflow.source.name"):
            with (folder / name).open("wb") as stream:
                stream.truncate(2**33)  # nothing of it is on the disk
        (folder / "artifacts").mkdir(exist_ok=True)
        (folder / "artifacts" / "requirements.txt").write_text("numpy==1.0\n" * 90_000)
    deep = "a: " + "[" * 400_000
    aliases = "a: &a [x, x]\n" + "".join(f"{n}: &{n} [{('*' + o + ', ') * 9}]\n" for o, n in pairwise("abcdefghijk"))
    for number, text in ((50, deep), (51, aliases)):
        (run(home, number) / "meta.yaml").write_text(text)
    words = [sys.executable, "-m", "traceability", "audit", str(tmp_path / "store"), "--output", "a.json"]
    program = f"""
import resource, subprocess
done = subprocess.run({words!r}, cwd={str(tmp_path)!r}, capture_output=True, text=True)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, done.stderr[-500:])
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    status, mebibytes, *_ = told.stdout.split()
    assert status == "0", told.stdout
    assert int(mebibytes) < 200, "of which the interpreter and its libraries take some 50"
    assert len(json.loads((tmp_path / "a.json").read_text())["runs"]) >= 40
