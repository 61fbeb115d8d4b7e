from mlflow import log_artifacts, log_metric
from mlflow import log_param as note

note("depth", 3)
log_metric("auc", 0.7)
log_artifacts("out")
