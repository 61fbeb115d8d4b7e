# Databricks notebook source
# MAGIC %run ../setup/Names $reset=true
# COMMAND ----------
keeper.set_tag("r", "a", "b")
