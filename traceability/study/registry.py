"""Every table the study writes is declared once, validated where it is written and documented from its declaration.

A chapter declares its tables in `traceability/<chapter>/tables.py` as module-level `Table` objects. Columns marked
`volatile` (run ids, times, seconds, host, user) are the ones that may differ between two runs of the workflow.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceability.errors import StudyError
from traceability.runtime.files import replacing
from traceability.study import plain_tables
from traceability.study.plain_tables import Column

if TYPE_CHECKING:  # declarations are imported where the workflow is read, which needs no pandas
    import pandas as pd

CHAPTERS = (
    "datasets",
    "tracking",
    "training",
    "replay",
    "capture",
    "storage",
    "corpus",
    "public_records",
    "statistics",
    "figures",
    "paper",
    "reproduction",
    "audit",
)


@dataclass(frozen=True)
class Table:
    """A declared table: `name` is its path below results/, its ending (.tsv or .parquet) its format.

    A table that people write is named by its path from the repository's root (config/arms.tsv).
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    #: Further columns may follow the declared ones (e.g. one per metric); they are written as they are.
    open: bool = False

    @property
    def column_names(self) -> list[str]:
        """Declared column names, in order."""
        return [column.name for column in self.columns]

    @property
    def stable_columns(self) -> list[str]:
        """Columns that must be the same in two runs of the workflow on one machine."""
        return [column.name for column in self.columns if not column.volatile]

    def validate(self, frame: pd.DataFrame, where: Path | str) -> pd.DataFrame:
        """Return `frame` with the declared columns, in order and of their types.

        Raises `StudyError` naming the file, the column and what was expected of it.
        """
        import pandera.pandas as pa

        missing = [name for name in self.column_names if name not in frame.columns]
        if missing:
            raise StudyError(
                f"{where}: column '{missing[0]}' is missing (expected: {', '.join(self.column_names)}); "
                "remove the file and run its rule again"
            )
        extra = [name for name in frame.columns if name not in self.column_names]
        if extra and not self.open:
            raise StudyError(
                f"{where}: column '{extra[0]}' is not declared for {self.name}; declare it in its tables.py"
            )
        schema = pa.DataFrameSchema({c.name: c.schema() for c in self.columns}, unique=list(self.key) or None)
        try:
            checked = schema.validate(frame[self.column_names + (extra if self.open else [])], lazy=True)
        except pa.errors.SchemaErrors as error:
            case = error.failure_cases.iloc[0]
            raise StudyError(
                f"{where}: column '{case['column']}' fails {case['check']} with {case['failure_case']!r}; "
                f"see the declaration of {self.name}"
            ) from None
        return checked

    def write(self, frame: pd.DataFrame | Sequence[dict[str, Any]], path: Path | str) -> None:
        """Validate and write `frame`, whole or not at all."""
        import pandas as pd

        if not isinstance(frame, pd.DataFrame):
            frame = pd.DataFrame(list(frame), columns=None if frame else self.column_names)
        checked = self.validate(frame, path)
        with replacing(path) as temporary:
            if Path(path).suffix == ".parquet":
                checked.to_parquet(temporary, index=False)
            else:
                checked.to_csv(temporary, sep="\t", index=False, lineterminator="\n")

    def read(self, path: Path | str) -> pd.DataFrame:
        """Read and validate a table."""
        return self.validate(read_frame(path, {c.name: plain_tables.DTYPES[c.kind] for c in self.columns}), path)

    def rows(self, path: Path | str) -> list[dict[str, Any]]:
        """Read a table as plain Python rows; a missing cell is None. A TSV is read and checked without pandas."""
        if Path(path).suffix == ".tsv":
            return plain_tables.read(Path(path), self.name, self.columns, self.key, self.open)
        frame = self.read(path).astype(object)
        return frame.where(frame.notna(), None).to_dict("records")  # type: ignore[return-value]


def read_frame(path: Path | str, dtypes: dict[str, Any] | None = None) -> pd.DataFrame:
    """Read a TSV or Parquet file; only an empty cell is missing. A file that cannot be read is a `StudyError`."""
    import pandas as pd

    path = Path(path)
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, sep="\t", dtype=dtypes, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise StudyError(f"{path}: no such table; check its name, or run the rule that makes it first") from None
    except (ValueError, OSError) as error:
        raise StudyError(f"{path}: cannot be read as a table ({str(error).splitlines()[0]})") from None


def all_tables() -> Iterator[tuple[str, Table]]:
    """Every declared table with its chapter, in reading order."""
    for chapter in CHAPTERS:
        name = f"traceability.{chapter}.tables"
        if importlib.util.find_spec(f"traceability.{chapter}") is None or importlib.util.find_spec(name) is None:
            continue
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Table):
                yield chapter, value
