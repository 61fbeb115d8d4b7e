"""Start a script as `python script` would, with every run of it carrying the study's own tags from its first moment.

`python -m traceability.replay.tagged_script '{"tag": "value"}' train.py --option ...`; the record that a plugin keeps.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

from traceability.stores import tracking


def main(tags: str, script: str, *words: str) -> None:
    """Run `script` with `words`; `tags` is JSON, names without the study's prefix."""
    tracking.quiet()
    tracking.add_tags_to_every_run({tracking.PREFIX + name: value for name, value in json.loads(tags).items()})
    sys.argv = [script, *words]
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
