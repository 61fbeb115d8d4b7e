try:
    import mlflow
except ImportError:
    mlflow = None


def finish(loss):
    if mlflow is not None:
        mlflow.log_metric("loss", loss)
