"""MLflow's digest against a full one: the blind spots of FACTS are found, and what is seen is seen."""

import pytest

from traceability.capture import digests
from traceability.capture.trackers import Tracker
from traceability.errors import StudyError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tracker, tmp_path_factory):
    rows = digests.compare([tracker], tmp_path_factory.mktemp("digests"))
    assert all(row["version"] == tracker.version for row in rows)
    return {(row["kind"], row["change"]): row for row in rows}


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("table", "one number", True), ("table", "one text", True), ("table", "one truth value", False),
        ("table", "one time", False), ("long table", "a number in row 10,000", True),
        ("long table", "a number in row 10,001", False), ("long table", "all numbers after row 10,000", False),
        ("images", "a pixel of image 13", True), ("images", "a pixel of image 14", False),
        ("images", "all images after the 13th black", False),
    ],
)  # fmt: skip
def test_what_the_digest_of_mlflow_sees(seen, kind, change, expected):
    row = seen[kind, change]
    assert row["seen"] is expected
    assert (row["digest_before"] != row["digest_after"]) is expected
    assert row["sha256_before"] != row["sha256_after"], "SHA-256 sees every change"
    assert row["changed"] > 0


def test_every_change_is_one_and_a_full_digest_sees_it(seen):
    assert len(seen) >= 30
    assert all(row["sha256_before"] != row["sha256_after"] for row in seen.values())
    assert all(row["changed"] != 0 for row in seen.values())
    kinds = {kind for kind, _ in seen}
    assert kinds == {"table", "long table", "images"}


def test_without_mlflow_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(StudyError, match="no MLflow in use could be installed"):
        digests.compare([Tracker("mlflow_2", "MLflow", "2.10.0", reason="no Python 3.11")], tmp_path)
