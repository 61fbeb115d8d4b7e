import mlflow as keeper
