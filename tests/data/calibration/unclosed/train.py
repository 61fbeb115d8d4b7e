import mlflow

with mlflow.start_run():
    mlflow.log_param("a", 1)


def broken(:
    return (1, 2
