"""A remote file is fetched once, checked against its published digest, and never half there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from traceability.datasets import download
from traceability.datasets.catalogue import RemoteFile
from traceability.datasets.download import Origin
from traceability.errors import StudyError

NAME = "train-images.gz"


def _fetch(mirror: Any, folder: Path, sha256: str | None = None, attempts: int = 3, timeout: float = 5) -> Path:
    origin = Origin(timeout_seconds=timeout, attempts=attempts, pause_seconds=0.01)
    url = mirror.url.replace("{dataset}", "tiny").replace("{file}", NAME)
    return download.fetch(url, RemoteFile(NAME, sha256 or mirror.sha256(NAME)), folder, origin)


def _refused(mirror: Any, folder: Path, **how: Any) -> str:
    """The message of a download that must fail on one line and leave nothing in `folder`."""
    with pytest.raises(StudyError) as error:
        _fetch(mirror, folder, **how)
    assert list(folder.iterdir()) == []
    assert "\n" not in str(error.value)
    assert NAME in str(error.value)
    return str(error.value)


def test_a_file_is_fetched_once(mirror: Any, tmp_path: Path) -> None:
    path = _fetch(mirror, tmp_path)
    assert path.read_bytes() == mirror.files[NAME]
    assert _fetch(mirror, tmp_path) == path
    assert mirror.requests == [f"/tiny/{NAME}"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_good_copy_needs_no_server(mirror: Any, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(mirror.files[NAME])
    assert _fetch(mirror, tmp_path).read_bytes() == mirror.files[NAME]
    assert mirror.requests == []


@pytest.mark.parametrize("damage", [b"", b"not the file"], ids=["empty", "other content"])
def test_a_damaged_copy_is_noticed_and_fetched_again(mirror: Any, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / NAME).write_bytes(damage)
    assert _fetch(mirror, tmp_path).read_bytes() == mirror.files[NAME]
    assert len(mirror.requests) == 1


def test_one_flipped_bit_in_the_copy_is_noticed(mirror: Any, tmp_path: Path) -> None:
    damaged = bytearray(mirror.files[NAME])
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / NAME).write_bytes(damaged)
    assert _fetch(mirror, tmp_path).read_bytes() == mirror.files[NAME]


def test_a_damaged_copy_does_not_outlive_a_failed_download(mirror: Any, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"damaged")
    mirror.troubles = [404]
    _refused(mirror, tmp_path)


def test_wrong_content_names_both_digests_and_is_not_asked_for_again(mirror: Any, tmp_path: Path) -> None:
    message = _refused(mirror, tmp_path, sha256="0" * 64)
    assert f"expected SHA-256 {'0' * 64}, found {mirror.sha256(NAME)}" in message
    assert len(mirror.requests) == 1


def test_a_truncated_file_names_lengths_and_digests(mirror: Any, tmp_path: Path) -> None:
    mirror.troubles = ["short"] * 3
    message = _refused(mirror, tmp_path)
    size = len(mirror.files[NAME])
    assert f"truncated after {size // 2} of {size} bytes" in message
    assert "it is cut: its gzip stream ends after" in message
    assert len(mirror.requests) == 3


@pytest.mark.parametrize("trouble", [500, 503, 429, "short"])
def test_a_passing_fault_is_outlasted(mirror: Any, tmp_path: Path, trouble: int | str) -> None:
    mirror.troubles = [trouble, trouble]
    assert _fetch(mirror, tmp_path).read_bytes() == mirror.files[NAME]
    assert len(mirror.requests) == 3
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (500, 3)])
def test_a_refusal_names_the_status_and_the_address(mirror: Any, tmp_path: Path, status: int, asked: int) -> None:
    mirror.troubles = [status] * 3
    message = _refused(mirror, tmp_path)
    assert f"the server answered {status}" in message
    assert f"/tiny/{NAME}" in message
    assert len(mirror.requests) == asked


def test_a_silent_server_is_given_up(mirror: Any, tmp_path: Path) -> None:
    mirror.troubles = ["slow"]
    assert "no answer" in _refused(mirror, tmp_path, attempts=1, timeout=0.2)


def test_a_server_that_is_not_there_is_one_line(mirror: Any, tmp_path: Path) -> None:
    mirror.url = "http://127.0.0.1:9/{dataset}/{file}"
    assert "attempt 2 of 2 at http://127.0.0.1:9/" in _refused(mirror, tmp_path, attempts=2)


def test_only_web_addresses_are_opened(mirror: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(mirror.files[NAME])
    mirror.url = (tmp_path / "elsewhere").as_uri()
    folder = tmp_path / "cache"
    folder.mkdir()
    with pytest.raises(StudyError, match=r"not an http"):
        _fetch(mirror, folder)


def test_a_cache_that_cannot_be_written_names_the_setting(mirror: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudyError, match=r"set datasets\.cache to another folder"):
        _fetch(mirror, tmp_path / "file" / "below")


def test_the_cache_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "chosen"))
    assert download.user_cache() == tmp_path / "chosen" / "traceability"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert download.user_cache() == tmp_path / ".cache" / "traceability"
    monkeypatch.setattr("sys.platform", "darwin")
    assert download.user_cache() == tmp_path / "Library" / "Caches" / "traceability"
