import mlflow
from base import Tracker


class Remote(Tracker):
    def __init__(self):
        self.client = mlflow.client.MlflowClient()
