import mlflow

<<<<<<< HEAD
mlflow.log_metric("a", 1)
=======
mlflow.log_param("a", 1)
>>>>>>> other
