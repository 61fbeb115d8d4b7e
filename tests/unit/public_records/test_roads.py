"""The road through git: only what an audit needs is fetched, and it gives what the repository itself gives."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import audit_public_records, fetch_public_records, gather_public_records, verify_public_records
from tests.unit.corpus.test_http import Remote, handler
from tests.unit.public_records.conftest import Upstream, write_run
from traceability.errors import StudyError
from traceability.public_records import fetching, judging, places
from traceability.public_records.tables import AUDITED, RUNS, STORES, VERIFIED
from traceability.runtime import git, git_objects
from traceability.runtime.files import write_json

STORE = ("mlruns", "file store")


@pytest.fixture
def served(upstream: Upstream) -> Iterator[Callable[[], str]]:
    """Serve what the repository holds by then, over HTTP on loopback as GitHub does; its address, a template."""
    root = upstream.folder.parents[1] / "served"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(Remote(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve() -> str:
        bare = root / "ada" / "project.git"
        git.run("clone", "--quiet", "--bare", "--no-local", str(upstream.folder), str(bare))
        git.run("config", "uploadpack.allowAnySHA1InWant", "true", cwd=bare)
        return f"http://127.0.0.1:{server.server_port}/{{repository}}.git"

    yield serve
    server.shutdown()
    server.server_close()


def test_only_record_files_and_recorded_code_are_fetched(
    traced: tuple[Upstream, str], served: Callable[[], str], tmp_path: Path
) -> None:
    upstream, _ = traced
    (upstream.folder / "picture.bin").write_bytes(b"not a record" * 1000)
    upstream.commit("a large file that is no record")
    one = upstream.repository(STORE)
    place = fetching.fetch(one, served(), tmp_path / "got")
    assert place.path == str(tmp_path / "got")
    tree = git_objects.tree(tmp_path / "got", one.commit)
    there = {blob.key for blob in git_objects.blobs(tmp_path / "got", tree.values(), 2**20) if blob.content is not None}
    assert tree["picture.bin"] not in there
    assert tree["mlruns/0/00000000000000000000000000000001/artifacts/model/model.pkl"] not in there, "no pickle"
    assert tree["src/train.py"] in there
    here = judging.judge(upstream.place(STORE), tmp_path / "here")
    fetched = judging.judge(place, tmp_path / "fetched")
    assert fetched.runs == here.runs
    assert fetched.stores == here.stores


def test_a_commit_that_no_branch_holds_any_more_is_asked_for_by_its_id(
    upstream: Upstream, served: Callable[[], str], tmp_path: Path
) -> None:
    (upstream.folder / "train.py").write_text("print(1)\n")
    upstream.commit("base")
    (upstream.folder / "train.py").write_text("print(2)\n")
    lost = upstream.commit("to be rewritten")
    write_run(upstream.folder / "mlruns", 1, commit=lost, source="train.py")
    git.run("reset", "--quiet", "--soft", "HEAD~1", cwd=upstream.folder)
    upstream.commit("rewritten, with records")
    template = served()
    bare = upstream.folder.parents[1] / "served" / "ada" / "project.git"
    assert not git_objects.holds(bare, lost), "a clone does not bring it"
    git.run("fetch", "--quiet", str(upstream.folder), f"{lost}:refs/hidden/lost", cwd=bare)
    git.run("config", "transfer.hideRefs", "refs/hidden", cwd=bare)
    place = fetching.fetch(upstream.repository(STORE), template, tmp_path / "got")
    (row,) = judging.judge(place, tmp_path / "audit").runs
    assert (row["commit_here"], row["script_here"], row["command"]) == (1, 1, 1)


def test_a_bundle_and_a_mirror_on_this_machine_give_the_same(traced: tuple[Upstream, str], tmp_path: Path) -> None:
    upstream, _ = traced
    git.run("bundle", "create", "--quiet", str(tmp_path / "ada+project.bundle"), "--all", cwd=upstream.folder)
    one = upstream.repository(STORE)
    by_bundle = fetching.fetch(one, f"{tmp_path}/{{owner}}+{{name}}.bundle", tmp_path / "got")
    mirror = fetching.fetch(one, f"file://{tmp_path}/upstream/{{owner}}/{{name}}", tmp_path / "none")
    assert mirror.path == str(upstream.folder)
    assert not (tmp_path / "none").exists()
    rows = [judging.judge(place, tmp_path / str(n)).runs for n, place in enumerate((by_bundle, mirror))]
    assert rows[0] == rows[1] != []


def test_a_repository_that_is_gone_is_a_place_without_a_path(tmp_path: Path) -> None:
    one = places.Repository("ada/gone", "1" * 40, (STORE,))
    place = fetching.fetch(one, f"{tmp_path}/{{name}}", tmp_path / "got", pause=lambda _seconds: None)
    assert (place.path, bool(place.detail)) == ("", True)
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize(
    ("name", "commit", "template", "said"),
    [
        ("ada", "1" * 40, "x/{name}", "no repository name"),
        ("ada/project", "1234", "x/{name}", "40 hexadecimal digits"),
        ("ada/project", "1" * 40, "x/{nmae}", "public_records.url_template"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_one_line(
    tmp_path: Path, name: str, commit: str, template: str, said: str
) -> None:
    row = {"repository": name, "commit": commit, "store": "mlruns", "kind": "file store", "frame": "made here",
           "date": "2024-01-01", "seen": 0}  # fmt: skip
    STORES.write([row], tmp_path / "stores.tsv")
    with pytest.raises(StudyError, match=said):
        places.count(tmp_path / "stores.tsv", 20, template)


def test_the_batches_give_observations_that_a_second_audit_confirms(
    traced: tuple[Upstream, str], tmp_path: Path
) -> None:
    """Through the scripts of the rules; a changed observation is found."""
    other = Upstream(tmp_path / "upstream" / "bob" / "other", "bob/other")
    write_run(other.folder / "mlruns", 7, source="train.py")
    other.commit("records")
    rows = [
        {"repository": one.name, "commit": git.head(one.folder), "store": "mlruns", "kind": "file store",
         "frame": "made here", "date": "2024-01-01", "seen": 0} for one in (traced[0], other)
    ]  # fmt: skip
    table, template = tmp_path / "stores.tsv", f"{tmp_path}/upstream/{{owner}}/{{name}}/.git"
    STORES.write(rows, table)
    assert places.count(table, 1, template) == 2
    parts: list[list[Path]] = []
    for batch in range(2):
        home, fetched = tmp_path / str(batch), tmp_path / f"{batch}.tsv"
        fetch_public_records.main(table, batch, 1, template, 100, home, fetched)
        parts.append([tmp_path / f"{batch}-{name}" for name in ("runs.parquet", "stores.tsv", "lists.parquet")])
        audit_public_records.main(table, fetched, home, batch, 1, 100, parts[-1])
    folder = tmp_path / "observations"
    gathered = [folder / name for name in ("public_runs.parquet", "public_stores.tsv", "lists.parquet")]
    gather_public_records.main(*map(list, zip(*parts, strict=True)), gathered)
    assert RUNS.read(gathered[0])["repository"].tolist() == ["ada/project", "bob/other"]
    assert AUDITED.read(gathered[1])["status"].tolist() == ["read", "read"]
    write_json(folder / "public_provenance.json", {})
    observed = [*gathered[:2], folder / "public_provenance.json"]
    verify_public_records.main(table, observed, 5, 1, template, 100, tmp_path / "verified.tsv")
    assert VERIFIED.read(tmp_path / "verified.tsv")["verdict"].tolist() == ["same", "same"]
    changed = RUNS.read(gathered[0]).assign(script_here=0)
    RUNS.write(changed, gathered[0])
    with pytest.raises(StudyError, match="script_here differs in 1 of 1 runs"):
        verify_public_records.main(table, observed, 5, 1, template, 100, tmp_path / "verified.tsv")
