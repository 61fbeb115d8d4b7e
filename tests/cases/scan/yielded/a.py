import contextlib

import mlflow
from mlflow import MlflowClient


@contextlib.contextmanager
def client_of(uri):
    yield MlflowClient(uri)


def each():
    for uri in ("a", "b"):
        yield MlflowClient(uri)


class Session:
    def __enter__(self):
        mlflow.start_run()
        return mlflow

    def __exit__(self, *_):
        mlflow.end_run()


with client_of("a") as client:
    client.log_param("r", "a", 1)
for one in each():
    one.log_metric("r", "a", 1)
with Session() as lib:
    lib.log_artifact("a.txt")
with contextlib.ExitStack() as stack:
    stack.enter_context(client_of("b")).set_tag("r", "a", "b")
