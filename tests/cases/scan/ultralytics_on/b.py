from ultralytics import settings

settings.update(mlflow=True, wandb=False)
