import mlflow.tracking.fluent as fl
import mlflow.tracking._tracking_service.utils as su
from mlflow.tracking import fluent
from mlflow.tracking.fluent import log_params

fl.log_metric("a", 1)
fluent.set_tag("a", "b")
log_params({})
su.set_tracking_uri("x")
