# Databricks notebook source
# MAGIC %md mlflow.log_param
%run ./setup

# COMMAND ----------
import mlflow

mlflow.set_experiment("/x")
mlflow.log_metric("a", 1)
