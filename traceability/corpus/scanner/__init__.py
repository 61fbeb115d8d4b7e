"""The scanner: which MLflow functions the code of a project really calls."""
