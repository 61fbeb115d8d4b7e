-- Databricks notebook source
SELECT 1 -- mlflow
-- COMMAND ----------
-- MAGIC %python
-- MAGIC import mlflow
-- MAGIC with mlflow.start_run():
-- MAGIC     mlflow.log_param("a", 1)
-- COMMAND ----------
-- MAGIC %md
-- MAGIC mlflow.log_metric("a", 1)
