"""Shares whose unit is the repository, the claim whose unit is the owner, and what one line would lift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.public_records.conftest import Upstream, write_run
from traceability import intervals
from traceability.audit.advice import PIECES
from traceability.errors import StudyError
from traceability.public_records import checking, claim, describing, judging, observations, resolving, shares
from traceability.public_records.shares import Bootstrap
from traceability.public_records.tables import ADVICE, AUDITED, FUNNEL, RESOLUTIONS, RUNS
from traceability.study import published

HOW = Bootstrap(2000, 1, 0.95)
ROOT = Path(__file__).parents[3]
OBSERVATIONS = ROOT / "resources" / "observations"
NOBODY = pd.DataFrame({"requirements_sha256": [], "as_of": [], "resolves": []})


def counts(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["owner", "k", "n"])


def test_one_repository_with_most_of_the_runs_has_one_vote() -> None:
    rows = counts(("big", 1000, 1000), ("a", 0, 2), ("b", 1, 2), ("c", 2, 2))
    found = {measure: shares.share(rows, measure, HOW)["share"] for measure in shares.MEASURES}
    assert found == {"mean": 0.625, "most": 0.5, "all": 0.5, "pooled": pytest.approx(1003 / 1006)}


def test_the_interval_draws_owners_with_all_their_repositories() -> None:
    """Ten repositories of one owner say as much as one: the interval is wide, as that of their owners' mean."""
    rows = counts(*[("many", 1, 1)] * 10, *[(f"o{n}", 0, 1) for n in range(5)], ("x", 1, 1))
    found = shares.share(rows, "mean", HOW)
    alone = shares.share(rows.assign(owner=[str(n) for n in range(len(rows))]), "mean", HOW)
    assert (found["repositories"], found["owners"]) == (16, 7)
    assert found["high"] - found["low"] > 1.5 * (alone["high"] - alone["low"])


def test_the_quick_bootstrap_is_the_general_one() -> None:
    rng = np.random.default_rng(3)
    values, owners = rng.integers(0, 2, 80).astype(float), rng.integers(0, 30, 80)
    quick = intervals.clustered_ratio(values, np.ones(80), owners, 4000, 1)
    slow = intervals.cluster_bootstrap(values, owners, lambda part: float(np.mean(part)), 4000, 2)
    assert quick == pytest.approx(slow, abs=0.02)
    with pytest.raises(StudyError, match="at least 2"):
        intervals.clustered_ratio([1.0], [1.0], ["one"], 10, 1)


def test_where_all_agree_the_interval_is_exact_and_not_empty() -> None:
    found = shares.share(counts(*[(f"o{n}", 0, 3) for n in range(20)]), "mean", HOW)
    assert (found["share"], found["low"], found["interval"]) == (0, 0, "exact, owners")
    assert found["high"] == pytest.approx(1 - 0.025 ** (1 / 20))
    assert shares.share(counts(), "mean", HOW)["share"] is None


def units(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """Repositories as (owner, whether the majority of its runs leads, whether it was seen before)."""
    return pd.DataFrame(rows, columns=["owner", "majority_leads", "seen"])


CLAIM = claim.Claim(against=0.5, alpha=0.05, planned=300, share=0.4)


def test_an_owner_counts_once_and_half_is_no_majority() -> None:
    rows = units(("a", 1, 0), ("a", 0, 0), ("b", 1, 0), ("b", 1, 1), ("b", 0, 0), ("c", 0, 0))
    assert claim.owners(rows).to_dict() == {"a": 0, "b": 1, "c": 0}


@pytest.mark.parametrize(
    ("leading", "number", "verdict"),
    [(5, 20, "fewer than half"), (6, 20, "undecided"), (15, 20, "more than half"), (10, 20, "undecided")],
)
def test_the_claim_can_come_out_either_way(leading: int, number: int, verdict: str) -> None:
    """The exact p-value of 5 of 20 against one half is .041, of 6 of 20 .115."""
    rows = units(*[(f"o{n}", int(n < leading), 0) for n in range(number)])
    first, second = claim.rows(rows, CLAIM, 0.95)
    assert (first["verdict"], first["k"], first["n"]) == (verdict, leading, number)
    assert second["p"] is None, "without what was seen before it is an estimate"


def prepared(tmp_path: Path) -> pd.DataFrame:
    upstream = Upstream(tmp_path / "ada" / "project")
    (upstream.folder / "train.py").write_text("pass\n")
    code = upstream.commit("code")
    write_run(upstream.folder / "mlruns", 1, commit=code, source="train.py", params={"lr": "1"})
    write_run(upstream.folder / "mlruns", 2, source="train.py")
    upstream.commit("records")
    found = judging.judge(upstream.place(("mlruns", "file store")), tmp_path / "audit")
    return describing.prepared(RUNS.validate(pd.DataFrame(found.runs), "made here"), NOBODY)


def test_the_funnel_goes_down_and_each_stage_stands_by_itself_too(tmp_path: Path) -> None:
    rows = pd.DataFrame(describing.funnel(prepared(tmp_path), HOW))
    FUNNEL.write(rows, tmp_path / "funnel.tsv")
    mean = rows[rows["measure"] == "mean"].set_index(["how", "stage"])["share"]
    for how in ("road", "road without data"):
        assert mean[how].is_monotonic_decreasing
        assert mean[how, "script_here"] == 0.5
    assert mean["alone", "command"] == 0.5
    assert "data_named" not in mean["road without data"].index


def test_what_one_line_would_lift_is_what_the_audit_says_of_it(tmp_path: Path) -> None:
    runs = prepared(tmp_path)
    rows = pd.DataFrame(describing.advice(runs, HOW))
    ADVICE.write(rows, tmp_path / "advice.tsv")
    lifted = rows[rows["what"] == "higher"].set_index("piece")["lifted"]
    # With its commit the second run's code would be named, as the first one's is.
    assert lifted[PIECES["commit"].meaning] == 1
    assert lifted[PIECES["seed"].meaning] == 0


def test_a_reader_who_disagrees_is_an_error_of_the_audit(tmp_path: Path) -> None:
    runs = prepared(tmp_path)
    run = str(runs["run"].iloc[0])
    said = {"commit": 1, "script_here": 1, "params": 1, "seed": 1}
    hand = pd.DataFrame([
        {"repository": "ada/project", "run": run, "field": name, "read": value, "audited": 0, "note": None}
        for name, value in said.items()
    ])  # fmt: skip
    before, *now = checking.rows(hand, runs, 0.95)
    assert (before["judged"], before["errors"]) == (4, 4), "what the audit said then"
    rows = {row["what"]: row for row in now}
    first = runs.iloc[0]
    wrong = sum(int(first[name]) != value for name, value in said.items())
    assert (rows["every field"]["judged"], rows["every field"]["errors"]) == (4, wrong)
    assert rows["seed"]["errors"] == 1
    with pytest.raises(StudyError, match="not observed"):
        checking.rows(hand.assign(run="0" * 16), runs, 0.95)


def test_lists_that_name_no_package_of_the_index_are_never_given_to_an_installer() -> None:
    for line in ("-r other.txt", "./local", "git+https://example.org/x.git", "x @ https://example.org/x.whl"):
        answer = resolving.ask(resolving.Question(("numpy==1.26.4", line)), 5)
        assert (answer.resolves, answer.reason) == (False, "no package of the index")
    assert [resolving.python_of(said) for said in ("3.9", "3.6", "", "2.7")] == ["3.9", "3.7", "3.10", "3.7"]


def test_the_published_observations_are_whole_and_of_this_reader() -> None:
    about = observations.read(OBSERVATIONS)
    assert about["reader_digest"] == observations.reader_digest(), "audit again, see docs/public_records.md"
    runs = RUNS.read(OBSERVATIONS / "public_runs.parquet")
    stores = AUDITED.read(OBSERVATIONS / "public_stores.tsv")
    assert len(runs) == int(stores["runs"].sum()) == about["runs"]
    known = set(RESOLUTIONS.read(OBSERVATIONS / "public_resolutions.tsv")["requirements_sha256"])
    assert set(runs["requirements_sha256"].dropna()) <= known


def test_a_changed_observation_is_refused(tmp_path: Path) -> None:
    for path in OBSERVATIONS.glob("public_*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    observations.read(tmp_path)
    with (tmp_path / "public_stores.tsv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(StudyError, match=r"public_stores\.tsv: sha256 is .*restore the file from git"):
        observations.read(tmp_path)
    assert published.PROVENANCE in observations.PROVENANCE
