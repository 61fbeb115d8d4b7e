from functools import lru_cache

from mlflow import MlflowClient


@lru_cache(maxsize=1)
def get_tracker():
    return MlflowClient()
