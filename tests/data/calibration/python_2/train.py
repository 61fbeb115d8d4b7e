import mlflow

print "training"
try:
    mlflow.log_metric("a", 1)
except Exception, error:
    print error
mlflow.set_tag("kind", "old")
