"""A real browser for the tests: Chromium, driven over two pipes by its own protocol."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDED = os.environ.get("APPORTION_NEEDS_BROWSER") == "1"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-pipe",
)  # fmt: skip
KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip


@dataclass(eq=False)
class Page:
    """One tab, and every event that it has told of so far."""

    write: Callable[[bytes], object]
    read: Callable[[], bytes]
    session: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def do(self, method: str, **params: object) -> Any:
        """Sends a command, waits for its answer, and keeps the events that come in between."""
        self.asked += 1
        call: dict[str, object] = {"id": self.asked, "method": method, "params": params}
        if self.session:
            call["sessionId"] = self.session
        self.write(json.dumps(call).encode() + b"\0")
        while (told := self._next()).get("id") != self.asked:
            self.events.append(told)
        assert "error" not in told, told
        return told["result"]

    def _next(self) -> dict[str, Any]:
        text = self.read()
        assert text, "the browser has gone"
        told: dict[str, Any] = json.loads(text)
        return told

    def open(self, address: str, width: int = 1440, dark: bool = False) -> None:
        """Loads a page at a width, light or dark, and forgets what other pages told."""
        self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.do("Emulation.setEmulatedMedia", media="", features=[scheme])
        self.events.clear()
        self.do("Page.navigate", url=address)
        while not self.told("Page.loadEventFired"):
            self.events.append(self._next())
        self.ask("document.fonts.ready.then(() => 0)")

    def told(self, method: str) -> list[dict[str, Any]]:
        """Returns what the events of a kind said."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def ask(self, script: str) -> Any:
        """Returns the value of an expression in the page."""
        made = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in made, made
        return made["result"].get("value")

    def press(self, *keys: str) -> None:
        """Presses keys, one after another."""
        for key in keys:
            told = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            text = {"text": "\r"} if key == "Enter" else {}
            self.do("Input.dispatchKeyEvent", type="keyDown", **told, **text)
            self.do("Input.dispatchKeyEvent", type="keyUp", **told)

    def point(self, x: float, y: float, *, click: bool = False) -> None:
        """Moves the mouse to a place in the window, and clicks there if asked to."""
        self.do("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if click:
            for kind in ("mousePressed", "mouseReleased"):
                self.do(
                    "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
                )


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Starts a browser with an empty profile in a folder, and ends it."""
    assert PROGRAM is not None
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()

    def wired() -> None:
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (their_in, their_out)]
        for fd, wanted in zip(high, (3, 4), strict=True):
            os.dup2(fd, wanted)

    process = subprocess.Popen(
        [PROGRAM, *FLAGS, f"--user-data-dir={folder}"],
        preexec_fn=wired, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(their_in)
    os.close(their_out)
    with open(our_out, "wb", buffering=0) as out, open(our_in, "rb") as into:
        page = Page(out.write, lambda: _message(into))
        try:
            target = page.do("Target.createTarget", url="about:blank")["targetId"]
            joined = page.do("Target.attachToTarget", targetId=target, flatten=True)
            page.session = joined["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
                page.do(f"{domain}.enable")
            yield page
        finally:
            process.terminate()
            process.wait(30)


def _message(into: Any) -> bytes:
    """Returns the next message, which ends in a zero byte; empty when there is none to come."""
    text = bytearray()
    while (byte := into.read(1)) not in (b"", b"\0"):
        text += byte
    return bytes(text)
