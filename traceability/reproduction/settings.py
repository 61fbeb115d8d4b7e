"""Configuration of the reproduction chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings


class Section(Settings):
    """The numbers of this run beside the published ones."""

    factor: float = Field(default=3.0, gt=1, le=100)
    """Costs (seconds, and ratios of seconds) agree when neither is more than so many times the other."""
