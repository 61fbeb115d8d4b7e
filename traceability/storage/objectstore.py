"""OpenStack Swift as a real object store that speaks S3, for the length of a block."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.runtime import services
from traceability.storage import environments


@dataclass
class ObjectStore:
    """Address and key of a running object store."""

    endpoint: str
    key_id: str
    secret: str
    service: services.Service

    @property
    def environment(self) -> dict[str, str]:
        """What MLflow and boto3 need to reach it."""
        return {
            "MLFLOW_S3_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """A boto3 client."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )

    def bucket(self, name: str) -> str:
        """A new bucket whose name begins with `name`."""
        full = f"{name.replace('_', '-')}-{secrets.token_hex(4)}"
        self.client().create_bucket(Bucket=full)
        return full

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Every object: its key and its bytes."""
        client = self.client()
        for bucket in client.list_buckets()["Buckets"]:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
                for entry in page.get("Contents", []):
                    answer = client.get_object(Bucket=bucket["Name"], Key=entry["Key"])
                    yield entry["Key"], answer["Body"].read()


_SERVER = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
workers = 0
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""

_PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
workers = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_study_study = {secret} .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


@contextlib.contextmanager
def swift(receipt: Path | None) -> Iterator[ObjectStore]:
    """Start a one-node Swift (`receipt` of its environment): one copy of each object, S3 on a free port.

    Raises `StudyError` where it is not installed or does not start.
    """
    python = environments.interpreter("object store", receipt)
    builds = python.with_name("swift-ring-builder")
    with services.private_folder("swift-") as folder:
        (folder / "devices" / "d1").mkdir(parents=True)
        secret = secrets.token_urlsafe(24)
        ports = {name: services.free_port() for name in ("account", "container", "object", "proxy")}
        for name, port in ports.items():
            values = {"port": port, "user": getpass.getuser(), "folder": folder, "name": name, "secret": secret}
            (folder / f"{name}.conf").write_text((_PROXY if name == "proxy" else _SERVER).format(**values))
            if name != "proxy":
                builder = str(folder / f"{name}.builder")
                for step in (
                    ["create", "4", "1", "0"],
                    ["add", f"r1z1-127.0.0.1:{port}/d1", "1"],
                    ["rebalance"],
                ):
                    done = subprocess.run([str(builds), builder, *step], capture_output=True, text=True, check=False)
                    if done.returncode > 1:  # 1 is a warning
                        raise StudyError(f"object store: {done.stdout.strip() or done.stderr.strip()}")

        def ready() -> bool:
            return all(map(services.port_answers, ports.values()))

        words = [str(python), str(Path(__file__).with_name("swift_node.py")), str(folder)]
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        service = services.start(
            "OpenStack Swift", words, folder / "server.log", ready, environment=clean, remove=folder
        )
        try:
            yield ObjectStore(f"http://127.0.0.1:{ports['proxy']}", "study:study", secret, service)
        finally:
            service.stop()
