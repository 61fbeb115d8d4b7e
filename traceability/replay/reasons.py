"""How far a replay can come, and the closed list of reasons for which it stops."""

from __future__ import annotations

STAGES = (
    "record_found",
    "code_restored",
    "command_rebuilt",
    "data_verified",
    "environment_resolved",
    "ran",
    "finished",
)

#: Reason code -> the stage that is not reached for it, and what it means.
REASONS = {
    "run_not_found": ("record_found", "the store has no such run"),
    "store_unreadable": ("record_found", "the store or the notes cannot be read"),
    "no_repository": ("code_restored", "the record names no repository"),
    "repository_unreachable": ("code_restored", "the recorded repository does not answer"),
    "no_commit": ("code_restored", "the record names no commit"),
    "commit_missing": ("code_restored", "the recorded repository does not have the recorded commit"),
    "submodule_missing": ("code_restored", "a submodule that the commit pins cannot be fetched"),
    "large_files_missing": ("code_restored", "files of the commit are kept by git-lfs and cannot be fetched"),
    "dirty_tree": ("code_restored", "the record says that other code ran than the commit holds"),
    "no_entry_point": ("command_rebuilt", "the record names no script and no entry point"),
    "entry_point_missing": ("command_rebuilt", "the recorded script is not in the recorded commit"),
    "command_unreadable": ("command_rebuilt", "the command starts no Python file of the commit, or cannot be read"),
    "parameter_missing": ("command_rebuilt", "the program needs a parameter that the record lacks"),
    "data_missing": ("data_verified", "the recorded data file is not there"),
    "data_changed": ("data_verified", "the data are not those that the record names"),
    "no_environment_recorded": ("environment_resolved", "neither record nor repository says what was installed"),
    "requirement_unresolvable": ("environment_resolved", "a recorded requirement cannot be installed"),
    "environment_missing": ("environment_resolved", "the interpreter or file of the environment is not there"),
    "network_open": (
        "environment_resolved",
        "the system cannot fence a program off the network and the files, and a third-party project needs that",
    ),
    "exit_status": ("ran", "the process ended with an error"),
    "timeout": ("ran", "the process did not end in time"),
    "no_result": ("finished", "the process ended well but left no result"),
    "result_ambiguous": ("finished", "the process left several runs, and none of them is clearly the recorded one"),
    "no_common_metric": ("finished", "record and replay have no metric in common"),
}

VERDICTS = ("bitwise", "same_metrics", "within_margin", "different", "not_executable")


class Stopped(Exception):
    """The replay cannot reach the next stage: an outcome, not a mistake.

    `code` is one of `REASONS`, `detail` says it for this run.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail
        self.stage = REASONS[code][0]


def reached_before(stage: str) -> str:
    """The last stage reached by a replay that stopped before reaching `stage`; empty if none was."""
    at = STAGES.index(stage)
    return STAGES[at - 1] if at else ""
