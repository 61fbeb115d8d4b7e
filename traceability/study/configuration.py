"""The study's configuration: one strict model, put together from each chapter's `settings.py`.

`config/schemas/config.schema.json` is generated from it (`python -m traceability.study.configuration`), and a test
fails when the two drift. Every key has a description, a default and bounds; an unknown key is refused with its
nearest known neighbour named.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field, create_model

from traceability.runtime.files import write_text
from traceability.study import config_schema
from traceability.study.registry import CHAPTERS
from traceability.study.settings import Settings

SCHEMA = config_schema.SCHEMA
README = config_schema.FOLDER / "README.md"
EXAMPLE = config_schema.FOLDER / "config.yaml"


def model() -> type[Settings]:
    """The whole configuration: one section per chapter that has a `settings.py` with a class `Section`."""
    fields: dict[str, Any] = {}
    for chapter in CHAPTERS:
        name = f"traceability.{chapter}.settings"
        if importlib.util.find_spec(f"traceability.{chapter}") and importlib.util.find_spec(name):
            section = importlib.import_module(name).Section
            fields[chapter] = (
                section,
                Field(default_factory=section, description=(section.__doc__ or "").splitlines()[0]),
            )
    return create_model("Configuration", __base__=Settings, **fields)


def check(config: dict[str, Any], where: str = "config") -> dict[str, Any]:
    """Return `config` with every default filled in.

    Raises `StudyError` with one line that names the key, what was given and what is expected.
    """
    return config_schema.check(config, where)


def schema() -> str:
    """The JSON schema as text."""
    written = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model().model_json_schema()
    return json.dumps(written, indent=2, sort_keys=True) + "\n"


_INTRODUCTION = """# config/

`config.yaml` is the study repeated on your machine in some 20 minutes, `quick.yaml` the same study in a few minutes,
`paper.yaml` the study as published, in hours or on a cluster.
A size changes numbers and rows of tables, never rules. Choose one with `--configfile config/quick.yaml`; single keys
with `--config 'training={"replicates": 5}'`. Unknown keys are refused. Tables beside the files are part of the
configuration: `arms.tsv` (a row is an arm), `datasets.tsv`, `projects.tsv`. `preregistration.yaml` is the plan: it was
committed before the runs that it speaks of.

Reading the workflow takes `snakemake` 9.27.1 alone (`snakemake -n`, `--list`, `--lint`); each rule names a conda
environment that holds what its script needs (`snakemake --sdm conda --cores 4`), and `make study` sets up one for all.

The study also runs in another folder (`snakemake --snakefile STUDY/Snakefile --directory HERE`), and as a module of
another workflow, with or without `prefix`:

```python
module study:
    snakefile: "STUDY/Snakefile"
    config: config
    prefix: "study"

use rule * from study as study_*
```

Its rules need the library and the tables beside them, so `STUDY` is a clone of the repository: `snakedeploy
deploy-workflow`, which names a repository by its address, is refused with a line that says so. As a module it cannot
start a tracking server of its own (`tracking.uri: service`), because Snakemake runs no `onstart` of a module.

This page is generated (`python -m traceability.study.configuration`) from `traceability/<chapter>/settings.py`.
"""


def readme() -> str:
    """The page that explains every key, as Markdown."""
    parts = [_INTRODUCTION]
    for name, field in model().model_fields.items():
        section = field.annotation
        assert isinstance(section, type) and issubclass(section, BaseModel)  # noqa: S101 - how model() builds them
        parts.append(f"\n## {name}\n\n{field.description}\n\n| key | default | bounds | meaning |\n|---|---|---|---|\n")
        parts += [_line(key, entry) for key, entry in _entries(section)]
    return "".join(parts)


def _entries(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of a section with its JSON schema; the keys of a section within it as `section.key`."""
    properties = section.model_json_schema()["properties"]
    for key, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _entries(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", properties[key]


def _line(key: str, entry: dict[str, Any]) -> str:
    """One key as a line of the page's table."""
    marks = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<", "minItems": "items ≥"}
    bounds = ", ".join(f"{mark} {entry[bound]:g}" for bound, mark in marks.items() if bound in entry)
    bounds = bounds or ", ".join(f"`{value}`" for value in entry.get("enum", []))
    meaning = " ".join(entry["description"].split()).replace("|", "\\|")
    return f"| `{key}` | `{json.dumps(entry['default'])}` | {bounds} | {meaning} |\n"


def example() -> str:
    """`config/config.yaml`: every key with its default, one a line."""
    lines = [
        "# Every key of the study with its value; their meaning and bounds: config/README.md. Generated from",
        "# traceability/<chapter>/settings.py by `python -m traceability.study.configuration`.",
    ]
    for section, values in config_schema.check({}).items():
        lines += ["", f"{section}:"]
        for key, value in values.items():
            if isinstance(value, dict):
                lines += [f"  {key}:", *(f"    {inner}: {json.dumps(own)}" for inner, own in value.items())]
            else:
                lines.append(f"  {key}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_text(SCHEMA, schema())
    write_text(README, readme())
    write_text(EXAMPLE, example())
    sys.stdout.write(f"{SCHEMA.name}, {README.name} and {EXAMPLE.name} written\n")
