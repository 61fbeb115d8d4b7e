"""Reading the record of a run from any MLflow store, of any era, without changing it."""
