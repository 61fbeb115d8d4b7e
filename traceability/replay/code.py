"""The recorded code: the recorded commit of the recorded repository in a clean folder."""

from __future__ import annotations

import re
from pathlib import Path

from traceability.errors import StudyError
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime import git


def restore(record: Record, target: Path) -> None:
    """Check out the recorded commit in `target`. Only a full commit id counts, because a branch moves.

    Stops with one of the reasons of the stage `code_restored`.
    """
    if not record.repository:
        raise Stopped("no_repository", "no repository address in the record")
    if not re.fullmatch(r"[0-9a-f]{40}", record.commit):
        raise Stopped("no_commit", f"no full commit id in the record ('{record.commit}')")
    if record.dirty:
        raise Stopped("dirty_tree", f"{record.commit[:12]} had uncommitted changes when it ran")
    try:
        git.run("clone", "--quiet", "--no-checkout", "--", record.repository, str(target))
    except StudyError as error:
        raise Stopped("repository_unreachable", str(error)) from None
    try:
        git.run("checkout", "--quiet", "--detach", record.commit, cwd=target)
    except StudyError as error:
        raise Stopped("commit_missing", str(error)) from None
    if git.head(target) != record.commit:
        raise Stopped("commit_missing", f"{record.repository} gave {git.head(target)} for {record.commit}")
