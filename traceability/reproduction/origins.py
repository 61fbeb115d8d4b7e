"""Which published numbers there are, and what of the configuration a number depends on.

The numbers of the paper lie in `resources/published/paper/`; those of the study's own trainings on Fashion-MNIST are
read from the table that statistics make of `resources/published/training_fashion/`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from traceability.errors import StudyError, nearest

if TYPE_CHECKING:
    import pandas as pd

#: Chapters that measure, and statistics, whose sections of the configuration a published number may depend on.
SECTIONS = ("training", "replay", "capture", "storage", "corpus", "statistics")
FASHION = "training_fashion"
#: The chapters whose raw tables each table of a number is made of; all of a chapter's own tables are its own.
ORIGINS: Mapping[str, tuple[str, ...]] = {
    "statistics/arms.tsv": ("training",),
    "statistics/churn.tsv": ("training",),
    "statistics/components.tsv": ("training",),
    "statistics/costs.tsv": ("training",),
    "statistics/regression_targets.tsv": ("training", "replay"),
    "statistics/contrasts.tsv": ("training", "replay"),
    "statistics/expectations.tsv": ("training", "capture", "replay", "storage", "corpus"),
    "statistics/power.tsv": ("statistics",),
    "statistics/contexts.tsv": ("corpus",),
    "statistics/corpus_shares.tsv": ("corpus",),
    "statistics/usage_shares.tsv": ("corpus",),
    "statistics/replay_funnel.tsv": ("replay",),
    "statistics/replay_predictions.tsv": ("training", "replay"),
    "statistics/fashion_arms.tsv": (FASHION,),
}
#: Settings that change what a number of the chapter is, and not only how many observations are behind it.
DECISIVE: Mapping[str, tuple[str, ...]] = {"training": ("epochs", "cost_epochs"), FASHION: ("epochs", "share")}
#: Settings that change no number: where things lie, how long is waited, how work is shared out.
_IDLE = frozenset({
    "source", "batches", "batch_size", "timeout_seconds", "api_url", "url_template", "listing", "swift", "postgresql",
    "third_party_home", "verify", "verify_seed",
})  # fmt: skip
#: Shares of replays that depend on which arms and defects are planned, and not on the record alone.
MIXED = re.compile(r"helped\..*\.(same_result|bitwise)|replays\.all")
#: Metrics of the trainings on Fashion-MNIST that are compared.
FASHION_METRICS = ("test_accuracy", "val_accuracy")


def of_table(table: str) -> tuple[str, ...]:
    """The measuring chapters behind a number's table (its path below results/, or `config: ...` for a setting)."""
    name = table.removeprefix("results/")
    chapter = name.partition("/")[0]
    if name in ORIGINS:
        return ORIGINS[name]
    if chapter in SECTIONS and chapter != "statistics":
        return (chapter,)
    if name.startswith("config:"):
        return ("statistics",)
    raise StudyError(f"traceability/reproduction: which chapters make {name}? {nearest(name, ORIGINS)}")


def same_size(published: Mapping[str, Mapping[str, Any]], here: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Chapters whose settings are those of the published run, but for settings that change no number."""
    return {
        name
        for name in published
        if name in here
        and {key: value for key, value in published[name].items() if key not in _IDLE}
        == {key: value for key, value in here[name].items() if key not in _IDLE}
    }


def unlike(published: Mapping[str, Mapping[str, Any]], here: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Chapters whose values are not comparable with the published ones, with the reason."""
    found = {}
    for chapter, keys in DECISIVE.items():
        for key in keys:
            one, two = published.get(chapter, {}).get(key), here.get(chapter, {}).get(key)
            if one is not None and two is not None and one != two:
                found[chapter] = f"{key} is {two:g} here, {one:g} in the published run"
                break
    return found


def fashion_numbers(arms: pd.DataFrame, confidence: float) -> dict[str, dict[str, Any]]:
    """Numbers of the trainings on Fashion-MNIST, as entries of numbers.json, from a table of arms (statistics)."""
    made: dict[str, dict[str, Any]] = {}
    own = arms[arms["workload"] == "fashion_mnist_mlp"]
    counted = own["metric"].isin(FASHION_METRICS) & (own["metric_n"] > 0) & own["distinct_weights"].notna()
    for row in own[counted].to_dict("records"):
        name, shared = f"fashion.{row['arm']}", {"label": None, "table": "results/statistics/fashion_arms.tsv"}
        made[f"{name}.distinct"] = shared | {
            "value": int(row["distinct_weights"]), "n": int(row["n"]), "low": None, "high": None, "unit": "count",
            "compared": "exact", "scale": "distinct",
        }  # fmt: skip
        spread = shared | {"n": int(row["units"]), "unit": "share", "compared": "interval", "scale": "share"}
        made[f"{name}.{row['metric']}.sd"] = spread | {
            "value": _number(row["sd"]),
            "low": _number(row["sd_low"]),
            "high": _number(row["sd_high"]),
        }
        low, high = _mean_interval(row, confidence)
        made[f"{name}.{row['metric']}.mean"] = spread | {"value": _number(row["mean"]), "low": low, "high": high}
    return dict(sorted(made.items()))


def _mean_interval(row: Mapping[Any, Any], confidence: float) -> tuple[float | None, float | None]:
    """Student's interval of a mean."""
    from scipy import stats

    mean, sd, n = _number(row["mean"]), _number(row["sd"]), int(row["units"])
    if mean is None or sd is None or n < 2:
        return None, None
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * sd / math.sqrt(n)
    return mean - half, mean + half


def _number(value: Any) -> float | None:
    """A cell as a number that JSON knows; None for an empty one."""
    import pandas as pd

    return None if pd.isna(value) else float(value)
