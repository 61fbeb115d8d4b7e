import pytest
from mlflow import MlflowClient


@pytest.fixture
def keeper():
    return MlflowClient()
