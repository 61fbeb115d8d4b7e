def fit(mlflow, cfg):
    mlflow.log_metric("a", 1)
    print(cfg.mlflow.tracking_uri)
    cfg.mlflow.get("x")
