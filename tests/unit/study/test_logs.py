"""What a job says on the console and in its log."""

import subprocess
import sys

from support import ROOT

from traceability.study import logs


def test_a_users_mistake_is_one_line_on_the_console_and_a_traceback_in_the_log(tmp_path):
    code = (
        "from traceability.study import logs; from traceability.errors import StudyError\n"
        f"logs.setup({str(tmp_path / 'x.log')!r})\nimport warnings; warnings.warn('look')\n"
        "raise StudyError('x.tsv: remove it')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "x.tsv: remove it" in done.stderr
    assert "Traceback" not in done.stderr
    log = (tmp_path / "x.log").read_text()
    assert "Traceback" in log
    assert "look" in log
    assert logs.setup.__doc__
