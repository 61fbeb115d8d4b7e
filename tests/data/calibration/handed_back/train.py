from mlflow import MlflowClient
from somewhere import connect


def begin():
    return MlflowClient(), "1"


def reach() -> MlflowClient:
    return connect()


client, run = begin()
client.log_inputs(run, [])
reach().log_metric(run, "a", 1)
