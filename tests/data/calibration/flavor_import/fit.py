import mlflow.xgboost

mlflow.xgboost.autolog()
mlflow.log_metric("auc", 0.7)
mlflow.xgboost.log_model(None, "model")
