from dependency_injector import containers, providers
from mlflow import MlflowClient


class Container(containers.DeclarativeContainer):
    tracking = providers.Singleton(MlflowClient, tracking_uri="x")
