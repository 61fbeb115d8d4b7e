"""Instruments that measure what an MLflow-tracked experiment lets you trace, store, run again and reproduce.

One sub-package per chapter of the study; the modules beside them are shared. Chapters never import each other:
what one needs of another travels as a file. Nothing in here imports Snakemake.
"""

__version__ = "0.1.0"
