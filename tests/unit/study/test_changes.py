"""`make test CHANGED=1` runs the tests that a change reaches, and no others."""

from __future__ import annotations

import pytest
from support import ROOT, changes


@pytest.mark.parametrize(
    ("changed", "reached", "left_out"),
    [
        ("traceability/statistics/power.py", "statistics/test_power.py", "datasets/test_idx.py"),
        ("traceability/errors.py", "datasets/test_idx.py", None),
        ("config/stores.tsv", "storage/test_stores.py", "statistics/test_power.py"),
        ("scripts/score_kinds.py", "corpus/test_kinds.py", "datasets/test_idx.py"),
        ("tests/unit/datasets/conftest.py", "datasets/test_download.py", "statistics/test_power.py"),
        ("docs/paper.md", "study/test_architecture.py", "statistics/test_power.py"),
        ("pyproject.toml", "statistics/test_power.py", None),
    ],
)
def test_a_change_reaches_the_tests_that_use_it(
    monkeypatch: pytest.MonkeyPatch, changed: str, reached: str, left_out: str | None
) -> None:
    monkeypatch.setattr(changes, "changed_files", lambda _since: [changed])
    changes.tests_reached.cache_clear()
    tests = changes.tests_reached("main")
    unit = ROOT / "tests" / "unit"
    assert unit / reached in tests
    assert left_out is None or ((unit / left_out).is_file() and unit / left_out not in tests)
    changes.tests_reached.cache_clear()
