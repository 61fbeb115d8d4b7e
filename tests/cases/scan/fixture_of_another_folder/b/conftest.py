import pytest


@pytest.fixture
def keeper():
    return open("log.txt")
