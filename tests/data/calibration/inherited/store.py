from mlflow.tracking.client import MlflowClient


class Own(MlflowClient):
    def keep(self, run):
        self.log_metric(run, "a", 1)


class Base:
    def __init__(self):
        self.client = MlflowClient()


class Below(Base):
    def keep(self, run):
        self.client.log_param(run, "a", 1)
