import pytest
from mlflow import MlflowClient


@pytest.fixture()
def shared_client(tmp_path):
    return MlflowClient(str(tmp_path))


@pytest.fixture(params=["a", "b"])
def each(request):
    return MlflowClient(request.param)
