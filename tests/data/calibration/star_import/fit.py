from mlflow import *

with start_run():
    log_param("depth", 3)
    set_tag("stage", "trial")
