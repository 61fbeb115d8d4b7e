"""Judges of a field: each compares what a record says of it with the truth."""
