"""Configuration of the replay chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings, Source


class Section(Settings):
    """Running recorded experiments again, from their records alone; the cases are rows of config/replays.tsv."""

    source: Source = "measured"
    """`measured`: on this machine, now; `published`: the raw tables of resources/published/, which is far faster."""
    cases: str = "config/replays.tsv"
    """Table of cases: one row per workload, arm, record, environment and planted defect."""
    replays_at_most: int = Field(default=1000, ge=1, le=100_000)
    """Largest number of replays of one case; a small study takes fewer than the table says."""
    batches: int = Field(default=4, ge=1, le=1000)
    """Number of jobs that share the replays."""
    environments: list[str] = Field(default=["same", "recorded", "recorded_then", "era"], min_length=1)
    """Environments of the cases to be run; the other cases are left out."""
    era: str = "envs/era.txt"
    """Requirements file behind the environment `era`: what the study of 2024 had."""
    timeout_seconds: int = Field(default=300, ge=5, le=86_400)
    """How long one replayed run may take."""
    third_party: list[str] = Field(default=[])
    """Projects of other people that are executed: rows of the table below; none unless named here."""
    third_party_projects: str = "config/third_party.tsv"
    """Table of these projects: repository, commit, what is started, and in which environment."""
    third_party_home: str = ""
    """Folder whose content they find in their otherwise empty home (they have no network to download it)."""
    third_party_memory_mib: int = Field(default=8192, ge=256, le=1_048_576)
    """How much memory each of their processes may allocate, in MiB."""
    third_party_timeout_seconds: int = Field(default=3600, ge=5, le=86_400)
    """How long one run of theirs may take."""
