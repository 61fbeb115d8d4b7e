"""Corpus chapter."""
