"""Configuration of the corpus chapter."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from traceability.study.settings import Settings


class Section(Settings):
    """GitHub projects to scan, and where their code comes from."""

    projects: str = "config/projects.tsv"
    """Table of pinned projects: repository, commit, frame, ..."""
    source: Literal["published", "git"] = "published"
    """`published`: the committed observations; `git`: fetch every project and scan afresh."""
    url_template: str = "https://github.com/{repository}.git"
    """Where a project's git repository is; `{repository}` is owner/name, `{owner}` and `{name}` its parts."""
    verify: int = Field(default=0, ge=0, le=100_000)
    """With `published`: how many randomly drawn projects to fetch and scan again for comparison."""
    verify_seed: int = Field(default=20240115, ge=0, le=2**32 - 1)
    """Seed of that draw."""
    batch_size: int = Field(default=20, ge=1, le=1000)
    """Projects that one job fetches or scans."""
    labels: str = "resources/labels/development.tsv"
    """Hand labels of projects of the corpus (the development set)."""
    queries: list[str] = Field(default=["topic:mlflow-project", "topic:mlflow-projects"], min_length=1)
    """What `list_projects` asks GitHub's search for (only on request)."""
    api_url: str = "https://api.github.com"
    """Address of GitHub's interface for `list_projects`."""
    listing: str = "results/corpus/listed.tsv"
    """What `sample_projects` makes a table of projects from (only on request): a table as `list_projects` writes it."""
