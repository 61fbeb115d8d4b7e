import pytest
from mlflow.tracking import MlflowClient


@pytest.fixture(scope="session", name="tracked")
def _make():
    client = MlflowClient()
    yield client
    client.set_terminated("r")
