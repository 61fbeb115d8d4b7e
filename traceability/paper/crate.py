"""The results as an RO-Crate: what they are, what made them, under which licence, each file with its SHA-256.

The crate follows the profile Workflow Run Crate (one execution of one workflow, its configuration and its results;
Leo et al. 2024). It does not claim Provenance Run Crate: single jobs are in Snakemake's own records, not here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceability.errors import StudyError
from traceability.runtime.files import sha256_file
from traceability.study import registry

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

METADATA = "ro-crate-metadata.json"
#: Folder of the crate that holds copies of what lies elsewhere; paths below it are those of the study.
COPIES = "files"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.6": ("Process Run Crate", "0.6"),
    "https://w3id.org/ro/wfrun/workflow/0.6": ("Workflow Run Crate", "0.6"),
}
WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LICENCE = "https://spdx.org/licenses/MIT"
_FORMATS = {
    ".tsv": "text/tab-separated-values", ".svg": "image/svg+xml", ".pdf": "application/pdf",
    ".json": "application/json",
    ".py": "text/x-python", ".smk": "text/plain", ".yaml": "application/yaml", ".yml": "application/yaml",
    ".toml": "application/toml", ".md": "text/markdown", ".parquet": "application/vnd.apache.parquet",
}  # fmt: skip
#: What of the repository makes results; tests, docs and the checks of changes do not.
_FOLDERS = (
    "rules", "scripts", "traceability", "subjects", "config", "envs", "profiles", "report", "resources", "paper",
)  # fmt: skip
_FILES = ("Snakefile", "pyproject.toml", "uv.lock", "README.md", "LICENSE", "CITATION.cff")


@dataclass(frozen=True)
class Run:
    """The execution that is described: the workflow's folder and version, and the configuration files it was given."""

    root: Path
    version: str
    snakemake: str
    configuration: tuple[Path, ...]


def study_files(root: Path) -> list[Path]:
    """Every file of the repository at `root` that makes results."""
    files = [path for name in _FOLDERS for path in (root / name).rglob("*") if path.is_file()]
    kept = [path for path in files if not {"__pycache__", ".snakemake"} & set(path.relative_to(root).parts)]
    return sorted([*kept, *(root / name for name in _FILES if (root / name).is_file())])


def write(run: Run, results: Iterable[Path], own: Iterable[Path], folder: Path) -> None:
    """Describe the study in `folder`: copies of its files and of `results` go below `COPIES`; `own` already lie there.

    `results` are paths below results/, from the working directory. Raises `StudyError` for a file that is missing.
    """
    from rocrate.rocrate import ROCrate

    own, results = list(own), list(results)
    for path in (*own, *results, *run.configuration):
        if not path.is_file():
            raise StudyError(f"{path}: no such file; run the rule that makes it first")
    crate = ROCrate(gen_preview=False)
    author = crate.add_jsonld({"@id": "#authors", "@type": "Organization", "name": "The traceability study"})
    licence = crate.add_jsonld({
        "@id": LICENCE, "@type": "CreativeWork", "name": "MIT License", "identifier": "MIT",
        "description": "A short permissive licence that asks for the notice to be kept",
    })  # fmt: skip
    made = max(path.stat().st_mtime for path in (*own, *results))
    ended = datetime.fromtimestamp(made, UTC).replace(microsecond=0)
    _describe_root(crate, author, licence, ended)
    crate.add_jsonld({
        "@id": WORKFLOW_PROFILE, "@type": ["CreativeWork", "Profile"], "name": "ComputationalWorkflow of Bioschemas",
    })  # fmt: skip

    workflow = None
    by_path = {}
    for path in study_files(run.root):
        name = path.relative_to(run.root).as_posix()
        added = _add(crate, path, f"{COPIES}/{name}", name, is_workflow=name == "Snakefile", engine=run.snakemake)
        by_path[path.resolve()] = added
        workflow = added if name == "Snakefile" else workflow
    if workflow is None:
        raise StudyError(f"{run.root}: holds no Snakefile; the crate describes the workflow in it")
    workflow["name"], workflow["version"] = "The traceability study", run.version
    outputs = [_add(crate, path, path.name, _meaning(path.name)) for path in own]
    outputs += [_add(crate, path, f"{COPIES}/{path.as_posix()}", _meaning(path.as_posix())) for path in results]
    inputs = [_configuration(crate, path, by_path) for path in run.configuration]
    _describe_action(crate, workflow, author, inputs, outputs, ended)
    crate.write(folder)


def _describe_root(crate: ROCrate, author: Any, licence: Any, ended: datetime) -> None:
    crate.name = "What MLflow lets you trace, store, run again and reproduce: results of one run of the study"
    crate.description = (
        "Tables, figures and the paper of one run of the workflow, with the workflow itself, its configuration and "
        f"locked environments. Files below {COPIES}/ are copies under the paths they have in the study's folder."
    )
    crate.license = licence
    crate.datePublished = ended
    crate.root_dataset["author"] = crate.root_dataset["publisher"] = author
    for identifier, (name, version) in PROFILES.items():
        kind = ["CreativeWork", "Profile"]
        profile = crate.add_jsonld({"@id": identifier, "@type": kind, "name": name, "version": version})
        crate.root_dataset.append_to("conformsTo", profile)


def _describe_action(
    crate: ROCrate, workflow: Any, author: Any, inputs: list[Any], outputs: list[Any], ended: datetime
) -> None:
    content = "".join(sorted(str(entity["sha256"]) for entity in (*inputs, *outputs)))
    # One thing is itself, not a list of one: what the format recommends.
    used = inputs[0] if len(inputs) == 1 else inputs
    action = crate.add_action(
        workflow, f"#{uuid.uuid5(uuid.NAMESPACE_URL, content)}", object=used, result=outputs,
        properties={
            "name": "Run of the study that made these results",
            "description": "snakemake with the configuration files given as objects; keys set on the command line are "
            "not among them. The end is the time of the newest result.",
            "endTime": ended.isoformat(),
        },
    )  # fmt: skip
    action["agent"] = author
    crate.root_dataset["mentions"] = action


def _add(crate: ROCrate, path: Path, place: str, meaning: str, *, is_workflow: bool = False, engine: str = "") -> Any:
    properties: Mapping[str, Any] = {
        "name": path.name, "description": meaning, "sha256": sha256_file(path),
        "encodingFormat": _FORMATS.get(path.suffix, "text/plain"),
    }  # fmt: skip
    if is_workflow:
        return crate.add_workflow(
            path, place, main=True, lang="snakemake", lang_version=engine, record_size=True,
            properties={**properties, "conformsTo": {"@id": WORKFLOW_PROFILE}, "author": {"@id": "#authors"}},
        )  # fmt: skip
    return crate.add_file(path, place, record_size=True, properties=dict(properties))


def _configuration(crate: ROCrate, path: Path, known: Mapping[Path, Any]) -> Any:
    """A configuration file of the run: one of the study's own, or the user's, which is copied too."""
    return known.get(path.resolve()) or _add(crate, path, f"{COPIES}/configuration/{path.name}", "configuration file")


def _meaning(name: str) -> str:
    """What a result is, in the words of its table's declaration."""
    meanings = {f"results/{table.name}": table.meaning for _, table in registry.all_tables()}
    if name.endswith(".svg"):
        table = meanings.get(name.removesuffix(".svg") + ".tsv", "")
        return f"Figure: {table.rpartition('.svg: ')[2]}" if table else "Figure"
    own = {"study.pdf": "The paper", "numbers.json": "Every number of the paper with n, interval and source table"}
    return meanings.get(name) or own.get(name, name)
