"""An edited module reruns the rules whose scripts reach it, and no others."""

import os
import shutil
import subprocess
import sys

import pytest
from support import ROOT

from traceability.study import code_digest


def test_an_edit_changes_the_digest_of_exactly_the_scripts_that_reach_it(tmp_path):
    for name in ("traceability", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    scripts = ("run_batch", "prepare_dataset", "compare_arms")

    def digests() -> dict[str, str]:
        code = (
            "import sys; from traceability.study import code_digest\n"
            "print(*(code_digest.digest(f'scripts/{name}.py') for name in sys.argv[1:]))"
        )
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        out = subprocess.run(
            [sys.executable, "-c", code, *scripts], env=environment, cwd=tmp_path, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return dict(zip(scripts, out.stdout.split(), strict=True))

    before = digests()
    for edited, changed in [
        ("traceability/training/batch.py", ["run_batch"]),
        ("scripts/compare_arms.py", ["compare_arms"]),
        ("traceability/errors.py", list(scripts)),
    ]:
        with (tmp_path / edited).open("a") as stream:
            stream.write("\n# edited\n")
        after = digests()
        assert [name for name in scripts if before[name] != after[name]] == changed, edited
        before = after
    with pytest.raises(FileNotFoundError):
        code_digest.digest("no_such_part")
