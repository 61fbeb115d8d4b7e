import mlflow
from pkg.mlflow import log_metric
from .mlflow import MlflowClient

mlflow.log_artifact("a.txt")
log_metric("a", 1)
MlflowClient().log_param("a", 1)
