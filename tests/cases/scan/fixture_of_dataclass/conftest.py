from dataclasses import dataclass

import mlflow
import pytest


@dataclass
class World:
    name: str
    client: object = None


@pytest.fixture
def client():
    return mlflow.MlflowClient()


@pytest.fixture
def world(client):
    return World("x", client=client)
