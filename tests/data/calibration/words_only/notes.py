"""Call mlflow.log_metric("a", 1) here."""
# mlflow.log_param("a", 1)
HINT = "mlflow.autolog()"
print("use mlflow.start_run()")
