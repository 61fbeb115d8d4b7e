"""Configuration of the statistics chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings


class Section(Settings):
    """Intervals and resampling."""

    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """Confidence level of every interval."""
    resamples: int = Field(default=2000, ge=100, le=1_000_000)
    """Bootstrap resamples."""
    seed: int = Field(default=20240115, ge=0, le=2**32 - 1)
    """Seed of every bootstrap."""
    plan: str = "config/preregistration.yaml"
    """Hypotheses, margins and families, committed before the data."""
