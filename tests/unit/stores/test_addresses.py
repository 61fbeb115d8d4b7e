"""Addresses of stores as they are shown."""

import pytest

from traceability.stores import tracking


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://***@host:5432/db"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_a_password_in_an_address_is_never_shown(uri, shown):
    assert tracking.redacted(uri) == shown
    assert "secret" not in tracking.redacted_text("cannot log in with secret", "http://me:secret@host")
