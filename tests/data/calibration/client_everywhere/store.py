from functools import cached_property
from typing import Optional

import mlflow


class Store:
    @cached_property
    def client(self):
        return mlflow.MlflowClient()

    def metric(self, run, value):
        self.client.log_metric(run, "loss", value)


class Direct:
    def __init__(self):
        self.api = mlflow.tracking.MlflowClient()

    def tag(self, run):
        self.api.set_tag(run, "kind", "trial")


def note(client: Optional["mlflow.MlflowClient"], run):
    client.log_param(run, "depth", 3)
