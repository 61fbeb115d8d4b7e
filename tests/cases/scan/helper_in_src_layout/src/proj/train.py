import mlflow
import proj.io.track as tr

tr.write(mlflow, {})
