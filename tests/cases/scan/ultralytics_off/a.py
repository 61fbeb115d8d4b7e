from ultralytics import YOLO, settings

settings.update({"mlflow": True})
settings.reset()
YOLO("n.pt").train(data="a.yaml")
