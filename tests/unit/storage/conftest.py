"""Real services for the tests of the storage chapter."""

import os
from pathlib import Path

import pytest

from traceability.storage import stores

TABLE = Path(__file__).resolve().parents[3] / "config" / "stores.tsv"


@pytest.fixture
def rows():
    """Rows of config/stores.tsv by name."""
    return lambda *names: stores.chosen(TABLE, names)


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def is_alive():
    """`alive`."""
    assert os.path.isdir("/proc/self")  # noqa: PTH112
    return alive
