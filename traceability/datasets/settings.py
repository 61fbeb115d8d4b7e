"""Configuration of the datasets chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings


class Section(Settings):
    """Data sets to prepare and where remote ones come from."""

    names: list[str] = Field(default=["diabetes", "digits", "fashion_mnist"], min_length=1)
    """Data sets to prepare; rows of the table of data sets."""
    table: str = "config/datasets.tsv"
    """Table of data sets: one row per data set."""
    mirror: str = Field(default="", pattern=r"^(https?://.*\{file\}.*)?$")
    """URL template used instead of the table's; `{dataset}` and `{file}` are replaced. Empty: the table's own URL."""
    folders: list[str] = Field(default=["/usr/share/datasets/fashion-mnist"])
    """Folders of this machine that are looked into before anything is downloaded; the default is where Debian's package
    dataset-fashion-mnist puts its files."""
    cache: str = ""
    """Folder for downloaded files, shared between runs; empty means the user's cache directory."""
    timeout_seconds: float = Field(default=60, gt=0, le=3600)
    """How long a download may stay silent before it is tried again."""
    attempts: int = Field(default=4, ge=1, le=20)
    """How often a download is tried, with a growing pause between, before it fails."""
