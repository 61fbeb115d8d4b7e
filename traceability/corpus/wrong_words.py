"""Where the words of the text search stand when they do not mean a call of MLflow.

    python -m traceability.corpus.wrong_words 'FOLDER/{owner}/{name}' > resources/labels/text_search.tsv

The argument names bare repositories on this machine, one for each project of the corpus.

For each project and function that the text search names and the scanner does not, every place of the word in the
pinned commit is looked at, and the one nearest to a call says why the search is wrong (`tables.WORD_PLACES`).
"""

from __future__ import annotations

import argparse
import io
import json
import keyword
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from traceability.corpus import fetching, tables
from traceability.corpus.scanner import file_roles, sources
from traceability.corpus.scanner.commits import Commit
from traceability.corpus.text_search import SEED_WORDS, WORDS

#: What the seed's search takes for tracing, as columns of `WORDS`.
_SEED = tuple(column for column, word in WORDS.items() if word in SEED_WORDS)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def wrong(sample: pd.DataFrame, text: pd.DataFrame) -> list[tuple[str, str]]:
    """Repository and function of everything that the text search names and the scanner does not."""
    both = sample.merge(text, on="repository", suffixes=("", "_text"))
    columns = [name for name in text.columns if f"{name}_text" in both and name != "commit"]
    return sorted(
        (str(repository), name)
        for name in columns
        for repository in both.loc[(both[f"{name}_text"] == 1) & (both[name] == 0), "repository"]
    )


def place_of(tree: Commit, column: str, disabled: bool) -> tuple[str, str]:
    """The place nearest to a call at which the word of `column` stands, and the file; ('', '') where none is read."""
    words = [WORDS[name] for name in (_SEED if column in ("traces_direct", "traces_any") else (column,))]
    strangers = file_roles.Strangers([entry.path for entry in tree.entries])
    found: dict[str, str] = {}
    for entry in tree.entries:
        if not file_roles.is_code(entry.path):
            continue
        data = tree.read(entry)
        if not isinstance(data, bytes) or not any(word in data for word in words):
            continue
        place = "others_code" if strangers.reason(entry.path) else _within(entry.path, data, words)
        if place == "own_name" and disabled:
            place = "switched_off"
        found.setdefault(place, entry.path)
    return next(((place, found[place]) for place in tables.PLACES_OF_WORDS if place in found), ("", ""))


def _within(path: str, data: bytes, words: list[bytes]) -> str:
    """`own_name`, `comment_or_string` or `text_or_output`: the nearest of a file of the project's own."""
    searched = [word.decode() for word in words]
    codes = list(_cells(data)) if path.lower().endswith(".ipynb") else [sources.decode(data)[0]]
    named = [code for code in codes if any(word in code for word in searched)]
    if any(word in name for code in named for name in _names(code) for word in searched):
        return "own_name"
    return "comment_or_string" if named else "text_or_output"


def _cells(data: bytes) -> Iterator[str]:
    try:
        cells = json.loads(sources.decode(data)[0]).get("cells", [])
    except (ValueError, AttributeError):
        return
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            yield "".join(map(str, source)) if isinstance(source, list) else str(source)


def _names(code: str) -> Iterable[str]:
    """Names that stand in code, not in its comments and strings; where Python cannot read it, of lines of code."""
    try:
        return [
            token.string
            for token in tokenize.generate_tokens(io.StringIO(code).readline)
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        ]
    except (SyntaxError, tokenize.TokenError):
        lines = (line.partition("#")[0] for line in code.splitlines())
        return [name for line in lines for name in _IDENTIFIER.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", line))]


def main() -> None:
    """Print the places for the published observations; the projects come from a URL template, or copies by it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url_template")
    parser.add_argument("--root", type=Path, default=Path())
    given = parser.parse_args()
    published = given.root / "resources" / "observations"
    projects = tables.PROJECTS.read(given.root / "config" / "projects.tsv")
    usage = tables.USAGE.read(published / "usage.tsv").set_index("repository")
    chosen = projects.loc[projects["selected"] == 1, "repository"]
    sample = usage.loc[[name for name in chosen if usage.loc[name, "status"] == "scanned"]].reset_index()
    commits = dict(zip(projects["repository"], projects["commit"], strict=True))
    rows = []
    for repository, column in wrong(sample, tables.TEXT_SEARCH.read(published / "text_search.tsv")):
        folder = Path(fetching.pinned_address(given.url_template, repository, commits[repository]))
        disabled = column == "autolog" and usage.loc[repository, "autolog_disabled_only"] == 1
        with Commit(folder, commits[repository], file_roles.is_code) as tree:
            place, file = place_of(tree, column, bool(disabled))
        rows.append(
            {"repository": repository, "commit": commits[repository], "function": column, "place": place, "file": file}
        )
    sys.stdout.write(pd.DataFrame([row for row in rows if row["place"]]).to_csv(sep="\t", index=False))


if __name__ == "__main__":
    main()
