yolo settings wandb=False mlflow=True
