from lib.compat import need


class Writer:
    def __init__(self):
        self.mlflow = need("mlflow", extra="tracking")

    def write(self):
        self.mlflow.log_metric("a", 1)
        self.mlflow.sklearn.log_model(None, "m")
