import mlflow as mf

with mf.start_run() as run:
    mf.log_params({"depth": 3})
    mf.log_metrics({"auc": 0.7})
