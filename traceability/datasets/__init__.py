"""Datasets chapter."""
