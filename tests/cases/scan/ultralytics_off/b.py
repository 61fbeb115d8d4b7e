from ultralytics import settings

settings.update(mlflow=False)
