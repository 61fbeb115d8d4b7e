"""Declared TSV tables read with the standard library: what the workflow looks at before any environment is there."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from traceability.errors import StudyError

if TYPE_CHECKING:
    import pandera.pandas as pa

Kind = Literal["str", "int", "float", "bool"]
DTYPES: dict[Kind, Any] = {"str": "str", "int": "Int64", "float": "float64", "bool": "boolean"}


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means (with its unit), and what is allowed in it."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    volatile: bool = False
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def schema(self) -> pa.Column:
        """The pandera column that checks this declaration."""
        import pandera.pandas as pa

        checks = []
        if self.values:
            checks.append(pa.Check.isin(self.values))
        if self.minimum is not None:
            checks.append(pa.Check.ge(self.minimum))
        if self.maximum is not None:
            checks.append(pa.Check.le(self.maximum))
        return pa.Column(
            DTYPES[self.kind], checks=checks, nullable=self.nullable, description=self.meaning, coerce=True
        )


_WORDS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def read(
    path: Path, name: str, columns: Sequence[Column], key: Sequence[str], with_others: bool
) -> list[dict[str, Any]]:
    """The rows of `path` in the types of `columns`; an empty cell is None. `name` is the declared table's.

    Raises `StudyError` in one line, as the table does for a data frame.
    """
    header, lines = cells(path)
    names = [column.name for column in columns]
    missing = [one for one in names if one not in header]
    if missing:
        raise StudyError(
            f"{path}: column '{missing[0]}' is missing (expected: {', '.join(names)}); "
            "remove the file and run its rule again"
        )
    extra = [one for one in header if one not in names]
    if extra and not with_others:
        raise StudyError(f"{path}: column '{extra[0]}' is not declared for {name}; declare it in its tables.py")
    named = [dict(zip(header, line, strict=True)) for line in lines]
    rows: list[dict[str, Any]] = [
        {column.name: _value(column, row[column.name], path, name) for column in columns}
        | {one: row[one] or None for one in extra}
        for row in named
    ]
    again = Counter(tuple(row[one] for one in key) for row in rows).most_common(1)
    if key and again and again[0][1] > 1:
        raise StudyError(
            f"{path}: {again[0][1]} rows have the same {', '.join(key)} ({', '.join(map(str, again[0][0]))}); "
            f"see the declaration of {name}"
        )
    return rows


def cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and the cells of each line, all of one length."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [line for line in csv.reader(stream, delimiter="\t", strict=True) if line]
    except FileNotFoundError:
        raise StudyError(f"{path}: no such table; check its name, or run the rule that makes it first") from None
    except (ValueError, OSError, csv.Error) as error:
        raise StudyError(f"{path}: cannot be read as a table ({str(error).splitlines()[0]})") from None
    if not lines:
        raise StudyError(f"{path}: cannot be read as a table (it is empty)")
    header, rest = lines[0], lines[1:]
    for number, line in enumerate(rest, 2):
        if len(line) > len(header):
            raise StudyError(
                f"{path}: cannot be read as a table (row {number} has {len(line)} cells, expected {len(header)})"
            )
        line.extend([""] * (len(header) - len(line)))
    return header, rest


def _value(column: Column, cell: str, path: Path, name: str) -> Any:
    """A cell as its column's type."""
    if not cell:
        if column.nullable:
            return None
        raise StudyError(f"{path}: column '{column.name}' has an empty cell; see the declaration of {name}")
    try:
        value = _converted(column, cell)
    except (ValueError, KeyError):
        value = None
    if value is None or not _allowed(column, value):
        raise StudyError(
            f"{path}: column '{column.name}' fails {_expected(column)} with {cell!r}; see the declaration of {name}"
        )
    return value


def _converted(column: Column, cell: str) -> Any:
    if column.kind == "int":
        number = float(cell)
        return int(cell) if cell.lstrip("+-").isdigit() else int(number) if number.is_integer() else None
    if column.kind == "float":
        return float(cell)
    return _WORDS[cell.lower()] if column.kind == "bool" else cell


def _allowed(column: Column, value: Any) -> bool:
    inside: Iterable[bool] = (
        not column.values or value in column.values,
        column.minimum is None or value >= column.minimum,
        column.maximum is None or value <= column.maximum,
    )
    return all(inside)


def _expected(column: Column) -> str:
    """What a column's cells must be."""
    parts: list[str] = [column.kind]
    parts += [f"one of {', '.join(column.values)}"] if column.values else []
    parts += [f"at least {column.minimum:g}"] if column.minimum is not None else []
    parts += [f"at most {column.maximum:g}"] if column.maximum is not None else []
    return f"'{', '.join(parts)}'"
