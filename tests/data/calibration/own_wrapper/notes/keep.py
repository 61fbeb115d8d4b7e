import mlflow


def remember(settings, scores):
    with mlflow.start_run():
        mlflow.log_params(settings)
        for name, value in scores.items():
            mlflow.log_metric(name, value)
