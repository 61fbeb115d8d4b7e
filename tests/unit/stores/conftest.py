"""Real stores for the tests of the audit: files, SQLite, PostgreSQL, a server, and MLflow 2.10.0 of its own."""

import contextlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pymysql
import pytest
from support import ROOT
from support.processes import wait_until

from traceability.runtime import services
from traceability.stores import tracking

COMMIT = "0123456789abcdef0123456789abcdef01234567"
KINDS = ("file", "sqlite", "postgresql", "mysql", "server")


@pytest.fixture(scope="session")
def database():
    """A PostgreSQL server."""
    with services.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb():
    """Makes an empty database of a MariaDB on a private socket, and gives its address; skips where there is none."""
    programs = [shutil.which(name) for name in ("mariadbd", "mariadb-install-db")]
    if None in programs:
        pytest.skip("no MariaDB on this machine (Debian's packages mariadb-server-core and mariadb-client-core)")
    server, install = map(str, programs)
    with services.private_folder("my-") as folder:
        root = ["--user=root"] if os.geteuid() == 0 else []
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        data = ["--no-defaults", f"--datadir={folder / 'data'}", *root]
        subprocess.run([install, *data, "--auth-root-authentication-method=normal"], check=True, **quiet)
        socket = folder / "s"
        started = subprocess.Popen([server, *data, f"--socket={socket}", "--skip-networking"], **quiet)
        try:

            def connected():
                with contextlib.suppress(pymysql.Error):
                    return pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)

            def create(name):
                with connected() as connection, connection.cursor() as cursor:
                    cursor.execute(f"CREATE DATABASE {name}")
                return f"mysql+pymysql://root@localhost/{name}?unix_socket={socket}"

            assert wait_until(connected, 60), "MariaDB does not answer"
            yield create
        finally:
            started.terminate()
            started.wait(30)


@pytest.fixture(params=KINDS)
def place(request, tmp_path, monkeypatch):
    """The address of an empty store of each kind, for MLflow and for the audit alike."""
    kind = request.param
    tracking.quiet()
    artifacts = (tmp_path / "artifacts").as_uri()
    if kind == "file":
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        yield (tmp_path / "store").as_uri(), None
    elif kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'mlflow.db'}", artifacts
    elif kind == "postgresql":
        database = request.getfixturevalue("database")
        yield database.create(f"audit_{tmp_path.name.lower().replace('-', '_')}"[:60]), artifacts
    elif kind == "mysql":
        create = request.getfixturevalue("mariadb")
        yield create(f"audit_{tmp_path.name.lower().replace('-', '_')}"[:60]), artifacts
    else:
        backend = f"sqlite:///{tmp_path / 'server.db'}"
        with services.mlflow_server(tmp_path / "server", backend, str(tmp_path / "artifacts")) as server:
            yield server.uri, None


@pytest.fixture(scope="session")
def rich():
    """`write_rich_run`."""
    return write_rich_run


def write_rich_run(uri: str, artifacts: str | None) -> str:
    """A run with everything that the audit asks for, by the client API; its id."""
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.create_experiment("rich <b>", artifact_location=artifacts)
    run_id = client.create_run(experiment, run_name="everything").info.run_id
    for name, text in {
        "mlflow.source.git.commit": COMMIT, "mlflow.source.git.repoURL": "https://me:hidden@example.org/x.git",
        "mlflow.source.name": "train.py", "mlflow.source.git.dirty": "false", "argv": "python train.py --token tk-41d8",
        "python": "3.11.7", "platform": "Linux", "PYTHONHASHSEED": "0", "deterministic_ops": "true",
    }.items():  # fmt: skip
        client.set_tag(run_id, name, text)
    for name, text in {"alpha": "0.5", "seed": "7", "data_path": "data/a.csv", "data_sha256": "a" * 64}.items():
        client.log_param(run_id, name, text)
    client.log_metric(run_id, "loss", 2.0, step=2)
    client.log_metric(run_id, "loss", 1.0, step=10)
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0]}), source="data/a.csv", name="rows")
    client.log_inputs(run_id, [mlflow.entities.DatasetInput(
        frame._to_mlflow_entity(), [mlflow.entities.InputTag("mlflow.data.context", "training")])])  # fmt: skip
    client.log_text(run_id, "mlflow==3.17.2\nclick==8\npackaging==25\nprotobuf==6\nPyYAML==6.0\n", "requirements.txt")
    client.set_terminated(run_id)
    return run_id


@pytest.fixture(scope="session")
def era(tmp_path_factory):
    """The interpreter of an environment with MLflow 2.10.0, built from the study's own pins of that time."""
    home = tmp_path_factory.mktemp("era") / "venv"
    for words in (
        ["venv", "--quiet", "--python", "3.11", str(home)],
        ["pip", "install", "--quiet", "--python", str(home / "bin" / "python"), "mlflow==2.10.0", "scikit-learn==1.2.2",
         # MLflow 2.10 imports pkg_resources and asks for setuptools nowhere; the driver of PostgreSQL was not pinned.
         "setuptools",
         f"psycopg2-binary=={importlib.metadata.version('psycopg2-binary')}",
         "-c", str(pins(tmp_path_factory.mktemp("pins")))],
    ):  # fmt: skip
        subprocess.run([uv(), "--no-config", *words], check=True)
    return home / "bin" / "python"


def uv() -> str:
    """The uv of this project, else the one on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return shutil.which("uv", path=path) or "uv"


def pins(folder: Path) -> Path:
    """Constraints: the pins of envs/era.txt without hashes."""
    lines = (ROOT / "envs" / "era.txt").read_text().splitlines()
    path = folder / "constraints.txt"
    path.write_text("\n".join(line.rstrip(" \\") for line in lines if "==" in line and line[0].isalnum()))
    return path
