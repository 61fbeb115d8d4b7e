from mlflow import MlflowClient

registry = MlflowClient()
