from mlflow import log_metric as score, log_params as settings, start_run as begin

keep = score
