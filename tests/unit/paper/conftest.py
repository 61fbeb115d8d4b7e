"""A results folder with every table that the paper reads: empty ones, and a few with rows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pypdf
import pytest
from support import ROOT

from traceability.paper import number_table, numbers, typesetting
from traceability.runtime.files import write_json

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="100"><rect width="400" height="100"/></svg>'
ARM: dict[str, Any] = {
    "workload": "digits_mlp", "arm": "same_seed", "kind": "same_seed", "evaluation": "fixed", "n": 30, "units": 30,
    "excluded": 0, "distinct_weights": 1, "distinct_predictions": 1, "differ": 0, "differ_of": 30, "differ_high": 0.095,
    "fresh_pairs": 10, "fresh_differ": 0,
    "metric": "test_accuracy", "metric_n": 30, "mean": 0.95, "sd": 0.0, "sd_low": 0.0, "sd_high": 0.0,
    "sd_interval": "one distinct value", "minimum": 0.95, "maximum": 0.95, "prediction_low": None,
    "prediction_high": None, "sampling_floor": 0.011,
}  # fmt: skip
SHARE: dict[str, Any] = {
    "dimension": "headline", "group": "projects", "function": "traces_any", "k": 201, "n": 216, "owners": 213,
    "share": 0.93, "wilson_low": 0.888, "wilson_high": 0.957, "owner_low": 0.9, "owner_high": 0.96,
    "standardised": 0.943, "standardised_low": 0.91, "standardised_high": 0.976,
}  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A folder with results/."""

    root: Path

    def put(self, table: str, *rows: dict[str, Any]) -> None:
        """Write `rows` as a table of the results, checked by its declaration."""
        known = numbers.declared_table(table)
        known.write(pd.DataFrame(list(rows), columns=known.column_names), self.root / "results" / table)

    def put_arms(self, *changes: dict[str, Any]) -> None:
        """The table of arms, one row per set of changes to a seeded arm of the network."""
        self.put("statistics/arms.tsv", *(ARM | change for change in changes))

    def put_shares(self, *changes: dict[str, Any]) -> None:
        """The table of shares over the corpus, one row per set of changes to the headline."""
        self.put("statistics/corpus_shares.tsv", *(SHARE | change for change in changes))

    def numbers(self) -> Path:
        """numbers.json."""
        path = self.root / "results" / "paper" / "numbers.json"
        found = numbers.collect(number_table.NUMBERS, self.root)
        write_json(path, found | {"confidence": numbers.setting(0.95, "level", "test")})
        return path

    @property
    def figures(self) -> list[Path]:
        """The figures."""
        return sorted((self.root / "results" / "figures").glob("*.svg"))

    def pdf(self) -> Path:
        """The paper, typeset."""
        path = self.root / "results" / "paper" / "study.pdf"
        typesetting.compile_pdf(sorted((ROOT / "paper").glob("*.*")), self.numbers(), self.figures, path)
        return path

    def words(self) -> str:
        """What the paper says, each run of white space made one space."""
        return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(self.pdf()).pages).split())


@pytest.fixture
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study that measured nothing: every table without rows, every figure blank."""
    made = Study(tmp_path)
    for name in {number.table for number in number_table.NUMBERS}:
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\t".join(numbers.declared_table(name).column_names) + "\n")
    (tmp_path / "results" / "figures").mkdir()
    for name in typesetting.figures_of(ROOT / "paper" / "study.typ"):
        (tmp_path / "results" / "figures" / name).write_text(SVG)
    return made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the files of the study that the crate describes, as far as tests change them."""
    folder = tmp_path / "repository"
    for name in ("rules", "config", "paper"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("Snakefile", "LICENSE", "uv.lock"):
        shutil.copy(ROOT / name, folder)
    return folder
