import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from mlflow import MlflowClient


def one(client, run):
    client.log_metric(run, "loss", 0.1)


def two(client):
    client.log_param("r", "a", 1)


def three(client, x):
    client.set_tag("r", "a", "b")


with ThreadPoolExecutor() as pool:
    pool.submit(one, MlflowClient(), "r")
threading.Thread(target=two, args=(MlflowClient(),)).start()
partial(three, MlflowClient())(1)
