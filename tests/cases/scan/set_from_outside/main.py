from mlflow import MlflowClient

import helpers

helpers.client = MlflowClient()
helpers.note()
