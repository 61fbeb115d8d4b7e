zenml integration install mlflow -y
zenml experiment-tracker register local --flavor=mlflow
zenml model-deployer register d --flavor=mlflow
