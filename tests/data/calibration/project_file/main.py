import mlflow

mlflow.run("sub")
