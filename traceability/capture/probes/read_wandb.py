"""`python read_wandb.py STORES OUTPUT`: what an offline run of Weights & Biases holds, in common words.

The log is LevelDB's: blocks of 32 KiB, chunks with checksum, length and kind; each record a protocol buffer.
"""

import glob
import os
import struct

from artifact_files import evidence
from probe import each_launch, main
from wandb.proto import wandb_internal_pb2

BLOCK, HEADER, PREFIX = 32768, 7, 7
WHOLE, FIRST, LAST = 1, 2, 4


def records(path):
    """Every record of a log."""
    with open(path, "rb") as stream:
        content = stream.read()
    position, parts = PREFIX, b""
    while position + HEADER <= len(content):
        left = BLOCK - position % BLOCK
        if left < HEADER:
            position += left
            continue
        _, length, kind = struct.unpack("<IHB", content[position : position + HEADER])
        position += HEADER
        parts = (
            content[position : position + length]
            if kind in (WHOLE, FIRST)
            else parts + content[position : position + length]
        )
        position += length
        if kind in (WHOLE, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            yield record.WhichOneof("record_type"), record


def of_environment(said):
    """The description of program and machine."""
    lines = []
    for key, value in (("platform", said.os), ("python", said.python.removeprefix("CPython ")), ("entry_point", said.program),
                       ("commit", said.git.commit), ("remote", said.git.remote_url), ("user", said.username)):  # fmt: skip
        lines += [["run", key, str(value)]] if value else []
    if said.args or said.program:
        lines.append(["run", "argv", " ".join(said.args)])
    if said.cpu.model:
        lines.append(["run", "cpu", said.cpu.model])
    if said.cpu_count_logical:
        lines.append(["run", "cpu_count", str(said.cpu_count_logical)])
        lines.append(["run", "gpu", str(said.gpu_count)])
    if said.memory.total:
        lines.append(["run", "memory", str(said.memory.total)])
    return lines


def of_launch(folder):
    """One list of evidence per run of a launch."""
    runs = []
    for path in sorted(glob.glob(os.path.join(folder, "store", "wandb", "offline-run-*", "*.wandb"))):
        lines, began = [], 0
        for kind, record in records(path):
            if kind == "run":
                lines += [["run", f"parameters:{item.key}", item.value_json] for item in record.run.config.update
                          if not item.key.startswith("_")]  # fmt: skip
                began = record.run.start_time.seconds
                lines.append(["run", "start", str(began)])
            elif kind == "exit" and began:
                lines.append(["run", "end", str(began + record.exit.runtime)])
            elif kind == "environment":
                lines += of_environment(record.environment)
            elif kind == "history":
                named = [(".".join(item.nested_key) or item.key, item.value_json) for item in record.history.item]
                lines += [["run", f"metrics:{name}", value] for name, value in named if not name.startswith("_")]
            elif kind == "artifact":
                lines += [
                    ["artifact", f"file_path:{entry.path}", entry.local_path]
                    for entry in record.artifact.manifest.contents
                ]
                lines += of_files([(entry.path, entry.local_path) for entry in record.artifact.manifest.contents])
        files = os.path.join(os.path.dirname(path), "files")
        for place, key, value in evidence(files, "artifact"):
            if key == "file:requirements.txt":
                lines.append(["run", "packages", value])
            elif key == "file:diff.patch":
                lines.append(["run", "diff", value])
            else:
                lines.append([place, key, value])
        runs.append([line for number, line in enumerate(lines) if line not in lines[:number]])
    return runs


def of_files(named):
    """Digests of files that an artifact holds: by the name in it, from where they wait for the upload."""
    import hashlib

    lines = []
    for name, path in named:
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as stream:
            lines.append(["artifact", f"file_sha256:{name}", hashlib.sha256(stream.read()).hexdigest()])
    return lines


if __name__ == "__main__":
    main(each_launch(of_launch))
