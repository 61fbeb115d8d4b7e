"""The four servers of an OpenStack Swift of one node, in one process group; run by the interpreter that has Swift.

`python swift_node.py FOLDER`: FOLDER holds account.conf, container.conf, object.conf, proxy.conf and the rings.
Swift reads its secret of object paths from /etc/swift/swift.conf, which takes an administrator; here it is
set directly.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path


def main() -> int:
    """Start all four and end with the first that ends."""
    from swift.common import utils

    folder = Path(sys.argv[1])
    utils.HASH_PATH_SUFFIX = b"study"
    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
    for name in ("account", "container", "object", "proxy"):
        if os.fork() == 0:
            sys.argv = [f"swift-{name}-server", str(folder / f"{name}.conf")]
            os._exit(int(importlib.import_module(f"swift.{name.replace('object', 'obj')}.server").main() or 0))
    return os.waitstatus_to_exitcode(os.wait()[1])


if __name__ == "__main__":
    sys.exit(main())
