import pytest
from mlflow import MlflowClient


@pytest.fixture
def kept() -> MlflowClient:
    return make()


def test_it(request):
    request.getfixturevalue("kept").set_tag("r", "a", "b")
