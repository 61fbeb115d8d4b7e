from mlflow.tracking import MlflowClient

CLIENT = None


def connect(uri):
    global CLIENT
    CLIENT = MlflowClient(tracking_uri=uri)


def upload(run_id, path):
    CLIENT.log_artifact(run_id, path)
    CLIENT.log_param(run_id, "path", path)
