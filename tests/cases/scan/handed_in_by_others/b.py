from unittest import mock

mlflow = mock.Mock()
mlflow.log_param("a", 1)
