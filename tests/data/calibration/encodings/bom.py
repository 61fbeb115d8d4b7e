import mlflow
mlflow.log_param('a', 1)
