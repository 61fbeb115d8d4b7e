from mlflow import MlflowClient

client = MlflowClient()
runs = client.search_runs(["0"])
best = max(runs, key=lambda r: r.data.metrics["a"])
best.data.params.items()
names = {m.name: m for m in client.search_registered_models()}
names.get("x").latest_versions.sort()
path = client.download_artifacts("r", "a")
path.replace("a", "b")
for artifact in client.list_artifacts("r"):
    artifact.path.endswith(".txt")
experiment_id = client.create_experiment("x")
experiment_id.strip()
uri = client.get_model_version("m", 1).source
uri.log_metric("a", 1)
