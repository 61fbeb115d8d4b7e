from pkg import get

get("mlflow").lib.log_param("a", 1)
