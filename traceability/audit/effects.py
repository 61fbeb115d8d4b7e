"""What changed between two runs: each metric, its size, and whether repeated runs differ by as much anyway."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from traceability.audit import names as called
from traceability.audit import sources
from traceability.stores import record_fields
from traceability.stores.record_fields import Run

#: Fewer runs than this show no spread.
LEAST = 3
#: Differences of single runs up to this many standard deviations are what repeated runs show too.
WIDTH = 2.0


@dataclass(frozen=True)
class Effect:
    """One metric of the two runs. `within` is None where too few repeated runs show the spread."""

    name: str
    a: float
    b: float
    runs: tuple[int, int] = (0, 0)
    spread: float | None = None
    within: bool | None = None

    @property
    def difference(self) -> float:
        """Second minus first."""
        return self.b - self.a

    def words(self) -> str:
        """The effect in one line."""
        said = f"{self.name}: {self.a!r} -> {self.b!r}"
        if math.isfinite(self.difference):
            said += f" ({self.difference:+.6g}"
            said += f", {100 * self.difference / abs(self.a):+.3g} %)" if self.a else ")"
        if self.within is None or self.spread is None:
            return said
        verdict = "within" if self.within else "beyond"
        return f"{said}; {verdict} the spread of {self.runs[0]} and {self.runs[1]} repeated runs (SD {self.spread:.3g})"

    def as_json(self) -> dict[str, Any]:
        """The effect for JSON, in which what is not finite is text."""
        shown = {key: value if math.isfinite(value) else repr(value) for key, value in (("a", self.a), ("b", self.b))}
        difference = self.difference if math.isfinite(self.difference) else None
        return {"name": self.name, **shown, "difference": difference, "repeated_runs": list(self.runs),
                "standard_deviation": self.spread, "within_spread": self.within}  # fmt: skip


@dataclass
class Group:
    """Repeated runs: those of one experiment with the code and parameters of one run, and their metrics."""

    key: tuple[Any, ...]
    metrics: dict[str, list[float]]
    size: int = 0


def key_of(run: Run, with_seeds: bool) -> tuple[Any, ...]:
    """What runs that repeat each other have in common: experiment, code, and parameters with or without seeds."""
    ours = record_fields.written_by_plugin(run.tags)
    code = sources.code_of(run, ours)
    params = tuple(sorted((k, v) for k, v in run.params.items() if with_seeds or not called.is_seed(k)))
    changes = (code.dirty, ours.get("diff_sha256", ""), ours.get("entry_point_sha256", ""))
    return run.experiment_id, code.commit, code.source, code.entry_point, changes, params


def same_seeds(a: Run, b: Run) -> bool:
    """Whether two runs recorded the same seeds."""
    return called.seeds(a.params) == called.seeds(b.params)


def group(run: Run, others: Iterable[Run], with_seeds: bool) -> Group:
    """The runs among `others` (of the same store) that repeat `run`, and `run` itself."""
    found = Group(key_of(run, with_seeds), {})
    for other in others:
        same = other.run_id == run.run_id or (
            other.status in ("FINISHED", "") and other.experiment_id == run.experiment_id
            and key_of(other, with_seeds) == found.key
        )  # fmt: skip
        if same:
            found.size += 1
            for name, value in other.metrics.items():
                found.metrics.setdefault(name, []).append(value)
    return found


def effects(a: Mapping[str, float], b: Mapping[str, float], groups: tuple[Group, Group] | None) -> list[Effect]:
    """The metrics that differ, those beyond the spread first, then by the size of the difference."""
    found = []
    for name in sorted(a.keys() & b.keys()):
        if not (a[name] == b[name] or (math.isnan(a[name]) and math.isnan(b[name]))):
            found.append(_effect(name, float(a[name]), float(b[name]), groups))
    return sorted(found, key=lambda one: (one.within is True, -_relative(one), one.name))


def _effect(name: str, a: float, b: float, groups: tuple[Group, Group] | None) -> Effect:
    values = [[v for v in one.metrics.get(name, []) if math.isfinite(v)] for one in groups] if groups else [[], []]
    sizes = (len(values[0]), len(values[1]))
    if min(sizes) < LEAST or not math.isfinite(b - a):
        return Effect(name, a, b, sizes)
    # The difference of two single runs varies by both standard deviations.
    spread = math.hypot(*(statistics.stdev(one) for one in values))
    return Effect(name, a, b, sizes, spread, abs(b - a) <= WIDTH * spread)


def _relative(one: Effect) -> float:
    if not math.isfinite(one.difference):
        return math.inf
    return abs(one.difference) / max(abs(one.a), abs(one.b))
