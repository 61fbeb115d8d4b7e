"""What tests of the plugin share: the lines with which a program prints its tags, and git."""

import subprocess

from traceability.runtime import git

#: What a program says to print its tags, as often as it likes.
LOOK = (
    "import json as _json, sys as _sys, time as _time\nfrom traceability.plugin import context as _context\n"
    "def look():\n    began = _time.monotonic()\n    tags = _context.tags()\n"
    "    print(_json.dumps(tags | {'seconds': _time.monotonic() - began}))\n    _sys.stdout.flush()\n"
)


def commit(folder, environment, message="one"):
    """Commit everything in `folder`; the commit id."""
    call(folder, environment, "git", "add", "-A")
    call(folder, environment, "git", "commit", "-q", "--allow-empty", "-m", message)
    return git.head(folder)


def call(cwd, environment, *words):
    """Run a program that must end well; what it printed."""
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="replace")
