from unittest.mock import MagicMock, patch

mlflow = MagicMock()


def test_logs():
    mlflow.log_metric("loss", 0.1)
    mlflow.log_metric.assert_called_once()


@patch("mlflow.log_param")
def test_params(log_param):
    log_param("a", 1)
