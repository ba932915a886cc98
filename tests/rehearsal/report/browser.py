"""A real browser that looks at a file: what it has drawn, as a document and as a picture."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

COMMAND = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""The browser's own calls home find no host; what a page asks of this machine would arrive."""


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page."""

    document: str
    """The document after its scripts have run, without them."""
    picture: Image.Image

    def part(self, start: str, end: str) -> str:
        """The document from one text up to another."""
        return self.document.partition(start)[2].partition(end)[0]


def look_at(page: Path, *, dark: bool = False) -> Seen:
    """Open a page in a window of 1280 x 1700 points, with a profile of its own."""
    picture = page.with_suffix(".png")
    ran = subprocess.run(
        [
            *COMMAND,
            f"--user-data-dir={page.with_suffix('')}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            "--window-size=1280,1700",
            "--dump-dom",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=60,
        check=True,
    )
    document = re.sub(r"<script.*?</script>", "", ran.stdout.decode(), flags=re.DOTALL)
    with Image.open(picture) as image:
        return Seen(document, image.convert("RGB"))
