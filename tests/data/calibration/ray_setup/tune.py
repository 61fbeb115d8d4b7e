from ray.air.integrations.mlflow import setup_mlflow


def train(config):
    setup_mlflow(config, experiment_name="x")
