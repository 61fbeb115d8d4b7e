"""Imported by a fork server, and only there: imports what its children need (see forked.py)."""

from traceability.study import forked

forked.preload()
