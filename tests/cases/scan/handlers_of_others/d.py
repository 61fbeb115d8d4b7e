from pykeen.pipeline import pipeline
from pykeen.trackers import MLFlowResultTracker

pipeline(result_tracker="MLflow")
pipeline(result_tracker="csv")
settings = {"model": "transe", "result_tracker": "mlflow"}
pipeline(result_tracker=MLFlowResultTracker())
