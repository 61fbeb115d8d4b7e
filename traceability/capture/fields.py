"""What a run's record could hold: the fields, the need each serves, and the verdicts."""

from __future__ import annotations

from dataclasses import dataclass

MLFLOW = "MLflow"

#: Needs named by the study of 2024, then those that we add.
NEEDS = {
    "code_version": "code version", "run_parameters": "run parameters", "environment": "environment",
    "dependencies": "dependencies", "data": "data", "randomness": "randomness", "results": "results",
    "identity": "who and when",
}  # fmt: skip
OURS = ("data", "randomness", "results", "identity")


@dataclass(frozen=True)
class Field:
    """One fact about a run."""

    need: str
    name: str
    meaning: str


FIELDS = (
    Field("code_version", "commit", "checking out the recorded commit gives the code that ran"),
    Field("code_version", "branch", "branch"),
    Field("code_version", "remote", "address of the repository"),
    Field("code_version", "dirty_state", "were there uncommitted changes?"),
    Field("code_version", "diff", "the uncommitted changes of tracked files"),
    Field("code_version", "untracked_files", "names of files that git does not know"),
    Field("code_version", "entry_point", "the file that was started"),
    Field("code_version", "entry_point_sha256", "content of that file, or its digest"),
    Field("run_parameters", "argv", "words of the command line"),
    Field("run_parameters", "parameters", "parameters that the program declares"),
    Field("run_parameters", "defaults", "parameters of the library that were left alone"),
    Field("environment", "python", "version of Python"),
    Field("environment", "system", "operating system and its release"),
    Field("environment", "cpu", "processor"),
    Field("environment", "gpu", "graphics processors, or that there is none"),
    Field("environment", "memory", "memory of the machine"),
    Field("environment", "threads", "threads of the linear algebra"),
    Field("environment", "variables", "environment variables that change results"),
    Field("dependencies", "imported_packages", "imported packages with versions"),
    Field("dependencies", "installed_packages", "installed packages with versions"),
    Field("data", "data_location", "where the data came from"),
    Field("data", "data_content", "the data, or a digest that covers them"),
    Field("data", "split", "how the data were divided"),
    Field("randomness", "seed", "the seed"),
    Field("randomness", "hash_seed", "PYTHONHASHSEED, as it was when Python started"),
    Field("randomness", "determinism", "are deterministic operations in force?"),
    Field("results", "metrics", "metrics, digit for digit"),
    Field("results", "weights", "the fitted weights"),
    Field("identity", "user", "who ran it"),
    Field("identity", "times", "when it began and when it ended"),
)
NAMES = tuple(field.name for field in FIELDS)
NEED_OF = {field.name: field.need for field in FIELDS}
