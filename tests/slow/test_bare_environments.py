"""The instruments on other people's machines: the package alone beside MLflow of several years, and each extra alone.

Every environment is new, made by uv from the package index, and holds this work tree's wheel.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv") or "uv"
#: MLflow's release, the day as of which its environment is resolved, and what that environment lacked.
RELEASES = [("2.10.2", "2024-02-20", ["setuptools"]), ("2.22.0", "2025-05-01", []), ("3.17.2", "2026-11-30", [])]
TRACK = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("bare")
for rate in ("0.1", "0.2"):
    with mlflow.start_run() as run:
        mlflow.log_param("rate", rate)
        mlflow.log_metric("score", float(rate))
    print(run.info.run_id)
"""
pytestmark = pytest.mark.slow


def call(*words, cwd, status=0, **more):
    """Run a program that must end with `status`; what it printed on both streams."""
    variables = {
        name: os.environ[name] for name in ("PATH", "HOME", "UV_CACHE_DIR", "SSL_CERT_FILE") if name in os.environ
    }
    variables |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_FILE_STORE": "true", "UV_SYSTEM_CERTS": "true"}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=variables | more, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as it is published."""
    folder = tmp_path_factory.mktemp("wheel")
    call(UV, "build", "--wheel", "--quiet", "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def environment(folder, *requirements):
    """A new environment; its folder of programs."""
    call(UV, "venv", "--quiet", "--python", sys.executable, folder / "env", cwd=folder)
    if requirements:
        install(folder / "env", *requirements)
    return folder / "env" / "bin"


def install(env, *requirements):
    call(UV, "pip", "install", "--quiet", "--python", env / "bin" / "python", *requirements, cwd=env)


def versions(bin_folder):
    """What is installed, by name."""
    listed, _ = call(UV, "pip", "list", "--format", "json", "--python", bin_folder / "python", cwd=bin_folder)
    return {entry["name"]: entry["version"] for entry in json.loads(listed)}


def project(folder):
    """A committed project that tracks two runs; its folder."""
    folder.mkdir()
    (folder / "track.py").write_text(TRACK)
    (folder / ".gitignore").write_text("/store/\n")
    for words in (["init", "-q"], ["remote", "add", "origin", "https://example.org/x.git"], ["add", "-A"],
                  ["-c", "user.name=me", "-c", "user.email=me@example.org", "commit", "-qm", "one"]):  # fmt: skip
        call("git", *words, cwd=folder)
    (folder / "store").mkdir()
    return folder


@pytest.mark.parametrize(("release", "day", "more"), RELEASES, ids=[release for release, _, _ in RELEASES])
def test_beside_mlflow_the_base_moves_no_package_and_reads_its_stores(release, day, more, wheel, tmp_path):
    (tmp_path / "in.txt").write_text("\n".join([f"mlflow=={release}", *more]))
    words = ("--quiet", "--exclude-newer", day, "--python", sys.executable, "--output-file", "lock.txt", "in.txt")
    call(UV, "pip", "compile", *words, cwd=tmp_path)
    programs = environment(tmp_path, "-r", str(tmp_path / "lock.txt"))
    before = versions(programs)
    install(tmp_path / "env", str(wheel))
    after = versions(programs)
    assert {name: after.get(name) for name in before} == before, "a package that MLflow brought was moved"
    call(UV, "pip", "check", "--python", programs / "python", cwd=tmp_path)
    folder = project(tmp_path / "project")
    for address, store in (("sqlite:///store/x.db", "sqlite:///store/x.db"), ("file:store/mlruns", "store/mlruns")):
        said, _ = call(programs / "python", "track.py", address, cwd=folder, TRACEABILITY_CONTEXT="1")
        first, second = said.split()[-2:]
        said, _ = call(programs / "traceability", "audit", store, cwd=folder)
        assert "2 runs" in said
        said, _ = call(programs / "traceability", "audit", store, "--run", first, cwd=folder)
        assert "code: complete" in said, said
        assert "environment: complete" in said, said
        said, _ = call(programs / "traceability", "drift", first, second, "--tracking-uri", store, cwd=folder, status=1)
        assert "rate" in said
        call(programs / "traceability", "drift", first, first, cwd=folder, MLFLOW_TRACKING_URI=store)


def test_without_its_extra_a_command_names_it_in_one_line(wheel, tmp_path):
    programs = environment(tmp_path, str(wheel))
    # What Python itself can parse is scanned without the tolerant parser of the extra.
    (tmp_path / "train.py").write_text("import mlflow\nmlflow.log_param('a', 1)\nprint 'of another time'\n")
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("experiment_id: '0'\nlifecycle_stage: active\nname: Default\n")
    for extra, words in (
        ("scan", ["scan", "."]),
        ("audit", ["audit", "postgresql://reader@127.0.0.1:9/mlflow"]),
        ("audit", ["audit", "mysql://reader@127.0.0.1:9/mlflow"]),
        ("audit", ["drift", "a", "b", "--tracking-uri", "postgresql://reader@127.0.0.1:9/mlflow"]),
        ("replay", ["replay", "0" * 32, "--tracking-uri", "mlruns"]),
    ):
        _, said = call(programs / "traceability", *words, cwd=tmp_path, status=2)
        assert f"pip install 'traceability[{extra}]'" in said, f"{words}: {said}"
        assert len(said.strip().splitlines()) == 1, said
    call(programs / "python", "-m", "traceability", "-h", cwd=tmp_path)


@pytest.mark.parametrize(("extra", "words", "status", "expected"), [
    ("scan", ["scan", "code", "--calls", "calls.tsv"], 0, "log_param"),
    ("scan,parquet", ["scan", "code", "--calls", "calls.parquet"], 0, "log_param"),
    ("audit", ["audit", "mlruns", "--output", "audit.html"], 0, "0 runs"),
    ("audit", ["audit", "postgresql://reader@127.0.0.1:9/mlflow"], 2, "error: "),
    ("audit", ["audit", "mysql://reader@127.0.0.1:9/mlflow"], 2, "error: "),
    ("replay", ["replay", "0" * 32, "--tracking-uri", "mlruns", "--yes"], 2, "error: "),
])  # fmt: skip
def test_with_its_extra_a_command_needs_nothing_else(extra, words, status, expected, wheel, tmp_path):
    programs = environment(tmp_path, f"traceability[{extra}] @ {wheel.as_uri()}")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text("import mlflow\nmlflow.log_param('a', 1)\n")
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("experiment_id: '0'\nlifecycle_stage: active\nname: Default\n")
    said = "".join(call(programs / "traceability", *words, cwd=tmp_path, status=status))
    assert expected in said, said
    assert "is not installed" not in said
    assert "Traceback" not in said


IMPORT_ALL = """
import importlib, pkgutil, traceability
failed = {}
for found in pkgutil.walk_packages(traceability.__path__, "traceability."):
    # Probes run in the environment of the tracker that they read; what is called like this starts a program.
    if ".probes" in found.name or found.name.endswith(("__main__", ".redirect.sitecustomize")):
        continue
    try:
        importlib.import_module(found.name)
    except BaseException as error:
        failed[found.name] = f"{type(error).__name__}: {error}"
print(failed)
"""


def test_with_the_extra_of_the_study_every_module_can_be_imported(wheel, tmp_path):
    programs = environment(tmp_path, f"{wheel}[study]")
    printed, _ = call(programs / "python", "-c", IMPORT_ALL, cwd=tmp_path)
    assert printed.splitlines()[-1] == "{}"
    call(UV, "pip", "check", "--python", programs / "python", cwd=tmp_path)
