"""The published observations are this scanner's, and agree with the hand labels."""

from __future__ import annotations

import pandas as pd
from support import ROOT

from traceability.corpus import accuracy, observations, tables
from traceability.corpus.labels import read_truth
from traceability.runtime.files import sha256_file

PUBLISHED = ROOT / "resources" / "observations"


def test_observations_were_made_by_this_scanner_from_this_table() -> None:
    provenance = observations.read(PUBLISHED)
    assert provenance["scanner_digest"] == observations.scanner_digest()
    assert provenance["projects_sha256"] == sha256_file(ROOT / "config" / "projects.tsv")


def test_at_least_385_projects_after_deduplication_each_in_a_declared_frame() -> None:
    projects = tables.PROJECTS.read(ROOT / "config" / "projects.tsv")
    chosen = projects[projects["selected"] == 1]
    assert len(chosen) >= 385
    assert chosen["cluster"].is_unique
    frames = tables.SAMPLING_FRAMES.read(ROOT / "config" / "frames.tsv")
    assert set(projects["frame"]) <= set(frames["frame"])
    usage = tables.USAGE.read(PUBLISHED / "usage.tsv")
    assert set(chosen["repository"]) <= set(usage.loc[usage["status"] == "scanned", "repository"])


def test_no_disagreement_with_the_development_labels() -> None:
    truth = read_truth(ROOT / "resources" / "labels" / "development.tsv")
    said = tables.USAGE.read(PUBLISHED / "usage.tsv").set_index("repository")
    columns = [column.name for column in tables.FLAGS]
    assert accuracy.disagreements(truth, said, columns) == []


def test_only_facts_are_published() -> None:
    calls = pd.read_parquet(PUBLISHED / "calls.parquet")
    assert list(calls.columns) == tables.CALLS.column_names
    assert calls["api"].str.len().max() <= 300
    assert not calls["api"].str.contains("\n").any()
