python -m monai.bundle run --config_file configs/train.json --tracking mlflow
