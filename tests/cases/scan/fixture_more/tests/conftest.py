from .helpers import each, shared_client


import pytest


@pytest.fixture
def context(shared_client):
    yield {"client": shared_client, "run": "r"}


@pytest.fixture
def make_client():
    def make():
        from mlflow import MlflowClient

        return MlflowClient()

    return make
