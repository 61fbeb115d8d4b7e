from mlflow import MlflowClient
from mlflow.tracking import MlflowClient as Other

client = MlflowClient()
client.log_batch("r", [])
client.log_batch("r", metrics=[], synchronous=False)
client.log_batch(*given)
client.log_batch(**given)
client.log_batch(run_id="r", params=[])
client.log_batch("r")
Other().log_batch("r", [], [], [], synchronous=True)
