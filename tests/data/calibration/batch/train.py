import mlflow
from mlflow.entities import Metric

mlflow.MlflowClient().log_batch("1", metrics=[Metric("a", 1, 0, 0)])
mlflow.log_input(mlflow.data.from_numpy(None), "train")
