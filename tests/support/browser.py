"""A real browser without a window, steered over two pipes (Chrome DevTools Protocol); needs no further package."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")


def found() -> str | None:
    """The browser of this machine, if it has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page; `errors` collects what its console complained about and what could not be loaded."""

    def __init__(self, size: tuple[int, int] = (1400, 1000)) -> None:
        program = found()
        assert program, "no browser on this machine"
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        words = [
            program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
            f"--user-data-dir={self._profile.name}", f"--window-size={size[0]},{size[1]}", "about:blank",
        ]  # fmt: skip
        # The protocol wants these two numbers: 3 is read, 4 is written.
        shuffle = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", shuffle, "bash", str(theirs_in), str(theirs_out), *words],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._session, self._rest = 0, "", b""
        self.errors: list[str] = []
        self._loaded = False
        (page,) = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"][:1]
        self._session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def open(self, path: Path) -> None:
        """Load a page of this machine and wait until it is there."""
        self._loaded = False
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not self._loaded:
            self._take(self._message())

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise AssertionError(f"{script[:200]}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """What a user sees, as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        self._number += 1
        said: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            said["sessionId"] = self._session
        os.write(self._out, json.dumps(said).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return dict(message["result"])
            self._take(message)

    def _message(self, patience: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + patience
        while b"\0" not in self._rest:
            assert time.monotonic() < deadline, "the browser does not answer"
            read = os.read(self._in, 1 << 20)
            assert read, "the browser ended"
            self._rest += read
        head, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(head))

    def _take(self, message: dict[str, Any]) -> None:
        about = message.get("params", {})
        if message.get("method") == "Page.loadEventFired":
            self._loaded = True
        elif message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(about["exceptionDetails"].get("exception", {}).get("description")))
        elif message.get("method") == "Network.loadingFailed" and not about.get("canceled"):
            self.errors.append(f"not loaded: {about['errorText']}")
        elif message.get("method") == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(f"{about['entry']['text']} {about['entry'].get('url', '')}")
