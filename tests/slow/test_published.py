"""A published run: a study that takes its raw tables draws the same figures and numbers, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.studies import QUICK, copy_of_study, snakemake

from traceability.paper.readme import FIGURES
from traceability.study import publish, published

pytestmark = pytest.mark.slow


def test_figures_and_numbers_from_published_tables_are_those_of_the_measured_run(
    quick_study: tuple[Path, float], tmp_path: Path
) -> None:
    measured = quick_study[0]
    study = copy_of_study(tmp_path / "study")
    status = publish.main([
        str(measured / "results"), *published.FILES, "--configfile", str(study / QUICK),
        "--plan", str(study / "config" / "preregistration.yaml"), "--target", str(study / published.FOLDER),
    ])  # fmt: skip
    assert status == 0
    taken = ["--configfile", QUICK, "config/published.yaml"]
    done = snakemake(study, "figures", "results/paper/numbers.json", *taken)
    assert done.returncode == 0, done.stderr[-5000:]
    assert not (study / "results" / "tracking").exists(), "nothing was trained"
    made = sorted((study / "results" / "figures").iterdir())
    assert len(made) >= 20
    differing = [path.name for path in made
                 if path.read_bytes() != (measured / "results" / "figures" / path.name).read_bytes()]  # fmt: skip
    assert differing == []
    numbers = Path("results") / "paper" / "numbers.json"
    assert (study / numbers).read_bytes() == (measured / numbers).read_bytes()


def test_the_published_numbers_and_figures_come_out_of_the_published_tables(root: Path, tmp_path: Path) -> None:
    """What `make paper` does, without the PDF."""
    study = copy_of_study(tmp_path / "study")
    done = snakemake(study, "figures", "results/paper/numbers.json", config="config/published.yaml")
    assert done.returncode == 0, done.stderr[-5000:]
    numbers = root / published.FOLDER / "paper" / "numbers.json"
    assert (study / "results" / "paper" / "numbers.json").read_bytes() == numbers.read_bytes()
    for name in FIGURES:
        assert (study / "results" / "figures" / name).read_bytes() == (root / "docs" / "figures" / name).read_bytes()
