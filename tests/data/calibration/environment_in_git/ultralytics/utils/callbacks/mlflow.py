import mlflow

mlflow.log_params({})
