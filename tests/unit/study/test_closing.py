"""The last words of `make study`: what came out, and where to look first."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from traceability.statistics.tables import EXPECTATIONS
from traceability.storage.tables import DURABILITY


def closing(root: Path, results: Path) -> str:
    """What envs/run_study.py says; it is a program, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("run_study", root / "envs" / "run_study.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.closing(results, "results/report.zip"))


def test_it_names_what_came_out_otherwise_than_expected(root: Path, tmp_path: Path) -> None:
    row = {
        "workload": "w", "arm": "a", "quantity": "distinct", "expected": "= 1", "observed": 1, "n": 3,
        "instrument": False, "meaning": "a seed",
    }  # fmt: skip
    said = {"repeats": "yes", "differs": "no", "elsewhere": "not_measured"}
    rows = [row | {"expectation": name, "agrees": agrees} for name, agrees in said.items()]
    EXPECTATIONS.write(rows, tmp_path / "statistics" / "expectations.tsv")
    kept = dict.fromkeys(DURABILITY.column_names) | {"durable": True, "measurements": 1}
    stores = [kept | {"store": "sqlite", "agrees": True}, kept | {"store": "postgresql", "agrees": False}]
    DURABILITY.write(stores, tmp_path / "storage" / "durability.tsv")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "arms.svg").write_text("<svg/>")
    (tmp_path / "reproduction").mkdir()
    (tmp_path / "reproduction" / "summary.txt").write_text("Of 8 published numbers 7 can be compared.\n")
    text = closing(root, tmp_path)
    assert "lost by: postgresql. Of 8 published numbers 7 can be compared. Look first" in text
    assert "1 figures and 2 tables" in text
    assert "1 of 2 values that the plan expects were observed; otherwise came out: differs." in text
    assert "lost by: postgresql." in text
    assert "results/report.zip" in text and "results/paper/study.pdf" in text
    assert "\n" not in text


def test_a_chapter_that_was_not_run_is_not_spoken_of(root: Path, tmp_path: Path) -> None:
    text = closing(root, tmp_path)
    assert "expects" not in text and "lost" not in text
