import mlflow
from mlflow import log_metric

print('nothing')
