"""The paper as PDF: the same bytes for the same text, numbers and figures, wherever and whenever it is made."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime.files import replacing

MAIN = "study.typ"


def compile_pdf(sources: Iterable[Path], numbers: Path, figures: Iterable[Path], pdf: Path) -> None:
    """Typeset `MAIN`, one of `sources`, to `pdf`.

    `sources` are the text and what it includes, `numbers` its numbers.json, `figures` its SVG files. They are laid side
    by side in a folder of their own, so that no path of this machine and no font installed on it gets into the result.
    Raises `StudyError` for a file that is missing or a text that does not compile, naming file and line.
    """
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "figures").mkdir()
        for path in sources:
            _place(path, folder / path.name)
        _place(numbers, folder / "numbers.json")
        for path in figures:
            _place(path, folder / "figures" / path.name)
        if not (folder / MAIN).is_file():
            raise StudyError(f"{MAIN}: not among the paper's sources; it is the text, and belongs to paper/")
        try:
            made = typst.compile(folder / MAIN, root=folder, ignore_system_fonts=True, format="pdf")
        except typst.TypstError as error:
            where = _place_of(error.diagnostic)
            raise StudyError(
                f"paper/{where or MAIN}: {error.message}; correct the text or run the rule it needs"
            ) from None
    assert isinstance(made, bytes)  # noqa: S101 - one document gives one PDF
    with replacing(pdf) as temporary:
        temporary.write_bytes(made)


def figures_of(text: Path) -> list[str]:
    """Names of the figures that the text shows, in its order."""
    try:
        return list(dict.fromkeys(re.findall(r'"figures/(\w+\.svg)"', text.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        raise StudyError(f"{text}: no such file; it is the text of the paper") from None


def _place(path: Path, target: Path) -> None:
    if not path.is_file():
        raise StudyError(f"{path}: no such file; run the rule that makes it first")
    shutil.copyfile(path, target)


def _place_of(diagnostic: str) -> str:
    """`study.typ:12:3` of Typst's report, or an empty text."""
    for line in diagnostic.splitlines():
        _, arrow, rest = line.partition("┌─")
        if arrow:
            return rest.strip().rpartition("/")[2]
    return ""
