"""Put the raw tables of a finished run into `resources/published/`, with what made them."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.runtime.files import replacing, sha256_file, write_json
from traceability.study import configuration
from traceability.study.published import FILES, FOLDER, NUMBERS, PAPER, PROVENANCE, STATUSES, VERSIONS


def publish(
    results: Path, target: Path, chapter: str, *, status: str, commit: str, settings: Mapping[str, Any], plan: Path
) -> dict[str, Any]:
    """Copy a chapter's raw tables from `results` to `target`/<chapter> and write their provenance, which is returned.

    `settings` is the whole configuration of the run, of which the chapter's section is kept; with the numbers of the
    paper, all of it. Raises `StudyError` where a table is not there: then nothing is published.
    """
    names = (NUMBERS,) if chapter == PAPER else FILES[chapter]
    sources = [results / chapter / name for name in names]
    for source in sources:
        if not source.is_file():
            raise StudyError(f"{source}: no such file; finish the run before you publish it")
    folder = target / chapter
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        with replacing(folder / source.name) as temporary:
            shutil.copyfile(source, temporary)
            if source.suffix == ".tsv":
                # Where the study lay on that machine is nobody's business, and says nothing about what was measured.
                text = temporary.read_bytes().replace(os.fsencode(results.resolve().parent), b"<study>")
                temporary.write_bytes(text)
    # Where the runs were kept is of no use to anybody else.
    whole = {name: dict(section) for name, section in settings.items() if name != "tracking"}
    kept = whole if chapter == PAPER else dict(settings[chapter])
    changed = [source.stat().st_mtime for source in sources]
    provenance = {
        "chapter": chapter, "status": status, "commit": commit, "configuration": kept,
        "plan_sha256": sha256_file(plan),
        "machine": _machine(),
        "measured": [datetime.fromtimestamp(time, UTC).date().isoformat() for time in (min(changed), max(changed))],
        "versions": {"python": platform.python_version()} | _versions(),
        "sha256": {name: sha256_file(folder / name) for name in names},
    }  # fmt: skip
    write_json(folder / PROVENANCE, provenance)
    return provenance


def _machine() -> dict[str, Any]:
    """What of a machine may show in results: networks and least squares round as its vector instructions do."""
    import numpy as np

    about: Any = np.show_config(mode="dicts")
    found = about["SIMD Extensions"].get("found", [])
    return {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count(),
            "vector_instructions": found}  # fmt: skip


def _versions() -> dict[str, str]:
    held = {}
    for name in VERSIONS:
        try:
            held[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return held


def main(arguments: list[str] | None = None) -> int:
    """Publish chapters of a finished run; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m traceability.study.publish", description=main.__doc__)
    parser.add_argument("results", type=Path, help="folder with the results of the run")
    parser.add_argument("chapters", nargs="+", choices=sorted({*FILES, PAPER}), help="chapters to publish")
    parser.add_argument("--status", choices=STATUSES, default="trial")
    parser.add_argument("--configfile", type=Path, help="configuration that the run was given")
    parser.add_argument("--plan", type=Path, default=Path("config/preregistration.yaml"))
    parser.add_argument("--target", type=Path, default=Path(FOLDER))
    given = parser.parse_args(arguments)
    try:
        commit = git.run("rev-parse", "HEAD", cwd=Path()).strip()
        written = yaml.safe_load(given.configfile.read_text(encoding="utf-8")) if given.configfile else {}
        settings = configuration.check(written, str(given.configfile))
        for chapter in given.chapters:
            kept = publish(given.results, given.target, chapter, status=given.status, commit=commit,
                           settings=settings, plan=given.plan)  # fmt: skip
            size = sum((given.target / chapter / name).stat().st_size for name in kept["sha256"])
            sys.stdout.write(f"{chapter}: {len(kept['sha256'])} tables, {size / 1e6:.1f} MB, {given.status}\n")
    except StudyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
