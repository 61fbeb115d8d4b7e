"""What people read in an editor fits in it."""

import re

import pytest

from tests.support import ROOT

LONGEST = 120
PAGES = sorted(
    path for pattern in ("*.md", "config/*.md", "results/*.md", "docs/**/*.md") for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_prose_are_not_longer_than_a_line_of_code(page):
    """Commands, their output, tables, pictures and addresses cannot be broken."""
    prose, fenced = [], False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and not re.match(r"\s*(\||!\[|```)", line) and " " in line.strip():
            prose.append((number, line))
    assert [number for number, line in prose if len(line) > LONGEST] == []
    assert prose
