"""Tracking chapter."""
