"""Statistics chapter."""
