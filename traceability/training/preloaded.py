"""Imported by the fork server, and only there: imports what its children need (see batch.py)."""

import json
import os

from traceability.training.replicate import preload

preload(json.loads(os.environ.get("TRACEABILITY_PRELOAD", "[]")))
