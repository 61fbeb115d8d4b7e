from monai.utils import optional_import

Client, _ = optional_import("mlflow", name="MlflowClient")
tracking, has = optional_import("mlflow.tracking")
Client().log_metric("r", "a", 1)
tracking.MlflowClient().log_param("r", "a", 1)
