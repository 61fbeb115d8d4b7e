import mlflow
import mlflow.sklearn
from sklearn.linear_model import Ridge

mlflow.set_tracking_uri("http://127.0.0.1:5000")
mlflow.set_experiment("plain")
with mlflow.start_run():
    model = Ridge(alpha=0.1, random_state=7)
    mlflow.log_param("alpha", 0.1)
    mlflow.log_metric("rmse", 1.0)
    mlflow.sklearn.log_model(model, "model")
