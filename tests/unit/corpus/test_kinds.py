"""The rule for kinds of projects beside a reader."""

import functools

import pandas as pd
import pytest
from support import ROOT

from scripts import score_kinds
from traceability import intervals
from traceability.corpus import kinds, tables
from traceability.errors import StudyError

WILSON = functools.partial(intervals.wilson, confidence=0.95)


def frames(pairs):
    """Judged projects and the corpus, for (reader, doubt, rule) each."""
    names = [f"o/p{number}" for number in range(len(pairs))]
    judged = pd.DataFrame({"repository": names, "commit": "c", "kind": [p[0] for p in pairs]})
    judged["doubt"] = [p[1] for p in pairs]
    return judged, pd.DataFrame({"repository": names, "commit": "c", "kind": [p[2] for p in pairs]})


def test_agreement_is_counted_by_kind_and_corrected_for_chance():
    pairs = [("education", None, "education")] * 2 + [("education", "personal", "personal")] * 2
    pairs += [("personal", None, "personal")] * 3 + [("organisation", None, "personal")]
    rows = {row["kind"]: row for row in kinds.agreement(*frames(pairs), WILSON)}
    education, everything = rows["education"], rows["all"]
    assert [education[name] for name in ("by_reader", "by_rule", "both", "near")] == [4, 2, 2, 4]
    assert rows["example"]["share"] is None
    assert [everything[name] for name in ("projects", "both", "near")] == [8, 5, 7]
    # By hand: observed 5/8, by chance (4*2 + 3*6 + 1*0) / 64.
    assert everything["kappa"] == pytest.approx((5 / 8 - 26 / 64) / (1 - 26 / 64))


def test_a_judged_project_that_the_corpus_does_not_hold_is_named():
    judged, projects = frames([("personal", None, "personal")])
    with pytest.raises(StudyError, match="o/p0 is not in the corpus at that commit"):
        kinds.agreement(judged, projects.assign(commit="other"), WILSON)


def test_the_published_judgements_belong_to_the_corpus(tmp_path):
    score_kinds.main(
        ROOT / "resources" / "labels" / "kinds.tsv", ROOT / "config" / "projects.tsv", tmp_path / "a.tsv", 0.95
    )
    rows = tables.KIND_AGREEMENT.read(tmp_path / "a.tsv").set_index("kind")
    assert rows.loc["all", "projects"] == 30
