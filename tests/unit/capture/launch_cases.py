"""The study's own tables of launches, for tests to choose from."""

from support import ROOT

from traceability.capture.plan import of_trackings, plan
from traceability.capture.tables import BLOCKS, LAUNCH_MODES, TRACKINGS

MODES = LAUNCH_MODES.rows(ROOT / "config" / "launch_modes.tsv")
TRACKING_ROWS = TRACKINGS.rows(ROOT / "config" / "trackings.tsv")


def planned(blocks, use=("mlflow_3",), batches=1):
    """The launches of `blocks`: rows of config/captures.tsv, or its name."""
    if isinstance(blocks, str):
        blocks = BLOCKS.rows(ROOT / "config" / blocks)
    return plan(blocks, [mode["launch_mode"] for mode in MODES], of_trackings(TRACKING_ROWS), use, batches)


def block(modes, trackings="params_metrics", defect="none", expected=None, tracker="mlflow_3"):
    """One row of config/captures.tsv."""
    return {"tracker": tracker, "launch_modes": modes, "trackings": trackings, "defect": defect, "expected": expected}
