"""The MLflow records that public repositories commit: what they hold, and how far they would lead."""
