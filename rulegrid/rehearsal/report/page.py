"""One file that needs nothing else: data, drawing and looks, and no way out to a network."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
_SLOT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a page is made of."""

    frame: str
    """The HTML, with a name in double braces for each of the others."""
    style: str
    script: str
    library: str
    """The chart library."""
    licence: str
    """Its licence, which asks to be handed on."""


def page(title: str, data: Mapping[str, Any], parts: Parts) -> str:
    """The page as HTML.

    Whatever a name holds, it stays text: data is JSON without a `<`, and only scripts whose digest
    the page names may run.
    """
    scripts = (parts.library, parts.script)
    filled = {
        "title": escape(title),
        "policy": _POLICY.format(scripts=" ".join(_digest(script) for script in scripts)),
        "style": parts.style,
        "licence": parts.licence.replace("--", "- -"),
        "data": _json(data),
        "library": parts.library,
        "script": parts.script,
    }
    return _SLOT.sub(lambda slot: filled[slot[1]], parts.frame)


def _digest(script: str) -> str:
    """What a Content-Security-Policy knows a script by."""
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _json(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
