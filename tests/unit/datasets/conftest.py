"""Small IDX files and a server on loopback that can misbehave as mirrors do."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def _encode(array: np.ndarray) -> bytes:
    """`array` as uncompressed IDX bytes."""
    header = bytes([0, 0, _CODES[array.dtype.str[1:]], array.ndim])
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return header + lengths + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture(scope="session")
def encode() -> Callable[[np.ndarray], bytes]:
    """The IDX writer, independent of the reader under test."""
    return _encode


@dataclass
class Mirror:
    """What the server holds, how it answers, and what it was asked."""

    files: dict[str, bytes]
    url: str = ""
    #: Answers still to give before the file itself: status codes, "short" (cut transfer), "slow" (silence).
    troubles: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def sha256(self, name: str) -> str:
        """The digest of what `name` holds, as the table of data sets pins it."""
        return hashlib.sha256(gzip.decompress(self.files[name])).hexdigest()


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A server of four gzip-compressed IDX files: 20 training and 10 test images of 4 x 4, 3 classes."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    random = np.random.default_rng(7)
    files = {}
    for part, count in (("train", 20), ("test", 10)):
        pixels = random.integers(0, 256, (count, 4, 4), dtype=np.uint8)
        files[f"{part}-images.gz"] = gzip.compress(_encode(pixels), mtime=0)
        files[f"{part}-labels.gz"] = gzip.compress(_encode(np.arange(count, dtype=np.uint8) % 3), mtime=0)
    state = Mirror(files)
    release = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            trouble = state.troubles.pop(0) if state.troubles else None
            name = self.path.rsplit("/", 1)[-1]
            if trouble == "slow":
                release.wait(30)
                return
            if isinstance(trouble, int) or name not in state.files:
                self.send_error(trouble if isinstance(trouble, int) else 404)
                return
            body = state.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if trouble == "short" else body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/{{dataset}}/{{file}}"
    yield state
    release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def table(tmp_path: Path, mirror: Mirror) -> Path:
    """A table of data sets with one row, `tiny`, whose files are on the loopback server."""
    names = ("train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz")
    row = {
        "name": "tiny", "task": "classification", "loader": "idx", "size": "30", "evaluation": "5",
        "split": "official", "split_seed": "", "classes": "a,b,c", "source": "made here",
        "url": "http://127.0.0.1:9/{file}", "package": "dataset-tiny",
        "files": " ".join(f"{name}:{mirror.sha256(name)}" for name in names),
        "licence": "CC0-1.0", "citation": "none",
    }  # fmt: skip
    path = tmp_path / "datasets.tsv"
    path.write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    return path
