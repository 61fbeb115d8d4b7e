"""Numbers of the text, each read from one declared table; a row that is not there is said, never filled in."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from traceability.errors import StudyError, nearest
from traceability.study import registry

if TYPE_CHECKING:
    import pandas as pd

Take = Literal["value", "count", "sum", "max", "min", "distinct"]
#: How a number is compared with a published one: it must be equal, or fits by intervals, or is a cost of this machine.
Compared = Literal["exact", "interval", "machine"]
Unit = Literal["count", "share", "ratio", "value", "milliseconds", "word", "level"]
#: Significant digits of a number: the last ones of a double differ from processor to processor.
DIGITS = 12
#: Column -> the value that its cell must have, or several of them; an empty text asks for an empty cell.
Filter = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Number:
    """One number of the text.

    `where` chooses rows of `table`. `take` says what is made of them: the `value` of `column` in the one row; the
    `count` of rows that also fit `among`; the `sum`, the largest (`max`), the smallest (`min`), or how many `distinct`
    ones. `n`, `low` and `high` name the columns beside it (of a sum, `n` is summed too); for counts n is the number of
    rows that `where` chose.
    """

    name: str
    table: str
    unit: Unit
    column: str = ""
    where: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    take: Take = "value"
    among: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    n: str = ""
    low: str = ""
    high: str = ""
    #: Column that names the row of a `max` or `min`.
    label: str = ""
    machine: bool = False
    """Whether it is a cost: what another machine may well have otherwise."""
    chance: bool = False
    """Whether chance, or how this processor rounds, decides each of the n cases: a count compared as a share of n."""

    @property
    def compared(self) -> Compared:
        """How it is compared with a published value of the same number."""
        if self.machine:
            return "machine"
        return "interval" if self.chance or self.low or self.unit in ("ratio", "value", "share") else "exact"

    @property
    def scale(self) -> str:
        """What a count is a count of: a `share` of n rows, the `distinct` results of n, or the `size` of the study."""
        if self.take == "count" or self.chance:
            return "share"
        return "distinct" if self.column.startswith("distinct") else "size"

    @property
    def columns(self) -> list[str]:
        """Every column of the table that is looked at."""
        named = (self.column, self.n, self.low, self.high, self.label, *self.where, *self.among)
        return list(dict.fromkeys(name for name in named if name))


@functools.cache
def _tables() -> dict[str, registry.Table]:
    return {table.name: table for _, table in registry.all_tables()}


def declared_table(name: str) -> registry.Table:
    """The declaration of a table, by its path below results/."""
    tables = _tables()
    if name not in tables:
        raise StudyError(f"traceability/paper: no table {name} is declared; {nearest(name, tables)}")
    return tables[name]


def collect(numbers: Iterable[Number], root: Path) -> dict[str, dict[str, Any]]:
    """Value, n and interval of every number, by name; `root` is the folder that holds results/.

    A number whose rows are not there has the value None. Raises `StudyError` for a table that is not there or holds
    other columns than declared, for a name declared twice, and where one row was expected and several are found.
    """
    frames: dict[str, pd.DataFrame] = {}
    entries: dict[str, dict[str, Any]] = {}
    for number in numbers:
        if number.name in entries:
            raise StudyError(f"traceability/paper: the number '{number.name}' is declared twice")
        if number.table not in frames:
            frames[number.table] = declared_table(number.table).read(root / "results" / number.table)
        entries[number.name] = _entry(number, frames[number.table])
    return entries


def setting(value: float, unit: Unit, source: str) -> dict[str, Any]:
    """An entry for a number that is chosen, not measured."""
    return dict.fromkeys(("n", "low", "high", "label")) | {
        "value": value, "unit": unit, "table": source, "compared": "exact", "scale": "size",
    }  # fmt: skip


def fitting(frame: pd.DataFrame, wanted: Mapping[str, str | tuple[str, ...]]) -> pd.DataFrame:
    """The rows whose cells are as wanted, compared as text; an empty cell is an empty text."""
    for column, value in wanted.items():
        allowed = (value,) if isinstance(value, str) else value
        frame = frame[frame[column].astype("object").where(frame[column].notna(), "").astype(str).isin(allowed)]
    return frame


def _entry(number: Number, frame: pd.DataFrame) -> dict[str, Any]:
    rows = fitting(frame, number.where)
    entry: dict[str, Any] = dict.fromkeys(("value", "n", "low", "high", "label"))
    entry |= {"unit": number.unit, "table": f"results/{number.table}", "compared": number.compared,
              "scale": number.scale}  # fmt: skip
    if rows.empty:
        return entry
    if number.take == "count":
        return entry | {"value": len(fitting(rows, number.among)), "n": len(rows)}
    rows = fitting(rows, number.among)
    rows = rows[rows[number.column].notna()]
    if rows.empty:
        return entry
    if number.take == "sum":
        return entry | {
            "value": _plain(rows[number.column].sum()),
            "n": int(rows[number.n].sum()) if number.n else len(rows),
        }
    if number.take == "distinct":
        return entry | {"value": int(rows[number.column].nunique()), "n": len(rows)}
    if number.take in ("max", "min"):
        at = rows[number.column].idxmax() if number.take == "max" else rows[number.column].idxmin()
        rows = rows.loc[[at]]
    if len(rows) > 1:
        raise StudyError(
            f"{number.table}: '{number.name}' needs one row where {dict(number.where)}, but {len(rows)} fit; "
            "narrow its filter in traceability/paper/number_table.py"
        )
    row = rows.iloc[0]
    beside = {name: _plain(row[column]) for name in ("n", "low", "high", "label") if (column := getattr(number, name))}
    return entry | {"value": _plain(row[number.column])} | beside


def _plain(value: Any) -> Any:
    """A value that JSON knows, to as many digits as another processor computes too."""
    import pandas as pd

    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    plain = value.item() if hasattr(value, "item") else value
    return float(f"{plain:.{DIGITS}g}") if isinstance(plain, float) and math.isfinite(plain) else plain
