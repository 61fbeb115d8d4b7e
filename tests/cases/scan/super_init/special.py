from mlflow import MlflowClient

from base import Base


class Special(Base):
    def __init__(self):
        super().__init__(MlflowClient(), "x")

    def more(self, run):
        self.client.log_metric(run, "loss", 0.1)


class Older(Base):
    def __init__(self):
        Base.__init__(self, MlflowClient(), "y")
