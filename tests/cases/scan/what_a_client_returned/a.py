import mlflow
from mlflow import MlflowClient

client = MlflowClient()
for run in client.search_runs(["0"]):
    run.data.params.get("a")
    run.info.run_id.split("-")
latest = client.get_latest_versions("m")[0]
latest.source.startswith("s3")
client.get_run("r").to_dictionary()
history = client.get_metric_history("r", "loss")
[point.value.hex() for point in history]
experiment = client.get_experiment_by_name("x")
experiment.tags.items()
mlflow.active_run().info.run_id.split("-")
