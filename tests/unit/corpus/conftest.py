"""What several tests of the corpus share."""

from __future__ import annotations

import pytest
from support.servers import Serving


@pytest.fixture
def serving() -> type[Serving]:
    """`with serving(handler) as address`."""
    return Serving
