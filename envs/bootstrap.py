"""Set the project up with nothing but a Python: no pip, no venv, no uv, no administrator.

uv's version, wheel and SHA-256 are read from `uv.lock`, where every other version is chosen too. The wheel is fetched,
checked and unpacked into `.uv/` of this project; uv then installs the lock into `.venv/`, with bytecode compiled.
A second call only compares a digest. `python3 envs/bootstrap.py` is all there is to it; `make` calls it.

The syntax stays readable to Python 3.8, so that an old Python gets a sentence and not a syntax error.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Where a user's own package index may be set, in the order in which it counts.
INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
OLDEST, NEWEST = (3, 11), (3, 13)


class SetupError(Exception):
    """What is wrong and what to do about it, in one line."""


def check_python(version: tuple[int, ...], executable: str) -> None:
    """Refuse a Python for which the lock holds no packages."""
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        raise SetupError(
            f"Python 3.11, 3.12 or 3.13 is needed, and {executable} is {'.'.join(map(str, version[:3]))}; install one "
            "(Debian 12+, Ubuntu 24.04+: sudo apt-get install python3; Ubuntu 22.04: sudo apt-get install python3.11; "
            "macOS: brew install python@3.13) and run make PYTHON=<that python>"
        )


def locked_uv(lock: Path) -> tuple[str, str, list[dict[str, str]]]:
    """Version of uv in the lock, the index the lock was made from, and its wheels (`url`, `hash`)."""
    import tomllib

    try:
        packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"{lock}: not a readable lock ({error}); restore it with git checkout {lock.name}") from None
    for package in packages:
        if package["name"] == "uv":
            return package["version"], package["source"].get("registry", ""), package["wheels"]
    raise SetupError(f"{lock}: holds no package uv; restore it with git checkout {lock.name}")


def fits(filename: str, system: str, machine: str, libc: tuple[str, str]) -> bool:
    """Whether a wheel runs on this platform, judged by the platform tags that end its name."""
    machine = {"amd64": "x86_64", "aarch64": "arm64" if system == "Darwin" else "aarch64"}.get(machine, machine)
    for tag in filename[: -len(".whl")].rsplit("-", 1)[-1].split("."):
        known = re.fullmatch(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_(\w+)", tag)
        if known is None or known[4] not in (machine, "universal2"):
            continue
        needs = (int(known[2]), int(known[3]))
        if known[1] == "macosx":
            if system == "Darwin":
                return True
        elif system == "Linux":
            glibc = libc[0] == "glibc"
            has = tuple(int(part) for part in re.findall(r"\d+", libc[1])[:2])
            if (known[1] == "manylinux") == glibc and (not glibc or has >= needs):
                return True
    return False


def this_platforms_wheel(wheels: list[dict[str, str]], version: str) -> dict[str, str]:
    """The wheel of uv for the running machine."""
    system, machine, libc = platform.system(), platform.machine().lower(), platform.libc_ver()
    for wheel in wheels:
        if fits(wheel["url"].rsplit("/", 1)[-1], system, machine, libc):
            return wheel
    raise SetupError(
        f"uv.lock names no uv wheel for {system} on {machine}; install uv {version} or newer yourself, on PATH"
    )


def configured_index() -> str:
    """The package index the user has set, or an empty string."""
    for variable in INDEX_VARIABLES:
        value = os.environ.get(variable, "").strip()
        if value:
            return re.sub(r"^[\w.-]+=(?=\w+:)", "", value).rstrip("/")
    return ""


def fetch(url: str) -> bytes:
    """The bytes behind `url`, tried three times; user and password in the address are honoured."""
    parts = urllib.parse.urlsplit(url)
    shown = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]))
    if parts.scheme not in ("https", "http", "file"):
        raise SetupError(f"{shown}: not an http, https or file address; check {', '.join(INDEX_VARIABLES)}")
    request = urllib.request.Request(shown)  # noqa: S310 (scheme checked above)
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not paths.capath and Path("/etc/ssl/cert.pem").exists():
        # Python from python.org on macOS knows no certificates until its installer's script was run.
        context.load_verify_locations("/etc/ssl/cert.pem")
    for attempt in (1, 2, 3):
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:  # noqa: S310
                return bytes(answer.read())
        except OSError as error:
            final = isinstance(error, urllib.error.HTTPError) and error.code in (401, 403, 404)
            if attempt == 3 or final:
                why = getattr(error, "reason", error)
                raise SetupError(
                    f"cannot fetch {shown} ({why}); check the network or proxy, or name your package index in "
                    f"{INDEX_VARIABLES[0]}"
                ) from None
            time.sleep(attempt)
    raise AssertionError("unreachable")


def address(wheel: dict[str, str], index: str) -> str:
    """Where to fetch the wheel: the lock's address, or the file of that name in the user's own index."""
    if not index:
        return wheel["url"]
    filename = wheel["url"].rsplit("/", 1)[-1]
    page_url = f"{index}/uv/"
    local = Path(urllib.request.url2pathname(urllib.parse.urlsplit(index).path), "uv", "index.html")
    page = fetch(local.as_uri() if index.startswith("file:") else page_url).decode("utf-8", errors="replace")
    for target in re.findall(r"""href\s*=\s*["']([^"']+)["']""", page):
        plain = target.replace("&amp;", "&").split("#", 1)[0]
        if urllib.parse.unquote(plain.split("?", 1)[0].rsplit("/", 1)[-1]) == filename:
            return urllib.parse.urljoin(page_url, plain)
    raise SetupError(f"the configured package index has no {filename}; unset {', '.join(INDEX_VARIABLES)} or add it")


def unpack_uv(wheel: dict[str, str], content: bytes, target: Path) -> None:
    """Write the uv program out of the wheel to `target`, whole or not at all, once its SHA-256 is the lock's."""
    filename = wheel["url"].rsplit("/", 1)[-1]
    expected, found = wheel["hash"].partition(":")[2], hashlib.sha256(content).hexdigest()
    if found != expected:
        raise SetupError(
            f"{filename}: SHA-256 is {found}, uv.lock expects {expected}; nothing was kept, try again or another index"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as output, tempfile.TemporaryFile() as archive:
            archive.write(content)
            with zipfile.ZipFile(archive) as files:
                (member,) = (entry for entry in files.namelist() if entry.endswith(".data/scripts/uv"))
                output.write(files.read(member))
        Path(name).chmod(0o755)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def uv_on_path(wanted: str) -> str:
    """A uv on PATH that is at least as new as the lock's, or an empty string."""
    found = shutil.which("uv")
    if found:
        try:
            said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            said = ""
        version = re.match(r"uv (\d+)\.(\d+)\.(\d+)", said)
        if version and tuple(map(int, version.groups())) >= tuple(map(int, wanted.split("."))):
            return found
    return ""


def find_uv(root: Path, version: str, wheels: list[dict[str, str]], index: str) -> str:
    """The uv to use: this project's, else a new enough one on PATH, else the locked one, fetched now."""
    own = root / ".uv" / f"uv-{version}"
    if own.exists():
        return str(own)
    present = uv_on_path(version)
    if present:
        return present
    wheel = this_platforms_wheel(wheels, version)
    say(f"fetching uv {version}")
    unpack_uv(wheel, fetch(address(wheel, index)), own)
    return str(own)


def stamp(root: Path) -> str:
    """What an environment must have been made from to be current; the folder counts, since a copied one is broken."""
    digest = hashlib.sha256(str(root).encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def run(words: list[str], root: Path, environment: dict[str, str]) -> None:
    """Run uv; its own words say what went wrong."""
    if subprocess.run(words, cwd=root, env=environment, check=False).returncode != 0:
        raise SetupError(f"uv could not finish `{' '.join(words[1:3])}` (see above); mend that and call make again")


def install(uv: str, root: Path, locked_index: str, index: str) -> None:
    """Install the lock into `.venv` with the running Python.

    A lock names the address of each file. Behind another index those addresses may be out of reach, and uv would
    resolve anew; then the same versions with the same digests are installed from that index instead.
    """
    inherited = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_PYTHON", "UV_PROJECT", *INDEX_VARIABLES)
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    environment["UV_PROJECT_ENVIRONMENT"] = str(root / ".venv")
    environment.setdefault("UV_COMPILE_BYTECODE_TIMEOUT", "600")  # a minute is too short on a slow disk
    # uv brings certificates of its own; behind a company's proxy only the machine's are right.
    environment.setdefault("UV_SYSTEM_CERTS", "true")
    python = getattr(sys, "_base_executable", "") if sys.prefix != sys.base_prefix else sys.executable
    python = python or sys.executable
    if index in ("", locked_index.rstrip("/")):
        run([uv, "sync", "--locked", "--compile-bytecode", "--python", python], root, environment)
        return
    environment["UV_DEFAULT_INDEX"] = index
    with tempfile.TemporaryDirectory() as scratch:
        pins = str(Path(scratch, "requirements.txt"))
        run([uv, "export", "--frozen", "--quiet", "--no-emit-project", "--output-file", pins], root, environment)
        run([uv, "venv", "--clear", "--python", python, str(root / ".venv")], root, environment)
        environment["VIRTUAL_ENV"] = str(root / ".venv")
        run([uv, "pip", "sync", "--require-hashes", "--compile-bytecode", pins], root, environment)
        run([uv, "pip", "install", "--no-deps", "--editable", str(root)], root, environment)


def say(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"set-up: {text}\n")


def main(root: Path = ROOT) -> int:
    """Bring `.venv` in line with `uv.lock`; 0 when it is."""
    try:
        check_python(sys.version_info[:3], sys.executable)
        current, mark = stamp(root), root / ".venv" / ".set-up"
        if (root / ".venv" / "bin" / "python").exists() and mark.exists() and mark.read_text() == current:
            return 0
        version, locked_index, wheels = locked_uv(root / "uv.lock")
        index = configured_index()
        uv = find_uv(root, version, wheels, index)
        say("installing the packages of uv.lock into .venv")
        mark.unlink(missing_ok=True)
        install(uv, root, locked_index, index)
        mark.write_text(current)
        say("done")
    except SetupError as error:
        sys.stderr.write(f"set-up: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("set-up: interrupted; call make again to go on\n")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
