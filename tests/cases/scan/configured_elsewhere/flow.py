from dagster import Definitions, define_asset_job
from dagster_mlflow import mlflow_tracking as tracking

defs = Definitions(resources={"mlflow": tracking.configured({})})
