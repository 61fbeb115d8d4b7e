"""Seeds, flags, command line, packages and data: read anew at each run, whole, harmless and in time."""

import json
import os
import shlex
import sys

import pytest
from plugin_programs import LOOK

from traceability.audit import evidence
from traceability.plugin import context, limits, surroundings
from traceability.runtime import files
from traceability.stores import artifacts, record_fields
from traceability.stores.record_fields import MARK, PREFIX, Run


def audited(tags):
    """The audit of a run that holds these tags and nothing else."""
    run = Run("0" * 32, tags={MARK: "1"} | {PREFIX + name: value for name, value in tags.items() if name != "seconds"})
    return evidence.audit(run, artifacts.Artifacts()).items


def program(folder, text):
    path = folder / "train.py"
    path.write_text(LOOK + text)
    return path


# --- randomness ---------------------------------------------------------------------------------------------------


def test_each_run_of_a_sweep_has_its_own_seed_and_state(looks, tmp_path):
    text = (
        "import random, numpy\nfor seed in (11, 22, 33):\n    random.seed(seed); numpy.random.seed(seed)\n    look()\n"
    )
    told = looks(tmp_path, str(program(tmp_path, text)))
    assert [json.loads(tags["seeds"]) for tags in told] == [{"numpy": n, "python": n} for n in (11, 22, 33)]
    assert len({tags["random_states"] for tags in told}) == 3


def test_a_forked_worker_tells_its_own_seed(looks, tmp_path):
    text = (
        "import multiprocessing, random\nrandom.seed(5)\nlook()\n"
        "def work(seed):\n    random.seed(seed)\n    look()\n"
        "for seed in (6, 7):\n"
        "    child = multiprocessing.get_context('fork').Process(target=work, args=(seed,))\n"
        "    child.start(); child.join()\n"
    )
    told = looks(tmp_path, str(program(tmp_path, text)), "5", "6", "7")
    assert [json.loads(tags["seeds"])["python"] for tags in told] == [5, 6, 7]


def test_a_hash_seed_that_is_set_too_late_is_no_flag(looks, tmp_path):
    path = str(program(tmp_path, "import os, random\nrandom.seed(1)\nos.environ['PYTHONHASHSEED'] = '0'\nlook()\n"))
    (late,) = looks(tmp_path, path)
    assert json.loads(late["set_too_late"]) == {"PYTHONHASHSEED": "0"}
    assert "PYTHONHASHSEED" not in json.loads(late["determinism"])
    assert json.loads(late["determinism"])["hash_randomization"] is True
    item = audited(late)["randomness"]
    assert (item.state, item.missing) == ("usable", ["flags"])
    assert "PYTHONHASHSEED=0 was set too late to act" in item.evidence
    (early,) = looks(tmp_path, path, PYTHONHASHSEED="0")
    assert "set_too_late" not in early
    assert json.loads(early["determinism"])["PYTHONHASHSEED"] == "0"
    assert audited(early)["randomness"].state == "complete"


@pytest.mark.parametrize(("start", "later", "in_force", "late"), [
    ("7", "8", "7", {"PYTHONHASHSEED": "8"}), ("7", "7", "7", None), ("random", "3", "random", {"PYTHONHASHSEED": "3"}),
])  # fmt: skip
def test_the_hash_seed_in_force_is_the_one_at_the_start(start, later, in_force, late, looks, tmp_path):
    text = f"import os\nos.environ['PYTHONHASHSEED'] = {later!r}\nlook()\n"
    (tags,) = looks(tmp_path, str(program(tmp_path, text)), PYTHONHASHSEED=start)
    assert json.loads(tags["determinism"])["PYTHONHASHSEED"] == in_force
    assert json.loads(tags.get("set_too_late", "null")) == late


def test_python_that_looks_at_no_variable_has_no_hash_seed(looks, tmp_path):
    path = program(tmp_path, "look()\n")
    path.write_text(f"import sys\nsys.path.append({str(context.__file__).rpartition('/traceability/')[0]!r})\n"
                    + path.read_text())  # fmt: skip
    (tags,) = looks(tmp_path, "-E", str(path), PYTHONHASHSEED="5")
    assert "PYTHONHASHSEED" not in json.loads(tags["determinism"])
    assert json.loads(tags["set_too_late"]) == {"PYTHONHASHSEED": "5"}


# --- the command line ---------------------------------------------------------------------------------------------


def test_a_long_command_line_is_whole(looks, tmp_path):
    words = [f"--image=/scans/patient-{number:05d}/slice-ä.png" for number in range(600)] + ["--seed", "7"]
    (tags,) = looks(tmp_path, str(program(tmp_path, "look()\n")), *words)
    assert len(tags["argv"].encode()) <= limits.TAG_BYTES
    whole = record_fields.own({PREFIX + name: value for name, value in tags.items()})["argv"]
    assert shlex.split(whole)[-602:] == words
    assert audited(tags)["parameters"].state == "complete"


def test_what_is_too_long_is_cut_and_never_called_complete(looks, tmp_path):
    words = [f"--image=/scans/patient-{number:05d}/slice.png" for number in range(6000)] + ["--seed", "7"]
    (tags,) = looks(tmp_path, str(program(tmp_path, "look()\n")), *words)
    assert f"argv.{limits.PARTS}" in tags
    assert f"argv.{limits.PARTS + 1}" not in tags
    assert tags["argv_cut"].startswith(str(limits.PARTS * limits.TAG_BYTES))
    item = audited(tags)["parameters"]
    assert (item.state, item.missing) == ("usable", ["whole_values"])


@pytest.mark.parametrize("where", ["argument", "script", "folder", "data"])
def test_names_that_are_no_text_become_tags_that_every_store_takes(where, looks, tmp_path):
    strange = os.fsdecode(b"M\xfcller")
    folder = tmp_path / (strange if where == "folder" else "plain")
    folder.mkdir()
    path = folder / (f"{strange}.py" if where == "script" else "train.py")
    path.write_text(LOOK + "look()\n")
    data = folder / (strange if where == "data" else "data.csv")
    data.mkdir()
    (data / strange).write_text("1,2\n")
    (tags,) = looks(folder, str(path), *([strange] if where == "argument" else []), TRACEABILITY_DATA=str(data))
    text = json.dumps(tags, ensure_ascii=False)
    assert text.encode("utf-8")
    assert "\\udcfcller" in text
    assert not any(name.startswith("failed") for name in tags)
    assert tags["data_sha256"] == files.sha256_tree([data / strange], data)


def test_secrets_of_the_command_line_are_hidden(looks, tmp_path):
    words = ["--password", "hunter2", "--max-tokens", "512", "--db", "mysql://me:hunter2@host/d", "--api-key=hunter2"]
    (tags,) = looks(tmp_path, str(program(tmp_path, "look()\n")), *words)
    assert "hunter2" not in json.dumps(tags)
    assert "--max-tokens 512" in tags["argv"]


# --- packages, data, time -----------------------------------------------------------------------------------------


def test_a_package_installed_between_two_runs_is_in_the_second(looks, tmp_path):
    text = (
        "import os, sys\nsys.path.append('site')\nlook()\n"
        "os.mkdir('site/Some_Package-1.5.dist-info')\nos.mkdir('site/~ome_package-1.4.dist-info')\nlook()\n"
    )
    (tmp_path / "site").mkdir()
    first, second = looks(tmp_path, str(program(tmp_path, text)))
    packages = [
        " ".join(tags[name] for name in tags if name.partition(".")[0] == "packages") for tags in (first, second)
    ]
    assert "some-package==1.5" not in packages[0]
    assert "some-package==1.5" in packages[1]
    assert "ome-package==1.4" not in packages[1].replace("some-package", "")
    assert first["environment_sha256"] != second["environment_sha256"]


def test_data_are_read_once_and_again_when_they_change(looks, tmp_path):
    data = tmp_path / "data"
    (data / "sub").mkdir(parents=True)
    (data / "a.csv").write_text("1\n")
    (data / "sub" / "b.csv").write_text("2\n")
    before = files.sha256_tree([data / "a.csv", data / "sub" / "b.csv"], data)
    text = "look()\nlook()\nopen('data/a.csv', 'w').write('3')\nlook()\n"
    told = looks(tmp_path, str(program(tmp_path, text)), TRACEABILITY_DATA="data")
    after = files.sha256_tree([data / "a.csv", data / "sub" / "b.csv"], data)
    assert [tags["data_sha256"] for tags in told] == [before, before, after]
    assert told[0]["data"] == "data"


def test_data_that_take_too_long_cost_only_their_digest(looks, tmp_path):
    with (tmp_path / "large.bin").open("wb") as stream:
        stream.truncate(20 * 2**30)
    (tags,) = looks(tmp_path, str(program(tmp_path, "look()\n")), TRACEABILITY_DATA="large.bin")
    assert tags["seconds"] < 2.5
    assert "TRACEABILITY_SECONDS" in tags["failed_data"]
    assert "data_sha256" not in tags
    assert {"argv", "packages", "seeds"} <= tags.keys()


@pytest.mark.parametrize("place", ["pipe", "/dev/zero", "nowhere"])
def test_data_that_are_no_file_are_not_waited_for(place, looks, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tags,) = looks(tmp_path, str(program(tmp_path, "look()\n")), TRACEABILITY_DATA=place)
    assert ("no regular file" in tags["failed_data"]) or "FileNotFoundError" in tags["failed_data"]


def test_a_disk_that_does_not_answer_does_not_stop_the_program(looks, tmp_path):
    """Opening a pipe that nobody writes to waits for ever, as a network disk does that is gone."""
    os.mkfifo(tmp_path / "helper.py")
    text = ("import sys, types\nmodule = types.ModuleType('helper')\nmodule.__file__ = 'helper.py'\n"
            "sys.modules['helper'] = module\nlook()\nlook()\n")  # fmt: skip
    told = looks(tmp_path, str(program(tmp_path, text)))
    for tags in told:
        assert tags["seconds"] < 2.5
        assert tags["failed_code"].startswith("took longer than")
        assert "entry_point_state" not in tags, "nothing is said of what was not looked at"
        assert {"argv", "packages", "seeds"} <= tags.keys()


def test_the_time_limit_can_be_set(monkeypatch):
    monkeypatch.setenv(limits.SECONDS_VARIABLE, "30")
    assert limits.seconds() == 30
    for wrong in ("", "soon", "nan"):
        monkeypatch.setenv(limits.SECONDS_VARIABLE, wrong)
        assert limits.seconds() == limits.SECONDS


def test_looking_advances_no_generator(looks, tmp_path):
    text = "import random, numpy\nrandom.seed(3); numpy.random.seed(4)\nlook()\nlook()\nprint(random.random())\n"
    first, second = looks(tmp_path, str(program(tmp_path, text)))
    assert first["random_states"] == second["random_states"]


def test_a_part_that_fails_says_so_and_hides_what_is_secret(monkeypatch):
    def broken(found):
        raise RuntimeError("https://me:hidden@example.org")

    monkeypatch.setattr(surroundings, "environment", broken)
    found = context.tags()
    assert found["failed_environment"] == "RuntimeError: https://example.org"
    assert "argv" in found


def test_the_plugin_needs_the_standard_library_and_git_only(looks, project, environment):
    """Python without any installed package, and what is loaded when everything was looked at."""
    folder = project(train_py=LOOK + "look()\nprint('{' + f'\"loaded\": {_json.dumps(sorted(sys.modules))}' + '}')\n")
    (folder / "train.py").write_text("import sys\n" + (folder / "train.py").read_text())
    tags, after = looks(folder, "train.py", python=(sys.executable, "-S"))
    foreign = {name.partition(".")[0] for name in after["loaded"]} - set(sys.stdlib_module_names) - {"__main__"}
    assert {name for name in foreign if not name.startswith("_sysconfigdata")} == {"traceability"}
    assert {"commit", "argv", "seeds", "python"} <= tags.keys()
