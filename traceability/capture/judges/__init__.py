"""One judge per field of a record: what was recorded of a launch against what was so."""

from __future__ import annotations

from traceability.capture.judges import code, environment, fields
from traceability.capture.judges.verdict import Judge

#: The judge of every field of `capture.fields.FIELDS`.
JUDGES: dict[str, Judge] = {
    "commit": code.commit,
    "branch": code.branch,
    "remote": code.remote,
    "dirty_state": code.dirty_state,
    "diff": code.diff,
    "untracked_files": code.untracked_files,
    "entry_point": code.entry_point,
    "entry_point_sha256": code.entry_point_sha256,
    "argv": fields.argv,
    "parameters": fields.parameters,
    "defaults": fields.defaults,
    "python": environment.python,
    "system": environment.system,
    "cpu": environment.cpu,
    "gpu": environment.gpu,
    "memory": environment.memory,
    "threads": environment.threads,
    "variables": environment.variables,
    "imported_packages": environment.imported_packages,
    "installed_packages": environment.installed_packages,
    "data_location": fields.data_location,
    "data_content": fields.data_content,
    "split": fields.split,
    "seed": fields.seed,
    "hash_seed": fields.hash_seed,
    "determinism": fields.determinism,
    "metrics": fields.metrics,
    "weights": fields.weights,
    "user": fields.user,
    "times": fields.times,
}
