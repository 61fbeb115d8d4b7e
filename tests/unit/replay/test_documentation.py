"""The commands of docs/replay.md, run as written, one after the other in one shell."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from traceability.replay.reasons import REASONS

PAGE = Path(__file__).parents[3] / "docs" / "replay.md"


@pytest.mark.slow
def test_the_commands_do_what_the_page_says(tmp_path):
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == 4
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "GIT_"))}
    environment |= {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]), "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }  # fmt: skip
    marked = [f"echo 'block {number}'\n{block}" for number, block in enumerate(blocks)]
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(marked)], cwd=tmp_path, env=environment, check=False, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = re.split(r"^block \d$", done.stdout, flags=re.M)
    assert done.returncode == 0, done.stdout
    assert "dry run: nothing was run" in said[2]
    assert "python train.py --scale=1.0 --seed=7" in said[2]
    assert "verdict: same_metrics" in said[3]
    assert "added: repository,commit,source" in said[4]
    assert "verdict: same_metrics" in said[4]


def test_every_reason_is_explained():
    page = PAGE.read_text(encoding="utf-8")
    assert [reason for reason in REASONS if f"`{reason}`" not in page] == []
