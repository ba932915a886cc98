"""A real browser that opens a file, with hands and eyes: clicks, drags, and what is drawn."""

import json
import re
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import websocket
from PIL import Image

COMMAND = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    "about:blank",
)
"""The browser's own calls home find no host; what a page asks of this machine would arrive."""
WIDTH, HEIGHT = 1280, 1900
PATIENCE = 20.0
"""Seconds for whatever a page does."""


@contextmanager
def browser(profile: Path) -> Iterator["Browser"]:
    """A browser with an empty profile, which is ended again."""
    command = [COMMAND[0], f"--user-data-dir={profile}", *COMMAND[1:]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        told = (re.search(rb"DevTools listening on (\S+)", line) for line in process.stderr)
        address = next(found[1].decode() for found in told if found)
        with closing(websocket.create_connection(address, PATIENCE, suppress_origin=True)) as line:
            yield Browser(line)
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


class Browser:
    """One browser, asked by its debugging protocol."""

    def __init__(self, line: websocket.WebSocket) -> None:
        self._socket = line
        self._number = 0

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """What the browser answers; whatever else it tells in between is not listened to."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(asked | ({"sessionId": session} if session else {})))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])

    def open(self, page: Path, *, dark: bool = False, width: int = WIDTH) -> "Window":
        """A new window on a page, once all of it is drawn."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        window = Window(self, session)
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        window.ask("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        window.ask("Emulation.setEmulatedMedia", features=[scheme])
        window.ask("Page.navigate", url=page.as_uri())
        window.wait_for("!!document.querySelector('[aria-busy=false]')")
        return window


class Window:
    """A page as someone sees it and touches it."""

    def __init__(self, asked: Browser, session: str) -> None:
        self._browser = asked
        self._session = session

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers for this window."""
        return self._browser.ask(method, self._session, **parameters)

    def value(self, expression: str) -> Any:
        """What a script finds in the page."""
        told = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until it is true; fails where it does not become so."""
        until = time.monotonic() + PATIENCE
        while not self.value(expression):
            assert time.monotonic() < until, expression
            time.sleep(0.02)

    def text(self, css: str) -> str:
        """What the first such element says."""
        return str(self.value(f"document.querySelector({json.dumps(css)}).textContent"))

    def click(self, x: float, y: float, times: int = 1) -> None:
        """With the left button, at a point of the page."""
        self._mouse("mouseMoved", x, y)
        for clicks in range(1, times + 1):
            self._mouse("mousePressed", x, y, clicks=clicks)
            self._mouse("mouseReleased", x, y, clicks=clicks)

    def click_on(self, css: str) -> None:
        """In the middle of the first such element."""
        box = f"document.querySelector({json.dumps(css)}).getBoundingClientRect()"
        x, y = self.value(f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({box})")
        self.click(x, y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """From one point to another."""
        self._mouse("mouseMoved", *start)
        self._mouse("mousePressed", *start)
        for part in (0.3, 0.7, 1.0):
            x, y = (a + part * (b - a) for a, b in zip(start, end, strict=True))
            self._mouse("mouseMoved", x, y, buttons=1)
        self._mouse("mouseReleased", *end)

    def picture(self) -> Image.Image:
        """What is seen."""
        told = self.ask("Page.captureScreenshot", format="png")
        return Image.open(BytesIO(b64decode(told["data"]))).convert("RGB")

    def _mouse(self, kind: str, x: float, y: float, buttons: int = 0, clicks: int = 1) -> None:
        pressed = {} if kind == "mouseMoved" else {"button": "left", "clickCount": clicks}
        buttons = buttons or int(kind == "mousePressed")
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, buttons=buttons, **pressed)
