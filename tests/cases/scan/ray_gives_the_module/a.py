from ray.air.integrations.mlflow import setup_mlflow


def train(config):
    tracking = setup_mlflow(config)
    tracking.log_metrics({"a": 1})
