"""Audit chapter: what a tracking server knows of its runs, what is missing, and how two runs differ."""
