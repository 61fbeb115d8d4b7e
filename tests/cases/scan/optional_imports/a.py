import pytest

mlflow = pytest.importorskip("mlflow", minversion="2.0")
sklearn = pytest.importorskip("mlflow.sklearn")
mlflow.log_param("a", 1)
sklearn.log_model(None, "m")
