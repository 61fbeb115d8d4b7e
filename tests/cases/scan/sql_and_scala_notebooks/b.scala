// Databricks notebook source
val a = 1
// COMMAND ----------
// MAGIC %python
// MAGIC import mlflow
// MAGIC mlflow.log_metric("a", 1)
