"""Every command of docs/audit.md runs as it is written there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_their_order(tmp_path):
    blocks = BLOCK.findall((ROOT / "docs" / "audit.md").read_text(encoding="utf-8"))
    (program,) = (text for language, text in blocks if language == "python")
    (tmp_path / "train.py").write_text(program)
    commands = "".join(text for language, text in blocks if language == "sh")
    assert commands.count("traceability ") >= 12
    variables = {
        key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "GIT_", "TRACEABILITY_"))
    }
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    # The page's own lines, and no others, decide: the shell ends with the first command that fails.
    done = subprocess.run(["sh", "-eux"], input=commands, cwd=tmp_path, env=variables, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "level 2: code named" in done.stdout
    assert "would lift 2 of 2 runs" in done.stdout
    assert "the most telling difference is the parameter alpha" in done.stdout
    for name in ("audit.html", "audit.json", "audit.tsv", "drift.json"):
        assert (tmp_path / name).stat().st_size > 0
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    told = re.findall(r"`(\w+)`", re.search(r"and pieces:(.*?)\.\n", text, re.DOTALL)[1])
    for piece in told:
        again = subprocess.run(["traceability", "audit", "sqlite:///mlflow.db", "--require", piece], cwd=tmp_path,
                               env=variables, capture_output=True, text=True, check=False)  # fmt: skip
        assert again.returncode in (0, 1), again.stderr
