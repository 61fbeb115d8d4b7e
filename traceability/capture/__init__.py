"""Capture chapter."""
