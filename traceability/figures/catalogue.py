"""Every figure of the study by name: which module draws it, from which values, under which title.

A figure's module is imported only when the figure is drawn, so an edit of one module draws only its figures again.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import StudyError, nearest
from traceability.figures import tables, theme
from traceability.study.registry import Table, read_frame


@dataclass(frozen=True)
class Entry:
    """One figure: `shown` makes the table of its values out of the frames that a rule gives, `draw` the picture."""

    module: str
    title: str
    table: Table
    shown: str = "shown"
    draw: str = "draw"
    #: The first of how many frames hold the values; the next one, if any, names the source of the corpus.
    frames: int = 1
    #: Columns that are read as text whatever they look like, such as a version.
    texts: tuple[str, ...] = ()


FIGURES = {
    "arms": Entry("arms", "Spread of repeated runs per arm", tables.ARMS, frames=2),
    "capture_matrix": Entry(
        "capture", "What each way of using MLflow records", tables.CAPTURE_MATRIX, "shown_capture_matrix",
        "draw_capture_matrix", texts=("version",),
    ),
    "components": Entry("components", "Sources of variance", tables.COMPONENTS),
    "contexts": Entry("contexts", "Use of MLflow by how far projects are maintained", tables.CONTEXTS),
    "corpus": Entry("corpus", "What else the corpus shows of MLflow's use", tables.CORPUS),
    "costs": Entry("costs", "Cost of tracking and determinism", tables.COSTS, frames=2),
    "digest_blind_spots": Entry(
        "capture", "Which changes of data a digest sees", tables.DIGEST_BLIND_SPOTS, "shown_digest_blind_spots",
        "draw_digest_blind_spots", texts=("version",),
    ),
    "launch_modes": Entry(
        "capture", "What is recorded of the code, by launch mode", tables.LAUNCH_MODES, "shown_launch_modes",
        "draw_launch_modes", frames=2, texts=("version",),
    ),
    "public_advice": Entry(
        "public_records", "What one more recorded thing would lift", tables.PUBLIC_ADVICE, "shown_advice", "draw_advice"
    ),
    "public_fields": Entry(
        "public_records", "What public records hold, by need", tables.PUBLIC_FIELDS, "shown_fields", "draw_fields"
    ),
    "public_funnel": Entry(
        "public_records", "How far public records lead", tables.PUBLIC_FUNNEL, "shown_funnel", "draw_funnel"
    ),
    "public_levels": Entry(
        "public_records", "Levels of public records by year", tables.PUBLIC_LEVELS, "shown_levels", "draw_levels"
    ),
    "published_runs": Entry(
        "published_runs", "The study's three published trainings among ours", tables.PUBLISHED_RUNS, frames=2
    ),
    "replay_funnel": Entry("replay", "Stages that replays reach from the record alone", tables.REPLAY_FUNNEL),
    "reproduction": Entry("reproduction", "Published numbers and those of this run", tables.REPRODUCTION),
    "storage_cost": Entry(
        "storage", "Cost of logging, relative to SQLite", tables.STORAGE_COST, "shown_cost", "draw_cost"
    ),
    "storage_load": Entry(
        "storage", "Acknowledged points per second over the number of writers", tables.STORAGE_LOAD, "shown_load",
        "draw_load",
    ),
    "storage_map": Entry(
        "storage", "Where each entity lies in each storage set-up", tables.STORAGE_MAP, "shown_map", "draw_map"
    ),
    "trackers": Entry(
        "capture", "What each tracker records of the same experiment", tables.TRACKERS, "shown_trackers",
        "draw_trackers", texts=("version",),
    ),
    "usage": Entry("usage", "Share of projects that use MLflow's logging functions", tables.USAGE),
    "usage_by_group": Entry(
        "corpus", "Use of MLflow's logging functions by kind of project and by frame", tables.USAGE_BY_GROUP, "grouped",
        "draw_groups", frames=2,
    ),
}  # fmt: skip


def plot(name: str, sources: Sequence[Path], figure: Path, table: Path) -> None:
    """Write the figure `name` of the tables `sources`, and the values it shows.

    Raises `StudyError` when no figure has this name, or when it is drawn from another number of tables.
    """
    if name not in FIGURES:
        raise StudyError(
            f"figure '{name}' is not declared in traceability/figures/catalogue.py; {nearest(name, FIGURES)}"
        )
    entry = FIGURES[name]
    frames = [read_frame(path, dict.fromkeys(entry.texts, "str")) for path in sources]
    if len(frames) < entry.frames:
        raise StudyError(f"figure '{name}' is drawn from {entry.frames} tables, its rule gives {len(frames)}")
    module = importlib.import_module(f"traceability.figures.{entry.module}")
    values = getattr(module, entry.shown)(*frames[: entry.frames])
    rows = entry.table.validate(values[entry.table.column_names], table)
    entry.table.write(rows, table)
    about = [str(frame["source"].iloc[0]) for frame in frames[entry.frames :]]
    theme.save(getattr(module, entry.draw)(rows, *about), figure, title=entry.title)
