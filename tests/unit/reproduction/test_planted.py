"""Changes planted in raw data are seen by the same computations that make the study's numbers, each as its own kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import ROOT

from traceability.corpus import sample as samples
from traceability.corpus import tables as corpus
from traceability.paper import number_table, numbers
from traceability.reproduction import compare, origins
from traceability.statistics import arms, corpus_shares, plan, tables
from traceability.statistics.samples import read_runs
from traceability.storage import cost
from traceability.storage.tables import COST

PUBLISHED = ROOT / "resources" / "published" / "training_fashion"


def compared(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]], alike: compare.Sameness
) -> dict[str, tuple[str, str]]:
    """Kind and verdict of every number that was measured."""
    table = compare.rows(old, new, alike, confidence=0.95, factor=3)
    return {row["number"]: (row["kind"], row["verdict"]) for row in table if row["verdict"] != "not_measured"}


def trainings(change: bool) -> dict[str, dict[str, Any]]:
    """Numbers of the published trainings; with `change`, as if the seed had not been given to the program."""
    runs = read_runs(PUBLISHED / "runs.parquet", PUBLISHED / "preregistration.yaml")
    if change:
        unseeded = runs[runs["arm"] == "unseeded"]
        runs = pd.concat([runs[runs["arm"] != "same_seed"], unseeded.assign(arm="same_seed", kind="same_seed")])
    made = arms.spread_rows(runs, plan.read(PUBLISHED / "preregistration.yaml"), 200, 1, 0.95)
    return origins.fashion_numbers(pd.DataFrame(made, columns=tables.ARMS.column_names), 0.95)


def test_a_seed_that_the_program_never_got_is_seen_in_the_results_that_repeat() -> None:
    seen = compared(trainings(change=False), trainings(change=True), compare.Sameness())
    assert seen["fashion.same_seed.distinct"] == ("exact", "different")
    assert seen["fashion.unseeded.distinct"] == ("exact", "same")
    assert seen["fashion.unseeded.val_accuracy.mean"] == ("interval", "same")
    differing = {name for name, (_, verdict) in seen.items() if verdict == "different"}
    assert all(name.startswith("fashion.same_seed.") for name in differing)


def shares(folder: Path, usage: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Numbers of the corpus chapter, from a table of what each project calls."""
    config = ROOT / "config"
    joined = samples.build(corpus.PROJECTS.read(config / "projects.tsv"),
                           corpus.SAMPLING_FRAMES.read(config / "frames.tsv"), usage)  # fmt: skip
    rows = corpus_shares.rows(joined, 100, 1, 0.95)
    tables.CORPUS_SHARES.write(rows, folder / "results" / tables.CORPUS_SHARES.name)
    wanted = [number for number in number_table.NUMBERS if number.table == tables.CORPUS_SHARES.name]
    return numbers.collect(wanted, folder)


@pytest.mark.parametrize("column", ["log_artifact", "set_tag"])
def test_one_changed_row_of_the_scanner_is_seen_in_the_function_that_it_changes(tmp_path: Path, column: str) -> None:
    usage = corpus.USAGE.read(ROOT / "resources" / "observations" / "usage.tsv")
    old = shares(tmp_path / "old", usage)
    changed = usage.copy()
    listed = corpus.PROJECTS.read(ROOT / "config" / "projects.tsv")
    joined = samples.build(listed, corpus.SAMPLING_FRAMES.read(ROOT / "config" / "frames.tsv"), usage)
    counted = corpus_shares.headline(joined)
    project = counted[counted[column] == 1]["repository"].iloc[0]
    changed.loc[changed["repository"] == project, column] = 0
    seen = compared(old, shares(tmp_path / "new", changed), compare.Sameness((), {"corpus"}))
    assert seen[f"corpus.{column}"] == ("exact", "different")
    assert [name for name, (_, verdict) in seen.items() if verdict == "different"] == [f"corpus.{column}"]


def prices(folder: Path, slower: float) -> dict[str, dict[str, Any]]:
    """Numbers of what storage costs, with a server that is so many times slower."""
    cell = (cost.SINGLE, 1)
    took = [0.0040, 0.0042, 0.0041, 0.0044, 0.0039, 0.0040, 0.0043, 0.0041, 0.0042, 0.0040]
    held = {
        "sqlite": cost.Samples({cell: took}),
        "server_sqlite": cost.Samples({cell: [4 * slower * seconds for seconds in took]}),
        "server_postgresql_1": cost.Samples({cell: [5 * seconds for seconds in took]}),
    }
    rows = [row for name in held for row in cost.rows_of(name, held, 200, 1)]
    COST.write(rows, folder / "results" / COST.name)
    wanted = [number for number in number_table.NUMBERS if number.table == COST.name]
    return numbers.collect(wanted, folder)


def test_a_slower_store_is_seen_as_a_cost_of_the_machine_and_a_little_slower_one_is_not(tmp_path: Path) -> None:
    old = prices(tmp_path / "old", 1)
    seen = compared(old, prices(tmp_path / "slow", 5), compare.Sameness())
    assert seen == {
        "cost.server_sqlite": ("machine", "different"),
        "cost.server_postgresql_1": ("machine", "compatible"),
    }
    seen = compared(old, prices(tmp_path / "slower", 1.5), compare.Sameness())
    assert set(seen.values()) == {("machine", "compatible")}
