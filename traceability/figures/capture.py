"""What trackers record: verdicts as a matrix, each cell divided by the launches behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from traceability.capture.tables import VERDICTS
from traceability.figures import theme

COLOURS = dict(zip(VERDICTS, (theme.PALETTE[2], theme.PALETTE[3], theme.PALETTE[1], "white"), strict=True))
HATCHES = dict(zip(VERDICTS, ("", "....", "////", ""), strict=True))
NOT_MEASURED = "not measured"
_CODE = (
    "commit", "branch", "remote", "dirty_state", "diff", "untracked_files", "entry_point", "entry_point_sha256",
)  # fmt: skip
PLUGIN = "with the plugin"
OTHERS = "commit only"


def shown_capture_matrix(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.CAPTURE_MATRIX` from results/statistics/capture_counts.tsv: the newest MLflow alone."""
    here = counts[counts["system"] == "MLflow"]
    newest = max(here["version"], key=lambda text: [int(part) for part in text.split(".")])
    columns = ["need", "ours", "field", "tracking", "version", "n", *VERDICTS, "mean_share"]
    return here[here["version"] == newest][columns].reset_index(drop=True)


def shown_launch_modes(captured: pd.DataFrame, modes: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.LAUNCH_MODES`: fields of the code for the newest MLflow, by itself and with the plugin.

    For older versions, and for runs of the client that were stamped, the commit alone.
    """
    here = captured[captured["system"] == "MLflow"]
    versions = sorted(here["version"].unique(), key=lambda text: [int(part) for part in text.split(".")])
    newest = versions[-1]
    wanted = [(part, field, newest, tracking, field)
              for part, tracking in ((f"MLflow {newest}", "params_metrics"), (PLUGIN, "plugin"))
              for field in _CODE]  # fmt: skip
    wanted += [(OTHERS, f"MLflow {version}", version, "params_metrics", "commit") for version in versions[:-1]]
    wanted += [(OTHERS, "client and stamp", newest, "stamp", "commit")]
    believed = {"params_metrics": "expected_commit", "plugin": "expected_plugin"}
    cells = {key: cell for key, cell in here.groupby(["version", "tracking", "launch_mode"])}
    rows: list[dict[str, Any]] = []
    for mode in modes.to_dict("records"):
        for part, column, version, tracking, field in wanted:
            cell = cells.get((version, tracking, mode["launch_mode"]))
            if cell is None:
                continue
            row: dict[str, Any] = {"group": mode["group"], "launch_mode": mode["launch_mode"], "part": part}
            row |= {"column": column, "verdict": None, "share": None, "expected": None, "agrees": None, "reason": None}
            found = cell[cell["field"] == field]
            if len(found):
                row |= {"verdict": found["verdict"].iloc[0], "share": found["share"].iloc[0]}
            else:
                row["reason"] = cell["reason"].iloc[0]
            if field == "commit" and version == newest and tracking in believed:
                row["expected"] = mode[believed[tracking]]
                row["agrees"] = row["verdict"] == row["expected"] if row["verdict"] else None
            rows.append(row)
    return pd.DataFrame(rows)


def shown_trackers(captured: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.TRACKERS`: the first launch modes of every tracker, parameters and metrics by explicit calls."""
    plain = captured[captured["tracking"] == "params_metrics"]
    measured = plain[plain["verdict"].notna()]
    modes = set.intersection(*(set(part["launch_mode"]) for _, part in measured.groupby(["system", "version"])))
    kept = measured[measured["launch_mode"].isin(modes)]
    fields = kept[["need", "ours", "field"]].drop_duplicates()
    rows: list[dict[str, Any]] = []
    for (system, version), part in plain.fillna({"version": ""}).groupby(["system", "version"], sort=False):
        here = kept[(kept["system"] == system) & (kept["version"] == version)]
        for about in fields.to_dict("records"):
            cell = here[here["field"] == about["field"]]
            number = {verdict: int((cell["verdict"] == verdict).sum()) for verdict in VERDICTS}
            share = float(cell["share"].mean()) if len(cell) else None
            reason = None if len(cell) else part["reason"].dropna().iloc[0]
            row: dict[str, Any] = {str(name): value for name, value in about.items()}
            row |= number | {"tracker": f"{system} {version}".strip(), "n": len(cell)}
            rows.append(row | {"mean_share": share, "reason": reason})
    return pd.DataFrame(rows)


def shown_digest_blind_spots(digests: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.DIGEST_BLIND_SPOTS` from results/capture/digests.tsv, a full SHA-256 beside."""
    rows: list[dict[str, Any]] = []
    for row in digests.to_dict("records"):
        place = {"kind": row["kind"], "change": row["change"]}
        rows.append(place | {"digest": f"MLflow {row['version']}", "seen": row["seen"]})
    first = digests[digests["version"] == digests["version"].iloc[0]]
    for row in first.to_dict("records"):
        place = {"kind": row["kind"], "change": row["change"]}
        rows.append(place | {"digest": "SHA-256", "seen": row["sha256_before"] != row["sha256_after"]})
    return pd.DataFrame(rows)


def _cell(axes: Axes, x: int, y: int, number: dict[str, float], text: str = "") -> None:
    """One cell, divided from left to right by the launches of each verdict; hatched through where there are none."""
    total = sum(number.values())
    if total == 0:
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor="#f2f2f2", edgecolor="white", lw=1))
        axes.text(x + 0.5, y + 0.5, "-", ha="center", va="center", fontsize=5.5, color=theme.MUTED)
        return
    left = float(x)
    for verdict in VERDICTS:
        width = number[verdict] / total
        if width:
            axes.add_patch(
                Rectangle((left, y), width, 1, facecolor=COLOURS[verdict], hatch=HATCHES[verdict], ec="white", lw=0)
            )
            left += width
    axes.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=theme.GRID, lw=0.8))
    if text:
        axes.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=5.5)


def _frame(axes: Axes, lines: list[str], groups: list[str], columns: list[str]) -> None:
    """Names on both axes, and a line between groups, named at the right."""
    axes.set(xlim=(0, len(columns)), ylim=(len(lines), 0))
    axes.set_xticks([i + 0.5 for i in range(len(columns))], columns, rotation=45, ha="left", rotation_mode="anchor")
    axes.set_yticks([i + 0.5 for i in range(len(lines))], [line.replace("_", " ") for line in lines])
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False, labelsize=6.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for group in dict.fromkeys(groups):
        begin, size = groups.index(group), groups.count(group)
        axes.axhline(begin, color=theme.INK, linewidth=0.7)
        axes.text(len(columns) + 0.15, begin + size / 2, group, va="center", fontsize=6.5)


def _legend(figure: Figure, names: dict[str, tuple[str, str]]) -> None:
    handles = [Patch(facecolor=colour, hatch=hatch, edgecolor=theme.MUTED, lw=0.5, label=name)
               for name, (colour, hatch) in names.items()]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=len(names))


def _verdict_legend(figure: Figure) -> None:
    _legend(figure, {verdict: (COLOURS[verdict], HATCHES[verdict]) for verdict in VERDICTS}
            | {NOT_MEASURED: ("#f2f2f2", "")})  # fmt: skip


def _matrix(rows: pd.DataFrame, column: str) -> Figure:
    """Fields by need against `column`, n under each name."""
    theme.apply()
    about = rows[["need", "field", "ours"]].drop_duplicates()
    lines = list(about["field"])
    groups = [
        need.replace("_", " ") + (" *" if ours else "") for need, ours in zip(about["need"], about["ours"], strict=True)
    ]
    names = list(dict.fromkeys(rows[column]))
    n = {name: int(rows[rows[column] == name]["n"].max()) for name in names}
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH, 1.6 + 0.17 * len(lines)))
    for row in rows.to_dict("records"):
        share = row["mean_share"]
        text = f"{share:.2f}".lstrip("0") if row["partial"] == row["n"] and row["n"] else ""
        number = {verdict: row[verdict] for verdict in VERDICTS}
        _cell(axes, names.index(row[column]), lines.index(row["field"]), number, text)
    _frame(axes, lines, groups, [f"{name.replace('_', ' ')} ({n[name]})" for name in names])
    _verdict_legend(figure)
    return figure


def draw_capture_matrix(rows: pd.DataFrame) -> Figure:
    """Fields by need against ways of tracking; a cell is divided by launch modes."""
    return _matrix(rows, "tracking")


def draw_trackers(rows: pd.DataFrame) -> Figure:
    """Fields by need against trackers."""
    return _matrix(rows, "tracker")


def draw_launch_modes(rows: pd.DataFrame) -> Figure:
    """Launch modes against fields of the code; a ring marks a commit that did not come out as expected."""
    theme.apply()
    about = rows[["group", "launch_mode"]].drop_duplicates()
    lines, parts = list(about["launch_mode"]), list(dict.fromkeys(rows["part"]))
    columns = {part: list(dict.fromkeys(rows[rows["part"] == part]["column"])) for part in parts}
    figure, panels = plt.subplots(
        1, len(parts), figsize=(theme.PAGE_WIDTH, 2.1 + 0.16 * len(lines)), squeeze=False,
        width_ratios=[len(columns[part]) for part in parts],
    )  # fmt: skip
    found = {(row["launch_mode"], row["part"], row["column"]): row for row in rows.to_dict("records")}
    for axes, part in zip(panels[0], parts, strict=True):
        for y, mode in enumerate(lines):
            for x, name in enumerate(columns[part]):
                row = found.get((mode, part, name), {})
                verdict = row.get("verdict")
                text = f"{row['share']:.2f}".lstrip("0") if verdict == "partial" else ""
                _cell(axes, x, y, {known: float(verdict == known) for known in VERDICTS}, text)
                if row.get("agrees") is False:
                    axes.plot(x + 0.5, y + 0.5, "o", markerfacecolor="none", color=theme.INK)
        _frame(axes, lines, list(about["group"]) if part == parts[-1] else [], [_words(x) for x in columns[part]])
        axes.set_xlabel(part, fontsize=7)
        if part != parts[0]:
            axes.set_yticklabels([])
        for begin in (list(about["group"]).index(group) for group in dict.fromkeys(about["group"])):
            axes.axhline(begin, color=theme.INK, linewidth=0.7)
    _verdict_legend(figure)
    return figure


def _words(name: str) -> str:
    return name.replace("_", " ")


def draw_digest_blind_spots(rows: pd.DataFrame) -> Figure:
    """Changes of data against digests: seen or not."""
    theme.apply()
    about = rows[["kind", "change"]].drop_duplicates()
    lines, names = list(about.itertuples(index=False, name=None)), list(dict.fromkeys(rows["digest"]))
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.75, 1.2 + 0.16 * len(lines)))
    for row in rows.to_dict("records"):
        x, y = names.index(row["digest"]), lines.index((row["kind"], row["change"]))
        seen = row["seen"]
        if pd.isna(seen):
            _cell(axes, x, y, dict.fromkeys(VERDICTS, 0.0))
        else:
            _cell(
                axes, x, y, {verdict: float(verdict == ("correct" if seen else "misleading")) for verdict in VERDICTS}
            )
    _frame(axes, [change for _, change in lines], [kind for kind, _ in lines], names)
    same = (COLOURS["misleading"], HATCHES["misleading"])
    _legend(figure, {"change seen": (COLOURS["correct"], ""), "same digest": same, "no digest": ("#f2f2f2", "")})
    return figure
