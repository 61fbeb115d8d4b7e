"""Figures chapter."""
