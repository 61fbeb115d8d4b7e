"""Drift answers why a number changed: a sentence, ranked causes, effects beside the spread, what is not recorded."""

import json

import pytest
from support.records import source, write_run
from typer.testing import CliRunner

from traceability.audit import causes
from traceability.cli import app
from traceability.runtime import git


def drift(*words):
    return CliRunner().invoke(app, ["drift", *(str(word) for word in words)])


def as_json(*words):
    done = drift(*words, "--format", "json")
    assert done.exit_code in (0, 1), done.output
    return json.loads(done.stdout)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "mlruns"


@pytest.mark.parametrize(("part", "name", "a", "b", "rank"), [
    ("code", "commit", "a" * 40, "b" * 40, "likely"),
    ("parameters", "learning_rate", "0.1", "0.2", "likely"),
    ("parameters", "learning_rate", "0.10", "1e-1", "unlikely"),
    ("parameters", "output_dir", "/a", "/b", "unlikely"),
    ("parameters", "num_workers", "4", "8", "possible"),
    ("parameters", "data_path", "a.csv", "b.csv", "likely"),
    ("parameters", "api_key", "a", "b", "unlikely"),
    ("randomness", "seed", "1", "2", "likely"),
    ("randomness", "deterministic_ops", "True", "False", "possible"),
    ("data", "digest of the data", "a", "b", "likely"),
    ("environment", "numpy", "1.26.4", "2.0.0", "likely"),
    ("environment", "numpy", "2.0.0", "2.0.1", "possible"),
    ("environment", "click", "7.0", "8.0", "unlikely"),
    ("environment", "Python", "3.9.1", "3.11.0", "possible"),
    ("environment", "Python", "3.9.1", "3.9.2", "unlikely"),
    ("machine", "platform", "Linux", "Darwin", "possible"),
])  # fmt: skip
def test_the_rank_of_a_difference_and_its_reason(part, name, a, b, rank):
    found = causes.rank(part, name, a, b)
    assert found.rank == rank and found.reason


def test_the_answer_begins_with_a_sentence_and_ranks_the_causes(store):
    common = {"epochs": "3", "verbose": "1"}
    lists = [
        f"numpy=={v}\nclick==8.{n}\n" + "".join(f"p{k}==1\n" for k in range(40 * n))
        for n, v in enumerate(("1.26.4", "2.1.0"))
    ]
    a = write_run(store, 1, tags=source("fit.py"), params=common | {"alpha": "0.5", "out_dir": "x"},
                  metrics={"rmse": "1.0"}, files={"requirements.txt": lists[0]})  # fmt: skip
    b = write_run(store, 2, tags=source("fit.py", commit="9" * 40), metrics={"rmse": "1.5", "extra": "1"},
                  params=common | {"alpha": "0.7", "out_dir": "y"}, files={"requirements.txt": lists[1]})  # fmt: skip
    found = as_json(a, b, "--tracking-uri", store)
    assert found["sentence"].startswith(
        "rmse went from 1.0 to 1.5; the most telling difference is in the code, another commit"
    )
    ranks = [row["rank"] for row in found["causes"]]
    assert ranks == sorted(ranks, key=causes.RANKS.index)
    assert [row["name"] for row in found["causes"]] == ["commit", "alpha", "numpy", "out_dir", "click"]
    assert [(one["name"], one["difference"]) for one in found["effects"]] == [("rmse", 0.5)]
    (packages,) = (line for line in found["not_recorded"] if line.startswith("environment: only b"))
    assert packages.endswith("and 34 more"), "one line, not forty"
    assert "metrics: only b says extra" in found["not_recorded"]
    assert found["differ"] == 6, "what one record alone says is no difference"
    text = drift(a, b, "--tracking-uri", store)
    assert text.exit_code == 1 and text.stdout.startswith(found["sentence"])
    assert "6 differ, " in text.stdout


def test_what_only_one_record_says_is_no_difference(store):
    a = write_run(store, 1, tags=source("fit.py"), params={"alpha": "1", "beta": "2"}, metrics={"rmse": "nan"})
    b = write_run(store, 2, tags=source("fit.py"), params={"alpha": "1"}, metrics={"rmse": "nan"})
    done = drift(a[:8], b[:8], "--tracking-uri", store)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Nothing that both records say differs.")
    assert "parameters: only a says beta" in done.stdout


@pytest.mark.parametrize(("values", "within"), [
    ((0.80, 0.84), True), ((0.80, 1.80), False), ((0.80, float("nan")), None),
])  # fmt: skip
def test_an_effect_is_measured_by_the_spread_of_repeated_runs(store, values, within):
    number = 0
    ids = []
    for alpha, base in zip(("1", "2"), values, strict=True):
        for step in (0.0, 0.03, -0.03, 0.02):
            number += 1
            made = write_run(store, number, tags=source("fit.py"), params={"alpha": alpha, "seed": str(number)},
                             metrics={"acc": repr(base + step)})  # fmt: skip
            ids += [made] if step == 0.0 else []
    write_run(store, 90, tags=source("other.py"), params={"alpha": "1"}, metrics={"acc": "55"})
    (effect,) = as_json(*ids, "--tracking-uri", store)["effects"]
    assert effect["within_spread"] is within
    if within is not None:
        assert effect["repeated_runs"] == [4, 4], "seeds apart, as the two differ in theirs; other code does not count"
        assert effect["standard_deviation"] == pytest.approx(0.0374, abs=0.001)


def test_runs_of_two_stores_are_compared(tmp_path):
    a = write_run(tmp_path / "one", 1, tags=source("fit.py"), params={"alpha": "1"}, metrics={"m": "inf"})
    b = write_run(tmp_path / "two", 2, tags=source("fit.py"), params={"alpha": "2"}, metrics={"m": "-inf"})
    found = as_json(a, b, "--tracking-uri", tmp_path / "one", "--tracking-uri-b", tmp_path / "two")
    assert [row["name"] for row in found["causes"]] == ["alpha"]
    assert found["effects"][0]["difference"] is None
    assert drift(a, b, "--tracking-uri", tmp_path / "one").exit_code == 2, "b is not in the first store"


def test_a_hidden_value_is_compared_although_it_is_not_shown(store):
    a, b = (write_run(store, n, params={"api_token": f"value-{n}", "max_tokens": str(512 * n)}) for n in (1, 2))
    done = drift(a, b, "--tracking-uri", store)
    assert done.exit_code == 1
    assert "value-" not in done.output and "what is hidden differs" in done.stdout
    assert "max_tokens: 512 -> 1024" in done.stdout


def test_the_changes_between_two_commits_are_shown_where_the_clone_is_at_hand(store, tmp_path):
    home = tmp_path / "demo"
    home.mkdir()
    commits = []
    for text in ("a = 1\n", "a = 2\nb = 3\n"):
        (home / "fit.py").write_text(text)
        commits.append(git.commit_all(home, "one"))
    a, b = (write_run(store, n, tags=source("fit.py", commit=commit)) for n, commit in enumerate(commits))
    done = drift(a, b, "--tracking-uri", store, "--clone", home)
    assert done.exit_code == 1
    assert "1 file changed, 2 insertions(+), 1 deletion(-)" in done.stdout
    assert "fit.py" in done.stdout


def test_long_values_are_shown_around_their_first_difference(store):
    long = "x" * 300
    a, b = (write_run(store, n, params={"config": f"{long}{n}{long}"}) for n in (1, 2))
    line = next(
        line for line in drift(a, b, "--tracking-uri", store).stdout.splitlines() if "config" in line and "->" in line
    )
    assert len(line) < 220 and "x1x" in line and "x2x" in line
