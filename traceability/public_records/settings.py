"""Configuration of the chapter on public records."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from traceability.study.settings import Settings


class Section(Settings):
    """MLflow records that public repositories commit, and where they are read."""

    stores: str = "config/public_stores.tsv"
    """Table of the stores: repository, commit, path, kind, frame, date."""
    source: Literal["published", "git"] = "published"
    """`published`: the committed observations; `git`: fetch the record files of every repository and audit afresh."""
    url_template: str = "https://github.com/{repository}.git"
    """Where a repository is; `{repository}` is owner/name, `{owner}` and `{name}` its parts."""
    listing: str = "results/public_records/listing.tsv"
    """What `list_public_stores` makes a table of stores from (only on request): commit, frame, date, seen."""
    verify: int = Field(default=0, ge=0, le=100_000)
    """With `published`: how many randomly drawn repositories to fetch and audit again for comparison."""
    verify_seed: int = Field(default=20240115, ge=0, le=2**32 - 1)
    """Seed of that draw."""
    batch_size: int = Field(default=20, ge=1, le=1000)
    """Repositories that one job fetches or audits."""
    largest_mib: int = Field(default=1024, ge=1, le=65_536)
    """Largest database or other record file that is read, in MiB."""
    resolve: bool = False
    """With `git`: ask the package index whether the recorded requirements still resolve; else the published answers."""
    resolve_seconds: float = Field(default=120.0, gt=0, le=3600)
    """Seconds that one such question may take."""
