import mlflow
from mlflow import MlflowClient

mlflow.set_tracking_uri("sqlite:///mlflow.db")
client = MlflowClient()
for run in client.search_runs(["0"]):
    client.set_registered_model_tag("m", "seen", "yes")
    client.set_experiment_tag("0", "seen", "yes")
