"""The lines advised for notebooks record their piece in a real IPython, where there is no `__file__`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from traceability.audit import survey
from traceability.audit.advice import PIECES
from traceability.stores import readers
from traceability.stores.scope import Scope

CELLS = """
import json, os, pathlib, sys
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
alpha = 0.5
kernel = {"mlflow.source.name": "/x/lib/site-packages/ipykernel_launcher.py", "mlflow.source.git.commit": "ab" * 20}
lines = json.loads(pathlib.Path("lines.json").read_text())
for code, line in {"none": "pass", **lines}.items():
    with mlflow.start_run(run_name=code):
        mlflow.set_tags(kernel)
        mlflow.log_param("alpha", alpha)
        exec(line)
"""


@pytest.mark.slow
def test_lines_for_notebooks_record_their_piece_in_ipython(tmp_path):
    target = tmp_path / "ipython"
    uv = Path(sys.executable).parent / "uv"
    subprocess.run(
        [str(uv), "--no-config", "pip", "install", "--quiet", "--target", str(target), "ipython"], check=True
    )
    lines = {code: PIECES[code].line for code in ("notebook", "executed", "cells")}
    (tmp_path / "lines.json").write_text(json.dumps(lines))
    (tmp_path / "nb.ipy").write_text(CELLS)
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    variables = os.environ | {"PYTHONPATH": str(target), "IPYTHONDIR": str(tmp_path / "home"), "PYTHONSAFEPATH": "1"}
    variables.pop("MLFLOW_TRACKING_URI", None)
    done = subprocess.run([sys.executable, "-m", "IPython", "--simple-prompt", "nb.ipy", uri], cwd=tmp_path,
                          env=variables, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with readers.opened(uri) as store:
        found = {one.run.name: one.items for one in survey.judge(store, Scope())}
    assert found["none"]["code"].missing[0] == "notebook"
    assert found["none"]["parameters"].missing == ["executed"]
    assert "notebook" not in found["notebook"]["code"].missing
    assert found["executed"]["parameters"].state == "complete"
    assert "notebook" not in found["cells"]["code"].missing
