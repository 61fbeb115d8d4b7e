"""Training chapter."""
