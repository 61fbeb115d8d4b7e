"""Real services for the tests of the storage chapter."""

import pytest
from support import ROOT

from traceability.storage import stores, tables

TABLE = ROOT / "config" / "stores.tsv"


@pytest.fixture
def rows():
    """Rows of config/stores.tsv by name."""
    known = {row["store"]: row for row in tables.STORES.rows(TABLE)}
    return lambda *names: [known[name] for name in names]


@pytest.fixture
def opened(rows, tmp_path):
    """Several set-ups running at once, by name."""
    return lambda *names: stores.all_opened(rows(*names), tmp_path, stores.Given())
