"""Files as evidence: name, size, digest, and the text of small text files. Nothing is unpickled."""

import hashlib
import os

LARGEST_TEXT = 400_000


def evidence(folder, place, kind="file"):
    """[place, key, value] for every file below `folder`."""
    lines = []
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            full = os.path.join(path, name)
            key = os.path.relpath(full, folder)
            with open(full, "rb") as stream:
                content = stream.read()
            lines.append([place, f"{kind}_sha256:{key}", hashlib.sha256(content).hexdigest()])
            lines.append([place, f"{kind}_path:{key}", full])
            if len(content) <= LARGEST_TEXT:
                try:
                    lines.append([place, f"{kind}:{key}", content.decode("utf-8")])
                except UnicodeDecodeError:
                    continue
    return lines
