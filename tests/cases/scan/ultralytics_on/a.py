import ultralytics

ultralytics.settings["mlflow"] = True
