"""What the tests of the workflow share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def study(quick_study: tuple[Path, float]) -> Path:
    """The quick study's folder, with all its results."""
    return quick_study[0]
