"""Configuration of the capture chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings, Source


class Section(Settings):
    """What trackers record, against the truth; what is launched are rows of config/captures.tsv."""

    source: Source = "measured"
    """`measured`: on this machine, now; `published`: the raw tables of resources/published/, which is far faster."""
    blocks: str = "config/captures.tsv"
    """Table of what is launched: a row is a tracker with launch modes and ways of tracking."""
    modes: str = "config/launch_modes.tsv"
    """Table of launch modes."""
    trackings: str = "config/trackings.tsv"
    """Table of ways of tracking."""
    trackers: str = "config/trackers.tsv"
    """Table of trackers with the locked requirements of each."""
    use: list[str] = Field(
        default=["mlflow_3", "mlflow_2", "sacred", "wandb", "dvclive", "aim", "clearml", "guildai"], min_length=1
    )
    """Trackers to be measured, rows of the table; the first one is the one that others are compared with."""
    batches: int = Field(default=3, ge=1, le=1000)
    """Number of jobs that share the launches."""
    timeout_seconds: int = Field(default=120, ge=5, le=86_400)
    """How long one launch may take."""
